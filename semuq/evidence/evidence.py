"""`Evidence`: what estimators may look at, computed once, on demand, and shared by all of them.

Built from a batch and, where an estimator needs them, a relation and an embedder. Nothing is
computed before it is asked for, nothing twice. What is not there is refused with an error that says
how to supply it. Estimators read it through `EvidenceStack`, many questions at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from semuq.errors import InvalidParameter, MissingEvidence
from semuq.evidence.needs import RELATED, Need
from semuq.graphs import Clustering, cluster_stack
from semuq.numerics import FloatArray, IntArray
from semuq.relations.base import ClusteringRelation, Equivalence, Relation, RelationScores
from semuq.relations.support import Support, support
from semuq.samples import SampleSet, as_batch

__all__ = ["TEXTS", "Embedder", "Evidence", "alike"]


CELLS = 1 << 17
"""A stack's matrices have at most this many entries each, about what a processor's cache holds."""

TEXTS: dict[Need, Callable[[SampleSet], tuple[str, ...]]] = {
    Need.PERTURBED_RELATION: lambda samples: (*samples.texts, *_all_texts(samples.perturbations)),
    Need.CROSS_RELATION: lambda samples: (*samples.texts, *_all_texts(samples.other_models)),
    Need.SECOND_RELATION: lambda samples: (
        *samples.texts,
        *(text for own in samples.second_answers or () for text in own),
    ),
    Need.DISTRACTOR_RELATION: lambda samples: (samples.answer or "", *(samples.distractors or ()), *samples.texts),
}
"""Needs for which a relation compares more than the answers -> what it compares, in order."""


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
        self._relations: dict[Need, list[RelationScores]] = {}
        self._clusters: dict[tuple[Equivalence, Clustering], list[IntArray]] = {}
        self._embeddings: dict[bool, list[FloatArray]] = {}
        self._vectors: dict[str, FloatArray] = {}
        self._lacking: dict[str, int | None] = {}
        self._gaps: dict[str, dict[int, str]] = {}
        self.shared: dict[Any, Any] = {}
        """What those who read the evidence computed from it and share; it goes when the evidence goes."""

    def __len__(self) -> int:
        return len(self.batch)

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
        for need in (need for need in Need if need in needs and need.field is not None):
            if (lacking := self._first_without(str(need.field))) is not None:
                raise MissingEvidence(f"{self._where(lacking)}: {owner} needs {need.field}, got None; {need.remedy}")
        if Need.EMBEDDINGS in needs and self._embedder is None:
            lacking = self._first_without("embeddings")
            if lacking is not None:
                raise MissingEvidence(
                    f"{self._where(lacking)}: {owner} needs embeddings, got None; pass embedder=SentenceEmbedder() "
                    "or SampleSet(embeddings=...)"
                )

    def incomplete(self, needs: Iterable[Need]) -> dict[int, str]:
        """Questions that have what is needed for some of their answers only: position -> what is lacking, in words.

        They have no score: estimators give NaN for them, and never a number from the answers that are left.
        """
        found: dict[int, str] = {}
        for field in sorted(str(need.field) for need in needs if need.field is not None):
            if field not in self._gaps:
                entries = ((index, getattr(samples, field)) for index, samples in enumerate(self.batch))
                self._gaps[field] = {
                    index: _gap(field, own)
                    for index, own in entries
                    if isinstance(own, tuple) and any(one is None for one in own)
                }
            found |= self._gaps[field]
        return found

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

    def relation_over(self, need: Need) -> list[RelationScores]:
        """As `relation_scores`, over the texts that a need of its own compares: those of `TEXTS`."""
        if need not in self._relations:
            if self.relation is None:
                raise MissingEvidence("relation: expected a relation, got None; pass relation=Entailment()")
            self._relations[need] = self.relation.compare(
                [SampleSet(prompt=samples.prompt, texts=TEXTS[need](samples)) for samples in self.batch]
            )
        return self._relations[need]

    def clusters(self, equivalence: Equivalence, clustering: Clustering) -> list[IntArray]:
        """(n,) cluster ids per question; without the matrices where nothing else needs them and the relation can."""
        key = (equivalence, clustering)
        if key not in self._clusters:
            lazily = clustering == "greedy" and not self._matrices_wanted and "relation_scores" not in self.__dict__
            if lazily and isinstance(self.relation, ClusteringRelation):
                self._clusters[key] = self.relation.cluster(self.batch, equivalence)
            else:
                found: list[IntArray] = [np.empty(0, dtype=np.int64)] * len(self)
                for rows in alike([(len(own), own.kind, own.threshold) for own in self.relation_scores]):
                    same = RelationScores.stack([self.relation_scores[row] for row in rows]).equivalence(equivalence)
                    for row, ids in zip(rows, cluster_stack(same, clustering), strict=True):
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


def alike(keys: Sequence[tuple[Any, ...]]) -> list[list[int]]:
    """The positions of equal keys together, in order of first appearance; a key begins with the number of answers n.

    No more questions come together than their (n, n) matrices have `CELLS` entries.

    >>> alike([(5,), (3, "a"), (5,), (3, "b")])
    [[0, 2], [1], [3]]
    """
    found: dict[tuple[Any, ...], list[int]] = {}
    for position, key in enumerate(keys):
        found.setdefault(key, []).append(position)
    size = {key: max(1, CELLS // key[0] ** 2) for key in found}
    return [own[start : start + size[key]] for key, own in found.items() for start in range(0, len(own), size[key])]


def _gap(field: str, entries: Sequence[Any]) -> str:
    lacking = [str(index) for index, own in enumerate(entries) if own is None]
    which = (
        f"answer {lacking[0]}"
        if len(lacking) == 1
        else f"answers {', '.join(lacking[:5])}{', ...' * (len(lacking) > 5)}"
    )
    return f"{field}: expected those of all {len(entries)} answers, got none for {which}"


def _all_texts(sets: Sequence[SampleSet] | None) -> list[str]:
    return [text for own in sets or () for text in own.texts]
