"""`python -m benchmarks.leaderboard.verdicts`: a model's own word on which of its answers mean the same.

Asked as `JudgeEquivalence` asks, each pair of distinct answers in both orders; kept beside the answers for `decides`.
Takes long, resumable.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, ClassVar

import numpy as np
import typer

from benchmarks.leaderboard.answers import (
    Record,
    answered,
    append,
    digest,
    made_from,
    pack_grown,
    read_growing,
    read_packed,
    sample_set,
)
from benchmarks.leaderboard.models import HERE, OFFICIAL, Model, read_model
from benchmarks.leaderboard.questions import DataSet, Question, read_datasets
from benchmarks.leaderboard.sampling import Say, Store
from semuq.errors import InvalidModel
from semuq.relations.base import Kind, RelationScores
from semuq.relations.judge import JudgeEquivalence
from semuq.samples import SampleSet, as_batch

SETS = ("triviaqa", "squad")
QUESTIONS = 100
CHUNK = 5


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


def verdicts(kept: Path, data: DataSet, pairs: Sequence[tuple[Question, Record]]) -> dict[str, Record]:
    """The verdicts on answers as they are now, by question."""
    found = read_packed(kept / f"{data.name}.verdicts.jsonl.xz")
    return {question.id: found[question.id] for question, record in pairs if made_from(record, found)}


def judge_pairs(data: DataSet, model: Model, store: Store, *, limit: int, say: Say) -> None:
    """Ask about the first questions that have answers and no verdicts yet, then pack."""
    growing = store.work / f"{data.name}.verdicts.jsonl"
    packed = store.kept / f"{data.name}.verdicts.jsonl.xz"
    have = read_packed(packed) | read_growing(growing)
    pairs = answered(data.load(limit), store.read(data))
    open_ = [pair for pair in pairs if not made_from(pair[1], have)]
    judge: Any = model.chatting(temperature=0.0, max_new_tokens=4)
    if judge is None:
        raise InvalidModel(f"{model.name}: expected a model with [model.weights], to be asked as chat; got none")
    relation = JudgeEquivalence(sampler=judge, cache=False)
    try:
        for start in range(0, len(open_), CHUNK):
            part = open_[start : start + CHUNK]
            scores = relation.compare([sample_set(*pair) for pair in part])
            append(growing, [_record(*pair, own) for pair, own in zip(part, scores, strict=True)])
            say(f"{data.name}: verdicts on {len(pairs) - len(open_) + start + len(part)} questions")
    finally:
        pack_grown(packed, growing)


def _record(question: Question, record: Record, scores: RelationScores) -> Record:
    return {
        "id": question.id,
        "answers": digest(record),
        "same": ["".join("01"[int(cell)] for cell in row) for row in scores.equivalence()],
        "undecided": int(scores.undecided),
    }


def main(
    model: Annotated[str, typer.Option(help="A model that answered; it judges its own answers.")] = OFFICIAL[0],
    limit: Annotated[int, typer.Option(help="At most so many questions of each set.")] = QUESTIONS,
    work: Annotated[Path, typer.Option(help="Folder of unfinished work.")] = Path("runs/leaderboard"),
) -> None:
    """Ask, set after set."""
    asked = read_model(model)
    store = Store(work=work / asked.name, kept=HERE / "answers" / asked.name)
    for data in read_datasets(list(SETS)):
        judge_pairs(data, asked, store, limit=limit, say=typer.echo)


if __name__ == "__main__":
    typer.run(main)
