"""`SentenceEmbedder`: texts become vectors, close together where they speak of the same thing.

Feeds estimators that need embeddings (`semuq.evaluate(..., embedder=SentenceEmbedder())`), and the relation
`EmbeddingSimilarity`. The model is a sentence-transformers model, imported and loaded at the first text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

import numpy as np

from semuq.checks import within
from semuq.errors import InvalidParameter
from semuq.models.embedder import SentenceEmbedder
from semuq.numerics import FloatArray, unit_rows
from semuq.relations.apart import compare_answers
from semuq.relations.base import Kind, RelationScores
from semuq.samples import SampleSet

__all__ = ["EmbeddingSimilarity"]


class NamedEmbedder(Protocol):
    """Anything that embeds texts and names what can change a vector."""

    @property
    def identity(self) -> str:
        """The model and its weights."""
        ...

    def embed(self, texts: Sequence[str]) -> FloatArray:
        """(len(texts), d) vectors, in order."""
        ...


@dataclass(frozen=True, kw_only=True)
class EmbeddingSimilarity:
    r"""How close the sentence embeddings of two answers are.

    Intuition. Close vectors speak of the same thing; whether they say the same of it is another matter: numbers,
    names and negation move a vector little. Cheap where an entailment model is not.

    Formula.
        s_ij = (1 + cos(e_i, e_j)) / 2,    e_i the embedding of answer i

    Args:
        embedder: anything with `embed(texts)` and `identity`.
        threshold: in [0, 1]; from which s on two answers count as the same meaning. 0.9 is a cosine of 0.8.
        with_question: embed "<prompt> <answer>" instead of the answer alone; all similarities rise.

    Raises:
        InvalidParameter: an option is out of range, or the embedder returns something else than finite
            vectors, one per text.

    Degenerate cases. A zero vector has cosine 0 with any other (s = 1/2). The same text is always alike (1).
    Not an equivalence: closeness is not transitive.

    Cost. One forward pass for each distinct text of the batch. Embeddings that a SampleSet brings along are not
    used: they may be another model's.

    Example:
        >>> class Signs:
        ...     identity = "signs"
        ...     def embed(self, texts):
        ...         return np.array([[float(text), 1.0] for text in texts])
        >>> samples = SampleSet(prompt="?", texts=("1", "1", "-1"))
        >>> EmbeddingSimilarity(embedder=Signs()).compare(samples)[0].entailment
        array([[1. , 1. , 0.5],
               [1. , 1. , 0.5],
               [0.5, 0.5, 1. ]])

    See also: LexicalSimilarity (no model), Entailment (a direction, and contradiction).

    References: Reimers, Gurevych, Sentence-BERT, EMNLP 2019, arXiv:1908.10084.
    """

    embedder: NamedEmbedder = field(default_factory=SentenceEmbedder)
    threshold: float = 0.9
    with_question: bool = False

    kind: ClassVar[Kind] = "similarity"
    symmetric: ClassVar[bool] = True

    def __post_init__(self) -> None:
        within(self, 0, 1, threshold=self.threshold)
        if not isinstance(self.with_question, bool):
            raise InvalidParameter(f"EmbeddingSimilarity.with_question: expected a bool, got {self.with_question!r}")
        if not callable(getattr(self.embedder, "embed", None)):
            raise InvalidParameter(
                f"EmbeddingSimilarity.embedder: expected an object with embed(texts) and identity, "
                f"got {self.embedder!r:.60}; pass SentenceEmbedder()"
            )

    @property
    def identity(self) -> str:
        """What can change a score: the embedder, the threshold, whether the question is in; loads the model."""
        return f"embedding/{self.embedder.identity}/threshold={float(self.threshold)!r}/question={self.with_question}"

    def compare(self, batch: SampleSet | Sequence[SampleSet]) -> list[RelationScores]:
        """One RelationScores per question; each distinct text of the batch is embedded once."""
        return compare_answers(self._compare, batch, self.kind)

    def _compare(self, questions: Sequence[SampleSet]) -> list[RelationScores]:
        plans = [
            [f"{samples.prompt} {text}" if self.with_question else text for text in samples.texts]
            for samples in questions
        ]
        distinct = list(dict.fromkeys(text for texts in plans for text in texts))
        if not distinct:
            return []
        vectors = np.asarray(self.embedder.embed(distinct), dtype=np.float64)
        if vectors.ndim != 2 or len(vectors) != len(distinct) or not np.isfinite(vectors).all():
            raise InvalidParameter(
                f"EmbeddingSimilarity.embedder: expected finite vectors ({len(distinct)}, d), "
                f"got an array of shape {vectors.shape}"
            )
        rows = {text: row for row, text in enumerate(distinct)}
        return [
            RelationScores.from_similarity(
                _closeness(vectors, [rows[text] for text in texts]), threshold=self.threshold
            )
            for texts in plans
        ]


def _closeness(vectors: FloatArray, rows: Sequence[int]) -> FloatArray:
    """(n, n) of (1 + cos) / 2; exactly 1 for the same row, 1/2 where a vector is zero."""
    own, index = np.unique(rows, return_inverse=True)
    unit = unit_rows(vectors[own])
    similarity = np.clip((1 + unit @ unit.T) / 2, 0.0, 1.0)
    similarity = (similarity + similarity.T) / 2
    np.fill_diagonal(similarity, 1.0)
    return similarity[np.ix_(index, index)]
