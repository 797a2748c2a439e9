"""What a short answer claims: without what it denies; whether it leaves open, bounds, lists, or names something longer.

Each rule is about the form of an answer, in English, and speaks of answers of a few words only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

__all__ = ["another_name", "asserted", "bounded", "leaves_open", "lists_more"]

_NOT = (
    r"(?:not|never|isn't|wasn't|aren't|weren't|rather than|instead of|neither|nor|no longer|unlike"
    r"|(?:any|every|no)(?:thing|one|body|where)\s+(?:but|except|other\s+than)|except(?:\s+for)?|other\s+than|apart\s+from|excluding"
    r"|all\s+but)(?!\s+(?:only"
    r"|sure|certain|just))"
)
_MAYBE = re.compile(
    r"^(?:(?:it\s+)?(?:could|might|may)\s+be|it\s+is|maybe|perhaps|possibly|even|the|an?|in|at|also|,)\s+",
    re.IGNORECASE,
)
_DENIED = re.compile(
    rf"\b{_NOT}\s+(?:(?:in|at|on|by|the|a|an|from)\s+)*[^,.;:!?]*?(?=\bbut\b|[,.;:!?]|$)", re.IGNORECASE
)
_WRONG = re.compile(
    r"^[^,.;:!?]*?\s+(?:is|was|are)\s+(?:wrong|incorrect|false|not\s+(?:right|correct))\b", re.IGNORECASE
)
_DENIED_CHINESE = re.compile(r"(?:不是|并非|並非|ではなく|아니라)[^，。,.；;！!]*")
_BESIDE = re.compile(r"\b(?:before|after|than|prior to|as opposed to)\s+\d[\d.,]*", re.IGNORECASE)
_CHOICE = re.compile(
    r"\s+or\s+|\s*/\s*(?=[A-Z])|\?\s*(?:or\s+)?(?=\w)|,\s*(?=(?:maybe|perhaps|possibly|(?:could|might|may)\s+be)\b)",
    re.IGNORECASE,
)
OPEN = 5
"""Words of an answer whose "or" leaves open which it is; a longer one explains."""
SHORT = 12
"""Words of an answer whose denials are about what was asked; a longer one denies other things too."""


_BOUND = re.compile(
    r"(?:(?:it (?:is|was)|there (?:are|were)|in) )?(?:(?:some ?time|the (?:year|years)) )?"
    r"(before|after|prior to|(?:no |not )?(?:more|less|fewer|greater|later|earlier) than|at least|at most"
    r"|over|under|above|below|up to|between|until)\s+(?:the )?[$€£]?\d"
    r"|(?:from\s+)?[$€£]?\d[\d.,]*\s*(to|-|–|—)\s*[$€£]?\d[\d.,]*%?$",
    re.IGNORECASE,
)
_ITEMS = re.compile(r",\s*(?:and\s+|or\s+)?|\s+(?:and|&)\s+|\s*;\s*")
_BEFORE_A_NAME = re.compile(
    r"(?:north|south|east|west)(?:ern)?|new|equatorial|upper|lower|inner|outer|central|democratic", re.IGNORECASE
)
"""Words that make another place of a place."""
LISTED = 4
"""Names with commas alone between them that are a list: "Paris, Île-de-France, France" is one place."""


def asserted(answer: str) -> str:
    """A short answer without what it denies, and without the years and numbers that it only compares with.

    >>> asserted("It was in 1939, not 1945"), asserted("not Paris but Lyon"), asserted("1945 was after 1939")
    ('It was in 1939,', 'but Lyon', '1945 was')
    """
    if len(answer.split()) > SHORT:
        return answer
    rest = _DENIED_CHINESE.sub("", _DENIED.sub("", _WRONG.sub("", answer)))
    beside = _BESIDE.sub("", rest)
    return (beside if re.search(r"\d", beside) else rest).strip()


def leaves_open(said: str, wanted: str, says: Callable[[str], bool]) -> bool:
    """Whether a short answer names the gold answer as one of several that it might be.

    Args:
        said, wanted: the answer and the gold answer.
        says: whether a part of the answer says the gold answer.

    >>> leaves_open("It is Paris, Lyon, or Nice.", "Paris", lambda part: "Paris" in part)
    True
    """
    sides = [side.strip(" .?!,") for side in _CHOICE.split(said)]
    if len(sides) < 2 or ":" in said or len(said.split()) > SHORT or _CHOICE.search(wanted):
        return False
    found = [says(side) for side in sides]
    if not any(found) or all(found):
        return False
    if len(said.split()) <= OPEN and re.search(r"\bor\b|/", said):
        return True
    others = [_MAYBE.sub("", side) for side, names in zip(sides, found, strict=True) if not names]
    return wanted[:1].isupper() and all(
        side[:1].isupper() and len(side.split()) <= len(wanted.split()) + 1 for side in others
    )


def bounded(text: str) -> str:
    """How a short answer bounds a number that it does not state: "before", "more than"; "" if it states one.

    >>> bounded("before 1776"), bounded("at least 40"), bounded("40")
    ('before', 'at least', '')
    """
    found = _BOUND.match(text) if len(text.split()) <= OPEN + 1 else None
    return (found[1] or found[2]).casefold() if found else ""


def lists_more(said: str, golden: Sequence[str], says: Callable[[str, str], bool]) -> bool:
    """Whether a short answer is a list of names, one of which no gold answer knows.

    Args:
        said, golden: the answer and all gold answers to the question.
        says: whether a part of the answer says a gold answer or a name in it.

    >>> def same(a, b): return a == b
    >>> lists_more("red, white and blue", ["red and blue"], same), lists_more("London, England", ["London"], same)
    (True, False)
    >>> lists_more("Tom and Jerry", ["Tom", "Jerry"], same)
    False
    """
    items = _items(said)
    if not items or (len(items) < LISTED and not re.search(r"\band\b|&", said)):
        return False
    if any(says(said, own) and len(_items(own)) == len(items) for own in golden):
        return False
    known = [name for own in golden for name in (own, *_items(own))]
    return not all(any(says(item, name) or says(name, item) for name in known) for item in items)


def _items(text: str) -> list[str]:
    """The names that a text lists, if it is nothing but a list."""
    items = [item for item in (part.strip(" .!*") for part in _ITEMS.split(text)) if item]
    if len(items) < 2 or ":" in text or len(text.split()) > SHORT or any(len(item.split()) > 3 for item in items):
        return []
    return items if len({item[0].isupper() for item in items}) == 1 else []


def another_name(said: str, wanted: str) -> bool:
    """Whether every mention of the gold name is a part of a longer name of something else.

    >>> [another_name(said, "Guinea") for said in ("Equatorial Guinea", "Guinea-Bissau", "in Guinea")]
    [True, True, False]
    """
    if not wanted[:1].isupper() or len(wanted.split()) > OPEN:
        return False
    mentions = list(re.finditer(rf"(?:\b([A-Z][a-z]+)\s+)?(?<![\w-]){re.escape(wanted)}(-[A-Z]\w+)?(?!\w)", said))
    return bool(mentions) and all(bool(own[1] and _BEFORE_A_NAME.fullmatch(own[1])) or bool(own[2]) for own in mentions)
