"""Clip-Cov (arXiv:2505.22617): leave out the few tokens whose update would lower the entropy most.

Entropy falls with the covariance of log-probs and advantages; few tokens carry most of it. Formulas as in verl's
`compute_policy_loss_clip_cov`. KL-Cov, the paper's other method, is a penalty in the loss and no change of
advantages: its gradient is 0 where the policy has not moved. `covariances` finds its tokens for a loss of one's own.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from semuq.checks import within
from semuq.errors import InvalidParameter
from semuq.numerics import BoolArray, FloatArray
from semuq_rl.modulators.base import Claims, Empty, Modulator, modulator

__all__ = ["clip_cov", "covariances"]


def covariances(advantages: Any, logprobs: Any, present: Any) -> FloatArray:
    """(P, G, T) each token's part in the covariance of advantage and log-prob over all tokens; 0 where none is.

    Formula. (A_t - mean A) (log p_t - mean log p), means over the tokens of the batch.

    >>> mask = np.ones((1, 1, 2), dtype=bool)
    >>> covariances([[[1.0, -1.0]]], [[[-0.5, -1.5]]], mask)
    array([[[0.5, 0.5]]])
    """
    values, logs, here = np.asarray(advantages, float), np.asarray(logprobs, float), np.asarray(present, bool)
    if not here.any():
        return np.zeros(values.shape)
    return np.where(here, (values - values[here].mean()) * (logs - logs[here].mean()), 0.0)


def clip_cov(*, ratio: float = 2e-4, low: float = 1.0, high: float = 5.0) -> Modulator:
    """Take the advantage from a share of the tokens whose covariance with it is large.

    Formula. Of the tokens with low < covariance < high, the ratio N highest (N tokens in the batch, rounded down, at
    least one) get A' = 0. At the first update of a generation, where all ratios are 1, this is their detaching in the
    loss; at later ones the loss would choose anew.

    Claims. Sign kept; scale between 0 and 1; a zero mean is not kept. Batch statistics.

    Args:
        ratio: share of tokens, in [0, 1]; 0 is the identity; verl's 2e-4.
        low, high: the band; verl's 1 and 5.

    Degenerate cases. No token in the band: unchanged. Equal covariances: those that come first in the batch.

    Variant. verl draws its tokens from the band at random; here they are the highest, so that the order of rollouts
    does not matter.

    References: Cui et al., The Entropy Mechanism of Reinforcement Learning for Reasoning, arXiv:2505.22617.
    """
    within("clip_cov", 0, 1, ratio=ratio)
    if not low < high:
        raise InvalidParameter(f"clip_cov.high: expected a number > low = {low!r}, got {high!r}")

    def update(
        advantages: FloatArray, state: Empty, *, present: BoolArray, logprobs: Any = None, **extra: Any
    ) -> tuple[FloatArray, Empty]:
        own = covariances(advantages, logprobs, present)
        band = present & (own > low) & (own < high)
        count = min(max(1, int(ratio * present.sum())), int(band.sum()))
        changed = advantages.copy()
        ranked = np.argsort(np.where(band, -own, np.inf), axis=None, kind="stable")
        changed.reshape(-1)[ranked[:count]] = 0.0
        return changed, state

    claims = Claims(
        level="token",
        keeps_sign=True,
        keeps_mean=False,
        scale=(0.0, 1.0),
        batch_statistics=True,
        needs=frozenset({"logprobs", "token_mask"}),
    )
    return modulator(
        update, name=f"clip_cov(ratio={ratio!r}, low={low!r}, high={high!r})", claims=claims, strength=ratio
    )
