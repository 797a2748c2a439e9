"""Cardinal numbers and their parts in English words: the tables, and the runs of such words in a text, in digits."""

from __future__ import annotations

import re
from fractions import Fraction

__all__ = ["PARTS", "SCALES", "SMALL", "TENS", "grown", "in_digits", "is_number", "number_of"]

LONGEST_NUMBER = 300
"""Signs of a number; Python refuses to read digits by the thousand."""

_TEENS = ("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
_TO_TWELVE = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
SMALL = {word: i for i, word in enumerate(_TO_TWELVE + _TEENS)}
TENS = {
    word: 10 * i
    for i, word in enumerate(("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"), start=2)
}
SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "trillion": 10**12}
PARTS = {
    "half": 2, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9,
    "tenth": 10, "twelfth": 12, "sixteenth": 16, "twentieth": 20, "hundredth": 100, "thousandth": 1000,
}  # fmt: skip
PARTS |= {f"{name}s": size for name, size in PARTS.items()} | {"halves": 2}


def is_number(token: str) -> bool:
    """Whether a token is a non-negative number in ASCII digits, and not so long that nobody means a number."""
    return len(token) <= LONGEST_NUMBER and re.fullmatch(r"[0-9]+(?:\.[0-9]+)?", token) is not None


def number_of(token: str) -> Fraction:
    """The exact value of a token for which `is_number` holds."""
    return Fraction(token)


def grown(group: Fraction, last: str, word: str) -> tuple[Fraction, str] | None:
    """A group below a scale with one more word, and what kind of word it was; None where it does not go on so.

    Args:
        group: the number so far, since the start or the last scale.
        last: what it ends with: "start", "digits", "small", "tens", "hundred" or "scale".
        word: what follows.

    >>> grown(Fraction(20), "tens", "seven"), grown(Fraction(20), "tens", "twelve")
    ((Fraction(27, 1), 'small'), None)
    """
    begins = last in ("start", "hundred", "scale")
    if word in SMALL and (begins or (last == "tens" and 1 <= SMALL[word] <= 9)):
        return group + SMALL[word], "small"
    if word in TENS and begins:
        return group + TENS[word], "tens"
    if word == "hundred" and last in ("digits", "small", "tens"):
        return group * 100, "hundred"
    return None


def in_digits(words: list[str]) -> list[str]:
    """The words with each longest run of number words in digits; "5 million" becomes one number too.

    >>> in_digits("seven hundred and five apples".split()), in_digits("2 million".split())
    (['705', 'apples'], ['2000000'])
    """
    result: list[str] = []
    place = 0
    while place < len(words):
        value, used = _run(words, place)
        if used:
            result.append(_plain(value))
            place += used
        else:
            result.append(words[place])
            place += 1
    return result


def _run(words: list[str], start: int) -> tuple[Fraction, int]:
    """The number that begins at `start` and how many words it takes; 0 words if there is none."""
    total, group, used, place = Fraction(0), Fraction(0), 0, start
    last = "start"
    if words[start] in ("a", "an") and start + 1 < len(words) and words[start + 1] in SCALES:
        group, last, place = Fraction(1), "small", start + 1
    while place < len(words):
        word = words[place]
        if word in ("and", "-") and last != "start" and place + 1 < len(words):
            follows = words[place + 1]
            joins = (word == "and" and last in ("hundred", "scale")) or (word == "-" and last == "tens")
            if not joins or (follows not in SMALL and follows not in TENS):
                break
            place += 1
            continue
        if last == "tens" and word == "hundred":
            break  # "ninety hundred" in a text is more often two numbers than one
        if (with_word := grown(group, last, word)) is not None:
            group, last = with_word
        elif is_number(word) and last == "start" and place + 1 < len(words) and words[place + 1] in SCALES:
            group, last = number_of(word), "digits"
        elif word in SCALES and word != "hundred" and last not in ("start", "scale"):
            total, group, last = total + group * SCALES[word], Fraction(0), "scale"
        else:
            break
        place += 1
        used = place - start
    return total + group, used


def _plain(value: Fraction) -> str:
    """Digits of a number, with decimals only if there are any."""
    return str(value.numerator) if value.denominator == 1 else f"{float(value):.10f}".rstrip("0")
