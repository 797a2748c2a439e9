"""Two proper names in nearly the same words, by what can be seen in their spelling.

Nicknames, initials, pen names, abbreviations, translations and anything else that takes knowledge is left to the model.
"""

from __future__ import annotations

import re
import tomllib
from difflib import SequenceMatcher
from functools import lru_cache
from importlib.resources import files

from semuq.relations.entailment.guard.words import only_difference
from semuq.relations.values.words import MEMORY, without_accents

__all__ = ["other_name"]

_SMALL_WORDS = frozenset("of the and for in on de da di del della der den la le el y van von bin ibn al".split())  # noqa: SIM905
_WORD = re.compile(r"[^\W\d_][\w'’-]*|\d+")
_NO_NAME = re.compile(r"[^\w\s.'’‘!?-]")
_DATA = tomllib.loads(files(__package__).joinpath("names.toml").read_text(encoding="utf-8"))
_GIVEN = frozenset(_DATA["given"].split())
_HONOURS = frozenset(_DATA["honours"].split())
_KINDS = frozenset(_DATA["kinds"].split())
_CLOSE = frozenset((x, y) for line in _DATA["forms"].strip().splitlines() for x in line.split() for y in line.split())


def other_name(a: str, b: str) -> bool:
    """Whether two names of two words differ in one, which is no form of the other's.

    Example:
        >>> other_name("Michelle Obama", "Barack Obama"), other_name("West Ham", "West Brom")
        (True, True)
        >>> other_name("Bill Clinton", "William Clinton"), other_name("Leo Tolstoy", "Lev Tolstoy")
        (False, False)
    """
    one, two = _words(a), _words(b)
    place = only_difference(one, two)
    if place is None or len(one) != 2:
        return False
    x, y = one[place], two[place]
    return (place == 0 or len(x) > 1 < len(y)) and _unlike(x, y, a + b)


def _unlike(x: str, y: str, both: str) -> bool:
    """Whether a word of two names of two words is another and no form, honour or kind of place: West Ham, West Brom."""
    plain = {x, y}.isdisjoint(_HONOURS | _KINDS) and not re.search(r"[,()/]| of ", both)
    if {x, y} <= _GIVEN and (x, y) not in _CLOSE and x[0] != y[0]:
        return True
    close = (
        SequenceMatcher(None, min(x, y), max(x, y)).ratio() >= 0.5
        or x.startswith(y)
        or y.startswith(x)
        or (x, y) in _CLOSE
    )
    return plain and not close and not x[0].isdigit() and not y[0].isdigit()


@lru_cache(MEMORY)
def _words(text: str) -> tuple[str, ...]:
    """The words of a proper name in lower case without accents; () if it is none."""
    text = re.sub(r"(?<=\b[A-Z])\.(?=[A-Z]\b)", ". ", text.replace("&", " and ").strip().removeprefix("The "))
    found = _WORD.findall(text)
    if any(not (word[0].isupper() or word[0].isdigit() or word in _SMALL_WORDS) for word in found):
        return ()
    if not found or _NO_NAME.search(text) or text.isupper():
        return ()
    return tuple(without_accents(" ".join(found)).casefold().split())
