"""The ROC curve as data to draw: how many wrong answers a threshold finds, and how many right ones it flags."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from semuq.metrics.inputs import as_pair
from semuq.metrics.ranking import auroc
from semuq.numerics import FloatArray

__all__ = ["RocCurve", "roc_curve"]


@dataclass(frozen=True, kw_only=True, eq=False)
class RocCurve:
    """A point for each distinct score taken as a threshold, and (0, 0) before them.

    Args:
        threshold: (k,) descending, from infinity; flagging where score >= threshold gives the point.
        flagged: (k,) share of the right answers that are flagged.
        found: (k,) share of the wrong answers that are flagged.
        area: AUROC, which is the area under the straight lines between the points.
    """

    threshold: FloatArray
    flagged: FloatArray
    found: FloatArray
    area: float


def roc_curve(scores: ArrayLike, correct: ArrayLike) -> RocCurve:
    """Wrong answers found against right answers flagged, over all thresholds.

    Formula.
        flagged(t) = P(u >= t | right),   found(t) = P(u >= t | wrong)
    A fraction of correctness counts as that much of a right answer and the rest of a wrong one.

    Raises:
        InvalidParameter: NaN, lengths that differ, or only right or only wrong answers.

    Degenerate cases. Constant scores: the two corners.

    Example:
        >>> curve = roc_curve([0.1, 0.4, 0.35, 0.8], [True, True, False, False])
        >>> curve.flagged.tolist(), curve.found.tolist()
        ([0.0, 0.0, 0.5, 0.5, 1.0], [0.0, 0.5, 0.5, 1.0, 1.0])

    References: Fawcett, An introduction to ROC analysis, Pattern Recognition Letters 2006.
    """
    area = auroc(scores, correct)
    u, a = as_pair(scores, correct)
    order = np.argsort(-u, kind="stable")
    last = np.flatnonzero(np.append(u[order][1:] != u[order][:-1], True))
    right, wrong = np.cumsum(a[order])[last], np.cumsum(1 - a[order])[last]
    return RocCurve(
        threshold=np.concatenate([[np.inf], u[order][last]]),
        flagged=np.concatenate([[0.0], right / right[-1]]),
        found=np.concatenate([[0.0], wrong / wrong[-1]]),
        area=area,
    )
