"""Intervals for a share that was counted."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import bdtr, betaincinv
from scipy.stats import norm

from semuq.checks import within
from semuq.errors import InvalidParameter
from semuq.numerics import FloatArray

__all__ = ["clopper_pearson_upper", "fewest", "wilson", "wilson_ends"]


def clopper_pearson_upper(errors: int, n: int, delta: float) -> float:
    """The largest error rate that `errors` of `n` do not refute at level delta: an exact upper bound.

    Formula.
        P( Binomial(n, bound) <= errors ) = delta;  1 if errors = n

    Example:
        >>> round(clopper_pearson_upper(0, 59, 0.05), 4), round(clopper_pearson_upper(5, 100, 0.05), 4)
        (0.0495, 0.1023)

    References: Clopper and Pearson, Biometrika 1934.
    """
    if not 0 <= errors <= n or n < 1:
        raise InvalidParameter(f"errors: expected 0 to n with n >= 1, got {errors} of {n}")
    within(None, 0, 1, open_low=True, open_high=True, delta=delta)
    return 1.0 if errors == n else float(betaincinv(errors + 1, n - errors, 1 - delta))


def fewest(n: int, rate: float, delta: float) -> int:
    """How many of n tries refute "the error rate is above `rate`" with as many errors as n of them may have.

    Formula. e the largest with P( Binomial(n, rate) <= e ) <= delta, and the smallest m with
        P( Binomial(m, rate) <= e ) <= delta
    The tries from m to n allow no error more: whatever the true rate, fewer errors are met without them.

    Returns: m <= n; n where not even a clean record of n is enough.

    Example:
        >>> fewest(40, 0.1, 0.05), fewest(46, 0.1, 0.05), fewest(20, 0.1, 0.05)  # 29 clean, 46 with one error
        (29, 46, 20)
    """
    allowed = _largest(lambda errors: bdtr(errors, n, rate) <= delta, -1, n)
    return n if allowed < 0 else 1 + _largest(lambda tries: bdtr(allowed, tries, rate) > delta, allowed, n)


def _largest(holds: Callable[[int], bool], low: int, high: int) -> int:
    """The largest whole number below `high` up to which it holds; `low`, where it does or is taken to."""
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


def wilson(right: float, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval for the share right / n.

    >>> [round(end, 3) for end in wilson(13, 30)]
    [0.274, 0.608]

    Degenerate cases. n = 0: (0, 1).

    References: Wilson, JASA 1927.
    """
    if not 0 <= right <= n:
        raise InvalidParameter(f"right: expected a number in [0, n = {n}], got {right}")
    low, high = wilson_ends([right / n if n else 0.0], [n], confidence)
    return float(low[0]), float(high[0])


def wilson_ends(share: ArrayLike, n: ArrayLike, confidence: float = 0.95) -> tuple[FloatArray, FloatArray]:
    """(k,) lower and (k,) upper ends of Wilson's score intervals for (k,) shares of (k,) counts.

    Degenerate cases. n = 0: (0, 1).
    """
    within(None, 0, 1, open_low=True, open_high=True, confidence=confidence)
    z = float(norm.ppf((1 + confidence) / 2))
    p, counts = np.asarray(share, dtype=np.float64), np.asarray(n, dtype=np.float64)
    known = np.maximum(counts, 1)
    centre = (p + z * z / (2 * known)) / (1 + z * z / known)
    half = z / (1 + z * z / known) * np.sqrt(p * (1 - p) / known + z * z / (4 * known * known))
    # The ends are exact where all or none are; rounding would leave them beside 0 and 1.
    low = np.where((p == 0) | (counts == 0), 0.0, np.maximum(centre - half, 0.0))
    high = np.where((p == 1) | (counts == 0), 1.0, np.minimum(centre + half, 1.0))
    return low, high
