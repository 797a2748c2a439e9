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

from semuq.estimators.base import Estimator, StackedEstimator
from semuq.evidence import Embedder, Evidence, EvidenceView
from semuq.relations.base import Relation
from semuq.samples import SampleSet
from semuq.stack import EvidenceStack

__all__ = ["AnswerEstimator", "StackedAnswerEstimator"]

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
        scores = self.score_answers_evidence(Evidence(samples, relation, embedder))
        return scores[0] if isinstance(samples, SampleSet) else scores

    def score_answers_evidence(self, evidence: Evidence) -> list[FloatArray]:
        """(n,) for each question: the scores over evidence that other estimators may share."""
        evidence.require(self.needs, self.min_samples, type(self).__name__)
        scores: list[FloatArray] = [np.empty(0)] * len(evidence)
        for stack in evidence.stacks(self.needs):
            for row, own in zip(stack.rows, self._checked_answers(stack), strict=True):
                scores[row] = own
        return scores

    @abstractmethod
    def _score_answers(self, view: EvidenceView) -> FloatArray:
        """(n,): the score of each answer to one question."""

    def _raw_answers(self, stack: EvidenceStack) -> list[FloatArray] | FloatArray:
        """(q, n), or q arrays (n,)."""
        return [self._score_answers(view) for view in stack.views]

    def _checked_answers(self, stack: EvidenceStack) -> list[FloatArray] | FloatArray:
        scores = self._raw_answers(stack)
        for samples, own in zip(stack.samples, scores, strict=True):
            if own.shape != (stack.n,) or not np.isfinite(own).all():
                raise ArithmeticError(f"{self!r} gave {own} for the answers of {samples!r}: a bug in the estimator")
        return scores


@dataclass(frozen=True, kw_only=True)
class StackedAnswerEstimator(StackedEstimator, AnswerEstimator):
    """An `AnswerEstimator` that scores many questions at once: it writes `_stack_answers`.

    The question's score is the mean over its answers, unless `_score_stack` says otherwise.
    """

    @abstractmethod
    def _stack_answers(self, stack: EvidenceStack) -> FloatArray:
        """(q, n): the score of each answer to q questions."""

    def _score_stack(self, stack: EvidenceStack) -> FloatArray:
        return np.asarray(self._stack_answers(stack).mean(axis=1))

    def _score_answers(self, view: EvidenceView) -> FloatArray:
        return np.asarray(self._stack_answers(view.stack)[0])

    def _raw_answers(self, stack: EvidenceStack) -> FloatArray:
        return self._stack_answers(stack)
