"""Attention within each pair of a packed batch: over runs of equal length, so that there is no padding and no mask.

A batch is sorted by length, so it has few runs. What architectures add to the plain dot product of query
and key is a `Bias`; what they do to queries and keys before it is a `Rotation`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from semuq.relations.entailment.packed.batch import Packed

if TYPE_CHECKING:
    import torch

__all__ = ["Attention", "Bias", "Rotation", "RunAttention"]

Bias = Callable[[int, "torch.Tensor", "torch.Tensor"], "torch.Tensor | None"]
"""(layer, query (pairs, heads, asked, size), key (pairs, heads, length, size)) -> what to add to their products, after
scaling, or a mask; `asked` is `length`, or 1 for the first token alone."""
Rotation = Callable[[int, "torch.Tensor", "torch.Tensor"], "torch.Tensor"]
"""(layer, (tokens, heads, size) queries or keys, (tokens,) positions) -> the same, rotated; nothing at position 0."""


class Attention(Protocol):
    """From queries, keys and values to what each token attends to."""

    def __call__(self, joint: torch.Tensor, batch: Packed, layer: int) -> torch.Tensor:
        """(tokens, d) from (tokens, 3 d) queries, keys and values."""
        ...

    def first(self, query: torch.Tensor, key_value: torch.Tensor, batch: Packed, layer: int) -> torch.Tensor:
        """(pairs, d) for first tokens, from their (pairs, d) queries and (tokens, 2 d) keys and values."""
        ...


@dataclass(frozen=True, eq=False)
class RunAttention:
    """A call of `scaled_dot_product_attention` per run.

    Args:
        heads: of attention.
        scale: what products of query and key are multiplied with; None is 1 / sqrt(size).
        bias: what is added to them.
        rotation: of queries and keys.
    """

    heads: int
    scale: float | None = None
    bias: Bias | None = None
    rotation: Rotation | None = None

    def __call__(self, joint: torch.Tensor, batch: Packed, layer: int) -> torch.Tensor:
        """(tokens, d) from (tokens, 3 d)."""
        query, key, value = self.split(joint, 3, batch, layer)
        out = query.new_empty(query.shape)
        for run in batch.runs:
            views = [run.of(part).transpose(1, 2) for part in (query, key, value)]
            mixed = self._mix(views[0], views[1], views[2], layer)
            run.of(out).copy_(mixed.transpose(1, 2))
        return out.flatten(1)

    def first(self, query: torch.Tensor, key_value: torch.Tensor, batch: Packed, layer: int) -> torch.Tensor:
        """(pairs, d) from (pairs, d) and (tokens, 2 d)."""
        key, value = self.split(key_value, 2, batch, layer)
        asked = query.view(len(query), self.heads, 1, -1)  # at position 0, so not rotated
        out = query.new_empty(query.shape)
        for run in batch.runs:
            views = [run.of(part).transpose(1, 2) for part in (key, value)]
            out[run.own_pairs] = self._mix(asked[run.own_pairs], views[0], views[1], layer)[:, :, 0].flatten(1)
        return out

    def split(self, joint: torch.Tensor, parts: int, batch: Packed, layer: int) -> list[torch.Tensor]:
        """(tokens, heads, size) of each part, rotated but for the last, the values."""
        views = list(joint.view(len(joint), parts, self.heads, -1).unbind(1))
        if self.rotation is not None:
            views[:-1] = [self.rotation(layer, part, batch.positions) for part in views[:-1]]
        return views

    def _mix(self, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, layer: int) -> torch.Tensor:
        """(pairs, heads, asked, size)."""
        from torch.nn.functional import scaled_dot_product_attention

        bias = None if self.bias is None else self.bias(layer, query, key)
        return scaled_dot_product_attention(query, key, value, attn_mask=bias, scale=self.scale)
