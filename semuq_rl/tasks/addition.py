"""Addition column by column from the right, writing down each column's digit and its carry."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from semuq.checks import within
from semuq_rl.tasks.base import Problem, Task

__all__ = ["Addition"]


@dataclass(frozen=True, kw_only=True)
class Addition(Task):
    """a + b for numbers of 1 to `columns` digits, as many in both, written as columns from the right.

    A level is a number of digits; shorter numbers are filled up with zeros, so that every prompt has
    the same layout. 47 + 85 in three columns is `754800=`: the pairs 75, 48, 00. The demonstration
    gives digit and carry of each column, 21, 31, 10. The answer is read off the digits and the last
    carry; the other carries are steps, which the checker does not look at.

    >>> task = Addition(columns=3)
    >>> task.write(47, 85), task.demonstrate(47, 85), task.answer("213110"), task.answer("2131")
    ('754800=', '213110', '132', None)
    """

    name: ClassVar[str] = "addition"
    alphabet: ClassVar[str] = "0123456789="

    columns: int = 4
    slips: float = 0.0

    def __post_init__(self) -> None:
        within("addition", 1, 12, columns=self.columns)
        within("addition", 0, 1, slips=self.slips)

    @property
    def max_tokens(self) -> int:
        """Two characters a column, and the end."""
        return 2 * self.columns + 1

    def draw(self, rng: np.random.Generator) -> Problem:
        """One problem."""
        digits = int(rng.integers(1, self.columns + 1))
        a, b = (int(x) for x in rng.integers(10 ** (digits - 1), 10**digits, size=2))
        return Problem(
            prompt=self.write(a, b), answer=str(a + b), demonstration=self.demonstrate(a, b, rng), level=digits
        )

    def write(self, a: int, b: int) -> str:
        """The pairs of digits from the right."""
        return "".join(f"{a // 10**k % 10}{b // 10**k % 10}" for k in range(self.columns)) + "="

    def demonstrate(self, a: int, b: int, rng: np.random.Generator | None = None) -> str:
        """Digit and carry of each column from the right; slips only if given random numbers."""
        steps, carry = "", 0
        for k in range(self.columns):
            carry, digit = divmod(a // 10**k % 10 + b // 10**k % 10 + carry, 10)
            if carry and rng is not None and rng.random() < self.slips:
                carry = 0
            steps += f"{digit}{carry}"
        return steps

    def answer(self, completion: str) -> str | None:
        """The sum, if the completion has two digits for each column."""
        if not re.fullmatch(rf"[0-9]{{{2 * self.columns}}}", completion):
            return None
        return str(int(completion[-1] + completion[0::2][::-1]))
