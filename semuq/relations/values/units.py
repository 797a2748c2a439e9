"""Units in the words of a normal form: which words name one, and units of several words as one word.

What they measure and how large they are stands in the table of `measures`, once for the package. Ambiguous names are
left out here: tons (three of them), calories, miles at sea. Pounds are money or mass, as what they are compared with
says; pints, quarts and gallons differ between countries and are compared with each other alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from semuq.relations.values.measures import find_unit

__all__ = ["CURRENCIES", "UNITS", "Unit", "join_units"]


@dataclass(frozen=True)
class Unit:
    """A unit: `value * size + offset` is the amount in the base unit of its dimension."""

    name: str
    dimension: str
    size: Fraction
    offset: Fraction = Fraction(0)


_NAMES = """
    nm nanometre nanometres nanometer nanometers
    μm micrometre micrometres micrometer micrometers micron microns
    mm millimetre millimetres millimeter millimeters
    cm centimetre centimetres centimeter centimeters
    m metre metres meter meters
    km kilometre kilometres kilometer kilometers
    inch inches
    ft foot feet
    yd yard yards
    mi mile miles
    au
    light-year light-years
    m^2
    km^2
    cm^2
    ft^2
    mi^2
    hectare hectares ha
    acre acres
    mg milligram milligrams
    g gram grams gramme grammes
    kg kilogram kilograms kilo kilos kilogramme kilogrammes
    tonne tonnes
    oz ounce ounces
    lb lbs
    ms millisecond milliseconds
    sec secs second seconds
    min mins minute minutes
    hr hrs hour hours
    day days
    week weeks
    fortnight fortnights
    month months
    yr yrs year years
    decade decades
    century centuries
    millennium millennia
    m/s
    km/h kph kmh
    km/s
    mph
    mi/s
    ft/s
    knot knots
    ml millilitre millilitres milliliter milliliters cm^3
    l litre litres liter liters
    m^3
    pint pints
    quart quarts
    gallon gallons
    m/s^2
    km/s^2
    hz hertz
    khz kilohertz
    mhz megahertz
    ghz gigahertz
    w watt watts
    kw kilowatt kilowatts
    megawatt megawatts
    gw gigawatt gigawatts
    v volt volts
    kv kilovolt kilovolts
    ma milliamp milliamps milliampere milliamperes
    amp amps ampere amperes
    joule joules
    kj kilojoule kilojoules
    newton newtons
    pa pascal pascals
    kpa kilopascal kilopascals
    bar bars
    atm atmosphere atmospheres
    psi
    bit bits
    byte bytes
    kb kilobyte kilobytes
    mb megabyte megabytes
    gb gigabyte gigabytes
    tb terabyte terabytes
    degree degrees °
    $ dollar dollars usd bucks
    cent cents
    € euro euros eur
    £ gbp
    pence penny p
    pound pounds
    ¥ yen jpy
    °c c celsius centigrade
    °f f fahrenheit
    °k kelvin kelvins
"""
"""The names of each unit in lower case, the one it goes by first."""
_SHARE = {"%": Unit("%", "share", Fraction(1, 100)), "percent": Unit("%", "share", Fraction(1, 100))}
_DIMENSIONS = {"length^2": "area", "length^3": "volume", "cups": "pints", "sterling": "pound"}
_SCALES = {"volume": Fraction(1000), "pints": Fraction(1, 2)}
"""Litres and pints are the base of their dimensions here."""


def _known() -> Iterator[tuple[str, Unit]]:
    for line in _NAMES.strip().splitlines():
        names = line.split()
        found = next(own for own in map(find_unit, sorted(names, key=len, reverse=True)) if own is not None)
        dimension = _DIMENSIONS.get(found.dimension, found.dimension)
        unit = Unit(names[0], dimension, found.size * _SCALES.get(dimension, 1), found.offset)
        yield from ((name, unit) for name in names)


CURRENCIES = frozenset({"dollar", "euro", "pound", "yen"})
UNITS: dict[str, Unit] = dict(_known()) | _SHARE

_DEGREES = ("c", "f", "k", "celsius", "centigrade", "fahrenheit", "kelvin")
_LENGTHS = ("m", "km", "cm", "ft", "mi")
_PER = {"second": "s", "seconds": "s", "sec": "s", "s": "s", "hour": "h", "hours": "h", "hr": "h", "h": "h"}
_POWERS = {"square": "^2", "sq": "^2", "squared": "^2", "cubic": "^3", "cubed": "^3"}


def join_units(words: list[str]) -> list[str]:
    """Words with each unit of several words as one: "37 ° c", "5 km per hour", "9 square miles", "2 m ^ 2".

    Example:
        >>> join_units("37 degrees celsius".split()), join_units("60 miles per hour".split())
        (['37', '°c'], ['60', 'mph'])
        >>> join_units("9 square kilometers".split()), join_units("4 light - years".split())
        (['9', 'km^2'], ['4', 'light-years'])
    """
    result: list[str] = []
    place = 0
    while place < len(words):
        unit, used = _phrase(words[place : place + 5])
        result.append(unit or words[place])
        place += used or 1
    return result


def _phrase(words: list[str]) -> tuple[str, int]:
    """The unit that these words begin with if it takes several of them, and how many; ("", 0) if there is none."""
    first, second, third, fourth, fifth = (*words, *[""] * 5)[:5]
    if first in ("°", "degrees", "degree") and second in _DEGREES:
        return f"°{second[0]}", 2
    if first == "light" and second == "-" and third in ("year", "years"):
        return "light-years", 3
    if first == "light" and second in ("year", "years"):
        return "light-years", 2
    if first == "metric" and second in ("ton", "tons"):
        return "tonnes", 2
    if first in _POWERS and (name := _length(second)) and f"{name}{_POWERS[first]}" in UNITS:
        return f"{name}{_POWERS[first]}", 2
    name = _length(first)
    if name and second in ("squared", "cubed") and f"{name}{_POWERS[second]}" in UNITS:
        return f"{name}{_POWERS[second]}", 2
    if name and second == "^" and f"{name}^{third}" in UNITS:
        return f"{name}^{third}", 3
    if name in ("m", "km") and second in ("/", "per") and third in ("s", "second"):
        if (fourth, fifth) in (("^", "2"), ("per", "second")):
            return f"{name}/s^2", 5
        if fourth in ("2", "squared"):
            return f"{name}/s^2", 4
    if name and second in ("/", "per", "an", "a") and third in _PER:
        speed = "mph" if (name, _PER[third]) == ("mi", "h") else f"{name}/{_PER[third]}"
        return (speed, 3) if speed in UNITS else ("", 0)
    return "", 0


def _length(word: str) -> str:
    """The short name of a unit of length, or ""."""
    unit = UNITS.get(word)
    return unit.name if unit and unit.dimension == "length" and unit.name in _LENGTHS else ""
