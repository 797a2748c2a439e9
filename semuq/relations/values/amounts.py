r"""Plain numbers with their units: read exactly, compared by rule, so that most answers need no algebra.

`read_amount("1 1/2 km")` is 3/2 with the unit km; `same_amount(a, b)` compares two of them in exact arithmetic.
Digits of
every script are read, grouped as 1,234,567 or 1 234 567 or 1'234'567 or 1.234.567 (at least two dots) or 12,34,567;
a comma is a decimal one where it can be nothing else: behind grouping dots (1.234,5), or before a unit (3,5 km).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import Literal

from semuq.relations.values.measures import Unit, find_unit
from semuq.relations.values.nouns import counted_thing
from semuq.relations.values.spoken import spoken

__all__ = ["Amount", "Missing", "ascii_digits", "read_amount", "same_amount"]

Missing = Literal["never", "second", "either"]
"""Where a unit may have been left out: nowhere, in the second of two, in either."""

LONGEST = 300
"""Digits and exponents beyond this are not read here but left to the workers and their time limit."""
TOLERANCE = Fraction(1, 10**6)

_WHOLE = (
    r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d{1,2}(?:,\d{2})+,\d{3}(?!\d)|\d{1,3}(?:[ ]\d{3})+(?![ ]?/|\d)"
    r"|\d{1,3}(?:['’]\d{3})+(?!\d)|\d+)"
)
_DECIMAL = rf"(?:{_WHOLE}(?:\.\d*)?|\.\d+)"
_BRACED = rf"(?:\{{\s*([-+]?{_DECIMAL})\s*\}}|(\d))"
_FRACTION = rf"(?:\\frac\s*{_BRACED}\s*{_BRACED}|({_DECIMAL})\s*/\s*({_DECIMAL}))"
_ELLIPSIS = r"(?:\.\.\.|…|\\ldots|\\dots|\\cdots)"
_PREFIXED = r"0[xX][0-9A-Fa-f]+|0[bB][01]+|0[oO][0-7]+"
_BASE_NAMES = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10}
_BASE_NAMES |= {"twelve": 12, "sixteen": 16, "bin": 2, "oct": 8, "dec": 10, "hex": 16}
_BASE_NAME = rf"\s*(?:\d{{1,2}}|{'|'.join(_BASE_NAMES)})\s*"
_BASED = (
    rf"(?:\d[\dA-Fa-f]*|[A-F][\dA-F]+(?=_\{{?\s*(?:16|hex|sixteen)))_(?:\{{{_BASE_NAME}\}}|\d{{1,2}}(?![\d_]))"
    rf"|\(\d[\dA-Fa-f]*\)_(?:\{{{_BASE_NAME}\}}|\d{{1,2}}(?!\d))"
    rf"|\d[\dA-Fa-f]*\s*(?:\(\s*base[ -]{_BASE_NAME}\)|(?:in\s+)?base[ -]{_BASE_NAME})"
)
"""101_2, FF_{16}, (101)_2, 101 (base two). Letters alone have an index unless the base is 16."""
_NUMBER = re.compile(
    rf"""(?P<based>{_PREFIXED}|{_BASED})
      |(?P<root>\d+)\s*(?:\^|\*\*)\s*(?:\{{\s*(?P<raised>[-+]?\d+)\s*\}}|(?P<bare>[-+]?\d+))(?!\s*[\^!])
      |(?P<european>\d{{1,3}}(?:\.\d{{3}})+,\d+|\d{{1,3}}(?:\.\d{{3}}){{2,}})(?![\d.,])
      |(?P<repeating>\d*\.\d*\s*(?:\\(?:overline|bar|dot)\s*(?:\{{\s*\d+\s*\}}|\d)|\(\d+\)|{_ELLIPSIS}))
      |(?P<mixed>\d+)\s*(?:\s(?!and\b)|and\s(?!\s*\\frac)|(?=\\frac))\s*(?P<part>{_FRACTION})
      |(?P<fraction>{_FRACTION})
      |(?P<decimal>{_DECIMAL})
       (?:[eE](?P<exponent>[-+]?\d+)|\s*(?:\*|x|×|\\times|\\cdot|·)\s*10\s*(?:\^|\*\*)\s*\{{?\s*(?P<power>[-+]?\d+)\s*\}}?)?""",
    re.VERBOSE,
)
_COMMA = re.compile(r"(\d+),(?!0+(?!\d))(\d{1,2}|\d{4,})(?![\d,])")
_ABOUT = re.compile(
    r"^(?:(?:about|around|approximately|approx\.?|roughly|nearly|exactly|precisely|only|just)\b|≈|~|\\approx(?![A-Za-z])|\\sim(?![A-Za-z]))\s*",
    re.IGNORECASE,
)
_DOLLARS = {"US$": "$", "A$": "AUD", "AU$": "AUD", "C$": "CAD", "CA$": "CAD", "NZ$": "NZD", "HK$": "HKD", "S$": "SGD"}
_CURRENCY = re.compile(
    r"^(?:(?:US|A|AU|C|CA|NZ|HK|S)?\$|[€£¥₹₩₽₺]|(?:USD|EUR|GBP|JPY|INR|AUD|CAD|NZD|HKD|SGD|CHF|CNY|KRW|RUB)(?=\s*\d))\s*"
)
_FEET = re.compile(r"(\d+)\s?['′’]\s?(\d{1,2})\s?(?:[\"″”]|''|’’)?")
_ARC = re.compile(r"(\d+)\s*°\s*(\d{1,2}(?:\.\d+)?)\s*['′’](?:\s*(\d{1,2}(?:\.\d+)?)\s*(?:[\"″”]|''|’’|′′))?")
_RAISED = re.compile(r"(?<=\d)[⁻⁺]?[⁰¹²³⁴-⁹]+")
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_UNDERSCORES = re.compile(r"(?<!\w)\d{1,3}(?:_\d{3})+(?!\w)")
_SHARE = re.compile(r"(\d+|[a-z]+) (?:in|out of)(?: every)? (\d+|[a-z]+)", re.IGNORECASE)
_PERCENT = re.compile(r"\\?%|percent(?:age)?|per cent|pct|percents")


@dataclass(frozen=True, kw_only=True)
class Amount:
    """A number, exact, and what it is a number of.

    Args:
        value: the number as written ("50%" is 50).
        decimal: whether it was written with a decimal point, so that it may be rounded.
        unit: of measure or money; None if there is none.
        noun: the counted thing, in the singular; "" if there is none.
        percent: whether it is a percentage.
    """

    value: Fraction
    decimal: bool = False
    unit: Unit | None = None
    noun: str = ""
    percent: bool = False

    @property
    def plain(self) -> bool:
        """Whether it is a number and nothing else."""
        return self.unit is None and not self.noun and not self.percent


def ascii_digits(text: str) -> str:
    """The text with the digits of every script in ASCII, and full-width and Arabic signs as their plain forms.

    >>> ascii_digits("٣٫٥"), ascii_digits("१२३"), ascii_digits("５＋３"), ascii_digits("10²")
    ('3.5', '123', '5+3', '10²')
    """
    return "".join(_plain_sign(sign) for sign in text)


def _plain_sign(sign: str) -> str:
    if sign.isascii():
        return sign
    value = unicodedata.decimal(sign, None)
    if value is not None:
        return str(value)
    if "\uff01" <= sign <= "\uff5e":
        return chr(ord(sign) - 0xFEE0)
    return {"٫": ".", "٬": ",", "٪": "%", "−": "-", "–": "-", "﹣": "-", "‐": "-", "‑": "-", "‰": "‰"}.get(sign, sign)


@lru_cache(65_536)
def read_amount(answer: str, *, decimal_comma: bool = False) -> Amount | None:
    r"""The amount that a cleaned answer is; None if it is anything else.

    Args:
        answer: see `semuq.relations.maths.notation.clean`.
        decimal_comma: read 3,14 as a decimal number, which may be a list of two.

    Example:
        >>> str(read_amount(r"-1\frac{1}{2} km").value), read_amount("1,234.50").value, read_amount("3 dozen").value
        ('-3/2', Fraction(2469, 2), Fraction(36, 1))
        >>> read_amount("5 feet 6 inches").value, read_amount("$6 million").value, read_amount("12 students").noun
        (Fraction(11, 2), Fraction(6000000, 1), 'student')
        >>> read_amount("x + 1"), read_amount("2 sqrt(3)"), read_amount("5 March"), read_amount("5 more")
        (None, None, None, None)
    """
    text = ascii_digits(answer).strip()
    if not text or len(text) > LONGEST:
        return None
    if feet := _FEET.fullmatch(text):
        text = f"{feet[1]} ft {feet[2]} in"
    elif arc := _ARC.fullmatch(text):
        text = f"{arc[1]} ° {arc[2]} arcmin" + (f" {arc[3]} arcsec" if arc[3] else "")
    text = _RAISED.sub(lambda run: "^{" + run[0].translate(_SUPERSCRIPTS) + "}", text)
    text = _UNDERSCORES.sub(lambda run: run[0].replace("_", ""), text)
    text = _ABOUT.sub("", text)
    sign = 1
    if found := re.match(r"(?:([-+])\s*|(minus|negative)\s+)(?=\S)", text):
        sign, text = -1 if found[0].strip() != "+" else 1, text[found.end() :]
    currency = _CURRENCY.match(text)
    money = None
    if currency:
        money, text = find_unit(_code(currency[0])), text[currency.end() :]
        if found := re.match(r"([-+])\s*", text):
            sign, text = sign * (-1 if found[1] == "-" else 1), text[found.end() :]
    if re.match(r"[-+−]", text):
        return None
    own = _unsigned(text, decimal_comma=decimal_comma or money is not None)
    if own is None:
        return None
    if money is not None:
        if own.percent or own.noun or (own.unit and own.unit.dimension != money.dimension):
            return None
        own = own if own.unit else replace(own, unit=money)
    return replace(own, value=sign * own.value)


def same_amount(a: Amount, b: Amount, *, missing: Missing = "never") -> bool:
    """Whether two amounts are equal.

    Units of one dimension are converted (5 km = 5,000 m); of different dimensions they never agree, nor do different
    counted things. A percentage is its share (50% = 0.5). A unit, counted thing or percent sign on one side only is
    passed over where `missing` says that it may have been left out. Fractions and whole numbers are compared exactly;
    where one is a decimal, up to 1e-6 times the smaller of 1 and the larger of the two.

    Example:
        >>> km, m, bare, share = (read_amount(t) for t in ("5 km", "5000 m", "5", "50%"))
        >>> same_amount(km, m), same_amount(km, bare), same_amount(km, bare, missing="second")
        (True, False, True)
        >>> same_amount(share, read_amount("0.5")), same_amount(share, read_amount("50"))
        (True, False)
    """
    rounded = a.decimal or b.decimal
    if a.plain and b.plain:
        return _near(a.value, b.value, rounded)
    if a.percent and b.percent:
        return _near(a.value, b.value, rounded)
    if a.plain or b.plain:
        marked, bare = (b, a) if a.plain else (a, b)
        if marked.percent and _near(marked.value / 100, bare.value, rounded):
            return True
        allowed = missing == "either" or (missing == "second" and b.plain)
        return allowed and _near(a.value, b.value, rounded)
    if a.percent or b.percent or (a.unit is None) != (b.unit is None):
        return False
    if a.unit is None or b.unit is None:
        return a.noun == b.noun and _near(a.value, b.value, rounded)
    one, two = _as_compared(a.unit, b.unit), _as_compared(b.unit, a.unit)
    if one.dimension != two.dimension:
        return False
    if one == two:
        return _near(a.value, b.value, rounded)
    return _near(a.value * one.size + one.offset, b.value * two.size + two.offset, rounded)


def _as_compared(own: Unit, other: Unit) -> Unit:
    """Pounds are money beside money and a mass beside a mass."""
    if own.dimension != "pounds" or other.dimension == "pounds":
        return own
    return find_unit({"sterling": "£", "mass": "lb"}.get(other.dimension, "")) or own


def _near(x: Fraction, y: Fraction, rounded: bool) -> bool:
    return x == y or (rounded and abs(x - y) <= TOLERANCE * min(Fraction(1), max(abs(x), abs(y))))


def _code(sign: str) -> str:
    sign = sign.strip()
    return _DOLLARS.get(sign, sign)


def _unsigned(text: str, *, decimal_comma: bool) -> Amount | None:
    whole = _counted(text)
    if whole is not None:
        return whole
    if comma := _COMMA.match(text):  # 3,0 is a list before it is 3
        number = Amount(value=Fraction(f"{comma[1]}.{comma[2]}"), decimal=True)
        behind = _with_unit(number, text[comma.end() :])
        if behind is not None and (decimal_comma or behind.unit or behind.percent):
            return behind
    match = _NUMBER.match(text)
    if match is not None:
        own = _value(match)
        found = None if own is None else _with_unit(own, text[match.end() :]) or _several(text)
        if found is not None:
            return found
    words = text.split()
    for used in range(min(len(words) - 1, 8), 0, -1):
        head = _counted(" ".join(words[:used]))
        if head is None and words[0].casefold() in ("a", "an") and used == 1:
            head = Amount(value=Fraction(1))
        if head is not None:
            rest = words[used:]
            if rest[0] in ("a", "an", "of") and len(rest) > 1:  # half an hour, three quarters of a mile
                rest = [word for word in rest if word not in ("a", "an", "of")]
            found = _with_unit(head, " " + " ".join(rest))
            if found is not None and not found.plain:
                return found
    return None


def _counted(text: str) -> Amount | None:
    number = spoken(text)
    if number is None and (share := _SHARE.fullmatch(text)):
        part, whole = (Fraction(own) if own.isdigit() else spoken(own) for own in share.groups())
        number = part / whole if part is not None and whole is not None and 0 < part < whole else None
    return None if number is None else Amount(value=number, decimal="." in text)


def _value(match: re.Match[str]) -> Amount | None:
    """The bare number that was matched; None if it is none, such as 1/0 or 29 in base 8."""
    try:
        if match["based"]:
            return _based(match["based"])
        if match["root"] is not None:
            return _power(int(match["root"]), int(match["raised"] or match["bare"]), len(match["root"]))
        if match["european"]:
            whole, _, part = match["european"].replace(".", "").partition(",")
            return Amount(value=Fraction(f"{whole}.{part or 0}"), decimal=bool(part))
        if match["repeating"]:
            return _repeating(match["repeating"])
        if match["decimal"] is not None:
            exponent = int(match["exponent"] or match["power"] or 0)
            if abs(exponent) > LONGEST:
                return None
            value = _number(match["decimal"]) * Fraction(10) ** exponent
            return Amount(value=value, decimal="." in match["decimal"])
        value = _ratio(match["part"] or match["fraction"]) + int(match["mixed"] or 0)
    except (ValueError, ZeroDivisionError):
        return None
    return Amount(value=value, decimal="." in match[0])


def _based(text: str) -> Amount | None:
    if prefix := {"0x": 16, "0b": 2, "0o": 8}.get(text[:2].casefold()):
        return Amount(value=Fraction(int(text[2:], prefix)))
    digits, base = re.split(r"\s*(?:_|\(?\s*(?:in\s+)?base[ -])\s*", text, maxsplit=1)
    base = base.strip("{} )")
    return Amount(value=Fraction(int(digits.strip("()"), _BASE_NAMES.get(base) or int(base))))


def _power(root: int, exponent: int, digits: int) -> Amount | None:
    return Amount(value=Fraction(root) ** exponent) if abs(exponent) * digits <= LONGEST else None


def _repeating(text: str) -> Amount | None:
    """0.1\\overline{6}, 0.1(6), 0.1666..."""
    if marked := re.fullmatch(r"(\d*)\.(\d*)\s*(?:\\\w+\s*\{?\s*(\d+)\s*\}?|\((\d+)\))", text):
        whole, fixed, block = marked[1] or "0", marked[2], marked[3] or marked[4]
    else:
        digits = re.match(r"(\d*)\.(\d*)", text)
        assert digits is not None
        tail = re.fullmatch(r"(\d*?)(\d{1,6}?)(\2{2,})(\d*)", digits[2])
        if not tail or not tail[2].startswith(tail[4]) or not set(tail[2]) - {"0"}:
            return Amount(value=_number(digits[0]), decimal=True) if len(digits[2]) > 3 else None
        whole, fixed, block = digits[1] or "0", tail[1], tail[2]
    scale = 10 ** len(fixed)
    value = Fraction(int(whole + fixed), scale) + Fraction(int(block), scale * (10 ** len(block) - 1))
    return Amount(value=value)


def _with_unit(number: Amount, rest: str) -> Amount | None:
    """The number with what stands behind it: a magnitude, a percent sign, a unit, a counted thing; None otherwise."""
    text = rest.strip()
    if not text:
        return number
    if _PERCENT.fullmatch(text):
        return replace(number, percent=True)
    if text == "‰":
        return replace(number, value=number.value / 1000)
    text = re.sub(r"\^\s*\{?\s*\\circ\s*\}?|\\circ|\\degree", "°", text)
    touching = not rest[:1].isspace()
    if touching and len(text) == 1 and text.isalpha():  # 3m may be three times m
        return None
    unit = find_unit(text)
    if unit is not None:
        return replace(number, unit=unit)
    if touching:
        return None
    for words in (2, 1):  # a magnitude with a unit behind it: 3 million dollars
        head, _, tail = text.partition(" ") if words == 1 else (text, "", "")
        scale = spoken(f"1 {head}") if head.isalpha() else None
        if scale is not None and scale != 1:
            return _with_unit(replace(number, value=number.value * scale), f" {tail}" if tail else "")
    noun = counted_thing(text, single=number.value == 1)
    return replace(number, noun=noun) if noun else None


def _several(text: str) -> Amount | None:
    """Several numbers with units of one dimension that grow smaller: 5 feet 6 inches, 5 dollars and 20 cents."""
    parts = re.findall(r"([\d.,/ ]*\d)\s*([^\d,]+)", text)
    if len(parts) < 2 or "".join("".join(part) for part in parts).replace(" ", "") != re.sub(r"[ ,]", "", text):
        return None
    total: Amount | None = None
    for number, name in parts:
        unit = find_unit(re.sub(r"\s*\band\b\s*$", "", name.strip()).strip())
        if unit is None or unit.offset or not re.fullmatch(r"\d+(?:\.\d+)?|\d+/\d+", number.strip()):
            return None
        value = Fraction(number.strip())
        if total is None:
            total, size = Amount(value=value, decimal="." in number, unit=unit), unit.size
            continue
        assert total.unit is not None
        if unit.dimension != total.unit.dimension or unit.size >= size or value * unit.size >= size:
            return None
        total, size = replace(total, value=total.value + value * unit.size / total.unit.size), unit.size
    return total


def _number(text: str) -> Fraction:
    return Fraction(re.sub(r"[,'’ ]", "", text).rstrip(".") or "0")


def _ratio(text: str) -> Fraction:
    groups = re.fullmatch(_FRACTION, text)
    top, bottom = [group for group in groups.groups() if group is not None] if groups else ("0", "1")
    return _number(top) / _number(bottom)
