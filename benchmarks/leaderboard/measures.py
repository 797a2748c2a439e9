"""How good is a score? Five metrics on the same bootstrap draws for every contestant of a set of questions.

Because the draws are shared, differences between contestants are paired and means over sets have intervals.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from semuq.decisions.calibration import cross_fit
from semuq.errors import InvalidParameter
from semuq.metrics import rank_calibration_error, weighted
from semuq.numerics import FloatArray

FOLDS = 5
ECE_BINS = 15
RCE_BINS = 10
SLOW_DRAWS = 60
"""Draws of a metric that takes a call for each."""


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One metric.

    Args:
        title: for tables; higher: whether more is better.
        method: of the interval. "basic" where noise alone makes the metric larger, see `semuq.metrics.bootstrap`;
            the value is then given without what the draws say that noise adds.
        of: (scores, correct, groups) -> a function of counts (draws, n) -> (draws,), NaN where undefined.
        slow: whether each draw is a call of its own.
    """

    title: str
    higher: bool
    method: str
    of: Callable[[FloatArray, FloatArray, NDArray[np.int64]], weighted.Weighted]
    slow: bool = False


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A metric of one contestant: its value and its values on the draws, NaN where undefined."""

    value: float
    draws: FloatArray

    def __sub__(self, other: Estimate) -> Estimate:
        n = min(len(self.draws), len(other.draws))
        return Estimate(value=self.value - other.value, draws=self.draws[:n] - other.draws[:n])

    def point(self, method: str) -> float:
        """The value; for "basic", less the bias that the bootstrap finds: 2 value - mean of the draws."""
        kept = self.draws[~np.isnan(self.draws)]
        return self.value if method == "percentile" or not kept.size else float(2 * self.value - kept.mean())

    def interval(self, method: str) -> tuple[float, float]:
        """The ends of the 95% interval; NaN where no draw is defined."""
        kept = self.draws[~np.isnan(self.draws)]
        if not kept.size or np.isnan(self.value):
            return float("nan"), float("nan")
        low, high = np.quantile(kept, [0.025, 0.975])
        return (
            (float(low), float(high))
            if method == "percentile"
            else (
                float(2 * self.value - high),
                float(2 * self.value - low),
            )
        )


def mean(estimates: list[Estimate]) -> Estimate:
    """The mean over sets of questions whose draws are independent; sets where the metric is undefined are left out."""
    kept = [one for one in estimates if not np.isnan(one.value)]
    if not kept:
        return Estimate(value=float("nan"), draws=np.full(1, np.nan))
    n = min(len(one.draws) for one in kept)
    return Estimate(
        value=float(np.mean([one.value for one in kept])),
        draws=np.mean([one.draws[:n] for one in kept], axis=0),
    )


def calibrated(scores: FloatArray, correct: FloatArray, groups: NDArray[np.int64]) -> FloatArray:
    """(n,) probability of being wrong, by isotonic regression fitted on the other four fifths of the questions."""
    return cross_fit(scores, correct, min(FOLDS, int(groups.max()) + 1), groups=groups)


def _ranking(of: Callable[[FloatArray, FloatArray], weighted.Weighted]) -> Callable[..., weighted.Weighted]:
    return lambda scores, correct, groups: of(scores, correct)


def _ece(scores: FloatArray, correct: FloatArray, groups: NDArray[np.int64]) -> weighted.Weighted:
    """ECE of the cross-fitted probabilities, in bins of equal width as `semuq.metrics.ece` makes them."""
    probability = calibrated(scores, correct, groups)
    place = np.minimum((probability * ECE_BINS).astype(np.int64), ECE_BINS - 1)
    missed = np.zeros((len(scores), ECE_BINS))
    missed[np.arange(len(scores)), place] = probability - (1 - correct)
    return lambda counts: np.abs(counts @ missed).sum(axis=1) / counts.sum(axis=1)


def _rce(scores: FloatArray, correct: FloatArray, groups: NDArray[np.int64]) -> weighted.Weighted:
    def values(counts: FloatArray) -> FloatArray:
        return np.array([_one_rce(np.repeat(np.arange(len(scores)), row.astype(int))) for row in counts])

    def _one_rce(index: NDArray[np.int64]) -> float:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # NaN for constant scores is the answer here
            return rank_calibration_error(scores[index], correct[index], bins=RCE_BINS, ties="average")

    return values


MEASURES: Mapping[str, Measure] = {
    "auroc": Measure(title="AUROC", higher=True, method="percentile", of=_ranking(weighted.auroc)),
    "auarc": Measure(title="AUARC", higher=True, method="percentile", of=_ranking(weighted.auarc)),
    "prr": Measure(title="PRR", higher=True, method="percentile", of=_ranking(weighted.prr)),
    "rce": Measure(title="RCE", higher=False, method="basic", of=_rce, slow=True),
    "ece": Measure(title="ECE", higher=False, method="basic", of=_ece),
}


def auroc_of(scores: FloatArray, correct: FloatArray, counts: FloatArray) -> list[float] | None:
    """AUROC of (questions,) scores with the ends of its 95% interval, for a results file; None where undefined."""
    found = estimate(MEASURES["auroc"], scores[:, None], correct[:, None], counts)
    return None if np.isnan(found.value) else [round(x, 4) for x in (found.value, *found.interval("percentile"))]


def draws(questions: int, n_resamples: int, seed: int | tuple[int, ...]) -> FloatArray:
    """(n_resamples, questions) of counts: how often each question is drawn."""
    rng = np.random.default_rng(seed)
    return rng.multinomial(questions, np.full(questions, 1 / questions), size=n_resamples).astype(np.float64)


def estimate(
    measure: Measure, scores: FloatArray, correct: FloatArray, counts: FloatArray, slow_draws: int = SLOW_DRAWS
) -> Estimate:
    """A metric of scores (questions, n) against correctness (questions, n), with whole questions drawn.

    Undefined (NaN) where all answers are right, all are wrong, or the metric says so.
    """
    questions, n = scores.shape
    u, right = scores.ravel(), correct.ravel()
    groups = np.repeat(np.arange(questions), n)
    if right.min() == right.max():
        return Estimate(value=float("nan"), draws=np.full(1, np.nan))
    try:
        values = measure.of(u, right, groups)
        value = float(values(np.ones((1, len(u))))[0])
    except InvalidParameter:
        return Estimate(value=float("nan"), draws=np.full(1, np.nan))
    own = counts[:slow_draws] if measure.slow else counts
    step = max(1, 2**20 // len(u))
    blocks = [values(np.repeat(own[start : start + step], n, axis=1)) for start in range(0, len(own), step)]
    return Estimate(value=value, draws=np.concatenate(blocks))
