r"""Where in a text the final answer stands: in \boxed{}, behind "the answer is" or "####", or the last number."""

from __future__ import annotations

import re
from typing import Literal, get_args

from semuq.errors import InvalidParameter

__all__ = ["Extract", "extract_answer"]

Extract = Literal["auto", "boxed", "answer", "last-number"]

SHORT = 12
"""A text of one line and at most this many words is taken for an answer as it stands."""

_BOXED = re.compile(r"\\(?:boxed|fbox)\s*(?=\{)|\\boxed\s+(?=[^\s{])")
_HASHES = re.compile(r"####[ \t]*(\S[^\n]*)")
_PHRASE = re.compile(
    r"(?:final\s+answer|answer)\**\s*(?:(?:to\s[^.\n:]{0,80}?\s)?(?:is|are|=|:)\**\s*:?)+\s*", re.IGNORECASE
)
_MATHS = re.compile(
    r"\$\$(.+?)\$\$|\\\[(.+?)\\\]|(?<![\\\d])\$(?!\d+(?:\.\d+)?(?:\s|$))(.+?)(?<!\\)\$|\\\((.+?)\\\)", re.DOTALL
)
_NUMBER = re.compile(
    r"(?<![\w.])[-−+]?[$€£]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+|(?<=\d))(?:[eE][-+]?\d+)?(?:\s*/\s*\d+)?(?:\s*\\?%)?"
)
_END = re.compile(r"(?<=[^\s.])\.(?:\s|$)|\n|\s(?:because|since|so|which|where|I hope)\b")


def extract_answer(text: str, how: Extract = "auto") -> str:
    r"""The part of a text that is its final answer.

    Args:
        text: what the model said.
        how: "boxed" takes the last \boxed{...}; "answer" what follows the last "####" or, failing that,
            the last "answer is" or "answer:", up to the end of the sentence; "last-number" the last
            number with its sign, fraction and percent sign. "auto" takes the first of these that applies:
            boxed; "####"; "answer is"; the whole text, if it is one line of at most 12 words; the last
            formula between $ signs; the last number. What is found inside a found answer is taken
            again: "the answer is $\boxed{4}$" is 4 by each of the first two.

    Returns: the answer, stripped; the whole text, stripped, where nothing that was asked for is found.

    Raises:
        InvalidParameter: `how` is unknown.

    Degenerate cases. "" stays "". A \boxed{ that never closes is taken to the end of the text.

    Example:
        >>> extract_answer(r"So $x = \frac{1}{2}$, that is \boxed{\frac{1}{2}}.")
        '\\frac{1}{2}'
        >>> extract_answer("2 + 2 makes 4, so\n#### 4"), extract_answer("Thus the answer is 42, since 6 * 7 = 42.")
        ('4', '42')
    """
    if how not in get_args(Extract):
        raise InvalidParameter(f"extract: expected one of {get_args(Extract)}, got {how!r}")
    text = text.strip()
    if how == "last-number":
        return _last_number(text) or text
    boxed = _boxed(text)
    if how == "boxed":
        return text if boxed is None else boxed
    stated = _stated(text)
    if how == "answer":
        return text if stated is None else stated
    found = boxed if boxed is not None else stated
    if found is not None:
        return found
    if "\n" not in text and len(text.split()) <= SHORT:
        return text
    return _last_formula(text) or _last_number(text) or text


def _boxed(text: str) -> str | None:
    starts = list(_BOXED.finditer(text))
    if not starts:
        return None
    rest = text[starts[-1].end() :]
    if not rest.startswith("{"):
        return rest.split("$")[0].split()[0]
    depth = 0
    for place, character in enumerate(rest):
        if character in "{}" and (place == 0 or rest[place - 1] != "\\"):
            depth += 1 if character == "{" else -1
            if depth == 0:
                return rest[1:place].strip()
    return rest[1:].strip()


def _stated(text: str) -> str | None:
    hashes = _HASHES.findall(text)
    if hashes:
        return str(hashes[-1]).strip()
    phrases = list(_PHRASE.finditer(text))
    if not phrases:
        return None
    rest = text[phrases[-1].end() :].strip()
    inside = _boxed(rest)
    if inside is not None:
        return inside
    if rest[:1] == "$" or rest[:2] in ("\\(", "\\["):
        formula = _MATHS.match(rest)
        if formula:
            return _content(formula)
    return _END.split(rest, maxsplit=1)[0].strip(" *,") or None


def _last_formula(text: str) -> str | None:
    formulas = list(_MATHS.finditer(text))
    return _content(formulas[-1]) if formulas else None


def _content(formula: re.Match[str]) -> str:
    return next(group for group in formula.groups() if group is not None).strip()


def _last_number(text: str) -> str | None:
    numbers = [match[0].strip() for match in _NUMBER.finditer(text) if any(map(str.isdigit, match[0]))]
    return numbers[-1] if numbers else None
