"""`Estimator`: the one interface of every uncertainty score.

A subclass is a frozen dataclass whose fields are its parameters. It states its facts (`needs`,
`units`, `min_samples`, `references`) and `bounds(n)`, and writes `_score_one`. This base owns
batching, refusal of missing evidence, and the promise that a score is finite and within bounds.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, overload

import numpy as np
from numpy.typing import NDArray

from semuq.evidence import Embedder, Evidence, EvidenceView, Need, stacks
from semuq.evidence.stack import EvidenceStack
from semuq.relations.base import Relation
from semuq.samples import SampleSet

__all__ = ["BOUND_TOLERANCE", "AnswerEstimator", "Estimator", "StackedAnswerEstimator", "StackedEstimator", "Units"]

FloatArray = NDArray[np.float64]
Units = Literal["nats", "probability", "dimensionless"]

BOUND_TOLERANCE = 1e-9
"""A score outside its bounds by no more than this is rounding and is moved to the bound."""


@dataclass(frozen=True, kw_only=True)
class Estimator(ABC):
    """Answers in, one number per question out; higher = more uncertain, everywhere."""

    needs: ClassVar[frozenset[Need]] = frozenset()
    units: ClassVar[Units]
    min_samples: ClassVar[int] = 1
    references: ClassVar[tuple[str, ...]]
    depends_on_n: ClassVar[bool] = False
    """Whether equally uncertain questions score differently with different numbers of answers."""

    @overload
    def score(
        self, samples: SampleSet, relation: Relation | None = None, *, embedder: Embedder | None = None
    ) -> float: ...
    @overload
    def score(
        self,
        samples: Sequence[SampleSet],
        relation: Relation | None = None,
        *,
        embedder: Embedder | None = None,
    ) -> FloatArray: ...

    def score(
        self,
        samples: SampleSet | Sequence[SampleSet],
        relation: Relation | None = None,
        *,
        embedder: Embedder | None = None,
    ) -> float | FloatArray:
        """The uncertainty of one question (a float) or of each question of a sequence (an array).

        Args:
            samples: a SampleSet, or a sequence of them with any numbers of answers.
            relation: how answers are compared, where `needs` says so.
            embedder: embeds the answers, where `needs` says so and the samples hold no embeddings.

        Raises:
            MissingEvidence: something in `needs` was not given.
            InvalidSamples: `samples` is not made of SampleSets.
        """
        scores = self.score_evidence(Evidence(samples, relation, embedder))
        return float(scores[0]) if isinstance(samples, SampleSet) else scores

    def score_evidence(self, evidence: Evidence) -> FloatArray:
        """float64 (questions,): the scores over evidence that other estimators may share."""
        evidence.require(self.needs, self.min_samples, type(self).__name__)
        scores = np.empty(len(evidence))
        for stack in stacks(evidence, self.needs):
            scores[stack.rows] = self._checked(stack)
        return scores

    @abstractmethod
    def bounds(self, n: int) -> tuple[float, float]:
        """The smallest and largest score that n answers can get; either may be infinite."""

    @property
    def law_exceptions(self) -> Mapping[str, str]:
        """Laws of `semuq.testing` that do not hold here: name of the law -> the reason."""
        return {}

    @abstractmethod
    def _score_one(self, view: EvidenceView) -> float:
        """The score of one question."""

    @classmethod
    def examples(cls) -> tuple[Estimator, ...]:
        """Instances that between them take every branch; the contract checks run over all of them."""
        return (cls(),)

    def _raw(self, stack: EvidenceStack) -> FloatArray:
        """(q,) what the formula gives for each question of a stack."""
        return np.array([self._score_one(view) for view in stack.views], dtype=np.float64)

    def _checked(self, stack: EvidenceStack) -> FloatArray:
        scores = self._raw(stack)
        low, high = self.bounds(stack.n)
        slack = BOUND_TOLERANCE * np.maximum(1.0, np.abs(scores))
        with np.errstate(invalid="ignore"):  # a NaN is what is looked for
            good = np.isfinite(scores) & (low - slack <= scores) & (scores <= high + slack)
        if not good.all():
            first = int(good.argmin())
            raise ArithmeticError(
                f"{self!r} gave {scores[first]} for {stack.samples[first]!r}, outside [{low}, {high}]: "
                "a bug in the estimator"
            )
        return np.clip(scores, low, high)


@dataclass(frozen=True, kw_only=True)
class StackedEstimator(Estimator):
    """An estimator whose arithmetic runs over many questions at once; one question is a stack of one.

    It writes `_score_stack` instead of `_score_one`: the same formula on arrays with a leading axis.
    """

    _one_at_a_time: ClassVar[bool] = False

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        # A subclass that says anew what one question scores must not be overruled by its parent's stack.
        if "_score_stack" in cls.__dict__ or "_score_one" in cls.__dict__:
            cls._one_at_a_time = "_score_stack" not in cls.__dict__

    @abstractmethod
    def _score_stack(self, stack: EvidenceStack) -> FloatArray:
        """(q,) the scores of q questions with equally many answers."""

    def _score_one(self, view: EvidenceView) -> float:
        return float(self._score_stack(view.stack)[0])

    def _raw(self, stack: EvidenceStack) -> FloatArray:
        return super()._raw(stack) if self._one_at_a_time else self._score_stack(stack)


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
        for stack in stacks(evidence, self.needs):
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
