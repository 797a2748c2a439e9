"""`Estimator`: the one interface of every uncertainty score.

A subclass is a frozen dataclass whose fields are its parameters. It states its facts (`needs`, `units`, `papers`,
`blind_to`), `bounds(n)`, and the formula: `_score_stack`, NumPy over many questions at once. This base owns batching,
refusal of missing evidence, and the promise that a score is finite, within bounds and rounded.

Two kinds of estimator write something else instead: `PerQuestionEstimator` the score of one question, and
`AnswerEstimator` the scores of the answers, of which the question's is the mean.
"""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, overload

import numpy as np

from semuq.evidence import Embedder, Evidence, EvidenceStack, EvidenceView, Need, stacks
from semuq.numerics import FloatArray, rounded
from semuq.relations.base import Relation
from semuq.samples import SampleSet

__all__ = ["BOUND_TOLERANCE", "AnswerEstimator", "Estimator", "PerQuestionEstimator", "Units", "warn_of_gaps"]

Units = Literal["nats", "probability", "dimensionless"]

BOUND_TOLERANCE = 1e-9
"""A score outside its bounds by no more than this is rounding and is moved to the bound."""


@dataclass(frozen=True, kw_only=True)
class Estimator(ABC):
    """Answers in, one number per question out; higher = more uncertain, everywhere."""

    needs: ClassVar[frozenset[Need]] = frozenset()
    units: ClassVar[Units]
    min_samples: ClassVar[int] = 1
    papers: ClassVar[tuple[str, ...]]
    """Where it comes from."""
    blind_to: ClassVar[str] = ""
    """What the score cannot see, because its evidence leaves it out."""
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

        Scores are rounded to `semuq.numerics.DIGITS` digits, so that what is equal in exact arithmetic is equal. A
        question that has what is needed for some of its answers only (a log-prob that was not usable) scores NaN, with
        a warning.

        Args:
            samples: a SampleSet, or a sequence of them with any numbers of answers.
            relation: how answers are compared, where `needs` says so.
            embedder: embeds the answers, where `needs` says so and the samples hold no embeddings.

        Raises:
            MissingEvidence: something in `needs` was not given.
            InvalidSamples: `samples` is not made of SampleSets.
        """
        evidence = Evidence(samples, relation, embedder)
        scores = self.score_evidence(evidence)
        warn_of_gaps(evidence, [self])
        return float(scores[0]) if isinstance(samples, SampleSet) else scores

    def score_evidence(self, evidence: Evidence) -> FloatArray:
        """float64 (questions,): the scores over evidence that other estimators may share; NaN where it has gaps."""
        evidence.require(self.needs, self.min_samples, type(self).__name__)
        scores = np.full(len(evidence), np.nan)
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
    def _score_stack(self, stack: EvidenceStack) -> FloatArray:
        """(q,) what the formula gives for q questions with equally many answers."""

    @classmethod
    def examples(cls) -> tuple[Estimator, ...]:
        """Instances that between them take every branch; the contract checks run over all of them."""
        return (cls(),)

    def _checked(self, stack: EvidenceStack) -> FloatArray:
        """(q,) the scores, finite, within bounds and rounded."""
        scores = np.asarray(self._score_stack(stack), dtype=np.float64)
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
        scores = rounded(scores)
        # A bound such as log 3 has more digits than a score: one that reaches it is it.
        for bound in (own for own in (low, high) if np.isfinite(own)):
            scores = np.where(scores == rounded(bound), bound, scores)
        return np.clip(scores, low, high)


@dataclass(frozen=True, kw_only=True)
class PerQuestionEstimator(Estimator):
    """An estimator that says what one question scores; the simplest to write.

    It is somewhat slower than arithmetic on whole stacks, which matters where answers are scored by the million.
    """

    @abstractmethod
    def _score_one(self, view: EvidenceView) -> float:
        """The score of one question."""

    def _score_stack(self, stack: EvidenceStack) -> FloatArray:
        return stack.each(self._score_one)


@dataclass(frozen=True, kw_only=True)
class AnswerEstimator(Estimator):
    """An estimator that can also say how uncertain each single answer is: it has `score_answers` beside `score`.

    The question's score and the answers' come from one computation, and both point the same way. The question's is
    the mean over its answers, unless `_score_stack` says otherwise.
    """

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
        scores = self.score_answers_evidence(evidence)
        warn_of_gaps(evidence, [self])
        return scores[0] if isinstance(samples, SampleSet) else scores

    def score_answers_evidence(self, evidence: Evidence) -> list[FloatArray]:
        """(n,) for each question: the scores over evidence that other estimators may share; NaN where it has gaps."""
        evidence.require(self.needs, self.min_samples, type(self).__name__)
        scores: list[FloatArray] = [np.full(len(samples), np.nan) for samples in evidence.batch]
        for stack in stacks(evidence, self.needs):
            for row, own in zip(stack.rows, self._checked_answers(stack), strict=True):
                scores[row] = own
        return scores

    @abstractmethod
    def _stack_answers(self, stack: EvidenceStack) -> FloatArray:
        """(q, n): the score of each answer to q questions; of one question at a time by `stack.each`."""

    def _score_stack(self, stack: EvidenceStack) -> FloatArray:
        return np.asarray(self._stack_answers(stack).mean(axis=1))

    def _checked_answers(self, stack: EvidenceStack) -> FloatArray:
        scores = np.asarray(self._stack_answers(stack), dtype=np.float64)
        if scores.shape != (len(stack), stack.n) or not np.isfinite(scores).all():
            raise ArithmeticError(
                f"{self!r} gave {scores!r:.200} for the answers of {stack.samples[0]!r} and others: "
                "a bug in the estimator"
            )
        return rounded(scores)


def warn_of_gaps(evidence: Evidence, estimators: Sequence[Estimator]) -> None:
    """Say which questions have no score of which estimators, and why."""
    for estimator in estimators:
        gaps = evidence.incomplete(estimator.needs)
        if gaps:
            first = min(gaps)
            warnings.warn(
                f"{type(estimator).__name__}: no score (NaN) for {len(gaps)} of {len(evidence)} questions; "
                f"samples[{first}].{gaps[first]}",
                stacklevel=3,
            )
