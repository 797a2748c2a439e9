r"""Plain numbers with their units: read exactly, compared by rule, so that most answers need no algebra.

`read("1 1/2 km")` is 3/2 with the unit km; `same(a, b)` compares two of them in exact arithmetic.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from semuq.relations.values.maths_units import UNITS

__all__ = ["Quantity", "read", "same"]

LONGEST = 300
"""Digits and exponents beyond this are not read here but left to the workers and their time limit."""
TOLERANCE = Fraction(1, 10**6)

_WHOLE = r"(?:\d{1,3}(?:,\d{3})+|\d{1,3}(?:[ ]\d{3})+(?![ ]?/)|\d+)"
_DECIMAL = rf"(?:{_WHOLE}(?:\.\d*)?|\.\d+)"
_BRACED = rf"(?:\{{\s*([-+]?{_DECIMAL})\s*\}}|(\d))"
_FRACTION = rf"(?:\\frac\s*{_BRACED}\s*{_BRACED}|({_DECIMAL})\s*/\s*({_DECIMAL}))"
_VALUE = re.compile(
    rf"""(?:(?P<name>[A-Za-z])\s*=\s*)?
    (?P<sign>[-+]?)\s*(?P<currency>[$€£¥]?)\s*
    (?:(?P<mixed>\d+)\s*(?:\s|and|(?=\\frac))\s*(?P<part>{_FRACTION})
      |(?P<fraction>{_FRACTION})
      |(?P<decimal>{_DECIMAL})
       (?:[eE](?P<exponent>[-+]?\d+)|\s*(?:\*|x|×|\\times|\\cdot)\s*10\s*(?:\^|\*\*)\s*\{{?\s*(?P<power>[-+]?\d+)\s*\}}?)?)
    \s*(?P<unit>%|\^?\s*\\circ\s*[CF]?|°\s*[CF]?|[^\W\d_][^\d\\=<>+*(){{}}\[\],]*(?:\^?\{{?[23]\}}?|[²³])?|)""",
    re.VERBOSE,
)
_SIGN = str.maketrans({"−": "-", "–": "-"})


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """A number, exact; whether it was written as a decimal; its unit, and the letter it was assigned to."""

    value: Fraction
    decimal: bool
    unit: str
    name: str


def read(answer: str) -> Quantity | None:
    r"""The quantity that a cleaned answer is; None if it is anything else.

    Example:
        >>> read(r"-1\frac{1}{2} km").value, read("1,234.50").value, read("3 \\times 10^{-2}").value
        (Fraction(-3, 2), Fraction(2469, 2), Fraction(3, 100))
        >>> read("x + 1") is None, read("2 sqrt(3)") is None
        (True, True)
    """
    text = answer.translate(_SIGN).strip()
    match = _VALUE.fullmatch(text) if len(text) <= LONGEST else None
    if match is None:
        return None
    unit = _unit(match["unit"], text[match.start("unit") - 1])
    if unit is None or (match["currency"] and match["unit"].strip() not in ("", "dollars", "euros", "USD")):
        return None
    exponent = int(match["exponent"] or match["power"] or 0)
    if abs(exponent) > LONGEST:
        return None
    try:
        if match["decimal"] is not None:
            value = _number(match["decimal"]) * Fraction(10) ** exponent
        else:
            value = _ratio(match["part"] or match["fraction"]) + int(match["mixed"] or 0)
    except ZeroDivisionError:
        return None
    return Quantity(
        value=-value if match["sign"] == "-" else value,
        decimal="." in answer,
        unit=unit or match["currency"] or "",
        name=match["name"] or "",
    )


def same(a: Quantity, b: Quantity) -> bool:
    """Whether two quantities are equal.

    Units of one dimension are converted (5 km = 5,000 m); units of different dimensions never agree; a unit
    on one side only, or one that is not known (12 students), is ignored, as graders do; a percentage
    equals a bare number if either its number or its value does (50% = 50 and 50% = 0.5). Fractions and
    whole numbers are compared exactly; where one is a decimal, up to 1e-6 times the smaller of 1 and the
    larger of the two.

    Example:
        >>> same(read("5 km"), read("5000 m")), same(read("1/3"), read("0.333333")), same(read("5 m"), read("5 kg"))
        (True, True, False)
    """
    if a.name and b.name and a.name != b.name:
        return False
    if "%" in (a.unit, b.unit) and a.unit != b.unit:
        percent, other = (a, b) if a.unit == "%" else (b, a)
        if other.unit in UNITS:
            return False
        return _near(percent.value, other.value, a, b) or _near(percent.value / 100, other.value, a, b)
    one, two = UNITS.get(a.unit), UNITS.get(b.unit)
    if one is None or two is None or a.unit == b.unit:
        return _near(a.value, b.value, a, b)
    return one[0] == two[0] and _near(a.value * one[1] + one[2], b.value * two[1] + two[2], a, b)


def _near(x: Fraction, y: Fraction, a: Quantity, b: Quantity) -> bool:
    if x == y:
        return True
    return (a.decimal or b.decimal) and abs(x - y) <= TOLERANCE * min(Fraction(1), max(abs(x), abs(y)))


def _number(text: str) -> Fraction:
    return Fraction(text.replace(",", "").replace(" ", "").rstrip(".") or "0")


def _ratio(text: str) -> Fraction:
    groups = re.fullmatch(_FRACTION, text)
    top, bottom = [group for group in groups.groups() if group is not None] if groups else ("0", "1")
    return _number(top) / _number(bottom)


def _unit(text: str, before: str) -> str | None:
    """The unit's canonical name, the word itself if unknown, None if it cannot be a unit (a variable).

    `before` is the character in front of it.
    """
    text = re.sub(r"\s+", " ", text.strip().replace("²", "^2").replace("³", "^3"))
    text = (
        re.sub(r"\s*\^\s*\{?([23])\}?", r"^\1", text)
        .replace(r"\circ", "°")
        .replace("^°", "°")
        .replace("^ °", "°")
        .replace("° ", "°")
    )
    if text in UNITS or text in ("", "%"):
        return text
    lower = text.casefold()
    if lower in ("percent", "per cent", "pct"):
        return "%"
    for form in (lower, lower.removesuffix("s"), lower.removesuffix("es")):
        if form in UNITS:
            return form
    # An unknown unit is a word of its own, as in "12 students"; "3R^2" and "6abc" are products.
    word = re.fullmatch(r"\s[^\W\d_][^\d^/]{2,}", before + text)
    return lower if word and lower not in ("sqrt", "mod") else None
