"""One run: an admitted start, training with TRL for an arm's reward, held-out measurements before and after."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.rl_honest.arms import reward
from benchmarks.rl_honest.measure import measure
from benchmarks.rl_honest.task import StatedChain
from benchmarks.rl_small.starts import Limits, Start, kept_start
from benchmarks.rl_small.training import trained
from semuq_rl.runs.imitation import imitate
from semuq_rl.runs.recipe import Imitation
from semuq_rl.runs.run import HELD_OUT_SEED

__all__ = ["TINY", "Settings", "start", "train"]

LOOKED_AT = 256
ROLLOUTS = 8
TASK = StatedChain(modulus=4, operations=3, slips=0.4)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Sizes, chosen in trials, and the gate (design.md)."""

    imitation: int = 800
    generations: int = 150
    questions: int = 16
    rate: float = 5e-4
    held_out: int = 512
    gate: Limits = field(default_factory=lambda: {"solved": (0.3, 0.7), "silent, hidden": (0.3, 0.7)})


TINY = Settings(imitation=20, generations=2, held_out=8, gate={"solved": (0.0, 1.0), "silent, hidden": (0.0, 1.0)})


def start(number: int, settings: Settings, folder: Path) -> Start:
    """The start of that number, made if it is not in the folder."""

    def imitated(model: Any, tokenizer: Any, seed: int) -> dict[str, Any]:
        imitate(model, tokenizer, TASK, Imitation(steps=settings.imitation, learning_rate=4e-3), seed=seed)
        return measure(model, tokenizer, TASK, TASK.problems(LOOKED_AT, seed + 1))

    return kept_start(number, TASK.alphabet, folder, imitated, settings.gate)


def train(arm: str, number: int, begun: Start, settings: Settings) -> dict[str, Any]:
    """Train a copy of a start in an arm; what is known of it before and after."""
    held_out = TASK.problems(settings.held_out, HELD_OUT_SEED, "held-out")
    problems = list(islice(TASK.stream(begun.told["seed"] + 500_000), settings.generations * settings.questions))
    model = trained(
        begun.model,
        begun.tokenizer,
        [(index, problem.prompt) for index, problem in enumerate(problems)],
        [reward(arm, TASK, problems, number)],
        [1.0],
        seed=number,
        num_generations=ROLLOUTS,
        max_completion_length=TASK.max_tokens,
        max_steps=settings.generations,
        learning_rate=settings.rate,
        per_device_train_batch_size=settings.questions * ROLLOUTS,
    )
    return {
        when: measure(policy, begun.tokenizer, TASK, held_out)
        for when, policy in (("before", begun.model), ("after", model))
    }
