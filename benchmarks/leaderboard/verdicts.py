"""`python -m benchmarks.leaderboard.verdicts`: a model's own word on which of its answers mean the same.

Asked as `JudgeEquivalence` asks, each pair of distinct answers in both orders; kept beside the answers for `decides`.
Takes long, resumable.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from benchmarks.leaderboard.answers import Record, digest, sample_set
from benchmarks.leaderboard.beside import Beside, Pairs, run
from benchmarks.leaderboard.models import Model, as_chat
from benchmarks.leaderboard.questions import DataSet, Question
from benchmarks.leaderboard.sampling import Say, Store
from semuq.relations.base import Kind, RelationScores
from semuq.relations.judge import JudgeEquivalence
from semuq.samples import SampleSet, as_batch

SETS = ("triviaqa", "squad")
QUESTIONS = 100
CHUNK = 1
"""Pairs of one question have its passage in common, which is then read once."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Verdicts:
    """A relation that has been asked already.

    Args:
        known: records of `judge_pairs`, by question.
    """

    known: Mapping[str, Record] = field(repr=False)
    kind: ClassVar[Kind] = "equivalence"
    symmetric: ClassVar[bool] = True
    identity: ClassVar[str] = "benchmark/verdicts"

    def compare(self, batch: SampleSet | Sequence[SampleSet]) -> list[RelationScores]:
        """One RelationScores per question."""
        return [self._scores(self.known[str(samples.id)]) for samples in as_batch(batch)]

    def _scores(self, record: Record) -> RelationScores:
        same = np.array([[sign == "1" for sign in row] for row in record["same"]])
        return RelationScores.from_equivalence(same, undecided=record["undecided"])


def judge_pairs(data: DataSet, model: Model, store: Store, *, limit: int, say: Say) -> None:
    """Ask about the first questions that have answers and no verdicts yet."""
    judge: Any = as_chat(model, temperature=0.0, max_new_tokens=4)
    relation = JudgeEquivalence(sampler=judge, cache=False)

    def one(pairs: Pairs) -> list[Record]:
        scores = relation.compare([sample_set(*pair) for pair in pairs])
        return [_record(*pair, own) for pair, own in zip(pairs, scores, strict=True)]

    Beside(kind="verdicts", store=store, data=data).make(one, limit=limit, chunk=CHUNK, say=say)


def _record(question: Question, record: Record, scores: RelationScores) -> Record:
    return {
        "id": question.id,
        "answers": digest(record),
        "same": ["".join("01"[int(cell)] for cell in row) for row in scores.equivalence()],
        "undecided": int(scores.undecided),
    }


if __name__ == "__main__":
    run(judge_pairs, SETS, QUESTIONS)
