"""BERT and RoBERTa without padding: the tokens of a batch lie in one row, and attention runs per length.

Everything but attention looks at a token alone, so no padding is needed there; pairs of one length are
attended to together, so no mask is needed either. The head reads one token, so the last layer computes
that token only. The numbers are those of the model itself up to rounding.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from semuq.relations.entailment.packed.linear import Linear, MakeLinear

if TYPE_CHECKING:
    import torch

__all__ = ["PackedBert"]

IntArray = NDArray[np.int64]

_BERT = frozenset({"BertForSequenceClassification"})
_ROBERTA = frozenset({"RobertaForSequenceClassification", "XLMRobertaForSequenceClassification"})


@dataclass(frozen=True)
class _Layer:
    qkv: Linear
    query: Linear
    key_value: Linear
    attention_out: Linear
    up: Linear
    down: Linear
    norms: tuple[Any, Any]


class PackedBert:
    """A BERT or RoBERTa classifier over packed tokens.

    Args:
        model: the transformers model; its weights are shared where `make_linear` keeps them.
        make_linear: how a matrix is multiplied with (precision).
    """

    def __init__(self, model: Any, make_linear: MakeLinear) -> None:
        import torch

        config = model.config
        roberta = type(model).__name__ in _ROBERTA
        base = model.roberta if roberta else model.bert
        embeddings = base.embeddings
        self._words, self._positions = embeddings.word_embeddings.weight, embeddings.position_embeddings.weight
        self._segments = embeddings.token_type_embeddings.weight
        self._first_position = config.pad_token_id + 1 if roberta else 0
        self._norm = embeddings.LayerNorm
        self._heads = config.num_attention_heads
        self._layers = [self._layer(layer, make_linear, torch) for layer in base.encoder.layer]
        if roberta:
            head = model.classifier
            self._head: Linear = lambda first: head.out_proj(torch.tanh(head.dense(first)))
        else:
            pooler, classifier = base.pooler.dense, model.classifier
            self._head = lambda first: classifier(torch.tanh(pooler(first)))

    @staticmethod
    def fits(model: Any) -> bool:
        """Whether the model is of a kind that this computes."""
        config = model.config
        return (
            type(model).__name__ in _BERT | _ROBERTA
            and config.hidden_act == "gelu"
            and getattr(config, "position_embedding_type", None) in (None, "absolute")
            and not config.is_decoder
        )

    @staticmethod
    def _layer(layer: Any, make: MakeLinear, torch: Any) -> _Layer:
        own = layer.attention.self
        weights = [own.query.weight, own.key.weight, own.value.weight]
        biases = [own.query.bias, own.key.bias, own.value.bias]
        out = layer.attention.output
        return _Layer(
            qkv=make(torch.cat(weights), torch.cat(biases)),
            query=make(weights[0], biases[0]),
            key_value=make(torch.cat(weights[1:]), torch.cat(biases[1:])),
            attention_out=make(out.dense.weight, out.dense.bias),
            up=make(layer.intermediate.dense.weight, layer.intermediate.dense.bias),
            down=make(layer.output.dense.weight, layer.output.dense.bias),
            norms=(out.LayerNorm, layer.output.LayerNorm),
        )

    def __call__(self, ids: torch.Tensor, segments: torch.Tensor, lengths: IntArray) -> torch.Tensor:
        """(pairs, labels) logits of pairs that lie one after the other, in runs of equal length.

        Args:
            ids, segments: (tokens,).
            lengths: (pairs,) tokens per pair.
        """
        import torch

        values, counts = _runs(lengths)
        positions = torch.cat([torch.arange(length).repeat(n) for length, n in zip(values, counts, strict=True)])
        states = self._words[ids]
        states += self._positions[positions + self._first_position]
        states += self._segments[segments]
        states = _normalise(states, self._norm)
        for layer in self._layers[:-1]:
            states = self._block(layer, states, self._attend(layer.qkv(states), values, counts))
        last = self._layers[-1]
        first = torch.from_numpy(np.concatenate([[0], np.cumsum(lengths)[:-1]]))
        heads = states[first]
        attended = self._attend_first(last.query(heads), last.key_value(states), values, counts)
        return self._head(self._block(last, heads, attended))

    @staticmethod
    def _block(layer: _Layer, states: torch.Tensor, attended: torch.Tensor) -> torch.Tensor:
        from torch.nn.functional import gelu

        states = _normalise(layer.attention_out(attended).add_(states), layer.norms[0])
        return _normalise(layer.down(gelu(layer.up(states))).add_(states), layer.norms[1])

    def _attend(self, qkv: torch.Tensor, lengths: list[int], counts: list[int]) -> torch.Tensor:
        """(tokens, d) attention within each pair, from (tokens, 3 d) queries, keys and values."""
        import torch
        from torch.nn.functional import scaled_dot_product_attention

        parts = []
        start = 0
        for length, count in zip(lengths, counts, strict=True):
            own = qkv[start : start + length * count].view(count, length, 3, self._heads, -1)
            query, key, value = own.permute(2, 0, 3, 1, 4)
            mixed = scaled_dot_product_attention(query, key, value)
            parts.append(mixed.transpose(1, 2).reshape(count * length, -1))
            start += length * count
        return torch.cat(parts)

    def _attend_first(
        self, query: torch.Tensor, key_value: torch.Tensor, lengths: list[int], counts: list[int]
    ) -> torch.Tensor:
        """(pairs, d) attention of first tokens, from (pairs, d) queries and (tokens, 2 d) keys and values."""
        import torch
        from torch.nn.functional import scaled_dot_product_attention

        parts = []
        start = row = 0
        for length, count in zip(lengths, counts, strict=True):
            own = key_value[start : start + length * count].view(count, length, 2, self._heads, -1)
            key, value = own.permute(2, 0, 3, 1, 4)
            asked = query[row : row + count].view(count, 1, self._heads, -1).transpose(1, 2)
            mixed = scaled_dot_product_attention(asked, key, value)
            parts.append(mixed.transpose(1, 2).reshape(count, -1))
            start, row = start + length * count, row + count
        return torch.cat(parts)


def _normalise(states: torch.Tensor, norm: Any) -> torch.Tensor:
    from torch.nn.functional import layer_norm

    return layer_norm(states, norm.normalized_shape, norm.weight, norm.bias, norm.eps)


def _runs(lengths: IntArray) -> tuple[list[int], list[int]]:
    """The values and lengths of the runs of equal numbers."""
    starts = np.flatnonzero(np.diff(lengths, prepend=-1))
    return lengths[starts].tolist(), np.diff(starts, append=len(lengths)).tolist()
