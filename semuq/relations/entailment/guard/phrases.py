"""Ways to say yes and to say no: what the guard knows of answers that are not values."""

from __future__ import annotations

import re

__all__ = ["kind"]

_SUBJECT = r"(?:it|he|she|they|that|this|you|we)"
_VERB = r"(?:is|does|was|did|are|do|were|has|have|had|can|could|will|would|should)"
_WHOLE = {
    "yes": r"yes|yeah|yep|true|correct|right|indeed|affirmative|certainly|of course|absolutely|definitely"
    rf"|(?:(?:yes|indeed) )?{_SUBJECT} {_VERB}|(?:yes )?that is (?:correct|right|true)|thats (?:right|true)",
    "no": r"no(?:pe)?|false|incorrect|wrong|negative|(?:certainly|of course|absolutely|definitely) not"
    rf"|not (?:at all|true)|(?:no )?{_SUBJECT} {_VERB}(?:nt| not)"
    r"|(?:no )?(?:it|that|this) is (?:incorrect|wrong|false|not (?:true|right))",
}
_PATTERNS = {name: re.compile(pattern) for name, pattern in _WHOLE.items()}
_FIRST = re.compile(r"\s*(?:(yes|yeah|yep)|no(?:pe)?)\s*[,.;!:]|.*[,;] so (?:(yes)|no)\W*$", re.IGNORECASE)


def kind(text: str, normal: str) -> tuple[str, bool]:
    """What an answer is, "yes", "no" or "", and whether it is nothing else.

    Example:
        >>> kind("No, never.", "no never"), kind("Yes.", "yes"), kind("Paris", "paris")
        (('no', False), ('yes', True), ('', True))
    """
    for name, pattern in _PATTERNS.items():
        if pattern.fullmatch(normal):
            return name, True
    first = _FIRST.match(text)
    return (("yes" if first[1] or first[2] else "no"), False) if first else ("", True)
