"""Mean and variance of a reward that comes as a stream: at two speeds, and corrected for dependence.

What an agent has that cannot solve its chain: `mean_variance` needs the mean frozen and the spread around it.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from semuq.checks import within
from semuq.errors import InvalidParameter

__all__ = ["BatchMeans", "RunningMeanVariance", "batch_means"]


class RunningMeanVariance(NamedTuple):
    """A running mean and a running mean square around it; `update` returns the next.

    Formula. mu <- mu + a (x - mu),  v <- v + b ((x - mu)^2 - v). The mean moves more slowly (a < b), so
    that the variance sees it as standing still, as the iteration's frozen mean does.

    >>> state = RunningMeanVariance(mean=0.0)
    >>> for x in (1.0, 3.0):
    ...     state = state.update(x, mean_step=0.5, variance_step=0.5)
    >>> state
    RunningMeanVariance(mean=1.75, variance=0.84375, seen=2)
    """

    mean: float = 0.0
    variance: float = 0.0
    seen: int = 0

    def update(self, x: float, *, mean_step: float, variance_step: float) -> RunningMeanVariance:
        """The state after one more reward; both steps in (0, 1]."""
        within("RunningMeanVariance.update", 0, 1, open_low=True, mean_step=mean_step, variance_step=variance_step)
        mean = self.mean + mean_step * (x - self.mean)
        return RunningMeanVariance(
            mean, self.variance + variance_step * ((x - mean) ** 2 - self.variance), self.seen + 1
        )


class BatchMeans(NamedTuple):
    """What a stretch of dependent rewards says of its mean and variance.

    Args:
        mean: their mean.
        variance: their mean square around it, too small by the variance of the mean.
        variance_of_mean: estimated from the means of consecutive batches.
        corrected: `variance` plus `variance_of_mean`.
    """

    mean: float
    variance: float
    variance_of_mean: float
    corrected: float


def batch_means(rewards: ArrayLike, *, batches: int = 0) -> BatchMeans:
    """The plug-in variance of a stretch of dependent rewards, and its bias by batch means.

    Formula. For a stationary stream E[plug-in] = sigma^2 - Var(mean). Cut into B batches that are long
    against the dependence, whose means are then nearly independent: Var(mean) ~ var(batch means) / B.
    For independent rewards this is the familiar factor n / (n - 1).

    Args:
        rewards: (n,), in order.
        batches: B, at least 2 and at most n / 2; 0 takes the root of n.

    Raises:
        InvalidParameter: fewer than four rewards, or too many batches.

    Example:
        >>> found = batch_means([0, 0, 1, 1, 0, 0, 1, 1], batches=4)
        >>> found.mean, found.variance, round(found.corrected, 4)
        (0.5, 0.25, 0.3333)
    """
    values = np.asarray(rewards, dtype=np.float64)
    count = batches or math.isqrt(len(values))
    if values.ndim != 1 or not 2 <= count <= len(values) // 2:
        raise InvalidParameter(
            f"batch_means.batches: expected 2 to {len(values) // 2} for {len(values)} rewards, got {count}; "
            "give more rewards or fewer batches"
        )
    size = len(values) // count
    means = values[: size * count].reshape(count, size).mean(axis=1)
    plug_in = float(values.var())
    of_mean = float(means.var(ddof=1) / count)
    return BatchMeans(float(values.mean()), plug_in, of_mean, plug_in + of_mean)
