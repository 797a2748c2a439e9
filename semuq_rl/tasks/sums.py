"""Small sums and products in plain notation, for a pretrained language model with a tokenizer of its own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from semuq.checks import within
from semuq_rl.tasks.base import Problem, Task

__all__ = ["Products", "Sums"]

_SPARE = 2


@dataclass(frozen=True, kw_only=True)
class Sums(Task):
    """`7 + 15 =` for two numbers from `least` to `most`; the answer is the number that the completion opens with.

    The prompt shows one solved sum before it, so that a small base model knows what is wanted. A level
    is the number of digits of the larger number. What follows the answer is not looked at.

    >>> task = Sums()
    >>> task.answer(" 22.\\n\\nThe"), task.answer(" x = 22"), task.answer(" 2222222")
    ('22', None, None)
    """

    name: ClassVar[str] = "sums"
    alphabet: ClassVar[str] = "0123456789 +=\n"
    sign: ClassVar[str] = "+"
    answered: ClassVar[re.Pattern[str]] = re.compile(r"\s*(\d{1,6})(?!\d)")

    least: int = 1
    most: int = 30

    def __post_init__(self) -> None:
        within("sums", 0, 99999, least=self.least)
        within("sums", self.least, 99999, most=self.most)

    @property
    def max_tokens(self) -> int:
        """A token per digit at most, a space before them, and one after."""
        return len(str(self.value(self.most, self.most))) + _SPARE

    @classmethod
    def value(cls, a: int, b: int) -> int:
        """What stands behind the equals sign."""
        return a + b

    def draw(self, rng: np.random.Generator) -> Problem:
        """One problem."""
        a, b = (int(x) for x in rng.integers(self.least, self.most + 1, size=2))
        shown, value = f"3 {self.sign} 4 = {self.value(3, 4)}\n", self.value(a, b)
        return Problem(
            prompt=f"{shown}{a} {self.sign} {b} =",
            answer=str(value),
            demonstration=f" {value}",
            level=len(str(max(a, b))),
        )

    def answer(self, completion: str) -> str | None:
        """The number at the beginning."""
        found = self.answered.match(completion)
        return found[1] if found else None


@dataclass(frozen=True, kw_only=True)
class Products(Sums):
    """`7 * 15 =`, else as `Sums`: harder for a language model, which has to carry in its head.

    >>> Products(least=12, most=12).draw(np.random.default_rng(0)).prompt.splitlines()
    ['3 * 4 = 12', '12 * 12 =']
    """

    name: ClassVar[str] = "products"
    alphabet: ClassVar[str] = "0123456789 *=\n"
    sign: ClassVar[str] = "*"
    answered: ClassVar[re.Pattern[str]] = re.compile(r"\s*(\d{1,10})(?!\d)")

    @classmethod
    def value(cls, a: int, b: int) -> int:
        """What stands behind the equals sign."""
        return a * b
