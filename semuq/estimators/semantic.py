"""Semantic entropy: how many different meanings the answers have, weighted by how likely each is.

The family clusters answers by meaning with a relation and takes an entropy over the clusters. What
differs is where the clusters' masses come from: `SemanticEntropy` takes the model's likelihoods,
`DiscreteSemanticEntropy` counts answers and needs no log-probs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

import numpy as np

from semuq.checks import one_of
from semuq.errors import InvalidParameter
from semuq.estimators.base import Estimator, Units
from semuq.evidence import Need
from semuq.evidence.stack import EvidenceStack, likeliest_of_each
from semuq.graphs import Clustering
from semuq.numerics import BoolArray, FloatArray, IntArray, entropy, log_normalise, logsumexp
from semuq.relations.base import Equivalence

__all__ = ["DiscreteSemanticEntropy", "SemanticEntropy", "cluster_log_masses", "cluster_sizes"]


Form = Literal["shannon", "monte-carlo-clusters", "monte-carlo-samples"]
Duplicates = Literal["once", "count"]

_PAPERS = (
    "Kuhn, Gal, Farquhar, Semantic Uncertainty, ICLR 2023, arXiv:2302.09664",
    "Farquhar, Kossen, Kuhn, Gal, Detecting hallucinations in large language models using semantic "
    "entropy, Nature 630 (2024), doi:10.1038/s41586-024-07421-0",
)


@dataclass(frozen=True, kw_only=True)
class SemanticEntropy(Estimator):
    r"""Semantic entropy: how many different things the model says, each counted by how likely the model finds it.

    What it says. High: the likelihood is spread over several meanings. Low: nearly all of it lies on
    one meaning, in whatever words.

    Intuition. "Paris" and "It is Paris" are two sequences and one meaning. Entropy over sequences
    takes the choice of words for doubt; entropy over meanings does not.

    Formula.
        l_i = sum_t log p(t)  or its mean per token         log-likelihood of answer i, nats
        p_c = sum_{i in c} exp(l_i) / sum_j exp(l_j)        mass of cluster c, (clusters,)
        shannon               H = -sum_c p_c log p_c
        monte-carlo-clusters  H = -(1/K) sum_c log p_c      K clusters
        monte-carlo-samples   H = -(1/n) sum_i log p_c(i)   n answers, c(i) the cluster of answer i
    With `normalise=False` the masses are p_c = sum_{i in c} exp(l_i), as printed by Kuhn et al.

    Args:
        form: which of the three sums above.
        length_normalised: take the mean log-prob per token for l_i, so that long answers are not
            held to be unlikely; False takes their sum.
        normalise: make the masses sum to 1 over the sample. Without it the Shannon form is not an
            entropy and is refused.
        duplicates: "once" gives a repeated text the likelihood of one sequence, as a sum over
            distinct sequences does (the largest, should they differ); "count" adds it every time
            it was sampled, as the released code of Farquhar et al. does.
        equivalence: "strict" or "relaxed", see `RelationScores.equivalence`.
        clustering: "greedy" or "components", see `semuq.graphs`.

    Returns (`score`): float64 (questions,), nats, within `bounds(n)`.

    Raises:
        MissingEvidence: no `token_logprobs` or no relation.
        InvalidParameter: an option is unknown, or form="shannon" with normalise=False.

    Degenerate cases. One answer, or one cluster: 0 (with `normalise`). All distinct and equally
    likely: log n. Log-probs of -1e4: exact, by log-sum-exp.

    Cost. For u distinct answers at most u (u - 1) ordered pairs, and from an entailment model only those
    that greedy clustering asks for, unless another estimator of the same `evaluate` needs them all.

    Variant. The default is Farquhar et al. (2024): Shannon form, length-normalised, normalised masses;
    their code also has duplicates="count" and equivalence="relaxed". Kuhn et al. (2023), Eq. 4, is
    form="monte-carlo-clusters", normalise=False. SEED-GRPO prints the same sum with masses it calls
    probabilities; its code computes the Shannon form.

    Example:
        >>> from semuq import ExactMatch, SampleSet
        >>> samples = SampleSet(prompt="Capital of France?", texts=("Paris", "paris", "Lyon"),
        ...                     token_logprobs=([-0.5], [-0.7], [-1.5]))
        >>> round(SemanticEntropy().score(samples, ExactMatch()), 4)
        0.4531

    See also: DiscreteSemanticEntropy (no log-probs), KernelLanguageEntropy (soft clusters).

    References: arXiv:2302.09664 (Eq. 4, Alg. 1); Nature 630, 625-630 (2024).
    """

    form: Form = "shannon"
    length_normalised: bool = True
    normalise: bool = True
    duplicates: Duplicates = "once"
    equivalence: Equivalence = "strict"
    clustering: Clustering = "greedy"

    needs: ClassVar[frozenset[Need]] = frozenset({Need.LIKELIHOODS, Need.CLUSTERS})
    units: ClassVar[Units] = "nats"
    papers: ClassVar[tuple[str, ...]] = _PAPERS
    blind_to: ClassVar[str] = "errors on which all answers agree; how near two meanings are"

    def __post_init__(self) -> None:
        one_of(self, get_args(Form), form=self.form)
        one_of(self, get_args(Duplicates), duplicates=self.duplicates)
        one_of(self, get_args(Equivalence), equivalence=self.equivalence)
        one_of(self, get_args(Clustering), clustering=self.clustering)
        if self.form == "shannon" and not self.normalise:
            raise InvalidParameter(
                "SemanticEntropy.normalise: expected True with form='shannon' (the entropy of masses that do "
                "not sum to 1 is none), got False; take form='monte-carlo-clusters'"
            )

    @property
    def law_exceptions(self) -> Mapping[str, str]:
        """The mean over clusters is no entropy: merging two likely ones raises the share of a rare third."""
        reasons = {}
        if self.form == "monte-carlo-clusters":
            reasons["cluster_merge"] = "a mean over clusters weighs a rare cluster more once two others merge"
        if not self.normalise:
            reasons["logprob_shift"] = "masses are not normalised over the sample, as the paper prints it"
            if self.duplicates == "count":
                reasons["doubling"] = "each repetition adds its raw likelihood to the mass"
        return reasons

    def bounds(self, n: int) -> tuple[float, float]:
        """(0, log n) for the Shannon form; Monte Carlo forms have no upper bound, raw masses none at all."""
        if not self.normalise:
            return (-np.inf, np.inf)
        return (0.0, float(np.log(n)) if self.form == "shannon" else np.inf)

    def _score_stack(self, stack: EvidenceStack) -> FloatArray:
        clusters = stack.clusters(self.equivalence, self.clustering)
        loglik = stack.loglik(length_normalised=self.length_normalised)
        if self.duplicates == "once":
            # Of a text that a clustering such as Louvain splits, one occurrence in each cluster.
            kept = likeliest_of_each(stack.texts * stack.n + clusters, loglik)
            loglik = np.where(kept, loglik, -np.inf)
        log_masses = cluster_log_masses(loglik, clusters, normalise=self.normalise)
        if self.form == "shannon":
            return entropy(np.exp(log_masses))
        if self.form == "monte-carlo-clusters":
            number = clusters.max(axis=1) + 1
            exists = np.arange(log_masses.shape[1]) < number[:, None]
            return np.asarray(0.0 - np.where(exists, log_masses, 0.0).sum(axis=1) / number)
        return np.asarray(0.0 - np.take_along_axis(log_masses, clusters, axis=1).mean(axis=1))

    @classmethod
    def examples(cls) -> tuple[SemanticEntropy, ...]:
        """Every form, with the options that change a branch."""
        return (
            cls(),
            cls(length_normalised=False, clustering="components"),
            cls(duplicates="count", equivalence="relaxed"),
            cls(form="monte-carlo-clusters"),
            cls(form="monte-carlo-samples"),
            cls(form="monte-carlo-clusters", normalise=False, length_normalised=False),
        )


@dataclass(frozen=True, kw_only=True)
class DiscreteSemanticEntropy(Estimator):
    """Discrete semantic entropy: how many different things the model says, each counted by how often it was said.

    What it says. High: the answers scatter over many meanings. Low: nearly all answers mean the same.

    Intuition. The share of answers in a cluster estimates the probability of its meaning, without
    log-probs: all that a closed model's interface gives is enough.

    Formula. H = -sum_c p_c log p_c, with p_c = |c| / n for n answers in clusters c.

    Args:
        equivalence: "strict" or "relaxed", see `RelationScores.equivalence`.
        clustering: "greedy" or "components", see `semuq.graphs`.

    Returns (`score`): float64 (questions,), nats, within (0, log n).

    Raises:
        MissingEvidence: no relation was passed.

    Degenerate cases. One answer: 0. All the same: 0. All different: log n. A repeated answer counts
    every time.

    Cost. For u distinct answers at most u (u - 1) ordered pairs, and from an entailment model only those
    that greedy clustering asks for, unless another estimator of the same `evaluate` needs them all.

    Variant. The black-box estimator of Farquhar et al. (2024); the signal of label-free EMPO.

    Example:
        >>> from semuq import ExactMatch, SampleSet
        >>> samples = SampleSet(prompt="Capital of France?", texts=("Paris", "paris", "Lyon"))
        >>> round(DiscreteSemanticEntropy().score(samples, ExactMatch()), 4)
        0.6365

    See also: SemanticEntropy (with likelihoods).

    References: Nature 630, 625-630 (2024), Methods.
    """

    equivalence: Equivalence = "strict"
    clustering: Clustering = "greedy"

    needs: ClassVar[frozenset[Need]] = frozenset({Need.CLUSTERS})
    units: ClassVar[Units] = "nats"
    papers: ClassVar[tuple[str, ...]] = _PAPERS[1:]
    blind_to: ClassVar[str] = "errors on which all answers agree; how near two meanings are; how likely the answers are"

    def __post_init__(self) -> None:
        one_of(self, get_args(Equivalence), equivalence=self.equivalence)
        one_of(self, get_args(Clustering), clustering=self.clustering)

    def bounds(self, n: int) -> tuple[float, float]:
        """(0, log n)."""
        return (0.0, float(np.log(n)))

    def _score_stack(self, stack: EvidenceStack) -> FloatArray:
        return entropy(cluster_sizes(stack.clusters(self.equivalence, self.clustering)))

    @classmethod
    def examples(cls) -> tuple[DiscreteSemanticEntropy, ...]:
        """Both clusterings."""
        return (cls(), cls(equivalence="relaxed", clustering="components"))


def cluster_log_masses(loglik: FloatArray, clusters: IntArray, *, normalise: bool = True) -> FloatArray:
    """(..., K) log masses of K clusters: log-sum-exp of their members, normalised over all answers or raw.

    K is the largest number of clusters of any question; a question with fewer has -inf for the rest.

    >>> np.exp(cluster_log_masses(np.log([0.2, 0.1, 0.1]), np.array([0, 0, 1]))).round(2)
    array([0.75, 0.25])
    """
    log_masses = logsumexp(np.where(_members(clusters), loglik[..., None, :], -np.inf))
    return log_normalise(log_masses) if normalise else log_masses


def cluster_sizes(clusters: IntArray) -> IntArray:
    """(..., K) number of answers in each of K clusters, as in `cluster_log_masses`.

    >>> cluster_sizes(np.array([[0, 0, 1], [0, 0, 0]]))
    array([[2, 1],
           [3, 0]])
    """
    return np.asarray(_members(clusters).sum(axis=-1))


def _members(clusters: IntArray) -> BoolArray:
    """(..., K, n): is answer i in cluster k?"""
    return np.asarray(clusters[..., None, :] == np.arange(clusters.max(initial=-1) + 1)[:, None])
