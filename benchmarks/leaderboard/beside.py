"""`Beside`: what is made from the answers to a set and kept beside them: evidence, verdicts, wordings, confidences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Protocol

import typer

from benchmarks.leaderboard.answers import (
    Record,
    answered,
    append,
    made_from,
    pack_grown,
    read_growing,
    read_packed,
)
from benchmarks.leaderboard.models import HERE, OFFICIAL, Model, read_model
from benchmarks.leaderboard.questions import DataSet, Question, read_datasets
from benchmarks.leaderboard.sampling import Say, Store

Pairs = Sequence[tuple[Question, Record]]


@dataclass(frozen=True, kw_only=True)
class Beside:
    """One kind of things, in a file that grows while they are made and a packed one that is kept.

    Args:
        kind: what they are, in the names of both files.
        store: where the answers are.
        data: the set of questions.
    """

    kind: str
    store: Store
    data: DataSet

    @property
    def growing(self) -> Path:
        """The file that is added to."""
        return self.store.work / f"{self.data.name}.{self.kind}.jsonl"

    @property
    def packed(self) -> Path:
        """The file that is kept."""
        return self.store.kept / f"{self.data.name}.{self.kind}.jsonl.xz"

    def read(self) -> dict[str, Record]:
        """All there are, by question."""
        return read_packed(self.packed) | read_growing(self.growing)

    def of(self, pairs: Pairs) -> dict[str, Record]:
        """What was made from these very answers, by question."""
        found = self.read()
        return {question.id: found[question.id] for question, record in pairs if made_from(record, found)}

    def missing(self, limit: int | None) -> list[tuple[Question, Record]]:
        """The first questions that have answers, less those of which there is one."""
        have = self.read()
        return [
            pair for pair in answered(self.data.load(limit), self.store.read(self.data)) if not made_from(pair[1], have)
        ]

    def pack(self) -> None:
        """Put what has grown into the packed file."""
        pack_grown(self.packed, self.growing)

    def make(self, one: Callable[[Pairs], Sequence[Record]], *, limit: int, chunk: int, say: Say) -> None:
        """Make what is missing, `chunk` questions between two writes, then pack: also where it is cut short."""
        pairs = self.missing(limit)
        try:
            for start in range(0, len(pairs), chunk):
                part = pairs[start : start + chunk]
                append(self.growing, one(part))
                say(f"{self.data.name}: {self.kind} of {start + len(part)} questions, of {len(pairs)} that had none")
        finally:
            self.pack()


class Collect(Protocol):
    """Asks a model for what is missing beside its answers to one set."""

    def __call__(self, data: DataSet, model: Model, store: Store, *, limit: int, say: Say) -> None: ...


def run(collect: Collect, sets: Sequence[str], questions: int) -> None:
    """The command line of a module that asks a model about its own answers, set after set."""

    def main(
        model: Annotated[
            str, typer.Option(help="A model that answered; it is asked about its own answers.")
        ] = OFFICIAL[0],
        limit: Annotated[int, typer.Option(help="At most so many questions of each set.")] = questions,
        work: Annotated[Path, typer.Option(help="Folder of unfinished work.")] = Path("runs/leaderboard"),
    ) -> None:
        asked = read_model(model)
        store = Store(work=work / asked.name, kept=HERE / "answers" / asked.name)
        for data in read_datasets(list(sets)):
            collect(data, asked, store, limit=limit, say=typer.echo)

    typer.run(main)
