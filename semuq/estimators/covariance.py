"""Covariance estimators: the volume that the answers' vectors span.

Where a mean distance sees only pairs, a determinant sees directions: two camps span one, however far
apart, three independent answers span more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from semuq.estimators.base import StackedEstimator, Units, positive
from semuq.evidence import Need
from semuq.stack import EvidenceStack

__all__ = ["EigenScore", "HiddenEigenScore", "SemanticVolume", "eigenscore", "semantic_volume"]

FloatArray = NDArray[np.float64]

_INSIDE = "Chen et al., INSIDE: LLMs' Internal States Retain the Power of Hallucination Detection, ICLR 2024, " + (
    "arXiv:2402.03744"
)
_SCALE = "a determinant of covariances depends on the length of the vectors, and on their number"


@dataclass(frozen=True, kw_only=True)
class EigenScore(StackedEstimator):
    """The volume that the answers' embeddings span, as a mean logarithm per answer.

    What it says. High: the answers point in many directions. Low: along one.

    Formula.
        z_i' = z_i - mean of the d entries of z_i           centred embeddings, (n, d)
        Sigma_ij = z_i' . z_j'                               (n, n)
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

    alpha: float = 0.001
    with_question: bool = False

    needs: ClassVar[frozenset[Need]] = frozenset({Need.EMBEDDINGS})
    units: ClassVar[Units] = "dimensionless"
    references: ClassVar[tuple[str, ...]] = (_INSIDE,)
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

    def _score_stack(self, stack: EvidenceStack) -> FloatArray:
        return eigenscore(stack.embeddings(self.with_question), self.alpha)


@dataclass(frozen=True, kw_only=True)
class HiddenEigenScore(StackedEstimator):
    """The volume that the model's own states span, as a mean logarithm per answer.

    What it says. High: inside the model the answers are different things. Low: the same thing.

    Formula. As `EigenScore`, with z_i the hidden state kept for answer i.

    Args:
        alpha: > 0, keeps the determinant from vanishing.

    Returns (`score`): float64 (questions,), dimensionless, within (log alpha, inf).

    Raises:
        MissingEvidence: no `hidden_states`.
        InvalidParameter: `alpha` is not > 0.

    Degenerate cases. As `EigenScore`.

    Cost. None beyond keeping one vector per answer; O(n^2 d + n^3) arithmetic.

    Variant. The paper's score, for which it takes the last token's state in the middle layer; its feature
    clipping happens in the model and is not part of this.

    Example:
        >>> from semuq import SampleSet
        >>> samples = SampleSet(prompt="Capital of France?", texts=("Paris", "Lyon"),
        ...                     hidden_states=[[1, 0, -1], [1, -2, 1]])
        >>> round(HiddenEigenScore().score(samples), 4)
        1.2428

    See also: EigenScore (embeddings of the texts).

    References: Chen et al., INSIDE, ICLR 2024, arXiv:2402.03744, Sec. 3.1.
    """

    alpha: float = 0.001

    needs: ClassVar[frozenset[Need]] = frozenset({Need.HIDDEN_STATES})
    units: ClassVar[Units] = "dimensionless"
    references: ClassVar[tuple[str, ...]] = (_INSIDE,)
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

    def _score_stack(self, stack: EvidenceStack) -> FloatArray:
        return eigenscore(stack.answers("hidden_states"), self.alpha)


@dataclass(frozen=True, kw_only=True)
class SemanticVolume(StackedEstimator):
    """The volume that the answers' directions span.

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
    references: ClassVar[tuple[str, ...]] = (
        "Li et al., Semantic Volume: Quantifying and Detecting both External and Internal Uncertainty in LLMs, "
        "AAAI 2026, arXiv:2502.21239",
    )
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
    norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    unit = np.divide(vectors, norms, out=np.zeros_like(vectors), where=norms > 0)
    # A vector of length 0 gets a direction of its own.
    own_axes = np.eye(vectors.shape[-2]) * (norms == 0)
    return np.asarray(np.log(_gram_eigenvalues(np.concatenate([unit, own_axes], axis=-1)) + epsilon).sum(axis=-1))


def _gram_eigenvalues(vectors: FloatArray) -> FloatArray:
    """(..., n) eigenvalues of V V^T, as squared singular values of V (..., n, d).

    Rounding leaves 1e-16 in a singular value that should be 0, so 1e-32 in the eigenvalue; an
    eigensolver on V V^T would leave 1e-16 there, which shows beside an epsilon of 1e-10.
    """
    singular = np.linalg.svd(vectors, compute_uv=False)
    missing = vectors.shape[-2] - singular.shape[-1]
    return np.asarray(np.pad(singular**2, [(0, 0)] * (singular.ndim - 1) + [(0, missing)]))
