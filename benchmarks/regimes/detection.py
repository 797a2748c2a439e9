"""Delay of detectors that raise equally many false alarms, on Gaussian streams whose mean shifts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "DETECTORS",
    "FloatArray",
    "compare",
    "delay_of",
    "level_of",
    "new_regime",
    "page_hinkley",
    "recursive",
    "window",
]

FloatArray = NDArray[np.float64]
Statistic = Callable[[FloatArray], FloatArray]
"""(streams, steps) -> (streams, steps) the statistic after each observation of a stream."""

SHIFT = 2.0
"""What the known regime is shifted by, in standard deviations, in every coordinate."""

RUN_LENGTH = 500
STREAMS, HORIZON, CALM = 400, 3000, 100
WINDOW = 20


def recursive(gains: FloatArray) -> FloatArray:
    """S <- max(0, S + gain)."""
    statistic, total = np.zeros(gains.shape), np.zeros(len(gains))
    for step in range(gains.shape[1]):
        total = np.maximum(0.0, total + gains[:, step])
        statistic[:, step] = total
    return statistic


def known_regime(x: FloatArray) -> FloatArray:
    """RegimeCusum for a known regime: the log-likelihood ratio, summed over coordinates."""
    return recursive((SHIFT * x - SHIFT**2 / 2).sum(axis=2))


def new_regime(x: FloatArray) -> FloatArray:
    """RegimeCusum for a new one: (||z||^2 - 4 d) / 2."""
    return recursive(((x**2).sum(axis=2) - 4 * x.shape[2]) / 2)


def page_hinkley(x: FloatArray) -> FloatArray:
    """A one-sided CUSUM of the mean of the coordinates, half a deviation allowed: the size of the shift not known."""
    return recursive(x.mean(axis=2) - 0.5)


def glr(x: FloatArray) -> FloatArray:
    """Generalised likelihood ratio over the last 20 change points, the shift estimated."""
    sums = np.cumsum(np.concatenate([np.zeros((len(x), 1, x.shape[2])), x], axis=1), axis=1)
    best = np.zeros(x.shape[:2])
    for back in range(1, WINDOW + 1):
        own = ((sums[:, back:] - sums[:, :-back]) ** 2).sum(axis=2) / (2 * back)
        best[:, back - 1 :] = np.maximum(best[:, back - 1 :], own)
    return best


def window(x: FloatArray) -> FloatArray:
    """Divergence of the last 20 observations' mean from the calm one."""
    sums = np.cumsum(np.concatenate([np.zeros((len(x), 1, x.shape[2])), x], axis=1), axis=1)
    found = np.zeros(x.shape[:2])
    found[:, WINDOW - 1 :] = ((sums[:, WINDOW:] - sums[:, :-WINDOW]) ** 2).sum(axis=2) / (2 * WINDOW)
    return found


DETECTORS: dict[str, Statistic] = {
    "known regime": known_regime,
    "new regime": new_regime,
    "Page-Hinkley": page_hinkley,
    "GLR, window 20": glr,
    "mean of the last 20": window,
}


def compare(seed: int = 0) -> list[dict[str, Any]]:
    """A row per dimension and detector: the level for one false alarm in 500 steps, and the mean delays."""
    rows = []
    for d in (1, 2, 4):
        rng = np.random.default_rng((seed, d))
        calm = rng.normal(size=(STREAMS, HORIZON, d))
        shifted = {shift: rng.normal(size=(STREAMS, 300, d)) for shift in (1.0, 2.0, 3.0)}
        for name, statistic in DETECTORS.items():
            level = level_of(statistic(calm))
            delays = {}
            for shift, noise in shifted.items():
                stream = np.concatenate([calm[:, :CALM], noise + shift], axis=1)
                delays[f"{shift:g}"] = delay_of(statistic(stream), level)
            rows.append({"dimensions": d, "detector": name, "level": round(level, 2), "delay": delays})
    return rows


def level_of(statistic: FloatArray) -> float:
    """The level that calm streams reach after 500 steps on average, by bisection; one that never does counts whole."""
    low, high = 0.0, float(statistic.max())
    for _ in range(40):
        middle = (low + high) / 2
        over = statistic > middle
        first = np.where(over.any(axis=1), over.argmax(axis=1) + 1, statistic.shape[1])
        low, high = (middle, high) if first.mean() < RUN_LENGTH else (low, middle)
    return high


def delay_of(statistic: FloatArray, level: float) -> float | None:
    """Mean steps to the alarm, of streams that had none before the shift; None if more than a tenth never had one."""
    over = statistic > level
    quiet = ~over[:, :CALM].any(axis=1)
    after = over[quiet, CALM:]
    if not after.any(axis=1).mean() > 0.9:
        return None
    return round(float(np.where(after.any(axis=1), after.argmax(axis=1) + 1, after.shape[1]).mean()), 2)
