"""The normal form of a short answer: case, punctuation, leading article, wrapping phrase, number words.

Only English wrappings, articles and number words are known; text in other languages keeps all its words.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from semuq.relations.values.cardinals import SCALES, SMALL, in_digits

__all__ = ["begin_alike", "normalise", "tokens", "without_accents"]

MEMORY = 4_096
"""Texts whose reading is remembered: each answer meets all the others of its question."""

_OPENING = re.compile(  # "I'm not sure, but I think that the answer is"
    r"^(?:"
    r"(?:well|sure)[, ]+|i'?m not (?:sure|certain),? but |i'?d say |i would say |"
    r"(?:i (?:think|believe|guess|suppose)|i'm (?:fairly |pretty )?sure|i am sure)(?: that)?,? |"
    r"(?:it|this|that|he|she)(?: is| was|'s) (?:called|known as) |"
    r"(?:it is|it's|it was|that is|that's|that was|that would be|this is|they are|they were|"
    r"it (?:would|should|must) be|there (?:are|were|is|was)) |"
    r"(?:the|my) (?:correct |right )?answer(?: to the question)? (?:is|would be):? |(?:the )?answer: |"
    r"(?:probably|most likely|possibly|maybe|perhaps)(?: it is| it was)?,? "
    r")(?=\S)(?!not\b)"
)
_CLOSING = re.compile(
    r",? (?:of course|i (?:think|believe|guess|suppose)|most likely|without (?:a )?doubt"
    r"|is the answer|is correct|of them)$"
)
_TOKEN = re.compile(r"[0-9]+(?:\.[0-9]+)?|[^\s0-9!-/:-@\[-`{-~‘’“”«»…–—]+|[^\s]")
_DECIMALS = {"half": ".5", "quarter": ".25"}
_PART_OF_A_SCALE = re.compile(r"\b(?:a )?(half|quarter) (?:of )?a (million|billion|trillion)\b")
_AND_A_HALF = re.compile(
    rf"\b({'|'.join(SMALL)}|[0-9]+) and a (half|quarter) (hundred|thousand|million|billion|trillion)\b"
)
_BARE = {
    "æ": "ae",
    "Æ": "AE",
    "œ": "oe",
    "Œ": "OE",
    "ø": "o",
    "Ø": "O",
    "ß": "ss",
    "ł": "l",
    "Ł": "L",
    "đ": "d",
    "ð": "d",
}
_SUPERSCRIPT = re.compile(r"(?<=\w)[⁻²³¹⁰⁴-⁹]+")
_BEHIND_A_LABEL = frozenset(
    {"is", "are", "was", "has", "does", "and", "or", "but", "not", "flat", "sharp", "major", "minor"}
)
_SILENT = set(".,;:!?\"'()[]{}*_`’‘“”…")


@lru_cache(MEMORY)
def normalise(text: str) -> str:
    """The normal form of an answer; the same for answers that differ only in how they are written.

    Raises nothing. Applying it twice changes nothing. Text without words gives "".

    Example:
        >>> normalise("The answer is Twenty-One.")
        '21'
        >>> normalise("  the BEATLES!")
        'beatles'
        >>> normalise("C++"), normalise("1,000")
        ('c + +', '1000')
    """
    for _ in range(8):  # one pass is enough but for wrappings inside wrappings
        again = " ".join(tokens(text))
        if again == text:
            break
        text = again
    return text


def tokens(text: str) -> list[str]:
    """Words, numbers and symbols of one pass of `normalise`."""
    text = _SUPERSCRIPT.sub(lambda found: "^" + found[0], text)  # or NFKC makes 102 of 10²
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).replace("’", "'")
    text = re.sub(r"(?<![\w.])\.(?=[0-9])", "0.", " ".join(text.split())).strip(" .!\"'*`")
    text = _PART_OF_A_SCALE.sub(lambda found: f"0{_DECIMALS[found[1]]} {found[2]}", text)
    text = _AND_A_HALF.sub(lambda found: f"{SMALL.get(found[1], found[1])}{_DECIMALS[found[2]]} {found[3]}", text)
    while True:
        bare = _CLOSING.sub("", _OPENING.sub("", text)).strip(" .,:!\"'*`")
        if bare == text or not bare:
            break
        text = bare
    text = re.sub(r"(?<=[0-9]),(?=[0-9]{3}(?![0-9]))", "", text)
    text = re.sub(r"(?<=[^\W\d_])['.](?=[^\W\d_])", "", text)  # o'clock, u.s
    found = [t for t in _TOKEN.findall(text) if t not in _SILENT]
    if len(found) > 1 and found[0] in ("the", "a", "an") and found[1] not in SCALES and not _is_label(found):
        found = found[1:]
    return in_digits(found)


def _is_label(found: list[str]) -> bool:
    """Whether the "a" in front is a letter that names something: "A is bigger", "A or B", "A flat", "A +"."""
    return found[0] == "a" and (found[1] in _BEHIND_A_LABEL or len(found[1]) == 1)


def begin_alike(one: str, two: str) -> int:
    """How many signs two texts share from the start.

    >>> begin_alike("clonidine", "clonazepam"), begin_alike("lion", "lion")
    (4, 4)
    """
    return next((i for i, (x, y) in enumerate(zip(one, two, strict=False)) if x != y), min(len(one), len(two)))


def without_accents(text: str) -> str:
    """The text with accented Latin letters and ligatures as plain letters; other scripts keep their signs.

    Example:
        >>> without_accents("Brontë, Dvořák, Ærø, が")
        'Bronte, Dvorak, AEro, が'
    """
    return "".join(_BARE.get(sign) or _base(sign) for sign in unicodedata.normalize("NFC", text))


def _base(sign: str) -> str:
    base = unicodedata.normalize("NFD", sign)[0]
    return base if base.isascii() and base.isalpha() else sign
