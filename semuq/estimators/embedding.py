"""Embedding estimators: how far apart the answers lie in the space of a sentence encoder.

n embeddings instead of n (n - 1) entailment passes: cheap, and blind to what an encoder hardly
sees (negation, numbers).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from semuq.checks import positive
from semuq.estimators.base import Estimator, Units
from semuq.evidence import Need
from semuq.evidence.stack import EvidenceStack
from semuq.numerics import FloatArray, unit_rows

__all__ = [
    "EigenScore",
    "SemanticEmbeddingUncertainty",
    "SemanticVolume",
    "eigenscore",
    "mean_cosine_distance",
    "semantic_volume",
]


@dataclass(frozen=True, kw_only=True)
class SemanticEmbeddingUncertainty(Estimator):
    """SEU: how far apart the answers lie on average, in the eyes of a sentence encoder.

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
    papers: ClassVar[tuple[str, ...]] = ("Grewal, Bonilla, Bui, arXiv:2410.22685",)
    blind_to: ClassVar[str] = "negation and numbers, which sentence encoders hardly see; how likely the answers are"

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
    unit = unit_rows(embeddings)
    # |sum u|^2 = sum |u|^2 + 2 sum_{i<j} u_i . u_j
    pairs = ((unit.sum(axis=-2) ** 2).sum(axis=-1) - (unit**2).sum(axis=(-2, -1))) / 2
    return np.asarray(1.0 - pairs / (n * (n - 1) / 2))


_INSIDE = "Chen et al., INSIDE: LLMs' Internal States Retain the Power of Hallucination Detection, ICLR 2024, " + (
    "arXiv:2402.03744"
)

_SCALE = "a determinant of covariances depends on the length of the vectors, and on their number"


@dataclass(frozen=True, kw_only=True)
class MeanLogDeterminant(Estimator):
    """What `EigenScore` and `HiddenEigenScore` share: all but whose vectors span the volume."""

    alpha: float = 0.001

    units: ClassVar[Units] = "dimensionless"
    papers: ClassVar[tuple[str, ...]] = (_INSIDE,)
    depends_on_n: ClassVar[bool] = True

    def __post_init__(self) -> None:
        positive(self, alpha=self.alpha)

    @property
    def law_exceptions(self) -> Mapping[str, str]:
        """The number of answers matters."""
        return {"doubling": _SCALE}

    def bounds(self, n: int) -> tuple[float, float]:
        """(log alpha, inf)."""
        return (float(np.log(self.alpha)), np.inf)


@dataclass(frozen=True, kw_only=True)
class EigenScore(MeanLogDeterminant):
    """EigenScore (INSIDE) on embeddings: the volume that the answers span, as a mean logarithm per answer.

    What it says. High: the answers point in many directions. Low: along one.

    Formula.
        z'_i = z_i - mean_k z_ik                            centred over its d entries, (n, d)
        Sigma_ij = z'_i . z'_j                               (n, n)
        U = (1/n) log det(Sigma + alpha I) = (1/n) sum_k log(lambda_k + alpha)

    Args:
        alpha: > 0, keeps the determinant from vanishing.
        with_question: embed each answer behind its question.

    Returns (`score`): float64 (questions,), dimensionless, within (log alpha, inf).

    Raises:
        MissingEvidence: the samples hold no embeddings and no embedder was passed.
        InvalidParameter: `alpha` is not > 0.

    Degenerate cases. One answer: log(|z'|^2 + alpha), which is not the lower bound. Vectors of length 0:
        log alpha. Longer vectors score higher; compare only vectors of one encoder.

    Cost. One embedding per distinct answer; O(n^2 d + n^3) arithmetic.

    Variant. Eq. 6 of the paper with alpha = 0.001, over sentence embeddings; `HiddenEigenScore` takes the
    paper's own hidden states. The released code divides Sigma by d - 1 and takes log10, so alpha
    weighs d - 1 times more there: it equals this with alpha (d - 1), less log(d - 1), over log 10.

    Example:
        >>> from semuq import SampleSet
        >>> samples = SampleSet(prompt="Capital of France?", texts=("Paris", "Lyon"),
        ...                     embeddings=[[1, 0, -1], [1, -2, 1]])
        >>> round(EigenScore().score(samples), 4)  # log(sqrt(2.001 * 6.001))
        1.2428

    See also: SemanticVolume (vectors of length 1).

    References: Chen et al., INSIDE, ICLR 2024, arXiv:2402.03744, Sec. 3.1.
    """

    with_question: bool = False

    needs: ClassVar[frozenset[Need]] = frozenset({Need.EMBEDDINGS})
    blind_to: ClassVar[str] = "negation and numbers, which sentence encoders hardly see; questions with other n"

    def _score_stack(self, stack: EvidenceStack) -> FloatArray:
        return eigenscore(stack.embeddings(self.with_question), self.alpha)


@dataclass(frozen=True, kw_only=True)
class SemanticVolume(Estimator):
    """Semantic volume: the volume that the answers' directions span.

    What it says. High: the answers point in many directions. Low: along few.

    Formula. U = log det(V V^T + epsilon I), with the rows of V (n, d) the embeddings at length 1:
    V V^T holds their cosines.

    Args:
        epsilon: > 0, keeps the determinant from vanishing.
        with_question: embed each answer behind its question.

    Returns (`score`): float64 (questions,), dimensionless, within
        ((n - 1) log epsilon + log(n + epsilon), n log(1 + epsilon)).

    Raises:
        MissingEvidence: the samples hold no embeddings and no embedder was passed.
        InvalidParameter: `epsilon` is not > 0.

    Degenerate cases. One answer: log(1 + epsilon). All the same: the lower bound. All orthogonal: the
        upper. A vector of length 0 is orthogonal to all others. With more answers than dimensions the
        volume is of epsilon's making.

    Cost. One embedding per distinct answer; O(n^2 d + n^3) arithmetic.

    Variant. The paper's log-determinant over sampled answers, without its PCA, which is fitted on a whole
    data set: pass projected `embeddings` for that. The paper perturbs queries as well. The default
    epsilon of 1e-10 is from memory.

    Example:
        >>> from semuq import SampleSet
        >>> samples = SampleSet(prompt="Capital of France?", texts=("Paris", "Lyon"), embeddings=[[2, 0], [3, 3]])
        >>> round(SemanticVolume().score(samples), 4)  # log(1 - 1/2)
        -0.6931

    See also: EigenScore (keeps the lengths), SemanticEmbeddingUncertainty (a mean over pairs).

    References: Li et al., Semantic Volume, AAAI 2026, arXiv:2502.21239.
    """

    epsilon: float = 1e-10
    with_question: bool = False

    needs: ClassVar[frozenset[Need]] = frozenset({Need.EMBEDDINGS})
    units: ClassVar[Units] = "dimensionless"
    papers: ClassVar[tuple[str, ...]] = (
        "Li et al., Semantic Volume: Quantifying and Detecting both External and Internal Uncertainty in LLMs, "
        "AAAI 2026, arXiv:2502.21239",
    )
    blind_to: ClassVar[str] = "negation and numbers, which sentence encoders hardly see; more answers than dimensions"
    depends_on_n: ClassVar[bool] = True

    def __post_init__(self) -> None:
        positive(self, epsilon=self.epsilon)

    @property
    def law_exceptions(self) -> Mapping[str, str]:
        """The number of answers matters."""
        return {"doubling": "every repeated direction multiplies the volume by about epsilon"}

    def bounds(self, n: int) -> tuple[float, float]:
        """All directions equal, all orthogonal; both ends are reached."""
        low = (n - 1) * np.log(self.epsilon) + np.log1p(n - 1 + self.epsilon)
        return (float(low), float(n * np.log1p(self.epsilon)))

    def _score_stack(self, stack: EvidenceStack) -> FloatArray:
        return semantic_volume(stack.embeddings(self.with_question), self.epsilon)


def eigenscore(vectors: FloatArray, alpha: float = 0.001) -> FloatArray:
    """(...) (1/n) log det(Sigma + alpha I) of the row-centred (..., n, d) vectors.

    >>> eigenscore(np.zeros((1, 3, 4)), 1.0).round(9)
    array([0.])
    """
    centred = vectors - vectors.mean(axis=-1, keepdims=True)
    return np.asarray(np.log(_gram_eigenvalues(centred) + alpha).mean(axis=-1))


def semantic_volume(vectors: FloatArray, epsilon: float = 1e-10) -> FloatArray:
    """(...) log det(C + epsilon I), C the (n, n) cosines of the rows of (..., n, d).

    >>> semantic_volume(np.array([[[1.0, 0.0], [0.0, 5.0]]])).round(9)
    array([0.])
    """
    unit = unit_rows(vectors)
    # A vector of length 0 gets a direction of its own.
    own_axes = np.eye(vectors.shape[-2]) * ~unit.any(axis=-1, keepdims=True)
    return np.asarray(np.log(_gram_eigenvalues(np.concatenate([unit, own_axes], axis=-1)) + epsilon).sum(axis=-1))


def _gram_eigenvalues(vectors: FloatArray) -> FloatArray:
    """(..., n) eigenvalues of V V^T, as squared singular values of V (..., n, d).

    Rounding leaves 1e-16 in a singular value that should be 0, so 1e-32 in the eigenvalue; an
    eigensolver on V V^T would leave 1e-16 there, which shows beside an epsilon of 1e-10.
    """
    singular = np.linalg.svd(vectors, compute_uv=False)
    missing = vectors.shape[-2] - singular.shape[-1]
    return np.asarray(np.pad(singular**2, [(0, 0)] * (singular.ndim - 1) + [(0, missing)]))
