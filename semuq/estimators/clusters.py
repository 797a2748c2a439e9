"""Cluster estimators: simple readings of how the answers fall into meanings.

They count answers per cluster and need no log-probs; `SemanticRenyiEntropy` weighs clusters by
likelihood. With an equivalence over final answers these are what self-consistency looks at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

import numpy as np

from semuq.checks import one_of
from semuq.errors import InvalidParameter
from semuq.estimators.base import AnswerEstimator, Estimator, Units
from semuq.estimators.semantic import cluster_log_masses, cluster_sizes
from semuq.evidence import Need
from semuq.evidence.stack import EvidenceStack
from semuq.graphs import Clustering
from semuq.numerics import FloatArray, entropy, logsumexp
from semuq.relations.base import Equivalence

__all__ = [
    "ClusterMargin",
    "DiscreteRenyiEntropy",
    "MajorityUncertainty",
    "NumSemanticSets",
    "SemanticRenyiEntropy",
    "renyi_entropy",
]


Order = float | Literal["inf"]

_KUHN = "Kuhn, Gal, Farquhar, Semantic Uncertainty, ICLR 2023, arXiv:2302.09664"
_LIN = "Lin, Trivedi, Sun, Generating with Confidence, TMLR 2024, arXiv:2305.19187"
_WANG = "Wang et al., Self-Consistency Improves Chain of Thought Reasoning, ICLR 2023, arXiv:2203.11171"
_RENYI = "Renyi, On Measures of Entropy and Information, Berkeley Symposium 1961"


@dataclass(frozen=True, kw_only=True)
class _Clustered(Estimator):
    """What all cluster estimators share: which answers are together."""

    equivalence: Equivalence = "strict"
    clustering: Clustering = "greedy"

    def __post_init__(self) -> None:
        one_of(self, get_args(Equivalence), equivalence=self.equivalence)
        one_of(self, get_args(Clustering), clustering=self.clustering)

    def _shares(self, stack: EvidenceStack) -> FloatArray:
        """(q, K) share of the answers in each cluster, largest first, 0 for clusters that a question has not."""
        sizes = cluster_sizes(stack.clusters(self.equivalence, self.clustering))
        return np.sort(sizes / stack.n, axis=1)[:, ::-1]


@dataclass(frozen=True, kw_only=True)
class NumSemanticSets(_Clustered):
    """NumSet, the number of semantic sets: how many different things the model says.

    What it says. 1: one meaning in whatever words. n: a new meaning every time.

    Formula. U = K, the number of clusters of the n answers.

    Args:
        equivalence: "strict" or "relaxed", see `RelationScores.equivalence`.
        clustering: "greedy" or "components", see `semuq.graphs`.

    Returns (`score`): float64 (questions,), dimensionless, within (1, n).

    Raises:
        MissingEvidence: no relation was passed.
        InvalidParameter: an option is unknown.

    Degenerate cases. One answer: 1. All the same: 1. All different: n. It does not see how answers
    are spread over the clusters: 9 against 1 and 5 against 5 score alike.

    Cost. For u distinct answers at most u (u - 1) ordered pairs, and from an entailment model only those
    that greedy clustering asks for, unless another estimator of the same `evaluate` needs them all.

    Variant. U_NumSet of Lin et al., with the clusters of Kuhn et al. The released code of Lin et al.
    puts two answers together if neither direction contradicts, which is neither rule here.

    Example:
        >>> from semuq import ExactMatch, SampleSet
        >>> samples = SampleSet(prompt="Capital of France?", texts=("Paris", "paris", "Lyon"))
        >>> NumSemanticSets().score(samples, ExactMatch())
        2.0

    See also: EigenvalueSum (the soft count), DiscreteSemanticEntropy.

    References: Lin, Trivedi, Sun, arXiv:2305.19187, Sec. 4.2; Kuhn, Gal, Farquhar, arXiv:2302.09664.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({Need.CLUSTERS})
    units: ClassVar[Units] = "dimensionless"
    papers: ClassVar[tuple[str, ...]] = (_LIN, _KUHN)
    blind_to: ClassVar[str] = "how large the groups are; errors on which all answers agree"
    depends_on_n: ClassVar[bool] = True

    def bounds(self, n: int) -> tuple[float, float]:
        """(1, n)."""
        return (1.0, float(n))

    def _score_stack(self, stack: EvidenceStack) -> FloatArray:
        return np.asarray(stack.clusters(self.equivalence, self.clustering).max(axis=1) + 1.0)


@dataclass(frozen=True, kw_only=True)
class MajorityUncertainty(_Clustered, AnswerEstimator):
    """Self-consistency, turned: the share of answers that say something else than most.

    What it says. High: no meaning has a following. Low: nearly all answers say the same.

    Formula. U = 1 - max_c p_c, with p_c = |c| / n. `score_answers` gives 1 - p_c(i), c(i) the cluster of answer i; U is
    their minimum.

    Args:
        equivalence, clustering: as in `NumSemanticSets`.

    Returns (`score`): float64 (questions,), probability, within (0, 1 - 1/n).

    Raises:
        MissingEvidence: no relation was passed.
        InvalidParameter: an option is unknown.

    Degenerate cases. One answer: 0. All the same: 0. All different: 1 - 1/n.

    Cost. As `NumSemanticSets`.

    Variant. One minus the consistency of self-consistency, where p_c is the share of the majority
    answer; TTRL takes that majority for the label.

    Example:
        >>> from semuq import ExactMatch, SampleSet
        >>> samples = SampleSet(prompt="Capital of France?", texts=("Paris", "paris", "Paris.", "Lyon"))
        >>> MajorityUncertainty().score(samples, ExactMatch())
        0.25
        >>> MajorityUncertainty().score_answers(samples, ExactMatch())
        array([0.25, 0.25, 0.25, 0.75])

    See also: ClusterMargin, DiscreteRenyiEntropy(order="inf"), its logarithm.

    References: Wang et al., Self-Consistency, ICLR 2023, arXiv:2203.11171.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({Need.CLUSTERS})
    units: ClassVar[Units] = "probability"
    papers: ClassVar[tuple[str, ...]] = (_WANG,)
    blind_to: ClassVar[str] = "how many other meanings there are; errors on which all answers agree"

    def bounds(self, n: int) -> tuple[float, float]:
        """(0, 1 - 1/n)."""
        return (0.0, 1 - 1 / n)

    def _score_stack(self, stack: EvidenceStack) -> FloatArray:
        return 1.0 - self._shares(stack)[:, 0]

    def _stack_answers(self, stack: EvidenceStack) -> FloatArray:
        clusters = stack.clusters(self.equivalence, self.clustering)
        return 1.0 - np.take_along_axis(cluster_sizes(clusters), clusters, axis=1) / stack.n


@dataclass(frozen=True, kw_only=True)
class ClusterMargin(_Clustered):
    """The margin of meanings: how close the second most frequent meaning comes to the first.

    What it says. 1: two meanings tie for the lead. 0: there is no second.

    Formula. U = 1 - (p_(1) - p_(2)), the two largest shares p_c = |c| / n; p_(2) = 0 for one cluster.

    Args:
        equivalence, clustering: as in `NumSemanticSets`.

    Returns (`score`): float64 (questions,), probability, within (0, 1).

    Raises:
        MissingEvidence: no relation was passed.
        InvalidParameter: an option is unknown.

    Degenerate cases. One answer: 0. All the same: 0. All different: 1, for n >= 2.

    Cost. As `NumSemanticSets`.

    Variant. The margin of active learning (Scheffer et al. 2001) over clusters of meaning; taking it
    over clusters is a design of this package.

    Example:
        >>> from semuq import ExactMatch, SampleSet
        >>> samples = SampleSet(prompt="Capital of France?", texts=("Paris", "paris", "Paris.", "Lyon"))
        >>> ClusterMargin().score(samples, ExactMatch())
        0.5

    References: Scheffer, Decomain, Wrobel, Active Hidden Markov Models for Information Extraction,
        IDA 2001.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({Need.CLUSTERS})
    units: ClassVar[Units] = "probability"
    papers: ClassVar[tuple[str, ...]] = (
        "Scheffer, Decomain, Wrobel, Active Hidden Markov Models for Information Extraction, IDA 2001",
    )
    blind_to: ClassVar[str] = "all meanings behind the second; errors on which all answers agree"

    @property
    def law_exceptions(self) -> Mapping[str, str]:
        """Two small meanings taken for one can make a rival of the first."""
        return {"cluster_merge": "merging the second and third meaning narrows the margin of the first"}

    def bounds(self, n: int) -> tuple[float, float]:
        """(0, 1), and (0, 0) for one answer."""
        return (0.0, 1.0 if n > 1 else 0.0)

    def _score_stack(self, stack: EvidenceStack) -> FloatArray:
        shares = self._shares(stack)
        second = shares[:, 1] if shares.shape[1] > 1 else 0.0
        return np.asarray(1.0 - (shares[:, 0] - second))


@dataclass(frozen=True, kw_only=True)
class DiscreteRenyiEntropy(_Clustered):
    """Renyi entropy of counted meanings, in which frequent ones count the more the higher the order.

    What it says. High: the answers scatter over many meanings. Low: nearly all mean the same.

    Intuition. Order 2 asks how probably two answers agree (collision entropy: -log of it); order inf
    how frequent the most frequent meaning is; order 1 is Shannon's entropy; order 0 counts meanings.

    Formula. H_a = (1 / (1 - a)) log sum_c p_c^a, with p_c = |c| / n; a = 1 and inf by their limits.

    Args:
        order: a >= 0, or "inf" for the limit of large a.
        equivalence, clustering: as in `NumSemanticSets`.

    Returns (`score`): float64 (questions,), nats, within (0, log n).

    Raises:
        MissingEvidence: no relation was passed.
        InvalidParameter: an option is outside its limits.

    Degenerate cases. One answer: 0. All the same: 0. All different: log n, at every order.

    Cost. As `NumSemanticSets`.

    Variant. Renyi's family over the clusters of discrete semantic entropy. sum_c p_c^2, the collision
    probability, is the mean reward of label-free EMPO.

    Example:
        >>> from semuq import ExactMatch, SampleSet
        >>> samples = SampleSet(prompt="Capital of France?", texts=("Paris", "paris", "Paris.", "Lyon"))
        >>> round(DiscreteRenyiEntropy().score(samples, ExactMatch()), 4)  # log(16 / 10)
        0.47

    See also: SemanticRenyiEntropy (masses from likelihoods), DiscreteSemanticEntropy (order 1).

    References: Renyi, On Measures of Entropy and Information, 1961.
    """

    order: Order = 2.0

    needs: ClassVar[frozenset[Need]] = frozenset({Need.CLUSTERS})
    units: ClassVar[Units] = "nats"
    papers: ClassVar[tuple[str, ...]] = (_RENYI,)
    blind_to: ClassVar[str] = "rare meanings, the more the higher the order; errors on which all answers agree"

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_order(self, self.order)

    def bounds(self, n: int) -> tuple[float, float]:
        """(0, log n)."""
        return (0.0, float(np.log(n)))

    def _score_stack(self, stack: EvidenceStack) -> FloatArray:
        shares = self._shares(stack)
        return renyi_entropy(np.log(shares, out=np.full_like(shares, -np.inf), where=shares > 0), self.order)

    @classmethod
    def examples(cls) -> tuple[DiscreteRenyiEntropy, ...]:
        """Every limit of the order."""
        return (cls(), cls(order=0.0), cls(order=1.0), cls(order=0.5, clustering="components"), cls(order="inf"))


@dataclass(frozen=True, kw_only=True)
class SemanticRenyiEntropy(_Clustered):
    """Renyi entropy of the meanings, each counted by how likely the model finds it.

    What it says. As `DiscreteRenyiEntropy`, with clusters the model finds unlikely counted less.

    Formula. H_a as in `DiscreteRenyiEntropy`, with p_c = sum_{i in c} exp(l_i) / sum_j exp(l_j), and
    l_i as in `SemanticEntropy`.

    Args:
        order: a >= 0, or "inf" for the limit of large a.
        length_normalised: mean log-prob per token for l_i instead of the sum.
        equivalence, clustering: as in `NumSemanticSets`.

    Returns (`score`): float64 (questions,), nats, within (0, log n).

    Raises:
        MissingEvidence: no `token_logprobs` or no relation.
        InvalidParameter: an option is outside its limits.

    Degenerate cases. One answer: 0. All the same: 0. All different and equally likely: log n. A
    repeated answer adds its likelihood each time; log-probs of -1e4 are exact, by log-sum-exp.

    Cost. As `NumSemanticSets`.

    Variant. Renyi's family over the clusters of semantic entropy; at order 1 it equals
    SemanticEntropy(duplicates="count").

    Example:
        >>> from semuq import ExactMatch, SampleSet
        >>> samples = SampleSet(prompt="Capital of France?", texts=("Paris", "Lyon"),
        ...                     token_logprobs=(np.log([0.75]), np.log([0.25])))
        >>> round(SemanticRenyiEntropy().score(samples, ExactMatch()), 4)  # log(16 / 10)
        0.47

    See also: SemanticEntropy.

    References: Renyi, On Measures of Entropy and Information, 1961; Kuhn, Gal, Farquhar, arXiv:2302.09664.
    """

    order: Order = 2.0
    length_normalised: bool = True

    needs: ClassVar[frozenset[Need]] = frozenset({Need.LIKELIHOODS, Need.CLUSTERS})
    units: ClassVar[Units] = "nats"
    papers: ClassVar[tuple[str, ...]] = (_RENYI, _KUHN)
    blind_to: ClassVar[str] = "rare meanings, the more the higher the order; errors on which all answers agree"

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_order(self, self.order)

    def bounds(self, n: int) -> tuple[float, float]:
        """(0, log n)."""
        return (0.0, float(np.log(n)))

    def _score_stack(self, stack: EvidenceStack) -> FloatArray:
        clusters = stack.clusters(self.equivalence, self.clustering)
        loglik = stack.loglik(length_normalised=self.length_normalised)
        return renyi_entropy(cluster_log_masses(loglik, clusters), self.order)

    @classmethod
    def examples(cls) -> tuple[SemanticRenyiEntropy, ...]:
        """Both normalisations and a limit of the order."""
        return (cls(), cls(order="inf", length_normalised=False), cls(order=1.0))


def renyi_entropy(log_masses: FloatArray, order: Order) -> FloatArray:
    """(...) Renyi entropy in nats of masses given as logs (..., K), normalised to sum to 1; -inf is no cluster.

    >>> [float(renyi_entropy(np.log([0.5, 0.25, 0.25]), order).round(4)) for order in (0, 1, 2, "inf")]
    [1.0986, 1.0397, 0.9808, 0.6931]
    """
    if order == 0:
        return np.asarray(np.log((log_masses > -np.inf).sum(axis=-1)))
    if order == 1:
        return entropy(np.exp(log_masses))
    if order != "inf" and abs(order - 1) < 0.1:
        # Near 1 the quotient is of small differences, of which these two functions keep every digit.
        logs = np.where(log_masses > -np.inf, log_masses, 0.0)
        excess = (np.exp(log_masses) * np.expm1((order - 1) * logs)).sum(axis=-1)
        return np.maximum(0.0, np.log1p(excess) / (1 - order))
    top = log_masses.max(axis=-1)
    if order == "inf":
        return np.maximum(0.0, -top)
    # log sum p^a = a top + log sum exp(a (log p - top)): no underflow at any order.
    return np.maximum(0.0, (order * top + logsumexp(order * (log_masses - top[..., None]))) / (1 - order))


def _check_order(owner: Estimator, order: Order) -> None:
    if order != "inf" and (isinstance(order, str | bool) or not 0 <= order < np.inf):
        raise InvalidParameter(f"{type(owner).__name__}.order: expected a finite number >= 0 or 'inf', got {order!r}")
