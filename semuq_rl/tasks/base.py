"""What there is to train on: a `Task` draws problems, shows one right solution, and checks answers.

First in the training flow. A task is a frozen dataclass whose fields are its difficulty. Training and
held-out problems are told apart by a checksum of the prompt, so no run, seed or task object can mix
them up. The checker looks at the final answer alone; the steps before it are the model's business.
"""

from __future__ import annotations

import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

import numpy as np

from semuq.errors import InvalidParameter

__all__ = ["Problem", "Split", "Task"]

Split = Literal["train", "held-out"]

HELD_OUT_EVERY = 8
"""One prompt in eight is held out."""

_TRIES = 200
"""Draws per wanted problem before a task is called too small."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One question with what its checker needs.

    Args:
        prompt: what the model reads.
        answer: a right answer; tasks with several check more than equality.
        demonstration: one right completion with its steps, for imitation.
        level: how difficult, in the task's own steps.
    """

    prompt: str
    answer: str
    demonstration: str
    level: int


class Task(ABC):
    """Draws problems and checks answers; see `TASKS` for what there is."""

    name: ClassVar[str]
    alphabet: ClassVar[str]
    """Every character that a prompt or a demonstration can hold."""

    @property
    @abstractmethod
    def max_tokens(self) -> int:
        """The longest demonstration in characters, and one for the end."""

    @abstractmethod
    def draw(self, rng: np.random.Generator) -> Problem:
        """One problem of any split, levels equally likely."""

    @abstractmethod
    def answer(self, completion: str) -> str | None:
        """The final answer of a completion, None if it has none."""

    def right(self, problem: Problem, completion: str) -> bool:
        """Whether the completion's answer is right."""
        return self.answer(completion) == problem.answer

    def right_all(self, problems: Sequence[Problem], completions: Sequence[str]) -> list[bool]:
        """The same for many; a checker with processes of its own does better than one by one."""
        return [self.right(problem, text) for problem, text in zip(problems, completions, strict=True)]

    def stream(self, seed: int, split: Split = "train") -> Iterator[Problem]:
        """Problems of one split without end, repeats possible; the same seed gives the same stream."""
        if split not in get_args(Split):
            raise InvalidParameter(f"split: expected one of {get_args(Split)}, got {split!r}")
        rng = np.random.default_rng((seed, get_args(Split).index(split)))
        while True:
            problem = self.draw(rng)
            if split_of(problem.prompt) == split:
                yield problem

    def problems(self, n: int, seed: int, split: Split = "train") -> list[Problem]:
        """n different problems of one split.

        Raises:
            InvalidParameter: the task has fewer.
        """
        found: dict[str, Problem] = {}
        stream = self.stream(seed, split)
        for _ in range(_TRIES * n):
            if len(found) == n:
                break
            problem = next(stream)
            found.setdefault(problem.prompt, problem)
        if len(found) < n:
            raise InvalidParameter(
                f"{self}: expected {n} different problems ({split}), found {len(found)}; ask for fewer"
            )
        return list(found.values())


def split_of(prompt: str) -> Split:
    """Which split a prompt belongs to, everywhere and always.

    >>> split_of("12+34="), split_of("12+39=")
    ('train', 'held-out')
    """
    return "held-out" if zlib.crc32(prompt.encode()) % HELD_OUT_EVERY == 0 else "train"
