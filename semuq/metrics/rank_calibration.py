"""Rank calibration: is higher uncertainty always lower correctness, anywhere along the scale?

AUROC asks whether a score separates; this asks whether the *order* it gives is the right one in every
part of its range, for correctness of any scale and without a threshold.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

from semuq.errors import InvalidParameter
from semuq.metrics.inputs import as_pair, check_bins
from semuq.numerics import FloatArray

__all__ = ["IndicationDiagram", "indication_diagram", "rank_calibration_error"]

Method = Literal["hist", "kernel", "reflected"]
Ties = Literal["paper", "average"]


def rank_calibration_error(
    scores: ArrayLike,
    correct: ArrayLike,
    bins: int = 20,
    *,
    p: Literal[1, 2] = 1,
    method: Method = "hist",
    ties: Ties = "average",
    ranks: Literal["raw", "binned"] = "raw",
    bandwidth: float = 0.1,
) -> float:
    r"""How far the order of uncertainty is from the reverse order of correctness; 0 is perfect.

    What it says. Of a rank-calibrated score the 30% least uncertain answers are the 30% with the
    highest expected correctness. A large value: somewhere more uncertain answers are more correct.

    Formula.
        RCE = E_U | P(reg(U') >= reg(U)) - P(U' <= U) |^p,     reg(u) = E[A | U = u]
    estimated over n answers sorted by uncertainty, i = 0..n-1, as
        x_i   = i / (n - 1)                                     rank of the uncertainty
        abar_i                                                  reg, by one of the methods below
        q_i   = (#{j : abar_j >= abar_i} - 1) / (n - 1)         rank of the correctness
        RCE_p = (1/n) sum_i |q_i - x_i|^p                       (no p-th root, as published)
    "hist": abar is the mean of one of B bins of equal mass, and q, tied within a bin, is moved down by
    (m - 1) / (2 (n - 1)), m the bin's size: its mean rank (with ties="average" that of all equal bins).

    Args:
        scores: (n,), higher = more uncertain.
        correct: (n,), boolean or in [0, 1].
        bins: B; at most n are used. "hist" only.
        p: 1 (the paper's ERCE) or 2.
        method: "hist"; "kernel", Gaussian regression on x as in the released code, whose kernel is meant
            to reflect at 0 and 1 but does not; "reflected", the same with reflection. The last two do
            not move ties of q.
        ties: "average" gives equal scores one mean rank and one mean correctness, and takes mean ranks of equal
            bins, so that the order of the rows cannot change the result; "paper" takes equal scores in the order
            given, where the released code sorts by an algorithm that keeps no order among them (NumPy's default), so
            with ties its figures are reproduced up to that, and shuffling the rows changes them.
        ranks: "raw" compares with x_i; "binned" with the mean of x over the bin ("hist" only).
        bandwidth: of the kernels, on the scale of x in [0, 1].

    Returns: in [0, 1], no unit; about 0.35 for a score that says nothing, 0.5 for a reversed one (p = 1).

    Raises:
        InvalidParameter: an input is malformed or an option unknown.

    Degenerate cases. n < 2, constant correctness or constant scores: NaN with a warning, for there is no
    order to be calibrated (the released code gives 0.476 at n = 1000, B = 20, which looks like a result).

    Bias. With ranks="raw" a perfect score gets 1 / (4B), not 0 (0.0125 at B = 20), since q is constant
    in a bin and x is not; ranks="binned" has no such floor. Noise in the bin means adds to both and
    falls with n / B: compare only at equal n and B.

    Cost. O(n log n); the kernels O(n^2) time, O(n) memory.

    Example:
        >>> u = np.linspace(0, 1, 1000)
        >>> round(rank_calibration_error(u, 1 - u), 4), round(rank_calibration_error(u, u), 4)
        (0.0125, 0.5005)

    References: Huang et al., Uncertainty in language models: assessment through rank-calibration, EMNLP
    2024, arXiv:2404.03163, and its released code (plugin_RCE_est).
    """
    _check_options(p, method, ties, ranks, bandwidth)
    u, a = as_pair(scores, correct)
    why = _undefined(u, a)
    if why:
        warnings.warn(f"rank_calibration_error: undefined for {why}; returning nan", RuntimeWarning, stacklevel=2)
        return float("nan")
    x, sorted_a = _sorted(u, a, ties)
    n = len(x)
    edges = _edges(n, check_bins(bins))
    if method == "hist":
        means = _bin_means(sorted_a, edges)
        q = np.repeat(_correctness_ranks(means, np.diff(edges), n, ties), np.diff(edges))
        if ranks == "binned":
            x = np.repeat(_bin_means(x, edges), np.diff(edges))
    else:
        regressed = _smooth(x, sorted_a, bandwidth, reflect=method == "reflected")
        q = (rankdata(-regressed, method="max" if ties == "paper" else "average") - 1) / (n - 1)
    return float((np.abs(q - x) ** p).mean())


@dataclass(frozen=True, kw_only=True, eq=False)
class IndicationDiagram:
    """What an indication diagram draws: a bar per bin of uncertainty, against the anti-diagonal.

    Args:
        uncertainty: (B,) mean rank of the uncertainty in the bin, in [0, 1], ascending.
        correctness: (B,) mean correctness in the bin.
        percentile: (B,) height of the bar: rank of that correctness among all, 1 = the most correct.
        expected: (B,) height of the anti-diagonal, 1 - uncertainty.
        gap: (B,) percentile - expected: below 0 the score is over-optimistic there (answers are less
            correct than their rank promises), above 0 over-pessimistic.
        counts: (B,) answers in the bin.
    """

    uncertainty: FloatArray
    correctness: FloatArray
    percentile: FloatArray
    expected: FloatArray
    gap: FloatArray
    counts: NDArray[np.int64]


def indication_diagram(
    scores: ArrayLike, correct: ArrayLike, bins: int = 20, *, ties: Ties = "average"
) -> IndicationDiagram:
    """Where along the scale a score is over-optimistic or over-pessimistic, as data to draw.

    Args: as `rank_calibration_error`; equal scores are averaged unless ties="paper".

    Raises:
        InvalidParameter: an input is malformed, or scores or correctness are constant.

    Example:
        >>> u = np.linspace(0, 1, 100)
        >>> indication_diagram(u, 1 - u, bins=4).gap.round(3)
        array([0., 0., 0., 0.])

    References: arXiv:2404.03163, Fig. 2.
    """
    _check_options(1, "hist", ties, "raw", 0.1)
    u, a = as_pair(scores, correct)
    why = _undefined(u, a)
    if why:
        raise InvalidParameter(f"indication_diagram: undefined for {why}; take more or other questions")
    x, sorted_a = _sorted(u, a, ties)
    edges = _edges(len(x), check_bins(bins))
    correctness, uncertainty, counts = _bin_means(sorted_a, edges), _bin_means(x, edges), np.diff(edges)
    percentile = 1 - _correctness_ranks(correctness, counts, len(x), "average")
    return IndicationDiagram(
        uncertainty=uncertainty,
        correctness=correctness,
        percentile=percentile,
        expected=1 - uncertainty,
        gap=percentile - (1 - uncertainty),
        counts=counts,
    )


def _undefined(u: FloatArray, a: FloatArray) -> str:
    if len(u) < 2:
        return "a single answer"
    if (a == a[0]).all():
        return f"constant correctness ({len(a)} times {a[0]:g})"
    if (u == u[0]).all():
        return f"constant scores ({len(u)} times {u[0]:g})"
    return ""


def _sorted(u: FloatArray, a: FloatArray, ties: Ties) -> tuple[FloatArray, FloatArray]:
    """x in [0, 1] and the correctness, both by ascending uncertainty."""
    n, order = len(u), np.argsort(u, kind="stable")
    if ties == "paper":
        return np.arange(n) / (n - 1), a[order]
    _, group, counts = np.unique(u, return_inverse=True, return_counts=True)
    means = np.bincount(group, weights=a) / counts
    return (rankdata(u)[order] - 1) / (n - 1), means[group][order]


def _edges(n: int, bins: int) -> NDArray[np.int64]:
    """Ends of at most `bins` non-empty bins of equal mass over 0..n."""
    return np.unique(np.round(np.linspace(0, n, min(bins, n) + 1)).astype(np.int64))


def _bin_means(values: FloatArray, edges: NDArray[np.int64]) -> FloatArray:
    return np.add.reduceat(values, edges[:-1]) / np.diff(edges)


def _correctness_ranks(means: FloatArray, sizes: NDArray[np.int64], n: int, ties: Ties) -> FloatArray:
    """(B,) mean rank of each bin in descending correctness, in [0, 1]; equal bins as `ties` says."""
    # Means of equal bins differ in the last bit if they were summed in another order.
    means = np.round(means, 12)
    above = (sizes[None, :] * (means[None, :] > means[:, None])).sum(axis=1)
    equal = (sizes[None, :] * (means[None, :] == means[:, None])).sum(axis=1)
    moved = (sizes - 1) / 2 if ties == "paper" else (equal - 1) / 2
    ranks: FloatArray = (above + equal - 1 - moved) / (n - 1)
    return ranks


def _smooth(x: FloatArray, a: FloatArray, bandwidth: float, *, reflect: bool) -> FloatArray:
    """(n,) Nadaraya-Watson regression of a on x with a Gaussian kernel, a block of rows at a time."""
    images = [x, -x, 2 - x] if reflect else [x]
    result = np.empty_like(a)
    step = max(1, 2**20 // len(x))
    for low in range(0, len(x), step):
        rows = x[low : low + step, None]
        kernel = sum(np.exp(-0.5 * ((rows - image) / bandwidth) ** 2) for image in images)
        result[low : low + step] = kernel @ a / np.sum(kernel, axis=1)
    return result


def _check_options(p: int, method: str, ties: str, ranks: str, bandwidth: float) -> None:
    for name, value, allowed in (
        ("p", p, (1, 2)),
        ("method", method, get_args(Method)),
        ("ties", ties, get_args(Ties)),
        ("ranks", ranks, ("raw", "binned")),
    ):
        if value not in allowed:
            raise InvalidParameter(f"{name}: expected one of {allowed}, got {value!r}")
    if not 0 < bandwidth < np.inf:
        raise InvalidParameter(f"bandwidth: expected a finite number > 0, got {bandwidth!r}")
    if ranks == "binned" and method != "hist":
        raise InvalidParameter(f"ranks: expected 'raw' with method={method!r}, got 'binned'; use method='hist'")
