"""Two independent groups of rollouts of a question, and how well their gradients agree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from semuq import DiscreteSemanticEntropy, ExactMatch, SampleSet
from semuq.numerics import FloatArray
from semuq_rl.runs.assess import complete
from semuq_rl.tasks import Problem, Task

__all__ = ["Measured", "gradient", "measure", "semantic_entropy"]


IGNORED = -100


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What is kept of a question.

    Args:
        accuracy: of both groups together.
        signal: semantic entropy of both groups' answers, over its largest value.
        cosine: of the two gradients.
        norms: of each.
    """

    accuracy: float
    signal: float
    cosine: float
    norms: tuple[float, float]


def measure(
    model: Any, tokenizer: Any, task: Task, problem: Problem, prompt: str, *, group: int, seed: int
) -> Measured | None:
    """None unless both groups are mixed: a group whose answers are all right or all wrong has no gradient."""
    texts = [
        complete(model, tokenizer, [prompt], max_new_tokens=task.max_tokens, samples=group, seed=2 * seed + half)[0]
        for half in range(2)
    ]
    right = [np.array(task.right_all([problem] * group, own), dtype=np.float64) for own in texts]
    if any(own.min() == own.max() for own in right):
        return None
    gradients = [
        gradient(model, tokenizer, prompt, own, rewards - rewards.mean(), task.max_tokens)
        for own, rewards in zip(texts, right, strict=True)
    ]
    norms = [float(np.linalg.norm(own)) for own in gradients]
    return Measured(
        accuracy=float(np.concatenate(right).mean()),
        signal=semantic_entropy([task.answer(text) for own in texts for text in own]),
        cosine=float(gradients[0] @ gradients[1] / (norms[0] * norms[1])) if min(norms) > 0 else 0.0,
        norms=(norms[0], norms[1]),
    )


def semantic_entropy(answers: list[str | None]) -> float:
    """Entropy of equal answers over log n; each rollout without an answer is one of its own."""
    texts = tuple(f"no answer {place}" if answer is None else answer for place, answer in enumerate(answers))
    (score,) = DiscreteSemanticEntropy().score(
        [SampleSet(prompt="", texts=texts)], relation=ExactMatch(normalise=False)
    )
    return float(score / np.log(len(texts)))


def gradient(
    model: Any, tokenizer: Any, prompt: str, texts: list[str], advantages: FloatArray, max_tokens: int
) -> FloatArray:
    """The Dr.GRPO gradient of one group at its first update, over all weights that train, as one vector."""
    import torch

    start = tokenizer(prompt)["input_ids"]
    rows = []
    for text in texts:
        own = tokenizer(text, add_special_tokens=False)["input_ids"]
        # A completion that stopped by itself ended on the end of the sequence.
        rows.append(own if len(own) >= max_tokens else [*own, tokenizer.eos_token_id])
    width = max(map(len, rows))
    ids = torch.full((len(rows), len(start) + width), tokenizer.pad_token_id)
    labels = torch.full(ids.shape, IGNORED)
    mask = torch.zeros(ids.shape, dtype=torch.long)
    for row, own in enumerate(rows):
        ids[row, : len(start) + len(own)] = torch.tensor([*start, *own])
        labels[row, len(start) : len(start) + len(own)] = torch.tensor(own)
        mask[row, : len(start) + len(own)] = 1
    ids, labels, mask = (tensor.to(model.device) for tensor in (ids, labels, mask))
    logits = model(input_ids=ids, attention_mask=mask).logits[:, :-1].float()
    negative = torch.nn.functional.cross_entropy(
        logits.transpose(1, 2), labels[:, 1:], ignore_index=IGNORED, reduction="none"
    )
    weights = torch.as_tensor(advantages, dtype=negative.dtype, device=negative.device)
    loss = (negative.sum(dim=1) * weights).mean()
    trained = [own for own in model.parameters() if own.requires_grad]
    found = torch.autograd.grad(loss, trained, allow_unused=True)
    flat = [
        (torch.zeros_like(p) if g is None else g).reshape(-1).float().cpu() for p, g in zip(trained, found, strict=True)
    ]
    return np.asarray(torch.cat(flat).double().numpy(), dtype=np.float64)
