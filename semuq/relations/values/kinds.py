"""The kinds of values that a short answer can be: amounts, dates, periods, ranges."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

__all__ = ["Date", "Period", "Quantity", "Range", "Value"]


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """A number in the base unit of its dimension.

    Args:
        value: exact value, in metres, grams, seconds, years, one (shares) or the currency.
        dimension: "length", "mass", ..., "count" for a bare number, "ordinal", "weekday", "clock" (minutes
            after midnight), "clock face" (the same, before or after noon not said), or "count of NOUN" for
            a number before an unknown noun.
        step: the distance to the next number that can be written with as many digits; for "about 40", the
            value itself, so that only less than half or more than one and a half of it is another number.
        about: whether the answer says that the number is not exact.
        unit: the unit it was written in, by its shortest name; "" if there is none.
    """

    value: Fraction
    dimension: str
    step: Fraction
    about: bool = False
    unit: str = ""


@dataclass(frozen=True, kw_only=True)
class Date:
    """A date or part of one; None for what is not said. Years before Christ are negative."""

    year: int | None
    month: int | None
    day: int | None


@dataclass(frozen=True, kw_only=True)
class Period:
    """A decade or a century, by its first and last year.

    Args:
        first, last: years. Both borders of a century belong to it, since people count it either way.
        spoken: whether the century was not said ("the eighties", "the 80s").
        part: "early", "mid", "late", or "" for the whole.
    """

    first: int
    last: int
    spoken: bool = False
    part: str = ""

    @property
    def century(self) -> bool:
        """Whether it is a century."""
        return self.last - self.first == 100


@dataclass(frozen=True, kw_only=True)
class Range:
    """Two numbers with a dash between them: a span (1914-1918) or a result of a match (3-0)."""

    first: Fraction
    last: Fraction


Value = Quantity | Date | Period | Range
