"""Answers that are not compared: they stand apart from all that are, in classes of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from semuq.graphs import number_by_appearance
from semuq.numerics import IntArray
from semuq.relations.base import ClusteringRelation, Equivalence, Kind, RelationScores
from semuq.relations.unanswered import unanswered
from semuq.samples import SampleSet, as_batch

__all__ = ["cluster_apart", "compare_answers", "compare_apart"]

Compare = Callable[[Sequence[SampleSet]], list[RelationScores]]
"""What a relation makes of questions."""


def compare_answers(compare: Compare, batch: SampleSet | Sequence[SampleSet], kind: Kind) -> list[RelationScores]:
    """As `compare`; but answers that give none are one class, whatever their words, and unlike every answer.

    They are counted as `RelationScores.unanswered`.

    Example:
        >>> from semuq import ExactMatch, SampleSet
        >>> samples = SampleSet(prompt="Who won?", texts=("I don't know.", "Bob", "I'm not sure.", ""))
        >>> ExactMatch().compare(samples)[0].equivalence().astype(int)
        array([[1, 0, 1, 1],
               [0, 1, 0, 0],
               [1, 0, 1, 1],
               [1, 0, 1, 1]])
    """
    questions = as_batch(batch)
    classes = [
        np.array([0 if unanswered(text) else -1 for text in samples.texts], dtype=np.int64) for samples in questions
    ]
    return [
        replace(scores, unanswered=int((own == 0).sum())) if (own == 0).any() else scores
        for scores, own in zip(compare_apart(compare, questions, classes, kind), classes, strict=True)
    ]


def compare_apart(
    compare: Compare, batch: Sequence[SampleSet], classes: Sequence[IntArray], kind: Kind
) -> list[RelationScores]:
    """As `compare`, but for the answers of a class of their own: equal to those of the class, unlike all others.

    Args:
        classes: (n,) per question; -1 for answers that are compared, else the number of a class.

    Degenerate cases. Without such answers the batch is compared as it is; of a question with no others nothing is.
    """
    asked = [_asked(samples, own) for samples, own in zip(batch, classes, strict=True)]
    compared = iter(compare([samples for samples in asked if samples is not None]))
    return [
        _widened(None if samples is None else next(compared), own, kind)
        for samples, own in zip(asked, classes, strict=True)
    ]


def cluster_apart(
    relation: ClusteringRelation, batch: Sequence[SampleSet], classes: Sequence[IntArray], equivalence: Equivalence
) -> list[IntArray]:
    """(n,) greedy cluster ids per question, numbered by first appearance; `classes` as in `compare_apart`."""
    asked = [_asked(samples, own) for samples, own in zip(batch, classes, strict=True)]
    clustered = iter(relation.cluster([samples for samples in asked if samples is not None], equivalence))
    found = []
    for samples, own in zip(asked, classes, strict=True):
        ids = len(own) + own  # free: a relation's ids are below n
        if samples is not None:
            ids[own < 0] = next(clustered)
        found.append(number_by_appearance(ids))
    return found


def _asked(samples: SampleSet, classes: IntArray) -> SampleSet | None:
    """What the relation gets to see of a question, None for nothing."""
    places = np.flatnonzero(classes < 0)
    if len(places) == len(samples):
        return samples
    return samples.take(places.tolist()) if len(places) else None


def _widened(scores: RelationScores | None, classes: IntArray, kind: Kind) -> RelationScores:
    """The scores at their places among all answers."""
    if scores is not None and len(scores) == len(classes):
        return scores
    entailment = (classes[:, None] == classes).astype(np.float64)
    neutral = np.zeros_like(entailment)
    if scores is None:
        return RelationScores(kind=kind, entailment=entailment, neutral=neutral, contradiction=1 - entailment)
    contradiction = 1 - entailment
    places = np.flatnonzero(classes < 0)
    block = np.ix_(places, places)
    entailment[block], neutral[block], contradiction[block] = scores.entailment, scores.neutral, scores.contradiction
    return replace(scores, entailment=entailment, neutral=neutral, contradiction=contradiction)
