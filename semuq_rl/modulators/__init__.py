"""The modulators. One in `MODULATORS` can be named in a recipe; its row in `AT_STRENGTH` takes it through every law."""

from __future__ import annotations

from collections.abc import Callable

from semuq.registry import Registry
from semuq_rl.modulators.arm import arm
from semuq_rl.modulators.base import Claims, Empty, Modulator, modulator
from semuq_rl.modulators.clip_cov import clip_cov
from semuq_rl.modulators.compose import chain, check_scaling, identity
from semuq_rl.modulators.controls import anti_seed, same_mean, shuffled
from semuq_rl.modulators.dynamic_sampling import dynamic_sampling
from semuq_rl.modulators.edge import edge
from semuq_rl.modulators.empg import empg
from semuq_rl.modulators.entropy_advantage import entropy_advantage
from semuq_rl.modulators.gtpo_entropy import grpo_s, gtpo_entropy
from semuq_rl.modulators.gtpo_trajectory import gtpo_trajectory
from semuq_rl.modulators.max_rl import max_rl
from semuq_rl.modulators.mean_variance import mean_variance
from semuq_rl.modulators.pass_at_k import pass_at_k
from semuq_rl.modulators.schedules import cosine, linear
from semuq_rl.modulators.seed_grpo import seed_grpo, seed_paper, seed_released
from semuq_rl.modulators.ucas import ucas
from semuq_rl.modulators.unlikeliness import unlikeliness

__all__ = [
    "AT_STRENGTH",
    "MODULATORS",
    "Claims",
    "Empty",
    "Modulator",
    "anti_seed",
    "arm",
    "chain",
    "check_scaling",
    "clip_cov",
    "cosine",
    "dynamic_sampling",
    "edge",
    "empg",
    "entropy_advantage",
    "grpo_s",
    "gtpo_entropy",
    "gtpo_trajectory",
    "identity",
    "linear",
    "max_rl",
    "mean_variance",
    "modulator",
    "pass_at_k",
    "same_mean",
    "seed_grpo",
    "seed_paper",
    "seed_released",
    "shuffled",
    "ucas",
    "unlikeliness",
]

MODULATORS: Registry[Modulator] = Registry(
    "modulator",
    (
        seed_grpo,
        seed_paper,
        seed_released,
        anti_seed,
        arm,
        clip_cov,
        dynamic_sampling,
        edge,
        empg,
        entropy_advantage,
        grpo_s,
        gtpo_entropy,
        gtpo_trajectory,
        max_rl,
        mean_variance,
        pass_at_k,
        ucas,
        unlikeliness,
    ),
)
"""Every modulator that stands on its own; `MODULATORS.read("seed_grpo(alpha=0.02)")` makes one."""

AT_STRENGTH: dict[str, Callable[[float], Modulator]] = {
    "seed": lambda strength: seed_grpo(alpha=strength, shape="linear"),
    "seed-exponential": lambda strength: seed_grpo(alpha=strength, shape="exponential"),
    "seed-focal": lambda strength: seed_grpo(alpha=strength, shape="focal"),
    "seed-reciprocal": lambda strength: seed_grpo(alpha=strength, shape="reciprocal"),
    "seed-renormalised": lambda strength: seed_grpo(alpha=strength, shape="reciprocal", renormalise="questions"),
    "seed-equal-advantage": lambda strength: seed_grpo(alpha=strength, shape="reciprocal", renormalise="advantages"),
    "mean-variance": lambda strength: mean_variance(beta=0.9 * strength),
    "mean-variance-running": lambda strength: mean_variance(beta=0.9 * strength, centre="running"),
    "dynamic-sampling": lambda strength: dynamic_sampling(strength=strength),
    "arm": lambda strength: arm(alpha=strength),
    "arm-mixed": lambda strength: arm(alpha=strength, active="mixed", only_correct=False),
    "arm-recentred": lambda strength: arm(alpha=strength, recentre=True),
    "edge": lambda strength: edge(strength=strength),
    "edge-released": lambda strength: edge(strength=strength, scope="batch"),
    "grpo-s": lambda strength: grpo_s(beta2=0.5 * strength),
    "grpo-s-apart": lambda strength: grpo_s(beta2=0.5 * strength, form="apart"),
    "gtpo-entropy": lambda strength: gtpo_entropy(alpha2=0.1 * strength),
    "gtpo-entropy-added": lambda strength: gtpo_entropy(alpha2=0.1 * strength, form="added"),
    "gtpo-trajectory": lambda strength: gtpo_trajectory(strength=strength),
    "empg": lambda strength: empg(k=strength, zeta=0.1 * strength),
    "entropy-advantage": lambda strength: entropy_advantage(alpha=strength),
    "ucas": lambda strength: ucas(strength=strength),
    "clip-cov": lambda strength: clip_cov(ratio=0.3 * strength, low=0.0),
    "pass-at-k": lambda strength: pass_at_k(strength=strength),
    "pass-at-2": lambda strength: pass_at_k(k=2, strength=strength),
    "unlikeliness": lambda strength: unlikeliness(beta=strength),
    "max-rl": lambda strength: max_rl(strength=strength),
    "same-mean": lambda strength: same_mean(seed_grpo(alpha=strength)),
    "shuffled": lambda strength: shuffled(seed_grpo(alpha=strength), seed=0),
    "shuffled-accuracy": lambda strength: shuffled(seed_grpo(alpha=strength), seed=0, among="accuracy"),
    "shuffled-all": lambda strength: shuffled(seed_grpo(alpha=strength), seed=0, among="all"),
    "anti-seed": lambda strength: anti_seed(alpha=strength),
}
"""Variant -> strength in [0, 1] -> the modulator; at strength 0 each is the identity."""
