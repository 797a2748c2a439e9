"""The verdict on two proper names: the same with initials, numerals or letters written out, or plainly two names.

Only capitalised answers of a few words are judged, and only by what can be seen in their spelling; nicknames, pen
names, translations and anything else that takes knowledge is left to the model.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from functools import lru_cache

from semuq.relations.guard.text import MEMORY

__all__ = ["exchanged", "names", "numerals"]


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
_ORDINALS = (
    *("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"),
    *("eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth"),
)
_ORDINAL = re.compile(rf"(?<=\w) the ({'|'.join(_ORDINALS)})\b", re.IGNORECASE)
_ROMAN = re.compile(r"(?<=\w )(?:X{1,3}(?:IX|IV|V?I{0,3})|IX|IV|VI{0,3}|I{1,3})\b(?!['.’-])")
_WORD = re.compile(r"[^\W\d_][\w'’-]*|\d+")
# A name with one of these may be another form of one without it: "President Obama" and "Barack Obama".
_TITLES = _set(
    """
    mr mrs ms miss dr sir lord lady dame king queen prince princess president pope saint st count duke emperor
    empress tsar general captain colonel admiral major professor father mother brother sister chief senator governor
    baron mount mt lake river city republic kingdom state states island islands province county company inc
    corporation university college school church united great new old first second world national international
    royal san santa big little black white young jr sr american british english scottish irish french german italian
    spanish russian chinese japanese dutch roman greek indian canadian australian
    """
)
# Before a family name these say that the answer is a person, so that another family name is another person.
_GIVEN = _set(
    """
    adam alan albert alexander alfred alice andrew angela ann anna anne anthony antonio arthur barbara ben benjamin
    bernard bill bob boris brian bruce carl carlos carol charles charlie charlotte chris christian christopher
    claude daniel david diana dick donald dorothy douglas edgar edward elizabeth ellen emily emma eric ernest eva
    fiona francis frank franz fred frederick friedrich gary geoffrey george gerald grace graham greg hans harold
    harry helen henri henry herbert howard hugh ian isaac ivan jack jacob james jane jean jennifer jeremy jerry
    jessica jim joan joe johann john jonathan jose joseph juan judy julia julie karen karl kate katherine keith ken
    kenneth kevin kim larry laura lawrence lee leo leon leonard linda lisa louis louise lucy luis marco margaret
    maria marie mark martha martin mary matthew max michael mike nancy neil nicholas nick nicole nigel norman oliver
    oscar otto pablo pamela patricia patrick paul pedro peter philip pierre rachel ralph ray raymond rebecca richard
    robert robin roger ronald rose roy russell ruth sally sam samuel sandra sarah scott simon sophie stanley stephen
    steve steven stuart susan terry thomas tim timothy tom tommy tony vincent walter wayne wilhelm william
    """
)
_DIRECTIONS = _set(
    """
    north south east west northern southern eastern western upper lower
    """
)
# What goes both ways: "Ann met Bob" is "Bob met Ann".
_MUTUAL = _set(
    """
    and or nor with met meets meet married marries marry versus vs equals is are was were both between like
    """
)
_SHORT_FORMS = (
    *("william bill billy will", "robert bob bobby rob", "richard dick rick", "james jim jimmy jamie"),
    *("john jack johnny", "edward ted ned eddie", "elizabeth liz beth betty bess eliza", "margaret peggy maggie meg"),
    *("henry harry hank", "charles chuck charlie", "michael mike mick", "anthony tony", "theodore ted teddy"),
    *("francis frank", "katherine catherine kate kathy katie", "mary molly polly", "sarah sally", "helen nell"),
    *("alexander alex sandy sasha", "lawrence larry", "albert bert", "joseph joe", "samuel sam", "thomas tom"),
    *("eugene gene", "gerald jerry", "jeremiah jerry", "andrew drew andy", "nicholas nick", "christopher kit chris"),
    *("anne nancy", "martha patty", "dorothy dot dolly", "leonard len", "ronald ron", "donald don", "abraham abe"),
)
_CLOSE = frozenset((x, y) for forms in _SHORT_FORMS for x in forms.split() for y in forms.split())


@lru_cache(MEMORY)
def numerals(text: str) -> str:
    """The text with Roman numerals and "the Eighth" behind a word in digits.

    Example:
        >>> numerals("World War II"), numerals("Henry the Eighth"), numerals("Louis XIV"), numerals("I Robot")
        ('World War 2', 'Henry 8', 'Louis 14', 'I Robot')
    """
    text = _ORDINAL.sub(lambda found: f" {_ORDINALS.index(found[1].casefold()) + 1}", text)
    return _ROMAN.sub(lambda found: str(_value(found[0])), text)


def names(a: str, b: str) -> int:
    """+1 one name, -1 two names, 0 not decided.

    +1 if they differ in initials written out (J. R. R. Tolkien, John Ronald Reuel Tolkien) or one is made of the
    other's initials (NATO). -1 if they have equally many words and differ in just one that is no initial and
    not alike: the first (James Murdoch, Rupert Murdoch), the last behind a given name (Neil Armstrong, Neil
    Diamond), a direction, or a letter at the end (Vitamin A, Vitamin D).

    Example:
        >>> names("J. R. R. Tolkien", "John Ronald Reuel Tolkien"), names("JFK", "John F. Kennedy")
        (1, 1)
        >>> names("Neil Armstrong", "Neil Diamond"), names("Leo Tolstoy", "Lev Tolstoy"), names("Paris", "Lyon")
        (-1, 0, 0)
    """
    if _acronym(a, b) or _acronym(b, a):
        return 1
    one, two = _words(a), _words(b)
    if one == two or len(one) != len(two) or not 2 <= len(one) <= LONGEST:
        return 0
    differing = [(x, y) for x, y in zip(one, two, strict=True) if x != y]
    written_out = [pair for pair in differing if len(min(pair, key=len)) == 1 and pair[0][0] == pair[1][0]]
    if len(written_out) == len(differing) < len(one):
        return 1 if one[-1] == two[-1] and len(one[-1]) > 1 else 0
    return -1 if len(differing) == 1 and _others(one, two, *differing[0]) else 0


def exchanged(a: str, b: str) -> bool:
    """Whether two sentences differ only in that two names have changed places around what one does to the other.

    Example:
        >>> exchanged("Plato taught Aristotle.", "Aristotle taught Plato."), exchanged("Ann met Bob", "Bob met Ann")
        (True, False)
    """
    one, two = (_WORD.findall(text) for text in (a, b))
    places = [place for place, (x, y) in enumerate(zip(one, two, strict=False)) if x != y]
    if len(one) != len(two) or len(places) != 2:
        return False
    first, second = places
    swapped = one[first] == two[second] and one[second] == two[first]
    between = {word.casefold() for word in one[first + 1 : second]}
    return swapped and one[first].istitle() and one[second].istitle() and bool(between) and not between & _MUTUAL


def _others(one: tuple[str, ...], two: tuple[str, ...], x: str, y: str) -> bool:
    """Whether two names that differ in one word only, x against y, are plainly two names."""
    if {x, y} <= _DIRECTIONS or (len(x) == len(y) == 1 and one[-1] == x):
        return True
    if ({*one, *two} & _TITLES) or min(len(x), len(y)) < 3 or (x, y) in _CLOSE or _alike(x, y):
        return False
    first, last = one[0] == x, one[-1] == x
    return len(one) < 4 and (x + y).isalpha() and (first or (last and one[0] in _GIVEN))


@lru_cache(MEMORY)
def _words(text: str) -> tuple[str, ...]:
    """The words of a proper name in lower case without accents; none if it is none."""
    text = re.sub(r"(?<=\b[A-Z])\.(?=[A-Z]\b)", ". ", text.strip().removeprefix("The "))
    found = _WORD.findall(text)
    if any(not (word[0].isupper() or word[0].isdigit() or word in _SMALL_WORDS) for word in found):
        return ()
    if re.search(r"[,;:/()\[\]\"“”]", text) or text.isupper():
        return ()
    bare = unicodedata.normalize("NFKD", " ".join(found)).casefold()
    return tuple("".join(sign for sign in bare if not unicodedata.combining(sign)).split())


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


def _value(roman: str) -> int:
    digits = [{"I": 1, "V": 5, "X": 10}[letter] for letter in roman]
    return sum(-own if own < after else own for own, after in zip(digits, [*digits[1:], 0], strict=True))
