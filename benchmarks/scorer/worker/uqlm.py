"""uqlm's passes: semantic entropy, its consistency scorer for every answer, and its `NLI` class on distinct pairs."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

from uqlm import SemanticEntropy
from uqlm.black_box.consistency import ConsistencyScorer
from uqlm.nli import NLI

from benchmarks.scorer.worker.contestant import Batch, Outcome
from benchmarks.scorer.worker.watch import Watch


class Uqlm:
    """Three modes.

    - clusters: `SemanticEntropy.score`, the first answer as the response and the others as its samples;
    - matrix: `ConsistencyScorer.evaluate` with every answer in turn as the response, in one call;
    - pairs: `NLI.get_nli_results_batch` on the distinct pairs of distinct answers, a call per question. Its
      users would have to write that themselves; it is the most that its classes can do.
    """

    packages = ("uqlm",)

    def load(self, folder: Path) -> None:
        self._nli = NLI(nli_model_name=str(folder), device="cpu")
        self._entropy = SemanticEntropy(nli=self._nli, device="cpu")
        self._consistency = ConsistencyScorer(nli=self._nli)
        self._watch = Watch(self._nli.model)

    def prepare(self, _batch: Batch, _mode: str) -> None:
        self._nli.probabilities = {}
        self._entropy.clusterer.nli_scores = {"noncontradiction": {}, "entailment": {}}
        self._watch.clear()

    def run(self, batch: Batch, mode: str) -> Any:
        texts = batch.texts
        if mode == "clusters":
            responses, samples = [own[0] for own in texts], [own[1:] for own in texts]
            return self._entropy.score(responses=responses, sampled_responses=samples, show_progress_bars=False)
        if mode == "matrix":
            responses = [text for own in texts for text in own]
            samples = [own[:i] + own[i + 1 :] for own in texts for i in range(len(own))]
            return self._consistency.evaluate(responses=responses, sampled_responses=samples)
        return [self._nli.get_nli_results_batch(list(combinations(dict.fromkeys(own), 2))) for own in texts]

    def outcome(self) -> Outcome:
        return self._watch.outcome()
