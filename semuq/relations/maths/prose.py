r"""Words or mathematics? Words are never multiplied out: what is not a known function or a letter alone is prose."""

from __future__ import annotations

import re

from semuq.relations.maths.notation import FUNCTIONS

__all__ = ["is_prose"]

_COMMAND = re.compile(r"\\[A-Za-z]+\*?")
_RUN = re.compile(r"[^\W\d_]{2,}")
_KNOWN = re.compile(
    rf"(?:{FUNCTIONS}|pi|sqrt|cbrt|cuberoot|oo|inf|infty|infinity|mod|choose|exp|dx|dy|dt|alpha|beta|gamma|delta|theta|lambda|mu"
    r"|sigma|phi|omega|epsilon|root|floor|ceil|ceiling|abs|squared|cubed|factorial|plus|minus|times|over|pmatrix|bmatrix|matrix|vmatrix|array|cases)"
)
_PHRASES = re.compile(r"\b(?:(?:the )?(?:square|cube) root of|to the power of|divided by|multiplied by)\b")
_SHORT_WORDS = frozenset(
    [
        "ad",
        "ah",
        "am",
        "an",
        "as",
        "at",
        "ax",
        "be",
        "by",
        "do",
        "eh",
        "em",
        "go",
        "ha",
        "he",
        "hi",
        "ho",
        "id",
        "if",
        "in",
        "is",
        "it",
        "la",
        "lo",
        "ma",
        "me",
        "mi",
        "my",
        "no",
        "of",
        "oh",
        "ok",
        "on",
        "or",
        "ow",
        "ox",
        "pa",
        "pi",
        "re",
        "so",
        "to",
        "uh",
        "um",
        "up",
        "us",
        "we",
        "ye",
        "yo",
    ]
)
_NUMERIC = re.compile(r"[⁰¹²³⁴⁵⁶⁷⁸⁹ⁿ₀-₉½⅓⅔¼¾⅕-⅞⅐⅑⅒]")
"""Signs of numbers that Python counts among the letters of a word."""
_WRITTEN = re.compile(
    r"\b\d+(?:st|nd|rd|th|s)\b"
    r"|^\d{4}-\d{1,2}-\d{1,2}$|^\d{1,2}/\d{1,2}/\d{2,4}$|^\d+(?:\.\d+){2,}$|^\d+(?: \d+)+$"
)
"""Ordinals, decades, dates, versions, and numbers in a row: digits that are not to be reckoned with."""
_GREEK = re.compile(r"[Α-Ωα-ωϕ](?![Α-Ωα-ωά-ώ])(?<![Α-Ωα-ωά-ώ][Α-Ωα-ωϕ])")
_SIGNS = re.compile(r"[\d+*/^=<>()|√!∪{}\[\]_-]")


def is_prose(text: str) -> bool:
    """Whether a cleaned text is words rather than mathematics.

    A run of two to four small letters beside digits or signs is a product (2ab, xy + 1), and so are two that stand
    alone and are no word (xy); any other run of letters that names no function makes the text prose.

    >>> [is_prose(t) for t in ("Monday", "x + 1", "xy", "no", "6abc", "Team 5", "17 is prime", "sin x", "Act 4", "AB")]
    [True, False, False, True, False, True, True, False, True, True]
    """
    if _WRITTEN.search(text):
        return True
    plain = _GREEK.sub(" ", _NUMERIC.sub("1", _COMMAND.sub(" ", _PHRASES.sub(" ", text))))
    runs = [found for found in _RUN.finditer(plain) if not _KNOWN.fullmatch(found[0])]
    if not runs:
        # Letters of other scripts, and several letters that stand alone: "A B".
        return any(letter.isalpha() and not letter.isascii() and not "Α" <= letter <= "ω" for letter in plain)
    operators = bool(re.search(r"[+*/^=<>]|(?<=\S)\s*-\s*(?=\S)", plain))
    formula = bool(re.search(r"\\[A-Za-z]|\^\{", text))
    for run in runs:
        word = run[0]
        before, after = plain[: run.start()][-1:], plain[run.end() :][:1]
        if formula:  # with spaces around an operator too
            before = (re.search(r"[-+*/=<>^]\s*$", plain[: run.start()]) or [before])[0].strip()
            after = (re.match(r"\s*[-+*/=<>^]", plain[run.end() :]) or [after])[0].strip()
        touching = bool(_SIGNS.match(before) or _SIGNS.match(after))
        if formula and touching and word.isascii() and len(word) <= 4:
            continue
        if not (word.isascii() and word.islower() and len(word) <= 4) or (word in _SHORT_WORDS and not touching):
            return True
        alone = plain.strip() == word and len(word) == 2
        if not (touching or alone or (operators and len(word) <= 3)):
            return True
    return False
