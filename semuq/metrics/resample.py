"""How sure is a metric? Bootstrap intervals of any metric, and paired differences of two scores.

Questions are drawn with replacement; where several answers belong to one question, whole questions are
(`groups`). Rank metrics run as array operations over thousands of draws at once (`weighted`); any other
callable of (scores, correct) runs in a loop. The same seed gives the same draws for every metric and score.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm

from semuq.checks import one_of, whole, within
from semuq.errors import InvalidParameter
from semuq.metrics import weighted
from semuq.metrics.inputs import FEWEST, as_pair, as_scores
from semuq.metrics.ranking import auroc, average_precision, fpr_at_tpr
from semuq.metrics.rejection import auarc, prr
from semuq.metrics.reliability import brier
from semuq.numerics import FloatArray

__all__ = ["Interval", "Metric", "bootstrap", "paired_difference"]

Metric = Callable[..., float]
Method = Literal["percentile", "bca", "basic"]

_VECTORISED: Mapping[Metric, Callable[..., weighted.Weighted]] = {
    auroc: weighted.auroc,
    average_precision: weighted.average_precision,
    fpr_at_tpr: weighted.fpr_at_tpr,
    auarc: weighted.auarc,
    prr: weighted.prr,
    brier: weighted.brier,
}
_CHUNK = 2**19  # cells per block: its few temporaries stay in the cache of a core


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A value and where it would fall in other draws of such questions.

    Args:
        value: the metric on the data as given.
        low, high: ends of the interval.
        confidence: e.g. 0.95.
        method: "percentile", "bca" or "basic".
        n_resamples: draws that were asked for.
        bias: mean of the metric over the draws, less the value: what noise adds to it. `value - bias` is the
            value without it, and lies inside a "basic" interval where the value itself may not.
        dropped: draws on which the metric is undefined (for example without a wrong answer); the
            interval is that of the others. More than a few say that there are too few questions.
        error: standard error: the standard deviation of the metric over the draws.
        events: how many of the answers are of the rarer kind, right or wrong; None if not known. Below `FEWEST` the
            interval is too narrow for what it says, and `str` says so; `auroc_interval` is for that case.
    """

    value: float
    low: float
    high: float
    confidence: float
    method: Method
    n_resamples: int
    bias: float = 0.0
    dropped: int = 0
    error: float = float("nan")
    events: float | None = None

    @property
    def excludes_zero(self) -> bool:
        """Whether 0 lies outside, which for a paired difference means: not by chance alone."""
        return self.low > 0 or self.high < 0

    @property
    def p_zero(self) -> float:
        """Two-sided p that the value is 0, normal with the bootstrap's standard error.

        Not counted among the draws, which could show none below one in their number. Where all draws agree: 1 if they
        agree on 0, else one in the number of draws.
        """
        if self.error > 0:
            return float(2 * norm.sf(abs(self.value) / self.error))
        return 1.0 if self.value == 0 else 1 / (self.n_resamples + 1)

    @property
    def too_few(self) -> bool:
        """Whether there are too few right, or too few wrong, answers for the interval to cover what it says."""
        return self.events is not None and self.events < FEWEST

    def __str__(self) -> str:
        few = f" (too few: {self.events:g} of the rarer kind)" if self.too_few else ""
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]{few}"


def bootstrap(
    metric: Metric,
    scores: ArrayLike,
    correct: ArrayLike,
    *,
    n_resamples: int = 10_000,
    confidence: float = 0.95,
    method: Method = "percentile",
    groups: Sequence[Any] | NDArray[Any] | None = None,
    seed: int | np.random.Generator = 0,
) -> Interval:
    r"""A bootstrap interval of any metric.

    Formula. Draw the n questions n times with replacement, n_resamples times; of the metric's values
        "percentile" takes the quantiles (1 - confidence) / 2 and 1 - (1 - confidence) / 2;
        "bca" those at  Phi( z0 + (z0 + z_q) / (1 - c (z0 + z_q)) ),  z0 = Phi^-1(share of draws below the
        value, ties 1/2), c the skewness of the jackknife / 6: bias-corrected and accelerated;
        "basic" mirrors the percentile interval at the value: [2 value - high, 2 value - low].
    Metrics that noise alone makes larger (ece, rank_calibration_error) grow again with every draw: near
    their minimum the percentile interval lies too high and may not hold even the value. There take
    "basic", whose lower end may be below the metric's range ("not distinguishable from perfect"), and
    give `value - bias` with it: the value itself is too high, and may lie above the whole interval.

    Args:
        metric: a function (scores, correct) -> float. Those of this package (auroc, average_precision,
            fpr_at_tpr, auarc, prr, brier) and `functools.partial`s that fix their options are
            vectorised; others are called once per draw.
        scores, correct: (n,), as the metric takes them.
        n_resamples: draws.
        confidence: coverage asked for.
        method: "percentile", "bca" or "basic".
        groups: (n,) what belongs together, such as the question of each answer; whole groups are drawn.
        seed: an int, or a Generator to go on with.

    Returns: an `Interval`.

    Raises:
        InvalidParameter: an input is malformed, or the metric is undefined on the data or on all draws.

    Degenerate cases. Draws on which the metric raises InvalidParameter or is NaN are dropped and counted.
    "bca" with every draw on one side of the value falls back on nothing: z0 is clipped to the outermost
    draw. One group only: the interval is the value itself.

    Cost. 10,000 draws of 10,000 questions: a few seconds and some 50 MB for the vectorised metrics;
    10,000 calls for others; "bca" adds n (or the number of groups) evaluations.

    Example:
        >>> u, a = [0.1, 0.4, 0.35, 0.8, 0.7, 0.2], [True, True, False, False, False, True]
        >>> print(bootstrap(auroc, u, a, n_resamples=2000))
        0.889 [0.500, 1.000] (too few: 3 of the rarer kind)

    References: Efron and Tibshirani, An introduction to the bootstrap, 1993, ch. 13-14; Efron, Better
    bootstrap confidence intervals, JASA 1987; groups: Field and Welsh, JRSS B 2007.
    """
    u, a = as_pair(scores, correct)
    value = _finite(metric(u, a), metric)
    evaluate = _evaluator(metric, u, a)
    return _interval(evaluate, value, a, n_resamples, confidence, method, groups, seed)


def paired_difference(
    metric: Metric,
    scores_a: ArrayLike,
    scores_b: ArrayLike,
    correct: ArrayLike,
    *,
    n_resamples: int = 10_000,
    confidence: float = 0.95,
    method: Method = "percentile",
    groups: Sequence[Any] | NDArray[Any] | None = None,
    seed: int | np.random.Generator = 0,
) -> Interval:
    """By how much score a beats score b on the same questions: metric(a) - metric(b) with an interval.

    Both are evaluated on the same draws, so what makes questions hard for both cancels: far tighter than
    two intervals side by side, whose overlap says nothing.

    Args:
        scores_a, scores_b: (n,) two scores of the same answers.
        others: as `bootstrap`.

    Raises:
        InvalidParameter: as `bootstrap`.

    Degenerate cases. Equal scores: 0 [0, 0].

    Example:
        >>> a, b, right = [0.1, 0.4, 0.35, 0.8], [0.4, 0.1, 0.35, 0.2], [True, True, False, False]
        >>> print(paired_difference(auroc, a, b, right, n_resamples=2000))
        0.250 [-1.000, 1.000] (too few: 2 of the rarer kind)
    """
    u, right = as_pair(scores_a, correct)
    v = as_scores(scores_b, "scores_b")
    if len(v) != len(u):
        raise InvalidParameter(f"scores_b: expected {len(u)} values (one per answer, as scores_a), got {len(v)}")
    value = _finite(metric(u, right), metric) - _finite(metric(v, right), metric)
    of_a, of_b = _evaluator(metric, u, right), _evaluator(metric, v, right)
    return _interval(
        lambda counts: of_a(counts) - of_b(counts), value, right, n_resamples, confidence, method, groups, seed
    )


def _interval(
    evaluate: weighted.Weighted,
    value: float,
    correct: FloatArray,
    n_resamples: int,
    confidence: float,
    method: Method,
    groups: Sequence[Any] | NDArray[Any] | None,
    seed: int | np.random.Generator,
) -> Interval:
    whole(None, 1, n_resamples=n_resamples)
    within(None, 0, 1, open_low=True, open_high=True, confidence=confidence)
    one_of(None, get_args(Method), method=method)
    n = len(correct)
    members = _group_ids(groups, n)
    rng = np.random.default_rng(seed)
    values = np.concatenate([evaluate(counts) for counts in _draws(rng, n_resamples, members)])
    kept = values[~np.isnan(values)]
    if not kept.size:
        raise InvalidParameter(
            f"metric: undefined on all {n_resamples} resamples of {n} answers; take more questions of both kinds"
        )
    quantiles = np.array([(1 - confidence) / 2, (1 + confidence) / 2])
    if method == "bca":
        jackknife = np.concatenate([evaluate(counts) for counts in _leave_one_out(members)])
        quantiles = _bca_quantiles(quantiles, kept, value, jackknife[~np.isnan(jackknife)])
    low, high = np.quantile(kept, quantiles)
    if method == "basic":
        low, high = 2 * value - high, 2 * value - low
    return Interval(
        value=value,
        low=float(low),
        high=float(high),
        confidence=confidence,
        method=method,
        n_resamples=n_resamples,
        bias=float(kept.mean()) - value,
        dropped=len(values) - len(kept),
        error=float(kept.std()),
        events=float(min(correct.sum(), n - correct.sum())),
    )


def _evaluator(metric: Metric, u: FloatArray, a: FloatArray) -> weighted.Weighted:
    """A function of counts (draws, n) that gives the metric of each draw, NaN where undefined."""
    plain, options = metric, {}
    if isinstance(metric, functools.partial) and not metric.args:
        plain, options = metric.func, dict(metric.keywords)
    if plain in _VECTORISED:
        return _VECTORISED[plain](u, a, **options)
    return lambda counts: np.array([_one(metric, u, a, row) for row in counts])


def _one(metric: Metric, u: FloatArray, a: FloatArray, counts: FloatArray) -> float:
    index = np.repeat(np.arange(len(u)), counts.astype(np.int64))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # "undefined here" is counted, not said 10,000 times
        try:
            return float(metric(u[index], a[index]))
        except InvalidParameter:
            return float("nan")


def _draws(rng: np.random.Generator, n_resamples: int, members: NDArray[np.int64]) -> Iterator[FloatArray]:
    """Blocks of counts (draws, n): how often each answer is in each draw."""
    n_groups = int(members.max()) + 1
    own = n_groups == len(members) and bool((members == np.arange(n_groups)).all())
    step = max(1, _CHUNK // len(members))
    for done in range(0, n_resamples, step):
        rows = min(step, n_resamples - done)
        drawn = rng.integers(n_groups, size=(rows, n_groups))
        drawn += np.arange(rows)[:, None] * n_groups
        counts = np.bincount(drawn.ravel(), minlength=rows * n_groups).reshape(rows, n_groups).astype(np.float64)
        yield counts if own else counts[:, members]


def _leave_one_out(members: NDArray[np.int64]) -> Iterator[FloatArray]:
    """Blocks of counts (groups, n) that leave out one group each."""
    n_groups = int(members.max()) + 1
    step = max(1, _CHUNK // len(members))
    for done in range(0, n_groups, step):
        left_out = np.arange(done, min(done + step, n_groups))
        yield (members[None, :] != left_out[:, None]).astype(np.float64)


def _bca_quantiles(quantiles: FloatArray, draws: FloatArray, value: float, jackknife: FloatArray) -> FloatArray:
    below = ((draws < value).sum() + (draws == value).sum() / 2) / len(draws)
    z0 = norm.ppf(np.clip(below, 0.5 / len(draws), 1 - 0.5 / len(draws)))
    deviations = jackknife.mean() - jackknife if jackknife.size else np.zeros(1)
    squares = (deviations**2).sum()
    acceleration = (deviations**3).sum() / (6 * squares**1.5) if squares > 1e-30 else 0.0
    shifted = z0 + norm.ppf(quantiles)
    return np.asarray(norm.cdf(z0 + shifted / (1 - acceleration * shifted)), dtype=np.float64)


def _group_ids(groups: Sequence[Any] | NDArray[Any] | None, n: int) -> NDArray[np.int64]:
    """(n,) 0..k-1: the group of each answer; each its own if there are none."""
    if groups is None:
        return np.arange(n)
    if len(groups) != n:
        raise InvalidParameter(f"groups: expected {n} values (one per score), got {len(groups)}")
    return np.unique(np.asarray(groups), return_inverse=True)[1]


def _finite(value: float, metric: Metric) -> float:
    if not np.isfinite(value):
        name = getattr(metric, "__name__", repr(metric))
        raise InvalidParameter(f"metric: {name} is {value} on the data as given, so it has no interval")
    return float(value)
