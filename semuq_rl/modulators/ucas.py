"""UCAS (arXiv:2510.10649): right answers reached unsurely count more, wrong ones reached surely count more.

Formulas from the released code (xvolcano02/UCAS, commit b122ff2, `compute_ucas_advantage`). Its two signals need the
model's logits, which no trainer here hands on; entropies and log-probs stand in for them, as said below.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from semuq.checks import within
from semuq.numerics import BoolArray, FloatArray
from semuq_rl.modulators.base import Claims, Empty, Modulator, modulator
from semuq_rl.modulators.edge import mean_entropy

__all__ = ["ucas"]


_EPSILON = 1e-6


def ucas(
    *, beta_right: float = 0.25, beta_wrong: float = 0.35, token_penalty: float = 0.05, strength: float = 1.0
) -> Modulator:
    """Shape a rollout's advantage by its confidence among its peers, then charge each token for its own.

    Formula. With z_i the confidence of rollout i, less the group's mean, over its standard deviation (over n - 1),
        B_i    = A_i exp(-beta_right z_i) where A_i > 0,  A_i exp(beta_wrong z_i) elsewhere
        A'_it  = B_i - token_penalty c_it,  not below 0 where B_i > 0
    c_it is the certainty of the token, from 0 to 1 between the least and the most certain of the batch.

    Claims. Sign, mean and scale all change. Batch statistics.

    Args:
        beta_right, beta_wrong, token_penalty: >= 0; the released values, which the code does not let one set.
        strength: in [0, 1], multiplies all three; ours.

    Degenerate cases. One rollout, or equal confidences: z = 0. All tokens equally certain: c = 1/2, as released. A = 0:
    only the penalty, as released, so that settled groups push all their tokens down.

    Variant. Released: confidence is KL(uniform || p) summed over the tokens, so that longer is surer, and certainty the
    raw logit of the token. Here confidence is minus the mean token entropy, and certainty the token's log-prob: ours.
    With rewards that are not scaled the released code does not divide z either; here it is always divided.

    References: Xie et al., Unlocking Exploration in RLVR, arXiv:2510.10649.
    """
    within("ucas", 0, beta_right=beta_right, beta_wrong=beta_wrong, token_penalty=token_penalty)
    within("ucas", 0, 1, strength=strength)

    def update(
        advantages: FloatArray,
        state: Empty,
        *,
        mask: BoolArray,
        present: BoolArray,
        entropies: Any = None,
        logprobs: Any = None,
        **extra: Any,
    ) -> tuple[FloatArray, Empty]:
        z = _scores(-mean_entropy(entropies, present), mask)[..., None]
        right = advantages > 0
        factor = np.where(right, np.exp(-strength * beta_right * z), np.exp(strength * beta_wrong * z))
        shaped = advantages * factor
        charged = shaped - strength * token_penalty * _from_zero_to_one(logprobs, present)
        return np.where(right, np.maximum(charged, 0.0), charged), state

    claims = Claims(
        level="token",
        keeps_sign=False,
        keeps_mean=False,
        scale=None,
        batch_statistics=True,
        needs=frozenset({"entropies", "logprobs", "token_mask"}),
    )
    options = f"beta_right={beta_right!r}, beta_wrong={beta_wrong!r}, token_penalty={token_penalty!r}"
    return modulator(update, name=f"ucas({options}, strength={strength!r})", claims=claims, strength=strength)


def _scores(values: FloatArray, mask: BoolArray) -> FloatArray:
    """(P, G) z-scores within each group; 0 where there is nothing to compare."""
    count = mask.sum(axis=1, keepdims=True)
    centred = np.where(mask, values - np.where(mask, values, 0.0).sum(axis=1, keepdims=True) / count, 0.0)
    spread = np.sqrt((centred**2).sum(axis=1, keepdims=True) / np.maximum(count - 1, 1))
    return centred / (spread + _EPSILON)


def _from_zero_to_one(values: FloatArray, present: BoolArray) -> FloatArray:
    """(P, G, T) min-max over all tokens of the batch, 1/2 if they are equal; 0 where none is."""
    if not present.any():
        return np.zeros(values.shape)
    low, high = values[present].min(), values[present].max()
    scaled = np.full(values.shape, 0.5) if np.isclose(high, low) else (values - low) / (high - low + _EPSILON)
    return np.where(present, scaled, 0.0)
