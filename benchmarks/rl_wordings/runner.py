"""One run: an admitted start, training with TRL over groups of wordings, held-out measurements before and after."""

from __future__ import annotations

import copy
import json
import tempfile
import time
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.rl_wordings.arms import GROUPS, rewards
from benchmarks.rl_wordings.measure import described, greedy_texts, measure
from benchmarks.rl_wordings.task import WORDINGS, Demonstrated, WordedAddition, wordings
from semuq_rl.runs.build import grpo_config
from semuq_rl.runs.imitation import imitate
from semuq_rl.runs.recipe import Imitation, Recipe
from semuq_rl.runs.run import HELD_OUT_SEED
from semuq_rl.runs.tiny import character_tokenizer, tiny_llama
from semuq_rl.trainer.host_warnings import without_host_warnings

__all__ = ["ANY", "GATE", "Settings", "admitted_start", "kept_start", "train"]

GATE = {"accuracy_from": 0.15, "accuracy_to": 0.85, "agreement_to": 0.9}
ANY = {"accuracy_from": 0.0, "accuracy_to": 1.0, "agreement_to": 1.0}
Start = tuple[Any, Any, dict[str, Any]]
"""(model, tokenizer, what is known of it)."""

REPLACEMENT, TRIES, LOOKED_AT = 1000, 10, 128
ROLLOUTS = 4
TRAINER: dict[str, Any] = {
    "num_generations": ROLLOUTS,
    "lr_scheduler_type": "constant",
    "loss_type": "dr_grpo",
    "scale_rewards": "none",
    "beta": 0.0,
    "temperature": 1.0,
    "bf16": False,
    "gradient_checkpointing": False,
    "use_cpu": True,
    "shuffle_dataset": False,
    "disable_tqdm": True,
    "logging_strategy": "no",
}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Sizes, chosen in trials (design.md)."""

    imitation: int = 1000
    until: float = 0.3
    generations: int = 40
    questions: int = 8
    rate: float = 1e-3
    held_out: int = 256


def task_of(kind: type[WordedAddition]) -> WordedAddition:
    """Two columns; the teacher forgets half the carries."""
    return kind(columns=2, slips=0.5)


def admitted_start(number: int, settings: Settings, gate: dict[str, float] | None = None) -> Start:
    """(model, tokenizer, what is known of it): replaced by the one from seed + 1000, and so on, till the gate is open.

    Raises:
        RuntimeError: ten in a row were turned down.
    """
    limits = GATE if gate is None else gate
    refused: list[dict[str, Any]] = []
    for attempt in range(TRIES):
        seed = number + REPLACEMENT * attempt
        task = task_of(WordedAddition)
        tokenizer = character_tokenizer(task.alphabet)
        model = tiny_llama(tokenizer, seed=seed)
        spec = Imitation(steps=settings.imitation, until=settings.until, every=50, learning_rate=4e-3)
        imitate(model, tokenizer, task_of(Demonstrated), spec, seed=seed)
        problems = task.problems(LOOKED_AT, seed + 1)
        skill = described(task, problems, greedy_texts(model, tokenizer, task, problems))
        told = {"seed": seed, "accuracy": skill["accuracy"], "agreement": skill["agreement"]}
        if (
            limits["accuracy_from"] <= skill["accuracy"] <= limits["accuracy_to"]
            and skill["agreement"] <= limits["agreement_to"]
        ):
            return model, tokenizer, {**told, "refused": refused}
        refused.append(told)
    raise RuntimeError(f"start {number}: none of {TRIES} was admitted: {refused}")


def kept_start(number: int, settings: Settings, folder: Path, gate: dict[str, float] | None = None) -> Start:
    """The start of that number, made if it is not in the folder."""
    import torch

    weights, told = folder / f"{number}.pt", folder / f"{number}.json"
    if told.is_file():
        task = task_of(WordedAddition)
        tokenizer = character_tokenizer(task.alphabet)
        model = tiny_llama(tokenizer, seed=number)
        model.load_state_dict(torch.load(weights, weights_only=True))
        return model, tokenizer, json.loads(told.read_text())
    folder.mkdir(parents=True, exist_ok=True)
    made = admitted_start(number, settings, gate)
    torch.save(made[0].state_dict(), weights)
    fresh = told.with_suffix(".tmp")
    fresh.write_text(json.dumps(made[2]))
    fresh.rename(told)
    return made


@without_host_warnings()
def train(arm: str, number: int, start: Start, settings: Settings) -> dict[str, Any]:
    """Train a copy of a start in an arm; what is known of it before and after."""
    from datasets import Dataset
    from transformers import PrinterCallback

    from semuq_rl.trainer.trainer import UncertaintyGRPOTrainer

    begun = time.process_time()
    first, tokenizer, told = start
    task, model = task_of(WordedAddition), copy.deepcopy(first)
    held_out = task.problems(settings.held_out, HELD_OUT_SEED, "held-out")
    problems = list(islice(task.stream(told["seed"] + 500_000), settings.generations * settings.questions))
    rows = [(index, prompt) for index, problem in enumerate(problems) for prompt in wordings(problem)]
    functions, weights = rewards(arm, task, problems)
    with tempfile.TemporaryDirectory() as folder:
        recipe = Recipe(name="wordings", about="", seed=number, task={}, trainer=TRAINER)
        config = grpo_config(
            recipe,
            Path(folder),
            report_to="none",
            save_strategy="no",
            max_completion_length=task.max_tokens,
            max_steps=settings.generations,
            learning_rate=settings.rate,
            per_device_train_batch_size=settings.questions * WORDINGS * ROLLOUTS,
            reward_weights=weights,
        )
        trainer = UncertaintyGRPOTrainer(
            model=model,
            reward_funcs=functions,
            args=config,
            train_dataset=Dataset.from_dict({"prompt": [p for _, p in rows], "question": [q for q, _ in rows]}),
            processing_class=tokenizer,
            groups=GROUPS,
        )
        trainer.remove_callback(PrinterCallback)
        trainer.train()
    model.eval()
    return {
        "start": told,
        "before": measure(first, first, tokenizer, task, held_out),
        "after": measure(model, first, tokenizer, task, held_out),
        "cpu": round(time.process_time() - begun, 1),
    }
