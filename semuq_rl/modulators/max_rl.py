"""MaxRL (arXiv:2602.02710): divide by the success rate, so that what is learned is likelihood, not accuracy.

The gradient of log p is that of p over p: hard questions count for more. The opposite weight of SEED-GRPO's wherever
being unsure goes with being wrong.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from semuq.checks import within
from semuq.numerics import BoolArray, FloatArray
from semuq_rl.modulators.base import Claims, Empty, Modulator, modulator, spread
from semuq_rl.modulators.controls import accuracies

__all__ = ["max_rl"]


def max_rl(*, strength: float = 1.0) -> Modulator:
    """Raise the advantages of a question by the inverse of how often it is answered.

    Formula. A' = A / rbar^strength, rbar the mean reward of the group; with Dr.GRPO's A and strength 1 this is
    (r - rbar) / rbar.

    Claims. Sign and zero mean kept; for rewards in [0, 1] the scale is between 1 and G. Standardising the group
    afterwards undoes it.

    Args:
        strength: in [0, 1]; 1 is MaxRL, 0 Dr.GRPO, between is ours.

    Degenerate cases. rbar <= 0, so no success: unchanged, and A is 0 for rewards of 0 and 1.

    Example:
        >>> hard = max_rl()
        >>> hard.update(np.array([[0.75, -0.25, -0.25, -0.25]]), hard.init(), rewards=[[1.0, 0.0, 0.0, 0.0]])[0]
        array([[ 3., -1., -1., -1.]])

    References: Tajwar et al., Maximum Likelihood Reinforcement Learning, arXiv:2602.02710; TRL's `maxrl.py` example
    and SkyRL's `compute_maxrl_advantage` agree.
    """
    within("max_rl", 0, 1, strength=strength)

    def update(
        advantages: FloatArray, state: Empty, *, mask: BoolArray, rewards: Any = None, **extra: Any
    ) -> tuple[FloatArray, Empty]:
        mean = accuracies(rewards, mask)
        factor = np.where(mean > 0, np.where(mean > 0, mean, 1.0) ** -strength, 1.0)
        return advantages * spread(factor, advantages), state

    claims = Claims(
        level="prompt",
        keeps_sign=True,
        keeps_mean=True,
        scale=None,
        undone_by_group_std=True,
        needs=frozenset({"rewards"}),
    )
    return modulator(update, name=f"max_rl(strength={strength!r})", claims=claims, strength=strength)
