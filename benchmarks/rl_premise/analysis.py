"""The slope of agreement on semantic entropy, at fixed accuracy, with an interval over questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["slope", "summary"]

FloatArray = NDArray[np.float64]

DRAWS = 2000


def slope(signal: FloatArray, cosine: FloatArray, accuracy: FloatArray) -> float:
    """Least squares of cosine on signal with an offset for each accuracy, which takes all that accuracy knows.

    >>> slope(np.array([0.0, 1.0, 0.0, 1.0]), np.array([1.0, 0.5, 0.4, -0.1]), np.array([0.5, 0.5, 0.2, 0.2]))
    -0.5
    """
    u, y = signal.astype(np.float64), cosine.astype(np.float64)
    for level in np.unique(accuracy):
        own = accuracy == level
        u, y = u - np.where(own, u[own].mean(), 0.0), y - np.where(own, y[own].mean(), 0.0)
    return float(u @ y / (u @ u)) if u @ u > 1e-12 else float("nan")


def summary(records: Sequence[Mapping[str, Any]], tests: int = 1) -> dict[str, Any]:
    """The slope over all mixed questions; NaN is left out of the interval.

    The verdict is by the interval of 1 - 0.05 / tests, which is "decisive", where so many slopes are judged.
    """
    signal, cosine, accuracy = (
        np.array([record[name] for record in records], dtype=np.float64) for name in ("signal", "cosine", "accuracy")
    )
    found: dict[str, Any] = {
        "questions": len(records),
        "mean_cosine": round(float(cosine.mean()), 4),
        "accuracy": round(float(accuracy.mean()), 4),
        "spread_of_signal": round(float(signal.std()), 4),
    }
    if not np.isfinite(slope(signal, cosine, accuracy)) or np.ptp(accuracy) == 0:
        return found | {"verdict": "open"}  # too few questions to differ at one accuracy
    rng = np.random.default_rng(0)
    draws = rng.integers(len(records), size=(DRAWS, len(records)))
    slopes = np.array([slope(signal[own], cosine[own], accuracy[own]) for own in draws])
    low, high = np.nanquantile(slopes, [0.025, 0.975])
    least, most = np.nanquantile(slopes, [0.025 / tests, 1 - 0.025 / tests])
    return found | {
        "slope": round(slope(signal, cosine, accuracy), 4),
        "low": round(float(low), 4),
        "high": round(float(high), 4),
        "decisive": [round(float(least), 4), round(float(most), 4)],
        "verdict": "less reliable where uncertain"
        if most < 0
        else "more reliable where uncertain"
        if least > 0
        else "open",
        "correlation_of_signal_and_accuracy": round(float(np.corrcoef(signal, accuracy)[0, 1]), 3),
    }
