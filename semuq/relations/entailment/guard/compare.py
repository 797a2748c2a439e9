"""The verdict on two short answers: the same value, different values, or nothing to be said by rule."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache

from semuq.relations.entailment.guard.names import names
from semuq.relations.entailment.guard.phrases import kind
from semuq.relations.entailment.guard.sentences import exchanged, negated, opposite, other_number
from semuq.relations.values.kinds import Date, Period, Quantity, Range, Value
from semuq.relations.values.numerals import numerals, ordinals, roman
from semuq.relations.values.reading import only_month, only_number, read
from semuq.relations.values.units import CURRENCIES, UNITS
from semuq.relations.values.words import MEMORY, normalise, without_accents

__all__ = ["agree", "conflict", "verdict"]

SHORT = 8  # words; longer answers are left to the model
_PINT = (Fraction(473, 1000), Fraction(568, 1000))  # litres
_WHOLE = frozenset({"count", "ordinal", "weekday", "clock", "clock face"})
SENTENCE = 12  # words of a sentence whose only number is compared with a bare value
_UNSURE = frozenset({"know", "sure", "certain", "unknown", "unclear", "answer", "information"})


def agree(a: str, b: str) -> bool:
    """Whether two answers are the same but for how they are written.

    True if they are equal after `normalise` (case, outer punctuation, leading article, phrases such as "the
    answer is", number words), or both are nothing but the same value (number with unit, date), or both
    say yes, or both say no, or both refuse.

    Symmetric; True for two copies of one answer; never True together with `conflict`.

    Example:
        >>> agree("eight", "8"), agree("July 4, 1776", "4 July 1776"), agree("It's Paris.", "paris")
        (True, True, True)
        >>> agree("50%", "half"), agree("5 km", "5,000 m"), agree("1989", "July 1989")
        (True, True, False)
    """
    return verdict(a, b) > 0


def conflict(a: str, b: str) -> bool:
    """Whether two short answers state values that exclude each other.

    True if both are nothing but a value and the values differ, if one says yes and the other no, if exactly one
    is a refusal, if they share all their words but for a number ("Apollo 11", "Apollo 12"), an opposite or a "not",
    if two parties have changed places around a verb, or if they plainly name two people. Only answers of at most 12
    words are judged, and a refusal only against 8. False where one is merely vaguer or rounded (1989 and July
    1989 or the 1980s, 3.14 and 3.14159), for unknown or unlike units, and for anything else in doubt.

    Symmetric; never True together with `agree`.

    Example:
        >>> conflict("42", "43"), conflict("July 4", "July 5"), conflict("5 km", "5 miles")
        (True, True, True)
        >>> conflict("1989", "the 1980s"), conflict("Paris", "Sydney"), conflict("I don't know", "Paris")
        (False, False, True)
    """
    return verdict(a, b) < 0


def verdict(a: str, b: str) -> int:
    """1 where the two `agree`, -1 where they `conflict`, 0 where the model must be asked.

    Example:
        >>> verdict("42", "forty-two"), verdict("42", "43"), verdict("Paris", "Lyon")
        (1, -1, 0)
    """
    if a == b:
        return 1
    one, two = normalise(a), normalise(b)
    if one == two:
        return 1 if one or a.strip() == b.strip() else 0
    if not a.strip() or not b.strip():
        return -1  # no answer, and an answer
    if not one or not two or max(len(one.split()), len(two.split())) > SENTENCE:
        return 0
    (first_kind, first_pure), (second_kind, second_pure) = kind(a, one), kind(b, two)
    if first_kind and second_kind:
        same = first_kind == second_kind
        return 0 if same and not (first_pure or second_pure) else 1 if same else -1
    if "refusal" in (first_kind, second_kind):
        other = two if first_kind == "refusal" else one
        return 0 if len(other.split()) > SHORT or _UNSURE & set(other.split()) else -1
    if first_kind or second_kind:
        return -1 if opposite(a, b) else 0  # left and right
    first, second = read(a), read(b)
    if first is None and second is None:
        return _words(a, b)
    if (first is None or second is None) and (numeral := roman(a if first is None else b)):  # XIV and 14
        value = second or first
        return int(isinstance(value, Quantity) and value.dimension == "count" and value.value == numeral)
    if first is None or second is None:  # a bare value and a sentence with one number: may differ, never agree
        first = first or only_number(a) or only_month(a)
        second = second or only_number(b) or only_month(b)
        comparable = first is not None and second is not None and _years(first) == _years(second)
        return min(_values(first, second), 0) if comparable and first and second else 0
    return _values(first, second)


def _words(a: str, b: str) -> int:
    """The verdict on two answers that are not values."""
    one, two = _spellings(a), _spellings(b)
    if set(one) & set(two):
        return 1
    if any(other_number(x, y) for x, y in zip(one, two, strict=True)):
        return -1
    if exchanged(a, b) or opposite(a, b) or negated(a, b):
        return -1
    return names(numerals(a), numerals(b))


@lru_cache(MEMORY)
def _spellings(text: str) -> tuple[str, str]:
    """The normal form without accents, with ordinals as numbers, with hyphens as spaces and with none."""
    text = without_accents(numerals(text)).replace("&", " and ")
    forms = (re.sub(r"(?<=[^\W\d_])-(?=[^\W\d_])", gap, text) for gap in (" ", ""))
    one, two = (" ".join(ordinals(normalise(form).split())) for form in forms)
    return _letters(one), _letters(two)


def _letters(text: str) -> str:
    """Single letters in one word (j k rowling), and the world wars by their number."""
    text = re.sub(r"\b(?:[a-z] )+[a-z]\b", lambda found: found[0].replace(" ", ""), text)
    text = re.sub(r"\bww ?(?:([12])|(i{1,2}))\b", lambda found: f"world war {found[1] or len(found[2])}", text)
    return re.sub(r"\b([12]) th world war\b", r"world war \1", text)


def _values(first: Value, second: Value) -> int:
    """The verdict on two values of any kind."""
    if isinstance(first, Period) or isinstance(second, Period):
        return _periods(first, second)
    if isinstance(first, Range) or isinstance(second, Range):
        return _ranges(first, second) if isinstance(first, Range) and isinstance(second, Range) else 0
    if isinstance(first, Quantity) and isinstance(second, Quantity):
        return _quantities(first, second)
    return _dates(first, second)


def _quantities(a: Quantity, b: Quantity) -> int:
    """Equal in one dimension: the same; further apart than rounding: different; else open."""
    a, b = _as_compared(a, b), _as_compared(b, a)
    if {a.dimension, b.dimension} == {"clock", "clock face"}:  # 3 pm and 3 o'clock
        return -1 if (a.value - b.value) % 720 else 0
    apart = abs(a.value - b.value) > max(a.step, b.step) / 2
    if a.dimension == b.dimension:
        if a.value == b.value:
            return 0 if a.about or b.about else 1
        if a.unit != b.unit and not (a.about or b.about):
            return _converted(a, b)
        exact = a.dimension in _WHOLE or a.dimension.startswith("count of") or " " in a.unit
        close = abs(a.value - b.value) <= max(abs(a.value), abs(b.value)) / 50  # a converted unit, rounded
        return -1 if apart and (exact or not close) else 0
    if {a.dimension, b.dimension} == {"pints", "volume"}:
        return _pints(*((a, b) if a.dimension == "pints" else (b, a)))
    if a.dimension in CURRENCIES and b.dimension in CURRENCIES:
        return -1 if a.value == b.value else 0
    counted = [q for q in (a, b) if q.dimension == "count" or q.dimension.startswith("count of")]
    if len(counted) == 2 and "count" in (a.dimension, b.dimension):  # 12 and "12 players"
        return -1 if apart else 1 if a.value == b.value and not (a.about or b.about) else 0
    if {a.dimension, b.dimension} == {"count", "share"}:  # 0.5 and 50%
        return 1 if a.value == b.value and 0 < a.value < 1 and not (a.about or b.about) else 0
    return 0


def _as_compared(own: Quantity, other: Quantity) -> Quantity:
    """Pounds are money beside money and a mass beside a mass."""
    if own.dimension != "pounds" or other.dimension not in (*CURRENCIES, "mass"):
        return own
    if other.dimension in CURRENCIES:
        return replace(own, dimension="pound", unit="£")
    size = UNITS["lb"].size
    return replace(own, dimension="mass", unit="lb", value=own.value * size, step=own.step * size)


def _pints(pints: Quantity, litres: Quantity) -> int:
    """Different if neither an American nor an imperial pint makes them equal, with a tenth to spare."""
    least, most = pints.value * _PINT[0] * 9 / 10, pints.value * _PINT[1] * 11 / 10
    return 0 if least <= litres.value <= most else -1


def _converted(a: Quantity, b: Quantity) -> int:
    """Two units of one kind: the same within the rounding of either, different when far apart."""
    apart = abs(a.value - b.value)
    if a.dimension == "temperature":  # in kelvins, where a share of the value says nothing
        return 1 if apart <= max(a.step, b.step) / 2 else -1 if apart > 2 else 0
    size = max(abs(a.value), abs(b.value))
    return 1 if apart <= max(a.step, b.step) / 2 and apart <= size / 100 else -1 if apart > size / 20 else 0


def _dates(a: Value, b: Value) -> int:
    """Dates differ if a part that both state differs; a bare number of four digits may be a year."""
    dates = [
        d
        if isinstance(d, Date)
        else Date(year=int(d.value), month=None, day=None)
        if isinstance(d, Quantity) and _may_be_year(d)
        else None
        for d in (a, b)
    ]
    one, two = dates
    if one is None or two is None:
        return 0
    parts = [(one.year, two.year), (one.month, two.month), (one.day, two.day)]
    if any(x is not None and y is not None and x != y for x, y in parts):
        return -1
    return 1 if one == two else 0


def _periods(a: Value, b: Value) -> int:
    """A decade is itself, excludes years and decades outside it, and is merely vaguer than the years inside."""
    spans = []
    for value in (a, b):
        if isinstance(value, Period):
            spans.append((value.first, value.last))
        elif isinstance(value, Date) and value.year is not None:
            spans.append((value.year, value.year))
        elif isinstance(value, Quantity) and _may_be_year(value):
            spans.append((int(value.value), int(value.value)))
    if len(spans) < 2:
        return 0
    if isinstance(a, Period) and isinstance(b, Period):
        if spans[0] == spans[1]:
            return 1 if a.part == b.part else -1 if {a.part, b.part} == {"early", "late"} else 0
        if a.century and b.century:
            return -1
    if any(isinstance(value, Period) and value.spoken for value in (a, b)) and min(spans)[0] < 1900:
        return 0  # the eighties of another century
    return -1 if max(spans)[0] > min(last for _, last in spans) else 0


def _ranges(a: Range, b: Range) -> int:
    """Equal or not for results of a match; spans of numbers and years exclude each other where they do not meet."""
    if a == b:
        return 1
    falling = [r.first >= r.last for r in (a, b)]
    if all(falling):
        return -1
    return 0 if any(falling) else -1 if max(a.first, b.first) > min(a.last, b.last) else 0


def _years(value: Value) -> bool:
    """Whether a value is a date, a period, or a number that may be a year."""
    return not isinstance(value, Quantity) or _may_be_year(value)


def _may_be_year(quantity: Quantity) -> bool:
    """Whether a bare number can be read as a year."""
    return quantity.dimension == "count" and quantity.value.denominator == 1 and 1000 <= quantity.value <= 2100
