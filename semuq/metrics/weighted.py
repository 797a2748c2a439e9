"""The rank metrics under many resampling weights at once: sort once, then only cumulative sums.

Each function takes (scores, correct), both (n,), and returns a function of counts (draws, n), how
often each question was drawn, that gives (draws,) values; NaN where a draw leaves the metric
undefined. `ranking` and `rejection` call them with all counts 1, `resample` with thousands of draws:
one formula, so that an interval can never be about another number than the one it surrounds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

from semuq.numerics import FloatArray, IntArray

__all__ = ["Weighted", "auarc", "auroc", "average_precision", "brier", "fpr_at_tpr", "prr"]

Weighted = Callable[[FloatArray], FloatArray]


def auroc(scores: FloatArray, correct: FloatArray) -> Weighted:
    """Mann-Whitney: share of (wrong, right) pairs where the wrong one scores higher, ties 1/2."""
    groups = _TieGroups(scores)
    right, wrong = groups.sums(correct), groups.sums(1 - correct)

    def values(counts: FloatArray) -> FloatArray:
        r, w = right(counts), wrong(counts)
        below = np.cumsum(r, axis=1)
        total_right = below[:, -1].copy()
        below -= r / 2
        return _ratio((w * below).sum(axis=1), total_right * w.sum(axis=1))

    return values


def average_precision(scores: FloatArray, correct: FloatArray) -> Weighted:
    """Precision for wrong answers at each distinct threshold, weighted by the recall it adds."""
    groups = _TieGroups(-scores)
    wrong, everything = groups.sums(1 - correct), groups.sums(np.ones_like(correct))

    def values(counts: FloatArray) -> FloatArray:
        w = wrong(counts)
        found, flagged = np.cumsum(w, axis=1), np.cumsum(everything(counts), axis=1)
        precision = np.divide(found, flagged, out=np.zeros_like(found), where=flagged > 0)
        undefined = found[:, -1] >= flagged[:, -1]  # no right answer left: 1 whatever the scores
        return np.where(undefined, np.nan, _ratio((w * precision).sum(axis=1), found[:, -1]))

    return values


def fpr_at_tpr(scores: FloatArray, correct: FloatArray, *, tpr: float = 0.95) -> Weighted:
    """Share of right answers flagged by the highest threshold that flags a share `tpr` of the wrong."""
    groups = _TieGroups(-scores)
    right, wrong = groups.sums(correct), groups.sums(1 - correct)

    def values(counts: FloatArray) -> FloatArray:
        found, false = np.cumsum(wrong(counts), axis=1), np.cumsum(right(counts), axis=1)
        # The tolerance keeps 0.95 of 20 at 19 despite rounding.
        reached = found >= tpr * found[:, -1:] * (1 - 1e-12)
        at = reached.argmax(axis=1)
        flagged = np.take_along_axis(false, at[:, None], axis=1)[:, 0]
        return np.where(found[:, -1] > 0, _ratio(flagged, false[:, -1]), np.nan)

    return values


def auarc(
    scores: FloatArray,
    correct: FloatArray,
    *,
    max_rejection: float = 1.0,
    form: Literal["mean", "trapezoid"] = "mean",
) -> Weighted:
    """Mean, over k from n down, of the accuracy of the k least uncertain; ties in expectation.

    The trapezoid (for max_rejection = 1) counts the first and the last accuracy by half.
    """
    groups = _TieGroups(scores)
    right, everything = groups.sums(correct), groups.sums(np.ones_like(correct))

    def values(counts: FloatArray) -> FloatArray:
        size, rights = everything(counts), right(counts)
        last, kept_right = np.cumsum(size, axis=1), np.cumsum(rights, axis=1)
        total = last[:, -1:]
        # Within a tie group of accuracy a the expected accuracy of the k least uncertain is
        # (S0 + (k - N0) a) / k = a + (S0 - N0 a) / k, and sum 1/k is a difference of harmonic numbers.
        first = last - size
        accuracy = np.divide(rights, size, out=np.zeros_like(rights), where=size > 0)
        smallest = total - np.maximum(np.floor(max_rejection * total + 1e-9), 1)
        begin = np.clip(smallest, first, last)
        harmonic = np.concatenate([[0.0], np.cumsum(1 / np.arange(1, int(total.max(initial=0)) + 1))])
        inverse = harmonic[last.astype(np.int64)] - harmonic[begin.astype(np.int64)]
        offset = (kept_right - rights) - first * accuracy
        area = ((last - begin) * accuracy + offset * inverse).sum(axis=1)
        if form == "mean":
            return _ratio(area, (total - smallest)[:, 0])
        first_group = (size > 0).argmax(axis=1)[:, None]
        at_first = np.take_along_axis(accuracy, first_group, axis=1)[:, 0]
        at_last = kept_right[:, -1] / total[:, 0]
        whole = area - (at_first + at_last) / 2
        return np.where(total[:, 0] > 1, _ratio(whole, total[:, 0] - 1), at_first)

    return values


def prr(
    scores: FloatArray,
    correct: FloatArray,
    *,
    normalisation: Literal["retained", "replaced"] = "retained",
    max_rejection: float = 1.0,
) -> Weighted:
    """Rejection area above random rejection, as a share of what an oracle gains."""
    if normalisation == "replaced":
        own, oracle = _captured(scores, correct), _captured(-correct, correct)
    else:
        own = auarc(scores, correct, max_rejection=max_rejection)
        oracle = auarc(-correct, correct, max_rejection=max_rejection)

    def values(counts: FloatArray) -> FloatArray:
        random = counts @ correct / counts.sum(axis=1) if normalisation == "retained" else 0.5
        gain, best = own(counts) - random, oracle(counts) - random
        return _ratio(gain, np.where(best > 1e-12, best, 0.0))

    return values


def brier(scores: FloatArray, correct: FloatArray) -> Weighted:
    """Mean squared difference of the probability of being wrong and being wrong."""
    squares = (scores - (1 - correct)) ** 2
    return lambda counts: _ratio(counts @ squares, counts.sum(axis=1))


def _captured(scores: FloatArray, correct: FloatArray) -> Weighted:
    """Area under (share rejected, share of all errors among the rejected), straight within ties."""
    groups = _TieGroups(-scores)
    wrong, everything = groups.sums(1 - correct), groups.sums(np.ones_like(correct))

    def values(counts: FloatArray) -> FloatArray:
        w, size = wrong(counts), everything(counts)
        found = np.cumsum(w, axis=1)
        area = (size * (found - w / 2)).sum(axis=1)
        return _ratio(area, found[:, -1] * size.sum(axis=1))

    return values


class _TieGroups:
    """The ascending order of some values and where each run of equal ones begins."""

    def __init__(self, values: FloatArray) -> None:
        self.order: IntArray = np.argsort(values, kind="stable")
        ranked = values[self.order]
        self.starts: IntArray = np.flatnonzero(np.concatenate([[True], ranked[1:] != ranked[:-1]]))
        self.tied = len(self.starts) < len(values)

    def sums(self, amounts: FloatArray) -> Weighted:
        """counts (draws, n) -> (draws, distinct values): the drawn amount at each value, ascending."""
        ranked = amounts[self.order]

        def of(counts: FloatArray) -> FloatArray:
            drawn = np.take(counts, self.order, axis=1)
            drawn *= ranked
            return np.add.reduceat(drawn, self.starts, axis=1) if self.tied else drawn

        return of


def _ratio(above: FloatArray, below: FloatArray) -> FloatArray:
    return np.divide(above, below, out=np.full_like(above, np.nan), where=below > 0)
