"""Two names of one thing, by tables: WordNet's, CLDR's and GeoNames' of places in other languages, ours of the rest."""

from __future__ import annotations

import gzip
import re
import tomllib
from difflib import SequenceMatcher
from functools import cache, lru_cache
from importlib.resources import files

from semuq.relations.values.words import MEMORY, begin_alike, without_accents

__all__ = ["key", "strangers", "synonyms"]

_STEM, _END = 4, 6
_ENDINGS = frozenset(
    {"", "s", "es", "ic", "ics", "al", "ical", "ist", "ian", "ism", "y", "ness", "er", "or", "ed", "ing", "ly", "ous"}
    | {
        "ation",
        "ion",
        "ician",
        "an",
        "ean",
        "ese",
        "ish",
        "e",
        "ity",
        "th",
        "ance",
        "ence",
        "ment",
        "ies",
        "ia",
        "n",
        "ce",
        "tic",
    }
)
_OWNER = re.compile(r"^(?:the|his|her|its|their|my|our|your) (?=\S)")
_BELONGS = re.compile(r"(?:ish|ese|ian|ean|an|ch|ek|ss|sh|ic|i)$")
LONGEST = 60
"""Signs of a name; the longest of the tables are hardly longer."""


def synonyms(one: str, two: str) -> bool:
    """Whether a table gives one thing both names.

    Args:
        one, two: normal forms.

    Example:
        >>> synonyms("puma", "mountain lion"), synonyms("mark twain", "samuel langhorne clemens")
        (True, True)
        >>> synonyms("paracetamol", "acetaminophen"), synonyms("mass", "weight"), synonyms("puma", "tiger")
        (True, False, False)
    """
    return max(len(one), len(two)) <= LONGEST and not _things(one).isdisjoint(_things(two))


def strangers(one: str, two: str) -> bool:
    """Whether WordNet knows both names, and nothing that both of them name.

    False also where one may be derived from the other (France and French, biology and biological), and where one
    merely goes on (Elvis Presley, Rugby Union); what stands in front makes another thing of it (table tennis).

    Args:
        one, two: normal forms.

    Example:
        >>> strangers("alligator", "crocodile"), strangers("tennis", "table tennis"), strangers("sofa", "couch")
        (True, True, False)
        >>> strangers("leopold mozart", "mozart"), strangers("panthera leo", "panthera tigris")
        (True, True)
        >>> strangers("france", "french"), strangers("elvis", "elvis presley")
        (False, False)
    """
    if max(len(one), len(two)) > LONGEST or any(sign.isdigit() for sign in one + two):
        return False
    short, long = sorted((one, two), key=len)
    if f" {short} " in f" {long} ":
        if not long.endswith(short):
            return False
    elif len(short) < 4 <= len(long) or (not (_things(one) and _things(two)) and _alike(one.split(), two.split())):
        return False  # short for the other, or spelt in two ways, perhaps
    first, second = _things(one, sure=False), _things(two, sure=False)
    known = bool(first) and bool(second) and first.isdisjoint(second)
    return known and not _linked(first, second) and not _derived(one, two)


def _alike(one: list[str], two: list[str]) -> bool:
    """Whether the words of only one of two names are near one another's letters."""
    x, y = (" ".join(word for word in own if word not in other) for own, other in ((one, two), (two, one)))
    return not x or not y or (SequenceMatcher(None, min(x, y), max(x, y)).ratio() >= 0.6 and x[0] == y[0])


def _derived(one: str, two: str) -> bool:
    """Whether two words may have one stem, or one the ending of what belongs to a country."""
    shared = begin_alike(one, two)
    rest = one[shared:], two[shared:]
    if shared >= _STEM and all(len(end) <= _END and not end.startswith(" ") for end in rest):
        return any(end in _ENDINGS for end in rest)
    return (_BELONGS.search(one) is None) != (_BELONGS.search(two) is None) and (
        one[0] == two[0] or " " not in one + two
    )


@lru_cache(MEMORY)
def _things(name: str, sure: bool = True) -> frozenset[int]:
    """The lines of the tables in which a name stands, as it is or in the singular."""
    forms = [form for own in _forms(name) for form in ((own,) if sure else (own, f"~{own}"))]
    return frozenset(line for form in forms for line in _table().get(form, ()))


def _linked(first: frozenset[int], second: frozenset[int]) -> bool:
    """Whether two tables know one of the things, under a name in common, and each some of its names."""
    lines = _lines()
    return any(lines[x][0] != lines[y][0] and not lines[x][1].isdisjoint(lines[y][1]) for x in first for y in second)


def _forms(name: str) -> set[str]:
    name = key(name)
    pieces = name.split()
    if any(piece.isdigit() for piece in pieces) and all(len(piece) < 3 for piece in pieces):
        name = "".join(pieces)  # "h 2 o" of a normal form
    singular = re.sub(r"ies$", "y", name) if name.endswith("ies") else re.sub(r"(?<=[^us])s$", "", name)
    return {name, singular}


@cache
def _lines() -> list[tuple[str, frozenset[str]]]:
    """Each thing with its table and its names; read on first use."""
    folder = files(__package__)
    found = []
    for table in ("synonyms", "abroad"):
        text = gzip.decompress(folder.joinpath(f"{table}.txt.gz").read_bytes()).decode()
        found += [(table, frozenset(line.split("|"))) for line in text.splitlines()]
    own = tomllib.loads(folder.joinpath("synonyms.toml").read_text(encoding="utf-8"))
    lines = (line.split("|") for part in own.values() for line in part.strip().splitlines())
    return found + [("own", frozenset(map(key, line))) for line in lines]


@cache
def _table() -> dict[str, tuple[int, ...]]:
    """Each name and the lines in which it stands."""
    table: dict[str, tuple[int, ...]] = {}
    for place, (_, names) in enumerate(_lines()):
        for name in names:
            table[name] = (*table.get(name, ()), place)
    return table


def key(name: str) -> str:
    """A name as it stands in the tables: small letters without accents, stops, hyphens, an article or an owner."""
    name = re.sub(r"['’.]", "", without_accents(name).casefold())
    return _OWNER.sub("", " ".join(re.sub(r"[^\w+ ]", " ", name).split()))
