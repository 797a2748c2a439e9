"""Hybrid estimators: what the answers agree on, together with what the model says of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, get_args

import numpy as np

from semuq.checks import one_of, within
from semuq.estimators.base import Estimator, Units
from semuq.estimators.semantic import cluster_sizes
from semuq.evidence import Need
from semuq.evidence.stack import EvidenceStack
from semuq.graphs import Clustering
from semuq.numerics import FloatArray
from semuq.relations.base import Equivalence

__all__ = ["ConsistencyAndStatedConfidence"]


@dataclass(frozen=True, kw_only=True)
class ConsistencyAndStatedConfidence(Estimator):
    """SCVC, self-consistency and verbalized confidence, turned: their weighted mean, which two answers suffice for.

    What it says. High: the answers scatter, or the model says it is unsure of what most of them say. Low: they agree
    and the model says that it is sure.

    Intuition. A model's stated confidence and its consistency err on different questions; two answers that agree and
    are both called certain say more than eight that merely agree.

    Formula.
        SC = max_c |c| / n                                    the share of the largest cluster, M
        VC = mean of the stated confidences of the answers in M; of all largest clusters, where several tie
        U  = 1 - (weight SC + (1 - weight) VC)

    Args:
        weight: of consistency, in [0, 1].
        equivalence: "strict" or "relaxed", see `RelationScores.equivalence`.
        clustering: "greedy" or "components", see `semuq.graphs`.

    Returns (`score`): float64 (questions,), probability, within (0, 1 - weight / n).

    Raises:
        MissingEvidence: no `stated_confidences` or no relation.
        InvalidParameter: an option is outside its limits.

    Degenerate cases. One answer: (1 - weight) (1 - its confidence). All different: the confidences of all count.

    Cost. A stated confidence for each answer, and the pairs of a clustering.

    Variant. SCVC of the paper with its weight of 1/2, found robust there. How it breaks ties between clusters was not
    to be had: the mean over all of them is ours [inferred], and keeps the order of the answers from mattering.

    Example:
        >>> from semuq import ExactMatch, SampleSet
        >>> samples = SampleSet(prompt="Capital of France?", texts=("Paris", "paris", "Lyon"),
        ...                     stated_confidences=[0.9, 0.7, 0.2])
        >>> round(ConsistencyAndStatedConfidence().score(samples, ExactMatch()), 4)  # 1 - (2/3 + 0.8) / 2
        0.2667

    See also: MajorityUncertainty, StatedConfidence (its two halves).

    References: Del et al., How Uncertainty Estimation Scales with Sampling in Reasoning Models, arXiv:2603.19118.
    """

    weight: float = 0.5
    equivalence: Equivalence = "strict"
    clustering: Clustering = "greedy"

    needs: ClassVar[frozenset[Need]] = frozenset({Need.CLUSTERS, Need.STATED_CONFIDENCES})
    units: ClassVar[Units] = "probability"
    papers: ClassVar[tuple[str, ...]] = (
        "Del, Kängsepp, Domnich, Tampuu, Yankovskaya, Kull, Fishel, How Uncertainty Estimation Scales with Sampling in "
        "Reasoning Models, arXiv:2603.19118",
    )
    blind_to: ClassVar[str] = "errors on which all answers agree and of which the model is sure"

    def __post_init__(self) -> None:
        within(self, 0.0, 1.0, weight=self.weight)
        one_of(self, get_args(Equivalence), equivalence=self.equivalence)
        one_of(self, get_args(Clustering), clustering=self.clustering)

    @property
    def law_exceptions(self) -> Mapping[str, str]:
        """Confidence counts for the largest cluster alone."""
        reasons = {}
        if self.weight < 1:
            reasons["cluster_merge"] = "the meaning that joins the largest may be one of which the model is less sure"
        if self.weight < 0.5:
            reasons["identical_minimum"] = "the answers that differ may be those of which the model is unsure"
        return reasons

    def bounds(self, n: int) -> tuple[float, float]:
        """All the same and sure of it; all different and unsure."""
        return (0.0, 1.0 - self.weight / n)

    def _score_stack(self, stack: EvidenceStack) -> FloatArray:
        clusters = stack.clusters(self.equivalence, self.clustering)
        sizes = np.take_along_axis(cluster_sizes(clusters), clusters, axis=1)
        largest = sizes == sizes.max(axis=1, keepdims=True)
        stated = (largest * stack.answers("stated_confidences")).sum(axis=1) / largest.sum(axis=1)
        return np.asarray(1.0 - (self.weight * sizes.max(axis=1) / stack.n + (1 - self.weight) * stated))

    @classmethod
    def examples(cls) -> tuple[ConsistencyAndStatedConfidence, ...]:
        """The paper's weight, a small one, and consistency alone."""
        return (cls(), cls(weight=0.2, clustering="components"), cls(weight=1.0, equivalence="relaxed"))
