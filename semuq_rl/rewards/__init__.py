"""Rewards: `rules` and `variants` without labels, `honest` ones, and `functions` in the shape that trainers call."""

from __future__ import annotations

from semuq_rl.rewards.functions import estimator_reward, group_reward
from semuq_rl.rewards.honest import calibrated_reward, stated_confidence, truthful_reward
from semuq_rl.rewards.rules import (
    answer_clusters,
    consistency,
    empo,
    exact_answer,
    intuitor,
    self_certainty,
    ttrl,
    word_entropy_stability,
)
from semuq_rl.rewards.variants import answer_entropy, group_stability, information_consistency, variant_reward

__all__ = [
    "answer_clusters",
    "answer_entropy",
    "calibrated_reward",
    "consistency",
    "empo",
    "estimator_reward",
    "exact_answer",
    "group_reward",
    "group_stability",
    "information_consistency",
    "intuitor",
    "self_certainty",
    "stated_confidence",
    "truthful_reward",
    "ttrl",
    "variant_reward",
    "word_entropy_stability",
]
