"""Estimators over clarifications: how much of the doubt is the question's, and how much the model's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

import numpy as np

from semuq.checks import one_of, positive
from semuq.estimators.base import PerQuestionEstimator, Units
from semuq.evidence import EvidenceView, Need
from semuq.numerics import FloatArray, von_neumann_entropy

__all__ = ["SpectralUncertainty", "gaussian_density"]


Part = Literal["total", "aleatoric", "epistemic"]


@dataclass(frozen=True, kw_only=True)
class SpectralUncertainty(PerQuestionEstimator):
    """Spectral uncertainty: the von Neumann entropy of the answers, split into the question's share and the model's.

    What it says. "aleatoric" high: what the answer is depends on what the question means. "epistemic" high: the model
    is unsure whatever it means. "total": both.

    Intuition. Put the question in each sense that it may have. If the answers differ between senses and not within
    one, the question was unclear; if they differ within a sense, the model does not know. It is the Holevo quantity of
    quantum information, on the kernel of answers.

    Formula. For N answers in all, m_c of them to clarification c, and unit embeddings e of the answers:
        K_ij = exp(-gamma |e_i - e_j|^2),   VNE(K) = -Tr[(K/n) log (K/n)] for n answers
        total = VNE(K of all),   epistemic = sum_c (m_c / N) VNE(K of c),   aleatoric = total - epistemic >= 0

    Args:
        part: which of the three.
        gamma: > 0, the width of the kernel; the larger, the more answers count as different.

    Returns (`score`): float64 (questions,), nats, within (0, inf); at most log of the number of clarified answers.

    Raises:
        MissingEvidence: no `clarifications` or no embedder.
        InvalidParameter: an option is outside its limits.

    Degenerate cases. One clarification: aleatoric 0. All answers the same: 0. The answers to the question as it stands
    do not count. A vector of length 0 lies apart from all others by 1.

    Cost. Clarifications of the question, as many answers to each as wanted, an embedding for each distinct answer.

    Variant. The paper's decomposition with its RBF kernel, gamma = 1. It samples as many answers for each
    clarification; the weights m_c / N, which equal its mean then, keep the aleatoric part >= 0 for any numbers.

    Example:
        >>> from semuq import SampleSet
        >>> class Axes:
        ...     def embed(self, texts):
        ...         return np.eye(3)[[("Paris", "London", "Rome").index(text) for text in texts]]
        >>> senses = [SampleSet(prompt="Capital of France?", texts=("Paris", "Paris")),
        ...           SampleSet(prompt="Capital of England?", texts=("London", "London"))]
        >>> samples = SampleSet(prompt="The capital?", texts=("Paris",), clarifications=senses)
        >>> [round(SpectralUncertainty(part=part).score(samples, embedder=Axes()), 4)
        ...  for part in ("total", "aleatoric", "epistemic")]
        [0.684, 0.684, 0.0]

    See also: EmbeddingKernelEntropy (the total of one question), PerturbationEntropy (other wordings, same sense).

    References: Walha et al., Fine-Grained Uncertainty Decomposition in Large Language Models: A Spectral Approach,
        AAAI 2026, arXiv:2509.22272.
    """

    part: Part = "total"
    gamma: float = 1.0

    needs: ClassVar[frozenset[Need]] = frozenset({Need.CLARIFICATIONS, Need.EMBEDDER})
    units: ClassVar[Units] = "nats"
    papers: ClassVar[tuple[str, ...]] = (
        "Walha et al., Fine-Grained Uncertainty Decomposition in Large Language Models: A Spectral Approach, "
        "AAAI 2026, arXiv:2509.22272",
    )
    blind_to: ClassVar[str] = (
        "senses that no clarification has; negation and numbers, which sentence encoders hardly see"
    )

    def __post_init__(self) -> None:
        one_of(self, get_args(Part), part=self.part)
        positive(self, gamma=self.gamma)

    def bounds(self, n: int) -> tuple[float, float]:
        """(0, inf): the number of clarified answers is not n."""
        return (0.0, np.inf)

    def _score_one(self, view: EvidenceView) -> float:
        senses = view.samples.clarifications or ()
        if not senses:
            return 0.0
        vectors = view.embed([text for sense in senses for text in sense.texts])
        density = gaussian_density(vectors, self.gamma)
        total = float(von_neumann_entropy(density))
        end, within = 0, 0.0
        for sense in senses:
            start, end = end, end + len(sense)
            share = len(sense) / len(vectors)
            within += share * float(von_neumann_entropy(density[start:end, start:end] / share))
        parts = {"total": total, "epistemic": within, "aleatoric": max(total - within, 0.0)}
        return parts[self.part]

    @classmethod
    def examples(cls) -> tuple[SpectralUncertainty, ...]:
        """Each part, and another width."""
        return (cls(), cls(part="aleatoric"), cls(part="epistemic", gamma=0.3))


def gaussian_density(vectors: FloatArray, gamma: float = 1.0) -> FloatArray:
    """(n, n) exp(-gamma |e_i - e_j|^2) / n of the rows of (n, d) at length 1: of trace 1, positive semidefinite.

    >>> gaussian_density(np.array([[2.0, 0.0], [0.0, 1.0]])).round(4)
    array([[0.5   , 0.0677],
           [0.0677, 0.5   ]])
    """
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = np.divide(vectors, norms, out=np.zeros_like(vectors), where=norms > 0)
    squares = ((unit[:, None, :] - unit[None, :, :]) ** 2).sum(axis=-1)
    return np.asarray(np.exp(-gamma * squares) / len(vectors))
