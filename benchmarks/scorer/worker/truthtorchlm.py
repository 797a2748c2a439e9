"""TruthTorchLM's passes: the clustering of its semantic entropy and the affinity matrix of its graph methods."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from transformers import AutoModelForSequenceClassification, AutoTokenizer
from TruthTorchLM.utils.common_utils import bidirectional_entailment_clustering, calculate_affinity_matrix

from benchmarks.scorer.worker.contestant import Batch, Outcome
from benchmarks.scorer.worker.watch import Watch


class TruthTorchLm:
    """Modes "matrix" and "clusters". The question, which it puts before each answer, is in the strings already."""

    packages = ("truthtorchlm",)

    def load(self, folder: Path) -> None:
        self._model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
        self._tokenizer = AutoTokenizer.from_pretrained(folder)
        self._watch = Watch(self._model)

    def prepare(self, _batch: Batch, _mode: str) -> None:
        self._watch.clear()

    def run(self, batch: Batch, mode: str) -> Any:
        if mode == "clusters":
            return [bidirectional_entailment_clustering(self._model, self._tokenizer, "", own) for own in batch.texts]
        return [
            calculate_affinity_matrix(
                own, "", model_for_entailment=self._model, tokenizer_for_entailment=self._tokenizer
            )
            for own in batch.texts
        ]

    def outcome(self) -> Outcome:
        return self._watch.outcome()
