"""How right answers are, where whoever graded them left it in the metadata: read here, and nowhere else.

`metadata["correct"]` is of the answer that would be given; `metadata["grades"]` of each answer. Log readers write them,
tables bring them as columns, and everything that wants labels reads them through these two functions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from semuq.numerics import FloatArray

__all__ = ["answer_grades", "as_grade"]


def as_grade(value: object) -> float | None:
    """A label as a number: true, false, or how right in [0, 1]; None for anything else.

    >>> as_grade(True), as_grade(0.5), as_grade("yes"), as_grade(float("nan"))
    (1.0, 0.5, None, None)
    """
    return float(value) if isinstance(value, bool | int | float) and 0 <= value <= 1 else None  # NaN compares false


def answer_grades(value: Any, n: int) -> FloatArray | None:
    """(n,) how right each answer is, in their order; None where `value` is nothing of the kind.

    Args:
        value: a list of n labels; or several such lists by grader, of which the first is taken.
        n: the number of answers.

    >>> answer_grades({"exact": [1, 0], "judge": [1, 1]}, 2)
    array([1., 0.])
    >>> answer_grades([1, None], 2) is None  # one of them was not graded
    True
    """
    if isinstance(value, Mapping):
        value = next(iter(value.values()), None)
    if not isinstance(value, list | tuple) or len(value) != n:
        return None
    found = [as_grade(own) for own in value]
    return None if None in found else np.array(found, dtype=np.float64)
