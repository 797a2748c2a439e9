"""`compare`: which estimator is better on these questions, and is the difference more than chance?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from semuq.errors import InvalidParameter
from semuq.estimators.base import Estimator
from semuq.estimators.naming import Names, column_names
from semuq.evidence import Embedder
from semuq.metrics import Comparison, auroc, compare_scores
from semuq.metrics.inputs import as_correct
from semuq.relations.base import Relation
from semuq.samples import SampleSet, as_batch
from semuq.scoring.table import evaluate

__all__ = ["compare"]


def compare(
    estimators: Sequence[Estimator],
    batch: Sequence[SampleSet],
    correct: ArrayLike,
    relation: Relation | None = None,
    *,
    embedder: Embedder | None = None,
    metric: Callable[..., float] = auroc,
    against: Estimator | None = None,
    n_resamples: int = 10_000,
    confidence: float = 0.95,
    groups: Sequence[Any] | NDArray[Any] | None = None,
    seed: int = 0,
    names: Names = "short",
) -> Comparison:
    """Estimators on the same graded questions: a metric of each, paired differences, p-values by Holm.

    Args:
        estimators: at least two.
        batch: the questions.
        correct: (questions,) whether the answer to each is right, or how right, in [0, 1].
        relation, embedder, names: as in `evaluate`; they share one pass of the relation.
        metric: of `semuq.metrics`, or any function of (scores, correct).
        against: the one of `estimators` that others are held against; None takes the first.
        n_resamples, confidence, groups, seed: as in `semuq.metrics.bootstrap`.

    Returns: a `Comparison`, which prints as a table; `to_records()` has plain values.

    Raises:
        MissingEvidence: an estimator needs what was not given; nothing has been computed then.
        InvalidParameter: fewer than two estimators, `against` is none of them, or as many labels as questions are
            wanted and were not given.

    Degenerate cases. Estimators that rank alike: difference 0, p = 1. Fewer than ten right or ten wrong answers: the
    table says "too few".

    Cost. One `evaluate`, then one bootstrap and one paired one for each estimator: seconds for thousands of questions.

    Example:
        >>> from semuq import DiscreteSemanticEntropy, ExactMatch, NumSemanticSets
        >>> texts = [("a",) * 4, ("a", "a", "a", "b"), ("a", "b", "c", "d"), ("a", "a", "b", "b")] * 6
        >>> batch = [SampleSet(prompt=f"Question {number}?", texts=own) for number, own in enumerate(texts)]
        >>> right = [True, True, False, False] * 6
        >>> compare([DiscreteSemanticEntropy(), NumSemanticSets()], batch, right, ExactMatch(), n_resamples=2000)
        estimator                auroc           95%  difference             95%       p  p (Holm)
        DiscreteSemanticEntropy  1.000  1.000, 1.000
        NumSemanticSets          0.875  0.750, 0.964      -0.125  -0.250, -0.036  0.0205    0.0205
        24 answers, 12 of them wrong. Differences to DiscreteSemanticEntropy on the same draws.

    References: Efron and Tibshirani, An introduction to the bootstrap, 1993; Holm 1979.
    """
    questions, right = as_batch(batch), as_correct(correct)
    if len(estimators) < 2:
        raise InvalidParameter(f"estimators: expected at least two to compare, got {list(estimators)!r:.80}")
    if len(right) != len(questions):
        raise InvalidParameter(f"correct: expected {len(questions)} values (one per question), got {len(right)}")
    if against is not None and against not in estimators:
        raise InvalidParameter(f"against: expected one of the estimators, got {against!r}; add it to them")
    table = evaluate(estimators, questions, relation, embedder=embedder, names=names)
    called = column_names(estimators, names)
    return compare_scores(
        {name: np.asarray(table[name]) for name in called},
        right,
        metric=metric,
        against=None if against is None else called[list(estimators).index(against)],
        n_resamples=n_resamples,
        confidence=confidence,
        groups=groups,
        seed=seed,
    )
