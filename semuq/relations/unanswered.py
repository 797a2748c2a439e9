"""Answers that give none: empty ones, and those that say they do not know or will not say. Recognised here for all.

Ten of them agree with each other, so an estimator finds them certain; what they agree on is that there is no answer.
"""

from __future__ import annotations

import re
from functools import lru_cache

from semuq.markup import bare
from semuq.relations.values.words import MEMORY, normalise

__all__ = ["not_known", "unanswered"]

_THIS = r"(?: (?:you|that|this|it|the answer|the question|that question|this question|for sure|with certainty))*"
_HUNCH = r"(?: (?:but|think|guess|believe|maybe|perhaps|probably|possibly)\b)"  # an answer follows
_NOT_KNOWN = (
    r"(?:(?:im |i am )?(?:sorry|afraid) (?:but )?)?(?:as an ai(?: language)? model )?(?:that )?(?:"
    r"(?:(?:i|we) )?(?:really |simply )?"
    r"(?:dont|do not|cant|cannot|could not|couldnt|am unable to|am not able to|im unable to) "
    rf"(?:know|say|tell|answer|determine|be determined|find|remember|recall){_THIS}"
    rf"(?: (?:how|what|who|when|where|which|why|whether|if) (?:(?!{_HUNCH}).){{1,80}})?"
    rf"|(?:i am |im )?(?:not sure|unsure|not certain|unable to (?:answer|say|tell){_THIS})"
    r"|(?:(?:it|that|this|answer) is )?"
    r"(?:unknown|not known|unclear|unanswerable|impossible to say|hard to say)(?: to me)?"
    r"|(?:i have )?(?:no idea|no clue|no answer)|i havent (?:the faintest|a|any) (?:idea|clue)|n / a"
    r"|(?:there is )?not enough information|(?:nobody|no 1) knows"
    r"|i (?:dont|do not) have (?:that|this|enough|access to this|any) (?:information|context|data)(?: to answer)?"
    r")"
)
_REFUSAL = re.compile(rf"{_NOT_KNOWN}(?: (?:because|since|as|and|so) {_NOT_KNOWN})?")
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

_BEGINNING = 1_000
"""Characters in which a refusal says that it is one."""

_STILL = re.compile(r"\b(?:but|however|that said|instead|my (?:best )?guess)\b")


def unanswered(text: str) -> str:
    """Why a text is no answer: "empty", "refusal", or "" if it is one.

    Rules in English, made to err on the side of an answer where one follows ("I am not sure, but it is Paris").

    >>> [unanswered(text) for text in ("", "I don't know.", "I'm sorry, but I can't help with that.", "Paris")]
    ['empty', 'refusal', 'refusal', '']
    """
    # The rules of whole texts are for short ones: reading ten megabytes by them would take minutes.
    return _found(text) if len(text) <= LONGEST else _at_first_sight(text[:_BEGINNING])


def not_known(normal: str) -> bool:
    """Whether a text, after `normalise`, says that the answer is not known, and nothing else.

    >>> not_known("i dont know"), not_known("i dont know but i think it is paris")
    (True, False)
    """
    return len(normal) < 200 and _REFUSAL.fullmatch(normal) is not None


@lru_cache(MEMORY)
def _found(text: str) -> str:
    text = bare(text) if "<" in text else text
    return _at_first_sight(text[:_BEGINNING]) or ("refusal" if not_known(normalise(text)) else "")


def _at_first_sight(text: str) -> str:
    plain = " ".join(text.replace("\u2019", "'").lower().split()).strip(" *_\"'`")
    if not any(character.isalnum() for character in plain):
        # "?" and "..." say as little as nothing; another script's sign is a letter, a symbol may be an answer
        return "empty" if not plain.strip("?.!-–—…, ") else ""
    found = _DECLINE.match(plain)
    return "refusal" if found and not _STILL.search(plain, found.end()) else ""
