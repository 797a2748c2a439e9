"""Greedy clusters without the matrix: pairs are compared in waves across all questions.

In each wave the first open answer of every question becomes the representative of a new cluster and
is compared with the answers that are still open; those that mean the same join it. The second
direction of a pair is asked only where the first leaves room. The clusters are those of
`semuq.graphs.greedy` over the full matrix, from the same scores.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from semuq.graphs import number_by_appearance
from semuq.relations.base import Equivalence, labels_of
from semuq.relations.entailment.plan import Plan, Verdict

__all__ = ["Ask", "greedy_in_waves", "labels_of_pairs"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Pair = tuple[int, int]
Ask = Callable[[IntArray], FloatArray]
"""(pairs, 2) indices of sides -> (pairs, 3) probabilities of entailment, neutral, contradiction."""
AskLabels = Callable[[IntArray], IntArray]
"""(pairs, 2) indices of sides -> (pairs,) labels."""

ENTAILMENT, NEUTRAL, CONTRADICTION = range(3)


def greedy_in_waves(plan: Plan, ask: Ask, rule: Equivalence, threshold: float | None = None) -> list[IntArray]:
    """(n,) cluster ids per question, numbered by first appearance; `threshold` as of `labels_of`."""
    questions = [_Question(ids) for ids in plan.ids]
    while any(question.open for question in questions):
        candidates = [pair for question in questions for pair in question.next_candidates()]
        same = _equivalent(dict.fromkeys(candidates), plan, lambda pairs: labels_of_pairs(ask(pairs), threshold), rule)
        for question in questions:
            question.close(same)
    return [question.labels() for question in questions]


def labels_of_pairs(probabilities: FloatArray, threshold: float | None) -> IntArray:
    """(pairs,) labels of (pairs, 3) probabilities, see `labels_of`."""
    entailment, neutral, contradiction = probabilities.T
    return labels_of(entailment, neutral, contradiction, threshold)


class _Question:
    """The answers of one question that are not in a cluster yet, in order of first appearance."""

    def __init__(self, ids: IntArray) -> None:
        self.ids = ids
        self.open: list[int] = list(dict.fromkeys(ids.tolist()))
        self.cluster_of: dict[int, int] = {}

    def next_candidates(self) -> Iterator[Pair]:
        """The first open answer with each of the others."""
        return ((self.open[0], other) for other in self.open[1:])

    def close(self, same: set[Pair]) -> None:
        """Put the first open answer and all that mean the same into a cluster."""
        if not self.open:
            return
        first = self.open[0]
        joined = {first, *(other for other in self.open[1:] if (first, other) in same)}
        self.cluster_of |= dict.fromkeys(joined, first)
        self.open = [other for other in self.open if other not in joined]

    def labels(self) -> IntArray:
        return number_by_appearance(np.array([self.cluster_of[int(own)] for own in self.ids], dtype=np.int64))


def _equivalent(candidates: dict[Pair, None], plan: Plan, ask: AskLabels, rule: Equivalence) -> set[Pair]:
    """Which of the pairs mean the same, by the rule of `RelationScores.equivalence`."""
    verdicts = {pair: plan.decided.get((min(pair), max(pair)), Verdict.OPEN) for pair in candidates}
    same = {pair for pair, verdict in verdicts.items() if verdict is Verdict.SAME}
    forward = _labels([pair for pair, verdict in verdicts.items() if verdict is Verdict.OPEN], ask)
    if rule == "strict":
        hopeful = [pair for pair, label in forward.items() if label == ENTAILMENT]
    else:
        hopeful = [pair for pair, label in forward.items() if label != CONTRADICTION]
    backward = _labels([(b, a) for a, b in hopeful], ask)
    for a, b in hopeful:
        one, other = forward[a, b], backward[b, a]
        if rule == "strict" and other == ENTAILMENT:
            same.add((a, b))
        if rule == "relaxed" and other != CONTRADICTION and not one == other == NEUTRAL:
            same.add((a, b))
    return same


def _labels(pairs: list[Pair], ask: AskLabels) -> dict[Pair, int]:
    """The label of each ordered pair, as in the matrix."""
    return dict(zip(pairs, ask(np.array(pairs, dtype=np.int64)).tolist(), strict=True)) if pairs else {}
