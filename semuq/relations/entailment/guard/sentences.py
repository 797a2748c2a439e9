"""The verdict on two answers in the same words but for one thing: a number, an opposite, a "not", or who does what."""

from __future__ import annotations

import re
from functools import lru_cache

from semuq.relations.values.units import UNITS
from semuq.relations.values.words import MEMORY, is_number, number_of

__all__ = ["exchanged", "negated", "opposite", "other_number"]

_WORD = re.compile(r"[^\W\d_][\w'’-]*|\d+")


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_ARTICLES = frozenset({"a", "an", "the"})
_COPULAS = frozenset({"is", "are", "was", "were"})
# What goes both ways: "Ann met Bob" is "Bob met Ann"; "A and B", "A is next to B", "as large as".
_MUTUAL = _set(
    """
    and or nor with without met meet meets meeting married marries marry versus vs equals equal both between like
    unlike to from as same similar near next close far beside alongside opposite plus times against fought fights
    fight faced faces face played plays play drew resembles touches borders adjoins joins joined neighbours neighbors
    related adjacent different differs identical parallel perpendicular where while whereas but if then when
    """
)
# In a line, each is exclusive of the others.
_EXCLUSIVE = tuple(
    line.split()
    for line in """
    monday tuesday wednesday thursday friday saturday sunday
    mondays tuesdays wednesdays thursdays fridays saturdays sundays
    january february march april june july august september october november december
    spring summer autumn winter
    north south east west
    northern southern eastern western
    clockwise anticlockwise
    clockwise counterclockwise
    left right
    before after
    up down
    above below
    inside outside
    always never
    more less
    increase decrease
    increases decreases
    increased decreased
    rise fall
    rises falls
    rose fell
    rises drops
    expands contracts
    expands shrinks
    grows shrinks
    heats cools
    warmer colder
    hotter colder
    warmer cooler
    larger smaller
    bigger smaller
    longer shorter
    higher lower
    heavier lighter
    faster slower
    older younger
    stronger weaker
    thicker thinner
    hot cold
    first last
    largest smallest
    biggest smallest
    highest lowest
    longest shortest
    oldest youngest
    oldest newest
    fastest slowest
    heaviest lightest
    maximum minimum
    positive negative
    male female
    man woman
    men women
    husband wife
    brother sister
    son daughter
    mother father
    king queen
    alive dead
    born died
    won lost
    wins loses
    attracts repels
    attract repel
    absorbs emits
    melts freezes
    boils freezes
    begins ends
    began ended
    bought sold
    accepted rejected
    legal illegal
    possible impossible
    vertical horizontal
    vertically horizontally
    upper lower
    odd even
    acid base
    solid liquid gas
    """.strip().splitlines()
)
_MAY_NEGATE = frozenset(
    {*_COPULAS, "can", "could", "will", "would", "should", "must", "has", "have", "had", "did", "does"}
)


def other_number(one: str, two: str) -> bool:
    """The same words in the same order around one number, or one unit after a number, that differs.

    Args:
        one, two: normal forms.
    """
    a, b = one.split(), two.split()
    if len(a) != len(b) or "-" in a or {"about", "over", "under", "circa"} & {*a, *b}:
        return False
    differing = [(x, y) for x, y in zip(a, b, strict=True) if x != y]
    if len(differing) != 1 or not any(not is_number(t) for t in a):
        return False
    x, y = differing[0]
    if x in UNITS and y in UNITS and any(is_number(t) for t in a):
        return UNITS[x].dimension == UNITS[y].dimension and UNITS[x].name != UNITS[y].name
    return not {"/", "s"} & set(a) and is_number(x) and is_number(y) and number_of(x) != number_of(y)


def opposite(a: str, b: str) -> bool:
    """The same words in the same order but for one, which excludes the other: "It rises." and "It falls."

    Example:
        >>> opposite("It is heavier than water.", "It is lighter than water."), opposite("spring", "autumn")
        (True, True)
        >>> opposite("left or right", "left or left"), opposite("It rises.", "It climbs.")
        (False, False)
    """
    one, two = _lower(a), _lower(b)
    if len(one) != len(two) or {"or", "and", "not", "nor"} & {*one}:
        return False
    differing = [{x, y} for x, y in zip(one, two, strict=True) if x != y]
    return len(differing) == 1 and any(differing[0] <= set(line) for line in _EXCLUSIVE)


def negated(a: str, b: str) -> bool:
    """The same words, but one has a "not" behind its verb.

    Example:
        >>> negated("The bill was passed.", "The bill wasn't passed."), negated("42", "not 42")
        (True, False)
    """
    short, long = sorted((_lower(a), _lower(b)), key=len)
    if len(long) != len(short) + 1 or "not" in short or long.count("not") != 1:
        return False
    place = long.index("not")
    said = 0 < place < len(long) - 1 and long[place - 1] in _MAY_NEGATE and long[place + 1] not in ("only", "just")
    return said and long[:place] + long[place + 1 :] == short


def exchanged(a: str, b: str) -> bool:
    """Whether two sentences differ only in that two parties have changed places around what one does to the other.

    Example:
        >>> exchanged("Plato taught Aristotle.", "Aristotle taught Plato."), exchanged("Ann met Bob", "Bob met Ann")
        (True, False)
        >>> exchanged("William of Normandy defeated King Harold.", "King Harold defeated William of Normandy.")
        True
        >>> exchanged("Sound is faster than light.", "Light is faster than sound."), exchanged("a, b, c", "c, b, a")
        (True, False)
    """
    if re.search(r"[,;:/&+×=\d]", a + b):
        return False
    one, two = (tuple(word for word in _lower(text) if word not in _ARTICLES) for text in (a, b))
    written = {*_WORD.findall(a)} & {*_WORD.findall(b)}
    if len(one) != len(two) or one == two or sorted(one) != sorted(two):
        return False
    for i in range(1, len(one) - 1):  # what stands between is in lower case: "Kim Jong Un" is no sentence
        for j in range(i + 1, len(one)):
            left, middle, right = one[:i], one[i:j], one[j:]
            if right + middle + left == two and set(middle) <= written and _one_way(left, middle, right):
                return True
    return False


def _one_way(left: tuple[str, ...], middle: tuple[str, ...], right: tuple[str, ...]) -> bool:
    """Whether what stands between two parties makes a difference between them."""
    words = {*middle}
    parties = {*left, *right}
    return not (words & _MUTUAL or parties & {"and", "or", "than", "by", *_COPULAS} or words <= _COPULAS)


@lru_cache(MEMORY)
def _lower(text: str) -> tuple[str, ...]:
    """The words in lower case, "n't" as "not"."""
    text = re.sub(r"can['’]?t\b|\bcannot\b", "can not", text.casefold())
    text = re.sub(r"\bwon['’]t\b", "will not", text)
    return tuple(_WORD.findall(re.sub(r"n['’]t\b", " not", text)))
