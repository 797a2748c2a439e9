"""The verdict on two proper names: the same with initials, titles or letters written out, or plainly two names.

Only capitalised answers of a few words are judged, and only by what can be seen in their spelling; nicknames, pen
names, translations and anything else that takes knowledge is left to the model.
"""

from __future__ import annotations

import difflib
import re
from functools import lru_cache

from semuq.relations.entailment.guard.given import GIVEN, one_name
from semuq.relations.values.words import MEMORY, without_accents

__all__ = ["names"]


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


LONGEST = 6
"""Words of a name; longer answers are left to the model."""
ALIKE = 0.6
"""Two words at least this similar may be spellings, or forms, of one name."""
_SMALL_WORDS = _set(
    """
    of the and for in on de da di del della der den la le el y van von bin ibn al
    """
)
_WORD = re.compile(r"[^\W\d_][\w'’-]*|\d+")
_NO_NAME = re.compile(r"[^\w\s.'’‘!?-]")
# A name with one of these may be another form of one without it: "President Obama" and "Barack Obama".
_TITLES = _set(
    """
    mr mrs ms miss mister dr doctor sir lord lady dame king queen prince princess president premier pope saint st count
    duke emperor empress tsar general captain colonel admiral marshal major professor dean father mother brother sister
    chief senator governor ambassador
    baron mount mt lake river city republic kingdom state states island islands province county company inc
    corporation university college school church united great new old first second world national international
    royal san santa big little black white young jr sr american british english scottish irish french german italian
    spanish russian chinese japanese dutch roman greek indian canadian australian
    """
)
# A name of two words or more is the same without one of these in front of it.
_HONOURS = _set(
    """
    mr mrs ms sir dame dr doctor prof professor president pope king queen emperor empress tsar
    """
)
_SHORTENED = {"st": "saint", "mt": "mount", "ft": "fort", "dr": "doctor"}  # before a name
_ROLES = _set(
    """
    actor actress architect artist astronaut astronomer author biologist botanist boxer chemist comedian composer
    conductor designer director dramatist economist engineer explorer golfer guitarist historian inventor journalist
    mathematician musician naturalist novelist painter philosopher photographer physicist physician pianist playwright
    poet politician producer psychologist rapper scientist sculptor singer singer-songwriter songwriter theologian
    writer
    """
)
_ROLE = re.compile(r"(?:[Tt]he |[Aa]n? )?(?:[A-Z][a-z]+(?:an|ish|ese|ch|ic|i|ss|ek) )?([a-z-]+) (?=[A-Z])")
_DIRECTIONS = _set(
    """
    north south east west northern southern eastern western upper lower
    """
)


def names(a: str, b: str) -> int:
    """+1 one name, -1 two names, 0 not decided.

    +1 if they differ in initials written out (J. R. R. Tolkien, John Ronald Reuel Tolkien), an initial left out,
    a title or accents, or one is made of the other's initials (NATO). -1 if they have equally many words and
    differ in just one that is no initial and not alike: the first of two given names (James Murdoch, Rupert
    Murdoch), the last behind a given name (Neil Armstrong, Neil Diamond), a direction, an ocean, or a letter at
    the end (Vitamin A, Vitamin D); or if the initials before one family name are none of the other's.

    Example:
        >>> names("J. R. R. Tolkien", "John Ronald Reuel Tolkien"), names("JFK", "John F. Kennedy")
        (1, 1)
        >>> names("Sir Isaac Newton", "Isaac Newton"), names("George Eliot", "T. S. Eliot")
        (1, -1)
        >>> names("Neil Armstrong", "Neil Diamond"), names("Leo Tolstoy", "Lev Tolstoy"), names("Paris", "Lyon")
        (-1, 0, 0)
    """
    if _acronym(a, b) or _acronym(b, a):
        return 1
    one, two = _words(a), _words(b)
    if not one or not two or max(len(one), len(two)) > LONGEST:
        return 0
    if one == two or _without_honours(one) == _without_honours(two) or _initial_left_out(one, two):
        return 1
    if _other_initials(one, two) or _other_initials(two, one):
        return -1
    if len(one) != len(two) or len(one) < 2:
        return 0
    differing = [(x, y) for x, y in zip(one, two, strict=True) if x != y]
    written_out = [pair for pair in differing if len(min(pair, key=len)) == 1 and pair[0][0] == pair[1][0]]
    if len(written_out) == len(differing) < len(one):
        return 1 if one[-1] == two[-1] and len(one[-1]) > 1 else 0
    return -1 if len(differing) == 1 and _others(one, two, *differing[0]) else 0


def _others(one: tuple[str, ...], two: tuple[str, ...], x: str, y: str) -> bool:
    """Whether two names that differ in one word only, x against y, are plainly two names."""
    if {x, y} <= _DIRECTIONS:
        return x[:4] != y[:4]  # North Territory, Northern Territory
    if len(x) == len(y) == 1 and one[-1] == x:
        return x.isalpha() == y.isalpha()
    if ({*one, *two} & _TITLES) or min(len(x), len(y)) < 3 or one_name(x, y) or _alike(x, y):
        return False
    if len(one) > 3 or not (x + y).isalpha():
        return False
    if one[0] == x:
        return {x, y} <= GIVEN or one[1:] == ("ocean",)
    return one[-1] == x and one[0] in GIVEN


def _other_initials(one: tuple[str, ...], two: tuple[str, ...]) -> bool:
    """Whether `one` has two initials or more before its family name, and `two`, with that family name, has none."""
    *letters, family = one
    *given, other = two
    if len(letters) < 2 or not given or family != other or len(family) == 1 or {*letters, *given} & _TITLES:
        return False
    if any(len(letter) > 1 for letter in letters) or not set(given) <= GIVEN:
        return False
    forms = {form for name in given for form in GIVEN if one_name(name, form)} | set(given)
    return not {form[0] for form in forms} & set(letters)


def _initial_left_out(one: tuple[str, ...], two: tuple[str, ...]) -> bool:
    """Franklin D. Roosevelt and Franklin Roosevelt; not George W. Bush and George Bush, who may be two presidents."""
    short, long = sorted((one, two), key=len)
    if len(short) != 2 or len(long) != 3 or len(long[1]) > 1 or long[1].isdigit() or short[1] == "bush":
        return False
    return (long[0], long[2]) == short and short[0] in GIVEN


def _without_honours(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words of a name without a title in front of at least two others."""
    while len(words) > 2 and words[0] in _HONOURS:
        words = words[1:]
    return words


@lru_cache(MEMORY)
def _words(text: str) -> tuple[str, ...]:
    """The words of a proper name in lower case without accents; () if it is none."""
    text = re.sub(r"(?<=\b[A-Z])\.(?=[A-Z]\b)", ". ", text.replace("&", " and ").strip().removeprefix("The "))
    if (role := _ROLE.match(text)) and role[1] in _ROLES:  # the American biologist James Watson
        text = text[role.end() :]
    found = _WORD.findall(text)
    if any(not (word[0].isupper() or word[0].isdigit() or word in _SMALL_WORDS) for word in found):
        return ()
    if not found or _NO_NAME.search(text) or text.isupper():
        return ()
    words = without_accents(" ".join(found)).casefold().split()
    return (_SHORTENED.get(words[0], words[0]), *words[1:]) if len(words) > 1 else tuple(words)


def _acronym(short: str, long: str) -> bool:
    """Whether one is the initials of the other's words, with or without its small words."""
    letters = re.sub(r"[.\s]", "", short.strip().removeprefix("The "))
    if not re.fullmatch(r"[A-Z]{2,6}", letters) or (" " in short.strip(". ") and "." not in short):
        return False
    found = _WORD.findall(long.strip().removeprefix("The "))
    if len(found) < 2 or not all(word[0].isupper() or word in _SMALL_WORDS for word in found):
        return False
    every = "".join(word[0] for word in found).upper()
    return letters in (every, "".join(word[0] for word in found if word not in _SMALL_WORDS).upper())


def _alike(x: str, y: str) -> bool:
    """Whether two words may be one in another spelling, form or short form."""
    return x[:3] == y[:3] or x in y or y in x or difflib.SequenceMatcher(None, x, y).ratio() >= ALIKE
