"""Preference pairs that one is not sure of: a confidence per pair, and DPO's loss weighed by it.

After RBRM (arXiv:2503.10093), whose confidence comes from hidden states (`semuq.fitted.layer_vote`). Pure functions of
NumPy arrays or torch tensors; the loss takes the margin that any DPO trainer has: TRL's `DPOTrainer` computes it as
`(chosen_logps - ref_chosen_logps) - (rejected_logps - ref_rejected_logps)`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from semuq.checks import positive, within

__all__ = ["preference_confidence", "weighted_dpo_loss"]


def preference_confidence(chosen: Any, rejected: Any, *, temperature: float = 1.0, least: float = 0.0) -> Any:
    """(n,) the chance that the chosen answer of each pair is the better one: sigmoid(c (R_chosen - R_rejected)).

    Args:
        chosen, rejected: (n,) rewards, higher = better.
        temperature: c > 0, from held-out pairs (`LayerVote.temperature`).
        least: floor of the confidence, in [0, 1/2]. The released code has 1/2, and one confidence for a whole batch:
            c = 7.5 times the difference of mean sigmoids. With 0 a pair that looks turned round is learned so.

    >>> preference_confidence(np.array([1.0, 0.0]), np.array([0.0, 1.0])).round(3)
    array([0.731, 0.269])
    """
    positive("preference_confidence", temperature=temperature)
    within("preference_confidence", 0, 0.5, least=least)
    lead = temperature * (chosen - rejected)
    if isinstance(lead, np.ndarray):
        return np.maximum(1 / (1 + np.exp(-np.clip(lead, -500, 500))), least)
    return lead.sigmoid().clamp_min(least)


def weighted_dpo_loss(margin: Any, confidence: Any, *, beta: float = 0.1) -> Any:
    """(n,) DPO's loss for pairs that are the right way round with a chance: conservative DPO, a chance per pair.

    Formula. -g log sigmoid(beta m) - (1 - g) log sigmoid(-beta m); its slope at m = 0 is -beta (g - 1/2).

    Args:
        margin: (n,) log-ratio of policy to reference of the chosen answer, less that of the rejected one. The reference
            must be frozen: with the policy for its own reference the margin is 0 for ever (as in the released code).
        confidence: (n,) g in [0, 1]; 1 is DPO, 1/2 pulls the margin to 0.
        beta: DPO's, > 0; 0.15 in the paper.

    >>> weighted_dpo_loss(np.array([0.0, 2.0]), np.array([1.0, 0.5]), beta=1.0).round(4)
    array([0.6931, 1.1269])
    """
    positive("weighted_dpo_loss", beta=beta)
    x = beta * margin
    if isinstance(x, np.ndarray):
        return confidence * np.logaddexp(0, -x) + (1 - confidence) * np.logaddexp(0, x)
    from torch.nn.functional import softplus

    return confidence * softplus(-x) + (1 - confidence) * softplus(x)
