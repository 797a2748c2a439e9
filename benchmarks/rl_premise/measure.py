"""Two independent groups of rollouts of a question, and how well their gradients agree.

A prompt is read once: its rollouts go on from its keys and values, forwards and backwards: three times less work
than a row of prompt and rollout each, where prompts are longer than answers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from semuq import DiscreteSemanticEntropy, ExactMatch, SampleSet
from semuq.numerics import FloatArray
from semuq.sampling import Decoding
from semuq_rl.tasks import Problem, Task

__all__ = ["Measured", "gradient", "measure", "rollouts", "semantic_entropy"]


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
    model: Any,
    tokenizer: Any,
    task: Task,
    problems: Sequence[Problem],
    prompts: Sequence[str],
    *,
    group: int,
    seed: int,
) -> Iterator[Measured | None]:
    """None unless both groups are mixed: a group whose answers are all right or all wrong has no gradient."""
    drawn = rollouts(model, tokenizer, prompts, n=2 * group, max_new_tokens=task.max_tokens, seed=seed)
    for problem, prompt, texts in zip(problems, prompts, drawn, strict=True):
        halves = [texts[:group], texts[group:]]
        right = [np.array(task.right_all([problem] * group, own), dtype=np.float64) for own in halves]
        if any(own.min() == own.max() for own in right):
            yield None
            continue
        gradients = [
            gradient(model, tokenizer, prompt, own, rewards - rewards.mean(), task.max_tokens)
            for own, rewards in zip(halves, right, strict=True)
        ]
        norms = [float(np.linalg.norm(own)) for own in gradients]
        yield Measured(
            accuracy=float(np.concatenate(right).mean()),
            signal=semantic_entropy([task.answer(text) for text in texts]),
            cosine=float(gradients[0] @ gradients[1] / (norms[0] * norms[1])) if min(norms) > 0 else 0.0,
            norms=(norms[0], norms[1]),
        )


def rollouts(
    model: Any, tokenizer: Any, prompts: Sequence[str], *, n: int, max_new_tokens: int, seed: int
) -> list[list[str]]:
    """n completions of each prompt at temperature 1 over the whole vocabulary."""
    from semuq.sampling.decode import decode

    ids = tokenizer(list(prompts))["input_ids"]
    decoding = Decoding(max_new_tokens=max_new_tokens, seed=seed)
    drawn = decode(model.eval(), ids, [range(n)] * len(ids), decoding, frozenset({tokenizer.eos_token_id}))
    return [tokenizer.batch_decode([own.tokens for own in each], skip_special_tokens=True) for each in drawn]


def _forward(model: Any, ids: Any, mask: Any, cache: Any) -> Any:
    places = (mask.cumsum(dim=1) - 1).clamp(min=0)[:, -ids.shape[1] :]
    return model(input_ids=ids, attention_mask=mask, position_ids=places, past_key_values=cache, use_cache=True)


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

    start = list(tokenizer(prompt)["input_ids"])
    together: dict[str, float] = {}  # equal completions are one row
    for text, advantage in zip(texts, advantages, strict=True):
        together[text] = together.get(text, 0.0) + float(advantage)
    rows = []
    for text in together:
        own = tokenizer(text, add_special_tokens=False)["input_ids"]
        # A completion that stopped by itself ended on the end of the sequence.
        rows.append(own if len(own) >= max_tokens else [*own, tokenizer.eos_token_id])
    width = max(map(len, rows))
    tokens = torch.full((len(rows), width), tokenizer.pad_token_id)
    known = torch.zeros(tokens.shape, dtype=torch.bool)
    for row, own in enumerate(rows):
        tokens[row, : len(own)] = torch.tensor(own)
        known[row, : len(own)] = True
    tokens, known = tokens.to(model.device), known.to(model.device)
    prefix = torch.tensor([start], device=model.device)
    found = _forward(model, prefix, torch.ones_like(prefix), None)
    logits = found.logits[:, -1:].expand(len(rows), -1, -1)
    if width > 1:
        cache = found.past_key_values
        cache.batch_repeat_interleave(len(rows))
        # Padding stands behind what it pads, which never looks that far.
        mask = torch.ones((len(rows), len(start) + width - 1), dtype=torch.long, device=model.device)
        logits = torch.cat([logits, _forward(model, tokens[:, :-1], mask, cache).logits], dim=1)
    negative = torch.nn.functional.cross_entropy(logits.float().transpose(1, 2), tokens, reduction="none") * known
    weights = torch.tensor(list(together.values()), dtype=negative.dtype, device=negative.device)
    loss = (negative.sum(dim=1) * weights).sum() / len(texts)
    trained = [own for own in model.parameters() if own.requires_grad]
    found = torch.autograd.grad(loss, trained, allow_unused=True)
    flat = [
        (torch.zeros_like(p) if g is None else g).reshape(-1).float().cpu() for p, g in zip(trained, found, strict=True)
    ]
    return np.asarray(torch.cat(flat).double().numpy(), dtype=np.float64)
