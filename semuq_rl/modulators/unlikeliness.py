"""The unlikeliness reward (arXiv:2506.02355): of the right answers, the likely ones earn less.

GRPO raises what is already likely; rare right answers are lost, and with them pass@k at large k.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.stats import rankdata

from semuq.checks import within
from semuq.numerics import BoolArray, FloatArray
from semuq_rl.modulators.base import Claims, Empty, Modulator, modulator, spread

__all__ = ["unlikeliness"]


def unlikeliness(*, beta: float = 0.25) -> Modulator:
    """Pay a right answer less, the more likely it was among its peers.

    Formula. r'_i = r_i (1 - beta (n - rank_i) / n), rank 0 for the likeliest of the n rollouts of the group; the change
    is centred and added, A' = A + d - mean d with d = r' - r, which for Dr.GRPO's A is the advantage of r'.

    Claims. A zero mean kept; sign and scale are not.

    Args:
        beta: strength in [0, 1]; the paper's 0.25.

    Degenerate cases. Equally likely rollouts share the lower rank. No right answer: unchanged. All right: the group
    gets a gradient, away from its likeliest answers. A rollout without tokens is the likeliest.

    Example:
        >>> pay = unlikeliness(beta=0.5)
        >>> evidence = {"rewards": [[1.0, 1.0]], "logprobs": [[[-0.1], [-2.0]]], "token_mask": np.ones((1, 2, 1))}
        >>> pay.update(np.zeros((1, 2)), pay.init(), **evidence)[0]
        array([[-0.125,  0.125]])

    References: He, Fried, Welleck, Rewarding the Unlikely, arXiv:2506.02355.
    """
    within("unlikeliness", 0, 1, beta=beta)

    def update(
        advantages: FloatArray,
        state: Empty,
        *,
        mask: BoolArray,
        present: BoolArray,
        rewards: Any = None,
        logprobs: Any = None,
        token_mask: Any = None,
        **extra: Any,
    ) -> tuple[FloatArray, Empty]:
        loglik = np.where(token_mask, logprobs, 0.0).sum(axis=2)
        change = np.zeros(mask.shape)
        for p, real in enumerate(mask):
            n = int(real.sum())
            rank = rankdata(-loglik[p, real], method="min") - 1
            own = -beta * rewards[p, real] * (n - rank) / n
            change[p, real] = own - own.mean()
        return advantages + np.where(present, spread(change, advantages), 0.0), state

    claims = Claims(
        level="response",
        keeps_sign=False,
        keeps_mean=True,
        scale=None,
        needs=frozenset({"rewards", "logprobs", "token_mask"}),
    )
    return modulator(update, name=f"unlikeliness(beta={beta!r})", claims=claims, strength=beta)
