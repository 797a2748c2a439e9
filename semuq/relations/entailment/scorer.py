"""The forward passes: token-budget batches through the model, longest first, with back-off on memory.

Whatever the order and the batch mates, a pair's probabilities equal those of the pair alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from semuq.errors import InvalidModel
from semuq.relations.entailment.batches import cut_batches
from semuq.relations.entailment.loading import LoadedModel
from semuq.relations.entailment.pairs import PairEncoder
from semuq.relations.entailment.plan import Plan

if TYPE_CHECKING:
    import torch

__all__ = ["Progress", "Scorer", "ScorerReport"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Progress = Callable[[int, int], None]
"""Called with (pairs done, pairs in all) after every forward pass."""


@dataclass(frozen=True)
class ScorerReport:
    """What one comparison cost.

    Args:
        pairs: ordered pairs that went through the model.
        forwards: forward passes.
        tokens: tokens of these pairs; padded_tokens: padding beside them.
        truncated: pairs of which a side was cut.
        decided: unordered pairs on which a rule had a verdict.
    """

    pairs: int = 0
    forwards: int = 0
    tokens: int = 0
    padded_tokens: int = 0
    truncated: int = 0
    decided: int = 0

    def __add__(self, other: ScorerReport) -> ScorerReport:
        return ScorerReport(*(getattr(self, name) + getattr(other, name) for name in ScorerReport.__dataclass_fields__))


class Scorer:
    """A loaded model with its pair encoder, on one device.

    Args:
        loaded: model, tokenizer and label columns.
        device: where to run.
        max_length: tokens per pair.
        token_budget: tokens per forward pass once padded; halved for good when memory runs out.
    """

    def __init__(self, loaded: LoadedModel, *, device: torch.device, max_length: int, token_budget: int) -> None:
        self.loaded = loaded
        self.device = device
        self.encoder = PairEncoder(loaded.tokenizer, max_length)
        self.token_budget = token_budget
        self._model: Any = loaded.model.to(device)  # type: ignore[arg-type]

    @staticmethod
    def nothing(plan: Plan) -> tuple[FloatArray, ScorerReport]:
        """The result of a plan without pairs, for which no model is needed."""
        return np.zeros((0, 3)), ScorerReport(decided=len(plan.decided))

    def run(self, plan: Plan, progress: Progress | None = None) -> tuple[FloatArray, ScorerReport]:
        """(pairs, 3) probabilities of entailment, neutral, contradiction, and what it cost."""
        if not len(plan.pairs):
            return self.nothing(plan)
        sides = self.encoder.encode(plan.sides)
        rows = [self.encoder.cut(sides[a], sides[b]) for a, b in plan.pairs]
        lengths = np.array([len(a) + len(b) for a, b, _ in rows], dtype=np.int64) + self.encoder.layout.special
        probabilities = np.empty((len(rows), 3))
        forwards = padded = done = 0
        pending = list(cut_batches(lengths, self.token_budget))[::-1]
        while pending:
            batch = pending.pop()
            logits = self._forward([rows[index][:2] for index in batch], int(lengths[batch[0]]))
            if logits is None:
                pending.extend(self._halve(batch))
                continue
            probabilities[batch] = self._probabilities(logits)
            forwards += 1
            padded += int((lengths[batch[0]] - lengths[batch]).sum())
            done += len(batch)
            if progress is not None:
                progress(done, len(rows))
        return probabilities, ScorerReport(
            pairs=len(rows),
            forwards=forwards,
            tokens=int(lengths.sum()),
            padded_tokens=padded,
            truncated=sum(cut for *_, cut in rows),
            decided=len(plan.decided),
        )

    def _forward(self, rows: Sequence[tuple[Sequence[int], Sequence[int]]], length: int) -> FloatArray | None:
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

    def _tensors(self, rows: Sequence[tuple[Sequence[int], Sequence[int]]], length: int) -> dict[str, torch.Tensor]:
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
        probabilities: FloatArray = exponentials / exponentials.sum(axis=1, keepdims=True)
        return probabilities
