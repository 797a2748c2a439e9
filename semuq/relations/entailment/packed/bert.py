"""BERT and RoBERTa without padding: the tokens of a batch lie in one row, and attention runs per length.

Everything but attention looks at a token alone, so no padding is needed there; pairs of one length are
attended to together, so no mask is needed either. The head reads one token, so the last layer computes
that token only. The numbers are those of the model itself up to rounding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from semuq.relations.entailment.assembly import Tokens
from semuq.relations.entailment.packed.parts import Layer, Parts

if TYPE_CHECKING:
    import torch

__all__ = ["PackedBert"]

IntArray = NDArray[np.int64]


class PackedBert:
    """A BERT or RoBERTa classifier over packed tokens on the CPU, in the precision of its weights."""

    pads = False

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def __call__(self, tokens: Tokens) -> torch.Tensor:
        """(pairs, labels) logits of pairs that lie one after the other, in runs of equal length."""
        import torch

        parts = self._parts
        values, counts = _runs(tokens.lengths)
        positions = torch.cat([torch.arange(length).repeat(n) for length, n in zip(values, counts, strict=True)])
        states = parts.words[torch.from_numpy(tokens.ids)]
        states += parts.positions[positions + parts.first_position]
        states += parts.segments[torch.from_numpy(tokens.segments)]
        states = parts.norm(states)
        for layer in parts.layers[:-1]:
            states = self._block(layer, states, self._attend(layer.qkv(states), values, counts))
        last = parts.layers[-1]
        first = torch.from_numpy(np.concatenate([[0], np.cumsum(tokens.lengths)[:-1]]))
        heads = states[first]
        attended = self._attend_first(last.query(heads), last.key_value(states), values, counts)
        return parts.head(self._block(last, heads, attended))

    @staticmethod
    def _block(layer: Layer, states: torch.Tensor, attended: torch.Tensor) -> torch.Tensor:
        from torch.nn.functional import gelu

        states = layer.after_attention(layer.attended(attended).add_(states))
        return layer.after_feed_forward(layer.down(gelu(layer.up(states))).add_(states))

    def _attend(self, qkv: torch.Tensor, lengths: list[int], counts: list[int]) -> torch.Tensor:
        """(tokens, d) attention within each pair, from (tokens, 3 d) queries, keys and values."""
        import torch
        from torch.nn.functional import scaled_dot_product_attention

        parts = []
        start = 0
        for length, count in zip(lengths, counts, strict=True):
            own = qkv[start : start + length * count].view(count, length, 3, self._parts.heads, -1)
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
            own = key_value[start : start + length * count].view(count, length, 2, self._parts.heads, -1)
            key, value = own.permute(2, 0, 3, 1, 4)
            asked = query[row : row + count].view(count, 1, self._parts.heads, -1).transpose(1, 2)
            mixed = scaled_dot_product_attention(asked, key, value)
            parts.append(mixed.transpose(1, 2).reshape(count, -1))
            start, row = start + length * count, row + count
        return torch.cat(parts)


def _runs(lengths: IntArray) -> tuple[list[int], list[int]]:
    """The values and lengths of the runs of equal numbers."""
    starts = np.flatnonzero(np.diff(lengths, prepend=-1))
    return lengths[starts].tolist(), np.diff(starts, append=len(lengths)).tolist()
