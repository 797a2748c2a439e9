"""`AnswerEstimator`: an estimator that can also say how uncertain each single answer is.

Where a method defines a score per answer, the question's score and the answers' scores come from one
computation, and both point the same way: higher = more uncertain.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
from numpy.typing import NDArray

from semuq.estimators.base import Estimator
from semuq.evidence import Embedder, Evidence, EvidenceView
from semuq.relations.base import Relation
from semuq.samples import SampleSet

__all__ = ["AnswerEstimator"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class AnswerEstimator(Estimator):
    """An estimator with `score_answers` beside `score`."""

    @overload
    def score_answers(
        self, samples: SampleSet, relation: Relation | None = None, *, embedder: Embedder | None = None
    ) -> FloatArray: ...
    @overload
    def score_answers(
        self,
        samples: Sequence[SampleSet],
        relation: Relation | None = None,
        *,
        embedder: Embedder | None = None,
    ) -> list[FloatArray]: ...

    def score_answers(
        self,
        samples: SampleSet | Sequence[SampleSet],
        relation: Relation | None = None,
        *,
        embedder: Embedder | None = None,
    ) -> FloatArray | list[FloatArray]:
        """The uncertainty of each answer: (n,) for one question, a list of (n,) for a sequence.

        Shuffling the answers shuffles their scores. To choose among answers, take the lowest.

        Args:
            samples, relation, embedder: as in `score`.

        Raises:
            MissingEvidence: something in `needs` was not given.
            InvalidSamples: `samples` is not made of SampleSets.
        """
        evidence = Evidence(samples, relation, embedder)
        evidence.require(self.needs, self.min_samples, type(self).__name__)
        scores = [self._checked_answers(view) for view in evidence.views()]
        return scores[0] if isinstance(samples, SampleSet) else scores

    @abstractmethod
    def _score_answers(self, view: EvidenceView) -> FloatArray:
        """(n,): the score of each answer to one question."""

    def _checked_answers(self, view: EvidenceView) -> FloatArray:
        scores = self._score_answers(view)
        if scores.shape != (view.n,) or not np.isfinite(scores).all():
            raise ArithmeticError(f"{self!r} gave {scores} for the answers of {view.samples!r}: a bug in the estimator")
        return scores
