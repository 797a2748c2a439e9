"""What every metric is given: scores (higher = more uncertain) and how correct each answer was."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from semuq.checks import whole
from semuq.errors import InvalidParameter
from semuq.numerics import FloatArray

__all__ = ["FEWEST", "as_correct", "as_pair", "as_probabilities", "as_scores", "check_bins"]


FEWEST = 10
"""With fewer right, or fewer wrong, answers than this a bootstrap interval of a ranking covers less than it says: of
five wrong answers a 95% interval of an AUROC holds the true one in some 87% of cases, of three in 74%."""


def as_pair(scores: ArrayLike, correct: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Checked (n,) scores and (n,) correctness in [0, 1] of the same n >= 1 questions or answers.

    Raises:
        InvalidParameter: a length, shape or value is wrong; the message names the position.
    """
    checked, right = as_scores(scores), as_correct(correct)
    if len(checked) != len(right):
        raise InvalidParameter(
            f"correct: expected {len(checked)} values (one per score), got {len(right)}; "
            "for scores per question and correctness per answer, repeat each score and pass groups= to `bootstrap`"
        )
    return checked, right


def as_scores(scores: ArrayLike, name: str = "scores") -> FloatArray:
    """(n,) float64 without NaN; infinities are scores like any other."""
    array = _numbers(name, scores)
    bad = np.flatnonzero(np.isnan(array))
    if bad.size:
        raise InvalidParameter(
            f"{name}[{bad[0]}]: expected a number, got nan ({bad.size} in all); "
            "drop these questions or score them again"
        )
    return array


def as_correct(correct: ArrayLike, name: str = "correct") -> FloatArray:
    """(n,) float64 in [0, 1]: 1 = right, 0 = wrong."""
    array = _numbers(name, correct)
    bad = np.flatnonzero(~((array >= 0) & (array <= 1)))
    if bad.size:
        raise InvalidParameter(
            f"{name}[{bad[0]}]: expected True, False or a number in [0, 1], got {array[bad[0]]:g}; "
            "grade it again or drop it"
        )
    return array


def as_probabilities(scores: ArrayLike, name: str = "scores") -> FloatArray:
    """(n,) float64 in [0, 1]: scores that claim to be probabilities of being wrong."""
    array = as_scores(scores, name)
    bad = np.flatnonzero(~((array >= 0) & (array <= 1)))
    if bad.size:
        raise InvalidParameter(
            f"{name}[{bad[0]}]: expected a probability of being wrong in [0, 1], got {array[bad[0]]:g}; "
            "turn scores into probabilities with a calibrator such as `semuq.Isotonic` first"
        )
    return array


def check_bins(bins: Any) -> int:
    """A whole number of bins >= 1."""
    whole(None, 1, bins=bins)
    return int(bins)


def _numbers(name: str, values: ArrayLike) -> FloatArray:
    try:
        given = np.asarray(values)
        if given.dtype.kind not in "biufO":  # text, dates and complex numbers turn into floats without a word
            raise TypeError(f"{given.dtype} are no real numbers")
        array = given.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidParameter(f"{name}: expected a flat list of numbers, got {values!r:.60}") from error
    if array.ndim != 1:
        raise InvalidParameter(f"{name}: expected a flat list of numbers, got shape {array.shape}; use .ravel()")
    if not array.size:
        raise InvalidParameter(f"{name}: expected at least one value, got none")
    return array
