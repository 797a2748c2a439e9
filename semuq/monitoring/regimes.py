"""Has the stream gone over to another regime, to a known one or to a new one? MBCD's change-point statistics.

`Cusum` watches for one shift of one mean. Here several regimes are known by their densities, each keeps a CUSUM of its
log-likelihood ratio against the current one, and one more asks whether the stream fits none of them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike

from semuq.errors import InvalidParameter
from semuq.numerics import FloatArray

__all__ = ["NEW", "GaussianRegime", "Regime", "RegimeAlarm", "RegimeCusum", "RegimeState"]


NEW = "new"
"""What an alarm says that points to no known regime."""


class Regime(Protocol):
    """A density of observations, and how little one fits it."""

    def log_prob(self, x: Any) -> float:
        """The log-density of an observation."""

    def novelty(self, x: Any, after: float) -> float:
        """The increment of the statistic of a new regime: positive where an observation fits badly."""


@dataclass(frozen=True, eq=False)
class GaussianRegime:
    """Independent normal coordinates.

    Args:
        mean, variance: (d,) or numbers; variances > 0.

    Formula. The new regime is the same normal with every coordinate `after` standard deviations off:
        log p_new - log p = (||z||^2 - d after^2) / 2,   z the standardised residual.
    In control its mean is -d (after^2 - 1) / 2. Shifts of less than sqrt(after^2 - 1) standard deviations a coordinate
    let it drift down and are announced by chance only, by design.

    >>> regime = GaussianRegime([0.0, 0.0], [1.0, 4.0])
    >>> round(regime.log_prob([0.0, 0.0]), 4), regime.novelty([3.0, 0.0], 2.0)
    (-2.531, 0.5)
    """

    mean: ArrayLike
    variance: ArrayLike
    _mean: FloatArray = field(init=False, repr=False)
    _variance: FloatArray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        mean = np.atleast_1d(np.asarray(self.mean, dtype=np.float64))
        variance = np.atleast_1d(np.asarray(self.variance, dtype=np.float64))
        if mean.shape != variance.shape or mean.ndim != 1 or not np.isfinite(mean).all():
            raise InvalidParameter(
                f"GaussianRegime: expected finite means and as many variances, got {self.mean!r} and {self.variance!r}"
            )
        if not ((variance > 0) & np.isfinite(variance)).all():
            raise InvalidParameter(f"GaussianRegime.variance: expected finite numbers > 0, got {self.variance!r}")
        object.__setattr__(self, "_mean", mean)
        object.__setattr__(self, "_variance", variance)

    @classmethod
    def estimate(cls, observations: ArrayLike) -> GaussianRegime:
        """From (n,) or (n, d) observations of one regime; some hundreds at least."""
        values = np.asarray(observations, dtype=np.float64)
        values = values[:, None] if values.ndim == 1 else values
        return cls(values.mean(axis=0), values.var(axis=0, ddof=1))

    def log_prob(self, x: Any) -> float:
        """The log-density of (d,) x."""
        z = self._residual(x)
        return float(-0.5 * (z @ z + np.log(2 * np.pi * self._variance).sum()))

    def novelty(self, x: Any, after: float) -> float:
        """(||z||^2 - d after^2) / 2."""
        z = self._residual(x)
        return float(0.5 * (z @ z - len(z) * after**2))

    def _residual(self, x: Any) -> FloatArray:
        values = np.atleast_1d(np.asarray(x, dtype=np.float64))
        if values.shape != self._mean.shape or not np.isfinite(values).all():
            raise InvalidParameter(f"x: expected {len(self._mean)} finite numbers, got {x!r:.60}")
        return np.asarray((values - self._mean) / np.sqrt(self._variance), dtype=np.float64)


@dataclass(frozen=True, kw_only=True)
class RegimeState:
    """Where a monitor stands.

    Args:
        regimes: the known ones, in order.
        current: the name of the one that is believed in.
        statistics: by name, for all others and for `NEW`.
        seen: observations since the start.
        since_change: since the current regime was entered.
    """

    regimes: Mapping[str, Regime]
    current: str
    statistics: Mapping[str, float]
    seen: int = 0
    since_change: int = 0


@dataclass(frozen=True, kw_only=True)
class RegimeAlarm:
    """The stream has changed: when it was said, from what, to what (`NEW` for none of those known)."""

    step: int
    left: str
    regime: str


@dataclass(frozen=True, kw_only=True)
class RegimeCusum:
    """Names the regime that a stream has gone over to, or says that it is a new one.

    Formula. With c the current regime,
        S_k <- max(0, S_k + log p_k(x) - log p_c(x)) for the others,   S_new by `Regime.novelty`,
    an alarm when the largest passes `threshold`; then all are 0 again. S_k is Lorden's statistic: the largest
    log-likelihood ratio over all points at which the change could have been.

    Args:
        threshold: > 0, in nats. For a known regime the mean time to a false alarm is at least e^threshold; for `NEW`,
            whose increments are no log-likelihood ratio, that is not proved, and simulation is far above it.
        new_after: standard deviations a coordinate, > 1; None watches for known regimes only.
        min_steps: observations in a regime before anything is accumulated.
        floor: least log-density that counts, so that one impossible observation is not an alarm by itself; the
            released code's log 1e-8.

    Degenerate cases. Two equal regimes: the statistic stays 0. Several pass at once: the largest, and of equal ones
    the first in order, `NEW` last.

    Example:
        >>> monitor = RegimeCusum(threshold=5.0, new_after=2.0)
        >>> state = monitor.start({"day": GaussianRegime(0.0, 1.0), "night": GaussianRegime(3.0, 1.0)}, current="day")
        >>> for x in (0.1, 2.9, 3.2):
        ...     state, alarm = monitor.update(state, x)
        >>> alarm
        RegimeAlarm(step=3, left='day', regime='night')

    References: Alegre, Bazzan, da Silva, Minimum-Delay Adaptation in Non-Stationary Reinforcement Learning via Online
    High-Confidence Change-Point Detection, AAMAS 2021, arXiv:2105.09452; Lorden, Annals of Mathematical Statistics,
    1971.
    """

    threshold: float
    new_after: float | None = 2.0
    min_steps: int = 0
    floor: float = math.log(1e-8)

    def __post_init__(self) -> None:
        if not 0 < self.threshold < math.inf:
            raise InvalidParameter(f"RegimeCusum.threshold: expected a finite number > 0, got {self.threshold!r}")
        if self.new_after is not None and not 1 < self.new_after < math.inf:
            raise InvalidParameter(f"RegimeCusum.new_after: expected a number > 1 or None, got {self.new_after!r}")
        if self.min_steps < 0:
            raise InvalidParameter(f"RegimeCusum.min_steps: expected an integer >= 0, got {self.min_steps!r}")

    def start(self, regimes: Mapping[str, Regime], *, current: str) -> RegimeState:
        """The state before the first observation."""
        if current not in regimes or NEW in regimes:
            raise InvalidParameter(
                f"current: expected one of {', '.join(regimes)}, and none of them called {NEW!r}, got {current!r}"
            )
        return RegimeState(regimes=dict(regimes), current=current, statistics={})

    def enter(self, state: RegimeState, name: str, regime: Regime | None = None) -> RegimeState:
        """The state after one is told which regime this is; a new one comes with its density."""
        regimes = dict(state.regimes) if regime is None else {**state.regimes, name: regime}
        return replace(self.start(regimes, current=name), seen=state.seen)

    def update(self, state: RegimeState, x: Any) -> tuple[RegimeState, RegimeAlarm | None]:
        """The state after one more observation, and the alarm it raised, if any.

        An alarm for a known regime enters it. One for `NEW` leaves the current regime and starts all statistics anew:
        what it is has to be learned first, and told by `enter`.
        """
        own = state.regimes[state.current]
        seen, since = state.seen + 1, state.since_change + 1
        statistics = dict(state.statistics)
        if since > self.min_steps:
            base = max(own.log_prob(x), self.floor)
            for name, regime in state.regimes.items():
                if name != state.current:
                    gain = max(regime.log_prob(x), self.floor) - base
                    statistics[name] = max(0.0, statistics.get(name, 0.0) + gain)
            if self.new_after is not None:
                statistics[NEW] = max(0.0, statistics.get(NEW, 0.0) + own.novelty(x, self.new_after))
        best = max(statistics, key=lambda name: statistics[name], default=None)
        if best is None or statistics[best] <= self.threshold:
            return replace(state, statistics=statistics, seen=seen, since_change=since), None
        alarm = RegimeAlarm(step=seen, left=state.current, regime=best)
        current = state.current if best == NEW else best
        return replace(state, current=current, statistics={}, seen=seen, since_change=0), alarm
