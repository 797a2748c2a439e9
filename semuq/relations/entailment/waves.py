"""Greedy clusters without the matrix: pairs are compared in waves across all questions.

In each wave the first open answer of every question becomes the representative of a new cluster and
is compared with the answers that are still open; those that mean the same join it. The second
direction of a pair is asked only where the first leaves room. Where a wave would leave a device half empty,
pairs of later waves are asked along with it. The clusters are those of
`semuq.graphs.greedy` over the full matrix, from the same scores.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain

import numpy as np

from semuq.graphs import number_by_appearance
from semuq.numerics import FloatArray, IntArray
from semuq.relations.base import Equivalence, labels_of
from semuq.relations.entailment.plan import Plan, Verdict

__all__ = ["Ask", "greedy_in_waves", "labels_of_pairs"]

Pair = tuple[int, int]
Ask = Callable[[IntArray], FloatArray]
"""(pairs, 2) indices of sides -> (pairs, 3) probabilities of entailment, neutral, contradiction."""
AskLabels = Callable[[IntArray], IntArray]
"""(pairs, 2) indices of sides -> (pairs,) labels."""

Guesses = Callable[[], Iterable[Pair]]

ENTAILMENT, NEUTRAL, CONTRADICTION = range(3)


def greedy_in_waves(
    plan: Plan, ask: Ask, rule: Equivalence, threshold: float | None = None, *, room: int = 0
) -> list[IntArray]:
    """(n,) cluster ids per question, numbered by first appearance.

    Args:
        plan: the questions.
        ask: the model.
        rule: of `RelationScores.equivalence`.
        threshold: as of `labels_of`.
        room: pairs that cost no more than fewer do, as on a GPU that would run half empty. A wave with fewer is
            filled up with what later waves will probably ask, so that there are at most `pairs of the plan / room`
            waves, and one more.
    """
    answers = _Answers(plan, lambda pairs: labels_of_pairs(ask(pairs), threshold), rule, room)
    questions = [_Question(ids) for ids in plan.ids]
    while any(question.open for question in questions):
        candidates = [pair for question in questions for pair in question.next_candidates()]
        same = answers.equivalent(dict.fromkeys(candidates), partial(_guesses, questions))
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


class _Answers:
    """What the model said of pairs so far, and which pairs mean the same by the rule."""

    def __init__(self, plan: Plan, ask: AskLabels, rule: Equivalence, room: int) -> None:
        self._decided = plan.decided
        self._ask = ask
        self._rule = rule
        self._room = room
        self._labels: dict[Pair, int] = {}

    def equivalent(self, candidates: dict[Pair, None], guesses: Guesses) -> set[Pair]:
        """Which of the pairs mean the same, by the rule of `RelationScores.equivalence`."""
        verdicts = {pair: self._verdict(pair) for pair in candidates}
        same = {pair for pair, verdict in verdicts.items() if verdict is Verdict.SAME}
        open_ = [pair for pair, verdict in verdicts.items() if verdict is Verdict.OPEN]
        # First the other direction of what is asked anyway, then further representatives.
        self._learn(open_, lambda: chain(((b, a) for a, b in open_), guesses()))
        known = self._labels
        strict = self._rule == "strict"
        hopeful = [pair for pair in open_ if (known[pair] == ENTAILMENT if strict else known[pair] != CONTRADICTION)]
        self._learn([(b, a) for a, b in hopeful], guesses)
        for a, b in hopeful:
            one, other = known[a, b], known[b, a]
            if strict and other == ENTAILMENT:
                same.add((a, b))
            if not strict and other != CONTRADICTION and not one == other == NEUTRAL:
                same.add((a, b))
        return same

    def _verdict(self, pair: Pair) -> Verdict:
        return self._decided.get((min(pair), max(pair)), Verdict.OPEN)

    def _learn(self, wanted: list[Pair], guesses: Guesses) -> None:
        """The label of each ordered pair, as in the matrix."""
        new = [pair for pair in wanted if pair not in self._labels]
        if not new:
            return
        if len(new) < self._room:
            chosen = dict.fromkeys(new)
            for pair in guesses():
                if len(chosen) >= self._room:
                    break
                if pair not in self._labels and self._verdict(pair) is Verdict.OPEN:
                    chosen[pair] = None
            new = list(chosen)
        labels = self._ask(np.array(new, dtype=np.int64))
        self._labels.update(zip(new, labels.tolist(), strict=True))


def _guesses(questions: Sequence[_Question]) -> Iterator[Pair]:
    """What later waves may ask, the sooner the earlier: the second open answer with those behind it, the third..."""
    for depth in range(1, max(len(question.open) for question in questions)):
        for question in questions:
            for other in question.open[depth + 1 :]:
                yield question.open[depth], other
                yield other, question.open[depth]
