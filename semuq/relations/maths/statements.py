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
    r"^(?:[∴⇒→➔>=\s-]*[∴⇒→➔>]\s*"
    r"|(?:therefore|thus|hence|so|then|finally|in total|altogether|overall|as a result|in conclusion|sure"
    r"|well|ok|okay)\b[,:!]?\s*"
    r"|(?:i (?:think|believe|guess|get|got)|we (?:get|have|find|obtain|see))(?: that)?:?\s+|\.\.\.|…)+",
    re.IGNORECASE,
)
_VERB = re.compile(
    r"\b(?:is|are|was|were|be|equals?|costs?|earn(?:s|ed)|has|have|had|mak(?:es|e)|made|gives?|gets?|got|weighs?|takes?|took|needs?"
    r"|ate|eats|sold|sells|paid|pays|spen(?:ds|t)|saved?|saves|lost|bought|buys|read|reads|ends? up with"
    r"|(?:is|are) left with|comes? to"
    r"|totals|becomes?|remains?|'s|it's|there's|contains?|holds?|receives?|received|travels?|travell?ed|drove|walks|walked|runs|ran|yields?"
    r"|scor(?:es|ed)|lasts?|lasted|measures?|measured|amounts? to|adds? up to|works? out (?:to|as)|turns? out to be"
    r"|reach(?:es|ed)?|owe[sd]?|collect(?:s|ed)|produces?|produced|use[sd]?)\b|='",
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
_DIGITS = r"(?<![\w.])[-−]?[$€£]?\d[\d.,/]*%?(?!\d*(?:st|nd|rd|th)\b)"
_SENTENCE = re.compile(r"(?<=[.!?。])(?<!\d\.)(?<!\b[A-Za-z]\.)(?<!\.\.\.)\s+|\n+|,\s+(?=but\b)")
_INSTEAD = re.compile(r"(?:\bnot|n't)\s+\S+?\s*(?:,|\bbut)\s*(?:but\s+)?(?:it\s+is\s+|it's\s+)?", re.IGNORECASE)
_DENIED_BEHIND = re.compile(
    r",?\s*[(\[]?(?:and\s+)?(?:not|rather than|instead of)\s+[-−$€£]?[\d.,/%]*\d%?[)\]]?$", re.IGNORECASE
)
"""It is 9, not 8."""
_CALCULATED = re.compile(r"^\$([^$]*=[^$=]*[^$=\s])\s*\$(?!\d).*")
"""$2 + 3 = 5$ ways"""
_LEFT = re.compile(
    r",\s+(?:so|thus|therefore|hence|leaving|which leaves|meaning)\s+(?:that\s+)?"
    r"(?:there\s+are\s+|(?:he|she|it) has\s+|(?:they|we|you) have\s+)?"
    r"([-−]?[$€£]?\d[\d.,/]*)(?:\s+[a-z]+)?(?:\s+(?:remain|remains|(?:are|is)\s+left|left|remaining|stay))?$"
)
"""..., so 8 remain"""
_RATIO = re.compile(r"\d+(?:\.\d+)?\s?:\s?\d+(?:\.\d+)?(?:\s?:\s?\d+(?:\.\d+)?)?")
_WHEN = re.compile(
    r"\b(?:at|on|in)\s+(\d{1,2}(?::[0-5]\d)?\s?(?i:[ap]\.?m\.?)|\d{1,2}:[0-5]\d"
    r"|(?:[A-Z][a-z]+ \d{1,2}(?:st|nd|rd|th)?,? )?\d{4}|\d{1,2} [A-Z][a-z]+ \d{4})$"
)
"""It happened at 10:45 a.m."""
_MARKS = re.compile(r"[*`]{1,3}(?=\S)|(?<=\S)[*`]{1,3}|(?<!\w)_{1,3}(?=\S)|(?<=\S)_{1,3}(?!\w)")
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
    unmarked = _MARKS.sub("", sentence)
    plain = _OPENING.sub("", unmarked).strip().rstrip("!")
    plain = re.sub(r"(?<=[^\s.])\.$", "", plain.strip()).strip()
    plain = _DENIED_BEHIND.sub("", plain)
    opened = _OPENING.match(unmarked) is not None
    if label := _LABEL.match(plain):
        rest = plain[label.end() :].strip()
        return rest if read_amount(_bare_money(rest)) else _calculated(rest)
    if opened and (named := _NAMED.match(plain)):
        return f"{named[1]} = {named[2]}"
    if opened and (read_amount(plain) or _all_named(plain)):
        return plain
    if left := _LEFT.search(plain):
        return left[1]
    if (when := _WHEN.search(plain)) and not re.search(r"\d", plain[: when.start(1)]) and not _CHANGES.search(plain):
        return re.sub(r"(?<=[ap]\.m)$", ".", when[1])
    if instead := _INSTEAD.search(plain):
        rest = plain[instead.end() :].strip()
        return rest if read_amount(rest) else None
    verbs = list(_VERB.finditer(plain))
    if not verbs or _CHANGES.search(plain):
        return _hedged_number(plain)
    numbers = re.findall(_DIGITS, plain)
    for verb in verbs:
        rest = _TRAILING.sub(
            "", plain[verb.end() :].strip().strip("$") if plain.count("$") % 2 == 0 else plain[verb.end() :].strip()
        )
        rest = re.sub(
            r"^(?:us|you|me|equal to|exactly|precisely|a total of|about|approximately|roughly|around|only|just)\s+",
            "",
            rest,
        )
        rest = _TRAILING.sub("", rest)
        inside = len(re.findall(_DIGITS, rest)) == len(numbers)
        if _RATIO.fullmatch(rest) or (len(numbers) > 1 and inside and (read_amount(rest) or _listed(rest))):
            return rest  # 3 hours and 20 minutes
        if result := _calculated(plain[verb.end() :].strip()):
            return result
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


def _calculated(rest: str) -> str | None:
    """What a calculation comes to: $15 of "$5 x 3 = $15"."""
    *before, result = _CALCULATED.sub(r"\1", rest).split("=")
    known = before and re.search(r"\d", before[-1]) and read_amount(result.strip(" $"))
    return result.strip() if known else None


def _all_named(plain: str) -> bool:
    """x = 3 and y = 4"""
    parts = re.split(r"\s+and\s+|,\s*(?:and\s+)?", plain)
    return len(parts) > 1 and all(_NAMED.match(part.strip(" $")) for part in parts)


def _listed(rest: str) -> bool:
    """4, 9 and 25"""
    parts = [part for part in re.split(r"\s+and\s+|,\s+(?:and\s+)?", rest) if part]
    return len(parts) > 1 and all(read_amount(part.strip(" $")) for part in parts)


def _hedged_number(plain: str) -> str | None:
    """Approximately 3.5"""
    found = re.fullmatch(r"(?:approximately|about|roughly|around)\s+(.+)", plain, re.IGNORECASE)
    return found[1] if found and read_amount(found[1]) else None


def _bare_money(text: str) -> str:
    return text.strip("$") if text.count("$") == 2 else text
