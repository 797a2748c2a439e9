"""`EvidenceStack`: questions with equally many answers, and their evidence behind one leading axis.

NumPy does arithmetic on many small arrays far faster at once than one at a time. So
estimators are given stacks; `each` is for arithmetic that needs one question after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from semuq.errors import MissingEvidence
from semuq.evidence.evidence import Evidence, alike
from semuq.evidence.needs import Need
from semuq.graphs import Clustering
from semuq.numerics import BoolArray, FloatArray, IntArray
from semuq.relations.base import Equivalence, RelationScores
from semuq.relations.support import Support
from semuq.samples import SampleSet

__all__ = ["EvidenceStack", "EvidenceView", "PerToken", "likeliest_of_each", "stacks", "views"]

Kept = TypeVar("Kept")


@dataclass(frozen=True)
class PerToken:
    """One number per token of every answer: `values` (tokens,), answer after answer, and `lengths` (q, n).

    >>> ragged = PerToken.of([[np.array([1.0, 2.0]), np.array([])]])
    >>> ragged.sum(), ragged.mean(), ragged.max()
    (array([[3., 0.]]), array([[1.5, 0. ]]), array([[2., 0.]]))
    """

    values: FloatArray
    lengths: IntArray

    @classmethod
    def of(cls, arrays: Sequence[Sequence[FloatArray]]) -> PerToken:
        """From n ragged arrays for each of q questions."""
        flat = [tokens for answers in arrays for tokens in answers]
        lengths = np.array([len(tokens) for tokens in flat], dtype=np.int64)
        return cls(np.concatenate(flat), lengths.reshape(len(arrays), -1))

    def sum(self) -> FloatArray:
        """(q, n) sums over each answer's tokens; 0 where there are none."""
        return self._reduce(np.add)

    def mean(self) -> FloatArray:
        """(q, n) means over each answer's tokens; 0 where there are none."""
        return self.sum() / np.maximum(self.lengths, 1)

    def max(self) -> FloatArray:
        """(q, n) maxima over each answer's tokens; 0 where there are none."""
        return self._reduce(np.maximum)

    def spread(self, per_answer: FloatArray) -> FloatArray:
        """(tokens,) the number (q, n) of its answer for each token."""
        return np.repeat(per_answer.ravel(), self.lengths.ravel())

    def _reduce(self, function: np.ufunc) -> FloatArray:
        lengths = self.lengths.ravel()
        reduced = np.zeros(len(lengths))
        if len(self.values):
            starts = np.cumsum(lengths) - lengths
            # `reduceat` gives an empty stretch the value at its start: only stretches with tokens are asked for.
            reduced[lengths > 0] = function.reduceat(self.values, starts[lengths > 0])
        return reduced.reshape(self.lengths.shape)


class EvidenceStack:
    """The evidence of q questions with n answers each: what `EvidenceView` is to one question."""

    def __init__(self, evidence: Evidence, rows: Sequence[int], kept: dict[Any, Any] | None = None) -> None:
        """`kept` holds what was computed; with the evidence, which must not refer to its stacks, or both leak."""
        self._evidence = evidence
        self._kept = {} if kept is None else kept
        self.rows = rows
        """Where in the batch the questions are."""
        self.samples: tuple[SampleSet, ...] = tuple(evidence.batch[row] for row in rows)
        self.n = len(self.samples[0])
        """The number of answers to each question."""

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def views(self) -> list[EvidenceView]:
        """The questions one at a time."""
        return [EvidenceView(self._evidence, row) for row in self.rows]

    def each(self, function: Callable[[EvidenceView], ArrayLike]) -> FloatArray:
        """(q, ...) what a function of one question gives for each of them, one after the other."""
        return np.array([function(view) for view in self.views], dtype=np.float64)

    @property
    def relation(self) -> RelationScores:
        """How the answers stand to each other, (q, n, n) matrices."""
        scores = self._evidence.relation_scores
        return self._keep("relation", lambda: RelationScores.stack([scores[row] for row in self.rows]))

    def clusters(self, equivalence: Equivalence = "strict", clustering: Clustering = "greedy") -> IntArray:
        """(q, n) cluster ids, numbered by first appearance in each question."""
        own = self._evidence.clusters(equivalence, clustering)
        return self._keep(("clusters", equivalence, clustering), lambda: np.stack([own[row] for row in self.rows]))

    def loglik(self, *, length_normalised: bool) -> FloatArray:
        """(q, n) log-likelihood of each answer in nats: the sum over its tokens, or their mean.

        An answer without tokens has the empty sum, 0.
        """
        tokens = self.tokens("token_logprobs")
        return self._keep(("loglik", length_normalised), tokens.mean if length_normalised else tokens.sum)

    def tokens(self, field: str) -> PerToken:
        """A per-token field of the samples, such as `token_entropies`."""
        return self._keep(field, lambda: PerToken.of([self._given(samples, field) for samples in self.samples]))

    def answers(self, field: str) -> FloatArray:
        """(q, n) or (q, n, d): a per-answer field of the samples, such as `p_true`."""
        return np.stack([self._given(samples, field) for samples in self.samples])

    def embeddings(self, with_question: bool = False) -> FloatArray:
        """(q, n, d) embeddings of the answers, alone or behind their question."""
        own = self._evidence.embeddings(with_question)
        return np.stack([own[row] for row in self.rows])

    @property
    def texts(self) -> IntArray:
        """(q, n) for each answer the position of the first with the same text: equal numbers, equal texts."""
        return self._keep("texts", self._texts)

    def _texts(self) -> IntArray:
        positions = range(self.n)
        ids = []
        for samples in self.samples:
            # Written from the back, so that the first of equal texts has the last word.
            first = dict(zip(reversed(samples.texts), reversed(positions), strict=True))
            ids.append([first[text] for text in samples.texts])
        return np.array(ids, dtype=np.int64)

    def _keep(self, key: Any, compute: Callable[[], Kept]) -> Kept:
        """What is computed once and shared by all estimators; arrays are made read-only, since they are shared."""
        if key not in self._kept:
            self._kept[key] = compute()
            if isinstance(self._kept[key], np.ndarray):
                self._kept[key].flags.writeable = False
        return self._kept[key]

    def _given(self, samples: SampleSet, field: str) -> Any:
        value = getattr(samples, field)
        if value is None:
            raise MissingEvidence(f"{field}: expected a value for every question, got None for {samples!r}")
        return value


def likeliest_of_each(groups: IntArray, loglik: FloatArray) -> BoolArray:
    """(q, n) true at one answer of each group of equal ids in a row: the likeliest, of equally likely ones the first.

    >>> likeliest_of_each(np.array([[0, 1, 0, 1]]), np.array([[-2.0, -1.0, -1.0, -1.0]]))
    array([[False,  True,  True, False]])
    """
    # Sorted by group, then from likely to unlikely, ties in their order: the first of each group stays.
    order = np.argsort(-loglik, axis=1, kind="stable")
    by_group = np.argsort(np.take_along_axis(groups, order, axis=1), axis=1, kind="stable")
    order = np.take_along_axis(order, by_group, axis=1)
    ordered = np.take_along_axis(groups, order, axis=1)
    first = np.ones(groups.shape, dtype=bool)
    first[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    kept = np.empty(groups.shape, dtype=bool)
    np.put_along_axis(kept, order, first, axis=1)
    return kept


class EvidenceView:
    """One question's share of the evidence: all that `PerQuestionEstimator._score_one` gets to see."""

    def __init__(self, evidence: Evidence, index: int) -> None:
        self._evidence = evidence
        self._index = index

    @cached_property
    def stack(self) -> EvidenceStack:
        """This question as a stack of one."""
        return EvidenceStack(self._evidence, [self._index])

    @property
    def samples(self) -> SampleSet:
        """The question and its answers."""
        return self._evidence.batch[self._index]

    @property
    def n(self) -> int:
        """The number of answers."""
        return len(self.samples)

    @property
    def relation(self) -> RelationScores:
        """How the answers stand to each other, (n, n) matrices."""
        return self._evidence.relation_scores[self._index]

    @property
    def claim_support(self) -> Support:
        """What the answers say of the claims, (claims, n), the claims of all answers in a row."""
        return self._evidence.claim_support[self._index]

    def relation_over(self, need: Need) -> RelationScores:
        """How the texts stand to each other that a need compares beyond the answers (see `semuq.evidence.TEXTS`)."""
        return self._evidence.relation_over(need)[self._index]

    def clusters(self, equivalence: Equivalence = "strict", clustering: Clustering = "greedy") -> IntArray:
        """(n,) cluster ids, numbered by first appearance."""
        return self._evidence.clusters(equivalence, clustering)[self._index]

    def loglik(self, *, length_normalised: bool) -> FloatArray:
        """(n,) log-likelihood of each answer in nats: the sum over its tokens, or their mean.

        An answer without tokens has the empty sum, 0.
        """
        return self.stack.loglik(length_normalised=length_normalised)[0]

    def embeddings(self, with_question: bool = False) -> FloatArray:
        """(n, d) embeddings of the answers, alone or behind their question."""
        return self._evidence.embeddings(with_question)[self._index]

    def embed(self, texts: Sequence[str]) -> FloatArray:
        """(len(texts), d) vectors of any texts, by the run's embedder."""
        return self._evidence.embed(texts)


def _shape(samples: SampleSet) -> tuple[int, ...]:
    """What must agree for two questions' evidence to stack: the number of answers and all widths."""
    widths = (samples.embeddings, samples.hidden_states, samples.answer_probabilities)
    return (len(samples), *(-1 if own is None else own.shape[1] for own in widths))


def views(evidence: Evidence) -> list[EvidenceView]:
    """One view per question, in order."""
    return [EvidenceView(evidence, row) for row in range(len(evidence))]


def stacks(evidence: Evidence, needs: Iterable[Need] = ()) -> list[EvidenceStack]:
    """All questions that have what is needed, those with equally many answers together, a few thousand at most a stack.

    Where the relation's matrices are needed, questions whose scores are of several kinds do not stack.
    """
    needs = frozenset(needs)
    keys: list[tuple[Any, ...]] = [_shape(samples) for samples in evidence.batch]
    if Need.RELATION in needs:
        kinds = [(scores.kind, scores.threshold) for scores in evidence.relation_scores]
        if len(set(kinds)) > 1:
            keys = [(*key, *kind) for key, kind in zip(keys, kinds, strict=True)]
    lacking = evidence.incomplete(needs)
    found = ([row for row in rows if row not in lacking] for rows in alike(keys))
    return [EvidenceStack(evidence, rows, evidence.shared.setdefault(tuple(rows), {})) for rows in found if rows]
