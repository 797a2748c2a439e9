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

__all__ = ["BOUND_TOLERANCE", "Estimator", "Units", "one_of", "positive", "within"]

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
        return np.array([self._checked(view) for view in evidence.views()], dtype=np.float64)

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

    def _checked(self, view: EvidenceView) -> float:
        score = float(self._score_one(view))
        low, high = self.bounds(view.n)
        slack = BOUND_TOLERANCE * max(1.0, abs(score))
        # `not <=` rather than `>`: a NaN must not pass as a score.
        if not (math.isfinite(score) and low - slack <= score <= high + slack):
            raise ArithmeticError(
                f"{self!r} gave {score} for {view.samples!r}, outside [{low}, {high}]: a bug in the estimator"
            )
        return min(max(score, low), high)


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
