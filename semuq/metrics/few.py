"""An interval of AUROC that covers what it says with few wrong, or few right, answers, where the bootstrap does not."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit
from scipy.stats import norm, rankdata

from semuq.checks import within
from semuq.errors import InvalidParameter
from semuq.metrics.inputs import as_pair
from semuq.metrics.ranking import auroc
from semuq.numerics import FloatArray

__all__ = ["auroc_interval"]


def auroc_interval(scores: ArrayLike, correct: ArrayLike, *, confidence: float = 0.95) -> tuple[float, float]:
    r"""The ends of a confidence interval of AUROC, from two right and two wrong answers on.

    Formula. With m wrong and k right answers and A* = (m k A + 1/2) / (m k + 1),
        low, high = 1 / (1 + exp(-(logit A* -+ z sqrt(v) / (A* (1 - A*))))),   v = max(v_DeLong, v_HanleyMcNeil)
    v_DeLong the variance of the placements, which is 0 where all are ranked rightly; the other that of exponential
    scores at A* or 1 - A*, the larger, which is not. On the scale of the logit the interval stays within 0 and 1.

    What it covers. Of 95% intervals 94% or more held the true value for normal, exponential and tied scores with 2 to
    30 wrong answers among 100 right ones; it is wider than it need be where A is close to 1.

    Args:
        scores: (n,), higher = more uncertain.
        correct: (n,) right or wrong.
        confidence: in (0, 1).

    Raises:
        InvalidParameter: correctness is a fraction, or fewer than two answers are right, or wrong.

    Example:
        >>> low, high = auroc_interval([0.1, 0.4, 0.35, 0.8, 0.7, 0.2], [True, True, False, False, False, True])
        >>> round(low, 2), round(high, 2)
        (0.28, 0.99)

    References: DeLong, DeLong, Clarke-Pearson, Biometrics 1988; Hanley and McNeil, Radiology 1982; on the logit scale:
    Pepe, The statistical evaluation of medical tests, 2003, ch. 5.
    """
    within(None, 0, 1, open_low=True, open_high=True, confidence=confidence)
    u, right = as_pair(scores, correct)
    if ((right != 0) & (right != 1)).any():
        raise InvalidParameter("correct: expected right or wrong, got a fraction; pass correct >= 0.5")
    wrong, k = right == 0, int(right.sum())
    m = len(u) - k
    if min(m, k) < 2:
        raise InvalidParameter(f"correct: expected at least two right and two wrong answers, got {k} and {m}")
    shrunk = (m * k * auroc(u, right) + 0.5) / (m * k + 1)
    variance = max(_delong(u, wrong), _hanley_mcneil(shrunk, m, k), _hanley_mcneil(1 - shrunk, m, k))
    half = float(norm.ppf(0.5 + confidence / 2)) * np.sqrt(variance) / (shrunk * (1 - shrunk))
    return float(expit(logit(shrunk) - half)), float(expit(logit(shrunk) + half))


def _delong(u: FloatArray, wrong: NDArray[np.bool_]) -> float:
    together = rankdata(u)
    of_wrong = (together[wrong] - rankdata(u[wrong])) / (~wrong).sum()
    of_right = 1 - (together[~wrong] - rankdata(u[~wrong])) / wrong.sum()
    return float(of_wrong.var(ddof=1) / len(of_wrong) + of_right.var(ddof=1) / len(of_right))


def _hanley_mcneil(area: float, m: int, k: int) -> float:
    first, second = area / (2 - area), 2 * area**2 / (1 + area)
    return (area * (1 - area) + (m - 1) * (first - area**2) + (k - 1) * (second - area**2)) / (m * k)
