"""Chains of operations, some of which hide their first number, solved with a statement behind: how sure, or silence."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from semuq_rl.tasks import Problem
from semuq_rl.tasks.modular import ModularChain

__all__ = ["HIDDEN", "SILENT", "StatedChain"]

HIDDEN, SILENT = "~", "?"
DIGITS = "0123456789"
"""The digit d states a confidence of (d + 1/2) / 10."""


@dataclass(frozen=True, kw_only=True)
class StatedChain(ModularChain):
    """`ModularChain` with one more character, chosen in demonstrations by a teacher who half knows what it knows.

    Where the first number is hidden the teacher keeps silent half the time and states at most 0.65, elsewhere it keeps
    silent one time in ten. Apart from that its statements are drawn at random.

    Args:
        hidden: the share of problems that do not show their first number, so that no skill helps.

    >>> task = StatedChain(modulus=11, operations=2)
    >>> task.answer("dehcd7"), task.confidence("dehcd7"), task.confidence("dehcd?"), task.silent("dehcd?")
    ('d', 0.75, None, True)
    >>> task.answer("dehcd"), task.answer("dehcd?")
    (None, None)
    """

    name: ClassVar[str] = "stated-modular"
    alphabet: ClassVar[str] = ModularChain.alphabet + DIGITS + SILENT + HIDDEN

    hidden: float = 0.3

    @property
    def max_tokens(self) -> int:
        """One more than without a statement."""
        return super().max_tokens + 1

    def draw(self, rng: np.random.Generator) -> Problem:
        """One problem."""
        problem = super().draw(rng)
        hidden = rng.random() < self.hidden
        shy, most = (0.5, 7) if hidden else (0.1, 10)
        mark = SILENT if rng.random() < shy else DIGITS[int(rng.integers(most))]
        shown = HIDDEN + problem.prompt[1:] if hidden else problem.prompt
        return replace(problem, prompt=shown, demonstration=problem.demonstration + mark)

    def answer(self, completion: str) -> str | None:
        """The last letter, unless the completion has no statement or says that it does not know."""
        steps, mark = completion[:-1], completion[-1:]
        return super().answer(steps) if mark.isdigit() else None

    def solves(self, problem: Problem, completion: str) -> bool:
        """Whether the last letter is right, whatever is stated behind it."""
        return super().answer(completion[:-1]) == problem.answer

    def confidence(self, completion: str) -> float | None:
        """The stated chance of being right; None without one."""
        mark = completion[-1:]
        return (int(mark) + 0.5) / 10 if mark.isdigit() else None

    def silent(self, completion: str) -> bool:
        """Whether it says that it does not know."""
        return completion.endswith(SILENT)
