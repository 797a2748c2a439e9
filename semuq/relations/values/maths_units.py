"""Units that answers come with: name -> (dimension, factor, offset), value in base units = factor * value + offset."""

from __future__ import annotations

from fractions import Fraction

__all__ = ["UNITS"]

_INCH = Fraction(254, 10_000)
_POUND = Fraction(45_359_237, 100_000_000)

_LENGTHS: dict[Fraction | int, tuple[str, ...]] = {
    Fraction(1, 10**9): ("nm", "nanometer", "nanometre"),
    Fraction(1, 10**6): ("μm", "µm", "micrometer", "micrometre", "micron"),
    Fraction(1, 1000): ("mm", "millimeter", "millimetre"),
    Fraction(1, 100): ("cm", "centimeter", "centimetre"),
    Fraction(1, 10): ("dm", "decimeter", "decimetre"),
    1: ("m", "meter", "metre"),
    1000: ("km", "kilometer", "kilometre"),
    _INCH: ("in", "inch", "inches"),
    12 * _INCH: ("ft", "foot", "feet"),
    36 * _INCH: ("yd", "yard"),
    63_360 * _INCH: ("mi", "mile"),
}
_OTHERS: dict[str, dict[Fraction | int, tuple[str, ...]]] = {
    "mass": {
        Fraction(1, 10**6): ("mg", "milligram"),
        Fraction(1, 1000): ("g", "gram"),
        1: ("kg", "kilogram", "kilo"),
        1000: ("t", "tonne", "metric ton"),
        _POUND: ("lb", "lbs", "pound"),
        _POUND / 16: ("oz", "ounce"),
    },
    "time": {
        Fraction(1, 1000): ("ms", "millisecond"),
        1: ("s", "sec", "second"),
        60: ("min", "minute"),
        3600: ("h", "hr", "hour"),
        86_400: ("day",),
        604_800: ("week",),
    },
    "volume": {
        Fraction(1, 10**6): ("ml", "mL", "milliliter", "millilitre"),
        Fraction(1, 1000): ("l", "L", "liter", "litre"),
    },
    "speed": {
        1: ("m/s", "meters per second", "metres per second"),
        Fraction(1000, 3600): ("km/h", "kph", "kmh", "kilometers per hour", "kilometres per hour"),
        63_360 * _INCH / 3600: ("mph", "miles per hour"),
    },
    "angle": {1: ("°", "degree", "deg")},
    "radians": {1: ("rad", "radian")},
    "dollars": {1: ("$", "dollar", "usd"), Fraction(1, 100): ("cent", "¢")},
    "euros": {1: ("€", "euro", "eur")},
    "pounds sterling": {1: ("£", "gbp")},
    "yen": {1: ("¥", "yen")},
    "force": {1: ("N", "newton"), 1000: ("kN", "kilonewton")},
    "energy": {1: ("J", "joule"), 1000: ("kJ", "kilojoule")},
    "power": {1: ("W", "watt"), 1000: ("kW", "kilowatt")},
}


def _table() -> dict[str, tuple[str, Fraction, Fraction]]:
    none = Fraction(0)
    units: dict[str, tuple[str, Fraction, Fraction]] = {}
    for factor, names in _LENGTHS.items():
        for name in names:
            units[name] = ("length", Fraction(factor), none)
            for power, dimension, words in ((2, "area", ("square", "sq")), (3, "volume", ("cubic",))):
                size = Fraction(factor) ** power
                units |= {f"{name}^{power}": (dimension, size, none)}
                units |= {f"{word} {name}": (dimension, size, none) for word in words}
    for dimension, sizes in _OTHERS.items():
        for factor, names in sizes.items():
            units |= {name: (dimension, Fraction(factor), none) for name in names}
    kelvin = Fraction(27_315, 100)
    units |= {name: ("temperature", Fraction(1), kelvin) for name in ("°C", "degrees celsius", "celsius")}
    fahrenheit = ("temperature", Fraction(5, 9), kelvin - Fraction(160, 9))
    units |= dict.fromkeys(("°F", "degrees fahrenheit", "fahrenheit"), fahrenheit)
    units |= {name: ("temperature", Fraction(1), none) for name in ("K", "kelvin")}
    return units


UNITS = _table()
"""Exact by definition of the unit; a plural in -s or -es is found by the reader."""
