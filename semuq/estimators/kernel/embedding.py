"""The entropy of an embedding kernel: kernel language entropy without a graph, and the logarithm of the Vendi score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from semuq.estimators.base import Estimator, Units
from semuq.evidence import Need
from semuq.evidence.stack import EvidenceStack
from semuq.numerics import FloatArray, fill_diagonal, unit_rows, von_neumann_entropy

__all__ = ["EmbeddingKernelEntropy", "cosine_kernel"]


@dataclass(frozen=True, kw_only=True)
class EmbeddingKernelEntropy(Estimator):
    """Vendi score, as its logarithm: how many different things the answers speak of, by their embeddings.

    What it says. Near log n: every answer points in a direction of its own. 0: all in one. exp(H) is the effective
    number of different answers.

    Intuition. Semantic entropy with a kernel that is given rather than grown on a graph: two answers whose embeddings
    have a cosine of 0.9 count as little more than one.

    Formula. rho = (1/n) V V^T, (n, n), with the embeddings at length 1 for the rows of V (n, d);
    H = -sum_k lambda_k log lambda_k over the eigenvalues of rho.

    Args:
        with_question: embed each answer behind its question.

    Returns (`score`): float64 (questions,), nats, within (0, log n).

    Raises:
        MissingEvidence: the samples hold no embeddings and no embedder was passed.

    Degenerate cases. One answer: 0. All the same: 0, at every n. All orthogonal: log n. Seeing each answer twice
    changes nothing. Opposite vectors count as the same: the kernel is squared in the eigenvalues. A vector of length 0
    is orthogonal to all others. At most log d for embeddings of d numbers.

    Cost. One embedding per distinct answer; one symmetric eigendecomposition, O(n^3).

    Variant. The von Neumann entropy of `KernelLanguageEntropy` over a cosine kernel, which its paper leaves untested;
    the logarithm of the Vendi score of order 1, there a measure of diversity of samples.

    Example:
        >>> from semuq import SampleSet
        >>> samples = SampleSet(prompt="Capital of France?", texts=("Paris", "It is Paris", "Lyon"),
        ...                     embeddings=[[2, 0], [1, 0], [0, 1]])
        >>> round(EmbeddingKernelEntropy().score(samples), 4)  # of (2/3, 1/3)
        0.6365

    See also: SemanticEmbeddingUncertainty (a mean over pairs), SemanticVolume (a determinant), KernelLanguageEntropy.

    References: Friedman, Dieng, The Vendi Score, TMLR 2023, arXiv:2210.02410; Nikitin et al., Kernel Language Entropy,
        NeurIPS 2024, arXiv:2405.20003.
    """

    with_question: bool = False

    needs: ClassVar[frozenset[Need]] = frozenset({Need.EMBEDDINGS})
    units: ClassVar[Units] = "nats"
    papers: ClassVar[tuple[str, ...]] = (
        "Friedman, Dieng, The Vendi Score: A Diversity Evaluation Metric for Machine Learning, TMLR 2023, "
        "arXiv:2210.02410",
        "Nikitin, Kossen, Gal, Marttinen, Kernel Language Entropy, NeurIPS 2024, arXiv:2405.20003",
    )
    blind_to: ClassVar[str] = "negation and numbers, which sentence encoders hardly see; how likely the answers are"

    def bounds(self, n: int) -> tuple[float, float]:
        """(0, log n)."""
        return (0.0, float(np.log(n)))

    def _score_stack(self, stack: EvidenceStack) -> FloatArray:
        return von_neumann_entropy(cosine_kernel(stack.embeddings(self.with_question)) / stack.n)


def cosine_kernel(embeddings: FloatArray) -> FloatArray:
    """(..., n, n) cosines of the rows of (..., n, d), with a diagonal of 1 also for rows of length 0.

    >>> cosine_kernel(np.array([[2.0, 0.0], [3.0, 3.0], [0.0, 0.0]])).round(4)
    array([[1.    , 0.7071, 0.    ],
           [0.7071, 1.    , 0.    ],
           [0.    , 0.    , 1.    ]])
    """
    unit = unit_rows(embeddings)
    return fill_diagonal(unit @ unit.swapaxes(-1, -2), 1.0)
