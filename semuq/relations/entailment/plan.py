"""What must be scored: the distinct ordered pairs of distinct texts of a whole batch of questions.

Repeated answers, the diagonal and pairs that a rule decides cost nothing. Results go back into one
(3, n, n) array per question.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from semuq.relations.base import Context
from semuq.samples import SampleSet

__all__ = ["Plan", "Side", "Verdict", "make_plan", "sides_of"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

Rule = Callable[[str, str], "Verdict"]


class Verdict(IntEnum):
    """What a rule says of two answers before a model is asked."""

    OPEN = 0
    SAME = 1
    DIFFERENT = 2


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

    def scatter(self, probabilities: FloatArray) -> Iterator[FloatArray]:
        """(3, n, n) per question from (pairs, 3) probabilities of entailment, neutral, contradiction."""
        row = {(int(a), int(b)): index for index, (a, b) in enumerate(self.pairs)}
        for ids in self.ids:
            distinct, inverse = np.unique(ids, return_inverse=True)
            block = np.zeros((3, len(distinct), len(distinct)))
            for i, a in enumerate(distinct):
                for j, b in enumerate(distinct):
                    block[:, i, j] = self._cell(int(a), int(b), row, probabilities)
            yield block[:, inverse][:, :, inverse]

    def _cell(self, a: int, b: int, row: dict[tuple[int, int], int], probabilities: FloatArray) -> FloatArray:
        verdict = Verdict.SAME if a == b else self.decided.get((min(a, b), max(a, b)), Verdict.OPEN)
        if verdict is Verdict.SAME:
            return np.array([1.0, 0.0, 0.0])
        entailment, neutral, contradiction = probabilities[row[a, b]]
        if verdict is Verdict.DIFFERENT:
            return np.array([0.0, neutral, contradiction + entailment])
        return probabilities[row[a, b]]


def make_plan(batch: Sequence[SampleSet], context: Context, rule: Rule | None = None) -> Plan:
    """Plan a batch.

    Args:
        batch: the questions.
        context: "question" puts the question before each answer as "Q: ... A: ...", "none" leaves it out.
        rule: verdict on two answers to one question; SAME saves the pair, DIFFERENT corrects its result.
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
    for own in ids:
        distinct = np.unique(own).tolist()
        for position, a in enumerate(distinct):
            for b in distinct[position + 1 :]:
                if (a, b) in pairs or (a, b) in decided:
                    continue
                verdict = rule(answers[a], answers[b]) if rule else Verdict.OPEN
                if verdict is not Verdict.OPEN:
                    decided[a, b] = verdict
                if verdict is not Verdict.SAME:
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
