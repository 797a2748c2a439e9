"""The forward passes: token-budget batches through the model, longest first, with back-off on memory.

The host assembles the next batches while a GPU computes, and fetches results a window of passes at a time.
Whatever the order and the batch mates, a pair's probabilities equal those of the pair alone.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from semuq.errors import InvalidModel
from semuq.numerics import FloatArray, IntArray
from semuq.relations.entailment.assembly import PairTable
from semuq.relations.entailment.batches import cut_batches
from semuq.relations.entailment.feeding import Feeder
from semuq.relations.entailment.flights import PASSES, Flights
from semuq.relations.entailment.networks import Network
from semuq.relations.entailment.pairs import EncodedSide, PairEncoder
from semuq.relations.entailment.plan import Side

if TYPE_CHECKING:
    import torch

logger = logging.getLogger(__name__)

__all__ = ["Scored", "Scorer", "ScorerReport"]


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

    @property
    def asked(self) -> int:
        """Ordered pairs whose score was wanted, from the model or the cache."""
        return self.pairs + self.cached

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
        rescue: makes a network for pairs whose logits are not finite in this one; None is an error instead.
    """

    def __init__(
        self,
        network: Network,
        encoder: PairEncoder,
        *,
        columns: tuple[int, int, int],
        token_budget: int,
        rescue: Callable[[], Network] | None = None,
    ) -> None:
        self.encoder = encoder
        self.token_budget = token_budget
        self._network = network
        self._columns = list(columns)
        self._rescue = rescue
        # Waves ask about pairs of the same sides many times.
        self._encoded: tuple[Sequence[Side], list[EncodedSide]] = (), []

    def run(self, sides: Sequence[Side], pairs: IntArray) -> Iterator[Scored]:
        """Score (pairs, 2) indices into `sides`, a forward pass at a time, the longest pairs first."""
        if sides is not self._encoded[0]:
            self._encoded = sides, self.encoder.encode(sides)
        table = PairTable(self.encoder, self._encoded[1], pairs)
        network = self._network
        flights = Flights(PASSES if network.overlaps else 1)
        with Feeder(lambda rows: network.prepare(table.tokens(rows)), threaded=network.overlaps) as feeder:
            feeder.put(self._cut(table.lengths))
            while (taken := feeder.take()) is not None:
                batch, prepared = taken
                logits = self._forward(network, prepared)
                if logits is None:
                    # What is under way is fetched first: it holds memory, and it is not lost.
                    held = [self._scored(table, *landed) for landed in flights.land()]
                    left = np.concatenate([batch, *feeder.withdraw()])
                    if len(batch) == 1 and not held:
                        raise _out_of_memory(int(table.lengths[batch[0]]))
                    yield from held
                    self._back_off(int(table.lengths[batch].sum()), len(batch))
                    feeder.put([left[own] for own in self._cut(table.lengths[left])])
                    continue
                for landed in flights.add(batch, logits):
                    yield self._scored(table, *landed)
            for landed in flights.land():
                yield self._scored(table, *landed)

    def _cut(self, lengths: IntArray) -> Iterator[IntArray]:
        return cut_batches(lengths, self.token_budget, padded=self._network.pads)

    def _back_off(self, tokens: int, pairs: int) -> None:
        """Half of what did not fit; a single pair was in the way of others, not too large by itself."""
        if pairs > 1:
            self.token_budget = max(1, min(self.token_budget, tokens) // 2)

    @staticmethod
    def _forward(network: Network, prepared: Any) -> torch.Tensor | None:
        """(pairs, labels) logits, or None if the device has not the memory."""
        import torch

        try:
            with torch.inference_mode():
                return network(prepared)
        except torch.OutOfMemoryError:
            pass  # outside, since the traceback holds on to the memory
        torch.cuda.empty_cache()
        return None

    def _scored(self, table: PairTable, batch: IntArray, logits: FloatArray) -> Scored:
        lengths = table.lengths[batch]
        report = ScorerReport(
            pairs=len(batch),
            forwards=1,
            tokens=int(lengths.sum()),
            padded_tokens=int((lengths.max() - lengths).sum()) if self._network.pads else 0,
            truncated=int(table.truncated[batch].sum()),
        )
        bad = np.flatnonzero(~np.isfinite(logits[:, self._columns]).all(axis=1))
        if len(bad) and self._rescue is not None:
            import torch

            logger.info("%d pairs overflow this precision and are computed in float32", len(bad))
            with torch.inference_mode():
                exact = self._rescue()(table.tokens(batch[bad]))
            logits[bad] = exact.float().cpu().numpy()
            report += ScorerReport(forwards=1)
        return Scored(batch, self._probabilities(logits), report)

    def _probabilities(self, logits: FloatArray) -> FloatArray:
        logits = logits[:, self._columns]
        if not np.isfinite(logits).all():
            raise InvalidModel(
                "model: expected finite logits, got NaN or infinity; its weights are damaged or overflow this precision"
            )
        exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
        # As float32, which is what the cache keeps: a pair has the same score from either.
        return (exponentials / exponentials.sum(axis=1, keepdims=True)).astype(np.float32).astype(np.float64)


def _out_of_memory(tokens: int) -> Exception:
    import torch

    return torch.OutOfMemoryError(f"one pair of {tokens} tokens does not fit into the memory of the device")
