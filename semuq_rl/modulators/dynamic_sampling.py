"""DAPO's dynamic sampling (arXiv:2503.14476): questions that all rollouts solve, or none, do not count.

Their advantages are 0 anyway; what they do is dilute the mean over the batch. DAPO drops them and
samples on until the batch is full: `informative` tells a trainer which to keep. Where resampling is
not wanted, the modulator spreads the kept questions over the whole batch.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from semuq.checks import within
from semuq.numerics import BoolArray, FloatArray
from semuq_rl.modulators.base import Claims, Empty, Modulator, modulator, spread

__all__ = ["dynamic_sampling", "informative"]


def informative(rewards: Any, mask: Any = None) -> BoolArray:
    """(P,): whether a group's rewards differ, so that it has a gradient; rewards (P, G), mask (P, G).

    >>> informative([[1, 1], [1, 0], [0, 0]])
    array([False,  True, False])
    """
    values = np.asarray(rewards, dtype=np.float64)
    present = np.ones(values.shape, dtype=bool) if mask is None else np.asarray(mask, dtype=bool)
    high = np.where(present, values, -np.inf).max(axis=1)
    low = np.where(present, values, np.inf).min(axis=1)
    return high > low


def dynamic_sampling(*, strength: float = 1.0) -> Modulator:
    """Drop questions without a gradient, and let the others fill their place.

    Formula. A' = A P / K for the K of P questions whose rewards differ, A' = 0 for the others; at a
    strength below 1 the factor is 1 + strength (factor - 1), which is ours.

    Claims. Sign and zero mean kept; no bound on the scale short of P. Batch statistics. Standardising
    the group afterwards undoes it.

    Args:
        strength: in [0, 1]; 1 drops, as DAPO.

    Degenerate cases. No question is informative: all advantages become 0.

    Variant. DAPO samples new questions instead of rescaling; for 0/1 rewards "differ" is its
    0 < accuracy < 1.

    References: Yu et al., DAPO, arXiv:2503.14476, Eq. 11.
    """
    within("dynamic_sampling", 0, 1, strength=strength)

    def update(
        advantages: FloatArray, state: Empty, *, mask: BoolArray, rewards: Any = None, **extra: Any
    ) -> tuple[FloatArray, Empty]:
        kept = informative(rewards, mask)
        factor = np.where(kept, len(kept) / max(int(kept.sum()), 1), 0.0)
        factor = 1 + strength * (factor - 1)
        return advantages * spread(factor, advantages), state

    claims = Claims(
        level="prompt",
        keeps_sign=True,
        keeps_mean=True,
        scale=None,
        batch_statistics=True,
        undone_by_group_std=True,
        needs=frozenset({"rewards"}),
    )
    return modulator(update, name=f"dynamic_sampling(strength={strength!r})", claims=claims, strength=strength)
