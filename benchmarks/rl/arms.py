"""The arms, the starts and the order: what is put between TRL's advantages and its loss, from where, and when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

__all__ = [
    "ARMS",
    "BASELINE",
    "CELLS",
    "EXPLORATORY",
    "EXPLORATORY_STARTS",
    "REGISTERED",
    "REGISTERED_STARTS",
    "SECONDARY",
    "SECONDARY_STARTS",
    "TASKS",
    "Arm",
    "Cell",
    "Run",
    "queue",
]

TASKS: dict[str, tuple[str, tuple[str, ...]]] = {
    "addition": ("tiny-addition", ("task.columns=2", "imitation.steps=300")),
    "modular": ("tiny-modular", ("task.modulus=4", "task.operations=3", "imitation.steps=350")),
}
"""A recipe of `semuq_rl/recipes` and what is changed in it; arms override signal and modulator, cells the trainer."""

COMMON = ("task.slips=0.5", "evaluation.sampled=0", "evaluation.problems=512")
GENERATIONS = 30
MEASURED_EVERY = 10
ROWS = 128
"""Rollouts of a generation: 16 questions, 8 each."""

REGISTERED_STARTS = 60
SECONDARY_STARTS = 24
EXPLORATORY_STARTS = 12

ENTROPY = {"estimator": "SemanticEntropy(duplicates='count')", "relation": "ExactMatch(normalise=False)"}
"""Semantic entropy over equal answers, masses from length-normalised likelihoods: the released code's form."""


@dataclass(frozen=True, kw_only=True)
class Arm:
    """A modulator and its signal, as tables of a recipe."""

    about: str
    modulator: dict[str, Any] = field(default_factory=dict)
    signal: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Cell:
    """How a generation is used: updates made of it, and their learning rate."""

    updates: int
    rate: float

    @property
    def overrides(self) -> tuple[str, ...]:
        """Of the recipe: the same rollouts whatever the cell, measured after the same generations."""
        return (
            f"trainer.per_device_train_batch_size={ROWS // self.updates}",
            f"trainer.steps_per_generation={self.updates}",
            f"trainer.max_steps={GENERATIONS * self.updates}",
            f"trainer.learning_rate={self.rate}",
            f"trainer.logging_steps={MEASURED_EVERY * self.updates}",
            f"evaluation.every={MEASURED_EVERY * self.updates}",
        )


CELLS = tuple(
    Cell(updates=updates, rate=rate)
    for updates, rates in ((1, (2e-4, 5e-4, 1e-3)), (8, (1e-4, 2e-4, 5e-4)))
    for rate in rates
)


def _seed(**options: Any) -> dict[str, Any]:
    return {"name": "seed_grpo", **options}


BASELINE = "dr-grpo"
REGISTERED: dict[str, Arm] = {
    "seed-1": Arm(about="SEED, linear, alpha = 1", modulator=_seed(alpha=1.0), signal=ENTROPY),
    "shuffled": Arm(
        about="control: the factors of seed-1 on other questions that have a gradient",
        modulator={"name": "shuffled", "of": _seed(alpha=1.0)},
        signal=ENTROPY,
    ),
}
SECONDARY: dict[str, Arm] = {
    BASELINE: Arm(about="Dr.GRPO; the signal is only logged", signal=ENTROPY),
    "seed-paper": Arm(about="SEED, linear, the paper's alpha = 0.02", modulator=_seed(alpha=0.02), signal=ENTROPY),
    "same-mean": Arm(
        about="control: the size of step of seed-1, spread over all questions alike",
        modulator={"name": "same_mean", "of": _seed(alpha=1.0)},
        signal=ENTROPY,
    ),
    "shuffled-accuracy": Arm(
        about="control: the factors of seed-1 on other questions with as many right answers",
        modulator={"name": "shuffled", "of": _seed(alpha=1.0), "among": "accuracy"},
        signal=ENTROPY,
    ),
    "anti-seed": Arm(
        about="control: the opposite of seed-1, with its size of step",
        modulator={"name": "anti_seed", "alpha": 1.0},
        signal=ENTROPY,
    ),
}
EXPLORATORY: dict[str, Arm] = {
    "max-rl": Arm(about="MaxRL", modulator={"name": "max_rl"}),
    "pass-at-4": Arm(about="advantages for pass@4", modulator={"name": "pass_at_k", "k": 4}),
    "unlikeliness": Arm(about="the unlikeliness reward, beta = 0.25", modulator={"name": "unlikeliness"}),
    "ucas": Arm(about="UCAS, with stand-ins for its logits", modulator={"name": "ucas"}),
    "entropy-advantage": Arm(about="entropy in the advantage", modulator={"name": "entropy_advantage"}),
    "clip-cov": Arm(
        about="Clip-Cov, a hundredth of the tokens above 0.2",
        modulator={"name": "clip_cov", "ratio": 0.01, "low": 0.2},
    ),
    "dynamic-sampling": Arm(about="DAPO's filter, reweighted", modulator={"name": "dynamic_sampling"}),
    "mean-variance": Arm(about="mean-variance rewards, beta = 0.5", modulator={"name": "mean_variance", "beta": 0.5}),
    "arm": Arm(about="ARM / ProGRPO, alpha = 0.1", modulator={"name": "arm", "alpha": 0.1}),
    "edge": Arm(about="EDGE-GRPO", modulator={"name": "edge"}),
    "grpo-s": Arm(about="GRPO-S, standardised over the group", modulator={"name": "grpo_s"}),
    "gtpo-entropy": Arm(about="GTPO by token entropy", modulator={"name": "gtpo_entropy"}),
    "gtpo-trajectory": Arm(about="GTPO by trajectory", modulator={"name": "gtpo_trajectory"}),
    "empg": Arm(about="EMPG, a completion being one step", modulator={"name": "empg"}),
}
ARMS = REGISTERED | SECONDARY | EXPLORATORY


@dataclass(frozen=True, order=True)
class Run:
    """One run: a task, an arm, a start."""

    task: str
    arm: str
    start: int

    @property
    def key(self) -> str:
        """Its name in files."""
        return f"{self.task}--{self.arm}--{self.start}"

    @property
    def cell(self) -> Cell:
        """The settings of its start."""
        return CELLS[self.start % len(CELLS)]


def queue() -> Iterator[Run]:
    """All runs in order: the registered pairs start by start, then the other arms, then the exploratory ones.

    Cut off anywhere, it leaves pairs that are complete for the starts that are done.
    """
    for arms, starts in (
        (REGISTERED, REGISTERED_STARTS),
        (SECONDARY, SECONDARY_STARTS),
        (EXPLORATORY, EXPLORATORY_STARTS),
    ):
        for start in range(starts):
            for task in TASKS:
                for arm in arms:
                    yield Run(task, arm, start)
