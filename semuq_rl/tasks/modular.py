"""A chain of operations modulo m, worked off from left to right with every intermediate result."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from semuq.checks import within
from semuq_rl.tasks.base import Problem, Task

__all__ = ["ModularChain"]

_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, kw_only=True)
class ModularChain(Task):
    """1 to `operations` operations (+, -, *) on the numbers 0 to m - 1, left to right, modulo m.

    A level is a number of operations; shorter chains are filled up with +0, so that every prompt has
    the same layout. Numbers are letters (a = 0), one token each. The demonstration repeats the
    first number, then each operand and the result so far: `dehcd` for d+e*c (3 + 4 = 7, times 2 = 14 = 3)
    modulo 11. The answer is the last letter; the checker does not look at the steps before it.

    Args:
        modulus: m, at most 26.
        operations: of the longest chains.
        slips: chance that a demonstration takes * for +, or subtracts the wrong way round. A model that
            imitates such a teacher has both ways of doing it, and has the right one to gain by reinforcement.

    >>> task = ModularChain(modulus=11, operations=2)
    >>> task.demonstrate([3, 4, 2], "+*"), task.answer("dehcd"), task.answer("dehc")
    ('dehcd', 'd', None)
    """

    name: ClassVar[str] = "modular"
    alphabet: ClassVar[str] = _LETTERS + "+-*="

    modulus: int = 11
    operations: int = 4
    slips: float = 0.0

    def __post_init__(self) -> None:
        within("modular", 2, len(_LETTERS), modulus=self.modulus)
        within("modular", 1, 20, operations=self.operations)
        within("modular", 0, 1, slips=self.slips)

    @property
    def max_tokens(self) -> int:
        """The first number, two characters an operation, and the end."""
        return 2 * self.operations + 2

    def draw(self, rng: np.random.Generator) -> Problem:
        """One problem."""
        level = int(rng.integers(1, self.operations + 1))
        padding = self.operations - level
        numbers = [int(x) for x in rng.integers(0, self.modulus, size=level + 1)] + [0] * padding
        signs = "".join("+-*"[i] for i in rng.integers(0, 3, size=level)) + "+" * padding
        prompt = _LETTERS[numbers[0]] + "".join(sign + _LETTERS[x] for sign, x in zip(signs, numbers[1:], strict=True))
        right, shown = self.demonstrate(numbers, signs), self.demonstrate(numbers, signs, rng)
        return Problem(prompt=f"{prompt}=", answer=right[-1], demonstration=shown, level=level)

    def demonstrate(self, numbers: list[int], signs: str, rng: np.random.Generator | None = None) -> str:
        """The first number, then each operand and the result after it; slips only if given random numbers."""
        value, steps = numbers[0], _LETTERS[numbers[0]]
        for sign, x in zip(signs, numbers[1:], strict=True):
            slip = sign != "+" and rng is not None and rng.random() < self.slips
            if sign == "-":
                value = x - value if slip else value - x
            else:
                value = value * x if sign == "*" and not slip else value + x
            value %= self.modulus
            steps += _LETTERS[x] + _LETTERS[value]
        return steps

    def answer(self, completion: str) -> str | None:
        """The last letter, if the completion is as long as it should be."""
        return completion[-1] if re.fullmatch(rf"[a-z]{{{2 * self.operations + 1}}}", completion) else None
