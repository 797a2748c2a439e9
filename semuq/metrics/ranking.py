"""Does a score rank wrong answers above right ones? AUROC, average precision, false alarms.

All take (scores, correct): higher score = more uncertain; correct is boolean or in [0, 1]. The event
to detect is a wrong answer. A fraction c counts as c of a right answer and 1 - c of a wrong one, so no
threshold is hidden here; pass `correct >= 0.5` for one. Intervals come from `bootstrap`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from semuq.errors import InvalidParameter
from semuq.metrics import weighted
from semuq.metrics.inputs import as_pair
from semuq.numerics import FloatArray

__all__ = ["auroc", "average_precision", "fpr_at_tpr"]


def auroc(scores: ArrayLike, correct: ArrayLike) -> float:
    r"""How often a wrong answer is scored above a right one; 0.5 is chance, 1 is perfect.

    Formula.
        AUROC = P(u_wrong > u_right) + P(u_wrong = u_right) / 2
    over all pairs of a wrong and a right answer (Mann-Whitney U); ties count one half.

    Args:
        scores: (n,), higher = more uncertain; infinities allowed, NaN refused.
        correct: (n,) boolean or in [0, 1]; fractions are split as the module says.

    Returns: in [0, 1], no unit.

    Raises:
        InvalidParameter: NaN, lengths that differ, or only right or only wrong answers.

    Degenerate cases. Constant scores: 0.5. Any strictly increasing transform of the scores changes
    nothing; reversing them gives 1 - AUROC.

    Cost. O(n log n).

    Example:
        >>> round(auroc([0.1, 0.4, 0.35, 0.8], [True, True, False, False]), 4)
        0.75

    References: Hanley and McNeil, The meaning and use of the area under a ROC curve, Radiology 1982.
    """
    u, right = as_pair(scores, correct)
    _need_both("auroc", right)
    return float(weighted.auroc(u, right)(np.ones((1, len(u))))[0])


def average_precision(scores: ArrayLike, correct: ArrayLike) -> float:
    r"""Precision in finding wrong answers, averaged over recall; chance is the share of wrong answers.

    Formula.
        AP = sum_k (R_k - R_{k-1}) P_k
    over the distinct scores in descending order: P_k and R_k are precision and recall for "wrong" when
    everything at or above the k-th score is flagged. No interpolation, as in scikit-learn.

    Args, Raises: as `auroc`.

    Returns: in (0, 1], no unit.

    Degenerate cases. Constant scores: the share of wrong answers.

    Cost. O(n log n).

    Example:
        >>> round(average_precision([0.1, 0.4, 0.35, 0.8], [True, True, False, False]), 4)
        0.8333

    References: Davis and Goadrich, The relationship between precision-recall and ROC curves, ICML 2006.
    """
    u, right = as_pair(scores, correct)
    _need_both("average_precision", right)
    return float(weighted.average_precision(u, right)(np.ones((1, len(u))))[0])


def fpr_at_tpr(scores: ArrayLike, correct: ArrayLike, *, tpr: float = 0.95) -> float:
    r"""Right answers flagged needlessly when the threshold is low enough to flag 95% of the wrong ones.

    Formula.
        FPR@TPR = P(u >= t | right),   t = the highest score with P(u >= t | wrong) >= tpr
    All answers that share the score t are flagged together; nothing is interpolated.

    Args:
        scores, correct: as `auroc`.
        tpr: share of wrong answers to be flagged, in (0, 1].

    Returns: in [0, 1], lower is better; a random score gives about `tpr`.

    Raises:
        InvalidParameter: as `auroc`, or `tpr` is outside (0, 1].

    Degenerate cases. Constant scores: 1.

    Cost. O(n log n).

    Example:
        >>> fpr_at_tpr([0.1, 0.4, 0.35, 0.8], [True, True, False, False])
        0.5

    References: Hendrycks, Mazeika, Dietterich, Deep anomaly detection with outlier exposure, ICLR 2019.
    """
    if not 0 < tpr <= 1:
        raise InvalidParameter(f"tpr: expected a share in (0, 1], got {tpr!r}")
    u, right = as_pair(scores, correct)
    _need_both("fpr_at_tpr", right)
    return float(weighted.fpr_at_tpr(u, right, tpr=tpr)(np.ones((1, len(u))))[0])


def _need_both(metric: str, right: FloatArray) -> None:
    for value, word in ((1.0, "right"), (0.0, "wrong")):
        if (right == value).all():
            raise InvalidParameter(
                f"correct: {metric} needs right and wrong answers, got {len(right)} {word} ones only; "
                "take more or other questions"
            )
