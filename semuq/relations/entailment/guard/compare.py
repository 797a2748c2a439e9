"""The verdict on two short answers: the same value, different values, or nothing to be said by rule."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from semuq.markup import bare
from semuq.relations.entailment.guard import values
from semuq.relations.entailment.guard.names import other_name
from semuq.relations.entailment.guard.phrases import kind
from semuq.relations.entailment.guard.signs import apart, marked_apart, other_operator, other_units, same_code
from semuq.relations.entailment.guard.synonyms import strangers, synonyms
from semuq.relations.entailment.guard.words import (
    bound,
    compound,
    exchanged,
    one_sided,
    opposite,
    other_number,
    sequel,
)
from semuq.relations.unanswered import unanswered
from semuq.relations.values.amounts import ascii_digits
from semuq.relations.values.kinds import Quantity, Value
from semuq.relations.values.numerals import numerals, ordinals, roman
from semuq.relations.values.reading import only_number, read
from semuq.relations.values.words import MEMORY, normalise, without_accents

__all__ = ["RULES", "agree", "conflict", "decided_by", "verdict"]

SENTENCE = 12  # words; longer answers are left to the model
_ITEM = re.compile(r"(?:^|\s)(\d{1,2})[.)]\s+(?=\D)")
_LEGAL_FORM = re.compile(
    r"(?<=\w),? (?:Inc|Ltd|LLC|Corp|Corporation|Incorporated|Limited|GmbH|AG|plc|PLC|Co(?=\.))\.?$"
)
_VERSION = re.compile(r"^(?:v|[Vv]ersion )(?=\d+(?:\.\d+)+$)")
_CODE = re.compile(r"[\^$\\|{}<>=_@~#♯♭+%*!]")
LONGEST = 10_000  # signs of an answer that is looked at


def agree(a: str, b: str) -> bool:
    """Whether two answers are the same but for how they are written.

    True if they are equal after `normalise` (case, outer punctuation, leading article, phrases such as "the
    answer is", number words), or both are nothing but the same value (number with unit, date), or both
    say yes, or both say no, or both refuse.

    Symmetric; True for two copies of one answer; never True together with `conflict`.

    Example:
        >>> agree("eight", "8"), agree("July 4, 1776", "4 July 1776"), agree("It's Paris.", "paris")
        (True, True, True)
        >>> agree("50%", "half"), agree("5 km", "5,000 m"), agree("1989", "July 1989")
        (True, True, False)
    """
    return verdict(a, b) > 0


def conflict(a: str, b: str) -> bool:
    """Whether two short answers exclude each other.

    True if both are nothing but a value and the values differ, if both are written signs (letters, operators,
    versions, commands, code) and not the same ones, if one says yes and the other no, if exactly one is a refusal,
    or if they share all their words but for a number ("Apollo 11", "Apollo 12"), an opposite, a bound, or the places
    of two parties around a verb. Only answers of at most 12 words are judged, and a refusal only against 8. False
    where one is merely vaguer or rounded (1989 and July 1989 or the 1980s, 3.14 and 3.14159), for unknown or unlike
    units, and for anything else in doubt.

    Symmetric; never True together with `agree`.

    Example:
        >>> conflict("42", "43"), conflict("July 4", "July 5"), conflict("git pull", "git push")
        (True, True, True)
        >>> conflict("1989", "the 1980s"), conflict("Lionel Messi", "Pelé"), conflict("I don't know", "Paris")
        (False, False, True)
    """
    return verdict(a, b) < 0


def verdict(a: str, b: str, without: str = "") -> int:
    """1 where the two `agree`, -1 where they `conflict`, 0 where the model must be asked.

    `without` names one of `RULES` that is left out, to see what it is worth.

    Example:
        >>> verdict("42", "forty-two"), verdict("42", "43"), verdict("Lionel Messi", "Pelé")
        (1, -1, 0)
    """
    return decided_by(a, b, without)[1]


def decided_by(a: str, b: str, without: str = "") -> tuple[str, int]:
    """The first rule that has a say, and what it says.

    Example:
        >>> decided_by("42", "43"), decided_by("push", "pull"), decided_by("Lionel Messi", "Pelé")
        (('values', -1), ('one word', -1), ('', 0))
    """
    if max(len(a), len(b)) > LONGEST:
        return "", int(a == b)
    a, b = _unwrapped(a), _unwrapped(b)
    for name, rule in RULES.items():
        said = None if name == without else rule(a, b)
        if said is not None:
            return name, said
    return "", 0


@lru_cache(MEMORY)
def _unwrapped(text: str) -> str:
    """Without tags, fences, marks of templates, numbers of a list, a firm's legal form, if more than a stop is left."""
    found = _VERSION.sub("", _LEGAL_FORM.sub("", ascii_digits(bare(text))))
    numbers = _ITEM.findall(found)
    if len(numbers) > 1 and numbers == [str(place) for place in range(1, len(numbers) + 1)]:
        found = _ITEM.sub(", ", found).strip(" ,")
    return found if normalise(found) else text


def _ended(text: str) -> str:
    """Without the full stop that may stand behind any answer."""
    return text.strip().rstrip(".").rstrip()


def _as_written(a: str, b: str) -> int | None:
    """The same but for case, outer marks, wrapping phrases; signs of two units; too long for rules."""
    one, two = normalise(a), normalise(b)
    if other_units(a, b) or other_operator(a, b):
        return -1
    if _ended(a) == _ended(b) != "":
        return 1
    if a == b or (one and one == two):
        return -1 if marked_apart(a, b) else 1
    return 0 if max(len(one.split()), len(two.split())) > SENTENCE else None


def _phrases(a: str, b: str) -> int | None:
    """Yes and no."""
    one, two = normalise(a), normalise(b)
    (first, first_pure), (second, second_pure) = kind(a, one), kind(b, two)
    if not first and not second:
        return None
    if first and second:
        same = first == second
        return 0 if same and not (first_pure or second_pure) else 1 if same else -1
    return -1 if opposite(a, b) else 0  # left and right


def _synonyms(a: str, b: str) -> int | None:
    """Two names of one thing."""
    plain = not _CODE.search(a + b)
    return 1 if plain and synonyms(normalise(a), normalise(b)) else None


def _values(a: str, b: str) -> int | None:
    """Two values; or a value and a short sentence with one number, which may differ but never agree."""
    first, second = _read(a), _read(b)
    if first is not None and second is not None:
        ranks = {getattr(first, "dimension", ""), getattr(second, "dimension", "")} == {"count", "ordinal"}
        if ranks and not re.search(r"\d", a + b):  # "third" and "three", but perhaps "3rd" and "3"
            return -1
        return values.compare(first, second)
    if first is None and second is None:
        return None
    value = first or second
    numeral = roman(a if first is None else b)  # XIV and 14
    if numeral and isinstance(value, Quantity) and value.dimension == "count":
        return 1 if value.value == numeral else 0
    first = first or only_number(a)
    second = second or only_number(b)
    if first is None or second is None or values.may_be_year(first) != values.may_be_year(second):
        return None
    return -1 if values.compare(first, second) < 0 else None


def _read(text: str) -> Value | None:
    """The value of an answer; none for a code in which a number and letters stand together (0xFF)."""
    value = read(text)
    code = isinstance(value, Quantity) and value.dimension.startswith("count of") and " " not in text.strip()
    return None if code else value


def _signs(a: str, b: str) -> int | None:
    """Letters, operators, codes: written the same or not the same."""
    return 1 if same_code(a, b) else -1 if apart(a, b) else None


def _bounds(a: str, b: str) -> int | None:
    """At least 5 and 5 or more; at least 5 and at most 5."""
    (way, one), (other, two) = bound(a), bound(b)
    ends = {way.rpartition(" ")[2], other.rpartition(" ")[2]}
    if not way or not other or (one != two and verdict(one, two) < 1):
        return None
    return (
        1 if way == other else -1 if way.split(",")[0] != other.split(",")[0] or {"with", "without"} == ends else None
    )


def _spellings(a: str, b: str) -> int | None:
    """The same letters; or the same words around another number."""
    one, two = _spelt(a), _spelt(b)
    if set(one) & set(two):
        return 1
    return -1 if any(other_number(x, y) or sequel(x, y) for x, y in zip(one, two, strict=True)) else None


def _one_word(a: str, b: str) -> int | None:
    """The same words but for one that makes another meaning of them; one name grown together with another."""
    return -1 if opposite(a, b) or compound(a, b) or one_sided(a, b) else None


def _strangers(a: str, b: str) -> int | None:
    """Two names that WordNet knows, of no one thing."""
    return -1 if strangers(normalise(a), normalise(b)) else None


def _parties(a: str, b: str) -> int | None:
    """Who does what to whom, and the other way about."""
    return -1 if exchanged(a, b) else None


def _names(a: str, b: str) -> int | None:
    """Two people, clubs or firms with one word of two in common."""
    return -1 if other_name(numerals(a), numerals(b)) else None


def _neither(a: str, b: str) -> int | None:
    """Two that give no answer, in whatever words; one that gives none, and one that does."""
    first, second = unanswered(a), unanswered(b)
    return (1 if first and second else -1) if first or second else None


RULES: dict[str, Callable[[str, str], int | None]] = {
    "neither": _neither,
    "as written": _as_written,
    "phrases": _phrases,
    "synonyms": _synonyms,
    "values": _values,
    "signs": _signs,
    "bounds": _bounds,
    "spellings": _spellings,
    "one word": _one_word,
    "parties": _parties,
    "names": _names,
    "strangers": _strangers,
}
"""In their order: the first that has a say decides, and 0 says that the model must be asked."""


@lru_cache(MEMORY)
def _spelt(text: str) -> tuple[str, str]:
    """The normal form without accents, with ordinals as numbers, with hyphens as spaces and with none."""
    text = without_accents(numerals(text)).replace("&", " and ")
    forms = (re.sub(r"(?<=[^\W\d_])-(?=[^\W\d_])", gap, text) for gap in (" ", ""))
    one, two = (" ".join(ordinals(normalise(form).split())) for form in forms)
    return _letters(one), _letters(two)


def _letters(text: str) -> str:
    """Single letters in one word (j k rowling), and the world wars by their number."""
    text = re.sub(r"\b(?:[a-z] )+[a-z]\b", lambda found: found[0].replace(" ", ""), text)
    text = re.sub(r"\bww ?(?:([12])|(i{1,2}))\b", lambda found: f"world war {found[1] or len(found[2])}", text)
    return re.sub(r"\b([12]) th world war\b", r"world war \1", text)
