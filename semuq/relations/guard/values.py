"""What a short answer says when it is nothing but a value: a number with its unit, a date, a time of day.

`read(text)` gives a `Quantity` or a `Date` when the whole answer is one, else None: "about 40", "the 1980s"
and "40 of them died" are not values here, so that vague or longer answers are never judged by rule.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction

from semuq.relations.guard.text import is_number, normalise, number_of

__all__ = ["UNITS", "Date", "Period", "Quantity", "Value", "only_month", "only_number", "read"]

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
_SCALE_UNITS: dict[str, dict[str, Fraction]] = {
    "length": {
        "mm millimetre millimetres millimeter millimeters": Fraction(1, 1000),
        "cm centimetre centimetres centimeter centimeters": Fraction(1, 100),
        "m metre metres meter meters": Fraction(1),
        "km kilometre kilometres kilometer kilometers": Fraction(1000),
        "inch inches": Fraction(254, 10000),
        "ft foot feet": Fraction(3048, 10000),
        "yd yard yards": Fraction(9144, 10000),
        "mi mile miles": Fraction(1609344, 1000),
    },
    "mass": {
        "mg milligram milligrams": Fraction(1, 1000),
        "g gram grams gramme grammes": Fraction(1),
        "kg kilogram kilograms kilo kilos kilogramme kilogrammes": Fraction(1000),
        "oz ounce ounces": Fraction(28349523, 1000000),
        "lb lbs": Fraction(45359237, 100000),
    },
    "time": {
        "sec secs second seconds": Fraction(1),
        "min mins minute minutes": Fraction(60),
        "hr hrs hour hours": Fraction(3600),
        "day days": Fraction(86400),
        "week weeks": Fraction(604800),
    },
    "years": {"month months": Fraction(1, 12), "yr yrs year years": Fraction(1), "decade decades": Fraction(10)},
    "volume": {
        "ml millilitre millilitres milliliter milliliters": Fraction(1, 1000),
        "l litre litres liter liters": Fraction(1),
        "gallon gallons": Fraction(3785411784, 10**9),
    },
    "celsius": {"°c celsius centigrade": Fraction(1)},
    "fahrenheit": {"°f fahrenheit": Fraction(1)},
    "share": {"% percent": Fraction(1, 100)},
    "dollar": {"$ dollar dollars usd": Fraction(1), "cent cents": Fraction(1, 100)},
    "euro": {"€ euro euros eur": Fraction(1)},
    "pound": {"£ gbp": Fraction(1)},
    "yen": {"¥ yen jpy": Fraction(1)},
}
UNITS = {
    name: (dimension, size)
    for dimension, table in _SCALE_UNITS.items()
    for names, size in table.items()
    for name in names.split()
}
CURRENCIES = frozenset({"dollar", "euro", "pound", "yen"})
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
    """

    value: Fraction
    dimension: str
    step: Fraction
    about: bool = False


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
    words = _joined_units(normalise(text).split())
    if len(words) > 1 and words[0] in ("in", "on", "at", "during"):
        words = words[2:] if words[1] in ("the",) and len(words) > 2 else words[1:]
    if words[:2] == ["year", *words[1:2]] and len(words) == 2:
        words = words[1:]
    if words and words[0] in _ABOUT:
        return _loosely(_quantity(words[1:]))
    return _date(words) or _period(words) or _quantity(words)


def _loosely(quantity: Quantity | None) -> Quantity | None:
    """The same quantity, said to be inexact."""
    return quantity and replace(quantity, step=abs(quantity.value), about=True)


def only_number(text: str) -> Quantity | None:
    """The only number of a sentence, with its unit, if nothing there makes it vague.

    Example:
        >>> only_number("It ended in 1945.") == read("1945"), only_number("under 40 ships"), only_number("2 of 3")
        (True, None, None)
    """
    words = _joined_units(normalise(text).split())
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


def _joined_units(words: list[str]) -> list[str]:
    """Writes degrees as one word: "37 ° c" and "37 degrees celsius" become "37 °c"."""
    result: list[str] = []
    for word in words:
        if (
            result
            and result[-1] in ("°", "degrees", "degree")
            and word in ("c", "f", "celsius", "fahrenheit", "centigrade")
        ):
            result[-1] = "°f" if word[0] == "f" else "°c"
        else:
            result.append(word)
    return result


def _period(words: list[str]) -> Period | None:
    """The 1980s, the late eighties."""
    if words and words[0] in ("early", "mid", "late"):
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
        dimension, size = UNITS[rest[0]]
        return Quantity(value=sign * value * size, dimension=dimension, step=_rounding(words[0], step) * size)
    if rest == ["per", "cent"]:
        return Quantity(value=sign * value / 100, dimension="share", step=step / 100)
    if len(rest) == 1 and rest[0].isalpha() and len(rest[0]) > 2:
        return Quantity(value=sign * value, dimension=f"count of {rest[0]}", step=_rounding(words[0], step))
    return None


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
