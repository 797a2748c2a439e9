"""Ordinals and Roman numerals, in words and signs, as numbers."""

from __future__ import annotations

import re
from functools import lru_cache

from semuq.relations.values.cardinals import TENS, is_number
from semuq.relations.values.words import MEMORY

__all__ = ["numerals", "ordinals", "roman"]

_ORDINALS = (
    *("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"),
    *("eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth"),
    "nineteenth",
)
_PLACE = {word: i for i, word in enumerate(_ORDINALS, start=1)}
_PLACE |= {f"{word[:-1]}ieth": value for word, value in TENS.items()}
_BEHIND_A_NAME = re.compile(rf"(?<=\w) the ({'|'.join(_ORDINALS)})\b", re.IGNORECASE)
_ROMAN = re.compile(r"(?<=\w )(?<!\band )(?:X{1,3}(?:IX|IV|V?I{0,3})|IX|IV|VI{0,3}|I{1,3})\b(?!['.’-])")
_ANY_ROMAN = re.compile(r"M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})")
_DIGITS = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}


@lru_cache(MEMORY)
def numerals(text: str) -> str:
    """The text with Roman numerals and "the Eighth" behind a word in digits.

    Example:
        >>> numerals("World War II"), numerals("Henry the Eighth"), numerals("Louis XIV"), numerals("I Robot")
        ('World War 2', 'Henry 8', 'Louis 14', 'I Robot')
    """
    text = _BEHIND_A_NAME.sub(lambda found: f" {_PLACE[found[1].casefold()]}", text)
    return _ROMAN.sub(lambda found: str(_value(found[0])), text)


def roman(text: str) -> int | None:
    """The number that an answer of at least two Roman digits is.

    Example:
        >>> roman("MCMLXXXIV"), roman("XIV."), roman("X"), roman("IIII"), roman("Mix")
        (1984, 14, None, None, None)
    """
    digits = text.strip().rstrip(".")
    return _value(digits) if len(digits) > 1 and _ANY_ROMAN.fullmatch(digits) else None


def ordinals(words: list[str]) -> list[str]:
    """The words with ordinals as a number and "th": "3 rd", "third" and "twenty - first" of a normal form.

    A second is left as it is behind a number or "per", and so is what may be the lower half of a fraction.

    Example:
        >>> ordinals("third place".split()), ordinals("20 - first century".split()), ordinals("1 third".split())
        (['3', 'th', 'place'], ['21', 'th', 'century'], ['1', 'third'])
    """
    result: list[str] = []
    for word in words:
        if word in ("st", "nd", "rd") and result and is_number(result[-1]):
            result.append("th")
            continue
        place = _PLACE.get(word)
        before = [t for t in result[-2:] if t != "-"][-1:]
        tens = int(before[0]) if before and before[0] in ("20", "30", "40", "50", "60", "70", "80", "90") else 0
        unit = word == "second" and before and before[0] in ("per", "/", "a", "each", "every")
        if place is None or unit or (before and is_number(before[0]) and not (tens and place < 10)):
            result.append(word)
        elif tens:
            while result and result[-1] in ("-", str(tens)):
                result.pop()
            result += [str(tens + place), "th"]
        else:
            result += [str(place), "th"]
    return result


def _value(digits: str) -> int:
    values = [_DIGITS[digit] for digit in digits]
    return sum(-own if own < after else own for own, after in zip(values, [*values[1:], 0], strict=True))
