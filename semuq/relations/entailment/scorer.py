"""The forward passes: token-budget batches through the model, longest first, with back-off on memory.

Whatever the order and the batch mates, a pair's probabilities equal those of the pair alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from semuq.errors import InvalidModel
from semuq.relations.entailment.assembly import PairTable, Tokens
from semuq.relations.entailment.batches import cut_batches
from semuq.relations.entailment.networks import Network
from semuq.relations.entailment.pairs import EncodedSide, PairEncoder
from semuq.relations.entailment.plan import Side

__all__ = ["Scored", "Scorer", "ScorerReport"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class ScorerReport:
    """What one comparison cost.

    Args:
        pairs: ordered pairs that went through the model; cached: those found in the cache instead.
        forwards: forward passes.
        tokens: tokens of the pairs that went through; padded_tokens: padding beside them.
        truncated: pairs of which a side was cut.
        decided: unordered pairs on which a rule had a verdict.
        unreadable: answers that the model cannot read, compared as normalised text.
    """

    pairs: int = 0
    cached: int = 0
    forwards: int = 0
    tokens: int = 0
    padded_tokens: int = 0
    truncated: int = 0
    decided: int = 0
    unreadable: int = 0

    def __add__(self, other: ScorerReport) -> ScorerReport:
        return ScorerReport(*(getattr(self, name) + getattr(other, name) for name in ScorerReport.__dataclass_fields__))


@dataclass(frozen=True)
class Scored:
    """One forward pass: which of the pairs, their probabilities (pairs, 3), and what it cost."""

    indices: IntArray
    probabilities: FloatArray
    report: ScorerReport


class Scorer:
    """A network with the encoder of its pairs.

    Args:
        network: from tokens to logits.
        encoder: from texts to tokens.
        columns: index of the logit of entailment, neutral and contradiction.
        token_budget: tokens per forward pass, padding included; halved for good when memory runs out.
    """

    def __init__(
        self, network: Network, encoder: PairEncoder, *, columns: tuple[int, int, int], token_budget: int
    ) -> None:
        self.encoder = encoder
        self.token_budget = token_budget
        self._network = network
        self._columns = list(columns)
        # Waves ask about pairs of the same sides many times.
        self._encoded: tuple[Sequence[Side], list[EncodedSide]] = (), []

    def run(self, sides: Sequence[Side], pairs: IntArray) -> Iterator[Scored]:
        """Score (pairs, 2) indices into `sides`, a forward pass at a time, the longest pairs first."""
        if sides is not self._encoded[0]:
            self._encoded = sides, self.encoder.encode(sides)
        table = PairTable(self.encoder, self._encoded[1], pairs)
        pending = list(cut_batches(table.lengths, self.token_budget, padded=self._network.pads))[::-1]
        while pending:
            batch = pending.pop()
            logits = self._forward(table.tokens(batch))
            if logits is None:
                pending.extend(self._halve(batch))
                continue
            lengths = table.lengths[batch]
            report = ScorerReport(
                pairs=len(batch),
                forwards=1,
                tokens=int(lengths.sum()),
                padded_tokens=int((lengths.max() - lengths).sum()) if self._network.pads else 0,
                truncated=int(table.truncated[batch].sum()),
            )
            yield Scored(batch, self._probabilities(logits), report)

    def _forward(self, tokens: Tokens) -> FloatArray | None:
        """(pairs, 3) logits, or None if the device has not the memory."""
        import torch

        try:
            with torch.inference_mode():
                return np.asarray(self._network(tokens).float().cpu().numpy(), dtype=np.float64)
        except torch.OutOfMemoryError:
            if len(tokens.lengths) == 1:
                raise
        torch.cuda.empty_cache()
        return None

    def _halve(self, batch: IntArray) -> list[IntArray]:
        """Both halves of a batch that did not fit, the longer pairs last, to be popped first."""
        self.token_budget = max(1, self.token_budget // 2)
        middle = len(batch) // 2
        return [batch[middle:], batch[:middle]]

    def _probabilities(self, logits: FloatArray) -> FloatArray:
        logits = logits[:, self._columns]
        if not np.isfinite(logits).all():
            raise InvalidModel(
                "model: expected finite logits, got NaN or infinity; its weights are damaged or overflow this precision"
            )
        exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
        # As float32, which is what the cache keeps: a pair has the same score from either.
        return (exponentials / exponentials.sum(axis=1, keepdims=True)).astype(np.float32).astype(np.float64)
