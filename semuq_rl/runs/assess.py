"""What a policy can do on held-out problems: greedy accuracy and pass@k, with its own random numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from semuq.numerics import BoolArray
from semuq_rl.tasks import Problem, Task

__all__ = ["complete", "greedy_right", "sampled_right"]


def greedy_right(
    model: Any, tokenizer: Any, task: Task, problems: Sequence[Problem], prompts: Sequence[str], *, batch: int = 2048
) -> BoolArray:
    """(n,) whether the greedy completion of each problem is right."""
    texts = complete(model, tokenizer, prompts, max_new_tokens=task.max_tokens, samples=1, seed=None, batch=batch)
    return np.array([task.right(problem, text) for problem, (text,) in zip(problems, texts, strict=True)], dtype=bool)


def sampled_right(
    model: Any,
    tokenizer: Any,
    task: Task,
    problems: Sequence[Problem],
    prompts: Sequence[str],
    *,
    samples: int,
    seed: int,
    batch: int = 2048,
) -> BoolArray:
    """(n, samples) whether each completion sampled at temperature 1 is right; pass@k is `.any(axis=1).mean()`."""
    texts = complete(model, tokenizer, prompts, max_new_tokens=task.max_tokens, samples=samples, seed=seed, batch=batch)
    rows = [[task.right(problem, text) for text in own] for problem, own in zip(problems, texts, strict=True)]
    return np.array(rows, dtype=bool).reshape(len(problems), samples)


def complete(
    model: Any,
    tokenizer: Any,
    prompts: Sequence[str],
    *,
    max_new_tokens: int,
    samples: int,
    seed: int | None,
    batch: int = 2048,
) -> list[list[str]]:
    """`samples` completions of each prompt: greedy with seed None, else at temperature 1 over the whole vocabulary.

    torch's generator and the model's mode are left as they were, so that measuring does not change a run.
    """
    import torch

    was_training, cached = model.training, model.config.use_cache
    model.eval()
    model.config.use_cache = True
    rows = max(1, batch // samples)
    options: dict[str, Any] = {"do_sample": False, "temperature": None, "top_p": None, "top_k": None}
    if seed is not None:
        options = {"do_sample": True, "temperature": 1.0, "top_p": 1.0, "top_k": 0, "num_return_sequences": samples}
    found: list[list[str]] = []
    devices = [model.device] if model.device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices), torch.no_grad():
        if seed is not None:
            torch.manual_seed(seed)
        for start in range(0, len(prompts), rows):
            inputs = tokenizer(list(prompts[start : start + rows]), return_tensors="pt", padding=True)
            ids, mask = inputs["input_ids"].to(model.device), inputs["attention_mask"].to(model.device)
            output = model.generate(
                input_ids=ids,
                attention_mask=mask,
                max_new_tokens=max_new_tokens,
                pad_token_id=tokenizer.pad_token_id,
                eos_token_id=tokenizer.eos_token_id,
                **options,
            )
            texts = tokenizer.batch_decode(output[:, ids.shape[1] :], skip_special_tokens=True)
            found += [texts[i : i + samples] for i in range(0, len(texts), samples)]
    model.config.use_cache = cached
    model.train(was_training)
    return found
