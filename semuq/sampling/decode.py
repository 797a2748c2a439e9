"""The decoding loop: token ids in, drawn token ids and their log-probs out.

An explicit loop rather than `generate`, for three things that it does not offer together: every
answer draws from its own stream of random numbers, so it is the same alone and in any batch; both
log-probs of a token are taken when it is drawn, so no scores are stored; and rows that have ended
leave the batch. Below `huggingface`, which owns texts and templates.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from semuq.errors import InvalidModel
from semuq.sampling.base import Decoding

__all__ = ["Drawn", "decode", "uniforms", "warp"]

FloatArray = NDArray[np.float64]

COMPACT_BELOW = 0.8
"""Ended rows leave the batch when fewer than this share of its rows is still alive."""


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """One drawn answer.

    Args:
        tokens: (T,) ids; the last one ends the answer unless it was cut.
        logprobs: (T,) log-probs under the model's own distribution.
        sampled_logprobs: (T,) log-probs under the distribution that was drawn from.
        truncated: whether `max_new_tokens` came before a stop token.
    """

    tokens: NDArray[np.int64]
    logprobs: FloatArray
    sampled_logprobs: FloatArray
    truncated: bool


def uniforms(prompt: Sequence[int], answer: int, decoding: Decoding) -> FloatArray:
    """(max_new_tokens,) numbers in [0, 1), a function of the seed, the prompt's ids and the answer's number."""
    digest = hashlib.sha256(np.asarray(prompt, dtype=np.int64).tobytes()).digest()
    words = np.frombuffer(digest[:16], dtype=np.uint32).tolist()
    return np.random.default_rng([decoding.seed, answer, *words]).random(decoding.max_new_tokens)


def warp(logits: torch.Tensor, decoding: Decoding) -> torch.Tensor:
    """(rows, V) logits after temperature (> 0), `top_k` and `top_p`, in this order; dropped tokens are -inf."""
    if decoding.temperature != 1:
        logits = logits / decoding.temperature
    if 0 < decoding.top_k < logits.shape[-1]:
        least = logits.topk(decoding.top_k, dim=-1).values[:, -1:]
        logits = logits.masked_fill(logits < least, -torch.inf)
    if decoding.top_p < 1:
        ordered, order = logits.sort(dim=-1, descending=True)
        probabilities = ordered.softmax(dim=-1)
        # A token is dropped when those before it already hold top_p; so the first is never dropped.
        drop = probabilities.cumsum(dim=-1) - probabilities >= decoding.top_p
        drop[:, 0] = False
        logits = logits.masked_fill(torch.zeros_like(drop).scatter(-1, order, drop), -torch.inf)
    return logits


@torch.inference_mode()
def decode(
    model: Any,
    prompts: Sequence[Sequence[int]],
    answers: Sequence[Sequence[int]],
    decoding: Decoding,
    stop: frozenset[int],
    finished: Callable[[NDArray[np.int64]], bool] | None = None,
) -> list[list[Drawn]]:
    """Answer every prompt as often as it has answer numbers, all in one batch.

    Args:
        model: a causal language model of transformers, in evaluation mode.
        prompts: token ids of each prompt, at least one.
        answers: for each prompt the numbers of its answers (which random stream each one reads); all
            prompts have equally many.
        decoding: how to draw.
        stop: ids that end an answer.
        finished: an answer's ids so far -> whether it ends here; for stops that are no single token.

    Returns:
        For each prompt its answers, in order.

    Raises:
        InvalidModel: the model's logits hold NaN or +inf, or it keeps no keys and values.

    Cost. One forward pass over each prompt (not over each answer: its keys and values are copied),
    then one per token over the rows still alive. Memory beyond the model: keys and values of
    rows x (longest prompt + answer) tokens, and a few (rows, V) float32 or float64 matrices.
    """
    repeats = len(answers[0])
    device = model.device
    mask, ids = _left_padded(prompts)
    attention = torch.from_numpy(mask).to(device)
    positions = (attention.cumsum(-1) - 1).clamp(min=0)
    output = _forward(model, torch.from_numpy(ids).to(device), attention, positions, None)
    cache = output.past_key_values
    if not hasattr(cache, "batch_repeat_interleave"):
        raise InvalidModel(
            f"model: expected one that keeps keys and values in a Cache of transformers, {type(model).__name__} "
            f"gave {type(cache).__name__}; pass a decoder-only attention model"
        )
    logits = output.logits[:, -1].float().repeat_interleave(repeats, 0)
    if repeats > 1:
        cache.batch_repeat_interleave(repeats)
    attention = attention.repeat_interleave(repeats, 0)
    position = positions[:, -1:].repeat_interleave(repeats, 0)

    random = np.stack(
        [uniforms(prompt, k, decoding) for prompt, own in zip(prompts, answers, strict=True) for k in own]
    )
    rows = len(random)
    tokens = np.full((rows, decoding.max_new_tokens), -1, dtype=np.int64)
    logprobs = np.zeros((2, rows, decoding.max_new_tokens))
    lengths = np.full(rows, decoding.max_new_tokens)
    alive = np.arange(rows)  # which row of the results each row of the batch writes to
    ended = np.zeros(rows, dtype=bool)
    for step in range(decoding.max_new_tokens):
        token, raw, sampled = _draw(logits, random[alive, step], decoding)
        chosen = token.cpu().numpy()
        live = np.flatnonzero(~ended[alive])
        tokens[alive[live], step] = chosen[live]
        logprobs[0, alive[live], step] = raw.cpu().numpy()[live]
        logprobs[1, alive[live], step] = sampled.cpu().numpy()[live]
        stopped = alive[live][np.isin(chosen[live], list(stop))]
        if finished is not None:
            stopped = np.union1d(stopped, [row for row in alive[live] if finished(tokens[row, : step + 1])]).astype(int)
        ended[stopped] = True
        lengths[stopped] = step + 1
        keep = np.flatnonzero(~ended[alive])
        if not len(keep) or step + 1 == decoding.max_new_tokens:
            break
        if len(keep) < COMPACT_BELOW * len(alive):
            index = torch.from_numpy(keep).to(device)
            cache.batch_select_indices(index)
            token, attention, position = token[index], attention[index], position[index]
            alive = alive[keep]
        attention = torch.cat([attention, attention.new_ones(len(alive), 1)], dim=1)
        position = position + 1
        output = _forward(model, token[:, None], attention, position, cache)
        cache, logits = output.past_key_values, output.logits[:, -1].float()

    if not np.isfinite(logprobs).all():
        raise InvalidModel(
            "model: expected finite logits, got NaN or infinity while decoding; "
            "load it in another precision (dtype=torch.float32) or check its weights"
        )
    drawn = [
        Drawn(
            tokens=tokens[row, : lengths[row]],
            logprobs=logprobs[0, row, : lengths[row]],
            sampled_logprobs=logprobs[1, row, : lengths[row]],
            truncated=not ended[row],
        )
        for row in range(rows)
    ]
    return [drawn[start : start + repeats] for start in range(0, rows, repeats)]


def _left_padded(prompts: Sequence[Sequence[int]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Attention mask and ids, (prompts, longest); padding is masked, so its id (0) does not matter."""
    longest = max(len(prompt) for prompt in prompts)
    mask = np.zeros((len(prompts), longest), dtype=np.int64)
    ids = np.zeros((len(prompts), longest), dtype=np.int64)
    for row, prompt in enumerate(prompts):
        mask[row, longest - len(prompt) :] = 1
        ids[row, longest - len(prompt) :] = prompt
    return mask, ids


def _forward(model: Any, ids: torch.Tensor, attention: torch.Tensor, positions: torch.Tensor, cache: Any) -> Any:
    """One forward pass; only the last position's logits are computed, where the model can do so."""
    wrapped = model.get_base_model() if hasattr(model, "get_base_model") else model  # adapters hide the signature
    known = inspect.signature(wrapped.forward).parameters
    options: dict[str, Any] = {"position_ids": positions, "logits_to_keep": 1}
    options = {name: value for name, value in options.items() if name in known}
    return model(input_ids=ids, attention_mask=attention, past_key_values=cache, use_cache=True, **options)


def _draw(
    logits: torch.Tensor, random: FloatArray, decoding: Decoding
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Token ids (rows,), their raw and their sampled log-probs, by inverting the distribution function at `random`."""
    raw = logits.log_softmax(-1)
    if decoding.greedy:
        token = raw.argmax(-1)
        return token, _at(raw, token), torch.zeros_like(_at(raw, token))
    plain = decoding == Decoding(max_new_tokens=decoding.max_new_tokens, seed=decoding.seed)
    sampled = raw if plain else warp(logits, decoding).log_softmax(-1)
    # Double precision, so that tokens of small probability keep it; Apple's devices have none.
    wide = torch.float32 if logits.device.type == "mps" else torch.float64
    cumulative = sampled.exp().cumsum(-1, dtype=wide)
    wanted = torch.from_numpy(random).to(device=logits.device, dtype=wide)[:, None] * cumulative[:, -1:]
    # The first token whose cumulative mass exceeds `wanted`: never one of probability 0.
    token = torch.searchsorted(cumulative, wanted, right=True).squeeze(-1)
    # Rounding can put `wanted` on the total itself; then the last token with any mass is meant.
    last = torch.searchsorted(cumulative, cumulative[:, -1:].contiguous(), right=False).squeeze(-1)
    token = torch.minimum(token, last.clamp(max=logits.shape[-1] - 1))
    return token, _at(raw, token), _at(sampled, token)


def _at(logprobs: torch.Tensor, token: torch.Tensor) -> torch.Tensor:
    return logprobs.gather(-1, token[:, None]).squeeze(-1)
