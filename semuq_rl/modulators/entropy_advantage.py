"""Entropy in the advantage (arXiv:2506.14758): uncertain tokens count a little more, whichever way they count.

The opposite direction of SEED-GRPO for right answers, a level finer. One line of code in the paper's own words.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from semuq.checks import within
from semuq.numerics import FloatArray
from semuq_rl.modulators.base import Claims, Empty, Modulator, modulator

__all__ = ["entropy_advantage"]


def entropy_advantage(*, alpha: float = 0.4, kappa: float = 2.0) -> Modulator:
    """Add a token's entropy to its advantage, up to a share of the advantage's size.

    Formula. A'_t = A_t + min(alpha H_t, |A_t| / kappa), the entropy H_t a constant.

    Claims. Sign kept, as kappa > 1; a zero mean is not; scale between 1 - 1/kappa and 1 + 1/kappa. Raises
    right answers at uncertain tokens, and spares wrong ones there.

    Args:
        alpha: strength >= 0; the paper's 0.4 with GRPO, 0.1 with PPO.
        kappa: > 1; the paper's 2.

    Degenerate cases. A = 0 stays 0. H = 0: unchanged.

    Example:
        >>> from semuq_rl.groups import broadcast_tokens
        >>> mask = np.ones((1, 2, 2), dtype=bool)
        >>> rise, advantages = entropy_advantage(), broadcast_tokens([[0.5, -0.5]], mask)
        >>> rise.update(advantages, rise.init(), entropies=[[[0.0, 0.5], [0.1, 2.0]]], token_mask=mask)[0]
        array([[[ 0.5 ,  0.7 ],
                [-0.46, -0.25]]])

    References: Cheng et al., Reasoning with Exploration: An Entropy Perspective, arXiv:2506.14758, Eq. 4 and 5.
    """
    within("entropy_advantage", 0, alpha=alpha)
    within("entropy_advantage", 1, open_low=True, kappa=kappa)

    def update(
        advantages: FloatArray, state: Empty, *, entropies: Any = None, **extra: Any
    ) -> tuple[FloatArray, Empty]:
        return advantages + np.minimum(alpha * entropies, np.abs(advantages) / kappa), state

    claims = Claims(
        level="token",
        keeps_sign=True,
        keeps_mean=False,
        scale=(1 - 1 / kappa, 1 + 1 / kappa),
        needs=frozenset({"entropies", "token_mask"}),
    )
    return modulator(update, name=f"entropy_advantage(alpha={alpha!r}, kappa={kappa!r})", claims=claims, strength=alpha)
