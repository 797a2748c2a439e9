"""Claims against answers: each distinct answer as premise, each distinct claim as hypothesis, packed over a batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from semuq.numerics import FloatArray, IntArray
from semuq.relations.base import Context
from semuq.relations.entailment.plan import Side, sides_of
from semuq.relations.entailment.windows import windows
from semuq.relations.support import Support
from semuq.samples import SampleSet

__all__ = ["AskSides", "support_in_windows"]

AskSides = Callable[[tuple[Side, ...], IntArray], FloatArray]
"""Sides and (pairs, 2) indices of them -> (pairs, 3) probabilities of entailment, neutral, contradiction."""

WINDOW_PAIRS = 50_000
"""Questions are scored in windows of about this many pairs, so that memory does not grow with the batch."""

_Part = tuple[SampleSet, Sequence[str]]


def support_in_windows(
    batch: Sequence[SampleSet], claims: Sequence[Sequence[str]], context: Context, ask: AskSides
) -> list[Support]:
    """One Support per question; a claim that is an answer word for word is certain, and no pair."""
    parts = list(zip(batch, claims, strict=True))
    return [own for window in windows(parts, _pairs, WINDOW_PAIRS) for own in _support(window, context, ask)]


def _pairs(part: _Part) -> int:
    samples, claims = part
    return len(set(samples.texts)) * len(set(claims))


def _support(window: Sequence[_Part], context: Context, ask: AskSides) -> Iterator[Support]:
    index: dict[Side, int] = {}

    def number(prompt: str, texts: Sequence[str]) -> list[int]:
        return [index.setdefault(side, len(index)) for side in sides_of(prompt, texts, context)]

    ids = [(number(samples.prompt, own), number(samples.prompt, samples.texts)) for samples, own in window]
    pairs = dict.fromkeys((b, a) for claims, answers in ids for a in claims for b in answers if a != b)
    probabilities = ask(tuple(index), np.array(list(pairs), dtype=np.int64).reshape(-1, 2))
    known = dict(zip(pairs, probabilities, strict=True))
    certain = np.array([1.0, 0.0, 0.0])
    for claims, answers in ids:
        cells = [known.get((b, a), certain) for a in claims for b in answers]
        block = np.array(cells).reshape(len(claims), len(answers), 3)
        yield Support(block[..., 0], block[..., 2])
