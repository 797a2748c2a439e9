"""Numbers with their units, read from the words of an answer that is nothing else."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction

from semuq.relations.values.cardinals import PARTS, is_number, number_of
from semuq.relations.values.kinds import Quantity, Range
from semuq.relations.values.units import UNITS, Unit, join_units

__all__ = ["loosely", "quantity", "span", "with_articles"]

_EXACTLY = frozenset({"only", "just", "exactly", "precisely"})
_EXTENT = frozenset({"tall", "long", "high", "wide", "deep", "thick", "old"})


def quantity(words: list[str]) -> Quantity | None:
    """A number with its unit or noun; a fraction in words; an ordinal; several units, as in 5 feet 10 inches."""
    sign = 1
    while len(words) > 1 and words[0] in _EXACTLY:
        words = words[1:]
    if len(words) > 1 and words[0] in ("-", "minus"):
        sign, words = -1, words[1:]
    if len(words) > 1 and words[0] in ("$", "€", "£", "¥"):
        words = [*words[1:], words[0]] if len(words) == 2 else words
    if (share := _one_in(words)) is not None:
        return Quantity(value=share, dimension="share", step=Fraction(1, 100))
    if (counted := _counted(words)) is not None:
        return Quantity(value=sign * counted, dimension="count", step=Fraction(1))
    fraction, used = _fraction(words)
    if fraction and used == len(words):
        return Quantity(value=sign * fraction, dimension="share" if fraction < 1 else "count", step=Fraction(1, 100))
    if fraction and (part := _part(fraction, words[used:])):
        return replace(part, value=sign * part.value)
    number = _number(words)
    if number is None:
        return None
    value, step, rest = number
    if not rest:
        return Quantity(value=sign * value, dimension="count", step=step)
    if rest == ["th"]:
        return Quantity(value=value, dimension="ordinal", step=Fraction(1))
    if len(rest) > 1 and rest[0] in ("us", "pounds") and rest[1] in ("dollars", "sterling"):
        rest = ["dollars" if rest[0] == "us" else "gbp"]
    if rest[0] in UNITS:
        return _measured(sign, value, step, rest)
    if rest == ["per", "cent"]:
        return Quantity(value=sign * value / 100, dimension="share", step=step / 100)
    if len(rest) == 1 and rest[0].isalpha() and len(rest[0]) > 2 and rest[0] not in PARTS:
        return Quantity(value=sign * value, dimension=f"count of {rest[0]}", step=step)
    return None


def loosely(found: Quantity | None) -> Quantity | None:
    """The same quantity, said to be inexact."""
    return found and replace(found, step=abs(found.value), about=True)


def span(words: list[str]) -> Range | None:
    """Two numbers with a dash or "to" between them; 1939-45 ends in 1945."""
    if words and words[0] in ("from", "between"):
        words = words[1:]
    if len(words) != 3 or words[1] not in ("-", "–", "—", "to") or not (is_number(words[0]) and is_number(words[2])):
        return None
    first, last = number_of(words[0]), number_of(words[2])
    if re.fullmatch("[0-9]{4}", words[0]) and re.fullmatch("[0-9]{2}", words[2]) and last > first % 100:
        last += first - first % 100
    return Range(first=first, last=last)


def with_articles(text: str, words: list[str]) -> list[str]:
    """The words of a normal form with "1" for the "a" of "a mile", which the normal form has dropped."""
    joined = join_units(words)
    if not joined or joined[0] not in UNITS or joined[0] in ("%", "$", "€", "£", "¥", "°"):
        return words
    return ["1", *words] if re.search(rf"\ban? {re.escape(words[0])}\b", text.casefold()) else words


def _number(words: list[str]) -> tuple[Fraction, Fraction, list[str]] | None:
    """The number that the words begin with, its step, and the words behind it."""
    if not words or not is_number(words[0]):
        return None
    power, used = _power(words)
    if used:
        return power, Fraction(1), words[used:]
    step = _rounding(words[0], Fraction(1, 10 ** len(words[0].partition(".")[2])))
    value, rest = number_of(words[0]), words[1:]
    skipped = 1 if rest[:1] == ["and"] else 0
    extra, used = _fraction(rest[skipped:])
    if extra and extra < 1 and (skipped or used == 3):
        return value + extra, Fraction(1, 100), rest[skipped + used :]
    return value, step, rest


def _measured(sign: int, value: Fraction, step: Fraction, rest: list[str]) -> Quantity | None:
    """A value with its unit, or with several that grow smaller: 6 feet 2 inches, an hour and a half."""
    unit = UNITS[rest[0]]
    found = _in_base(sign * value, step, unit)
    rest = rest[1:]
    if rest and rest[-1] in _EXTENT:
        rest = rest[:-1]
    if not rest:
        return found
    if rest[0] in ("and", ",") and len(rest) > 1:
        rest = rest[1:]
        extra, used = _fraction(rest)
        if extra and extra < 1 and used == len(rest):
            return _in_base(sign * (value + extra), Fraction(1, 100), unit)
    if unit.name == "ft" and is_number(rest[0]) and number_of(rest[0]) < 12 and rest[1:] in ([], ["in"]):
        rest = [rest[0], "inches"]
    smaller = quantity(rest)
    if smaller is None or smaller.dimension != unit.dimension or unit.offset or smaller.value < 0:
        return None
    if not smaller.value < unit.size:
        return None
    value = found.value + sign * smaller.value
    return replace(found, value=value, step=smaller.step, unit=f"{found.unit} {smaller.unit}")


def _part(fraction: Fraction, rest: list[str]) -> Quantity | None:
    """A part of one unit: half an hour, three quarters of a mile."""
    rest = [word for word in rest if word not in ("of", "a", "an")]
    if len(rest) != 1 or rest[0] not in UNITS or UNITS[rest[0]].dimension == "share":
        return None
    return _in_base(fraction, Fraction(1, 100), UNITS[rest[0]])


def _one_in(words: list[str]) -> Fraction | None:
    """A share as "1 in 5" or "1 out of 5"."""
    found = re.fullmatch(r"([0-9]+) (?:in|out of)(?: every)? ([0-9]+)", " ".join(words))
    if not found or not 0 < int(found[1]) < int(found[2]):
        return None
    return Fraction(int(found[1]), int(found[2]))


def _counted(words: list[str]) -> Fraction | None:
    """Dozens, none, and powers of ten: "half a dozen", "10 ^ 6", "6.02 x 10 ^ 23"."""
    if words in (["none"], ["nil"]):
        return Fraction(0)
    if words and words[-1] == "dozen":
        before = [w for w in words[:-1] if w != "a"]
        if not before or before == ["half"]:
            return Fraction(6 if before else 12)
        return 12 * number_of(before[0]) if len(before) == 1 and is_number(before[0]) else None
    power, used = _power(words)
    return power if used and used == len(words) else None


def _power(words: list[str]) -> tuple[Fraction, int]:
    """The power of ten that the words begin with, with its mantissa, and how many words it takes; 0 if none."""
    mantissa, start = Fraction(1), 0
    if len(words) > 3 and is_number(words[0]) and words[1] in ("x", "×", "*"):
        mantissa, start = number_of(words[0]), 2
    if words[start : start + 2] != ["10", "^"]:
        return Fraction(0), 0
    negative = words[start + 2 : start + 3] in (["-"], ["−"])
    exponent = words[start + 2 + negative : start + 3 + negative]
    if not exponent or not re.fullmatch(r"[0-9]{1,2}", exponent[0]):
        return Fraction(0), 0
    return mantissa * Fraction(10) ** (int(exponent[0]) * (-1 if negative else 1)), start + 3 + negative


def _in_base(value: Fraction, step: Fraction, unit: Unit) -> Quantity:
    """A value in the base unit of what it measures."""
    return Quantity(
        value=value * unit.size + unit.offset, dimension=unit.dimension, step=step * unit.size, unit=unit.name
    )


def _rounding(digits: str, step: Fraction) -> Fraction:
    """Long round numbers may be rounded: the step of 300000 is 100000; that of years and 120 is 1."""
    if "." in digits or len(digits) < 5:
        return step
    return Fraction(10 ** (len(digits) - len(digits.rstrip("0"))))


def _fraction(words: list[str]) -> tuple[Fraction, int]:
    """The fraction that the words begin with, and how many they are: 1 / 2, half, one half, three quarters."""
    if len(words) > 2 and words[1] in ("/", "⁄") and is_number(words[0]) and is_number(words[2]):
        return (number_of(words[0]) / number_of(words[2]), 3) if number_of(words[2]) else (Fraction(0), 0)
    article = 1 if words and words[0] in ("a", "an") else 0
    if words[article : article + 1] and words[article] in ("half", "quarter", "third"):
        return Fraction(1, PARTS[words[article]]), article + 1
    if len(words) > 1 and is_number(words[0]) and words[1] in PARTS:
        return number_of(words[0]) / PARTS[words[1]], 2
    return Fraction(0), 0
