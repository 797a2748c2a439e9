"""Does a probability mean what it says? Calibration error, Brier score and their parts.

Here `scores` are probabilities of being *wrong* (higher = more uncertain, as everywhere), such as
`Calibrator.predict_proba` gives; `correct` is boolean or in [0, 1], and the outcome is 1 - correct.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import norm

from semuq.binomial import wilson_ends
from semuq.errors import InvalidParameter
from semuq.metrics import weighted
from semuq.metrics.inputs import as_correct, as_probabilities, check_bins
from semuq.numerics import FloatArray, IntArray

__all__ = [
    "BrierParts",
    "ReliabilityDiagram",
    "brier",
    "brier_decomposition",
    "ece",
    "log_loss",
    "reliability_diagram",
]

Binning = Literal["width", "mass"]


def ece(
    scores: ArrayLike,
    correct: ArrayLike,
    *,
    bins: int = 15,
    binning: Binning = "width",
    p: Literal[1, 2] = 1,
    debiased: bool = False,
) -> float:
    r"""Expected calibration error: by how much probabilities of being wrong miss the error rate.

    Formula.
        ECE_p = ( sum_b (n_b / n) |mean(s in b) - mean(1 - a in b)|^p )^(1/p)
    over bins b of equal width on [0, 1], or of equal mass (equal scores stay in one bin). A bin holds its lower edge
    and not its upper one, but for the last, which holds both: [0, 1/B), ..., [1 - 1/B, 1]. Guo et al.'s released code
    closes the other side, (0, 1/B], ..., and so counts a score on an edge in the bin below.

    Bias. Noise alone makes |.| positive: a perfect forecaster gets about sqrt(2 B / (pi n)) sqrt(v), v the
    mean of s (1 - s). `debiased` takes it off:
        p = 2: the square of each bin becomes sum_{i != j} d_i d_j / (n_b (n_b - 1)), d = s - (1 - a),
               an unbiased estimate; a total below 0 is given as 0; bins of one answer count as 0.
        p = 1: each |d_b| is lowered by E|N(d_b, v_b)| - |d_b|, v_b the variance of the mean outcome. This
               takes off some 40% of the bias of a calibrated forecaster, not all of it; may be below 0.

    Args:
        scores: (n,) probabilities of being wrong.
        correct: (n,), boolean or in [0, 1].
        bins: B; empty bins count nothing.
        binning: "width" or "mass".
        p: 1, or 2 (root mean square).
        debiased: see above.

    Returns: a difference of probabilities, in [0, 1] (p = 1 debiased: may be below 0).

    Raises:
        InvalidParameter: a score is outside [0, 1], or lengths differ, or an option is unknown.

    Degenerate cases. Constant scores s: |s - error rate|. One answer: |s - (1 - a)|.

    Cost. O(n log n).

    Example:
        >>> round(ece([0.1, 0.1, 0.9, 0.9], [True, False, False, False]), 3)
        0.25

    References: Naeini et al., AAAI 2015; Guo et al., ICML 2017; equal mass: Nixon et al., CVPR workshops
    2019; debiased: Kumar, Liang, Ma, NeurIPS 2019 (p = 1), Lee et al., T-Cal, JMLR 2023 (p = 2).
    """
    if p not in (1, 2):
        raise InvalidParameter(f"p: expected 1 or 2, got {p!r}")
    s, outcome = _probabilities(scores, correct)
    ids, size = _bin_ids(s, check_bins(bins), binning)
    gap = np.bincount(ids, s - outcome, size)
    counts = np.bincount(ids, minlength=size)
    gap, counts = gap[counts > 0], counts[counts > 0]
    if p == 2:
        squares = gap**2 / counts
        if debiased:
            within = np.bincount(ids, (s - outcome) ** 2, size)[np.bincount(ids, minlength=size) > 0]
            squares = np.where(counts > 1, (gap**2 - within) / np.maximum(counts - 1, 1), 0.0)
        return float(np.sqrt(max(0.0, squares.sum() / len(s))))
    distance = np.abs(gap) / counts
    if debiased:
        occupied = np.bincount(ids, minlength=size) > 0
        mean = np.bincount(ids, outcome, size)[occupied] / counts
        spread = np.bincount(ids, outcome**2, size)[occupied] / counts - mean**2
        deviation = np.sqrt(np.maximum(spread, 0.0) / np.maximum(counts - 1, 1))
        distance = 2 * distance - _folded_normal_mean(distance, deviation)
    return float((counts * distance).sum() / len(s))


def brier(scores: ArrayLike, correct: ArrayLike) -> float:
    """Mean squared difference of the probability of being wrong and being wrong; lower is better.

    Formula.
        BS = (1/n) sum_i (s_i - (1 - a_i))^2

    Returns: in [0, 1]. A constant score at the error rate e gets e (1 - e).

    Raises:
        InvalidParameter: a score is outside [0, 1], or lengths differ.

    Example:
        >>> round(brier([0.1, 0.1, 0.9, 0.9], [True, False, False, False]), 3)
        0.21

    References: Brier, Verification of forecasts expressed in terms of probability, 1950.
    """
    s, outcome = _probabilities(scores, correct)
    return float(weighted.brier(s, 1 - outcome)(np.ones((1, len(s))))[0])


def log_loss(scores: ArrayLike, correct: ArrayLike) -> float:
    """Mean surprise at the outcome, in nats, of someone who holds the probabilities of being wrong; lower is better.

    Formula.
        LL = -(1/n) sum_i [ (1 - a_i) log s_i + a_i log(1 - s_i) ],  0 log 0 = 0

    Returns: in [0, infinity]. A constant score at the error rate e gets the entropy of e.

    Raises:
        InvalidParameter: a score is outside [0, 1], or lengths differ.

    Degenerate cases. One probability of 0 or 1 that is refuted makes it infinite, and that is said, not clipped away:
    whoever was certain and wrong has lost everything. `Isotonic` gives such probabilities, `Platt` does not.

    Example:
        >>> round(log_loss([0.1, 0.1, 0.9, 0.9], [True, False, False, False]), 4)
        0.6547

    References: Good, Rational decisions, JRSS B 1952.
    """
    s, outcome = _probabilities(scores, correct)
    with np.errstate(divide="ignore", invalid="ignore"):
        wrong = np.where(outcome > 0, outcome * np.log(s), 0.0)
        right = np.where(outcome < 1, (1 - outcome) * np.log1p(-s), 0.0)
    return float(0.0 - (wrong + right).mean())


@dataclass(frozen=True, kw_only=True)
class BrierParts:
    """brier = reliability - resolution + uncertainty + within, exactly.

    Args:
        brier: the score.
        reliability: squared miss of the bins' mean probabilities; 0 is calibrated.
        resolution: how far the bins' error rates spread around the overall one; higher is better.
        uncertainty: variance of the outcome, which no forecaster can change.
        within: what binning hides, the rest inside bins; 0 if each distinct score is its own bin.
    """

    brier: float
    reliability: float
    resolution: float
    uncertainty: float
    within: float


def brier_decomposition(
    scores: ArrayLike, correct: ArrayLike, *, bins: int | None = None, binning: Binning = "mass"
) -> BrierParts:
    """Split the Brier score into calibration, discrimination and what nobody can change.

    Formula (o: outcome 1 - correct, means over bin b or over all).
        reliability = sum_b (n_b / n) (mean_b s - mean_b o)^2
        resolution  = sum_b (n_b / n) (mean_b o - mean o)^2
        uncertainty = mean (o - mean o)^2

    Args:
        bins: None makes a bin of each distinct score (Murphy's exact form); with scores that are all
            different that makes every bin hold one answer, so give a number.
        binning: "mass" or "width", with `bins`.

    Raises:
        InvalidParameter: as `brier`, or an option is unknown.

    Example:
        >>> brier_decomposition([0.1, 0.1, 0.9, 0.9], [True, False, False, False])
        BrierParts(brier=0.21, reliability=0.085, resolution=0.0625, uncertainty=0.1875, within=0.0)

    References: Murphy, A new vector partition of the probability score, 1973; Stephenson, Coelho,
    Jolliffe, Two extra components in the Brier score decomposition, 2008 (`within`).
    """
    s, outcome = _probabilities(scores, correct)
    if bins is None:
        distinct, ids = np.unique(s, return_inverse=True)
        size = len(distinct)
    else:
        ids, size = _bin_ids(s, check_bins(bins), binning)
    counts = np.bincount(ids, minlength=size)
    weight = np.maximum(counts, 1)
    forecast, observed = np.bincount(ids, s, size) / weight, np.bincount(ids, outcome, size) / weight
    share = counts / len(s)
    parts = {
        "reliability": float((share * (forecast - observed) ** 2).sum()),
        "resolution": float((share * (observed - outcome.mean()) ** 2).sum()),
        "uncertainty": float(outcome.var()),
    }
    total = float(((s - outcome) ** 2).mean())
    rest = total - (parts["reliability"] - parts["resolution"] + parts["uncertainty"])
    rounded = {name: round(value, 15) for name, value in parts.items()}
    return BrierParts(brier=round(total, 15), within=0.0 if abs(rest) < 1e-14 else rest, **rounded)


@dataclass(frozen=True, kw_only=True, eq=False)
class ReliabilityDiagram:
    """What a reliability diagram draws: a point per non-empty bin, against the diagonal.

    Args:
        predicted: (B,) mean probability of being wrong in the bin, ascending.
        observed: (B,) share that was wrong.
        low, high: (B,) Wilson interval of `observed` at the asked confidence.
        counts: (B,) answers in the bin.
    """

    predicted: FloatArray
    observed: FloatArray
    low: FloatArray
    high: FloatArray
    counts: IntArray


def reliability_diagram(
    scores: ArrayLike,
    correct: ArrayLike,
    *,
    bins: int = 10,
    binning: Binning = "mass",
    confidence: float = 0.95,
) -> ReliabilityDiagram:
    """Observed error rate against the predicted one, with Wilson intervals, as data to draw.

    Example:
        >>> diagram = reliability_diagram([0.1, 0.1, 0.9, 0.9], [True, False, False, False], bins=2)
        >>> diagram.predicted, diagram.observed
        (array([0.1, 0.9]), array([0.5, 1. ]))

    References: Wilson, Probable inference, 1927.
    """
    s, outcome = _probabilities(scores, correct)
    ids, size = _bin_ids(s, check_bins(bins), binning)
    counts = np.bincount(ids, minlength=size)
    kept = counts > 0
    n = counts[kept]
    predicted, observed = np.bincount(ids, s, size)[kept] / n, np.bincount(ids, outcome, size)[kept] / n
    low, high = wilson_ends(observed, n, confidence)
    return ReliabilityDiagram(predicted=predicted, observed=observed, low=low, high=high, counts=n)


def _probabilities(scores: ArrayLike, correct: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """(n,) probabilities of being wrong and the outcome 1 - correct."""
    s, a = as_probabilities(scores), as_correct(correct)
    if len(s) != len(a):
        raise InvalidParameter(f"correct: expected {len(s)} values (one per score), got {len(a)}")
    return s, 1 - a


def _bin_ids(s: FloatArray, bins: int, binning: str) -> tuple[IntArray, int]:
    """(n,) the bin of each score and the number of bins, some of which may be empty."""
    if binning == "width":
        return np.minimum((s * bins).astype(np.int64), bins - 1), bins
    if binning == "mass":
        # The place of the first of all equal scores: equal scores share a bin.
        first = np.searchsorted(np.sort(s), s, side="left")
        return (first * bins) // len(s), bins
    raise InvalidParameter(f"binning: expected 'width' or 'mass', got {binning!r}")


def _folded_normal_mean(mean: FloatArray, deviation: FloatArray) -> FloatArray:
    """E|X| for X ~ N(mean, deviation^2); |mean| where the deviation is 0."""
    safe = np.where(deviation > 0, deviation, 1.0)
    z = mean / safe
    folded = safe * np.sqrt(2 / np.pi) * np.exp(-(z**2) / 2) + mean * (1 - 2 * norm.cdf(-z))
    return np.where(deviation > 0, folded, np.abs(mean))
