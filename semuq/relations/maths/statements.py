"""Sentences that state a value: "There are 42 apples.", "So the total is $15.", "Tom has 9 cards left."

Only sentences with one number, and nothing in them that could make it another (than, more, not, from, ...), are taken
apart; a sentence whose words matter stays a sentence.
"""

from __future__ import annotations

import re

from semuq.relations.values.amounts import read_amount
from semuq.relations.values.measures import find_unit

__all__ = ["stated_value"]

LONGEST = 300
"""Characters; a longer sentence states nothing that could be told by rule."""

_OPENING = re.compile(
    r"^(?:(?:therefore|thus|hence|so|then|finally|in total|altogether|overall|as a result|in conclusion|sure"
    r"|well|ok|okay)\b[,:!]?\s*"
    r"|(?:i (?:think|believe|guess|get|got)|we (?:get|have|find|obtain|see))(?: that)?:?\s+|\.\.\.|…)+",
    re.IGNORECASE,
)
_VERB = re.compile(
    r"\b(?:is|are|was|were|be|equals?|costs?|earn(?:s|ed)|has|have|had|mak(?:es|e)|made|gives?|gets?|got|weighs?|takes?|took|needs?"
    r"|ate|eats|sold|sells|paid|pays|spen(?:ds|t)|saved?|saves|lost|bought|buys|read|reads|ends? up with"
    r"|(?:is|are) left with|comes? to"
    r"|totals|becomes?|remains?|'s|it's|there's|contains?|holds?|receives?|received|travels?|travell?ed|drove|walks|walked|runs|ran|yields?"
    r"|scor(?:es|ed)|collect(?:s|ed)|produces?|produced|use[sd]?)\b|='",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"^(?:the\s+)?(?:final\s+)?(?:total|sum|result|value|difference|product|average|mean|area|perimeter|volume|cost|price|count|number"
    r"|probability|final|solution|output|amount|profit|distance|speed|time|length|height|width|age)\s*[:=]\s*(?=\S)",
    re.IGNORECASE,
)
_CHANGES = re.compile(
    r"\b(?:than|more|less|fewer|not|no|never|without|from|before|after|until|since|increase[sd]?|decrease[sd]?|higher|lower|greater"
    r"|between|at least|at most|over|under|above|below|if|unless|or|could|might|may|per|every|each|out of|ago"
    r"|noon|midnight|times"
    r"|first|last|prime|even|odd|percent (?:off|more|less)|n't|isn't|except|minimum|maximum|exceeds?|up to)\b|[<>≤≥]",
    re.IGNORECASE,
)
_TRAILING = re.compile(
    r",?\s+(?:left|remaining|in total|in all|altogether|total|now|overall|together|today|tomorrow|each day"
    r"|in step \d+|as (?:our|the) final answer(?: here)?)$",
    re.IGNORECASE,
)
_CHOOSE = re.compile(r"\b(?:choose|pick|select|take|have|get|find)\s+([A-Za-z])\s*=\s*(-?\d[\d./]*)", re.IGNORECASE)
_NAMED = re.compile(r"^([A-Za-z])\s*=\s*([^\s=,;]+(?:\s*[-+*/]\s*[^\s=,;]+)*)$")
_SENTENCE = re.compile(r"(?<=[.!?。])(?<!\d\.)(?<!\b[A-Za-z]\.)(?<!\.\.\.)\s+|\n+|,\s+(?=but\b)")
_INSTEAD = re.compile(r"(?:\bnot|n't)\s+\S+?\s*(?:,|\bbut)\s*(?:but\s+)?(?:it\s+is\s+|it's\s+)?", re.IGNORECASE)
_MARKS = re.compile(r"[*`_]{1,3}(?=\S)|(?<=\S)[*`_]{1,3}")
_HEDGED = re.compile(r"\bI (?:think|believe|guess)\b", re.IGNORECASE)


def stated_value(text: str) -> str | None:
    """The value that a text states: of its first hedged sentence, or else of its last sentence that states one.

    Example:
        >>> stated_value("There are 42 apples."), stated_value("Hence, Tom has 9 cards."), stated_value("Total: 42")
        ('42 apples', '9 cards', '42')
        >>> stated_value("17 is prime"), stated_value("Bob has 5 more than Al."), stated_value("It is not 5.")
        (None, None, None)
    """
    sentences = [part.strip() for part in _SENTENCE.split(text) if part and part.strip() and len(part) <= LONGEST]
    for sentence in sentences:
        if _HEDGED.match(sentence) and (value := _of_sentence(sentence)):
            return value
    last = sentences[-1] if sentences else ""
    if chosen := _CHOOSE.search(last):
        return f"{chosen[1]} = {chosen[2]}"
    # Behind a calculation without words only the last sentence counts; else the last that states a value.
    for sentence in reversed(sentences[-3:]):
        if value := _of_sentence(sentence):
            return value
    return None


def _of_sentence(sentence: str) -> str | None:
    plain = _OPENING.sub("", _MARKS.sub("", sentence)).strip().rstrip("!")
    plain = re.sub(r"(?<=[^\s.])\.$", "", plain.strip()).strip()
    opened = plain != sentence.strip().rstrip(".!")
    if label := _LABEL.match(plain):
        rest = plain[label.end() :].strip()
        return rest if read_amount(_bare_money(rest)) else None
    if opened and (named := _NAMED.match(plain)):
        return f"{named[1]} = {named[2]}"
    if instead := _INSTEAD.search(plain):
        rest = plain[instead.end() :].strip()
        return rest if read_amount(rest) else None
    verbs = list(_VERB.finditer(plain))
    if not verbs or _CHANGES.search(plain):
        return _hedged_number(plain)
    numbers = re.findall(r"(?<![\w.])[-−]?[$€£]?\d[\d.,/]*%?", plain)
    for verb in verbs:
        rest = _TRAILING.sub(
            "", plain[verb.end() :].strip().strip("$") if plain.count("$") % 2 == 0 else plain[verb.end() :].strip()
        )
        rest = re.sub(r"^(?:equal to|exactly|a total of|about|approximately|roughly|around|only|just)\s+", "", rest)
        rest = _TRAILING.sub("", rest)
        if len(numbers) > 1 and not re.search(r"in step \d", plain):
            continue
        if read_amount(rest):
            return rest
        if found := re.match(
            r"([-−]?[$€£]?\d[\d.,/]*\d|\d)(?=,\s+[a-z])|([-−]?[$€£]?\d[\d,.]*)\s+[a-z]+(?:\s+[a-z]+)?(?=,\s)", rest
        ):
            return found[0].rstrip(",")
        if found := re.fullmatch(r"([-−]?[$€£]?\d[\d.,/]*)\s+[a-z]+(?:\s+[a-z]+){1,2}", rest):  # 9 red marbles
            unit = rest[found.end(1) :].split()[0]
            return f"{found[1]} {unit}" if find_unit(unit) else found[1]
    return None


def _hedged_number(plain: str) -> str | None:
    """Approximately 3.5"""
    found = re.fullmatch(r"(?:approximately|about|roughly|around)\s+(.+)", plain, re.IGNORECASE)
    return found[1] if found and read_amount(found[1]) else None


def _bare_money(text: str) -> str:
    return text.strip("$") if text.count("$") == 2 else text
