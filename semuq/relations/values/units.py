"""Units of measure: what they measure and how large they are, exactly.

Ambiguous ones are left out: tons (three of them), calories, miles at sea. Pounds are money or mass, as what they are
compared with says; pints, quarts and gallons differ between countries and are compared with each other alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

__all__ = ["CURRENCIES", "UNITS", "Unit", "join_units"]


@dataclass(frozen=True)
class Unit:
    """A unit: `value * size + offset` is the amount in the base unit of its dimension."""

    name: str
    dimension: str
    size: Fraction
    offset: Fraction = Fraction(0)


_FOOT, _MILE, _POUND = Fraction(3048, 10000), Fraction(1609344, 1000), Fraction(45359237, 100000)
_TABLE: dict[str, dict[str, Fraction]] = {
    "length": {
        "nm nanometre nanometres nanometer nanometers": Fraction(1, 10**9),
        "μm micrometre micrometres micrometer micrometers micron microns": Fraction(1, 10**6),
        "mm millimetre millimetres millimeter millimeters": Fraction(1, 1000),
        "cm centimetre centimetres centimeter centimeters": Fraction(1, 100),
        "m metre metres meter meters": Fraction(1),
        "km kilometre kilometres kilometer kilometers": Fraction(1000),
        "inch inches": Fraction(254, 10000),
        "ft foot feet": _FOOT,
        "yd yard yards": 3 * _FOOT,
        "mi mile miles": _MILE,
        "au": Fraction(149597870700),
        "light-year light-years": Fraction(9460730472580800),
    },
    "area": {
        "m^2": Fraction(1),
        "km^2": Fraction(10**6),
        "cm^2": Fraction(1, 10**4),
        "ft^2": _FOOT**2,
        "mi^2": _MILE**2,
        "hectare hectares ha": Fraction(10**4),
        "acre acres": 43560 * _FOOT**2,
    },
    "mass": {
        "mg milligram milligrams": Fraction(1, 1000),
        "g gram grams gramme grammes": Fraction(1),
        "kg kilogram kilograms kilo kilos kilogramme kilogrammes": Fraction(1000),
        "tonne tonnes": Fraction(10**6),
        "oz ounce ounces": Fraction(28349523, 1000000),
        "lb lbs": _POUND,
    },
    "time": {
        "ms millisecond milliseconds": Fraction(1, 1000),
        "sec secs second seconds": Fraction(1),
        "min mins minute minutes": Fraction(60),
        "hr hrs hour hours": Fraction(3600),
        "day days": Fraction(86400),
        "week weeks": Fraction(604800),
        "fortnight fortnights": Fraction(2 * 604800),
    },
    "years": {
        "month months": Fraction(1, 12),
        "yr yrs year years": Fraction(1),
        "decade decades": Fraction(10),
        "century centuries": Fraction(100),
        "millennium millennia": Fraction(1000),
    },
    "speed": {
        "m/s": Fraction(1),
        "km/h kph kmh": Fraction(1000, 3600),
        "km/s": Fraction(1000),
        "mph": _MILE / 3600,
        "mi/s": _MILE,
        "ft/s": _FOOT,
        "knot knots": Fraction(1852, 3600),
    },
    "volume": {
        "ml millilitre millilitres milliliter milliliters cm^3": Fraction(1, 1000),
        "l litre litres liter liters": Fraction(1),
        "m^3": Fraction(1000),
    },
    "pints": {
        "pint pints": Fraction(1),
        "quart quarts": Fraction(2),
        "gallon gallons": Fraction(8),
    },
    "acceleration": {"m/s^2": Fraction(1), "km/s^2": Fraction(1000)},
    "frequency": {
        "hz hertz": Fraction(1),
        "khz kilohertz": Fraction(10**3),
        "mhz megahertz": Fraction(10**6),
        "ghz gigahertz": Fraction(10**9),
    },
    "power": {
        "w watt watts": Fraction(1),
        "kw kilowatt kilowatts": Fraction(10**3),
        "megawatt megawatts": Fraction(10**6),
        "gw gigawatt gigawatts": Fraction(10**9),
    },
    "voltage": {"v volt volts": Fraction(1), "kv kilovolt kilovolts": Fraction(10**3)},
    "current": {
        "ma milliamp milliamps milliampere milliamperes": Fraction(1, 1000),
        "amp amps ampere amperes": Fraction(1),
    },
    "energy": {"joule joules": Fraction(1), "kj kilojoule kilojoules": Fraction(10**3)},
    "force": {"newton newtons": Fraction(1)},
    "pressure": {
        "pa pascal pascals": Fraction(1),
        "kpa kilopascal kilopascals": Fraction(10**3),
        "bar bars": Fraction(10**5),
        "atm atmosphere atmospheres": Fraction(101325),
        "psi": Fraction(6894757, 1000),
    },
    "data": {
        "bit bits": Fraction(1, 8),
        "byte bytes": Fraction(1),
        "kb kilobyte kilobytes": Fraction(10**3),
        "mb megabyte megabytes": Fraction(10**6),
        "gb gigabyte gigabytes": Fraction(10**9),
        "tb terabyte terabytes": Fraction(10**12),
    },
    "angle": {"degree degrees °": Fraction(1)},
    "share": {"% percent": Fraction(1, 100)},
    "dollar": {"$ dollar dollars usd bucks": Fraction(1), "cent cents": Fraction(1, 100)},
    "euro": {"€ euro euros eur": Fraction(1)},
    "pound": {"£ gbp": Fraction(1), "pence penny p": Fraction(1, 100)},
    "pounds": {"pound pounds": Fraction(1)},
    "yen": {"¥ yen jpy": Fraction(1)},
}
_TEMPERATURES = {
    "°c c celsius centigrade": (Fraction(1), Fraction(27315, 100)),
    "°f f fahrenheit": (Fraction(5, 9), Fraction(45967, 100) * Fraction(5, 9)),
    "°k kelvin kelvins": (Fraction(1), Fraction(0)),
}
CURRENCIES = frozenset({"dollar", "euro", "pound", "yen"})
UNITS: dict[str, Unit] = {
    name: Unit(names.split()[0], dimension, size)
    for dimension, table in _TABLE.items()
    for names, size in table.items()
    for name in names.split()
} | {
    name: Unit(names.split()[0], "temperature", size, offset)
    for names, (size, offset) in _TEMPERATURES.items()
    for name in names.split()
}

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
