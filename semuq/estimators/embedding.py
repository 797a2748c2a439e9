"""Embedding estimators: how far apart the answers lie in the space of a sentence encoder.

n embeddings instead of n (n - 1) entailment passes: cheap, and blind to what an encoder hardly
sees (negation, numbers).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from semuq.estimators.base import StackedEstimator, Units
from semuq.evidence import Need
from semuq.stack import EvidenceStack

__all__ = ["SemanticEmbeddingUncertainty", "mean_cosine_distance"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class SemanticEmbeddingUncertainty(StackedEstimator):
    """How far apart the answers lie on average, in the eyes of a sentence encoder.

    What it says. High: the answers speak of different things. Low: they speak of the same thing.
    Speaking of the same is not agreeing: "It is 42" and "It is 43" lie close together.

    Formula. SEU = 1 - 2 / (n (n - 1)) sum_{i<j} cos(e_i, e_j), for embeddings e (n, d) of n answers.

    Args:
        with_question: embed each answer behind its question, which ties short answers to a topic.

    Returns (`score`): float64 (questions,), dimensionless, within (0, n / (n - 1)): n unit vectors
        have a mean cosine of at least -1 / (n - 1).

    Raises:
        MissingEvidence: the samples hold no embeddings and no embedder was passed.

    Degenerate cases. One answer: 0. All the same: 0. A vector of length 0 has cosine 0 with all others.

    Cost. One embedding per distinct answer; O(n d) arithmetic.

    Variant. The black-box score of the paper. Its amortised, single-pass sibling ASEU is another estimator.

    Example:
        >>> from semuq import SampleSet
        >>> samples = SampleSet(prompt="Capital of France?", texts=("Paris", "It is Paris", "Lyon"),
        ...                     embeddings=[[1, 0], [1, 0], [0, 1]])
        >>> round(SemanticEmbeddingUncertainty().score(samples), 4)
        0.6667

    References: Grewal, Bonilla, Bui, Improving Uncertainty Quantification in Large Language Models via
        Semantic Embeddings, arXiv:2410.22685.
    """

    with_question: bool = False

    needs: ClassVar[frozenset[Need]] = frozenset({Need.EMBEDDINGS})
    units: ClassVar[Units] = "dimensionless"
    references: ClassVar[tuple[str, ...]] = ("Grewal, Bonilla, Bui, arXiv:2410.22685",)

    @property
    def law_exceptions(self) -> Mapping[str, str]:
        """A mean over pairs of different answers grows less than the number of answers."""
        return {"doubling": "answers repeated are pairs at distance 0, which lower the mean over pairs"}

    def bounds(self, n: int) -> tuple[float, float]:
        """(0, n / (n - 1)), and (0, 0) for one answer."""
        return (0.0, n / (n - 1) if n > 1 else 0.0)

    def _score_stack(self, stack: EvidenceStack) -> FloatArray:
        return mean_cosine_distance(stack.embeddings(self.with_question))


def mean_cosine_distance(embeddings: FloatArray) -> FloatArray:
    """(...) 1 - mean pairwise cosine of the rows of (..., n, d), in O(n d); 0 for one row.

    >>> mean_cosine_distance(np.array([[[2.0, 0.0], [0.0, 1.0]]]))
    array([1.])
    """
    n = embeddings.shape[-2]
    if n < 2:
        return np.zeros(embeddings.shape[:-2])
    norms = np.linalg.norm(embeddings, axis=-1, keepdims=True)
    unit = np.divide(embeddings, norms, out=np.zeros_like(embeddings), where=norms > 0)
    # |sum u|^2 = sum |u|^2 + 2 sum_{i<j} u_i . u_j
    pairs = ((unit.sum(axis=-2) ** 2).sum(axis=-1) - (unit**2).sum(axis=(-2, -1))) / 2
    return np.asarray(1.0 - pairs / (n * (n - 1) / 2))
