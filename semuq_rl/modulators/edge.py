"""EDGE-GRPO (arXiv:2507.21848): confident right answers gain, confident wrong ones lose more.

The entropy-driven advantage only; guided error correction, which replaces wrong rollouts, belongs to
the sampler.
"""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np

from semuq.checks import one_of, within
from semuq.errors import InvalidParameter
from semuq.numerics import BoolArray, FloatArray
from semuq_rl.modulators.base import Claims, Empty, Modulator, modulator, spread

__all__ = ["Scope", "edge", "mean_entropy"]


Scope = Literal["group", "batch"]


def mean_entropy(entropies: FloatArray, token_mask: BoolArray) -> FloatArray:
    """(P, G): each rollout's mean token entropy in nats, from (P, G, T); 0 for one without tokens."""
    return np.where(token_mask, entropies, 0.0).sum(axis=2) / np.maximum(token_mask.sum(axis=2), 1)


def edge(*, strength: float = 1.0, scope: Scope = "group", clamp: tuple[float, float] = (0.1, 10.0)) -> Modulator:
    """Divide a rollout's advantage by how uncertain its tokens are, against its peers.

    Formula. A'_i = A_i clamp(mean_j P_j / P_i)^strength, P_i the mean token entropy of rollout i.

    Claims. Sign kept; a zero mean is not; scale between clamp[0]^strength and clamp[1]^strength.

    Args:
        strength: exponent >= 0, ours; the paper's form is 1.
        scope: the mean over j is over the "group", or over the "batch", as released, which uses
            batch statistics.
        clamp: bounds of the ratio around 1; commented out in the released code, in force here.

    Degenerate cases. P_i = 0 where others are not: the upper clamp. All 0: factor 1. A rollout
    without tokens keeps its advantage and is not in the mean.

    Variant. The released code takes means over padding too and lets gradients through 1 / P_i; here
    padding is masked and the factor is a constant.

    References: EDGE-GRPO, arXiv:2507.21848.
    """
    within("edge", 0, strength=strength)
    if not 0 < clamp[0] <= 1 <= clamp[1] < np.inf:
        raise InvalidParameter(f"edge.clamp: expected (low, high) with 0 < low <= 1 <= high, got {clamp!r}")
    one_of("edge", get_args(Scope), scope=scope)

    def update(
        advantages: FloatArray,
        state: Empty,
        *,
        mask: BoolArray,
        entropies: Any = None,
        token_mask: Any = None,
        **extra: Any,
    ) -> tuple[FloatArray, Empty]:
        own = mean_entropy(entropies, token_mask & mask[..., None])
        counted = mask & token_mask.any(axis=2)
        axis = 1 if scope == "group" else None
        mean = np.where(counted, own, 0.0).sum(axis=axis, keepdims=True) / np.maximum(
            counted.sum(axis=axis, keepdims=True), 1
        )
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            ratio = np.clip(np.where((own == 0) & (mean == 0), 1.0, mean / own), *clamp)
        factor = np.where(counted, ratio, 1.0) ** strength
        return advantages * spread(factor, advantages), state

    claims = Claims(
        level="response",
        keeps_sign=True,
        keeps_mean=False,
        scale=(clamp[0] ** strength, clamp[1] ** strength),
        batch_statistics=scope == "batch",
        needs=frozenset({"entropies", "token_mask"}),
    )
    return modulator(
        update, name=f"edge(strength={strength!r}, scope={scope!r}, clamp={clamp!r})", claims=claims, strength=strength
    )
