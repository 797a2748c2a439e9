"""What a short answer says when it is nothing but a value: a number with its unit, a date, a time of day.

"over 40", "some time in 1980" and "40 of them died" are not values here, so that vague or longer answers are never
judged by rule.
"""

from __future__ import annotations

import re
from functools import lru_cache

from semuq.relations.values.cardinals import is_number
from semuq.relations.values.dates import clock, date, period, weekday
from semuq.relations.values.kinds import Quantity, Value
from semuq.relations.values.numerals import ordinals
from semuq.relations.values.quantities import loosely, quantity, span, with_articles
from semuq.relations.values.shorthand import in_full
from semuq.relations.values.units import UNITS, join_units
from semuq.relations.values.words import MEMORY, normalise

__all__ = ["only_number", "read"]

LONGEST = 80  # characters
_ABOUT = frozenset({"about", "around", "approximately", "roughly", "nearly", "almost", "circa", "ca"})
_VAGUE = frozenset(
    {"over", "under", "before"}
    | {"after", "until", "since", "by", "between", "least", "most", "more", "less", "than", "early", "mid", "late"}
    | {"s", "plus", "minus", "not", "nor", "no", "never", "or", "and", "first"}
)
_BEHIND_NUMBERS = frozenset({"of", "in", "on", "at", "to", "for", "by", "is", "are", "was", "men", "bc", "ad", "ce"})
_FEET = re.compile(r"\s*([0-9])\s?['′’]\s?([0-9]{1,2})\s?(?:[\"″”]|''|’’)?\s*\.?\s*")


@lru_cache(MEMORY)
def read(text: str) -> Value | None:
    """The value that an answer consists of, or None.

    Example:
        >>> read("July 4, 1776") == read("the 4th of July 1776")
        True
        >>> read("5 km") == read("five kilometres"), read("over 5 km"), read("40 of them died")
        (True, None, None)
    """
    if len(text) > LONGEST:
        return None
    text = in_full(text)
    if feet := _FEET.fullmatch(text):
        text = f"{feet[1]} feet {feet[2]} inches"
    words = normalise(text).split()
    if len(words) > 1 and words[0] in ("in", "on", "at", "during"):
        words = words[2:] if words[1] in ("the",) and len(words) > 2 else words[1:]
    if time := clock(text, words):
        return time
    words = _result(with_articles(text, words))
    if words[:2] == ["year", *words[1:2]] and len(words) == 2:
        words = words[1:]
    if words and words[0] in _ABOUT:
        return loosely(quantity(join_units(words[1:])))
    if not _third_of_one(text, words):
        words = ordinals(words)
    return date(words) or period(words) or weekday(words) or span(words) or quantity(join_units(words))


@lru_cache(MEMORY)
def only_number(text: str) -> Quantity | None:
    """The only number of a sentence, with its unit, if nothing there makes it vague.

    Example:
        >>> only_number("It ended in 1945.") == read("1945"), only_number("under 40 ships"), only_number("2 of 3")
        (True, None, None)
    """
    words = join_units(normalise(in_full(text)).split())
    places = [i for i, word in enumerate(words) if is_number(word)]
    if len(places) != 1 or _VAGUE & set(words) or any(not w.isalnum() and not is_number(w) for w in words):
        return None
    place = places[0]
    loose = place > 0 and words[place - 1] in _ABOUT
    behind = words[place + 1 : place + 2]
    unit = [word for word in behind if word in UNITS]
    if behind and (behind[0] in ("st", "nd", "rd", "th", "hundred") or _unknown_unit(behind[0])):
        return None
    found = quantity([words[place], *unit])
    return loosely(found) if loose else found


def _unknown_unit(word: str) -> bool:
    """Whether a word behind a number may be the sign of a unit that is not in the table."""
    return len(word) < 4 and word not in UNITS and word not in _BEHIND_NUMBERS


def _third_of_one(text: str, words: list[str]) -> bool:
    """Whether a normal form begins with a fraction: "a third", not "the third"."""
    return bool(words) and re.search(rf"\ban? {re.escape(words[0])}\b", text.casefold()) is not None


def _result(words: list[str]) -> list[str]:
    """What a calculation comes to: what is behind its last "=", "equals" or "is equal to"."""
    for place in range(len(words) - 1, 0, -1):
        if words[place] in ("=", "equals") or words[place - 2 : place + 1] == ["is", "equal", "to"]:
            return words[place + 1 :]
    return words
