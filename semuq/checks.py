"""Checks of parameters: one sentence for all that is outside its limits."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, TypeVar, cast

from semuq.errors import InvalidParameter

__all__ = ["choice", "number", "one_of", "positive", "within"]

Choice = TypeVar("Choice", bound=str)


def positive(owner: object, **values: float) -> None:
    """Refuse values that are not finite numbers > 0."""
    for name, value in values.items():
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < math.inf:
            raise InvalidParameter(f"{type(owner).__name__}.{name}: expected a finite number > 0, got {value!r}")


def within(owner: object, low: float, high: float, **values: float) -> None:
    """Refuse values that are not numbers in [low, high]."""
    for name, value in values.items():
        if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value <= high:
            raise InvalidParameter(
                f"{type(owner).__name__}.{name}: expected a number in [{low:g}, {high:g}], got {value!r}"
            )


def one_of(owner: object, allowed: Iterable[str], **values: str) -> None:
    """Refuse values that are not among the allowed ones."""
    allowed = cast(tuple[str, ...], tuple(allowed))
    for name, value in values.items():
        if value not in allowed:
            raise InvalidParameter(f"{type(owner).__name__}.{name}: expected one of {allowed}, got {value!r}")


def number(
    owner: str, low: float, high: float = math.inf, *, open_low: bool = False, open_high: bool = False, **values: Any
) -> None:
    """Refuse values that are not finite numbers in [low, high], or without an end that is open.

    >>> number("seed", 0, alpha=-1)
    Traceback (most recent call last):
    semuq.errors.InvalidParameter: seed.alpha: expected a number in [0, inf), got -1
    """
    for name, value in values.items():
        fits = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if not fits or value < low or value > high or (open_low and value == low) or (open_high and value == high):
            ends = ("(" if open_low else "[", ")" if open_high or high == math.inf else "]")
            raise InvalidParameter(
                f"{owner}.{name}: expected a number in {ends[0]}{low:g}, {high:g}{ends[1]}, got {value!r}"
            )


def choice(owner: str, allowed: Iterable[str], **values: Any) -> None:
    """Refuse values that are not among the allowed ones."""
    options = tuple(allowed)
    for name, value in values.items():
        if value not in options:
            raise InvalidParameter(f"{owner}.{name}: expected one of {options}, got {value!r}")
