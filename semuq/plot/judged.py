"""Plots of scores whose answers were graded: every number is one of `semuq.metrics`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from semuq import metrics
from semuq.plot.ground import INK, OTHER, RIGHT, UNGRADED, WRONG, axes, labelled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["histogram", "rejection", "reliability", "risk_coverage", "roc"]

RESAMPLES = 2_000
"""Draws of the interval of an AUROC."""


def reliability(
    scores: ArrayLike,
    correct: ArrayLike,
    *,
    bins: int = 10,
    binning: metrics.Binning = "mass",
    confidence: float = 0.95,
    ax: Axes | None = None,
) -> Axes:
    """Do probabilities of being wrong mean what they say? A point for each bin, with its Wilson interval.

    Args:
        scores: (n,) probabilities of being wrong; `cross_fit` makes them of any score.
        correct: (n,) right or wrong, or in [0, 1].
        bins, binning, confidence: as in `semuq.metrics.reliability_diagram`.
        ax: where to draw; None makes a figure.

    Raises:
        InvalidParameter: a score is no probability, or lengths differ.
        MissingExtra: matplotlib is not installed.

    Example:
        >>> ax = reliability([0.1, 0.1, 0.9, 0.9], [True, True, True, False], bins=2)
        >>> ax.get_xlabel(), ax.get_ylabel()
        ('probability of being wrong', 'share that was wrong')
    """
    found = metrics.reliability_diagram(scores, correct, bins=bins, binning=binning, confidence=confidence)
    error = metrics.ece(scores, correct, bins=bins, binning=binning)
    ax = axes(ax)
    ax.plot([0, 1], [0, 1], color=INK, linestyle="--", linewidth=1)
    # Rounding may leave a share a hair outside of its interval, and a bar has no negative length.
    lengths = np.maximum([found.observed - found.low, found.high - found.observed], 0)
    ax.errorbar(
        found.predicted,
        found.observed,
        yerr=lengths,
        fmt="o",
        color=RIGHT,
        markersize=5,
        elinewidth=1.3,
        label=f"calibration error {error:.3f}",
    )
    ax.set(xlim=(0, 1), ylim=(0, 1))
    return labelled(ax, "probability of being wrong", "share that was wrong")


def risk_coverage(
    scores: ArrayLike, correct: ArrayLike, *, confidence: float = 0.95, label: str = "", ax: Axes | None = None
) -> Axes:
    """How often the answered are wrong, against the share answered, least uncertain first, with Wilson's interval.

    Args:
        scores: (n,), higher = more uncertain.
        correct: (n,) right or wrong, or in [0, 1].
        confidence: of the interval at each threshold.
        label: names the curve, where several are drawn on the same axes.
        ax: where to draw; None makes a figure.

    Raises:
        InvalidParameter: NaN, or lengths that differ.
        MissingExtra: matplotlib is not installed.

    Example:
        >>> ax = risk_coverage([0.1, 0.4, 0.35, 0.8], [True, True, False, False])
        >>> ax.get_xlabel(), ax.get_ylabel()
        ('share answered', 'share of the answered that is wrong')
    """
    found = metrics.risk_coverage(scores, correct, confidence=confidence)
    ax = axes(ax)
    colour = _next(ax)
    ax.fill_between(found.coverage, found.low, found.high, color=colour, alpha=0.2, linewidth=0)
    ax.plot(
        found.coverage, found.risk, color=colour, marker=_mark(found.coverage), label=_area(label, "AURC", found.area)
    )
    ax.axhline(found.risk[-1], color=INK, linestyle="--", linewidth=1)
    ax.set_xlim(0, 1)
    ax.set_ylim(bottom=0)
    return labelled(ax, "share answered", "share of the answered that is wrong")


def rejection(
    scores: ArrayLike, correct: ArrayLike, *, confidence: float = 0.95, label: str = "", ax: Axes | None = None
) -> Axes:
    """How good the answers are that remain, against the share rejected, most uncertain first.

    Dashed: rejecting at random. Dotted: rejecting the least correct first, which no score can beat.

    Args:
        scores, correct, confidence, label, ax: as in `risk_coverage`.

    Raises:
        InvalidParameter: NaN, or lengths that differ.
        MissingExtra: matplotlib is not installed.

    Example:
        >>> ax = rejection([0.1, 0.4, 0.35, 0.8], [True, True, False, False])
        >>> ax.get_legend_handles_labels()[1]
        ['AUARC 0.667', 'at best 0.792']
    """
    found = metrics.risk_coverage(scores, correct, confidence=confidence)
    # Ranks rather than the correctness itself: among answers that are equally right any threshold can be set.
    least_correct_first = np.argsort(np.argsort(-np.asarray(correct, dtype=np.float64), kind="stable"))
    best = metrics.risk_coverage(least_correct_first, correct)
    ax = axes(ax)
    colour = _next(ax)
    ax.fill_between(1 - found.coverage, 1 - found.high, 1 - found.low, color=colour, alpha=0.2, linewidth=0)
    area = _area(label, "AUARC", metrics.auarc(scores, correct))
    ax.plot(1 - found.coverage, 1 - found.risk, color=colour, marker=_mark(found.coverage), label=area)
    ax.axhline(1 - found.risk[-1], color=INK, linestyle="--", linewidth=1)
    at_best = f"at best {metrics.auarc_oracle(scores, correct):.3f}"
    ax.plot(1 - best.coverage, 1 - best.risk, color=INK, linestyle=":", linewidth=1.2, label=at_best)
    ax.set_xlim(0, 1)
    ax.set_ylim(top=1.02)
    return labelled(ax, "share rejected", "share of the rest that is right")


def roc(scores: ArrayLike, correct: ArrayLike, *, label: str = "", ax: Axes | None = None) -> Axes:
    """How many wrong answers are found, against how many right ones are flagged with them.

    The legend has the AUROC with its 95% bootstrap interval, and says so where there are too few answers for one.

    Args:
        scores: (n,), higher = more uncertain.
        correct: (n,) right or wrong, or in [0, 1].
        label: names the curve, where several are drawn on the same axes.
        ax: where to draw; None makes a figure.

    Raises:
        InvalidParameter: NaN, lengths that differ, or only right or only wrong answers.
        MissingExtra: matplotlib is not installed.

    Example:
        >>> ax = roc([0.1, 0.4, 0.35, 0.8], [True, True, False, False])
        >>> ax.get_legend_handles_labels()[1]
        ['AUROC 0.750 [0.000, 1.000] (too few: 2 of the rarer kind)']
    """
    found = metrics.roc_curve(scores, correct)
    interval = metrics.bootstrap(metrics.auroc, scores, correct, n_resamples=RESAMPLES)
    ax = axes(ax, (4.4, 4.2))
    colour = _next(ax)
    ax.plot([0, 1], [0, 1], color=INK, linestyle="--", linewidth=1)
    ax.plot(found.flagged, found.found, color=colour, label=f"{label} AUROC {interval}".strip())
    ax.set(xlim=(0, 1), ylim=(0, 1.01))
    return labelled(ax, "share of right answers flagged", "share of wrong answers found")


def histogram(
    scores: ArrayLike,
    correct: Sequence[bool | None] | ArrayLike | None = None,
    *,
    bins: int = 24,
    limits: tuple[float, float] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """How the scores are distributed, by whether the answer was right.

    Args:
        scores: (n,), higher = more uncertain.
        correct: (n,) True, False or None where nobody graded the answer; None for all.
        bins, limits: as in `semuq.metrics.score_histogram`; `estimator.bounds(n)` are good limits.
        ax: where to draw; None makes a figure.

    Raises:
        InvalidParameter: lengths differ, a score is outside the limits, or a grade is a fraction.
        MissingExtra: matplotlib is not installed.

    Example:
        >>> ax = histogram([0.0, 0.2, 0.9], [True, None, False])
        >>> ax.get_legend_handles_labels()[1]
        ['right (1)', 'wrong (1)', 'not graded (1)']
    """
    found = metrics.score_histogram(scores, correct, bins=bins, limits=limits)
    ax = axes(ax)
    below = np.zeros(bins)
    kinds = (("right", found.right, RIGHT), ("wrong", found.wrong, WRONG), ("not graded", found.ungraded, UNGRADED))
    for name, counts, colour in kinds:
        if counts.any():
            ax.bar(
                found.edges[:-1],
                counts,
                width=0.9 * np.diff(found.edges),
                align="edge",
                bottom=below,
                color=colour,
                label=f"{name} ({counts.sum():,})",
            )
            below += counts
    return labelled(ax, "score", "questions", legend=correct is not None)


def _next(ax: Any) -> str:
    """Another colour for each curve with a name that is drawn on the same axes."""
    drawn = len([line for line in ax.get_lines() if line.get_label()[:1] != "_" and line.get_color() != INK])
    return (RIGHT, WRONG, OTHER, UNGRADED)[drawn % 4]


def _mark(points: Any) -> str | None:
    """Dots where so few thresholds can be set that a line alone would hide it."""
    return "." if len(points) <= 20 else None


def _area(label: str, name: str, value: float) -> str:
    return f"{label} {name} {value:.3f}".strip()
