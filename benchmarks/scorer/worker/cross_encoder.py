"""sentence-transformers' `CrossEncoder.predict`, with its own batches of 32 sorted by length."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path
from typing import Any

from sentence_transformers import CrossEncoder
from transformers import PreTrainedModel

from benchmarks.scorer.worker.contestant import Batch, Outcome
from benchmarks.scorer.worker.watch import Watch


class SentenceTransformers:
    """Modes "all" (every ordered pair of answers) and "distinct" (of distinct ones), one call for the whole batch."""

    packages = ("sentence-transformers",)

    def load(self, folder: Path) -> None:
        self._encoder = CrossEncoder(str(folder), device="cpu")
        self._watch = Watch(next(module for module in self._encoder.modules() if isinstance(module, PreTrainedModel)))

    def prepare(self, _batch: Batch, _mode: str) -> None:
        self._watch.clear()

    def run(self, batch: Batch, mode: str) -> Any:
        pairs = [pair for own in batch.texts for pair in permutations(own, 2)]
        if mode == "distinct":
            pairs = list(dict.fromkeys(pair for pair in pairs if pair[0] != pair[1]))
        return self._encoder.predict(pairs, apply_softmax=True, show_progress_bar=False) if pairs else None

    def outcome(self) -> Outcome:
        return self._watch.outcome()
