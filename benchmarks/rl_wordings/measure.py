"""What a policy does with all wordings of held-out questions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.rl_wordings.arms import agreement, spelled
from benchmarks.rl_wordings.task import WORDINGS, WordedAddition, wordings
from semuq_rl.rewards.variants import answer_entropy
from semuq_rl.runs.assess import complete
from semuq_rl.tasks import Problem

__all__ = ["described", "greedy_texts", "measure"]

FloatArray = NDArray[np.float64]


def greedy_texts(model: Any, tokenizer: Any, task: WordedAddition, problems: Sequence[Problem]) -> list[list[str]]:
    """The greedy completion of every wording of every question."""
    prompts = [prompt for problem in problems for prompt in wordings(problem)]
    found = complete(model, tokenizer, prompts, max_new_tokens=task.max_tokens, samples=1, seed=None, batch=512)
    texts = [own[0] for own in found]
    return [texts[start : start + WORDINGS] for start in range(0, len(texts), WORDINGS)]


def described(task: WordedAddition, problems: Sequence[Problem], texts: Sequence[Sequence[str]]) -> dict[str, float]:
    """Accuracy, pairwise agreement, entropy gap in nats, length in characters and the share of different ones."""
    right = [[task.right(problem, text) for text in own] for problem, own in zip(problems, texts, strict=True)]
    agreed = [agreement([task.answer(text) for text in own]).mean() for own in texts]
    entropies = np.array([[answer_entropy(spelled(text)) for text in own] for own in texts])
    gaps = np.abs(entropies[:, :, None] - entropies[:, None, :]).sum(axis=(1, 2)) / (WORDINGS * (WORDINGS - 1))
    flat = [text for own in texts for text in own]
    found = {
        "accuracy": np.mean(right),
        "agreement": np.mean(agreed),
        "entropy": entropies.mean(),
        "entropy_gap": gaps.mean(),
        "length": np.mean([len(text) for text in flat]),
        "distinct": np.mean([len(set(text)) / len(text) if text else 0.0 for text in flat]),
        "unread": np.mean([task.answer(text) is None for text in flat]),
    }
    return {name: round(float(value), 5) for name, value in found.items()}


def measure(
    model: Any, start: Any, tokenizer: Any, task: WordedAddition, problems: Sequence[Problem]
) -> dict[str, float]:
    """The same of a model's greedy completions, and how far it has come from its start."""
    texts = greedy_texts(model, tokenizer, task, problems)
    pairs = [
        (prompt, text)
        for problem, own in zip(problems, texts, strict=True)
        for prompt, text in zip(wordings(problem), own, strict=True)
    ]
    return described(task, problems, texts) | {"divergence": divergence(model, start, tokenizer, pairs)}


def divergence(model: Any, start: Any, tokenizer: Any, pairs: Sequence[tuple[str, str]]) -> float:
    """Mean over tokens of KL(model || start) along (prompt, completion) pairs, nats."""
    import torch

    total, tokens = 0.0, 0
    by_length: dict[tuple[int, int], list[list[int]]] = {}
    for prompt, text in pairs:
        ids = tokenizer(prompt + text)["input_ids"]
        by_length.setdefault((len(ids) - len(text), len(ids)), []).append(ids)
    with torch.no_grad():
        for (first, _), rows in by_length.items():
            ids = torch.tensor(rows)
            own, other = (policy(input_ids=ids).logits[:, first - 1 :].log_softmax(-1) for policy in (model, start))
            total += float((own.exp() * (own - other)).sum())
            tokens += own.shape[0] * own.shape[1]
    return round(total / max(1, tokens), 5)
