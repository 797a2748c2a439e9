"""Cutting an answer at the separators that stand in no brackets."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["closes_at_end", "cut", "cut_words"]


_DIGITS = re.compile(r"(?<![\d,.])\d+(?:,\d+)+(?![\d,])")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+")


def cut(text: str, separators: str, *, grouped: bool = True) -> list[str]:
    """Cut at the separators that stand in no brackets.

    A comma between the thousands of a number parts nothing, if `grouped`: "1,000, 2" is two numbers, "1,2,000" three.
    """
    runs = [run.span() for run in _DIGITS.finditer(text) if _GROUPED.fullmatch(run[0])] if grouped else []
    parts, depth, start = [], 0, 0
    for place, sign in enumerate(text):
        depth += 1 if sign in "([{⟨" else -1 if sign in ")]}⟩" else 0
        if sign in separators and depth == 0 and not text[:place].endswith(("<", ">", "!")):
            if sign == "," and any(low <= place < high for low, high in runs):
                continue
            parts.append(text[start:place].strip())
            start = place + 1
    return [*parts, text[start:].strip()]


def cut_words(text: str, words: Sequence[str]) -> list[str]:
    """Cut at connecting words that stand in no brackets."""
    parts, start = [], 0
    for found in re.finditer(rf"(?<![\w\\])(?:{'|'.join(words)})(?!\w)", text):
        before = text[: found.start()]
        if sum(map(before.count, "([{")) == sum(map(before.count, ")]}")):
            parts.append(text[start : found.start()].strip(" ,"))
            start = found.end()
    return [*parts, text[start:].strip(" ,")]


def closes_at_end(text: str, opening: str) -> bool:
    """Whether the bracket that opens the text is closed by its last sign: not so in (x-1)(x+1)."""
    depth = 0
    for place, sign in enumerate(text):
        depth += 1 if sign in "([{⟨" else -1 if sign in ")]}⟩" else 0
        if depth == 0 and place < len(text) - 1 and place >= len(opening) - 1 and opening != "<":
            return False
    return True
