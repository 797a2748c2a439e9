"""Probabilities of pairs, from the cache where they are known and from the model where not.

New scores are written as they come, so that a killed run starts where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from semuq.numerics import FloatArray, IntArray
from semuq.relations.base import Progress
from semuq.relations.cache import PairCache, text_key
from semuq.relations.entailment.plan import Side
from semuq.relations.entailment.scorer import Scorer, ScorerReport

__all__ = ["Ledger"]


WRITE_EVERY = 2_048
"""Pairs between two writes to the cache."""


class Ledger:
    """The one way to the score of a pair.

    Args:
        scorer: makes the scorer; called only when a pair is not known, so that no model is loaded in vain.
        cache: of this scorer's scores; None for none.
    """

    def __init__(self, scorer: Callable[[], Scorer], cache: PairCache | None) -> None:
        self._scorer = scorer
        self._cache = cache

    def probabilities(
        self, sides: Sequence[Side], pairs: IntArray, progress: Progress | None = None
    ) -> tuple[FloatArray, ScorerReport]:
        """(pairs, 3) probabilities of entailment, neutral, contradiction, and what they cost."""
        scores = np.empty((len(pairs), 3))
        if not len(pairs):
            return scores, ScorerReport()
        keys: list[bytes] = []
        open_ = np.arange(len(pairs))
        if self._cache is not None:
            named = {
                side: text_key(f"{sides[side].answer_start};{sides[side].text}") for side in np.unique(pairs).tolist()
            }
            keys = [named[a] + named[b] for a, b in pairs.tolist()]
            scores = self._cache.look_up(keys)
            open_ = np.flatnonzero(np.isnan(scores).any(axis=1))
        report = ScorerReport(cached=len(pairs) - len(open_))
        if progress is not None and report.cached:
            progress(report.cached, len(pairs))
        if not len(open_):
            return scores, report
        unwritten: list[int] = []
        try:
            for scored in self._scorer().run(sides, pairs[open_]):
                indices = open_[scored.indices]
                scores[indices] = scored.probabilities
                report += scored.report
                unwritten.extend(indices.tolist())
                if len(unwritten) >= WRITE_EVERY:
                    self._write(keys, unwritten, scores)
                if progress is not None:
                    progress(report.cached + report.pairs, len(pairs))
        finally:  # also on Ctrl-C: what was computed is kept
            self._write(keys, unwritten, scores)
        return scores, report

    def _write(self, keys: Sequence[bytes], unwritten: list[int], scores: FloatArray) -> None:
        if self._cache is not None and unwritten:
            self._cache.store([keys[index] for index in unwritten], scores[unwritten])
        unwritten.clear()
