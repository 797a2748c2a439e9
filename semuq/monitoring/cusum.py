"""Has the model started to be less sure? A CUSUM monitor over a stream of scores.

Watches scores as they come, one at a time, and raises an alarm when their mean has shifted; how often it
may do so without cause is chosen beforehand, as a mean number of scores between false alarms.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from semuq.errors import InvalidParameter
from semuq.metrics.inputs import as_scores

__all__ = ["Cusum", "CusumState", "average_run_length"]

Side = Literal["upper", "lower", "both"]


@dataclass(frozen=True, kw_only=True)
class CusumState:
    """Where a monitor stands: everything `Cusum.update` needs to go on.

    Args:
        upper, lower: the two statistics, in standard deviations; one stays 0 in a one-sided monitor.
        seen: scores taken in since the start.
        skipped: NaN scores passed over.
        since_reset: scores since the last alarm (an alarm starts both statistics anew).
    """

    upper: float = 0.0
    lower: float = 0.0
    seen: int = 0
    skipped: int = 0
    since_reset: int = 0


@dataclass(frozen=True, kw_only=True)
class Cusum:
    r"""One- or two-sided CUSUM for a shift in the mean of a stream of scores.

    Formula. z = (u - mu0) / sigma0, k = shift / 2, and
        S+ <- max(0, S+ + z - k),    S- <- max(0, S- - z - k);    alarm when S >= threshold
    the log-likelihood ratio of a normal mean shifted by `shift` standard deviations, divided by `shift`.
    Of all rules with the same rate of false alarms this has the shortest worst-case delay for that shift.

    Args:
        mu0, sigma0: mean and standard deviation of the scores while all is well; known, or from
            `Cusum.estimate`.
        shift: the smallest shift worth an alarm, in standard deviations, > 0.
        arl: mean number of scores until a false alarm (average run length), > 2; the threshold is then
            found for independent normal scores, exactly up to its numerical grid. Give this or `threshold`.
        threshold: alarm level in standard deviations.
        side: "upper" watches for more uncertainty, "lower" for less, "both" for either.
        nan: "refuse" raises on a NaN score; "skip" counts it and changes nothing else.

    Raises:
        InvalidParameter: a parameter is outside its limits; an infinite score; a NaN one if refused.

    Degenerate cases. Constant calibration scores (sigma0 = 0) are refused: any change at all would then be
    an alarm. Heavy tails, skew, dependence between scores and an estimated mu0 all make false alarms more
    frequent than `arl` says: check with `run` on a quiet stretch, or take the threshold from one.

    Cost. O(1) per score; a threshold from `arl` costs some milliseconds once.

    Example:
        >>> monitor = Cusum(mu0=1.0, sigma0=0.5, shift=1.0, arl=500)
        >>> round(monitor.level, 3)
        4.389
        >>> state = monitor.start()
        >>> for score in (1.0, 2.5, 2.5, 2.5):
        ...     state, alarm = monitor.update(state, score)
        ...     print(round(state.upper, 2), alarm)
        0.0 False
        2.5 False
        0.0 True
        2.5 False

    References: Page, Biometrika 1954; Moustakides, Annals of Statistics 1986 (optimality); Brook and
    Evans, Biometrika 1972 (run lengths); used for change points in RL by Alegre, Bazzan, da Silva,
    Minimum-delay adaptation, AAMAS 2021, arXiv:2105.09452.
    """

    mu0: float
    sigma0: float
    shift: float = 1.0
    arl: float | None = None
    threshold: float | None = None
    side: Side = "upper"
    nan: Literal["refuse", "skip"] = "refuse"

    def __post_init__(self) -> None:
        if not math.isfinite(self.mu0):
            raise InvalidParameter(f"Cusum.mu0: expected a finite number, got {self.mu0!r}")
        for name, least in (("sigma0", 0.0), ("shift", 0.0), ("threshold", 0.0), ("arl", 2.0)):
            value = getattr(self, name)
            if value is not None and not least < value < math.inf:
                raise InvalidParameter(f"Cusum.{name}: expected a finite number > {least:g}, got {value!r}")
        if (self.arl is None) == (self.threshold is None):
            raise InvalidParameter("Cusum.arl: expected either arl or threshold, got both or neither; try arl=1000")
        if self.side not in get_args(Side):
            raise InvalidParameter(f"Cusum.side: expected one of {get_args(Side)}, got {self.side!r}")
        if self.nan not in ("refuse", "skip"):
            raise InvalidParameter(f"Cusum.nan: expected 'refuse' or 'skip', got {self.nan!r}")

    @classmethod
    def estimate(
        cls,
        scores: ArrayLike,
        *,
        shift: float = 1.0,
        arl: float | None = None,
        threshold: float | None = None,
        side: Side = "upper",
        nan: Literal["refuse", "skip"] = "refuse",
    ) -> Cusum:
        """A monitor with mu0 and sigma0 from (n,) scores of a time when all was well; some hundreds at least.

        Raises:
            InvalidParameter: fewer than two scores, or all the same.
        """
        quiet = as_scores(scores)
        with np.errstate(over="ignore", invalid="ignore"):  # infinite or NaN, and refused below
            sigma0 = float(quiet.std(ddof=1)) if len(quiet) > 1 else 0.0
        if not 0 < sigma0 < math.inf:
            raise InvalidParameter(
                f"scores: expected at least two different finite scores to estimate a spread, got {len(quiet)} with "
                f"standard deviation {sigma0:g}; watch another score"
            )
        return cls(
            mu0=float(quiet.mean()), sigma0=sigma0, shift=shift, arl=arl, threshold=threshold, side=side, nan=nan
        )

    @cached_property
    def level(self) -> float:
        """The alarm level in standard deviations: `threshold`, or what `arl` needs."""
        if self.threshold is not None:
            return self.threshold
        assert self.arl is not None
        return _level_for(self.arl, self.shift, two_sided=self.side == "both")

    def start(self) -> CusumState:
        """The state before the first score."""
        return CusumState()

    def update(self, state: CusumState, score: float) -> tuple[CusumState, bool]:
        """The state after one more score, and whether it raised an alarm (which starts both sides anew)."""
        score = _number(score)
        if math.isnan(score):
            if self.nan == "refuse":
                raise InvalidParameter("score: expected a number, got nan; pass nan='skip' to count and pass over it")
            return replace(state, seen=state.seen + 1, skipped=state.skipped + 1), False
        if math.isinf(score):
            raise InvalidParameter(f"score: expected a finite number, got {score}; clip it")
        z, k = (score - self.mu0) / self.sigma0, self.shift / 2
        upper = max(0.0, state.upper + z - k) if self.side != "lower" else 0.0
        lower = max(0.0, state.lower - z - k) if self.side != "upper" else 0.0
        alarm = max(upper, lower) >= self.level
        if alarm:
            return replace(state, upper=0.0, lower=0.0, seen=state.seen + 1, since_reset=0), True
        return replace(state, upper=upper, lower=lower, seen=state.seen + 1, since_reset=state.since_reset + 1), False

    def run(self, scores: Iterable[float]) -> list[int]:
        """Positions (from 0) of the alarms over a whole stream, starting anew after each."""
        if not isinstance(scores, Iterable):
            raise InvalidParameter(f"scores: expected a stream of numbers, got {scores!r:.60}; pass a list of them")
        state, alarms = self.start(), []
        for index, score in enumerate(scores):
            state, alarm = self.update(state, score)
            if alarm:
                alarms.append(index)
        return alarms


def average_run_length(level: float, shift: float = 1.0, *, drift: float = 0.0, grid: int = 200) -> float:
    r"""Mean number of independent normal scores until a one-sided CUSUM reaches `level`.

    Formula. L(0), where L solves the integral equation
        L(s) = 1 + L(0) Phi(k - s - drift) + int_0^level L(y) phi(y - s + k - drift) dy,   k = shift / 2
    by Gauss-Legendre quadrature with `grid` nodes.

    Args:
        level: alarm level, in standard deviations.
        shift: the shift the CUSUM is designed for.
        drift: the shift there is: 0 gives the run length to a false alarm, `shift` the detection delay.

    Example:
        >>> round(average_run_length(4.0) / 2), round(average_run_length(4.0, drift=1.0), 2)
        (168, 8.38)

    References: Page 1954; published for a two-sided monitor at level 4, k = 1/2: 168 and 8.38
    (Montgomery, Introduction to statistical quality control, table 9.3).
    """
    from scipy.stats import norm

    nodes, weights = np.polynomial.legendre.leggauss(grid)
    y, w = level * (nodes + 1) / 2, level * weights / 2
    k = shift / 2
    states = np.append(0.0, y)
    system = np.eye(grid + 1)
    system[:, 0] -= norm.cdf(k - states - drift)
    system[:, 1:] -= w * norm.pdf(y[None, :] - states[:, None] + k - drift)
    return float(np.linalg.solve(system, np.ones(grid + 1))[0])


def _number(score: Any) -> float:
    try:
        if isinstance(score, str | bytes | complex):
            raise TypeError("no real number")
        return float(score)
    except (TypeError, ValueError) as error:
        raise InvalidParameter(
            f"score: expected a number, got {score!r:.60}; pass nan, with nan='skip', where there is none"
        ) from error


def _level_for(arl: float, shift: float, *, two_sided: bool) -> float:
    """The level with this run length, by bisection; 1 / ARL adds up over two sides (Siegmund 1985)."""
    wanted = 2 * arl if two_sided else arl
    low, high = 1e-6, 1.0
    if average_run_length(low, shift) >= wanted:
        raise InvalidParameter(
            f"Cusum.arl: expected more than {average_run_length(low, shift):.2f} with shift={shift:g}, got {arl:g}; "
            "raise arl or lower shift"
        )
    while average_run_length(high, shift) < wanted:
        low, high = high, 2 * high
    while high - low > 1e-7 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if average_run_length(middle, shift) < wanted else (low, middle)
    return high
