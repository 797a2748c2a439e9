"""Claims: an answer taken apart into short statements, by rules, so that each can be judged on its own.

Between sampler and evidence: fills `SampleSet.claims`. `semuq.sampling.claims` asks a model instead, which
resolves "it" and "there"; these rules only cut between sentences.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Sequence

from semuq.samples import SampleSet

__all__ = ["Splitter", "sentences", "with_claims"]

Splitter = Callable[[str], Sequence[str]]
"""An answer -> the statements it makes."""

_BULLET = re.compile(r"^\s*(?:[-*•–]|\(?\d{1,3}[.)])\s+")
# Full stops of scripts that put no space behind them end a sentence at once; others need a space behind.
_END = re.compile(
    r"(?:[。！？｡]+[」』）”’\"')\]]*)"
    r"|(?:(?:[.!?…؟۔।]+)[”’\"')\]»]*(?=\s))"
)
_TITLE = re.compile(r"mrs?|ms|dr|prof|st|vs|e\.g|i\.e|cf|gen|gov|hon|rev|col|lt|sgt|capt", re.IGNORECASE)
"""Abbreviations that a word always follows: a full stop behind one of them ends no sentence."""
_BEFORE_NUMBER = re.compile(
    r"nos?|vol|figs?|eq|pp?|ch|sec|approx|ca|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec", re.IGNORECASE
)
"""Abbreviations behind whose full stop a number belongs to them."""


def sentences(text: str) -> tuple[str, ...]:
    r"""The sentences of a text, without the marks of lists.

    Ends of lines and of list items end a sentence; so do . ! ? … before a space, and the full stops of Chinese,
    Japanese, Arabic, Urdu and Hindi. A full stop does not where it belongs to a number, an initial or one of the
    usual English abbreviations, or where what follows begins with a small letter.

    >>> sentences("Dr. J. Smith paid $3.50. It was in the U.S. in 1999! Was it?")
    ('Dr. J. Smith paid $3.50.', 'It was in the U.S. in 1999!', 'Was it?')
    >>> sentences("1. Paris is a city.\n2. Lyon too"), sentences("東京です。京都です。"), sentences("  ")
    (('Paris is a city.', 'Lyon too'), ('東京です。', '京都です。'), ())
    """
    found: list[str] = []
    for line in text.splitlines():
        rest = _BULLET.sub("", line)
        start = 0
        for end in _END.finditer(rest):
            if _ends(rest[start : end.end()], rest[end.end() :]):
                found.append(rest[start : end.end()])
                start = end.end()
        found.append(rest[start:])
    return tuple(own for own in (piece.strip() for piece in found) if any(map(str.isalnum, own)))


def with_claims(samples: SampleSet, split: Splitter = sentences) -> SampleSet:
    """The same answers with the statements that each of them makes.

    >>> with_claims(SampleSet(prompt="Who was she?", texts=("A poet. She lived in Lyon.", ""))).claims
    (('A poet.', 'She lived in Lyon.'), ())
    """
    return dataclasses.replace(samples, claims=tuple(tuple(split(text)) for text in samples.texts))


def _ends(before: str, after: str) -> bool:
    """Whether the mark at the end of `before` ends a sentence."""
    if not before.endswith("."):
        return True
    following = after.lstrip()
    if following[:1].islower():
        return False
    word = re.split(r"[\s(\[\"'“‘]", before)[-1].removesuffix(".")
    if _TITLE.fullmatch(word) or (_BEFORE_NUMBER.fullmatch(word) and following[:1].isdigit()):
        return False
    return not (len(word) == 1 and word.isalpha() and word.isupper() and word != "I")
