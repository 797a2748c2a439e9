"""The forward passes: token-budget batches through the model, longest first, with back-off on memory.

Whatever the order and the batch mates, a pair's probabilities equal those of the pair alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from semuq.errors import InvalidModel
from semuq.relations.entailment.batches import cut_batches
from semuq.relations.entailment.loading import LoadedModel
from semuq.relations.entailment.pairs import PairEncoder
from semuq.relations.entailment.plan import Side

if TYPE_CHECKING:
    import torch

__all__ = ["Scored", "Scorer", "ScorerReport"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Sides = tuple[Sequence[int], Sequence[int]]


@dataclass(frozen=True)
class ScorerReport:
    """What one comparison cost.

    Args:
        pairs: ordered pairs that went through the model; cached: those found in the cache instead.
        forwards: forward passes.
        tokens: tokens of the pairs that went through; padded_tokens: padding beside them.
        truncated: pairs of which a side was cut.
        decided: unordered pairs on which a rule had a verdict.
    """

    pairs: int = 0
    cached: int = 0
    forwards: int = 0
    tokens: int = 0
    padded_tokens: int = 0
    truncated: int = 0
    decided: int = 0

    def __add__(self, other: ScorerReport) -> ScorerReport:
        return ScorerReport(*(getattr(self, name) + getattr(other, name) for name in ScorerReport.__dataclass_fields__))


@dataclass(frozen=True)
class Scored:
    """One forward pass: which of the pairs, their probabilities (pairs, 3), and what it cost."""

    indices: IntArray
    probabilities: FloatArray
    report: ScorerReport


class Scorer:
    """A loaded model with its pair encoder.

    Args:
        loaded: model, tokenizer and label columns; the model is where it is to run.
        max_length: tokens per pair.
        token_budget: tokens per forward pass once padded; halved for good when memory runs out.
    """

    def __init__(self, loaded: LoadedModel, *, max_length: int, token_budget: int) -> None:
        self.loaded = loaded
        self.device = loaded.model.device
        self.encoder = PairEncoder(loaded.tokenizer, max_length)
        self.token_budget = token_budget
        self._model: Any = loaded.model

    def run(self, sides: Sequence[Side], pairs: IntArray) -> Iterator[Scored]:
        """Score (pairs, 2) indices into `sides`, a forward pass at a time, the longest pairs first."""
        encoded = self.encoder.encode(sides)
        rows = [self.encoder.cut(encoded[a], encoded[b]) for a, b in pairs]
        lengths = np.array([len(a) + len(b) for a, b, _ in rows], dtype=np.int64) + self.encoder.layout.special
        pending = list(cut_batches(lengths, self.token_budget))[::-1]
        while pending:
            batch = pending.pop()
            longest = int(lengths[batch[0]])
            logits = self._forward([rows[index][:2] for index in batch], longest)
            if logits is None:
                pending.extend(self._halve(batch))
                continue
            report = ScorerReport(
                pairs=len(batch),
                forwards=1,
                tokens=int(lengths[batch].sum()),
                padded_tokens=int((longest - lengths[batch]).sum()),
                truncated=sum(rows[index][2] for index in batch),
            )
            yield Scored(batch, self._probabilities(logits), report)

    def _forward(self, rows: Sequence[Sides], length: int) -> FloatArray | None:
        """(rows, 3) logits, or None if the device has not the memory."""
        import torch

        inputs = self._tensors(rows, length)
        try:
            with torch.inference_mode():
                logits = self._model(**{name: tensor.to(self.device) for name, tensor in inputs.items()}).logits
                return np.asarray(logits.float().cpu().numpy(), dtype=np.float64)
        except torch.OutOfMemoryError:
            if len(rows) == 1:
                raise
        torch.cuda.empty_cache()
        return None

    def _halve(self, batch: IntArray) -> list[IntArray]:
        """Both halves of a batch that did not fit, the longer pairs last, to be popped first."""
        self.token_budget = max(1, self.token_budget // 2)
        middle = len(batch) // 2
        return [batch[middle:], batch[:middle]]

    def _tensors(self, rows: Sequence[Sides], length: int) -> dict[str, torch.Tensor]:
        import torch

        layout = self.encoder.layout
        ids = np.full((len(rows), length), self.encoder.pad_id, dtype=np.int64)
        mask = np.zeros((len(rows), length), dtype=np.int64)
        segments = np.zeros((len(rows), length), dtype=np.int64)
        for row, (premise, hypothesis) in enumerate(rows):
            joined = layout.join(premise, hypothesis)
            ids[row, : len(joined)] = joined
            mask[row, : len(joined)] = 1
            if self.encoder.uses_segments:
                segments[row, : len(joined)] = layout.segment_ids(len(premise), len(hypothesis))
        inputs = {"input_ids": ids, "attention_mask": mask}
        if self.encoder.uses_segments:
            inputs["token_type_ids"] = segments
        return {name: torch.from_numpy(array) for name, array in inputs.items()}

    def _probabilities(self, logits: FloatArray) -> FloatArray:
        logits = logits[:, list(self.loaded.columns)]
        if not np.isfinite(logits).all():
            raise InvalidModel(
                "model: expected finite logits, got NaN or infinity; its weights are damaged or overflow this precision"
            )
        exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
        # As float32, which is what the cache keeps: a pair has the same score from either.
        return (exponentials / exponentials.sum(axis=1, keepdims=True)).astype(np.float32).astype(np.float64)
