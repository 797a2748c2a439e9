"""One proper name in two forms, by what can be seen in its spelling.

Nicknames, pen names, abbreviations, translations and anything else that takes knowledge is left to the model.
"""

from __future__ import annotations

import re
import tomllib
from difflib import SequenceMatcher
from functools import lru_cache
from importlib.resources import files

from semuq.relations.values.words import MEMORY, without_accents

__all__ = ["names"]

LONGEST = 6
"""Words of a name; longer answers are left to the model."""
_SMALL_WORDS = frozenset("of the and for in on de da di del della der den la le el y van von bin ibn al".split())  # noqa: SIM905
_WORD = re.compile(r"[^\W\d_][\w'’-]*|\d+")
_NO_NAME = re.compile(r"[^\w\s.'’‘!?-]")
_DATA = tomllib.loads(files(__package__).joinpath("names.toml").read_text(encoding="utf-8"))
_GIVEN = frozenset(_DATA["given"].split())
_HONOURS = frozenset(_DATA["honours"].split())
_KINDS = frozenset(_DATA["kinds"].split())
_CLOSE = frozenset((x, y) for line in _DATA["forms"].strip().splitlines() for x in line.split() for y in line.split())
_SHORTENED = {"st": "saint", "mt": "mount", "ft": "fort", "dr": "doctor"}  # before a name


def names(a: str, b: str) -> int:
    """+1 one name, -1 two names, 0 not decided.

    +1 if they differ in initials written out (J. R. R. Tolkien, John Ronald Reuel Tolkien) or in accents. -1 if first
    and last name are the same and the first initial between them is not (George H. W. Bush, George W. Bush), or two
    names of two words differ in a word that is no form of the other's.

    Example:
        >>> names("J. R. R. Tolkien", "John Ronald Reuel Tolkien"), names("Emily Brontë", "Emily Bronte")
        (1, 1)
        >>> names("George H. W. Bush", "George W. Bush"), names("Michelle Obama", "Barack Obama")
        (-1, -1)
        >>> names("Bill Clinton", "William Clinton"), names("Leo Tolstoy", "Lev Tolstoy"), names("Paris", "Lyon")
        (0, 0, 0)
    """
    one, two = _words(a), _words(b)
    if not one or not two or max(len(one), len(two)) > LONGEST:
        return 0
    if one == two:
        return 1
    if min(len(one), len(two)) > 2 and (one[0], one[-1]) == (two[0], two[-1]) and len(one[1]) == len(two[1]) == 1:
        return -1 if one[1] != two[1] else 0
    if len(one) != len(two) or len(one) < 2:
        return 0
    differing = [(x, y) for x, y in zip(one, two, strict=True) if x != y]
    written_out = [pair for pair in differing if len(min(pair, key=len)) == 1 and pair[0][0] == pair[1][0]]
    if len(written_out) == len(differing) < len(one):
        return 1 if one[-1] == two[-1] and len(one[-1]) > 1 else 0
    if len(differing) > 1:
        return 0
    ((x, y),) = differing
    return -1 if len(one) == 2 and (one[0] == x or len(x) > 1 < len(y)) and _unlike(x, y, a + b) else 0


def _unlike(x: str, y: str, both: str) -> bool:
    """Whether a word of two names of two words is another and no form, honour or kind of place: West Ham, West Brom."""
    plain = {x, y}.isdisjoint(_HONOURS | _KINDS) and not re.search(r"[,()/]| of ", both)
    if {x, y} <= _GIVEN and (x, y) not in _CLOSE and x[0] != y[0]:
        return True
    close = SequenceMatcher(None, x, y).ratio() >= 0.5 or x.startswith(y) or y.startswith(x) or (x, y) in _CLOSE
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
    words = without_accents(" ".join(found)).casefold().split()
    return (_SHORTENED.get(words[0], words[0]), *words[1:]) if len(words) > 1 else tuple(words)
