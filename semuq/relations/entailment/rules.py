"""What is said of two answers before a model is asked: by the guard, and where no model reads them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from semuq.relations.entailment import guard, scripts
from semuq.relations.entailment.pairs import PairEncoder
from semuq.relations.entailment.plan import Plan, Verdict
from semuq.relations.entailment.readable import Reader, plain
from semuq.relations.unanswered import unanswered

__all__ = ["MULTILINGUAL", "Rules", "answers_cut", "warn_of_unreadable"]

MULTILINGUAL = "MoritzLaurer/mDeBERTa-v3-base-mnli-xnli"
"""An entailment model of a hundred languages, named where the one in use cannot read an answer."""

_VERDICTS = {1: Verdict.SAME, -1: Verdict.DIFFERENT, 0: Verdict.OPEN}


@dataclass(frozen=True)
class Rules:
    """The rules of one relation.

    Args:
        guarded: whether the guard is asked.
        reader: what the model reads; made on first use, so that no config is read in vain.
    """

    guarded: bool
    reader: Callable[[], Reader]

    def __call__(self, question: str, a: str, b: str) -> Verdict:
        """The verdict on two different answers to one question; those that give none are a class of their own."""
        if (silent := bool(unanswered(a))) or unanswered(b):
            return Verdict.SAME if silent and unanswered(b) else Verdict.APART
        verdict = _VERDICTS[guard.verdict(a, b)] if self.guarded else Verdict.OPEN
        if verdict is Verdict.SAME or (self.reader().reads(a) and self.reader().reads(b)):
            return verdict
        alike = plain(a) == plain(b) or scripts.alike(question, a, b)
        return Verdict.SAME if verdict is Verdict.OPEN and alike else Verdict.APART

    def unreadable(self, plan: Plan) -> Iterator[int]:
        """Per question, how many answers the model cannot read; of a question with one answer only, none is asked.

        What is no answer has nothing to be read.
        """
        for ids in plan.ids:
            distinct = np.unique(ids).tolist()
            if len(distinct) < 2:
                yield 0
                continue
            texts = {side: plan.answer(side) for side in distinct}
            dark = [side for side, text in texts.items() if not self.reader().reads(text) and not unanswered(text)]
            yield int(np.isin(ids, dark).sum())


def answers_cut(plan: Plan, encoder: Callable[[], PairEncoder], limit: int) -> Iterator[int]:
    """Per question, how many answers lose tokens in some pair, by the rule of `PairEncoder.cut`.

    Args:
        plan: of the questions.
        encoder: counts the tokens; made only if two texts of a question have more signs than `limit`, since a token is
            a sign at least.
        limit: tokens of a pair that surely fit.
    """
    sizes = np.array([len(side.text) for side in plan.sides])
    fits = [len(own := np.sort(sizes[np.unique(ids)])) < 2 or own[-2:].sum() <= limit for ids in plan.ids]
    if not all(fits):
        room = encoder().room
        encoded = encoder().encode(plan.sides)
        sizes = np.array([len(side.ids) for side in encoded])
        cut = np.array([side.cut for side in encoded])
    for ids, short in zip(plan.ids, fits, strict=True):
        if short:
            yield 0
            continue
        distinct, counts = np.unique(ids, return_counts=True)
        own = sizes[distinct]
        second, first = np.sort(own)[-2:]
        partner = np.where(own == first, second, first)
        loses = cut[distinct] | ((own + partner > room) & (own > room // 2))
        yield int(counts[loses].sum())


def warn_of_unreadable(answers: int) -> None:
    """Say once, where the caller stands, what was done with answers that the model cannot read."""
    if answers:
        warnings.warn(
            f"Entailment: {answers:,} answers were compared as normalised text, since the model cannot read them "
            "(other scripts, signs alone, over-long words); for other languages name a multilingual model, such as "
            f"Entailment({MULTILINGUAL!r})",
            stacklevel=4,
        )
