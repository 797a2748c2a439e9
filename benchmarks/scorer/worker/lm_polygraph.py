"""lm-polygraph's semantic matrix: `SemanticMatrixCalculator` over the model in its `Deberta` wrapper."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lm_polygraph.stat_calculators.semantic_matrix import SemanticMatrixCalculator
from lm_polygraph.utils.deberta import Deberta
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from benchmarks.scorer.worker.contestant import Batch, Outcome
from benchmarks.scorer.worker.watch import Watch


class AnyModel(Deberta):
    """The wrapper, reading whatever architecture the folder holds, as `MultilingualDeberta` does."""

    def setup(self) -> None:
        """Read the folder."""
        self._deberta_tokenizer = AutoTokenizer.from_pretrained(self.deberta_path)
        self._deberta = AutoModelForSequenceClassification.from_pretrained(self.deberta_path)
        self._deberta.to(self.device)
        self._deberta.eval()


class LmPolygraph:
    """Mode "matrix"; its clusters come from the same matrices."""

    packages = ("lm-polygraph",)

    def load(self, folder: Path) -> None:
        wrapper = AnyModel(str(folder), device="cpu")
        self._calculator = SemanticMatrixCalculator(wrapper)
        self._watch = Watch(wrapper.deberta)

    def prepare(self, _batch: Batch, _mode: str) -> None:
        self._watch.clear()

    def run(self, batch: Batch, _mode: str) -> Any:
        return self._calculator({"sample_texts": batch.texts}, batch.prompts, None)

    def outcome(self) -> Outcome:
        return self._watch.outcome()
