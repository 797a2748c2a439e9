"""The stored answers: which questions are mixed, which answers mean the same, and the states of every layer."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.leaderboard.answers import Record, answered, digest, read_packed, sample_set
from benchmarks.leaderboard.judging import grade, relation_of
from benchmarks.leaderboard.models import HERE, Model
from benchmarks.leaderboard.questions import DataSet, Question
from semuq.evidence import Evidence

__all__ = ["ANSWERS", "MIXED", "Asked", "States", "kept_states", "load_answers", "read_states", "wanted"]

FloatArray = NDArray[np.float64]

ANSWERS = 8
"""Of the stored ones to each question, the first so many."""

MIXED = 66
"""Mixed questions of a set whose states are read."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Asked:
    """A question with its answers.

    Args:
        id: of the question; key: names its answers too.
        prompt, texts: as the model saw and gave them.
        right: (n,) 0 or 1; meaning: (n,) which answers mean the same.
        logprob: (n,) mean over tokens; tokens: (n,) how many.
    """

    id: str
    key: str
    prompt: str
    texts: tuple[str, ...]
    right: FloatArray
    meaning: NDArray[np.int64]
    logprob: FloatArray
    tokens: FloatArray

    @property
    def mixed(self) -> bool:
        """Some answers right and some wrong: where choosing matters."""
        return bool(0 < self.right.mean() < 1)


@dataclass(frozen=True, kw_only=True, eq=False)
class States:
    """What was read of a set.

    Args:
        asked: every question.
        of: by the question's id, (n, L, d) of each answer; mixed questions only.
    """

    asked: list[Asked]
    of: dict[str, FloatArray]

    @property
    def read(self) -> list[Asked]:
        """The questions whose states there are."""
        return [own for own in self.asked if own.id in self.of]


def load_answers(data: DataSet, model: str) -> list[Asked]:
    """All questions of a set, graded and compared as the leaderboard does; in the order of the set's seed."""
    pairs = answered(data.load(), read_packed(HERE / "answers" / model / f"{data.name}.jsonl.xz"))
    pairs = [(question, _first(record)) for question, record in pairs]
    right = grade(data, pairs).answers
    samples = [sample_set(question, record) for question, record in pairs]
    meanings = Evidence(samples, relation_of(data)).clusters("strict", "greedy")
    return [
        _asked(question, record, own, meaning)
        for (question, record), own, meaning in zip(pairs, right, meanings, strict=True)
    ]


def wanted(asked: Sequence[Asked]) -> list[Asked]:
    """The questions whose states are read."""
    return [own for own in asked if own.mixed][:MIXED]


def read_states(
    sets: dict[str, list[Asked]], model: Model, folder: Path, *, until: float, say: Callable[[str], None]
) -> None:
    """Read what is missing, sets in turn, a file a question, until that time of the monotonic clock."""
    prober: Any = None
    for number in range(MIXED):
        for name, asked in sets.items():
            own = wanted(asked)[number : number + 1]
            path = folder / name / f"{own[0].key}.npy" if own else None
            if path is None or path.exists():
                continue
            if time.monotonic() > until:
                return
            prober = prober or model.prober()
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh = path.with_suffix(".tmp")
            with fresh.open("wb") as file:
                np.save(file, prober.layers(own[0].prompt, own[0].texts).astype(np.float32))
            fresh.rename(path)
            say(f"{name}: states of {number + 1} questions")


def kept_states(asked: list[Asked], folder: Path) -> States:
    """What has been read."""
    paths = {own.id: folder / f"{own.key}.npy" for own in asked if own.mixed}
    return States(
        asked=asked, of={key: np.load(path).astype(np.float64) for key, path in paths.items() if path.exists()}
    )


def _first(record: Record) -> Record:
    """The record with the first answers only."""
    lists = {name: record[name][:ANSWERS] for name in ("texts", "token_logprobs")}
    truncated = record["metadata"]["truncated"][:ANSWERS]
    return {**record, **lists, "metadata": {**record["metadata"], "truncated": truncated}}


def _asked(question: Question, record: Record, right: FloatArray, meaning: Sequence[int]) -> Asked:
    logprobs = record["token_logprobs"]
    return Asked(
        id=question.id,
        key=digest(record),
        prompt=record["prompt"],
        texts=tuple(record["texts"]),
        right=np.asarray(right),
        meaning=np.asarray(meaning, dtype=np.int64),
        logprob=np.array([float(np.mean(own)) if own else 0.0 for own in logprobs]),
        tokens=np.array([float(len(own)) for own in logprobs]),
    )
