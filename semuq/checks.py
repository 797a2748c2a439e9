"""Checks of parameters: one sentence for all that is outside its limits, whoever owns the parameter.

`owner` is the object whose field is checked, or a name such as "seed_grpo"; None where the parameter is a function's.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from numbers import Real
from typing import Any

import numpy as np

from semuq.errors import InvalidParameter

__all__ = ["one_of", "positive", "whole", "within"]


def positive(owner: object, **values: Any) -> None:
    """Refuse values that are not finite numbers > 0.

    >>> positive("Heat", t=-0.5)
    Traceback (most recent call last):
    semuq.errors.InvalidParameter: Heat.t: expected a finite number > 0, got -0.5
    """
    for name, value in values.items():
        if not _is_number(value) or not 0 < value < math.inf:
            raise InvalidParameter(f"{_where(owner, name)}: expected a finite number > 0, got {value!r:.60}")


def within(
    owner: object,
    low: float,
    high: float = math.inf,
    *,
    open_low: bool = False,
    open_high: bool = False,
    **values: Any,
) -> None:
    """Refuse values that are not finite numbers in [low, high], or without an end that is open.

    >>> within(None, 0, 1, open_low=True, share=0.0)
    Traceback (most recent call last):
    semuq.errors.InvalidParameter: share: expected a number in (0, 1], got 0.0
    """
    for name, value in values.items():
        fits = _is_number(value) and math.isfinite(value) and low <= value <= high
        if not fits or (open_low and value == low) or (open_high and value == high):
            ends = ("(" if open_low else "[", ")" if open_high or high == math.inf else "]")
            raise InvalidParameter(
                f"{_where(owner, name)}: expected a number in {ends[0]}{low:g}, {high:g}{ends[1]}, got {value!r:.60}"
            )


def whole(owner: object, low: int, high: int | None = None, **values: Any) -> None:
    """Refuse values that are not whole numbers from low to high; True is none.

    >>> whole(None, 1, bins=2.5)
    Traceback (most recent call last):
    semuq.errors.InvalidParameter: bins: expected a whole number >= 1, got 2.5
    """
    for name, value in values.items():
        fits = isinstance(value, int | np.integer) and not isinstance(value, bool) and value >= low
        if not fits or (high is not None and value > high):
            limits = f">= {low}" if high is None else f"from {low} to {high}"
            raise InvalidParameter(f"{_where(owner, name)}: expected a whole number {limits}, got {value!r:.60}")


def one_of(owner: object, allowed: Iterable[str], **values: Any) -> None:
    """Refuse values that are not among the allowed ones.

    >>> one_of("KernelLanguageEntropy", ("hard", "soft"), edges="Hard")
    Traceback (most recent call last):
    semuq.errors.InvalidParameter: KernelLanguageEntropy.edges: expected one of ('hard', 'soft'), got 'Hard'
    """
    options = tuple(allowed)
    for name, value in values.items():
        if value not in options:
            raise InvalidParameter(f"{_where(owner, name)}: expected one of {options}, got {value!r:.60}")


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _where(owner: object, name: str) -> str:
    if owner is None:
        return name
    return f"{owner if isinstance(owner, str) else type(owner).__name__}.{name}"
