"""Starts: weights after imitation, admitted by a rule that knows nothing of RL, made once and shared by all arms."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.rl.store import Identity
from benchmarks.rl_small.starts import REPLACEMENT, TRIES
from semuq_rl.runs.assess import greedy_right, sampled_right
from semuq_rl.runs.build import build_task, load_policy
from semuq_rl.runs.recipe import Recipe
from semuq_rl.runs.run import WEIGHTS, prepare_start

__all__ = ["Start", "admitted_start"]

LOWEST, HIGHEST = 0.2, 0.6
"""Greedy accuracy of a start that is neither dead nor saturated."""

MIXED = 0.25
"""Least share of questions of whose samples some are right and some wrong: what RL has to learn from."""

LOOKED_AT, SAMPLED, SAMPLES = 256, 64, 8


@dataclass(frozen=True, kw_only=True)
class Start:
    """A start that was admitted.

    Args:
        folder: where its weights are.
        seed: of its imitation.
        accuracy, mixed: greedy accuracy, and share of mixed groups, on training problems.
        refused: (seed, accuracy, mixed) of those that were turned down for it.
    """

    folder: Path
    seed: int
    accuracy: float
    mixed: float
    refused: tuple[tuple[int, float, float], ...]

    @property
    def identity(self) -> Identity:
        """What tells it from the start that another processor makes of the same seed."""
        return self.seed, self.accuracy, self.mixed


def admitted_start(recipe: Recipe, start: int, folder: Path) -> Start:
    """The start of that number, made if it is not in `folder`, with replacements by the rule.

    Raises:
        RuntimeError: ten in a row were turned down: the task is of the wrong size.
    """
    told = folder / "start.json"
    if told.is_file():
        kept = json.loads(told.read_text())
        return Start(folder=folder, **{**kept, "refused": tuple(map(tuple, kept["refused"]))})
    refused: list[tuple[int, float, float]] = []
    for attempt in range(TRIES):
        seed = start + REPLACEMENT * attempt
        own = replace(recipe, seed=seed)
        (folder / WEIGHTS).unlink(missing_ok=True)
        prepare_start(own, folder)
        accuracy, mixed = _skill(own, folder)
        if LOWEST <= accuracy <= HIGHEST and mixed >= MIXED:
            found = Start(folder=folder, seed=seed, accuracy=accuracy, mixed=mixed, refused=tuple(refused))
            fresh = told.with_suffix(".tmp")
            fresh.write_text(json.dumps({key: value for key, value in vars(found).items() if key != "folder"}))
            fresh.rename(told)
            return found
        refused.append((seed, accuracy, mixed))
    raise RuntimeError(f"start {start} of {recipe.name}: none of {TRIES} was admitted: {refused}")


def _skill(recipe: Recipe, folder: Path) -> tuple[float, float]:
    """(greedy accuracy, share of mixed groups) on different training problems, levels mixed as in the held-out ones."""
    import torch

    task = build_task(recipe.task)
    model, tokenizer = load_policy(recipe, task)
    model.load_state_dict(torch.load(folder / WEIGHTS, weights_only=True))
    problems = task.problems(LOOKED_AT, recipe.seed + 1)
    prompts = [problem.prompt for problem in problems]
    greedy = greedy_right(model, tokenizer, task, problems, prompts)
    sampled = sampled_right(
        model, tokenizer, task, problems[:SAMPLED], prompts[:SAMPLED], samples=SAMPLES, seed=recipe.seed
    )
    mixed = sampled.any(axis=1) & ~sampled.all(axis=1)
    return round(float(greedy.mean()), 5), round(float(mixed.mean()), 5)
