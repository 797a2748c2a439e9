"""Ways to say yes, to say no and to refuse: what the guard knows of answers that are not values."""

from __future__ import annotations

import re
from functools import lru_cache

from semuq.relations.values.words import MEMORY

__all__ = ["kind"]

_YES = r"yes|yeah|yep|true|correct|right|indeed|affirmative|certainly|of course|absolutely|definitely"
_NO = r"no|nope|false|incorrect|wrong|negative|(?:certainly|of course|absolutely|definitely) not|not at all|not true"
_SUBJECT = r"(?:it|he|she|they|that|this|you|we)"
_VERB = r"(?:is|does|was|did|are|do|were|has|have|had|can|could|will|would|should)"
_YES_PATTERN = re.compile(
    rf"(?:{_YES})|(?:(?:yes|indeed) )?{_SUBJECT} {_VERB}|(?:yes )?that is (?:correct|right|true)|thats (?:right|true)"
)
_NO_PATTERN = re.compile(
    rf"(?:{_NO})|(?:no )?{_SUBJECT} {_VERB}(?:nt| not)"
    r"|(?:no )?(?:it|that|this) is (?:incorrect|wrong|false|not (?:true|right|correct))"
)
_YES_FIRST = re.compile(r"\s*(?:yes|yeah|yep)\s*[,.;!:]", re.IGNORECASE)
_NO_FIRST = re.compile(r"\s*(?:no|nope)\s*[,.;!:]", re.IGNORECASE)
_OPEN = re.compile(
    r"(?:it|that|this) (?:depends|varies|is disputed|is debated)(?: on .{1,40})?"
    r"|sometimes|partly|in some cases|not always"
)
_MAYBE = re.compile(r"possibly|maybe|perhaps|could be|might be|it is possible|it might")
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


@lru_cache(MEMORY)
def kind(text: str, normal: str) -> tuple[str, bool]:
    """What an answer is, and whether it is nothing else.

    Args:
        text: the answer as given.
        normal: the same after `normalise`.

    Returns:
        ("yes", "no", "maybe", "it depends", "refusal" or "", True if the whole answer is that). An answer that only
        begins with "Yes," or "No," is ("yes", False) or ("no", False).

    Example:
        >>> kind("No, never.", "no never"), kind("I don't know.", "i dont know"), kind("Paris", "paris")
        (('no', False), ('refusal', True), ('', True))
    """
    if _YES_PATTERN.fullmatch(normal):
        return "yes", True
    if _NO_PATTERN.fullmatch(normal):
        return "no", True
    if _OPEN.fullmatch(normal):
        return "it depends", True
    if _MAYBE.fullmatch(normal):
        return "maybe", True
    if len(normal) < 200 and _REFUSAL.fullmatch(normal):
        return "refusal", True
    if _YES_FIRST.match(text):
        return "yes", False
    return ("no", False) if _NO_FIRST.match(text) else ("", True)
