"""Dates, periods, weekdays and times of day, read from the words of an answer that is nothing else."""

from __future__ import annotations

import re
from fractions import Fraction

from semuq.relations.values.cardinals import is_number
from semuq.relations.values.kinds import Date, Period, Quantity

__all__ = ["MONTH", "clock", "date", "period", "weekday"]

_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
MONTH = {name[:n]: i for i, name in enumerate(_MONTHS, start=1) for n in (3, 4, len(name))} | {
    name: i for i, name in enumerate(_MONTHS, start=1)
}
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WEEKDAY = {name: i for i, name in enumerate(_WEEKDAYS)} | {"mon": 0, "tue": 1, "tues": 1, "wed": 2}
_WEEKDAY |= {"thu": 3, "thur": 3, "thurs": 3, "fri": 4}  # "sat" and "sun" are words of their own
_DECADES = {
    name: 1920 + 10 * i
    for i, name in enumerate(
        ("twenties", "thirties", "forties", "fifties", "sixties", "seventies", "eighties", "nineties")
    )
}
_SAID = {"noon": 720, "midday": 720, "midnight": 0}
_FIGURES = re.compile(r"([0-9]{1,2})[-/]([0-9]{1,2})[-/]([0-9]{4})")
_TIME = re.compile(r"(?:at )?([0-9]{1,2})(?:[:.]([0-9]{2}))? ?(a\.?m\.?|p\.?m\.?)?")


def date(words: list[str]) -> Date | None:
    """Month and day, month and year, all three in any usual order, in figures (25/12/2020, ISO), years with an era."""
    joined = "".join(words)
    if iso := re.fullmatch(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", joined):
        year, month, day = int(iso[1]), int(iso[2]), int(iso[3])
        return Date(year=year, month=month, day=day) if 1 <= month <= 12 and 1 <= day <= 31 else None
    if figures := _FIGURES.fullmatch(joined):
        one, two, year = (int(own) for own in figures.groups())
        if one != two and max(one, two) < 13:  # 3/4 is in March or in April
            return None
        day, month = max(one, two), min(one, two)
        return Date(year=year, month=month, day=day) if 1 <= month <= 12 and day <= 31 else None
    if len(words) == 2 and {"bc", "bce", "ad", "ce"} & set(words):
        number = next((w for w in words if is_number(w) and "." not in w), None)
        if number:
            return Date(year=-int(number) if {"bc", "bce"} & set(words) else int(number), month=None, day=None)
    rest = [w for w in words if w not in ("of", "the", "st", "nd", "rd", "th")]
    months = [MONTH[w] for w in rest if w in MONTH]
    numbers = [w for w in rest if is_number(w) and "." not in w]
    if len(months) != 1 or len(months) + len(numbers) != len(rest):
        return None
    days = [int(n) for n in numbers if len(n) <= 2 and 1 <= int(n) <= 31]
    years = [int(n) for n in numbers if len(n) in (3, 4)]
    if len(days) > 1 or len(years) > 1 or len(days) + len(years) != len(numbers):
        return None
    return Date(year=years[0] if years else None, month=months[0], day=days[0] if days else None)


def period(words: list[str]) -> Period | None:
    """The 1980s, the 80s, the late eighties; the 19th century, the 1800s, the 5th century BC."""
    part = ""
    if words and words[0] in ("early", "mid", "late", "roaring", "swinging"):
        part = words[0] if words[0] in ("early", "mid", "late") else ""
        words = [w for w in words[1:] if w not in ("-", "the")]
    if len(words) == 1 and words[0] in _DECADES:
        first = _DECADES[words[0]]
        return Period(first=first, last=first + 9, spoken=True, part=part)
    if len(words) == 2 and words[1] == "s" and re.fullmatch(r"(?:[0-9]{2})?[2-9]0|[0-9]{2}[01]0", words[0]):
        first = int(words[0])
        if first < 100:
            return Period(first=1900 + first, last=1909 + first, spoken=True, part=part)
        return Period(first=first, last=first + (9 if first % 100 else 100), part=part)
    if words[1:3] == ["th", "century"] and is_number(words[0]) and words[0].isdigit() and 0 < int(words[0]) < 30:
        number = int(words[0])
        if words[3:] in ([], ["ad"], ["ce"]):
            return Period(first=100 * (number - 1), last=100 * number, part=part)
        if words[3:] in (["bc"], ["bce"]):
            return Period(first=-100 * number, last=-100 * (number - 1), part=part)
    return None


def weekday(words: list[str]) -> Quantity | None:
    """A day of the week, by its name or a short form of it."""
    if len(words) != 1 or words[0] not in _WEEKDAY:
        return None
    return Quantity(value=Fraction(_WEEKDAY[words[0]]), dimension="weekday", step=Fraction(1))


def clock(text: str, words: list[str]) -> Quantity | None:
    """Times of day. Those that do not say which half of the day they mean are of the clock's face.

    Args:
        text: the answer as given, for its colon.
        words: those of its normal form.
    """
    if words[-3:-1] == ["in", "the"] and words[-1] in ("morning", "afternoon", "evening"):
        before = words[:-3]
        said = clock(text.casefold().rpartition(" in the ")[0], before) or (len(before) == 1 and _hour(before[0], 0))
        late = words[-1] != "morning"
        return _at(int(said.value) % 720 + 720 * late, "clock") if said and said.dimension == "clock face" else None
    if words in (["noon"], ["midday"], ["12", "noon"], ["midnight"], ["12", "midnight"]):
        return _at(_SAID[words[-1]], "clock")
    if len(words) == 2 and words[1] == "oclock" and is_number(words[0]):
        return _hour(words[0], 0)
    if len(words) == 3 and words[0] in ("half", "quarter") and words[1] in ("past", "to"):
        minutes = 30 if words[0] == "half" else 15
        return None if words[:2] == ["half", "to"] else _hour(words[2], minutes if words[1] == "past" else -minutes)
    found = _TIME.fullmatch(text.casefold().strip().rstrip(".") + ("." if text.strip().endswith("m.") else ""))
    if not found or not (found[3] or (found[2] and ":" in text)):
        return None
    hour, minute = int(found[1]), int(found[2] or 0)
    if minute > 59 or hour > 23 or (found[3] and not 1 <= hour <= 12):
        return None
    if found[3]:
        hour = hour % 12 + (12 if found[3].startswith("p") else 0)
    return _at(60 * hour + minute, "clock" if found[3] or hour > 12 or hour == 0 else "clock face")


def _hour(number: str, minutes: int) -> Quantity | None:
    """So many minutes after an hour of the clock's face."""
    fits = is_number(number) and number.isdigit() and 1 <= int(number) <= 12
    return _at((60 * int(number) + minutes) % 720, "clock face") if fits else None


def _at(minutes: int, dimension: str) -> Quantity:
    if dimension == "clock face":
        minutes %= 720
    return Quantity(value=Fraction(minutes), dimension=dimension, step=Fraction(1))
