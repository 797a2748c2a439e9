"""What a contestant is to the worker, and the batch it is given."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

Probabilities = tuple[float, float, float]
"""Of contradiction, neutral and entailment: the order of the labels in the benchmark's model folders."""


@dataclass(frozen=True)
class Batch:
    """Questions with their answers, and the strings that every contestant compares."""

    prompts: list[str]
    answers: list[list[str]]
    context: str
    """ "question": each answer is compared as "Q: <prompt> A: <answer>"; "none": as it is."""

    @property
    def texts(self) -> list[list[str]]:
        """The strings, per question."""
        if self.context == "none":
            return self.answers
        return [
            [f"Q: {prompt} A: {text}" for text in own] for prompt, own in zip(self.prompts, self.answers, strict=True)
        ]

    def first(self, questions: int) -> Batch:
        """The same with only the first questions."""
        return Batch(self.prompts[:questions], self.answers[:questions], self.context)

    @classmethod
    def read(cls, path: str | Path) -> Batch:
        """From a JSON file."""
        return cls(**json.loads(Path(path).read_text(encoding="utf-8")))

    def write(self, path: Path) -> None:
        """To a JSON file."""
        path.write_text(json.dumps(vars(self)), encoding="utf-8")


@dataclass
class Cost:
    """What a run needed. `tokens` are those of the pairs, `padded` those beside them."""

    pairs: int = 0
    forwards: int = 0
    tokens: int = 0
    padded: int = 0
    truncated: int = 0


@dataclass
class Outcome:
    """Cost of a run and the probabilities it found, by the token ids of the pair."""

    cost: Cost
    found: Iterator[tuple[tuple[int, ...], Probabilities]] = field(default_factory=lambda: iter(()))


class Contestant(Protocol):
    """Loaded once, then run many times, in several modes."""

    packages: tuple[str, ...]
    """Distributions whose versions are reported."""

    def load(self, folder: Path) -> None:
        """Read the model."""

    def prepare(self, batch: Batch, mode: str) -> None:
        """Undo what earlier runs left behind; not timed."""

    def run(self, batch: Batch, mode: str) -> Any:
        """The pass that is timed."""

    def outcome(self) -> Outcome:
        """Of the last run; not timed."""
