"""Kernel language entropy over clusters instead of answers (KLE-c): a small graph whose nodes are meanings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

import numpy as np

from semuq.checks import one_of, within
from semuq.estimators.base import Estimator, Units
from semuq.estimators.kernel.language import Heat, Kernel, check_graph_options, densities
from semuq.estimators.semantic import cluster_log_masses
from semuq.evidence import Need
from semuq.evidence.stack import EvidenceStack
from semuq.graphs import Clustering, laplacian
from semuq.numerics import FloatArray, IntArray, fill_diagonal, von_neumann_entropy
from semuq.relations.base import Edges, Equivalence

__all__ = ["ClusterKernelEntropy", "cluster_weights"]


Mixture = Literal["convex", "product"]

_DEFAULT = Heat()


@dataclass(frozen=True, kw_only=True)
class ClusterKernelEntropy(Estimator):
    """KLE over clusters (KLE-c): how many meanings the model finds likely, where two may be near each other.

    What it says. High: the likelihood is spread over meanings that have nothing to do with each other. Low: it
    lies on one meaning, or on a few that lie close together.

    Intuition. Semantic entropy takes any two clusters for equally different. Here "in Paris" and "in France" are
    two meanings on one edge.

    Formula.
        W_cd = sum_{i in c, j in d} (w(i -> j) + w(j -> i))      for clusters c != d, (K, K)
        K    = kernel of the graph W, unit diagonal               as in `KernelLanguageEntropy`
        p_c  = mass of cluster c                                   as in `SemanticEntropy`
        convex    rho = alpha K / k + (1 - alpha) diag(p)          k clusters
        product   rho_cd = sqrt(p_c p_d) K_cd
        H    = -Tr[rho log rho]

    Args:
        mixture: "convex" is the paper's; at alpha = 0 semantic entropy, exactly (Theorem B.2),
            duplicates counted. "product" weighs the kernel by the masses: between 0, if all meanings mix, and
            semantic entropy, if none do.
        alpha: share of the graph in "convex", in [0, 1].
        kernel, edges, worth, normalised_laplacian: as in `KernelLanguageEntropy`.
        length_normalised: mean log-prob per token (True) or their sum.
        equivalence, clustering: as in `SemanticEntropy`.

    Returns (`score`): float64 (questions,), nats, within (0, log n).

    Raises:
        MissingEvidence: no `token_logprobs` or no relation.
        InvalidParameter: a parameter is outside its limits.

    Degenerate cases. One answer, or one cluster: 0, at every n, where `KernelLanguageEntropy` is not 0. All
    contradict and are equally likely: log n.

    Cost. As `KernelLanguageEntropy`, with matrices of the number of clusters.

    Variant. KLE-c of the paper, App. B, whose edges are sums over pairs, so that larger clusters mix faster. The
    product is ours [inferred]: the released code multiplies kernel and masses entry by entry, which is not
    symmetric.

    Example:
        >>> from semuq import ExactMatch, SampleSet
        >>> samples = SampleSet(prompt="Capital of France?", texts=("Paris", "Paris", "Lyon"),
        ...                     token_logprobs=([-0.5], [-0.5], [-1.5]))
        >>> round(ClusterKernelEntropy(alpha=0).score(samples, ExactMatch()), 4)  # semantic entropy
        0.4319

    See also: KernelLanguageEntropyFull (over answers), SemanticEntropy (no kernel).

    References: Nikitin, Kossen, Gal, Marttinen, Kernel Language Entropy, NeurIPS 2024, arXiv:2405.20003, App. B.
    """

    mixture: Mixture = "convex"
    alpha: float = 0.5
    kernel: Kernel = _DEFAULT
    edges: Edges = "hard"
    worth: tuple[float, float, float] = (1.0, 0.5, 0.0)
    normalised_laplacian: bool = False
    length_normalised: bool = True
    equivalence: Equivalence = "strict"
    clustering: Clustering = "greedy"

    needs: ClassVar[frozenset[Need]] = frozenset({Need.LIKELIHOODS, Need.RELATION})
    units: ClassVar[Units] = "nats"
    papers: ClassVar[tuple[str, ...]] = (
        "Nikitin, Kossen, Gal, Marttinen, Kernel Language Entropy, NeurIPS 2024, arXiv:2405.20003",
    )
    blind_to: ClassVar[str] = "errors on which all answers agree; how near answers of one cluster are"
    depends_on_n: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_graph_options(self)
        one_of(self, get_args(Mixture), mixture=self.mixture)
        within(self, 0.0, 1.0, alpha=self.alpha)
        one_of(self, get_args(Equivalence), equivalence=self.equivalence)
        one_of(self, get_args(Clustering), clustering=self.clustering)

    def bounds(self, n: int) -> tuple[float, float]:
        """(0, log n)."""
        return (0.0, float(np.log(n)))

    def _score_stack(self, stack: EvidenceStack) -> FloatArray:
        clusters = stack.clusters(self.equivalence, self.clustering)
        weights = stack.relation.weights(self.edges, self.worth)
        loglik = stack.loglik(length_normalised=self.length_normalised)
        number = clusters.max(axis=1) + 1
        scores = np.empty(len(stack))
        for k in np.unique(number):  # only graphs of equal size stack
            own = number == k
            scores[own] = self._entropy(weights[own], clusters[own], loglik[own])
        return scores

    def _entropy(self, weights: FloatArray, clusters: IntArray, loglik: FloatArray) -> FloatArray:
        between = cluster_weights(weights, clusters)
        density = densities(self.kernel, laplacian(between, normalised=self.normalised_laplacian))
        log_masses = cluster_log_masses(loglik, clusters)
        k = density.shape[-1]
        if self.mixture == "convex":
            mixed = self.alpha * density + (1 - self.alpha) * np.exp(log_masses)[..., None] * np.eye(k)
        else:
            mixed = k * density * np.exp((log_masses[..., :, None] + log_masses[..., None, :]) / 2)
        return von_neumann_entropy(mixed)

    @classmethod
    def examples(cls) -> tuple[ClusterKernelEntropy, ...]:
        """Both mixtures, and semantic entropy."""
        return (cls(), cls(mixture="product", edges="soft"), cls(alpha=0.0))


def cluster_weights(weights: FloatArray, clusters: IntArray) -> FloatArray:
    """(..., K, K) sums of the weights (..., n, n) between the members of K clusters; a zero diagonal.

    >>> cluster_weights(np.array([[0.0, 2.0, 1.0], [2.0, 0.0, 0.5], [1.0, 0.5, 0.0]]), np.array([0, 0, 1]))
    array([[0. , 1.5],
           [1.5, 0. ]])
    """
    member = np.eye(clusters.max() + 1)[clusters]
    return fill_diagonal(np.asarray(member.swapaxes(-1, -2) @ weights @ member), 0.0)
