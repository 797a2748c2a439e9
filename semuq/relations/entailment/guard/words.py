"""The verdict on two answers in the same words but for one thing: a number, an opposite, a bound, a party."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files

from semuq.relations.values.cardinals import is_number, number_of
from semuq.relations.values.units import UNITS
from semuq.relations.values.words import MEMORY, normalise

__all__ = ["bound", "compound", "exchanged", "one_sided", "only_difference", "opposite", "other_number", "sequel"]

_DATA = tomllib.loads(files(__package__).joinpath("words.toml").read_text(encoding="utf-8"))
_EXCLUSIVE = [frozenset(line.split()) for line in _DATA["exclusive"].strip().splitlines()]
_MUTUAL = frozenset(_DATA["mutual"].split())
_BOUNDS = [
    (way, re.compile(re.escape(shape).replace("_", "(.+)"))) for way, own in _DATA["bounds"].items() for shape in own
]
_ONE_SIDED = frozenset(_DATA["one_sided"].split())
_ARTICLES = frozenset({"a", "an", "the"})
_SMALL = _ARTICLES | {"of", "in", "the", "at", "on"}
_COPULAS = frozenset({"is", "are", "was", "were"})
_WORD = re.compile(r"[^\W\d_][\w'’-]*|\d+")
_LABEL = re.compile(r"(?<![\w'’])[B-HJ-Z](?![\w'’.])")
_ACCIDENTAL = re.compile(r"(?<=\b[A-G])[#♯♭](?!\S)")
_NAMED = {"#": " sharp", "♯": " sharp", "♭": " flat"}
_SEQUEL = re.compile(r"(.+?)[:,]? (?:(?:part|vol|volume|episode|season|book|chapter) )?(?:[2-9]|1\d)")


def only_difference(one: Sequence[str], two: Sequence[str]) -> int | None:
    """The place of the one word in which two rows of as many words differ; None where it is not one.

    >>> only_difference(["west", "ham"], ["west", "brom"]), only_difference(["west"], ["west", "ham"])
    (1, None)
    """
    differing = [place for place, (x, y) in enumerate(zip(one, two, strict=False)) if x != y]
    return differing[0] if len(one) == len(two) and len(differing) == 1 else None


def other_number(one: str, two: str) -> bool:
    """The same words in the same order around one number, one letter, or one unit after a number, that differs.

    Args:
        one, two: normal forms.
    """
    a, b = one.split(), two.split()
    place = only_difference(a, b)
    if place is None or "-" in a or {"about", "over", "under", "circa"} & {*a, *b} or all(map(is_number, a)):
        return False
    x, y = a[place], b[place]
    if len(x) == len(y) == 1 and x.isalpha() and y.isalpha():
        return True
    if x in UNITS and y in UNITS and any(is_number(t) for t in a):
        return UNITS[x].dimension == UNITS[y].dimension and UNITS[x].name != UNITS[y].name
    return not {"/", "s"} & set(a) and is_number(x) and is_number(y) and number_of(x) != number_of(y)


def opposite(a: str, b: str) -> bool:
    """The same words in the same order but for one, which excludes the other: "It rises." and "It falls."

    Words exclude each other by the lists of `words.toml`.

    Example:
        >>> opposite("It is heavier than water.", "It is lighter than water."), opposite("spring", "autumn")
        (True, True)
        >>> opposite("left or right", "left or left"), opposite("It rises.", "It climbs.")
        (False, False)
    """
    one, two = _lower(a), _lower(b)
    if {"or", "and", "not", "nor"} & {*one}:
        return False
    place = only_difference(one, two)
    return place is not None and any({one[place], two[place]} <= line for line in _EXCLUSIVE)


def compound(a: str, b: str) -> bool:
    """A name, and the name with another grown to it: Guinea and Guinea-Bissau, Java and JavaScript.

    In names of several words any but the last, since people join their last names.

    Example:
        >>> compound("Guinea", "Guinea-Bissau"), compound("JavaScript", "Java"), compound("Mac", "Macbeth")
        (True, True, False)
        >>> compound("Democratic Party", "Democratic-Republican Party"), compound("Ann Ray", "Ann Ray-Fox")
        (True, False)
    """
    one, two = a.strip(" .").split(), b.strip(" .").split()
    place = only_difference(one, two)
    if place is None or 0 < place == len(one) - 1:
        return False
    short, long = sorted((one[place], two[place]), key=len)
    return short.isalpha() and re.fullmatch(re.escape(short) + r"-?[A-Z]\w+", long) is not None


def one_sided(a: str, b: str) -> bool:
    """A name, and the same with a word more that makes another of it.

    Example:
        >>> one_sided("Virginia", "West Virginia"), one_sided("iPhone 12 Pro", "iPhone 12")
        (True, True)
        >>> one_sided("Bulls", "Chicago Bulls"), one_sided("a car", "a new car")
        (False, False)
    """
    words = (_lower(_ACCIDENTAL.sub(lambda found: _NAMED[found[0]], text).replace("-", " ")) for text in (a, b))
    short, long = sorted(([word for word in own if word not in _SMALL] for own in words), key=len)
    if not short or len(long) > 6 or len(long) != len(short) + 1:
        return False
    return any(long[:i] + long[i + 1 :] == short for i, word in enumerate(long) if word in _ONE_SIDED)


def sequel(one: str, two: str) -> bool:
    """A title, and the title with a number of 2 or more behind it.

    Args:
        one, two: normal forms.

    Example:
        >>> sequel("toy story", "toy story 2"), sequel("godfather part 2", "godfather"), sequel("catch 22", "catch")
        (True, True, False)
    """
    short, long = sorted((one, two), key=len)
    found = _SEQUEL.fullmatch(long)
    return found is not None and found[1] == short and not any(sign.isdigit() for sign in short)


@lru_cache(MEMORY)
def bound(text: str) -> tuple[str, str]:
    """Which way an answer points from a value, and the value: ("up, with", "5") of "5 or more"; ("", "") of others."""
    normal = normalise(text)
    return next(((way, found[1]) for way, shape in _BOUNDS if (found := shape.fullmatch(normal))), ("", ""))


def exchanged(a: str, b: str) -> bool:
    """Whether two sentences differ only in that two parties have changed places around what one does to the other.

    Example:
        >>> exchanged("Plato taught Aristotle.", "Aristotle taught Plato."), exchanged("Ann met Bob", "Bob met Ann")
        (True, False)
        >>> exchanged("A is bigger than B", "B is bigger than A"), exchanged("a, b, c", "c, b, a")
        (True, False)
    """
    if _turned(a, b):
        return True
    if re.search(r"[,;:/&+×=\d]", a + b):
        return False
    labels = _LABEL.search(a + " " + b)  # then "A" is one too
    one, two = (tuple(word for word in _lower(text) if labels or word not in _ARTICLES) for text in (a, b))
    written = {*_WORD.findall(a)} & {*_WORD.findall(b)}
    if len(one) != len(two) or one == two or sorted(one) != sorted(two):
        return False
    for i in range(1, len(one) - 1):  # what stands between is in lower case: "Kim Jong Un" is no sentence
        for j in range(i + 1, len(one)):
            left, middle, right = one[:i], one[i:j], one[j:]
            if right + middle + left == two and set(middle) <= written and _one_way(left, middle, right):
                return True
    return False


def _turned(a: str, b: str) -> bool:
    """From one place to another and back; one thing and then another, the other way about."""
    one, two = _lower(a), _lower(b)
    if len(one) != len(two) or one == two or sorted(one) != sorted(two) or _MUTUAL & {*one} - {"to", "from", "then"}:
        return False
    for way in ("to", "then", "before", "after", "into"):
        if one.count(way) == two.count(way) == 1:
            start = one.index("from") + 1 if way == "to" and "from" in one else int(one[0] == "first")
            if way == "to" and not start and len(one) > 3:
                continue
            left, right = one[start : (place := one.index(way))], one[place + 1 :]
            if left and right and two == (*one[:start], *right, way, *left):
                return True
    return False


def _one_way(left: tuple[str, ...], middle: tuple[str, ...], right: tuple[str, ...]) -> bool:
    """Whether what stands between two parties makes a difference between them."""
    words = {*middle}
    parties = {*left, *right}
    return not (words & _MUTUAL or parties & {"or", "than", "by", *_COPULAS} or words <= _COPULAS)


@lru_cache(MEMORY)
def _lower(text: str) -> tuple[str, ...]:
    """The words in lower case, "n't" as "not"."""
    text = re.sub(r"can['’]?t\b|\bcannot\b", "can not", text.casefold())
    text = re.sub(r"\bwon['’]t\b", "will not", text)
    return tuple(_WORD.findall(re.sub(r"n['’]t\b", " not", text)))
