"""The decoding loop: token ids in, drawn token ids and their log-probs out.

An explicit loop rather than `generate`, for four things that it does not offer together: every
answer draws from its own stream of random numbers, so it is the same alone and in any batch; both
log-probs of a token are taken when it is drawn, so no scores are stored; answers that have ended leave
the batch; and nothing is read twice: not what prompts share (a system message, examples), nor the words
with which several answers to a prompt begin. Below `huggingface`, which owns texts and templates.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

from semuq.errors import InvalidModel
from semuq.numerics import FloatArray
from semuq.sampling.base import Decoding
from semuq.sampling.reading import certainties, entropies

__all__ = ["GREEDY", "WHILE_DRAWING", "Drawn", "decode", "uniforms", "warp"]


GREEDY = -1
"""The number of the answer that takes the most probable token each time, whatever the decoding."""

SHARED_TOKENS = 8
"""Prompts that begin with so many tokens alike have that beginning read once for all of them."""


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """One drawn answer.

    Args:
        tokens: (T,) ids; the last one ends the answer unless it was cut.
        logprobs: (T,) log-probs under the model's own distribution.
        sampled_logprobs: (T,) log-probs under the distribution that was drawn from.
        truncated: whether `max_new_tokens` came before a stop token.
        kept: what was to be kept of `WHILE_DRAWING`, (T,) each.
    """

    tokens: NDArray[np.int64]
    logprobs: FloatArray
    sampled_logprobs: FloatArray
    truncated: bool
    kept: Mapping[str, FloatArray] = field(default_factory=dict)


def uniforms(prompt: Sequence[int], answer: int, decoding: Decoding) -> FloatArray:
    """(max_new_tokens,) numbers in [0, 1), a function of the seed, the prompt's ids and the answer's number."""
    if answer == GREEDY:  # reads none of them
        return np.zeros(decoding.max_new_tokens)
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
    keep: Sequence[str] = (),
) -> list[list[Drawn]]:
    """Answer every prompt as often as it has answer numbers, all in one batch.

    Args:
        model: a causal language model of transformers, in evaluation mode.
        prompts: token ids of each prompt, at least one.
        answers: for each prompt the numbers of its answers (which random stream each one reads, or GREEDY);
            all prompts have equally many.
        decoding: how to draw.
        stop: ids that end an answer.
        finished: an answer's ids so far -> whether it ends here; for stops that are no single token.
        keep: names of `WHILE_DRAWING`, to keep of each token.

    Returns:
        For each prompt its answers, in order.

    Raises:
        InvalidModel: the model's logits hold NaN or +inf, or it keeps no keys and values.

    Cost. One forward pass over what all prompts begin with (from `SHARED_TOKENS` on), one over the rest of each,
    then one per token over the distinct beginnings of answers that go on: answers that agree cost as much as one.
    Memory beyond the model: keys and values of as many rows of prompt and answer, and a few (rows, V) float32 or
    float64 matrices.
    """
    repeats = len(answers[0])
    device = model.device
    logits, cache, attention, position = _read(model, prompts)
    random = np.stack(
        [uniforms(prompt, k, decoding) for prompt, own in zip(prompts, answers, strict=True) for k in own]
    )
    greedy = np.array([decoding.greedy or k == GREEDY for own in answers for k in own])
    rows = len(random)
    tokens = np.full((rows, decoding.max_new_tokens), -1, dtype=np.int64)
    logprobs = np.zeros((2, rows, decoding.max_new_tokens))
    kept = {name: np.zeros((rows, decoding.max_new_tokens)) for name in keep}
    lengths = np.full(rows, decoding.max_new_tokens)
    ended = np.zeros(rows, dtype=bool)
    alive = np.arange(rows)
    node = np.repeat(np.arange(len(prompts)), repeats)  # the row of the batch that holds what a living answer said
    for step in range(decoding.max_new_tokens):
        raw = logits.log_softmax(-1)
        chosen, *found = _draw(logits, raw, node, random[alive, step], decoding, greedy[alive])
        tokens[alive, step] = chosen
        logprobs[:, alive, step] = found
        for name, values in kept.items():
            values[alive, step] = WHILE_DRAWING[name](logits, raw, node, chosen)
        stopped = np.isin(chosen, list(stop))
        if finished is not None:
            stopped |= [finished(tokens[row, : step + 1]) for row in alive]
        ended[alive[stopped]] = True
        lengths[alive[stopped]] = step + 1
        alive, node, chosen = alive[~stopped], node[~stopped], chosen[~stopped]
        if not len(alive) or step + 1 == decoding.max_new_tokens:
            break
        beginnings, node = np.unique(np.stack([node, chosen]), axis=1, return_inverse=True)
        behind = torch.from_numpy(beginnings[0]).to(device)
        if len(behind) != len(logits) or (beginnings[0] != np.arange(len(behind))).any():
            cache.batch_select_indices(behind)
            attention, position = attention[behind], position[behind]
        attention = torch.cat([attention, attention.new_ones(len(behind), 1)], dim=1)
        position = position + 1
        output = _forward(model, torch.from_numpy(beginnings[1]).to(device)[:, None], attention, position, cache)
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
            kept={name: values[row, : lengths[row]] for name, values in kept.items()},
        )
        for row in range(rows)
    ]
    return [drawn[start : start + repeats] for start in range(0, rows, repeats)]


def _read(model: Any, prompts: Sequence[Sequence[int]]) -> tuple[torch.Tensor, Any, torch.Tensor, torch.Tensor]:
    """Logits (prompts, V) behind each prompt, keys and values, attention mask, (prompts, 1) last positions."""
    shared = _shared(prompts)
    if shared >= SHARED_TOKENS and len(prompts) > 1:
        head = torch.tensor([list(prompts[0][:shared])], device=model.device)
        place = torch.arange(shared, device=model.device)[None]
        cache = _forward(model, head, torch.ones_like(head), place, None).past_key_values
        # Padding stands between the beginning and the rest: what looks back a fixed number of places, or carries
        # a state along, would count it. Those models read each prompt whole.
        if type(cache) is DynamicCache and all(type(layer) is DynamicLayer for layer in cache.layers):
            cache.batch_repeat_interleave(len(prompts))
            return _read_behind(model, [prompt[shared:] for prompt in prompts], cache, shared)
    return _read_behind(model, prompts, None, 0)


def _read_behind(
    model: Any, prompts: Sequence[Sequence[int]], cache: Any, shared: int
) -> tuple[torch.Tensor, Any, torch.Tensor, torch.Tensor]:
    mask, ids = _left_padded(prompts)
    seen = np.concatenate([np.ones((len(prompts), shared), dtype=np.int64), mask], axis=1)
    attention = torch.from_numpy(seen).to(model.device)
    positions = (attention.cumsum(-1) - 1).clamp(min=0)[:, shared:]
    output = _forward(model, torch.from_numpy(ids).to(model.device), attention, positions, cache)
    cache = output.past_key_values
    if not hasattr(cache, "batch_repeat_interleave"):
        raise InvalidModel(
            f"model: expected one that keeps keys and values in a Cache of transformers, {type(model).__name__} "
            f"gave {type(cache).__name__}; pass a decoder-only attention model"
        )
    return output.logits[:, -1].float(), cache, attention, positions[:, -1:]


def _shared(prompts: Sequence[Sequence[int]]) -> int:
    """How many tokens all prompts begin with, leaving at least one of each."""
    low, high = min(map(tuple, prompts)), max(map(tuple, prompts))
    most = min(map(len, prompts)) - 1
    return next((place for place in range(most) if low[place] != high[place]), most)


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
    with _close_rows(wrapped.get_output_embeddings()):
        return model(input_ids=ids, attention_mask=attention, past_key_values=cache, use_cache=True, **options)


def _closed(head: torch.nn.Module, given: tuple[Any, ...]) -> tuple[Any, ...]:
    return (given[0].clone(memory_format=torch.contiguous_format), *given[1:])


@contextmanager
def _close_rows(head: torch.nn.Module | None) -> Iterator[None]:
    """Let the output layer meanwhile get its rows next to each other.

    What it gets is cut out of the states of all positions, and where weights are frozen (below adapters, say) torch
    multiplies such a cut row by row, each with a copy of the weights: 26 times slower for one prompt, 90 for two, seen
    with a vocabulary of 150,000 and bfloat16 on a CPU. A clone, since `contiguous` leaves a single row as it is.
    """
    if head is None:
        yield
        return
    hook = head.register_forward_pre_hook(_closed)
    try:
        yield
    finally:
        hook.remove()


def _draw(
    logits: torch.Tensor,
    raw: torch.Tensor,
    node: NDArray[np.int64],
    random: FloatArray,
    decoding: Decoding,
    greedy: NDArray[np.bool_],
) -> tuple[NDArray[np.int64], FloatArray, FloatArray]:
    """A token for each answer, its raw and its sampled log-prob: the most probable one where `greedy`, elsewhere by
    inverting the distribution function at `random`.

    Args:
        logits, raw: (nodes, V) and their log-softmax; node: (answers,) which row of them is an answer's.
        random, greedy: (answers,).
    """
    token = raw.argmax(-1).cpu().numpy()[node]
    if greedy.all():
        return token, _at(raw, node, token), np.zeros(len(node))
    plain = decoding == Decoding(max_new_tokens=decoding.max_new_tokens, seed=decoding.seed)
    sampled = raw if plain else warp(logits, decoding).log_softmax(-1)
    # Double precision, so that tokens of small probability keep it; Apple's devices have none.
    wide = torch.float32 if logits.device.type == "mps" else torch.float64
    cumulative = sampled.exp().cumsum(-1, dtype=wide)
    slot = np.array([np.count_nonzero(node[:index] == own) for index, own in enumerate(node)])
    spread = np.zeros((len(logits), slot.max() + 1))
    spread[node, slot] = random
    wanted = torch.from_numpy(spread).to(device=logits.device, dtype=wide) * cumulative[:, -1:]
    # The first token whose cumulative mass exceeds `wanted`: never one of probability 0.
    drawn = torch.searchsorted(cumulative, wanted, right=True)
    # Rounding can put `wanted` on the total itself; then the last token with any mass is meant.
    last = torch.searchsorted(cumulative, cumulative[:, -1:].contiguous(), right=False)
    drawn = torch.minimum(drawn, last.clamp(max=logits.shape[-1] - 1))
    token = np.where(greedy, token, drawn.cpu().numpy()[node, slot])
    return token, _at(raw, node, token), np.where(greedy, 0.0, _at(sampled, node, token))


def _at(values: torch.Tensor, node: NDArray[np.int64], token: NDArray[np.int64]) -> FloatArray:
    rows, columns = (torch.from_numpy(index).to(values.device) for index in (node, token))
    return np.asarray(values[rows, columns].double().cpu().numpy())


_Step = Callable[[torch.Tensor, torch.Tensor, NDArray[np.int64], NDArray[np.int64]], FloatArray]

WHILE_DRAWING: dict[str, _Step] = {
    "token_entropies": lambda logits, raw, node, token: entropies(raw)[node],
    "token_certainties": lambda logits, raw, node, token: certainties(raw)[node],
    "token_logits": lambda logits, raw, node, token: _at(logits, node, token),
}
"""What can be kept of a token when it is drawn: from logits and their log-softmax (nodes, V), node and token."""
