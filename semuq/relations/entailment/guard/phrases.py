"""Ways to say yes and to say no: what the guard knows of answers that are not values."""

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


@lru_cache(MEMORY)
def kind(text: str, normal: str) -> tuple[str, bool]:
    """What an answer is, and whether it is nothing else.

    Args:
        text: the answer as given.
        normal: the same after `normalise`.

    Returns:
        ("yes", "no", "maybe", "it depends" or "", True if the whole answer is that). An answer that only
        begins with "Yes," or "No," is ("yes", False) or ("no", False).

    Example:
        >>> kind("No, never.", "no never"), kind("It depends.", "it depends"), kind("Paris", "paris")
        (('no', False), ('it depends', True), ('', True))
    """
    if _YES_PATTERN.fullmatch(normal):
        return "yes", True
    if _NO_PATTERN.fullmatch(normal):
        return "no", True
    if _OPEN.fullmatch(normal):
        return "it depends", True
    if _MAYBE.fullmatch(normal):
        return "maybe", True
    if _YES_FIRST.match(text):
        return "yes", False
    return ("no", False) if _NO_FIRST.match(text) else ("", True)
