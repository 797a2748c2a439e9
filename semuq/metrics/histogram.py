"""How scores are distributed over questions, by whether the answer was right, as data to draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from semuq.checks import whole
from semuq.errors import InvalidParameter
from semuq.metrics.inputs import as_scores
from semuq.numerics import FloatArray, IntArray

__all__ = ["ScoreHistogram", "score_histogram"]


@dataclass(frozen=True, kw_only=True, eq=False)
class ScoreHistogram:
    """Questions in bins of equal width.

    Args:
        edges: (bins + 1,) ascending; the last bin holds its upper edge too.
        right, wrong, ungraded: (bins,) how many questions of each kind are in a bin.
    """

    edges: FloatArray
    right: IntArray
    wrong: IntArray
    ungraded: IntArray


def score_histogram(
    scores: ArrayLike,
    correct: Sequence[bool | None] | ArrayLike | None = None,
    *,
    bins: int = 24,
    limits: tuple[float, float] | None = None,
) -> ScoreHistogram:
    """Questions by score and by whether their answer was right.

    Args:
        scores: (n,) finite.
        correct: (n,) True, False, or None where nobody graded the answer; None for all.
        bins: of equal width.
        limits: lower and upper end; None takes 0, or the lowest score below it, and the highest score.

    Raises:
        InvalidParameter: lengths differ, a score is outside the limits, or a grade is neither right nor wrong.

    Degenerate cases. All scores 0: bins over [0, 1].

    Example:
        >>> found = score_histogram([0.0, 0.2, 0.9], [True, None, False], bins=2, limits=(0, 1))
        >>> found.right, found.wrong, found.ungraded
        (array([1, 0]), array([0, 1]), array([1, 0]))
    """
    u = as_scores(scores)
    whole(None, 1, bins=bins)
    marks = [None] * len(u) if correct is None else [_mark(index, own) for index, own in enumerate(correct)]  # type: ignore[arg-type]
    if len(marks) != len(u):
        raise InvalidParameter(f"correct: expected {len(u)} values (one per score), got {len(marks)}")
    low, high = limits or (min(float(u.min()), 0.0), float(u.max()))
    high = high if high > low else low + 1.0
    if u.min() < low or u.max() > high:
        raise InvalidParameter(f"limits: expected all scores in [{low:g}, {high:g}], got {u.min():g} to {u.max():g}")
    edges = np.linspace(low, high, bins + 1)
    kinds = [np.histogram(u[[own is kind for own in marks]], edges)[0].astype(np.int64) for kind in (True, False, None)]
    return ScoreHistogram(edges=edges, right=kinds[0], wrong=kinds[1], ungraded=kinds[2])


def _mark(index: int, value: object) -> bool | None:
    if value is None:
        return None
    if isinstance(value, bool | np.bool_ | int | float | np.number) and value in (0, 1):
        return bool(value)
    raise InvalidParameter(f"correct[{index}]: expected right, wrong or None, got {value!r:.40}; pass correct >= 0.5")
