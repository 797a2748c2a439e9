"""semuq's own passes: the matrices (cold, warm, in float32) and the clusters alone."""

from __future__ import annotations

import atexit
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from transformers import AutoTokenizer

from benchmarks.scorer.worker.contestant import Batch, Cost, Outcome, Probabilities
from semuq import Entailment, SampleSet
from semuq.relations.base import RelationScores

WARMING = SampleSet(prompt="What warms a processor?", texts=("a little work", "some work that is nothing special"))


class Semuq:
    """Modes.

    - matrix: every score from the model, and into a new cache, as in a user's first run;
    - matrix-fp32: the same in single precision;
    - warm: every score from the cache of an earlier run;
    - clusters, clusters-fp32: greedy clusters without the matrices, into a new cache.
    """

    packages = ("semuq",)

    def load(self, folder: Path) -> None:
        self._scratch = tempfile.TemporaryDirectory(prefix="semuq-scorer-")
        atexit.register(self._scratch.cleanup)
        self._model = folder
        self._tokenizer = AutoTokenizer.from_pretrained(folder)
        self._caches = 0
        self._relations: dict[str, Entailment] = {}
        self._filled: tuple[Batch, Path] | None = None

    def prepare(self, batch: Batch, mode: str) -> None:
        self._samples = [
            SampleSet(prompt=prompt, texts=tuple(texts))
            for prompt, texts in zip(batch.prompts, batch.answers, strict=True)
        ]
        self._scores: list[RelationScores] = []
        if mode == "warm":
            if self._filled is None or self._filled[0] != batch:
                self._relation = self._fresh(batch.context, "auto")
                self._relation.compare(self._samples)
                self._filled = (batch, Path(self._relation.cache))
            self._relation = replace(self._relation, cache=self._filled[1], precision="auto")
            self._relation.compare(WARMING)
            return
        self._relation = self._fresh(batch.context, "fp32" if mode.endswith("fp32") else "auto")

    def run(self, batch: Batch, mode: str) -> Any:
        if mode.startswith("clusters"):
            clusters, self._report = self._relation.cluster_with_report(self._samples)
            return clusters
        self._scores, self._report = self._relation.compare_with_report(self._samples)
        if mode == "matrix":
            self._filled = (batch, Path(self._relation.cache))
        return self._scores

    def outcome(self) -> Outcome:
        own = self._report
        cost = Cost(own.pairs, own.forwards, own.tokens, own.padded_tokens, own.truncated)
        return Outcome(cost, self._found())

    def _fresh(self, context: str, precision: str) -> Entailment:
        """A relation with an empty cache, its model loaded and warm."""
        self._caches += 1
        path = Path(self._scratch.name) / f"{self._caches}.sqlite3"
        relation = Entailment(self._model, context=context, precision=precision, cache=path, guard="off")
        relation.compare(WARMING)
        return relation

    def _found(self) -> Any:
        for samples, scores in zip(self._samples, self._scores, strict=False):
            prefix = f"Q: {samples.prompt} A: " if self._relation.context == "question" else ""
            texts = [prefix + text for text in samples.texts]
            for (i, j), ids in self._pair_ids(texts).items():
                own: Probabilities = (scores.contradiction[i, j], scores.neutral[i, j], scores.entailment[i, j])
                yield ids, tuple(float(value) for value in own)

    def _pair_ids(self, texts: list[str]) -> dict[tuple[int, int], tuple[int, ...]]:
        """Token ids of every pair of distinct texts, by the place of their first appearance."""
        first = [i for i, text in enumerate(texts) if texts.index(text) == i]
        places = [(i, j) for i in first for j in first if i != j]
        if not places:
            return {}
        encoded = self._tokenizer([texts[i] for i, _ in places], [texts[j] for _, j in places], truncation=True)
        return dict(zip(places, map(tuple, encoded["input_ids"]), strict=True))
