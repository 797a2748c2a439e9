"""Answers that give none: empty ones, and those that say they do not know or will not say. Recognised here for all.

Ten of them agree with each other, so an estimator finds them certain; what they agree on is that there is no answer.
"""

from __future__ import annotations

import re

from semuq.markup import bare
from semuq.relations.entailment.guard import normalise
from semuq.relations.entailment.guard.phrases import kind

__all__ = ["unanswered"]

_NOT = (
    r"(?:can ?not|can'?t|could ?n'?o?t|won'?t|will not|(?:am|'m|are|'re|is) (?:not able|unable)|must decline|decline)"
)
_DO = (
    r"(?:help|assist|answer|provide|comply|fulfil|discuss|determine|verify|confirm|say|tell|share|give|engage|respond|"
    r"complete|continue|do that|process|access|find|predict|offer|support)"
)
_DECLINE = re.compile(
    rf"(?:(?:i'?m|i am|we'?re) (?:very |so |really |truly )?sorry|sorry|i apologi[sz]e|my apologies|unfortunately|"
    rf"as an? (?:\w+ )?(?:ai|assistant|language model)\b).*?\b{_NOT}\b.*?\b{_DO}"
    rf"|(?:i|we)(?: |')(?:simply |just |really )?{_NOT}(?: to)? (?:\w+ )?{_DO}"
    r"|(?:there is|there'?s|i have) (?:not enough|no|insufficient) (?:information|evidence|context|data)\b"
    r"|(?:the|this) (?:question|answer) (?:is (?:unknown|unanswerable)|can ?not be (?:answered|determined))",
    re.DOTALL,
)
LONGEST = 10_000
"""Characters; a longer text is an answer as it stands, without its thought being looked for."""

_STILL = re.compile(r"\b(?:but|however|that said|instead|my (?:best )?guess)\b")


def unanswered(text: str) -> str:
    """Why a text is no answer: "empty", "refusal", or "" if it is one.

    Rules in English, made to err on the side of an answer where one follows ("I am not sure, but it is Paris").

    >>> [unanswered(text) for text in ("", "I don't know.", "I'm sorry, but I can't help with that.", "Paris")]
    ['empty', 'refusal', 'refusal', '']
    """
    text = bare(text) if "<" in text and len(text) <= LONGEST else text
    plain = " ".join(text[:1000].replace("\u2019", "'").lower().split()).strip(" *_\"'`")
    if not any(character.isalnum() for character in plain):
        # "?" and "..." say as little as nothing; another script's sign is a letter, a symbol may be an answer
        return "empty" if not plain.strip("?.!-–—…, ") else ""
    # The rules of the guard are for short answers, and reading ten megabytes by them would take minutes.
    if len(text) <= LONGEST and kind(text, normalise(text))[0] == "refusal":
        return "refusal"
    found = _DECLINE.match(plain)
    return "refusal" if found and not _STILL.search(plain, found.end()) else ""
