"""The tests of the experiment: the unit is a start, signs are flipped exactly, families are corrected by Holm.

Runs that begin from the same weights are no independent witnesses, so each start gives one number per comparison,
and these are tested. Nothing here knows what an arm is.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import t as student

__all__ = ["LEVEL", "POWER", "by_start", "interval", "sign_flip", "smallest_detectable", "student_interval"]

FloatArray = NDArray[np.float64]

LEVEL = 0.05
POWER = 0.8
BOOTSTRAPS = 10_000
ENUMERATED = 20
"""Up to so many differences all sign patterns are gone through (a million); beyond, their sums are counted."""

GRID = 1e-5
"""Accuracies are kept with five digits; sums of differences of so many can be counted on this grid."""


def sign_flip(differences: ArrayLike) -> float:
    """Two-sided p that the mean is 0, if each difference may as well have had the other sign; exact.

    All 2^n sign patterns are equally likely: p is the share of those whose sum is at least as far from 0 as the one
    seen. Beyond 20 differences the distribution of the sum is built up one difference at a time, which is as exact
    for numbers rounded to `GRID`.

    >>> sign_flip([1.0, 2.0, 3.0])
    0.25
    """
    values = np.abs(np.asarray(differences, dtype=np.float64))
    seen = abs(float(np.sum(differences)))
    if len(values) <= ENUMERATED:
        sums = np.zeros(1)
        for value in values:
            sums = np.concatenate([sums + value, sums - value])
        return float((np.abs(sums) >= seen - 1e-9).mean())
    steps = np.rint(values / GRID).astype(np.int64)
    reach = int(steps.sum())
    shares = np.zeros(2 * reach + 1)
    shares[reach] = 1.0
    for step in steps:
        # Both ways from everywhere; nothing falls off the ends, which only all steps together reach.
        shares = (np.roll(shares, step) + np.roll(shares, -step)) / 2
    far = np.abs(np.arange(-reach, reach + 1)) >= abs(int(np.rint(np.asarray(differences) / GRID).sum()))
    return float(shares[far].sum())


def by_start(differences: ArrayLike, starts: Sequence[int]) -> FloatArray:
    """(starts,) means over the differences that begin from the same start.

    >>> by_start([1.0, 3.0, 5.0], [0, 1, 0])
    array([3., 3.])
    """
    values = np.asarray(differences, dtype=np.float64)
    own = np.asarray(starts)
    return np.array([values[own == start].mean() for start in np.unique(own)])


def interval(groups: Sequence[FloatArray], *, level: float = LEVEL) -> tuple[float, float]:
    """Percentile bootstrap of the mean over all starts, drawn within each group (task)."""
    rng = np.random.default_rng(0)
    total = sum(len(group) for group in groups)
    sums = np.zeros(BOOTSTRAPS)
    for group in groups:
        sums += group[rng.integers(len(group), size=(BOOTSTRAPS, len(group)))].sum(axis=1)
    low, high = np.quantile(sums / total, [level / 2, 1 - level / 2])
    return float(low), float(high)


def smallest_detectable(differences: FloatArray, level: float = LEVEL) -> float:
    """The true mean difference that a two-sided paired t test at this level finds in 80% of repeats."""
    n = len(differences)
    spread = float(differences.std(ddof=1)) / np.sqrt(n)
    return float((student.ppf(1 - level / 2, n - 1) + student.ppf(POWER, n - 1)) * spread)


def student_interval(values: FloatArray, *, digits: int) -> list[float] | None:
    """[mean, low, high] by Student's t, rounded; None for fewer than two values.

    >>> student_interval(np.array([1.0, 2.0, 3.0]), digits=3)
    [2.0, -0.484, 4.484]
    """
    if len(values) < 2:
        return None
    half = student.ppf(1 - LEVEL / 2, len(values) - 1) * values.std(ddof=1) / len(values) ** 0.5
    return [round(float(x), digits) for x in (values.mean(), values.mean() - half, values.mean() + half)]
