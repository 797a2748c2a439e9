r"""Units of measure: what they measure and how large they are, exactly. One table (`measures.toml`), one reader.

A unit may be compound: "km/s", "m/s^2", "kg·m²", "square miles", "miles per hour". What is not built of names in the
table is no unit, whatever stands behind a number.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache
from importlib.resources import files

__all__ = ["Unit", "find_unit"]

LONGEST = 60
"""Characters of a unit."""

Powers = tuple[tuple[str, int], ...]


@dataclass(frozen=True, kw_only=True)
class Unit:
    """A unit: `value * size + offset` is the amount in base units.

    Args:
        name: as it was written, in one way of writing.
        dimension: what it measures, as a product of powers of base dimensions, sorted: "length", "length time^-1".
        size, offset: exact; only temperatures have an offset.
    """

    name: str
    dimension: str
    size: Fraction
    offset: Fraction = Fraction(0)


_PREFIXES = {
    "quetta Q": 30, "ronna R": 27, "yotta Y": 24, "zetta Z": 21, "exa E": 18, "peta P": 15, "tera T": 12, "giga G": 9,
    "mega M": 6, "kilo k": 3, "hecto h": 2, "deca da": 1, "deci d": -1, "centi c": -2, "milli m": -3, "micro μ": -6,
    "micro µ": -6, "nano n": -9, "pico p": -12, "femto f": -15, "atto a": -18,
}  # fmt: skip
_BINARY = {"kibi Ki": 1, "mebi Mi": 2, "gibi Gi": 3, "tebi Ti": 4, "pebi Pi": 5}
_KELVIN = Fraction(27315, 100)
_SCALES = {
    "C": (Fraction(1), _KELVIN),
    "F": (Fraction(5, 9), _KELVIN - Fraction(160, 9)),
    "K": (Fraction(1), Fraction(0)),
}
_TEMPERATURE = re.compile(
    r"(?:°|degrees?|deg\.?)?\s*(celsius|centigrade|fahrenheit|kelvins?)|(?:°|degrees?|deg\.?)\s*([CFK])", re.IGNORECASE
)
_TAKEN = frozenset({"am", "pm", "as", "at", "dam", "has", "had", "mat", "pat", "fat", "cat", "us"})
"""Prefix and unit that are words of their own: 5 pm is no length."""
_POWER_WORDS = {"square": 2, "sq": 2, "cubic": 3, "cu": 3}
_POWERED = {"squared": 2, "cubed": 3}
_PHRASES = (
    (re.compile(r"\blight[- ]years?\b", re.IGNORECASE), "lightyear"),
    (re.compile(r"\bastronomical units?\b", re.IGNORECASE), "AU"),
    (re.compile(r"\belectron[- ]volts?\b", re.IGNORECASE), "eV"),
    (re.compile(r"\bsolar mass(?:es)?\b|\bM_?\{?(?:\\odot|☉|⊙|sun)\}?", re.IGNORECASE), "Msun"),
    (re.compile(r"\b(?:fluid ounces?|fl\.? ?oz\.?)(?!\w)", re.IGNORECASE), "floz"),
    (re.compile(r"\bmetric tons?\b", re.IGNORECASE), "tonne"),
    (re.compile(r"\bfeet\b|\bfoot\b", re.IGNORECASE), "ft"),
    (re.compile(r"\bmeters? |\bmetres? "), "m "),
    (re.compile(r"\b(?:us|american) dollars?\b", re.IGNORECASE), "$"),
    (re.compile(r"\bpounds? sterling\b|\bbritish pounds?\b", re.IGNORECASE), "£"),
    (re.compile(r"\bpounds?[- ]force\b", re.IGNORECASE), "lbf"),
    (re.compile(r"\b(watt|kilowatt|megawatt|kw|mw)[- ]hours?\b", re.IGNORECASE), r"\1hour"),
)
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_TOKEN = re.compile(
    r"\s*(?:(/|\bper\b|÷)|([·⋅*×]|\\cdot|\\times)|([^\W\d_]+|[°$€£¥₹₩₽₺¢′″Ω])(?:\s*\^\s*\{?\s*(-?\d)\s*\}?|(\d))?|(1)(?=\s*/))"
)


@lru_cache(4_096)
def find_unit(text: str) -> Unit | None:
    r"""The unit that a text is, whole; None if it is anything else.

    Example:
        >>> find_unit("km/s") == find_unit("kilometres per second"), find_unit("g/cm^3").size
        (False, Fraction(1000000, 1))
        >>> find_unit("square miles").dimension, find_unit("m s^{-2}").dimension, find_unit("GHz").size
        ('length^2', 'length time^-2', Fraction(1000000000, 1))
        >>> find_unit("apples"), find_unit("May"), find_unit("profit")
        (None, None, None)
    """
    text = " ".join(text.replace("\\ ", " ").split())
    if not text or len(text) > LONGEST:
        return None
    if found := _TEMPERATURE.fullmatch(text.replace(r"^\circ", "°").replace(r"\circ", "°")):
        scale = (found[1] or found[2])[0].upper()
        size, offset = _SCALES[scale]
        return Unit(name=f"°{scale}", dimension="temperature", size=size, offset=offset)
    if text.casefold() in _TAKEN:
        return None
    for pattern, name in _PHRASES:
        text = pattern.sub(name, text)
    text = re.sub(r"\s*\^\s*", "^", text)
    text = re.sub(
        r"/\s*\(([^()]+)\)", lambda below: "".join(f"/{part}" for part in re.split(r"[\s·⋅*]+", below[1].strip())), text
    )
    text = re.sub(r"[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+", lambda run: "^" + run[0].translate(_SUPERSCRIPTS), text)
    factors = list(_factors(text.strip(". ") or text))
    if not factors or any(size is None for size, _, _ in factors):
        return None
    size, powers = Fraction(1), dict[str, int]()
    for own, dimension, power in factors:
        assert own is not None
        size *= own**power
        for base, exponent in dimension:
            powers[base] = powers.get(base, 0) + exponent * power
    return Unit(name=text, dimension=_named(powers), size=size)


def _factors(text: str) -> Iterator[tuple[Fraction | None, Powers, int]]:
    """(size, dimension, power) of each factor; (None, ...) where something is not understood."""
    place, sign, raised, expecting = 0, 1, 0, True
    while place < len(text):
        found = _TOKEN.match(text, place)
        if found is None or found.end() == place:
            yield None, (), 1
            return
        place = found.end()
        divide, times, word, raising, attached, one = found.groups()
        power = raising or attached
        if divide:
            sign, expecting = -1, True
        elif times:
            expecting = True
        elif one:
            expecting = False
        elif word.casefold() in _POWER_WORDS:
            raised, expecting = _POWER_WORDS[word.casefold()], True
        else:
            following = re.match(r"\s+(squared|cubed)\b", text[place:], re.IGNORECASE)
            exponent = int(power) if power else raised or 1
            if following:
                exponent, place = _POWERED[following[1].casefold()], place + following.end()
            known = _lookup(word)
            yield (None, (), 1) if known is None else (known[0], known[1], sign * exponent)
            raised, expecting = 0, False
            # "kg/m s" is read as kg/(m s) by some: only what cannot be misread goes on behind a division.
            sign = 1 if re.match(r"\s*(?:[·⋅*/]|per\b|$)", text[place:]) else sign
    if expecting:
        yield None, (), 1


def _lookup(word: str) -> tuple[Fraction, Powers] | None:
    """A single name: as it stands, in lower case, in the singular, or with a prefix of the SI."""
    for table, name in ((_signs(), word), *((_words(), form) for form in _singular(word.casefold()))):
        if name in table:
            return table[name]
    return None


def _singular(word: str) -> Iterator[str]:
    yield word
    if len(word) > 3 and word.endswith("s"):
        yield word[:-1]
        if word.endswith("es"):
            yield word[:-2]


@cache
def _signs() -> dict[str, tuple[Fraction, Powers]]:
    """Everything by its exact spelling."""
    return _read()[0]


@cache
def _words() -> dict[str, tuple[Fraction, Powers]]:
    """Words, in lower case."""
    return _read()[1]


@cache
def _read() -> tuple[dict[str, tuple[Fraction, Powers]], dict[str, tuple[Fraction, Powers]]]:
    table = tomllib.loads(files("semuq.relations.values").joinpath("measures.toml").read_text(encoding="utf-8"))
    signs: dict[str, tuple[Fraction, Powers]] = {}
    words: dict[str, tuple[Fraction, Powers]] = {}

    def add(names: list[str], size: Fraction, dimension: Powers) -> None:
        for name in names:
            (words if name.isascii() and name.islower() and len(name) > 2 else signs)[name] = (size, dimension)

    derived = table.pop("derived")
    for dimension, rows in table.items():
        for names, said in rows.items():
            size, *flags = said.split()
            _with_prefixes(add, names.split(), Fraction(size), ((dimension, 1),), flags)
    for names, said in derived.items():
        size, *rest = said.split()
        flags = [rest.pop()] if rest[-1] == "si" else []
        own, powers = Fraction(size), dict[str, int]()
        for part in re.findall(r"(/?)\s*([A-Za-z]+|1)(?:\^(\d))?", " ".join(rest)):
            if part[1] == "1":
                continue
            base, bases = signs[part[1]] if part[1] in signs else words[part[1]]
            power = int(part[2] or 1) * (-1 if part[0] else 1)
            own *= base**power
            for name, exponent in bases:
                powers[name] = powers.get(name, 0) + exponent * power
        _with_prefixes(add, names.split(), own, tuple(sorted(powers.items())), flags)
    return signs, words


def _with_prefixes(add: object, names: list[str], size: Fraction, dimension: Powers, flags: list[str]) -> None:
    assert callable(add)
    add(names, size, dimension)
    if not flags:
        return
    scales = [(own.split(), Fraction(10) ** power) for own, power in _PREFIXES.items()]
    if flags == ["binary"]:
        scales = [own for own in scales if own[1] > 100]
        scales += [(own.split(), Fraction(1024) ** power) for own, power in _BINARY.items()]
        scales += [(["", "K"], Fraction(1000))]
    for name in names:
        word = len(name) > 3 or name in ("bit", "amp", "ohm", "bar")
        for (long, short), factor in scales:
            if word and long:
                add([long + name], size * factor, dimension)
            if (not word or name in ("bar", "bit")) and short:
                add([short + name], size * factor, dimension)


def _named(powers: dict[str, int]) -> str:
    return " ".join(base if power == 1 else f"{base}^{power}" for base, power in sorted(powers.items()) if power)
