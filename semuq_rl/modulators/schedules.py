"""Strengths that change with the step: functions step -> strength, for `seed_grpo(alpha=...)`.

In training a step is one of the optimiser, as in learning-rate schedules; all advantages of a generation batch get the
strength of the step at which it was generated.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from semuq.checks import whole

__all__ = ["Schedule", "cosine", "linear", "strength_at"]

Schedule = Callable[[int], float]


def linear(start: float, end: float, *, steps: int) -> Schedule:
    """From `start` at step 0 in a straight line to `end` at step `steps`, and `end` from then on.

    >>> [linear(0.0, 1.0, steps=4)(step) for step in (0, 1, 4, 9)]
    [0.0, 0.25, 1.0, 1.0]
    """
    whole(None, 1, steps=steps)
    return lambda step: start + (end - start) * min(step / steps, 1.0)


def cosine(start: float, end: float, *, steps: int) -> Schedule:
    """From `start` to `end` along half a cosine: slow, fast, slow; `end` from `steps` on.

    >>> [round(cosine(1.0, 0.0, steps=4)(step), 3) for step in (0, 1, 2, 4, 9)]
    [1.0, 0.854, 0.5, 0.0, 0.0]
    """
    whole(None, 1, steps=steps)
    return lambda step: end + (start - end) * (1 + math.cos(math.pi * min(step / steps, 1.0))) / 2


def strength_at(strength: float | Schedule, step: int) -> float:
    """The strength at a step, of a number or a schedule."""
    return strength(step) if callable(strength) else strength
