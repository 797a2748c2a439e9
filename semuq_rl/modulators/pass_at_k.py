"""Advantages for pass@k (arXiv:2503.19595): a rollout is worth what the best of k would be without it.

Where several tries are allowed, a second right answer adds nothing; the only right one adds everything.
"""

from __future__ import annotations

from math import comb
from typing import Any

import numpy as np

from semuq.checks import whole, within
from semuq.numerics import BoolArray, FloatArray
from semuq_rl.modulators.base import Claims, Empty, Modulator, modulator, spread

__all__ = ["best_of_k", "pass_at_k"]


def best_of_k(rewards: Any, k: int) -> FloatArray:
    """(G,) k times the mean over all sets of k that hold rollout i of (their best - the best of the others).

    The mean over the group of this times the score of each rollout is an unbiased gradient of the expected best of k.
    A set is known by what its largest other member is: after sorting, no set has to be gone through.

    >>> best_of_k([1.0, 0.0, 0.0], 3), best_of_k([1.0, 1.0, 0.0], 2)
    (array([3., 0., 0.]), array([1., 1., 0.]))
    """
    values = np.asarray(rewards, dtype=np.float64)
    n = len(values)
    # Chance that the j-th smallest of the n - 1 others is the largest of k - 1 of them.
    chance = np.array([comb(j, k - 2) for j in range(n - 1)]) / comb(n - 1, k - 1)
    others = np.sort(np.stack([np.delete(values, i) for i in range(n)]), axis=1)
    return np.asarray(k * (np.maximum(values[:, None] - others, 0.0) * chance).sum(axis=1), dtype=np.float64)


def pass_at_k(*, k: int | None = None, strength: float = 1.0) -> Modulator:
    """Learn for the best of k answers, not for each of them.

    Formula. T_i = k mean over sets S of k rollouts with i of (max r_S - max r_{S without i});
    A' = A + strength (T - A).

    Claims. Sign, mean and scale change; at strength 1 what came in does not matter. Not centred: the leave-one-out
    term is a baseline already, and wrong rollouts get 0.

    Args:
        k: tries, >= 2; None takes the number of rollouts in the group, the paper's case.
        strength: in [0, 1]; between is ours.

    Degenerate cases. A group smaller than k uses all it has. One rollout: T = 0. Two right answers and k = G: T = 0,
    the group teaches nothing.

    References: Tang, Zheng, Synnaeve, Munos, Optimizing Language Models for Inference Time Objectives using
    Reinforcement Learning, arXiv:2503.19595. The general k over all sets is the leave-one-out form, ours.
    """
    within("pass_at_k", 0, 1, strength=strength)
    if k is not None:
        whole("pass_at_k", 2, k=k)

    def update(
        advantages: FloatArray, state: Empty, *, mask: BoolArray, present: BoolArray, rewards: Any = None, **extra: Any
    ) -> tuple[FloatArray, Empty]:
        target = np.zeros(mask.shape)
        for p, real in enumerate(mask):
            tries = min(k or int(real.sum()), int(real.sum()))
            if tries > 1:
                target[p, real] = best_of_k(rewards[p, real], tries)
        target = np.where(present, spread(target, advantages), 0.0)
        return advantages + strength * (target - advantages), state

    claims = Claims(
        level="response",
        keeps_sign=False,
        keeps_mean=False,
        scale=None,
        standardises=strength == 1,
        needs=frozenset({"rewards"}),
    )
    return modulator(update, name=f"pass_at_k(k={k!r}, strength={strength!r})", claims=claims, strength=strength)
