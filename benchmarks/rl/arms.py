"""The arms: what is put between TRL's advantages and its loss, and the order in which runs are done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

__all__ = ["ARMS", "BASELINE", "MAIN", "STARTS", "TASKS", "Arm", "Run", "queue"]

TASKS = ("tiny-addition", "tiny-modular")
"""Recipes of `semuq_rl/recipes`; an arm overrides their signal and modulator and nothing else."""

MAIN_SEEDS = 10
OTHER_SEEDS = 4
STARTS = 5
"""Starts a task; seeds that are equal modulo this begin from the same weights, with other problems and samples."""

ENTROPY = {"estimator": "SemanticEntropy(duplicates='count')", "relation": "ExactMatch(normalise=False)"}
"""Semantic entropy over equal answers, masses from length-normalised likelihoods: the released code's form."""


@dataclass(frozen=True, kw_only=True)
class Arm:
    """A modulator and its signal, as tables of a recipe."""

    about: str
    modulator: dict[str, Any] = field(default_factory=dict)
    signal: dict[str, Any] = field(default_factory=dict)


def _seed(**options: Any) -> dict[str, Any]:
    return {"name": "seed_grpo", **options}


BASELINE = "dr-grpo"
MAIN: dict[str, Arm] = {
    BASELINE: Arm(about="Dr.GRPO, nothing in between"),
    "seed-paper": Arm(about="SEED, linear, the paper's alpha = 0.02", modulator=_seed(alpha=0.02), signal=ENTROPY),
    "seed-1": Arm(about="SEED, linear, alpha = 1", modulator=_seed(alpha=1.0), signal=ENTROPY),
    "same-mean": Arm(
        about="control: the size of step of seed-1, spread over all questions alike",
        modulator={"name": "same_mean", "of": _seed(alpha=1.0)},
        signal=ENTROPY,
    ),
    "shuffled": Arm(
        about="control: the factors of seed-1 on the wrong questions",
        modulator={"name": "shuffled", "of": _seed(alpha=1.0)},
        signal=ENTROPY,
    ),
}
OTHERS: dict[str, Arm] = {
    "seed-released": Arm(
        about="SEED, the released form and constant", modulator={"name": "seed_released"}, signal=ENTROPY
    ),
    "seed-exponential": Arm(
        about="SEED, exponential, alpha = 1", modulator=_seed(alpha=1.0, shape="exponential"), signal=ENTROPY
    ),
    "seed-focal": Arm(about="SEED, focal, alpha = 1", modulator=_seed(alpha=1.0, shape="focal"), signal=ENTROPY),
    "seed-reciprocal": Arm(
        about="SEED, reciprocal, alpha = 1", modulator=_seed(alpha=1.0, shape="reciprocal"), signal=ENTROPY
    ),
    "seed-1-sets": Arm(
        about="seed-1 on another signal: the number of different answers",
        modulator=_seed(alpha=1.0),
        signal={"estimator": "NumSemanticSets", "relation": "ExactMatch(normalise=False)"},
    ),
    "seed-1-likelihood": Arm(
        about="seed-1 on another signal: predictive entropy of the rollouts, clipped at log G",
        modulator=_seed(alpha=1.0),
        signal={"estimator": "PredictiveEntropy", "limits": "log_n"},
    ),
    "dynamic-sampling": Arm(about="DAPO's filter, reweighted", modulator={"name": "dynamic_sampling"}),
    "mean-variance": Arm(about="mean-variance rewards, beta = 0.5", modulator={"name": "mean_variance", "beta": 0.5}),
    "arm": Arm(about="ARM / ProGRPO, alpha = 0.1", modulator={"name": "arm", "alpha": 0.1}),
    "edge": Arm(about="EDGE-GRPO", modulator={"name": "edge"}),
    "grpo-s": Arm(about="GRPO-S", modulator={"name": "grpo_s"}),
    "gtpo-entropy": Arm(about="GTPO by token entropy", modulator={"name": "gtpo_entropy"}),
    "gtpo-trajectory": Arm(about="GTPO by trajectory", modulator={"name": "gtpo_trajectory"}),
    "empg": Arm(about="EMPG, a completion being one step", modulator={"name": "empg"}),
}
ARMS = MAIN | OTHERS


@dataclass(frozen=True, order=True)
class Run:
    """One run: a task, an arm, a seed."""

    task: str
    arm: str
    seed: int

    @property
    def key(self) -> str:
        """Its name in files."""
        return f"{self.task}--{self.arm}--{self.seed}"


def queue() -> Iterator[Run]:
    """All runs: first the five arms that carry the claim, seed by seed, then the others seed by seed.

    Cut off anywhere, it leaves pairs that are complete for the seeds that are done.
    """
    for seed in range(MAIN_SEEDS):
        for task in TASKS:
            for arm in MAIN:
                yield Run(task, arm, seed)
    for seed in range(OTHER_SEEDS):
        for task in TASKS:
            for arm in OTHERS:
                yield Run(task, arm, seed)
