"""Numbers in words, exactly: "minus seven", "half a million", "two thirds", "a dozen", "3 squared", 四十二.

English, and the numerals of Chinese and Japanese. A magnitude is a factor: "3 dozen" is 36, never 3.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

from semuq.relations.values.cardinals import PARTS, SCALES, SMALL, grown

__all__ = ["spoken"]

MEMORY = 4_096

_MULTIPLES = SCALES | {
    "quadrillion": 10**15, "dozen": 12, "dozens": 12, "gross": 144, "score": 20, "lakh": 10**5, "crore": 10**7,
    "bn": 10**9, "mn": 10**6,
}  # fmt: skip
_MULTIPLES |= {f"{name}s": size for name, size in SCALES.items()}
_ATTACHED = {"k": 10**3, "K": 10**3, "M": 10**6, "mn": 10**6, "bn": 10**9, "B": 10**9, "T": 10**12}
_NUMBER = re.compile(r"\d+(?:\.\d+)?|\.\d+")
_TOKEN = re.compile(r"\d[\d.]*|\.\d+|[a-z]+|-|/|\^|\S")
_ENDS_IN_NUMBER = ("digits", "small", "tens")
_CJK = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "兩": 2}

_CJK_STEPS = {"十": 10, "百": 100, "千": 1000}
_CJK_SCALES = {"万": 10**4, "萬": 10**4, "만": 10**4, "亿": 10**8, "億": 10**8, "억": 10**8, "兆": 10**12}
_CJK_SIGNS = frozenset([*_CJK, *_CJK_STEPS, *_CJK_SCALES, *"半百"])


@lru_cache(MEMORY)
def spoken(text: str) -> Fraction | None:
    """The number that a text is if it takes words to say it; None for anything else, digits alone included.

    Example:
        >>> [str(spoken(t)) for t in ("twenty-one", "half a million", "two thirds", "3 dozen", "2 and a half")]
        ['21', '500000', '2/3', '36', '5/2']
        >>> [str(spoken(t)) for t in ("4 factorial", "3k", "minus seven", "two point five", "四十二", "seven apples")]
        ['24', '3000', '-7', '5/2', '42', 'None']
    """
    text = text.strip()
    if len(text) > 120:
        return None
    if (found := _chinese(text)) is not None:
        return found
    if attached := re.fullmatch(r"(\d[\d,]*(?:\.\d+)?) ?(k|K|M|mn|bn|B|T)", text):
        return Fraction(attached[1].replace(",", "")) * _ATTACHED[attached[2]] if " " not in text else None
    words = _TOKEN.findall(re.sub(r"(?<=\d),(?=\d{3}\b)", "", text.casefold()))
    words = [word for i, word in enumerate(words) if word != "-" or i == 0]
    if len(words) < 2 and (not words or _NUMBER.fullmatch(words[0])):
        return None
    sign = 1
    if words[0] in ("minus", "negative", "-", "−"):
        sign, words = -1, words[1:]
    if not words:
        return None
    if len(words) == 1 and _NUMBER.fullmatch(words[0]):
        return sign * Fraction(words[0]) if text[0] not in "-−" else None
    value = _whole(words)
    return None if value is None else sign * value


def _whole(words: list[str]) -> Fraction | None:
    if len(words) > 1 and words[-1] in ("squared", "cubed", "factorial"):
        base = _digits(words[:-1]) if len(words) == 2 else None
        base = _whole(words[:-1]) if base is None else base
        return None if base is None else _raised(base, words[-1])
    value, rest = _sum(words)
    return value if value is not None and not rest else None


def _raised(base: Fraction, how: str) -> Fraction | None:
    if how != "factorial":
        return base ** (2 if how == "squared" else 3)
    if base.denominator != 1 or not 0 <= base <= 200:
        return None
    product = Fraction(1)
    for factor in range(2, int(base) + 1):
        product *= factor
    return product


def _sum(words: list[str]) -> tuple[Fraction | None, list[str]]:
    """The number that the words begin with, and the words behind it."""
    if words[0] in ("a", "an", "one") and len(words) > 1 and words[1] in (*_MULTIPLES, *PARTS):
        if words[1] in PARTS:
            return _of(Fraction(1, PARTS[words[1]]), words[2:])
        return _scaled(Fraction(1), words[1:])
    if words[0] in ("half", "quarter"):
        return _of(Fraction(1, PARTS[words[0]]), words[1:])
    if words[0] in ("dozen", "hundred", "thousand", "million", "billion", "trillion"):
        return _scaled(Fraction(1), words)
    return _scaled(None, words)


def _scaled(value: Fraction | None, words: list[str]) -> tuple[Fraction | None, list[str]]:
    """A cardinal number with its magnitudes, decimals and trailing parts."""
    total, group = Fraction(0), value
    last = "start" if value is None else "digits"
    place = 0
    while place < len(words):
        word = words[place]
        if (with_word := grown(group or Fraction(0), last, word)) is not None:
            group, last = with_word
        elif _NUMBER.fullmatch(word) and last in ("start", "hundred", "scale"):
            group, last = (group or Fraction(0)) + Fraction(word), "digits"
        elif word in _MULTIPLES and last != "start" and group is not None:
            total, group, last = (total + group) * _MULTIPLES[word], None, "scale"
            if word in SCALES and place + 1 < len(words):  # "2 million 300 thousand": the rest is added, not multiplied
                addend, behind = _sum(words[place + 1 + (words[place + 1] == "and") :] or ["?"])
                if addend is not None and addend < _MULTIPLES[word]:
                    return total + addend, behind
        elif word == "and" and last in ("hundred", "scale") and place + 1 < len(words):
            pass
        elif word == "point" and last in _ENDS_IN_NUMBER and place + 1 < len(words):
            digits = [str(SMALL[w]) if w in SMALL else w for w in words[place + 1 :]]
            if all(re.fullmatch(r"\d", digit) for digit in digits):
                return total + (group or 0) + Fraction("0." + "".join(digits)), []
            return None, words
        else:
            break
        place += 1
    if last == "start":
        return None, words
    number, rest = total + (group or Fraction(0)), words[place:]
    if rest and rest[0] in PARTS and last in _ENDS_IN_NUMBER:
        return _of(number / PARTS[rest[0]], rest[1:])
    if len(rest) > 1 and rest[0] == "and":
        part, behind = _sum(rest[1:])
        if part is not None and 0 < part < 1 and number.denominator == 1:
            return number + part, behind
    return number, rest


def _of(part: Fraction, rest: list[str]) -> tuple[Fraction | None, list[str]]:
    """A part, of a magnitude if one follows: half a million, a quarter of a billion."""
    rest_of = [word for word in rest if word not in ("of", "a", "an", "one")]
    if rest_of and rest_of[0] in _MULTIPLES:
        return part * _MULTIPLES[rest_of[0]], rest_of[1:]
    return part, rest


def _digits(words: list[str]) -> Fraction | None:
    return Fraction(words[0]) if len(words) == 1 and _NUMBER.fullmatch(words[0]) else None


def _chinese(text: str) -> Fraction | None:
    """Numerals of Chinese and Japanese, with digits (3万5千), a sign, decimals (三点五) or parts (三分之二)."""
    if not text or len(text) > 40 or not any(sign in _CJK_SIGNS for sign in text):
        return None
    if text[0] in "负負":
        found = _chinese(text[1:])
        return None if found is None else -found
    if text.startswith("百分之"):
        found = _either(text[3:])
        return None if found is None else found / 100
    for divide in ("分之", "分の"):
        bottom, parts, top = text.partition(divide)
        if parts:
            below, above = _either(bottom), _either(top)
            return above / below if below and above is not None else None
    whole, point, digits = text.partition("点" if "点" in text else "點")
    if point:
        before = _either(whole)
        known = digits and all(sign in _CJK for sign in digits)
        return (
            before + Fraction("0." + "".join(str(_CJK[sign]) for sign in digits))
            if known and before is not None
            else None
        )
    if text == "半":
        return Fraction(1, 2)
    return _cjk_whole(text)


def _either(text: str) -> Fraction | None:
    return Fraction(text) if _NUMBER.fullmatch(text) and text.isascii() else _chinese(text)


def _cjk_whole(text: str) -> Fraction | None:
    tokens = re.findall(r"\d[\d,]*(?:\.\d+)?|\S", text, re.ASCII)
    if any(not t[0].isdigit() and t not in _CJK and t not in _CJK_STEPS and t not in _CJK_SCALES for t in tokens):
        return None
    if len(tokens) > 1 and all(sign in _CJK for sign in tokens):  # digit by digit: 二〇二四
        return Fraction(int("".join(str(_CJK[sign]) for sign in tokens)))
    total, section = Fraction(0), Fraction(0)
    digit: Fraction | None = None
    last = 10**9
    for token in tokens:
        if token[0].isdigit() or token in _CJK:
            if digit is not None and digit != 0:
                return None
            digit = Fraction(token.replace(",", "")) if token[0].isdigit() else Fraction(_CJK[token])
        elif token in _CJK_STEPS:
            section, digit = section + (1 if digit is None else digit or 1) * _CJK_STEPS[token], None
        else:
            if _CJK_SCALES[token] >= last:
                return None
            last = _CJK_SCALES[token]
            total, section, digit = total + (section + (digit or 0) or 1) * last, Fraction(0), None
    return total + section + (digit or 0)
