"""From the tokens of a batch to its logits: packed where the architecture is known, padded elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from semuq.relations.entailment.assembly import Tokens
from semuq.relations.entailment.packed.bert import PackedBert

if TYPE_CHECKING:
    import torch

__all__ = ["Network", "PackedNetwork", "PaddedNetwork"]


class Network(Protocol):
    """(pairs, labels) logits of pairs sorted by length; `pads` says whether padding is computed too."""

    pads: bool

    def __call__(self, tokens: Tokens) -> torch.Tensor:
        """The logits, on the device they were computed on."""
        ...


class PaddedNetwork:
    """Any model of transformers, over a rectangle as wide as the longest pair.

    Args:
        model: a sequence classifier.
        pad_id: the token to pad with.
        uses_segments: whether the model is told which side a token belongs to.
    """

    pads = True

    def __init__(self, model: Any, *, pad_id: int, uses_segments: bool) -> None:
        self._model = model
        self._pad_id = pad_id
        self._uses_segments = uses_segments

    def __call__(self, tokens: Tokens) -> torch.Tensor:
        """The logits of one forward pass of the model."""
        import torch

        mask = np.arange(tokens.lengths.max()) < tokens.lengths[:, None]
        ids = np.full(mask.shape, self._pad_id, dtype=np.int64)
        ids[mask] = tokens.ids
        inputs = {"input_ids": ids, "attention_mask": mask.astype(np.int64)}
        if self._uses_segments:
            segments = np.zeros(mask.shape, dtype=np.int64)
            segments[mask] = tokens.segments
            inputs["token_type_ids"] = segments
        moved = {name: torch.from_numpy(array).to(self._model.device) for name, array in inputs.items()}
        logits: torch.Tensor = self._model(**moved).logits
        return logits


class PackedNetwork:
    """A `PackedBert` on the CPU: no padding, no mask."""

    pads = False

    def __init__(self, packed: PackedBert) -> None:
        self._packed = packed

    def __call__(self, tokens: Tokens) -> torch.Tensor:
        """The logits of one pass over the packed tokens."""
        import torch

        return self._packed(torch.from_numpy(tokens.ids), torch.from_numpy(tokens.segments), tokens.lengths)
