"""`Estimator`: the one interface of every uncertainty score.

A subclass is a frozen dataclass whose fields are its parameters. It states its facts (`needs`,
`units`, `min_samples`, `references`) and `bounds(n)`, and writes `_score_one`. This base owns
batching, refusal of missing evidence, and the promise that a score is finite and within bounds.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, TypeVar, cast, overload

import numpy as np
from numpy.typing import NDArray

from semuq.errors import InvalidParameter
from semuq.evidence import Embedder, Evidence, EvidenceView, Need
from semuq.relations.base import Relation
from semuq.samples import SampleSet
from semuq.stack import EvidenceStack

__all__ = ["BOUND_TOLERANCE", "Estimator", "StackedEstimator", "Units", "one_of", "positive", "within"]

FloatArray = NDArray[np.float64]
Units = Literal["nats", "probability", "dimensionless"]
Choice = TypeVar("Choice", bound=str)

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
        for stack in evidence.stacks(self.needs):
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


def positive(owner: Estimator | object, **values: float) -> None:
    """Refuse values that are not finite numbers > 0."""
    for name, value in values.items():
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < math.inf:
            raise InvalidParameter(f"{type(owner).__name__}.{name}: expected a finite number > 0, got {value!r}")


def within(owner: Estimator | object, low: float, high: float, **values: float) -> None:
    """Refuse values that are not numbers in [low, high]."""
    for name, value in values.items():
        if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value <= high:
            raise InvalidParameter(
                f"{type(owner).__name__}.{name}: expected a number in [{low:g}, {high:g}], got {value!r}"
            )


def one_of(owner: Estimator | object, allowed: Iterable[str], **values: str) -> None:
    """Refuse values that are not among the allowed ones."""
    allowed = cast(tuple[str, ...], tuple(allowed))
    for name, value in values.items():
        if value not in allowed:
            raise InvalidParameter(f"{type(owner).__name__}.{name}: expected one of {allowed}, got {value!r}")
