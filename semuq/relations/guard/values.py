"""What a short answer says when it is nothing but a value: a number with its unit, a date, a time of day.

`read(text)` gives a `Quantity` or a `Date` when the whole answer is one, else None: "about 40", "the 1980s"
and "40 of them died" are not values here, so that vague or longer answers are never judged by rule.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache

from semuq.relations.guard.text import MEMORY, is_number, normalise, number_of
from semuq.relations.guard.units import UNITS, Unit, join_units

__all__ = ["Date", "Period", "Quantity", "Value", "only_month", "only_number", "read"]

MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_DECADES = {
    name: 1920 + 10 * i
    for i, name in enumerate(
        ("twenties", "thirties", "forties", "fifties", "sixties", "seventies", "eighties", "nineties")
    )
}
_ABOUT = frozenset({"about", "around", "approximately", "roughly", "nearly", "almost", "circa", "ca"})
_VAGUE = frozenset(
    {"over", "under", "before"}
    | {"after", "until", "since", "by", "between", "least", "most", "more", "less", "than", "early", "mid", "late"}
    | {"s", "plus", "minus", "not", "nor", "no", "never", "or", "and", "first"}
)
_MONTH = {name[:n]: i for i, name in enumerate(MONTHS, start=1) for n in (3, 4, len(name))} | {
    name: i for i, name in enumerate(MONTHS, start=1)
}
_FRACTIONS = {"half": 2, "third": 3, "thirds": 3, "quarter": 4, "quarters": 4, "fourth": 4, "fifth": 5, "fifths": 5}
_FRACTIONS |= {"tenth": 10, "tenths": 10, "eighth": 8, "eighths": 8}


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """A number in the base unit of its dimension.

    Args:
        value: exact value, in metres, grams, seconds, years, one (shares) or the currency.
        dimension: "length", "mass", ..., "count" for a bare number, "ordinal", "clock" (minutes after
            midnight), or "count of NOUN" for a number before an unknown noun.
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
    """A decade, by its first and last year; `spoken` if the century was not said ("the eighties")."""

    first: int
    last: int
    spoken: bool


Value = Quantity | Date | Period


@lru_cache(MEMORY)
def read(text: str) -> Value | None:
    """The value that an answer consists of, or None.

    Example:
        >>> read("July 4, 1776") == read("the 4th of July 1776")
        True
        >>> read("5 km") == read("five kilometres"), read("over 5 km"), read("40 of them died")
        (True, None, None)
    """
    if len(text) > 80:
        return None
    if clock := _clock(text):
        return clock
    words = _result(join_units(normalise(text).split()))
    if len(words) > 1 and words[0] in ("in", "on", "at", "during"):
        words = words[2:] if words[1] in ("the",) and len(words) > 2 else words[1:]
    if words[:2] == ["year", *words[1:2]] and len(words) == 2:
        words = words[1:]
    if words and words[0] in _ABOUT:
        return _loosely(_quantity(words[1:]))
    return _date(words) or _period(words) or _quantity(words)


def _result(words: list[str]) -> list[str]:
    """What a calculation comes to: what is behind its last "=", "equals" or "is equal to"."""
    for place in range(len(words) - 1, 0, -1):
        if words[place] in ("=", "equals") or words[place - 2 : place + 1] == ["is", "equal", "to"]:
            return words[place + 1 :]
    return words


def _loosely(quantity: Quantity | None) -> Quantity | None:
    """The same quantity, said to be inexact."""
    return quantity and replace(quantity, step=abs(quantity.value), about=True)


@lru_cache(MEMORY)
def only_number(text: str) -> Quantity | None:
    """The only number of a sentence, with its unit, if nothing there makes it vague.

    Example:
        >>> only_number("It ended in 1945.") == read("1945"), only_number("under 40 ships"), only_number("2 of 3")
        (True, None, None)
    """
    words = join_units(normalise(text).split())
    places = [i for i, word in enumerate(words) if is_number(word)]
    if len(places) != 1 or _VAGUE & set(words) or any(not w.isalnum() and not is_number(w) for w in words):
        return None
    place = places[0]
    loose = place > 0 and words[place - 1] in _ABOUT
    unit = [w for w in words[place + 1 : place + 2] if w in UNITS]
    if words[place + 1 : place + 2] and words[place + 1] in ("st", "nd", "rd", "th", "hundred"):
        return None
    quantity = _quantity([words[place], *unit])
    return _loosely(quantity) if loose else quantity


@lru_cache(MEMORY)
def only_month(text: str) -> Date | None:
    """The month that a short answer without numbers names, if it names one.

    Example:
        >>> only_month("The shortest day is in December.")
        Date(year=None, month=12, day=None)
    """
    words = normalise(text).split()
    months = {_MONTH[w] for w in words if w in _MONTH and len(w) > 4}
    if len(months) != 1 or any(is_number(w) for w in words) or (_VAGUE & set(words)):
        return None
    return Date(year=None, month=months.pop(), day=None)


def _period(words: list[str]) -> Period | None:
    """The 1980s, the late eighties."""
    if words and words[0] in ("early", "mid", "late", "roaring", "swinging"):
        words = [w for w in words[1:] if w != "-"]
    if len(words) == 1 and words[0] in _DECADES:
        first = _DECADES[words[0]]
        return Period(first=first, last=first + 9, spoken=True)
    if len(words) == 2 and words[1] == "s" and re.fullmatch(r"[0-9]{3}0", words[0]) and words[0][2] != "0":
        return Period(first=int(words[0]), last=int(words[0]) + 9, spoken=False)
    return None


def _clock(text: str) -> Quantity | None:
    """Times of day that say which half of the day they mean."""
    found = re.fullmatch(r"\s*(?:at )?([0-9]{1,2})(?:[:.]([0-9]{2}))? ?(a\.?m\.?|p\.?m\.?)?\s*\.?\s*", text.casefold())
    if not found or (found[3] is None and (found[2] is None or int(found[1]) < 13 or ":" not in text)):
        return None
    hour, minute = int(found[1]), int(found[2] or 0)
    if minute > 59 or hour > 23 or (found[3] and not 1 <= hour <= 12):
        return None
    if found[3]:
        hour = hour % 12 + (12 if found[3].startswith("p") else 0)
    return Quantity(value=Fraction(60 * hour + minute), dimension="clock", step=Fraction(1))


def _date(words: list[str]) -> Date | None:
    """Month and day, month and year, all three in any usual order, ISO dates, and years with an era."""
    joined = "".join(words)
    if iso := re.fullmatch(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", joined):
        year, month, day = int(iso[1]), int(iso[2]), int(iso[3])
        return Date(year=year, month=month, day=day) if 1 <= month <= 12 and 1 <= day <= 31 else None
    if len(words) == 2 and {"bc", "bce", "ad", "ce"} & set(words):
        number = next((w for w in words if is_number(w) and "." not in w), None)
        if number:
            return Date(year=-int(number) if {"bc", "bce"} & set(words) else int(number), month=None, day=None)
    rest = [w for w in words if w not in ("of", "the", "st", "nd", "rd", "th")]
    months = [_MONTH[w] for w in rest if w in _MONTH]
    numbers = [w for w in rest if is_number(w) and "." not in w]
    if len(months) != 1 or len(months) + len(numbers) != len(rest):
        return None
    days = [int(n) for n in numbers if len(n) <= 2 and 1 <= int(n) <= 31]
    years = [int(n) for n in numbers if len(n) in (3, 4)]
    if len(days) > 1 or len(years) > 1 or len(days) + len(years) != len(numbers):
        return None
    return Date(year=years[0] if years else None, month=months[0], day=days[0] if days else None)


def _quantity(words: list[str]) -> Quantity | None:
    """A number with its unit or noun; a fraction in words; an ordinal."""
    sign = 1
    if len(words) > 1 and words[0] in ("-", "minus"):
        sign, words = -1, words[1:]
    if len(words) > 1 and words[0] in ("$", "€", "£", "¥"):
        words = [*words[1:], words[0]] if len(words) == 2 else words
    if (counted := _counted(words)) is not None:
        return Quantity(value=sign * counted, dimension="count", step=Fraction(1))
    if fraction := _fraction(words):
        return Quantity(value=sign * fraction, dimension="share" if fraction < 1 else "count", step=Fraction(1, 100))
    if not words or not is_number(words[0]):
        return None
    value, rest = number_of(words[0]), words[1:]
    step = Fraction(1, 10 ** len(words[0].partition(".")[2]))
    if rest[:1] == ["and"] and (extra := _fraction(rest[1:])) and extra < 1:
        return Quantity(value=sign * (value + extra), dimension="count", step=Fraction(1, 100))
    if (extra := _fraction(rest)) and extra < 1 and len(rest) == 3:
        return Quantity(value=sign * (value + extra), dimension="count", step=Fraction(1, 100))
    if not rest:
        return Quantity(value=sign * value, dimension="count", step=_rounding(words[0], step))
    if rest[0] in ("st", "nd", "rd", "th") and len(rest) == 1:
        return Quantity(value=value, dimension="ordinal", step=Fraction(1))
    if len(rest) > 1 and rest[0] in ("us", "pounds") and rest[1] in ("dollars", "sterling"):
        rest = ["dollars" if rest[0] == "us" else "gbp"]
    if len(rest) == 1 and rest[0] in UNITS:
        return _measured(sign * value, _rounding(words[0], step), UNITS[rest[0]])
    if rest == ["per", "cent"]:
        return Quantity(value=sign * value / 100, dimension="share", step=step / 100)
    if len(rest) == 1 and rest[0].isalpha() and len(rest[0]) > 2:
        return Quantity(value=sign * value, dimension=f"count of {rest[0]}", step=_rounding(words[0], step))
    return None


def _counted(words: list[str]) -> Fraction | None:
    """Dozens, none, and powers of ten: "half a dozen", "10 ^ 6", "6.02 x 10 ^ 23"."""
    if words == ["none"]:
        return Fraction(0)
    if words and words[-1] == "dozen":
        before = [w for w in words[:-1] if w != "a"]
        if not before or before == ["half"]:
            return Fraction(6 if before else 12)
        return 12 * number_of(before[0]) if len(before) == 1 and is_number(before[0]) else None
    mantissa, power = Fraction(1), words
    if len(words) > 3 and is_number(words[0]) and words[1] in ("x", "×", "*"):
        mantissa, power = number_of(words[0]), words[2:]
    if power[:2] != ["10", "^"] or len(power) not in (3, 4) or power[2:-1] not in ([], ["-"]):
        return None
    if not re.fullmatch(r"[0-9]{1,2}", power[-1]):
        return None
    return mantissa * Fraction(10) ** (int(power[-1]) * (-1 if len(power) == 4 else 1))


def _measured(value: Fraction, step: Fraction, unit: Unit) -> Quantity:
    """A value with its unit, in the base unit of what it measures."""
    return Quantity(
        value=value * unit.size + unit.offset, dimension=unit.dimension, step=step * unit.size, unit=unit.name
    )


def _rounding(digits: str, step: Fraction) -> Fraction:
    """Long round numbers may be rounded: the step of 300000 is 100000; that of years and 120 is 1."""
    if "." in digits or len(digits) < 5:
        return step
    return Fraction(10 ** (len(digits) - len(digits.rstrip("0"))))


def _fraction(words: list[str]) -> Fraction | None:
    """1 / 2, half, one half, three quarters."""
    if len(words) == 3 and words[1] in ("/", "⁄") and is_number(words[0]) and is_number(words[2]):
        return number_of(words[0]) / number_of(words[2]) if number_of(words[2]) else None
    if words and words[0] in ("a", "an", "one"):
        words = ["1", *words[1:]]
    if len(words) == 1 and words[0] in ("half", "quarter", "third"):
        words = ["1", *words]
    if len(words) == 2 and is_number(words[0]) and words[1] in _FRACTIONS:
        return number_of(words[0]) / _FRACTIONS[words[1]]
    return None
