"""What a relation is: something that says how two answers to the same question stand to each other.

Every relation, whatever it looks at, returns `RelationScores`, so that every estimator runs over
every relation. An equivalence is entailment both ways or contradiction; a similarity s is
entailment s and contradiction 1 - s.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol, get_args, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from semuq.errors import InvalidParameter
from semuq.numerics import BoolArray, FloatArray, fill_diagonal
from semuq.samples import SampleSet

__all__ = [
    "Affinity",
    "ClusteringRelation",
    "Context",
    "Edges",
    "Equivalence",
    "Kind",
    "Progress",
    "ProgressRelation",
    "Relation",
    "RelationScores",
    "affinity",
    "labels_of",
]


Kind = Literal["entailment", "equivalence", "similarity"]
Context = Literal["question", "none"]
Equivalence = Literal["strict", "relaxed"]
Edges = Literal["hard", "soft"]

Progress = Callable[[int, int], None]
"""Told as a comparison goes on: (pairs done, pairs in all)."""

SUM_TOLERANCE = 1e-3
"""Three probabilities of one pair may miss a sum of 1 by this much (low-precision models)."""


@dataclass(frozen=True, kw_only=True, eq=False)
class RelationScores:
    """How the n answers to one question stand to each other: three (n, n) probability matrices.

    Row = premise, column = hypothesis; the diagonal is certain entailment, by definition.

    Args:
        kind: "entailment" (a direction matters), "equivalence" (0 or 1, symmetric) or "similarity"
            (symmetric, in [0, 1]).
        entailment, neutral, contradiction: (n, n), each in [0, 1], summing to 1; for several questions
            with equally many answers (questions, n, n), see `stack`.
        threshold: from which entailment on a "similarity" counts as the same meaning, and an "entailment" as one;
            None takes the most probable of the three labels.
        undecided: pairs the relation could not decide and how it did anyway is its own rule to state
            (unparsable expressions, time limits).
        truncated: answers that were longer than the relation reads: what differs behind the cut was not seen.
        unreadable: answers that the relation's model cannot read, compared as normalised text.
        unanswered: answers that give none, one class of their own (`semuq.relations.unanswered`).
    """

    kind: Kind
    entailment: FloatArray
    neutral: FloatArray
    contradiction: FloatArray
    threshold: float | None = None
    undecided: int = 0
    truncated: int = 0
    unreadable: int = 0
    unanswered: int = 0

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise InvalidParameter(f"kind: expected one of {get_args(Kind)}, got {self.kind!r}")
        shapes = {matrix.shape for matrix in (self.entailment, self.neutral, self.contradiction)}
        shape = self.entailment.shape
        if len(shapes) > 1 or len(shape) not in (2, 3) or shape[-1] != shape[-2]:
            raise InvalidParameter(f"relation scores: expected three (n, n) matrices, got {sorted(shapes)}")
        total = self.entailment + self.neutral + self.contradiction
        # `not <=` rather than `>`: NaN must fail too.
        if not (np.abs(total - 1) <= SUM_TOLERANCE).all():
            raise InvalidParameter("relation scores: expected probabilities that sum to 1 for every pair")
        for matrix in (self.entailment, self.neutral, self.contradiction):
            matrix.flags.writeable = False

    def __len__(self) -> int:
        return int(self.entailment.shape[-1])

    @classmethod
    def stack(cls, scores: Sequence[RelationScores]) -> RelationScores:
        """The scores of several questions with equally many answers, of one kind, behind a leading axis."""
        return cls(
            kind=scores[0].kind,
            entailment=np.stack([own.entailment for own in scores]),
            neutral=np.stack([own.neutral for own in scores]),
            contradiction=np.stack([own.contradiction for own in scores]),
            threshold=scores[0].threshold,
            undecided=sum(own.undecided for own in scores),
            truncated=sum(own.truncated for own in scores),
            unreadable=sum(own.unreadable for own in scores),
            unanswered=sum(own.unanswered for own in scores),
        )

    @classmethod
    def from_equivalence(cls, equivalent: ArrayLike, *, undecided: int = 0) -> RelationScores:
        """Scores of a symmetric (n, n) boolean matrix: same meaning or not."""
        same = np.asarray(equivalent, dtype=bool)
        if same.ndim != 2 or not (same == same.T).all() or not np.diagonal(same).all():
            raise InvalidParameter("equivalent: expected a symmetric (n, n) boolean matrix with a true diagonal")
        entailment = same.astype(np.float64)
        return cls(
            kind="equivalence",
            entailment=entailment,
            neutral=np.zeros_like(entailment),
            contradiction=1 - entailment,
            undecided=undecided,
        )

    @classmethod
    def from_similarity(cls, similarity: ArrayLike, *, threshold: float) -> RelationScores:
        """Scores of a symmetric (n, n) matrix in [0, 1]; `threshold` and above is the same meaning."""
        entailment = np.array(similarity, dtype=np.float64)
        if entailment.ndim != 2 or not np.allclose(entailment, entailment.T):
            raise InvalidParameter("similarity: expected a symmetric (n, n) matrix")
        if not ((entailment >= 0) & (entailment <= 1)).all():
            raise InvalidParameter("similarity: expected numbers in [0, 1]; rescale cosines by (1 + cos) / 2")
        np.fill_diagonal(entailment, 1.0)
        return cls(
            kind="similarity",
            entailment=entailment,
            neutral=np.zeros_like(entailment),
            contradiction=1 - entailment,
            threshold=threshold,
        )

    def equivalence(self, rule: Equivalence = "strict") -> BoolArray:
        """(n, n) symmetric: do two answers mean the same?

        For entailment, by the label of each direction: "strict" asks for entailment
        both ways (Kuhn et al. 2023); "relaxed" for no contradiction and not neutral both ways
        (the released code of Farquhar et al. 2024). Other kinds know one rule only.
        """
        if rule not in get_args(Equivalence):
            raise InvalidParameter(f"equivalence: expected one of {get_args(Equivalence)}, got {rule!r}")
        if self.kind != "entailment":
            return self.entailment >= (0.5 if self.threshold is None else self.threshold)
        labels = self.labels()
        if rule == "strict":
            entails = labels == 0
            return entails & entails.swapaxes(-1, -2)
        contradicts, neutral = labels == 2, labels == 1
        return ~(contradicts | contradicts.swapaxes(-1, -2)) & ~(neutral & neutral.swapaxes(-1, -2))

    def weights(self, edges: Edges = "hard", worth: tuple[float, float, float] = (1.0, 0.5, 0.0)) -> FloatArray:
        """(n, n) symmetric W_ij = w(i -> j) + w(j -> i), zero diagonal: the weighted semantic graph.

        Args:
            edges: "hard" gives each direction the worth of its label, "soft" the
                expected worth. A similarity has no labels and is always soft.
            worth: of (entailment, neutral, contradiction).
        """
        if edges not in get_args(Edges):
            raise InvalidParameter(f"edges: expected one of {get_args(Edges)}, got {edges!r}")
        if edges == "hard" and self.kind != "similarity":
            directed = np.asarray(worth, dtype=np.float64)[self.labels()]
        else:
            directed = worth[0] * self.entailment + worth[1] * self.neutral + worth[2] * self.contradiction
        return fill_diagonal(directed + directed.swapaxes(-1, -2), 0.0)

    def labels(self) -> NDArray[np.int64]:
        """(n, n): 0 entailment, 1 neutral, 2 contradiction, see `labels_of`."""
        return labels_of(self.entailment, self.neutral, self.contradiction, self.threshold)


def labels_of(
    entailment: FloatArray, neutral: FloatArray, contradiction: FloatArray, threshold: float | None = None
) -> NDArray[np.int64]:
    """0 entailment, 1 neutral, 2 contradiction, of arrays of any one shape.

    Without a threshold the most probable, ties to the first of them. With one, entailment from there on, and below it
    the likelier of the other two, however likely entailment is.

    >>> labels_of(np.array([0.6]), np.array([0.1]), np.array([0.3]))
    array([0])
    >>> labels_of(np.array([0.6]), np.array([0.1]), np.array([0.3]), threshold=0.8)
    array([2])
    """
    if threshold is not None:
        return np.where(entailment >= threshold, 0, np.where(contradiction > neutral, 2, 1))
    top = np.maximum(entailment, neutral)
    return np.where(contradiction > top, 2, np.where(neutral > entailment, 1, 0))


@runtime_checkable
class Relation(Protocol):
    """Anything that compares the answers to one question with each other.

    Facts: `kind`; `symmetric`, whether the two directions of a pair always agree; `identity`, a
    string that names everything that can change a score (model, weights, template, precision).
    """

    @property
    def kind(self) -> Kind:
        """What the scores mean, see `RelationScores.kind`."""
        ...

    @property
    def symmetric(self) -> bool:
        """Whether both directions of a pair always agree."""
        ...

    @property
    def identity(self) -> str:
        """Names everything that can change a score; scores are cached and filed under it."""
        ...

    def compare(self, batch: SampleSet | Sequence[SampleSet]) -> list[RelationScores]:
        """One RelationScores per question, in order; batch = singles, whatever the batch mates."""
        ...


@runtime_checkable
class ClusteringRelation(Relation, Protocol):
    """A relation that can cluster answers for less than the price of comparing every pair."""

    def cluster(
        self, batch: SampleSet | Sequence[SampleSet], equivalence: Equivalence = "strict"
    ) -> list[NDArray[np.int64]]:
        """(n,) ids per question: exactly `semuq.graphs.greedy` over the equivalence of the full scores."""
        ...


Affinity = Literal["entailment", "no-contradiction"]


def affinity(scores: RelationScores, kind: Affinity = "entailment") -> FloatArray:
    """(..., n, n) symmetric agreement W in [0, 1] with a diagonal of 1: the mean of both directions.

    "entailment" takes the probability of entailment, "no-contradiction" one minus that of
    contradiction. An equivalence gives 0 and 1, a similarity itself.

    >>> both = RelationScores.from_similarity([[1, 0.25], [0.25, 1]], threshold=0.5)
    >>> affinity(both, "no-contradiction")
    array([[1.  , 0.25],
           [0.25, 1.  ]])
    """
    directed = scores.entailment if kind == "entailment" else 1.0 - scores.contradiction
    return fill_diagonal(np.clip((directed + directed.swapaxes(-1, -2)) / 2, 0.0, 1.0), 1.0)


@runtime_checkable
class ProgressRelation(Relation, Protocol):
    """A relation that says how far it is while it compares."""

    tells_progress: ClassVar[bool]

    def compare(
        self, batch: SampleSet | Sequence[SampleSet], *, progress: Progress | None = None
    ) -> list[RelationScores]:
        """As any relation; `progress(pairs done, pairs in all)` is called as it goes."""
        ...
