"""Imitation: supervised training of a small model on demonstrations, to the partial skill that RL starts from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any

from semuq_rl.runs.assess import greedy_right
from semuq_rl.runs.recipe import Imitation
from semuq_rl.tasks import Problem, Task

__all__ = ["imitate"]

WARMUP = 50
LOOKED_AT = 256
"""Training problems on which the skill is looked at; held-out ones decide nothing."""

IGNORED = -100


def imitate(
    model: Any,
    tokenizer: Any,
    task: Task,
    spec: Imitation,
    *,
    seed: int,
    progress: Callable[[int, float], None] = lambda step, loss: None,
) -> int:
    """Train all weights by cross-entropy on demonstrations, in place; returns the steps taken.

    Args:
        model: a causal language model.
        tokenizer: its tokenizer.
        task: whose training problems are drawn, `spec.batch` new ones a step.
        spec: how long and how; AdamW.
        seed: of the problems.
        progress: called after each step with its number and loss.
    """
    import torch

    optimiser = torch.optim.AdamW(model.parameters(), lr=spec.learning_rate, betas=(0.9, 0.98), weight_decay=0.01)
    stream = task.stream(seed)
    looked_at = list(islice(task.stream(seed + 1), LOOKED_AT))
    prompts = [problem.prompt for problem in looked_at]
    model.train()
    for step in range(spec.steps):
        for group in optimiser.param_groups:
            group["lr"] = spec.learning_rate * min(1.0, (step + 1) / WARMUP)
        batch = _batch(tokenizer, list(islice(stream, spec.batch)))
        loss = model(**batch).loss
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        progress(step + 1, float(loss.detach()))
        look = spec.until < 1 and (step + 1) % spec.every == 0
        if look and greedy_right(model, tokenizer, task, looked_at, prompts).mean() >= spec.until:
            return step + 1
    return spec.steps


def _batch(tokenizer: Any, problems: Sequence[Problem]) -> dict[str, Any]:
    """Right-padded ids, mask and labels; only the demonstration and its end are learned."""
    import torch

    prompts = [tokenizer(problem.prompt)["input_ids"] for problem in problems]
    shown = [
        [*tokenizer(problem.demonstration, add_special_tokens=False)["input_ids"], tokenizer.eos_token_id]
        for problem in problems
    ]
    width = max(len(p) + len(s) for p, s in zip(prompts, shown, strict=True))
    ids = torch.full((len(problems), width), tokenizer.pad_token_id)
    labels = torch.full((len(problems), width), IGNORED)
    mask = torch.zeros((len(problems), width), dtype=torch.long)
    for row, (prompt, answer) in enumerate(zip(prompts, shown, strict=True)):
        length = len(prompt) + len(answer)
        ids[row, :length] = torch.tensor(prompt + answer)
        labels[row, len(prompt) : length] = torch.tensor(answer)
        mask[row, :length] = 1
    return {"input_ids": ids, "attention_mask": mask, "labels": labels}
