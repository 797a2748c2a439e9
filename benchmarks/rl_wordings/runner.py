"""One run: an admitted start, training with TRL over groups of wordings, held-out measurements before and after."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.rl_small.starts import Limits, Start, kept_start
from benchmarks.rl_small.training import trained
from benchmarks.rl_wordings.arms import GROUPS, rewards
from benchmarks.rl_wordings.measure import described, greedy_texts, measure
from benchmarks.rl_wordings.task import WORDINGS, Demonstrated, WordedAddition, wordings
from semuq_rl.runs.imitation import imitate
from semuq_rl.runs.recipe import Imitation
from semuq_rl.runs.run import HELD_OUT_SEED

__all__ = ["TINY", "Settings", "start", "train"]

LOOKED_AT = 128
ROLLOUTS = 4


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Sizes, chosen in trials, and the gate (design.md)."""

    imitation: int = 1000
    until: float = 0.3
    generations: int = 40
    questions: int = 8
    rate: float = 1e-3
    held_out: int = 256
    gate: Limits = field(default_factory=lambda: {"accuracy": (0.15, 0.85), "agreement": (0.0, 0.9)})


TINY = Settings(imitation=20, generations=2, held_out=8, gate={"accuracy": (0.0, 1.0), "agreement": (0.0, 1.0)})


def task_of(kind: type[WordedAddition]) -> WordedAddition:
    """Two columns; the teacher forgets half the carries."""
    return kind(columns=2, slips=0.5)


def start(number: int, settings: Settings, folder: Path) -> Start:
    """The start of that number, made if it is not in the folder."""
    task = task_of(WordedAddition)

    def imitated(model: Any, tokenizer: Any, seed: int) -> dict[str, float]:
        spec = Imitation(steps=settings.imitation, until=settings.until, every=50, learning_rate=4e-3)
        imitate(model, tokenizer, task_of(Demonstrated), spec, seed=seed)
        problems = task.problems(LOOKED_AT, seed + 1)
        return described(task, problems, greedy_texts(model, tokenizer, task, problems))

    return kept_start(number, task.alphabet, folder, imitated, settings.gate)


def train(arm: str, number: int, begun: Start, settings: Settings) -> dict[str, Any]:
    """Train a copy of a start in an arm; what is known of it before and after."""
    task, tokenizer = task_of(WordedAddition), begun.tokenizer
    held_out = task.problems(settings.held_out, HELD_OUT_SEED, "held-out")
    problems = list(islice(task.stream(begun.told["seed"] + 500_000), settings.generations * settings.questions))
    functions, weights = rewards(arm, task, problems)
    model = trained(
        begun.model,
        tokenizer,
        [(index, prompt) for index, problem in enumerate(problems) for prompt in wordings(problem)],
        functions,
        weights,
        seed=number,
        groups=GROUPS,
        num_generations=ROLLOUTS,
        max_completion_length=task.max_tokens,
        max_steps=settings.generations,
        learning_rate=settings.rate,
        per_device_train_batch_size=settings.questions * WORDINGS * ROLLOUTS,
    )
    return {
        "before": measure(begun.model, begun.model, tokenizer, task, held_out),
        "after": measure(model, begun.model, tokenizer, task, held_out),
    }
