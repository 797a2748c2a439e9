"""Intervals for a share that was counted."""

from __future__ import annotations

import math

from scipy.stats import beta, norm

from semuq.checks import within
from semuq.errors import InvalidParameter

__all__ = ["clopper_pearson_upper", "wilson"]


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
    return 1.0 if errors == n else float(beta.ppf(1 - delta, errors + 1, n - errors))


def wilson(right: float, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval for the share right / n.

    >>> [round(end, 3) for end in wilson(13, 30)]
    [0.274, 0.608]

    Degenerate cases. n = 0: (0, 1).

    References: Wilson, JASA 1927.
    """
    if not 0 <= right <= n:
        raise InvalidParameter(f"right: expected a number in [0, n = {n}], got {right}")
    within(None, 0, 1, open_low=True, open_high=True, confidence=confidence)
    if n == 0:
        return 0.0, 1.0
    z = float(norm.ppf((1 + confidence) / 2))
    share = right / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    # The ends are exact where all or none are right; rounding would leave them beside 0 and 1.
    return (0.0 if right == 0 else centre - half), (1.0 if right == n else centre + half)
