# ruff: noqa: E501, SIM905 - tables of words are read best in long lines
"""Dates and times: the same day in another format, a neighbouring day, and a vaguer statement of the same."""

from __future__ import annotations

import datetime
import random

from num2words import num2words

from ..example import CONTRADICTION, ENTAILMENT, NEUTRAL, Contrast
from .numbers import different, same

QUESTIONS = (
    "When did it happen?|When was he born?|When was the treaty signed?|When did the war end?|When was she born?|"
    "When did the ship sink?|When was the company founded?|On what date did it open?|When was the film released?|"
    "When did he die?|When was the song first played?|What is the date of the battle?|When did the king abdicate?"
).split("|")
YEAR_QUESTIONS = (
    "In what year did it happen?|What year was he born?|In which year did the war begin?|When was the bridge built?|"
    "What year did the team first win?|When did she become queen?|In which year was it discovered?|When did he die?|"
    "When was the book published?|What year did the show start?"
).split("|")
MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December".split("|")
DAYS = "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday".split("|")
DECADES = ("twenties", "thirties", "forties", "fifties", "sixties", "seventies", "eighties", "nineties")


def day(rng: random.Random) -> datetime.date:
    """Any day from 1066 on, mostly of the last two centuries."""
    year = rng.randrange(1800, 2026) if rng.random() < 0.85 else rng.randrange(1066, 1800)
    return datetime.date(year, rng.randrange(1, 13), rng.randrange(1, 29))


def written(date: datetime.date, rng: random.Random, *, with_year: bool = True) -> str:
    """One of the usual formats."""
    month, number = MONTHS[date.month - 1], date.day
    ordinal = num2words(number, to="ordinal_num")
    if not with_year:
        return rng.choice((f"{month} {number}", f"{number} {month}", f"{month} {ordinal}", f"the {ordinal} of {month}",
                           f"{month[:3]} {number}", f"{ordinal} {month}"))  # fmt: skip
    year = date.year
    return rng.choice((
        f"{month} {number}, {year}", f"{month} {number}, {year}", f"{number} {month} {year}", f"{number} {month} {year}",
        f"{year}-{date.month:02d}-{number:02d}", f"{month} {ordinal}, {year}", f"the {ordinal} of {month} {year}",
        f"{month[:3]} {number}, {year}", f"{month[:3]}. {number} {year}", f"on {month} {number}, {year}",
        f"{number} {month[:3]} {year}", f"{month.lower()} {number} {year}", f"{ordinal} {month}, {year}",
    ))  # fmt: skip


def near(date: datetime.date, rng: random.Random) -> datetime.date:
    """Another date that shares all but one part."""
    pick = rng.random()
    if pick < 0.35:
        moved = date.replace(day=(date.day + rng.choice((0, 1, 2, 9)) % 28) % 28 + 1)
    elif pick < 0.65:
        moved = date.replace(month=(date.month + rng.randrange(0, 11)) % 12 + 1)
    else:
        moved = date.replace(year=near_year(date.year, rng))
    return moved if moved != date else date.replace(year=date.year + 1)


def near_year(year: int, rng: random.Random) -> int:
    """Another year: a neighbour mostly, else two digits turned around, a decade or a century off."""
    text = str(year)
    options = [year + 1, year - 1, year + 1, year - 1, year + 2, year - 3, year + 10, year - 10, year - 100, year + 4]
    options.append(int(text[:2] + text[3] + text[2]))
    options.append(year + rng.randrange(-40, 40))
    return rng.choice([o for o in options if o != year and o > 0])


def days(rng: random.Random) -> Contrast:
    """Full dates, or day and month."""
    question, date, full = rng.choice(QUESTIONS), day(rng), rng.random() < 0.75
    if rng.random() < 0.5:
        return same(written(date, rng, with_year=full), written(date, rng, with_year=full), question, "date")
    other = near(date, rng)
    if not full and (other.month, other.day) == (date.month, date.day):
        other = other.replace(day=other.day % 28 + 1)
    style = rng.getstate()
    a = written(date, rng, with_year=full)
    if rng.random() < 0.5:
        rng.setstate(style)
    return different(a, written(other, rng, with_year=full), question, "date")


def years(rng: random.Random) -> Contrast:
    """1944, in 1944, the year 1944; and 1945."""
    question, year = rng.choice(YEAR_QUESTIONS), day(rng).year

    def form(value: int) -> str:
        return rng.choice((str(value), str(value), str(value), f"in {value}", f"the year {value}", f"{value} AD",
                           f"It was {value}", f"{value}.", f"In the year {value}"))  # fmt: skip

    if rng.random() < 0.4:
        return same(form(year), form(year), question, "year")
    if rng.random() < 0.6:
        return different(str(year), str(near_year(year, rng)), question, "year")
    return different(form(year), form(near_year(year, rng)), question, "year")


def parts(rng: random.Random) -> Contrast:
    """A date and its year or month: the fuller one entails the vaguer one."""
    question, date = rng.choice(QUESTIONS + YEAR_QUESTIONS), day(rng)
    month = MONTHS[date.month - 1]
    vague = rng.choice((str(date.year), f"in {date.year}", f"{month} {date.year}", f"{month} of {date.year}"))
    if rng.random() < 0.55:
        return Contrast(question, written(date, rng), vague, ENTAILMENT, NEUTRAL, "date and part")
    other = near(date, rng)
    if other.year == date.year and not vague.startswith(month):
        other = other.replace(year=near_year(date.year, rng))
    if (other.year, other.month) == (date.year, date.month):
        other = other.replace(month=other.month % 12 + 1)
    return different(written(other, rng), vague, question, "date and part")


def period(year: int, rng: random.Random) -> str:
    """A decade, part of a decade, or century that holds the year."""
    decade, last = year // 10 * 10, year % 10
    third = "early" if last <= 3 else "late" if last >= 7 else "mid"
    century = year // 100 + (0 if year % 100 == 0 else 1)
    ordinal = rng.choice((num2words(century, to="ordinal"), num2words(century, to="ordinal_num")))
    forms = [
        f"the {decade}s",
        f"in the {decade}s",
        f"the {third} {decade}s",
        f"{third} {decade}s",
        f"the {ordinal} century",
    ]
    if 1920 <= year < 2000:
        word = DECADES[decade // 10 % 10 - 2]
        forms += [f"the {word}", f"the {third} {word}", f"{third} {word}", f"in the {third} {word}"]
    return rng.choice(forms)


def periods(rng: random.Random) -> Contrast:
    """1989 and the late eighties: the year entails the period, the period leaves the year open."""
    question, year = rng.choice(YEAR_QUESTIONS), rng.randrange(1701, 2025)
    exact = rng.choice((str(year), f"in {year}", written(day(rng).replace(year=year), rng)))
    if rng.random() < 0.6:
        return Contrast(question, exact, period(year, rng), ENTAILMENT, NEUTRAL, "year and period")
    other = year + rng.choice((-1, 1)) * rng.choice((11, 20, 31, 40, 100))
    text = period(other, rng)
    if "century" in text:
        text = f"the {other // 10 * 10}s"
    return different(exact, text, question, "year and period")


def centuries(rng: random.Random) -> Contrast:
    """19th century, nineteenth century, the 1800s; and the 18th."""
    question, number = rng.choice(("In which century was it built?", "When did he live?")), rng.randrange(12, 22)

    def form(value: int) -> str:
        word, digit = num2words(value, to="ordinal"), num2words(value, to="ordinal_num")
        return rng.choice((f"{digit} century", f"the {word} century", f"the {digit} century", f"the {value - 1}00s",
                           f"{word} century", f"in the {digit} century"))  # fmt: skip

    if rng.random() < 0.5:
        return same(form(number), form(number), question, "century")
    return different(form(number), form(number + rng.choice((-2, -1, 1, 2))), question, "century")


def calendar(rng: random.Random) -> Contrast:
    """Months, weekdays and times of day."""
    if rng.random() < 0.5:
        names = rng.choice((MONTHS, DAYS))
        question = "In which month is it?" if names is MONTHS else "On what day of the week was it?"
        a, b = rng.sample(names, 2)
        if rng.random() < 0.4:
            return same(a, rng.choice((f"in {a}", f"{a}.", a[:3], a.lower(), f"It is {a}")), question, "calendar")
        return different(a, b, question, "calendar")
    question, hour, minute = (
        rng.choice(("What time is it?", "At what time did it start?")),
        rng.randrange(1, 12),
        rng.choice((0, 0, 15, 30, 45)),
    )
    evening = rng.random() < 0.5

    def clock(h: int, m: int, pm: bool) -> str:
        half = "pm" if pm else "am"
        forms = [f"{h}:{m:02d} {half}", f"{h}:{m:02d} {half.upper()}", f"{h + 12 * pm:02d}:{m:02d}"]
        if m == 0:
            forms += [
                f"{h} {half}",
                f"{h} o'clock in the {'evening' if pm and h > 5 else 'afternoon' if pm else 'morning'}",
            ]
        if m == 30:
            forms += [f"half past {num2words(h)} {half}"]
        return rng.choice(forms)

    if rng.random() < 0.5:
        return same(clock(hour, minute, evening), clock(hour, minute, evening), question, "time")
    if rng.random() < 0.5:
        return different(clock(hour, minute, evening), clock(hour, minute, not evening), question, "time")
    return different(clock(hour, minute, evening), clock(hour % 11 + 1, minute, evening), question, "time")


def eras(rng: random.Random) -> Contrast:
    """BC and AD."""
    year, question = rng.randrange(30, 900), rng.choice(YEAR_QUESTIONS)
    before, after = rng.choice((f"{year} BC", f"{year} BCE")), rng.choice((f"{year} AD", f"AD {year}", f"{year} CE"))
    if rng.random() < 0.5:
        return different(before, after, question, "era")
    if rng.random() < 0.5:
        return Contrast(question, before, f"{year + 1} BC", CONTRADICTION, CONTRADICTION, "era")
    return same(before, rng.choice((f"{year} BC", f"{year} B.C.", f"in {year} BCE")), question, "era")


RULES = ((days, 3.0), (years, 3.0), (parts, 1.2), (periods, 1.3), (centuries, 0.8), (calendar, 1.0), (eras, 0.3))
