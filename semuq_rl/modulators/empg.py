"""EMPG (arXiv:2509.09265): certain steps of an agent count more, and so do steps that lead to certainty.

The same direction as SEED-GRPO, a level finer, and normalised so that the mean factor is 1. Compiled
from two ports and two summaries that agree; the details marked inferred are our reading.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from semuq.checks import within
from semuq.numerics import BoolArray, FloatArray, IntArray
from semuq_rl.modulators.base import Claims, Empty, Modulator, modulator

__all__ = ["empg"]


_EPSILON = 1e-8


def empg(*, k: float = 1.0, zeta: float = 0.1, k_future: float | None = None, recentre: bool = True) -> Modulator:
    """Weigh each step of a trajectory by how certain it was, and add a bonus for a certain next step.

    Formula. Over all steps s of all trajectories of the batch, with H_s the mean token entropy of s:
        H~_s = (H_s - min) / (max - min + 1e-8)                            Eq. 12
        g_s  = exp(-k H~_s) / mean exp(-k H~)                              Eq. 10, mean 1
        A'   = A g_s + zeta exp(-k_future H~_{s+1}),  no bonus at the last step
    and with `recentre` the mean of A' over all steps is subtracted.

    Claims. Sign, mean and scale all change: the mean over the batch is 0, not that of a group. Batch
    statistics.

    Args:
        k: >= 0; 0 with zeta = 0 is the identity, the recentring included.
        zeta: weight of the bonus, >= 0; 0.05 to 0.1 in the ports.
        k_future: >= 0; None takes k.
        recentre: the paper's final step. That it weighs steps and not tokens is inferred.

    Degenerate cases. All H equal: g = 1, and the bonus is constant. One step per trajectory: no bonus.

    Needs `steps` (P, G, T): which step a token belongs to, zeros for a single answer.

    References: EMPG, arXiv:2509.09265, Eq. 10 and 12.
    """
    future = k if k_future is None else k_future
    within("empg", 0, k=k, zeta=zeta, k_future=future)

    def update(
        advantages: FloatArray,
        state: Empty,
        *,
        present: BoolArray,
        entropies: Any = None,
        steps: Any = None,
        **extra: Any,
    ) -> tuple[FloatArray, Empty]:
        if not present.any():
            return advantages, state
        step_of, owner = _number_steps(steps, present)
        sizes = np.bincount(step_of)
        entropy = np.bincount(step_of, weights=entropies[present]) / sizes
        scaled = (entropy - entropy.min()) / (entropy.max() - entropy.min() + _EPSILON)
        weight = np.exp(-k * scaled)
        goes_on = np.append(owner[1:] == owner[:-1], False)
        bonus = np.where(goes_on, np.exp(-future * np.append(scaled[1:], 0.0)), 0.0)
        tokens = advantages[present] * (weight / weight.mean())[step_of] + zeta * bonus[step_of]
        if recentre:
            tokens = tokens - (np.bincount(step_of, weights=tokens) / sizes).mean()
        changed = np.zeros(advantages.shape)
        changed[present] = tokens
        return changed, state

    claims = Claims(
        level="token",
        keeps_sign=False,
        keeps_mean=False,
        scale=None,
        batch_statistics=True,
        needs=frozenset({"entropies", "steps", "token_mask"}),
    )
    options = f"k={k!r}, zeta={zeta!r}, k_future={k_future!r}, recentre={recentre}"
    return modulator(update, name=f"empg({options})", claims=claims, strength=max(k, zeta))


def _number_steps(steps: IntArray, present: BoolArray) -> tuple[IntArray, IntArray]:
    """For each token the number of its step, counted through the batch; for each step its rollout."""
    rollout = np.broadcast_to(
        np.arange(present.shape[0] * present.shape[1]).reshape(*present.shape[:2], 1), present.shape
    )
    pairs = np.stack([rollout[present], steps[present]], axis=1)
    distinct, step_of = np.unique(pairs, axis=0, return_inverse=True)
    return step_of.reshape(-1), distinct[:, 0]
