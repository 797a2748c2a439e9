"""What a model makes of given answers: one pass over prompt and answer gives all that estimators look at.

Sampling keeps what costs nothing; the rest (states, attention) is read here on demand, of answers just drawn or
of answers from elsewhere. Below `huggingface`, beside `decode`.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch

from semuq.errors import InvalidModel, InvalidParameter
from semuq.numerics import FloatArray

__all__ = [
    "Kept",
    "Reading",
    "attending_eagerly",
    "certainties",
    "entropies",
    "finite",
    "middle_layer",
    "next_token",
    "read",
    "to_previous",
]


Kept = Literal[
    "token_entropies",
    "token_certainties",
    "token_texts",
    "token_logits",
    "token_attentions",
    "hidden_states",
    "layer_states",
    "token_states",
    "prompt_logprobs",
]
"""Fields of a SampleSet that a sampler keeps if it is told to."""

LOGITS = 1 << 26
"""At most this many logits are held at a time (256 MB), at least those of one answer."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What the model makes of one answer of T tokens behind a prompt of P; unchecked, see `finite`.

    Args:
        logprobs: (T,) natural log-probs of the answer's tokens, temperature 1, whole vocabulary.
        entropies: (T,) entropy in nats of the distribution that each token was drawn from.
        certainties: (T,) KL(uniform || that distribution) in nats.
        states: (T, d) the last layer's state at each token of the answer.
        middle: (d,) the wanted layer's state at the last token that does not end the answer.
        prompt_logprobs: (P - 1,) log-probs of the prompt's tokens but the first.
        layers: (L, d) each layer's state, the mean over the tokens that do not end the answer, if they were asked for.
        logits: (T,) the logit of each token, before the softmax.
        attentions: (T, layers, heads) from each token to the one before it, in the middle third of the layers, if
            they were asked for.
    """

    logprobs: FloatArray
    entropies: FloatArray
    certainties: FloatArray
    states: FloatArray
    middle: FloatArray
    prompt_logprobs: FloatArray
    logits: FloatArray
    layers: FloatArray | None = None
    attentions: FloatArray | None = None


def middle_layer(model: Any) -> int:
    """The layer in the middle of a model, of which INSIDE takes its states."""
    return int(model.config.get_text_config().num_hidden_layers) // 2


@torch.inference_mode()
def read(
    model: Any,
    prompts: Sequence[Sequence[int]],
    answers: Sequence[Sequence[int]],
    *,
    ending: Sequence[int],
    layer: int,
    batch_tokens: int,
    layers: bool = False,
    attentions: bool = False,
) -> list[Reading]:
    """Read answers, each behind its prompt.

    Args:
        model: a causal language model of transformers, in evaluation mode.
        prompts, answers: token ids, in pairs; an answer has at least one.
        ending: for each answer how many of its last tokens only end it; at most all but one.
        layer: 0 is the embeddings, k the output of the k-th layer.
        batch_tokens: at most this many tokens in a forward pass, at least one answer.
        layers: read the states of all layers too.
        attentions: read these too, for which the model attends eagerly meanwhile: slower, and quadratic in memory.

    Raises:
        InvalidParameter: the model has no such layer.

    Cost. One forward pass over every prompt with its answer; memory as LOGITS and `batch_tokens` say.
    """
    order = sorted(range(len(prompts)), key=lambda index: -len(prompts[index]) - len(answers[index]))
    found: dict[int, Reading] = {}
    vocabulary = int(model.config.get_text_config().vocab_size)
    while order:
        longest = len(prompts[order[0]]) + len(answers[order[0]])
        rows = max(1, min(batch_tokens, LOGITS // vocabulary) // longest)
        if attentions:
            config = model.config.get_text_config()
            rows = max(1, min(rows, LOGITS // (config.num_hidden_layers * config.num_attention_heads * longest**2)))
        batch, order = order[:rows], order[rows:]
        parts = [prompts[i] for i in batch], [answers[i] for i in batch], [ending[i] for i in batch]
        with attending_eagerly(model) if attentions else nullcontext():
            readings = list(_read(model, *parts, layer, layers, attentions))
        found |= dict(zip(batch, readings, strict=True))
    return [found[index] for index in range(len(prompts))]


@torch.inference_mode()
def next_token(model: Any, prompts: Sequence[Sequence[int]]) -> FloatArray:
    """(prompts, V) log-probs of the token that follows each prompt."""
    found = []
    for prompt in prompts:
        ids = torch.tensor([list(prompt)], device=model.device)
        found.append(finite(_array(model(input_ids=ids).logits[0, -1].float().log_softmax(-1))))
    return np.stack(found)


def entropies(logprobs: torch.Tensor) -> FloatArray:
    """(T,) entropy in nats of each of T distributions over the vocabulary, from their log-probs (T, V)."""
    return _array(torch.special.entr(logprobs.exp()).sum(-1))


def certainties(logprobs: torch.Tensor) -> FloatArray:
    """(T,) KL(uniform || p) in nats of each of T distributions p over the vocabulary, from their log-probs (T, V)."""
    return _array((-logprobs.mean(-1) - np.log(logprobs.shape[-1])).clamp(min=0))


def finite(values: FloatArray) -> FloatArray:
    """The values, if they are numbers.

    Raises:
        InvalidModel: one is NaN or infinite.
    """
    if not np.isfinite(values).all():
        raise InvalidModel(
            "model: expected finite logits and states, got NaN or infinity while reading; "
            "load it in another precision (dtype=torch.float32) or check its weights"
        )
    return values


def _read(
    model: Any,
    prompts: list[Sequence[int]],
    answers: list[Sequence[int]],
    ending: list[int],
    layer: int,
    layers: bool,
    attentions: bool,
) -> Iterator[Reading]:
    lengths = [len(prompt) + len(answer) for prompt, answer in zip(prompts, answers, strict=True)]
    ids = np.zeros((len(prompts), max(lengths)), dtype=np.int64)
    mask = np.zeros_like(ids)
    for row, (prompt, answer) in enumerate(zip(prompts, answers, strict=True)):
        ids[row, : lengths[row]] = [*prompt, *answer]
        mask[row, : lengths[row]] = 1
    # Padding is on the right, where causal attention never looks; positions count from 0 by themselves.
    output = model(
        input_ids=torch.from_numpy(ids).to(model.device),
        attention_mask=torch.from_numpy(mask).to(model.device),
        output_hidden_states=True,
        **({"output_attentions": True} if attentions else {}),
        **({"use_cache": False} if "use_cache" in inspect.signature(model.forward).parameters else {}),
    )
    if not 0 <= layer < len(output.hidden_states):
        raise InvalidParameter(
            f"layer: expected 0 to {len(output.hidden_states) - 1} (the model's layers), got {layer}"
        )
    for row, (prompt, answer) in enumerate(zip(prompts, answers, strict=True)):
        start, end = len(prompt), lengths[row]
        logits = output.logits[row, : end - 1].float()
        logprobs = logits.log_softmax(-1)
        chosen = torch.tensor([*prompt, *answer][1:], device=logprobs.device)[:, None]
        own = logprobs.gather(-1, chosen)[:, 0]
        of_answer = logprobs[start - 1 :]
        last = end - 1 - ending[row]
        yield Reading(
            logprobs=_array(own[start - 1 :].clamp(max=0)),
            entropies=entropies(of_answer),
            certainties=certainties(of_answer),
            states=_array(output.hidden_states[-1][row, start:end]),
            middle=_array(output.hidden_states[layer][row, last]),
            prompt_logprobs=_array(own[: start - 1].clamp(max=0)),
            logits=_array(logits.gather(-1, chosen)[start - 1 :, 0]),
            layers=_means(output.hidden_states[1:], row, start, last + 1) if layers else None,
            attentions=to_previous(output.attentions, row, start, end) if attentions else None,
        )


def _means(states: Sequence[torch.Tensor], row: int, start: int, end: int) -> FloatArray:
    """(L, d) the mean over the tokens from start to end, of each layer's (batch, tokens, d)."""
    return _array(torch.stack([own[row, start:end].float().mean(0) for own in states]))


def to_previous(attentions: Sequence[torch.Tensor], row: int, start: int, end: int, already: int = 0) -> FloatArray:
    """(T, layers, heads) attention from each token of an answer to the one before, in the middle third of layers.

    Args:
        attentions: of each layer (batch, heads, to, from).
        start, end: where the answer is among `to`.
        already: tokens in front of the first of `to`, whose keys were cached: `from` begins so much earlier.
    """
    layers = len(attentions)
    middle = attentions[layers // 3 : -(-2 * layers // 3) + 1]
    positions = torch.arange(start, end)
    each = [own[row][:, positions, already + positions - 1] for own in middle]  # the diagonal below the main one
    return _array(torch.stack(each).permute(2, 0, 1).clamp(0, 1))


@contextmanager
def attending_eagerly(model: Any) -> Iterator[None]:
    """The fast kernels of attention do not say what they looked at."""
    before = model.config._attn_implementation
    model.set_attn_implementation("eager")
    try:
        yield
    finally:
        model.set_attn_implementation(before)


def _array(values: torch.Tensor) -> FloatArray:
    return np.asarray(values.double().cpu().numpy())
