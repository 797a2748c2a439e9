"""Estimators that learn from graded questions: fitted on four fifths of a set and scored on the fifth, five times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from benchmarks.cross_fitting import FOLDS, Places, cross_fitted
from semuq.estimators.combined import LearnedEnsemble
from semuq.evidence import Evidence
from semuq.numerics import FloatArray
from semuq.relations.base import Kind, RelationScores
from semuq.samples import SampleSet, as_batch


@dataclass(frozen=True, kw_only=True, eq=False)
class Remembered:
    """A relation that has compared all answers already, so that parts of a batch cost nothing.

    Args:
        scores: by the identity of the SampleSet.
    """

    scores: dict[int, RelationScores] = field(repr=False)
    kind: Kind
    symmetric: bool
    identity: ClassVar[str] = "benchmark/remembered"

    def compare(self, batch: SampleSet | Sequence[SampleSet]) -> list[RelationScores]:
        """One RelationScores per question."""
        return [self.scores[id(samples)] for samples in as_batch(batch)]


def learned_ensemble(evidence: Evidence, correct: FloatArray, seed: int = 0) -> FloatArray | str:
    """(questions,) scores of `LearnedEnsemble`, each from weights that never saw the question; or why not.

    Right and wrong answers are spread evenly over the folds.
    """
    right = correct >= 0.5
    if min(right.sum(), (~right).sum()) < FOLDS:
        return f"has to be fitted, on at least {FOLDS} right and {FOLDS} wrong answers"
    relation = evidence.relation
    assert relation is not None  # a set of questions names one
    known = Remembered(
        scores={id(one): own for one, own in zip(evidence.batch, evidence.relation_scores, strict=True)},
        kind=relation.kind,
        symmetric=relation.symmetric,
    )
    members = LearnedEnsemble().members

    def scores(inside: Places, outside: Places) -> FloatArray:
        fitted = LearnedEnsemble.fit(members, [evidence.batch[i] for i in inside], right[inside], relation=known)
        return fitted.score([evidence.batch[i] for i in outside], known)

    return cross_fitted(right, scores, seed=seed)
