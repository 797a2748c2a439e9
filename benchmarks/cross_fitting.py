"""Scores of questions by what was fitted on the others, right and wrong ones spread evenly over the parts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from semuq.numerics import FloatArray

__all__ = ["FOLDS", "cross_fitted"]

FOLDS = 5
Places = NDArray[np.int64]


def cross_fitted(right: FloatArray, scores: Callable[[Places, Places], FloatArray], *, seed: int = 0) -> FloatArray:
    """(questions,) each scored by a fit that never saw it.

    Args:
        right: (questions,) true or 1 where the judged answer is right.
        scores: of the questions in the second list, from a fit on those in the first.

    Example:
        >>> right = np.arange(10) % 2
        >>> cross_fitted(right, lambda inside, outside: np.full(len(outside), right[inside].mean())).tolist()
        [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]
    """
    from sklearn.model_selection import StratifiedKFold

    found = np.empty(len(right))
    for inside, outside in StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(right, right):
        found[outside] = scores(inside, outside)
    return found
