"""What must be scored: the distinct ordered pairs of distinct texts of a whole batch of questions.

Repeated answers, the diagonal and pairs that a rule decides cost nothing. Results go back into one
(3, n, n) array per question.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from semuq.numerics import FloatArray, IntArray
from semuq.relations.base import Context
from semuq.samples import SampleSet

__all__ = ["Plan", "Side", "Verdict", "make_plan", "sides_of"]


Rule = Callable[[str, str, str], "Verdict"]
"""Of a question, "" where the model does not see it, and two different answers to it."""


_ENTAILMENT_TO_CONTRADICTION = np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])


class Verdict(IntEnum):
    """What a rule says of two answers before a model is asked.

    DIFFERENT moves what the model says of entailment to contradiction; SAME and APART are certain without the model.
    """

    OPEN = 0
    SAME = 1
    DIFFERENT = 2
    APART = 3


@dataclass(frozen=True)
class Side:
    """One side of a pair: the text the model reads and where in it the answer starts."""

    text: str
    answer_start: int


@dataclass(frozen=True)
class Plan:
    """The work of one batch.

    Args:
        sides: distinct sides; pairs refer to them by index.
        pairs: (pairs, 2) distinct ordered (premise, hypothesis) indices into `sides`, never equal.
        ids: per question the (n,) indices of its answers into `sides`.
        decided: unordered pairs of sides a rule has a verdict on.
    """

    sides: tuple[Side, ...]
    pairs: IntArray
    ids: tuple[IntArray, ...]
    decided: dict[tuple[int, int], Verdict]

    def answer(self, side: int) -> str:
        """The answer of a side, without its question."""
        return self.sides[side].text[self.sides[side].answer_start :]

    def scatter(self, probabilities: FloatArray) -> Iterator[FloatArray]:
        """(3, n, n) per question from (pairs, 3) probabilities of entailment, neutral, contradiction."""
        count = len(self.sides)
        codes = self.pairs[:, 0] * count + self.pairs[:, 1]
        order = np.argsort(codes)
        same, different, apart = (self._codes(own) for own in (Verdict.SAME, Verdict.DIFFERENT, Verdict.APART))
        for ids in self.ids:
            distinct, inverse = np.unique(ids, return_inverse=True)
            wanted = distinct[:, None] * count + distinct
            certain = np.eye(len(distinct), dtype=bool)
            if len(same):
                certain |= np.isin(wanted, same)
            block = np.zeros((len(distinct), len(distinct), 3))
            block[certain] = 1.0, 0.0, 0.0
            if len(apart):
                block[conflict := np.isin(wanted, apart)] = 0.0, 0.0, 1.0
                certain |= conflict
            block[~certain] = probabilities[order[np.searchsorted(codes, wanted[~certain], sorter=order)]]
            if len(different):
                conflict = np.isin(wanted, different)
                block[conflict] = block[conflict] @ _ENTAILMENT_TO_CONTRADICTION
            yield np.moveaxis(block[inverse][:, inverse], -1, 0)

    def _codes(self, verdict: Verdict) -> IntArray:
        """Ordered pairs that a rule has this verdict on, each as one number."""
        count = len(self.sides)
        own = [pair for pair, verdict_ in self.decided.items() if verdict_ is verdict]
        return np.array([code for a, b in own for code in (a * count + b, b * count + a)], dtype=np.int64)


def make_plan(batch: Sequence[SampleSet], context: Context, rule: Rule | None = None) -> Plan:
    """Plan a batch.

    Args:
        batch: the questions.
        context: "question" puts the question before each answer as "Q: ... A: ...", "none" leaves it out.
        rule: verdict on two answers to a question; SAME and APART save the pair, DIFFERENT corrects its result.
    """
    index: dict[Side, int] = {}
    ids = tuple(
        np.array(
            [index.setdefault(side, len(index)) for side in sides_of(samples.prompt, samples.texts, context)],
            dtype=np.int64,
        )
        for samples in batch
    )
    sides = tuple(index)
    answers = [side.text[side.answer_start :] for side in sides]
    pairs: dict[tuple[int, int], None] = {}
    decided: dict[tuple[int, int], Verdict] = {}
    for samples, own in zip(batch, ids, strict=True):
        distinct = np.unique(own).tolist()
        question = samples.prompt if context == "question" else ""
        for position, a in enumerate(distinct):
            for b in distinct[position + 1 :]:
                if (a, b) in pairs or (a, b) in decided:
                    continue
                verdict = rule(question, answers[a], answers[b]) if rule else Verdict.OPEN
                if verdict is not Verdict.OPEN:
                    decided[a, b] = verdict
                if verdict in (Verdict.OPEN, Verdict.DIFFERENT):
                    pairs[a, b] = pairs[b, a] = None
    return Plan(
        sides=sides,
        pairs=np.array(list(pairs), dtype=np.int64).reshape(-1, 2),
        ids=ids,
        decided=decided,
    )


def sides_of(prompt: str, texts: Iterable[str], context: Context) -> Iterator[Side]:
    """Answers to a question as the model reads them."""
    prefix = f"Q: {prompt} A: " if context == "question" else ""
    for text in texts:
        yield Side(prefix + text, len(prefix))
