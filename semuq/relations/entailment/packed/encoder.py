"""The forward pass without padding: the tokens of a batch lie in one row, on the CPU as on a GPU.

Everything but attention looks at a token alone, so no padding is needed there; attention stays within each
pair. Where the head reads one token, the last layer computes that token only. The head is computed in
float32, whatever the rest is in. The numbers are those of the model itself up to rounding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from semuq.relations.entailment.assembly import Tokens
from semuq.relations.entailment.packed.batch import Packed, pack
from semuq.relations.entailment.packed.parts import Parts

if TYPE_CHECKING:
    import torch

__all__ = ["PackedEncoder"]


class PackedEncoder:
    """A classifier over packed tokens, in the precision of its weights and on their device."""

    pads = False

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self.device = parts.embeddings.words.device
        self.overlaps = self.device.type == "cuda"

    def prepare(self, tokens: Tokens) -> Packed:
        """A batch, ready to be sent to the device; may run in another thread."""
        return pack(tokens, pinned=self.overlaps)

    def __call__(self, tokens: Tokens | Packed) -> torch.Tensor:
        """(pairs, labels) logits of pairs in order of their lengths, or at least in runs of equal ones."""
        parts = self._parts
        batch = (self.prepare(tokens) if isinstance(tokens, Tokens) else tokens).to(self.device)
        states = embedded = parts.embeddings(batch.ids, batch.segments, batch.positions)
        body = parts.layers if parts.mean else parts.layers[:-1]
        for index, layer in enumerate(body):
            attended = parts.attention(layer.joint(layer.before_attention(states)), batch, index)
            states = layer.finish(states, attended)
            if index == 0 and parts.after_first is not None:
                states = parts.after_first(embedded, states, batch)
        pooled = _means(parts.final(states), batch) if parts.mean else self._first(states, batch)
        return parts.head(pooled.float())

    def _first(self, states: torch.Tensor, batch: Packed) -> torch.Tensor:
        """(pairs, d) first tokens after the last layer."""
        parts, last = self._parts, self._parts.layers[-1]
        first = states[batch.starts]
        normed = last.before_attention(states)
        query = last.query(normed[batch.starts])
        attended = parts.attention.first(query, last.key_value(normed), batch, len(parts.layers) - 1)
        return parts.final(last.finish(first, attended))


def _means(states: torch.Tensor, batch: Packed) -> torch.Tensor:
    """(pairs, d) means over the tokens of each pair."""
    out = states.new_empty(len(batch.starts), states.shape[1])
    for run in batch.runs:
        out[run.own_pairs] = run.of(states).mean(1)
    return out
