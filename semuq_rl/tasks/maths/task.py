"""`MathsTask`: the problems of MATH in a recipe, put by a template and graded by mathematical equality.

`[task] name = "maths"` in a recipe. Training problems come from `semuq_rl.tasks.maths.training`, held-out ones from the
evaluation sets.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, get_args

import numpy as np

from semuq.checks import within
from semuq.errors import InvalidParameter
from semuq_rl.tasks.base import Problem, Split, Task
from semuq_rl.tasks.maths.grading import grade_groups
from semuq_rl.tasks.maths.sets import MathsProblem, check_set, load_set
from semuq_rl.tasks.maths.templates import template
from semuq_rl.tasks.maths.training import HUB, load_training

__all__ = ["MathsTask"]


@dataclass(frozen=True, kw_only=True)
class MathsTask(Task):
    r"""Competition mathematics: MATH to train on, an evaluation set to be measured on.

    Args:
        source: where training problems come from, see `load_training`.
        levels: of MATH.
        template: "qwen_math", "r1" or "no"; its prompts hold special tokens, so leave `model.chat` off.
        longest: tokens of a rollout.
        held_out: the evaluation sets that held-out problems come from, in order.
    """

    source: str = HUB
    levels: Sequence[int] = (3, 4, 5)
    template: str = "qwen_math"
    longest: int = 3000
    held_out: Sequence[str] = ("math500",)

    name: ClassVar[str] = "maths"
    alphabet: ClassVar[str] = ""
    """No alphabet: a tiny model of characters is no model for this."""

    def __post_init__(self) -> None:
        template(self.template)
        within("task", 1, longest=self.longest)
        for level in self.levels:
            within("task", 1, 5, levels=level)
        for name in self.held_out:
            check_set(name)

    @property
    def max_tokens(self) -> int:
        """The longest rollout."""
        return self.longest

    def draw(self, rng: np.random.Generator) -> Problem:
        """One training problem."""
        own = self._problems("train")
        return own[int(rng.integers(len(own)))]

    def answer(self, completion: str) -> str | None:
        """What stands in the template's place for the answer."""
        return template(self.template).answer(completion)

    def right(self, problem: Problem, completion: str) -> bool:
        """Whether the answer equals a reference."""
        return self.right_all([problem], [completion])[0]

    def right_all(self, problems: Sequence[Problem], completions: Sequence[str]) -> list[bool]:
        """All of them decided together."""
        groups = [
            ([completion], self._references[problem.prompt])
            for problem, completion in zip(problems, completions, strict=True)
        ]
        return [own[0].right for own in grade_groups(groups, extract=template(self.template).answer)]

    def stream(self, seed: int, split: Split = "train") -> Iterator[Problem]:
        """Training problems, all once in a random order, then in another; held-out ones always in their own."""
        if split not in get_args(Split):
            raise InvalidParameter(f"split: expected one of {get_args(Split)}, got {split!r}")
        own = self._problems(split)
        rng = np.random.default_rng(seed)
        while True:
            yield from (own[place] for place in (rng.permutation(len(own)) if split == "train" else range(len(own))))

    def problems(self, n: int, seed: int, split: Split = "train") -> list[Problem]:
        """n different problems.

        Raises:
            InvalidParameter: there are fewer.
        """
        available = len(self._problems(split))
        if n > available:
            raise InvalidParameter(f"{self.source}: expected {n} different problems ({split}), found {available}")
        stream = self.stream(seed, split)
        return [next(stream) for _ in range(n)]

    @cached_property
    def _splits(self) -> dict[str, list[tuple[MathsProblem, int]]]:
        return {
            "train": load_training(self.source, levels=tuple(self.levels)),
            "held-out": [(problem, 0) for name in self.held_out for problem in load_set(name)],
        }

    @cached_property
    def _references(self) -> dict[str, tuple[str, ...]]:
        put = template(self.template).prompt
        return {put(problem.problem): problem.references for own in self._splits.values() for problem, _ in own}

    def _problems(self, split: str) -> list[Problem]:
        put = template(self.template).prompt
        return [
            Problem(prompt=put(own.problem), answer=own.references[0], demonstration="", level=level)
            for own, level in self._splits[split]
        ]
