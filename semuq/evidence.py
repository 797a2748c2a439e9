"""`Evidence`: what estimators may look at, computed once, on demand, and shared by all of them.

Built from a batch and, where an estimator needs them, a relation and an embedder. Nothing is
computed before it is asked for, nothing twice. What is not there is refused with an error that says
how to supply it. Estimators see one question at a time through an `EvidenceView`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from semuq.errors import InvalidParameter, MissingEvidence
from semuq.graphs import Clustering
from semuq.relations.base import ClusteringRelation, Equivalence, Relation, RelationScores
from semuq.relations.support import Support, support
from semuq.samples import SampleSet, as_batch
from semuq.stack import EvidenceStack

__all__ = ["NEED_FIELDS", "RELATED", "Embedder", "Evidence", "EvidenceView", "Need"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_Group = tuple[list[int], dict[Any, Any]]
"""Which questions are stacked, and what was computed for their stack."""

CELLS = 1 << 17
"""A stack's matrices have at most this many entries each, about what a processor's cache holds."""


class Need(StrEnum):
    """What an estimator needs beyond the texts of the answers."""

    LIKELIHOODS = "likelihoods"
    RELATION = "relation"
    CLUSTERS = "clusters"
    EMBEDDINGS = "embeddings"
    EMBEDDER = "embedder"
    TOKEN_ENTROPIES = "token entropies"
    TOKEN_CERTAINTIES = "token certainties"
    TOKEN_RELEVANCE = "token relevance"
    HIDDEN_STATES = "hidden states"
    P_TRUE = "p(true)"
    STATED_CONFIDENCES = "stated confidences"
    ANSWER_PROBABILITIES = "answer probabilities"
    EXPLANATION_ENTAILMENT = "explanation entailment"
    TOKEN_STATES = "token states"
    CLAIMS = "claims"
    CLAIM_SUPPORT = "claim relation"
    PERTURBATIONS = "perturbations"
    PERTURBED_RELATION = "perturbed relation"


NEED_FIELDS: dict[Need, tuple[str, str]] = {
    Need.LIKELIHOODS: (
        "token_logprobs",
        "sample with log-probs, or take an estimator that counts answers "
        "(DiscreteSemanticEntropy, KernelLanguageEntropy)",
    ),
    Need.TOKEN_ENTROPIES: ("token_entropies", "log the entropy of the next-token distribution while sampling"),
    Need.TOKEN_CERTAINTIES: (
        "token_certainties",
        "log KL(uniform || next-token distribution) while sampling; it needs the whole vocabulary",
    ),
    Need.TOKEN_RELEVANCE: ("token_relevance", "compute it with semuq.estimators.tokens.with_token_relevance"),
    Need.HIDDEN_STATES: ("hidden_states", "keep a hidden state of the model for each answer while sampling"),
    Need.P_TRUE: ("p_true", "ask the model whether each answer is true and keep the probability of 'true'"),
    Need.STATED_CONFIDENCES: ("stated_confidences", "ask the model how confident it is in each answer"),
    Need.ANSWER_PROBABILITIES: (
        "answer_probabilities",
        "ask the model for its distribution over the options after each explanation",
    ),
    Need.EXPLANATION_ENTAILMENT: (
        "explanation_entailment",
        "ask how probably the question entails each explanation",
    ),
    Need.TOKEN_STATES: ("token_states", 'sample with HuggingFaceSampler(keep=("token_states",))'),
    Need.CLAIMS: ("claims", "split the answers with semuq.claims.with_claims or semuq.sampling.claims.asked_claims"),
    Need.PERTURBATIONS: (
        "perturbations",
        "sample answers to the question in other words, with semuq.sampling.perturbations.with_perturbations",
    ),
}
"""Needs that a field of the SampleSet covers: the field, and how it is come by."""


RELATED = frozenset({Need.RELATION, Need.CLUSTERS, Need.CLAIM_SUPPORT, Need.PERTURBED_RELATION})
"""Needs that a relation covers."""


class Embedder(Protocol):
    """Anything that turns texts into vectors."""

    def embed(self, texts: Sequence[str]) -> FloatArray:
        """(len(texts), d) finite vectors, in order."""
        ...


class Evidence:
    """Everything the estimators of one run may look at, for a batch of questions.

    Args:
        samples: a SampleSet or a sequence of them.
        relation: compares answers; for estimators with `Need.RELATION` (its matrices) or `Need.CLUSTERS`.
        embedder: embeds answers whose SampleSet holds no embeddings; for `Need.EMBEDDINGS`.
    """

    def __init__(
        self,
        samples: SampleSet | Sequence[SampleSet],
        relation: Relation | None = None,
        embedder: Embedder | None = None,
    ) -> None:
        self.batch = as_batch(samples)
        if relation is not None and not isinstance(relation, Relation):
            raise InvalidParameter(
                f"relation: expected a relation such as Entailment() or ExactMatch(), got {relation!r:.80}"
            )
        if embedder is not None and not callable(getattr(embedder, "embed", None)):
            raise InvalidParameter(
                f"embedder: expected an object with .embed(texts), such as SentenceEmbedder(), got {embedder!r:.80}"
            )
        self.relation = relation
        self._embedder = embedder
        self._matrices_wanted = False
        self._clusters: dict[tuple[Equivalence, Clustering], list[IntArray]] = {}
        self._embeddings: dict[bool, list[FloatArray]] = {}
        self._vectors: dict[str, FloatArray] = {}
        self._lacking: dict[str, int | None] = {}

    def __len__(self) -> int:
        return len(self.batch)

    def views(self) -> list[EvidenceView]:
        """One view per question, in order."""
        return [self.view(index) for index in range(len(self))]

    def view(self, index: int) -> EvidenceView:
        """The view of one question."""
        return EvidenceView(self, index)

    def stacks(self, needs: Iterable[Need] = ()) -> list[EvidenceStack]:
        """All questions, those with equally many answers together, a few thousand at most in one stack."""
        groups = self._relation_groups if Need.RELATION in set(needs) else self._groups
        return [EvidenceStack(self, rows, kept) for rows, kept in groups]

    @cached_property
    def _groups(self) -> list[_Group]:
        return self._grouped([_shape(samples) for samples in self.batch])

    @cached_property
    def _relation_groups(self) -> list[_Group]:
        """The same groups, unless the relation's scores are of several kinds, which do not stack."""
        kinds = [(scores.kind, scores.threshold) for scores in self.relation_scores]
        if len(set(kinds)) < 2:
            return self._groups
        return self._grouped([(*_shape(samples), *kind) for samples, kind in zip(self.batch, kinds, strict=True)])

    def _grouped(self, keys: Sequence[tuple[Any, ...]]) -> list[_Group]:
        alike: dict[tuple[Any, ...], list[int]] = {}
        for row, key in enumerate(keys):
            alike.setdefault(key, []).append(row)
        groups: list[_Group] = []
        for rows in alike.values():
            size = max(1, CELLS // len(self.batch[rows[0]]) ** 2)
            groups += [(rows[start : start + size], {}) for start in range(0, len(rows), size)]
        return groups

    def require(self, needs: Iterable[Need], min_samples: int, owner: str) -> None:
        """Refuse before any work what cannot succeed.

        Raises:
            MissingEvidence: a need is not covered; the message names estimator, question and remedy.
        """
        needs = set(needs)
        self._matrices_wanted |= Need.RELATION in needs
        if needs & RELATED and self.relation is None:
            raise MissingEvidence(
                f"relation: {owner} needs entailment or equivalence between the answers, got None; "
                "pass relation=Entailment() or relation=ExactMatch()"
            )
        if Need.EMBEDDER in needs and self._embedder is None:
            raise MissingEvidence(f"embedder: {owner} needs one, got None; pass embedder=SentenceEmbedder()")
        if min_samples > 1:
            for index, samples in enumerate(self.batch):
                if len(samples) < min_samples:
                    raise MissingEvidence(
                        f"{self._where(index)}: {owner} needs at least {min_samples} answers, got {len(samples)}; "
                        "sample more"
                    )
        for need, (field, remedy) in NEED_FIELDS.items():
            if need in needs and (lacking := self._first_without(field)) is not None:
                raise MissingEvidence(f"{self._where(lacking)}: {owner} needs {field}, got None; {remedy}")
        if Need.EMBEDDINGS in needs and self._embedder is None:
            lacking = self._first_without("embeddings")
            if lacking is not None:
                raise MissingEvidence(
                    f"{self._where(lacking)}: {owner} needs embeddings, got None; pass embedder=SentenceEmbedder() "
                    "or SampleSet(embeddings=...)"
                )

    def _first_without(self, field: str) -> int | None:
        """The first question that lacks a field; looked for once, however many estimators ask."""
        if field not in self._lacking:
            without = (index for index, samples in enumerate(self.batch) if getattr(samples, field) is None)
            self._lacking[field] = next(without, None)
        return self._lacking[field]

    def _where(self, index: int) -> str:
        name = self.batch[index].id
        return f"samples[{index}]" + (f" ({name})" if name else "")

    @cached_property
    def relation_scores(self) -> list[RelationScores]:
        """One RelationScores per question, from one pass of the relation over the whole batch."""
        if self.relation is None:
            raise MissingEvidence("relation: expected a relation, got None; pass relation=Entailment()")
        scores = self.relation.compare(self.batch)
        sizes, expected = [item.entailment.shape for item in scores], [(len(item), len(item)) for item in self.batch]
        if sizes != expected:
            raise InvalidParameter(
                f"relation {self.relation!r:.80}: expected (n, n) scores for n = "
                f"{[n for n, _ in expected]!r:.80}, got {[size[-1] for size in sizes]!r:.80}"
            )
        return scores

    @cached_property
    def claim_support(self) -> list[Support]:
        """What the answers say of the claims, (claims, n) per question; the claims of all its answers in a row."""
        if self.relation is None:
            raise MissingEvidence("relation: expected a relation, got None; pass relation=Entailment()")
        claims = [[claim for own in samples.claims or () for claim in own] for samples in self.batch]
        return support(self.relation, self.batch, claims)

    @cached_property
    def perturbed_relation_scores(self) -> list[RelationScores]:
        """As `relation_scores`, over the answers to the question and behind them those to its perturbations."""
        if self.relation is None:
            raise MissingEvidence("relation: expected a relation, got None; pass relation=Entailment()")
        return self.relation.compare(
            [
                SampleSet(
                    prompt=samples.prompt,
                    texts=(*samples.texts, *(text for other in samples.perturbations or () for text in other.texts)),
                )
                for samples in self.batch
            ]
        )

    def clusters(self, equivalence: Equivalence, clustering: Clustering) -> list[IntArray]:
        """(n,) cluster ids per question; without the matrices where nothing else needs them and the relation can."""
        key = (equivalence, clustering)
        if key not in self._clusters:
            lazily = clustering == "greedy" and not self._matrices_wanted and "relation_scores" not in self.__dict__
            if lazily and isinstance(self.relation, ClusteringRelation):
                self._clusters[key] = self.relation.cluster(self.batch, equivalence)
            else:
                found: list[IntArray] = [np.empty(0, dtype=np.int64)] * len(self)
                for stack in self.stacks({Need.RELATION}):
                    for row, ids in zip(stack.rows, stack.clusters_of_matrices(equivalence, clustering), strict=True):
                        found[row] = ids
                self._clusters[key] = found
        return self._clusters[key]

    def embeddings(self, with_question: bool = False) -> list[FloatArray]:
        """One (n, d) array per question; each distinct text of the batch is embedded once."""
        if with_question not in self._embeddings:
            self._embeddings[with_question] = self._embed(with_question)
        return self._embeddings[with_question]

    def embed(self, texts: Sequence[str]) -> FloatArray:
        """(len(texts), d) vectors of any texts; each distinct text is embedded once in this evidence."""
        if self._embedder is None:
            raise MissingEvidence("embeddings: expected an embedder, got None; pass embedder=SentenceEmbedder()")
        unknown = [text for text in dict.fromkeys(texts) if text not in self._vectors]
        if unknown:
            vectors = np.asarray(self._embedder.embed(unknown), dtype=np.float64)
            if vectors.ndim != 2 or len(vectors) != len(unknown) or not np.isfinite(vectors).all():
                raise InvalidParameter(
                    f"embedder {self._embedder!r:.80}: expected finite vectors ({len(unknown)}, d), got {vectors.shape}"
                )
            self._vectors |= dict(zip(unknown, vectors, strict=True))
        return np.stack([self._vectors[text] for text in texts])

    def _embed(self, with_question: bool) -> list[FloatArray]:
        given = [None if with_question else samples.embeddings for samples in self.batch]
        texts = [
            [f"{samples.prompt} {text}" if with_question else text for text in samples.texts] for samples in self.batch
        ]
        distinct = list(
            dict.fromkeys(text for own, known in zip(texts, given, strict=True) if known is None for text in own)
        )
        if not distinct:
            return [known for known in given if known is not None]
        vectors = self.embed(distinct)
        row = {text: index for index, text in enumerate(distinct)}
        return [
            vectors[[row[text] for text in own]] if known is None else known
            for own, known in zip(texts, given, strict=True)
        ]


class EvidenceView:
    """One question's share of the evidence: all that `Estimator._score_one` gets to see."""

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

    @property
    def perturbed_relation(self) -> RelationScores:
        """How the answers to all wordings stand to each other, those to the question itself first."""
        return self._evidence.perturbed_relation_scores[self._index]

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
