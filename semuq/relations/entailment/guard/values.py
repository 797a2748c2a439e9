"""The verdict on two values: amounts, dates, periods, results of matches."""

from __future__ import annotations

from dataclasses import replace

from semuq.relations.values.kinds import Date, Period, Quantity, Range, Value
from semuq.relations.values.units import CURRENCIES, UNITS

__all__ = ["compare", "may_be_year"]

_WHOLE = frozenset({"count", "ordinal", "weekday", "clock", "clock face"})


def compare(first: Value, second: Value) -> int:
    """The verdict on two values of any kind."""
    if isinstance(first, Period) or isinstance(second, Period):
        return _periods(first, second)
    if isinstance(first, Range) or isinstance(second, Range):
        return _ranges(first, second) if isinstance(first, Range) and isinstance(second, Range) else 0
    if isinstance(first, Quantity) and isinstance(second, Quantity):
        return _quantities(first, second)
    return _dates(first, second)


def may_be_year(value: Value) -> bool:
    """Whether a value is a date, a period, or a number that may be a year."""
    return not isinstance(value, Quantity) or _may_be_year(value)


def _quantities(a: Quantity, b: Quantity) -> int:
    """Equal in one dimension: the same; further apart than rounding: different; else open."""
    a, b = _as_compared(a, b), _as_compared(b, a)
    if {a.dimension, b.dimension} == {"clock", "clock face"}:  # 3 pm and 3 o'clock
        return -1 if (a.value - b.value) % 720 else 0
    apart = abs(a.value - b.value) > max(a.step, b.step) / 2
    if a.dimension == b.dimension:
        if a.value == b.value:
            return 1
        if a.unit != b.unit:
            found = _converted(a, b)
            if found > 0 or not (a.about or b.about):
                return found
        exact = a.dimension in _WHOLE or a.dimension.startswith("count of") or " " in a.unit
        close = abs(a.value - b.value) <= max(abs(a.value), abs(b.value)) / 50  # a converted unit, rounded
        return -1 if apart and (exact or not close) else 0
    if a.dimension in CURRENCIES and b.dimension in CURRENCIES:
        return -1 if a.value == b.value else 0
    counted = [q for q in (a, b) if q.dimension == "count" or q.dimension.startswith("count of")]
    if len(counted) == 2 and "count" in (a.dimension, b.dimension):  # 12 and "12 players"
        return -1 if apart else 1 if a.value == b.value else 0
    if {a.dimension, b.dimension} == {"count", "share"}:  # 0.5 and 50%
        return 1 if a.value == b.value and 0 < a.value < 1 else 0
    return 0


def _as_compared(own: Quantity, other: Quantity) -> Quantity:
    """Pounds are money beside money and a mass beside a mass."""
    if own.dimension != "pounds" or other.dimension not in (*CURRENCIES, "mass"):
        return own
    if other.dimension in CURRENCIES:
        return replace(own, dimension="pound", unit="£")
    size = UNITS["lb"].size
    return replace(own, dimension="mass", unit="lb", value=own.value * size, step=own.step * size)


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
    if (a.first, a.last) == (b.last, b.first):
        return -1
    falling = [r.first >= r.last for r in (a, b)]
    if all(falling):
        return -1
    return 0 if any(falling) else -1 if max(a.first, b.first) > min(a.last, b.last) else 0


def _may_be_year(quantity: Quantity) -> bool:
    """Whether a bare number can be read as a year."""
    return quantity.dimension == "count" and quantity.value.denominator == 1 and 1000 <= quantity.value <= 2100
