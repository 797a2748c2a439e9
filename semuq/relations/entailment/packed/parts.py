"""An encoder with a classifier, by the roles of its weights: one description for every architecture that is packed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

    from semuq.relations.entailment.packed.attention import Attention

__all__ = ["Affine", "Embeddings", "Layer", "Map", "Parts", "affine", "joined", "unchanged"]

Map = Callable[["torch.Tensor"], "torch.Tensor"]
"""(rows, in) -> (rows, out)."""


@dataclass(frozen=True, eq=False)
class Affine:
    """x -> x weight' + bias, with weight (out, in) and bias (out,) or none."""

    weight: torch.Tensor
    bias: torch.Tensor | None

    def __call__(self, states: torch.Tensor) -> torch.Tensor:
        """(tokens, in) -> (tokens, out)."""
        from torch.nn.functional import linear

        return linear(states, self.weight, self.bias)

    def rows(self, own: slice) -> Affine:
        """Some of the outputs; shares memory."""
        return Affine(self.weight[own], None if self.bias is None else self.bias[own])


def affine(dense: Any) -> Affine:
    """Of a linear layer; shares its memory."""
    return Affine(dense.weight.detach(), None if dense.bias is None else dense.bias.detach())


def joined(*denses: Any) -> Affine:
    """Linear layers side by side, as one."""
    import torch

    biases = [dense.bias for dense in denses]
    return Affine(
        torch.cat([dense.weight for dense in denses]).detach(),
        None if biases[0] is None else torch.cat(biases).detach(),
    )


def unchanged(states: torch.Tensor) -> torch.Tensor:
    """What stands where an architecture has no norm."""
    return states


@dataclass(frozen=True, eq=False)
class Embeddings:
    """Tables that are added up, then `before`, `norm` and `after`, where there are any.

    Args:
        words, positions, segments: (entries, d).
        first_position: the row of `positions` that the first token takes.
    """

    words: torch.Tensor
    norm: Map
    positions: torch.Tensor | None = None
    segments: torch.Tensor | None = None
    first_position: int = 0
    before: Map | None = None
    after: Map | None = None

    def __call__(self, ids: torch.Tensor, segments: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
        """(tokens, d) from three times (tokens,)."""
        states = self.words[ids]
        if self.positions is not None:
            states += self.positions[positions + self.first_position]
        if self.segments is not None:
            states += self.segments[segments]
        if self.before is not None:
            states = self.before(states)
        states = self.norm(states)
        return states if self.after is None else self.after(states)


@dataclass(frozen=True, eq=False)
class Layer:
    """Attention and feed-forward, each added to its input; with norms before (ModernBERT) or after (BERT).

    Args:
        joint: query, key and value; `query` and `key_value` are rows of it.
        attended: what attention's result goes through.
        up, down: of the feed-forward part, with `activation` between.
    """

    joint: Map
    query: Map
    key_value: Map
    attended: Map
    up: Map
    down: Map
    activation: Map
    before_attention: Map = unchanged
    after_attention: Map = unchanged
    before_feed_forward: Map = unchanged
    after_feed_forward: Map = unchanged

    def finish(self, states: torch.Tensor, attended: torch.Tensor) -> torch.Tensor:
        """(tokens, d) states after the layer, from those before it and the result of attention."""
        states = self.after_attention(self.attended(attended).add_(states))
        wide = self.activation(self.up(self.before_feed_forward(states)))
        return self.after_feed_forward(self.down(wide).add_(states))

    def with_linears(self, change: Callable[[Affine], Map]) -> Layer:
        """The same with its linear layers computed by others."""
        names = ("joint", "query", "key_value", "attended", "up", "down")
        return replace(self, **{name: change(getattr(self, name)) for name in names})


@dataclass(frozen=True, eq=False)
class Parts:
    """A classifier.

    Args:
        heads: of attention.
        attention: within each pair, from queries, keys and values.
        head: (pairs, d) pooled states -> (pairs, labels) logits.
        final: what every token goes through before pooling.
        mean: pool the mean of all tokens; otherwise the first one, which is then all that the last layer computes.
        after_first: (embedded, states, batch) -> states, between the first layer and the second.
        plain: attention without biases, rotations or windows, which the kernel of `int16` can compute.
    """

    embeddings: Embeddings
    layers: tuple[Layer, ...]
    heads: int
    attention: Attention
    head: Map
    final: Map = unchanged
    mean: bool = False
    after_first: Callable[..., torch.Tensor] | None = None
    plain: bool = False
