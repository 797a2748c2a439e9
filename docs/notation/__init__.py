r"""Reads the formulas of docstrings, which are written to be read in a terminal, and typesets them.

A docstring says `H = -sum_c p_c log p_c, with p_c = |c| / n for n answers`; `spans` finds the formulas in that and
gives each as LaTeX. It is a grammar and no list of replacements: what it cannot read as a whole formula (an unknown
word, a bracket that stays open) it leaves as the text that it is. A fraction becomes one only where both readings of
its numerator are equal.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from docs.notation.place import UnreadableError
from docs.notation.reader import Reader
from docs.notation.symbols import BIG, FUNCTIONS
from docs.notation.tokens import tokens as cut

__all__ = ["Span", "declared", "spans"]


@dataclass(frozen=True)
class Span:
    """A stretch of a text: as it was written, and as LaTeX if it is a formula."""

    text: str
    tex: str | None = None
    relates: bool = False


def declared(text: str) -> frozenset[str]:
    """The words that stand on the left of an equation, and so are symbols in all of the text.

    >>> sorted(declared("intra = mean of s_ij, inter = another;  AU = 1 - intra"))
    ['inter', 'intra']
    """
    return frozenset(re.findall(r"(?<![\w`])([a-z]{3,})(?:_\w+)? {1,}= ", text)) - BIG.keys() - FUNCTIONS.keys()


def spans(text: str, names: Collection[str] = ()) -> Iterator[Span]:
    r"""The text in pieces, formulas with their LaTeX.

    Args:
        text: one line or paragraph.
        names: words that are symbols here, besides single and Greek letters.

    >>> [span.tex or span.text for span in spans("U = 1 - max_c p_c over the clusters c")]
    ['U = 1 - \\max_{c} p_{c}', ' over the clusters ', 'c']
    """
    tokens = list(cut(text))
    done = position = 0
    while position < len(tokens):
        reader = Reader(text, tokens, position, names=names)
        try:
            tex = reader.relation()
        except UnreadableError:
            position += 1
            continue
        if not reader.whole(position):
            position = max(reader.position, position + 1)
            continue
        if not reader.formula(position):
            position += 1
            continue
        start, end = tokens[position].start, tokens[reader.position - 1].end
        if start > done:
            yield Span(text[done:start])
        yield Span(text[start:end], tex, reader.relates)
        done, position = end, reader.position
    if done < len(text):
        yield Span(text[done:])
