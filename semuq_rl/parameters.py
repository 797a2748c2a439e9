"""Limits on the parameters of factories: one sentence for all that is out of them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from semuq.errors import InvalidParameter

__all__ = ["choice", "number"]


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
