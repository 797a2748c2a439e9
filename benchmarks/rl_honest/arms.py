"""What is paid in each arm: for being right, for stating one's chance, for keeping silent, and the control."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.rl_honest.task import StatedChain
from benchmarks.rl_small.training import Reward
from semuq_rl.rewards import calibrated_reward, truthful_reward
from semuq_rl.tasks import Problem

__all__ = ["ARMS", "reward"]

ARMS = ("right", "calibrated", "exchanged", "truthful")


def reward(arm: str, task: StatedChain, problems: Sequence[Problem], seed: int) -> Reward:
    """The reward function of an arm, for TRL.

    `exchanged` is `calibrated` with the statements dealt anew among the rollouts of a generation: the same sums are
    paid, and what a rollout states has no say in what it earns.
    """
    rng = np.random.default_rng((seed, 7))

    def pay(prompts: Any, completions: Sequence[str], question: Sequence[int], **_: Any) -> list[float]:
        right = [float(task.right(problems[q], text)) for q, text in zip(question, completions, strict=True)]
        if arm == "right":
            return right
        if arm == "truthful":
            return truthful_reward(right, [task.silent(text) for text in completions]).tolist()
        stated = [task.confidence(text) for text in completions]
        if arm == "exchanged":
            stated = [stated[place] for place in rng.permutation(len(stated))]
        return calibrated_reward(right, stated).tolist()

    return pay
