"""Addition in four wordings: either order of the numbers, pairs of digits or one number after the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from semuq_rl.tasks import Problem
from semuq_rl.tasks.addition import Addition
from semuq_rl.tasks.base import Split

__all__ = ["WORDINGS", "WordedAddition", "wordings"]

WORDINGS = 4


def wordings(problem: Problem) -> tuple[str, ...]:
    """The four prompts of a sum, the first as `Addition` has it.

    >>> wordings(Problem(prompt="7548=", answer="132", demonstration="2131", level=2))
    ('7548=', '5784=', '74+58=', '58+74=')
    """
    digits = problem.prompt[:-1]
    a, b = digits[0::2], digits[1::2]
    pairs = ["".join(x + y for x, y in zip(one, other, strict=True)) for one, other in ((a, b), (b, a))]
    return (*(f"{own}=" for own in pairs), f"{a}+{b}=", f"{b}+{a}=")


@dataclass(frozen=True, kw_only=True)
class WordedAddition(Addition):
    """Sums whose smaller number comes first, so that a sum is one question whatever its wording.

    Args:
        common: the share of demonstrations in the first wording; the others share the rest.
    """

    name: ClassVar[str] = "worded-addition"
    alphabet: ClassVar[str] = "0123456789=+"

    common: float = 0.4

    def draw(self, rng: np.random.Generator) -> Problem:
        """One sum in the first wording, of numbers that differ and have all columns: four wordings that differ."""
        while True:
            problem = super().draw(rng)
            one, other = (int(problem.prompt[side:-1:2][::-1]) for side in (0, 1))
            if one != other and problem.level == self.columns:
                return replace(problem, prompt=self.write(min(one, other), max(one, other)))


@dataclass(frozen=True, kw_only=True)
class Demonstrated(WordedAddition):
    """The same in wordings drawn unevenly, for imitation."""

    def stream(self, seed: int, split: Split = "train") -> Iterator[Problem]:
        """Sums of one split, each in one wording."""
        rng = np.random.default_rng((seed, 2))
        chances = [self.common, *[(1 - self.common) / (WORDINGS - 1)] * (WORDINGS - 1)]
        for problem in super().stream(seed, split):
            yield replace(problem, prompt=wordings(problem)[int(rng.choice(WORDINGS, p=chances))])
