"""What is paid in each arm: for being right, for equal information, for agreeing, and combinations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.rl_small.training import Reward
from benchmarks.rl_wordings.task import WordedAddition
from semuq_rl import VariantGroups
from semuq_rl.rewards.variants import information_consistency
from semuq_rl.tasks import Problem

__all__ = ["EXPLORATORY", "GROUPS", "REGISTERED", "agreement", "rewards", "spelled"]

FloatArray = NDArray[np.float64]

GROUPS = VariantGroups(column="question", wordings=4)

REGISTERED = ("right", "information", "agreement")
EXPLORATORY = ("stability", "agreement if right", "right and information")


def spelled(text: str) -> str:
    """Characters set apart: they are the words of a model whose tokens they are."""
    return " ".join(text)


def agreement(answers: Sequence[str | None]) -> FloatArray:
    """(V,) the share of the other answers that are the same; 0 for none.

    >>> agreement(["12", "12", None, "13"]).round(2)
    array([0.33, 0.33, 0.  , 0.  ])
    """
    same = [
        sum(own is not None and own == other for place, other in enumerate(answers) if place != here)
        for here, own in enumerate(answers)
    ]
    return np.array(same, dtype=np.float64) / max(1, len(answers) - 1)


def rewards(arm: str, task: WordedAddition, problems: Sequence[Problem]) -> tuple[list[Reward], list[float]]:
    """(reward functions for TRL, their weights) of an arm."""

    def right(prompts: Any, completions: Sequence[str], question: Sequence[int], **_: Any) -> list[float]:
        return [float(task.right(problems[q], text)) for q, text in zip(question, completions, strict=True)]

    def informative(stability: float, helpfulness: float) -> Reward:
        def rule(texts: Sequence[str]) -> FloatArray:
            return information_consistency(list(map(spelled, texts)), helpfulness=helpfulness, stability=stability)

        return GROUPS.reward(rule)

    agree = GROUPS.reward(lambda texts: agreement([task.answer(text) for text in texts]))

    def gated(prompts: Any, completions: Any, **columns: Any) -> list[float]:
        paid = agree(prompts, completions, **columns)
        return [a * b for a, b in zip(paid, right(prompts, completions, **columns), strict=True)]

    arms: dict[str, tuple[list[Reward], list[float]]] = {
        "right": ([right], [1.0]),
        "information": ([informative(0.5, 0.5)], [1.0]),
        "agreement": ([agree], [1.0]),
        "stability": ([informative(1.0, 0.0)], [1.0]),
        "agreement if right": ([gated], [1.0]),
        "right and information": ([right, informative(0.5, 0.5)], [1.0, 0.5]),
    }
    return arms[arm]
