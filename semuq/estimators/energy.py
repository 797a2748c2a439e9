"""Semantic energy: the logits behind the answers, which a softmax forgets the size of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, get_args

import numpy as np

from semuq.checks import one_of
from semuq.estimators.base import AnswerEstimator, Units
from semuq.evidence import Need
from semuq.evidence.stack import EvidenceStack
from semuq.graphs import Clustering
from semuq.numerics import FloatArray
from semuq.relations.base import Equivalence

__all__ = ["SemanticEnergy"]


@dataclass(frozen=True, kw_only=True)
class SemanticEnergy(AnswerEstimator):
    """Semantic energy: how little energy, by raw logits, the model has put behind its best-supported meaning.

    What it says. High: no meaning has both many answers and large logits. Low: one has.

    Intuition. Ten answers that agree have an entropy of 0, whether the model knows or repeats an error. Softmax makes
    the same probabilities of large and of small logits; how large they were may still tell the two apart.

    Formula.
        E_i  = -(1 / T_i) sum_t z_t                  z_t: the logit of token t of answer i, before the softmax
        u_i  = (1 / n) sum_{j in c(i)} E_j           c(i): the cluster of answer i; `score_answers`
        U    = min_i u_i                              the cluster of lowest energy

    Args:
        equivalence: "strict" or "relaxed", see `RelationScores.equivalence`.
        clustering: "greedy" or "components", see `semuq.graphs`.

    Returns (`score`): float64 (questions,), dimensionless, within (-inf, inf).

    Raises:
        MissingEvidence: no `token_logits` or no relation.
        InvalidParameter: an option is unknown.

    Degenerate cases. An answer without tokens has E = 0. Logits are of one model: scores of two do not compare, nor do
    those of a model whose logits are mostly negative, for which more answers in a cluster raise its energy.

    Cost. The logits of sampled tokens, kept while sampling, and the pairs of a clustering.

    Variant. The paper's Boltzmann energy of the cluster that the judged answer belongs to is `score_answers`; one score
    for the question, the lowest of them, is [inferred] from the released notebook, which ranks clusters by it. Its
    Fermi-Dirac variant is left out.

    Example:
        >>> from semuq import ExactMatch, SampleSet
        >>> samples = SampleSet(prompt="Capital of France?", texts=("Paris", "paris", "Lyon"),
        ...                     token_logits=([30.0], [18.0, 12.0], [9.0]))
        >>> SemanticEnergy().score_answers(samples, ExactMatch())
        array([-15., -15.,  -3.])

    See also: SemanticEntropy (the same clusters, after the softmax).

    References: Ma et al., Semantic Energy: Detecting LLM Hallucination Beyond Entropy, arXiv:2508.14496.
    """

    equivalence: Equivalence = "strict"
    clustering: Clustering = "greedy"

    needs: ClassVar[frozenset[Need]] = frozenset({Need.CLUSTERS, Need.TOKEN_LOGITS})
    units: ClassVar[Units] = "dimensionless"
    papers: ClassVar[tuple[str, ...]] = (
        "Ma et al., Semantic Energy: Detecting LLM Hallucination Beyond Entropy, arXiv:2508.14496",
    )
    blind_to: ClassVar[str] = "what large logits of a model mean beside those of another; how near two meanings are"

    def __post_init__(self) -> None:
        one_of(self, get_args(Equivalence), equivalence=self.equivalence)
        one_of(self, get_args(Clustering), clustering=self.clustering)

    def bounds(self, n: int) -> tuple[float, float]:
        """Logits have no limits."""
        return (-np.inf, np.inf)

    def _score_stack(self, stack: EvidenceStack) -> FloatArray:
        return np.asarray(self._stack_answers(stack).min(axis=1))

    def _stack_answers(self, stack: EvidenceStack) -> FloatArray:
        clusters = stack.clusters(self.equivalence, self.clustering)
        energy = 0.0 - stack.tokens("token_logits").mean()
        together = clusters[:, :, None] == clusters[:, None, :]
        return np.asarray((together * energy[:, None, :]).sum(axis=2) / stack.n)

    @classmethod
    def examples(cls) -> tuple[SemanticEnergy, ...]:
        """Both clusterings."""
        return (cls(), cls(equivalence="relaxed", clustering="components"))
