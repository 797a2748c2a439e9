"""Names that carry a number or a letter: Apollo XI, Type A, vitamin B-12, the third season, HTTP/2, O negative."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import lru_cache
from importlib.resources import files

from semuq.relations.values.cardinals import SCALES, is_number
from semuq.relations.values.dates import MONTH
from semuq.relations.values.numerals import numerals, ordinals
from semuq.relations.values.units import UNITS
from semuq.relations.values.words import MEMORY, normalise, without_accents

__all__ = ["labels"]

LONGEST = 8
"""Words of a name with its labels; longer answers are left to others."""
_DATA = tomllib.loads(files(__package__).joinpath("labels.toml").read_text(encoding="utf-8"))
_SHORT = {short: full for line in _DATA["short"].strip().splitlines() for short, _, full in [line.partition(" ")]}
_EPISODE = re.compile(r"\b[Ss](\d{1,2})\s?[Ee](\d{1,2})\b")
_NUMBER_SIGN = re.compile(r"(?:\b[Nn](?:o\.?|um\.?|umber|r\.?)|#|№)\s*(?=\d|[A-Z]\b)")
_INTERSTATE = re.compile(r"\bI-(?=\d{1,3}\b)")
_LETTERED = re.compile(r"\b([A-Z][a-z]*|[a-z]{2,})-(?=[A-Z0-9]\b|\d)")
_FLAT_OR_SHARP = re.compile(r"\b([A-G])\s?-?\s?(?:([#♯]|sharp\b)|(♭|flat\b))")
_BLOOD = re.compile(
    r"(?:(?:blood )?(?:type|group) )?(A|B|AB|O|0)\s?-?(?:(\+|pos(?:itive)?)|([-−–]|neg(?:ative)?))"
    r"(?: blood)?(?: type| group)?\.?",
    re.IGNORECASE,
)
_SIGNS = re.compile(r"[#+=@_{}<>\\|~^*%$€£]|(?<!\w)-(?=\w)")
_PIECE = re.compile(r"\d+(?:\.\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)?\.?")
_SILENT = frozenset({"the", "of", "in", "an", "s", "th", "st", "nd", "rd"})
_VAGUE = frozenset(_DATA["vague"].split())


def labels(a: str, b: str) -> int:
    """+1 the same words with the same labels, -1 the same words with others, 0 not decided.

    Numbers may be written in any way (II, two, second, 2); a name may also say less of what it is ("Model T", "Ford
    Model A").

    Example:
        >>> labels("Phase II", "phase two"), labels("Amendment XIV", "14th Amendment"), labels("S02E05", "S05E02")
        (1, 1, -1)
        >>> labels("Model T", "Ford Model A"), labels("O-", "O negative"), labels("C# minor", "C-sharp minor")
        (-1, 1, 1)
        >>> labels("three kings", "third kings"), labels("July 1989", "1989"), labels("vitamin B12", "B-12")
        (0, 0, 0)
    """
    first, second = _BLOOD.fullmatch(a.strip()), _BLOOD.fullmatch(b.strip())
    if first and second:
        same = first[1].upper() == second[1].upper() and bool(first[2]) == bool(second[2])
        return 1 if same else -1
    (one, words), (two, others) = _read(a), _read(b)
    if not one or not two or not words or not others:
        return 0
    values, other_values = [value for value, _ in one], [value for value, _ in two]
    counted = {kind for _, kind in (*one, *two)}
    if values == other_values:
        return 1 if words == others and not {"count", "rank"} <= counted else 0
    if {*values, *other_values} & {"i", "v", "x"} and [*map(str.isdigit, values)] != [*map(str.isdigit, other_values)]:
        return 0
    if sorted(words) == sorted(others):
        return -1 if sorted(values) != sorted(other_values) or words == others else 0
    alike = [value.isalpha() for value in values] == [value.isalpha() for value in other_values]
    return -1 if alike and ({*words} <= {*others} or {*others} <= {*words}) else 0


Label = tuple[str, str]
"""Its value, and whether it was written as a "rank" (third), a "count" before a word (three kings) or neither."""


@lru_cache(MEMORY)
def _read(text: str) -> tuple[tuple[Label, ...], tuple[str, ...]]:
    """The labels of an answer, and its other words in small letters; two empty tuples where there are none to read."""
    nothing: tuple[tuple[Label, ...], tuple[str, ...]] = ((), ())
    if len(text) > 12 * LONGEST:
        return nothing
    text = unicodedata.normalize("NFKC", text).strip(" .!?\"'*`“”")
    text = _EPISODE.sub(r"season \1 episode \2", _NUMBER_SIGN.sub("", text))
    text = _LETTERED.sub(r"\1 ", _INTERSTATE.sub("interstate ", text))
    text = _FLAT_OR_SHARP.sub(lambda found: f"{found[1]} {'sharp' if found[2] else 'flat'}", text)
    text = without_accents(text)
    if _SIGNS.search(text) or not text.isascii():
        return nothing
    found = _PIECE.findall(numerals(text))
    if len(found) > LONGEST:
        return nothing
    values: list[Label] = []
    words: list[str] = []
    for place, piece in enumerate(found):
        behind = found[place + 1] if place + 1 < len(found) else ""
        small = piece.casefold().rstrip(".")
        if value := _number(small):
            rank = (small[0].isalpha() and ordinals([small]) != [small]) or behind in ("st", "nd", "rd", "th")
            values.append((value, "rank" if rank else "count" if behind and not values and not words else ""))
        elif len(small) == 1 and small.isalpha() and not (piece.endswith(".") and behind):
            if small == "a" and (piece == "a" or not place) and behind:
                continue  # an article
            values.append((small, ""))
        elif small not in _SILENT:
            words += _SHORT.get(small, small).split()
    if {*words} & _VAGUE or any(word in MONTH or word in UNITS or word in SCALES for word in words):
        return nothing
    return tuple(values), tuple(words)


def _number(word: str) -> str:
    """A number in digits or in a word, cardinal or ordinal, without leading zeros; "" for other words."""
    if word[0].isdigit():
        return word.lstrip("0") or "0"
    found = ordinals(normalise(word).split())
    return found[0] if found and is_number(found[0]) else ""
