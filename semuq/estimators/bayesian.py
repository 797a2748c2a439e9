"""What n answers say about the entropy of meanings: a posterior, where the number of meanings is unknown.

An entropy of counts is one number; this is a distribution over entropies, wide after two answers and narrow after
twenty. It knows that meanings may not have come up yet. `semuq.inference.adaptive` stops sampling by it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, get_args

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import digamma, gammaln, polygamma

from semuq.checks import one_of, positive, whole
from semuq.errors import InvalidParameter
from semuq.estimators.base import Estimator, Units
from semuq.estimators.coverage import as_counts
from semuq.estimators.semantic import cluster_sizes
from semuq.evidence import Need
from semuq.evidence.stack import EvidenceStack
from semuq.graphs import Clustering
from semuq.numerics import FloatArray, entropy, log_normalise
from semuq.relations.base import Equivalence

__all__ = [
    "BayesianSemanticEntropy",
    "EntropyPosterior",
    "entropy_posterior",
    "fitted_prior",
    "meanings_posterior",
    "meanings_prior",
]


MOST = 50
"""Meanings that a question is taken to have at most."""


@dataclass(frozen=True, kw_only=True)
class BayesianSemanticEntropy(Estimator):
    """Bayesian semantic entropy: the entropy of meanings that n answers lead one to expect, those not seen included.

    What it says. High: the answers scatter, or there are too few of them to say that they do not. Low: many agree.

    Intuition. Two answers that agree are weak evidence, ten are strong; their counted entropy is 0 either way. A
    posterior over how many meanings there are and how likely each is tells the two apart, and says something after one
    answer.

    Formula. U = E[H | counts] under K ~ prior, p ~ Dirichlet(concentration, ..., concentration) over K meanings; see
    `entropy_posterior`, whose exact mean it is.

    Args:
        concentration: > 0; 1 takes all p to be alike likely, smaller ones expect one meaning to lead.
        equivalence: "strict" or "relaxed", see `RelationScores.equivalence`.
        clustering: "greedy" or "components", see `semuq.graphs`.

    Returns (`score`): float64 (questions,), nats, within (0, log max(50, n)).

    Raises:
        MissingEvidence: no relation was passed.
        InvalidParameter: an option is outside its limits.

    Degenerate cases. One answer: nearly the prior's, 0.57. All the same: falls with n, to 0 in the limit. All
    different: above log n, since more may be unseen.

    Cost. The pairs of a clustering; the posterior once for each distinct set of counts.

    Variant. The model of Ciosek et al. on counts alone, with the fixed prior of `meanings_prior`; they also bound each
    p by the probabilities of its answers and learn the prior. Sun et al. steer the sampling besides.

    Example:
        >>> from semuq import ExactMatch, SampleSet
        >>> few = SampleSet(prompt="Capital of France?", texts=("Paris",) * 2)
        >>> many = SampleSet(prompt="Capital of France?", texts=("Paris",) * 10)
        >>> BayesianSemanticEntropy().score([few, many], ExactMatch()).round(4)
        array([0.2324, 0.0189])

    See also: CoverageSemanticEntropy (no prior), DiscreteSemanticEntropy (0 for both).

    References: Ciosek, Felicioni, Ghiassian, Hallucination Detection on a Budget, arXiv:2504.03579; Sun et al.,
        arXiv:2603.22812.
    """

    concentration: float = 1.0
    equivalence: Equivalence = "strict"
    clustering: Clustering = "greedy"

    needs: ClassVar[frozenset[Need]] = frozenset({Need.CLUSTERS})
    units: ClassVar[Units] = "nats"
    papers: ClassVar[tuple[str, ...]] = (
        "Ciosek, Felicioni, Ghiassian, Hallucination Detection on a Budget: Efficient Bayesian Estimation of Semantic "
        "Entropy, arXiv:2504.03579",
        "Sun et al., Efficient Hallucination Detection: Adaptive Bayesian Estimation of Semantic Entropy with Guided "
        "Semantic Exploration, arXiv:2603.22812",
    )
    blind_to: ClassVar[str] = "errors on which all answers agree; how near two meanings are"
    depends_on_n: ClassVar[bool] = True

    def __post_init__(self) -> None:
        positive(self, concentration=self.concentration)
        one_of(self, get_args(Equivalence), equivalence=self.equivalence)
        one_of(self, get_args(Clustering), clustering=self.clustering)

    @property
    def law_exceptions(self) -> Mapping[str, str]:
        """More answers are more evidence."""
        return {"doubling": "twice as many answers are better evidence for the same shares"}

    def bounds(self, n: int) -> tuple[float, float]:
        """(0, log of the most meanings that the prior knows)."""
        return (0.0, float(np.log(max(MOST, n))))

    def _score_stack(self, stack: EvidenceStack) -> FloatArray:
        prior = tuple(meanings_prior(max(MOST, stack.n)).tolist())
        sizes = np.sort(cluster_sizes(stack.clusters(self.equivalence, self.clustering)), axis=1)[:, ::-1]
        counts = [tuple(map(float, own[own > 0])) for own in sizes]
        return np.array([_exact(own, prior, float(self.concentration))[0] for own in counts])

    @classmethod
    def examples(cls) -> tuple[BayesianSemanticEntropy, ...]:
        """The default, and one that expects a leader."""
        return (cls(), cls(concentration=0.3, equivalence="relaxed", clustering="components"))


@dataclass(frozen=True, kw_only=True, eq=False)
class EntropyPosterior:
    """A posterior of the entropy of meanings.

    Args:
        mean, variance: of the entropy, exact; nats and nats squared.
        draws: (draws,) entropies drawn from it, ascending; what intervals and probabilities are read off.
    """

    mean: float
    variance: float
    draws: FloatArray

    def interval(self, confidence: float = 0.9) -> tuple[float, float]:
        """The central credible interval that holds the entropy with this probability."""
        low, high = np.quantile(self.draws, [(1 - confidence) / 2, (1 + confidence) / 2])
        return float(low), float(high)

    def above(self, threshold: float) -> float:
        """The probability that the entropy is above a threshold."""
        return float(1 - np.searchsorted(self.draws, threshold, side="right") / len(self.draws))


def meanings_prior(most: int = MOST) -> FloatArray:
    """(most,) P(K) in proportion to 1 / (K (K + 1)) for K = 1..most meanings: half of all questions have one, and
    many meanings are rare but never ruled out.

    >>> meanings_prior(4).round(3)
    array([0.625, 0.208, 0.104, 0.062])
    """
    whole(None, 1, most=most)
    numbers = np.arange(1, most + 1)
    weights = 1 / (numbers * (numbers + 1))
    return np.asarray(weights / weights.sum())


def fitted_prior(numbers: ArrayLike, most: int = MOST, weight: float = 10.0) -> FloatArray:
    """(most,) P(K) from the numbers of meanings that past questions had, `meanings_prior` weighing as `weight` more.

    >>> fitted_prior([1, 1, 1, 2], most=4, weight=1).round(3)
    array([0.725, 0.242, 0.021, 0.012])
    """
    seen = np.asarray(numbers)
    if seen.ndim != 1 or not ((seen >= 1) & (seen == np.floor(seen))).all():
        raise InvalidParameter(f"numbers: expected whole numbers of meanings >= 1, got {numbers!r:.60}")
    counted = np.bincount(np.minimum(seen.astype(np.int64), most) - 1, minlength=most)
    return np.asarray((counted + weight * meanings_prior(most)) / (counted.sum() + weight))


def meanings_posterior(counts: ArrayLike, prior: ArrayLike | None = None, concentration: float = 1.0) -> FloatArray:
    """(most,) P(K | counts): how many meanings there are, those not seen included.

    Formula. With k meanings seen, n_c answers in meaning c, n in all, and a = concentration,
        P(counts | K) = K! / (K - k)!  Gamma(K a) / Gamma(K a + n)  prod_c Gamma(a + n_c) / Gamma(a),  0 for K < k.
    The first factor counts the ways to say which of the K meanings are those that were seen.

    >>> meanings_posterior([8, 2], meanings_prior(4)).round(3)
    array([0.   , 0.758, 0.19 , 0.052])
    """
    seen, known = as_counts(counts), _prior(prior)
    k, n = len(seen), seen.sum()
    if k > len(known):
        raise InvalidParameter(f"prior: expected at least {k} entries (meanings seen), got {len(known)}")
    numbers = np.arange(k, len(known) + 1)
    with np.errstate(divide="ignore"):  # a prior of 0 rules a number out
        logs = (
            np.log(known[k - 1 :])
            + gammaln(numbers + 1)
            - gammaln(numbers - k + 1)
            + gammaln(numbers * concentration)
            - gammaln(numbers * concentration + n)
        )
    if np.isneginf(logs).all():
        raise InvalidParameter(f"prior: expected mass on {k} meanings or more, which were seen, got none")
    return np.concatenate([np.zeros(k - 1), np.exp(log_normalise(logs))])


def entropy_posterior(
    counts: ArrayLike,
    *,
    prior: ArrayLike | None = None,
    concentration: float = 1.0,
    draws: int = 2000,
    seed: int = 0,
) -> EntropyPosterior:
    """The posterior of the entropy of meanings, given how many answers had each.

    Model. K meanings, K ~ prior; their probabilities p ~ Dirichlet(concentration, ..., concentration); answers are
    drawn from p. Given K, p is again Dirichlet, with the counts added, so mean and variance of H are known:
        E[H | K] = psi(A + 1) - sum_c (a_c / A) psi(a_c + 1),   a_c = concentration + n_c,  A = sum_c a_c.

    Args:
        counts: answers per meaning seen; order does not matter.
        prior: (most,) P(K); None is `meanings_prior()`.
        concentration: > 0; 1 takes all p to be alike likely, smaller ones expect one meaning to lead.
        draws: for intervals and probabilities.
        seed: of the draws.

    Degenerate cases. More meanings seen than the prior has entries: refused. One answer: nearly the prior.

    Cost. draws x E[K] gamma variates, once for each distinct set of counts.

    Example:
        >>> few, many = entropy_posterior([2, 1]), entropy_posterior([20, 10])
        >>> [round(high - low, 2) for low, high in (few.interval(), many.interval())]
        [1.77, 0.22]

    Variant. Ciosek et al. also bound each p from below by the sequence probabilities of its answers and learn the
    prior of K from past questions (`fitted_prior`); the bound is left out here, counts are all that is used.

    References: Ciosek, Felicioni, Ghiassian, Hallucination detection on a budget, arXiv:2504.03579;
        Wolpert and Wolf, Physical Review E 52, 1995 (the moments).
    """
    positive(None, concentration=concentration)
    whole(None, 1, draws=draws)
    return _posterior(
        tuple(sorted(as_counts(counts).tolist(), reverse=True)),
        tuple(_prior(prior).tolist()),
        float(concentration),
        draws,
        seed,
    )


@lru_cache(maxsize=4096)
def _posterior(
    counts: Sequence[float], prior: Sequence[float], concentration: float, draws: int, seed: int
) -> EntropyPosterior:
    mean, variance = _exact(counts, prior, concentration)
    of_number = meanings_posterior(counts, prior, concentration)
    drawn = _draws(np.asarray(counts), of_number, concentration, draws, np.random.default_rng(seed))
    return EntropyPosterior(mean=mean, variance=variance, draws=drawn)


@lru_cache(maxsize=4096)
def _exact(counts: Sequence[float], prior: Sequence[float], concentration: float) -> tuple[float, float]:
    """Mean and variance of the entropy, without a draw."""
    of_number = meanings_posterior(counts, prior, concentration)
    means, squares = np.zeros(len(prior)), np.zeros(len(prior))
    for index in np.flatnonzero(of_number):
        own = np.concatenate([np.asarray(counts), np.zeros(index + 1 - len(counts))]) + concentration
        means[index], variance = _moments(own)
        squares[index] = variance + means[index] ** 2
    mean = float(of_number @ means)
    return mean, max(float(of_number @ squares) - mean**2, 0.0)


def _moments(shapes: FloatArray) -> tuple[float, float]:
    """Mean and variance of the entropy of p ~ Dirichlet(shapes)."""
    total = shapes.sum()
    mean = float(digamma(total + 1) - (shapes / total * digamma(shapes + 1)).sum())
    # E[p_i p_j log p_i log p_j] and E[p_i^2 log^2 p_i], each by differentiating the Dirichlet's normaliser twice.
    across = digamma(shapes + 1) - digamma(total + 2)
    both = np.outer(shapes, shapes) * (np.outer(across, across) - polygamma(1, total + 2))
    within = digamma(shapes + 2) - digamma(total + 2)
    own = shapes * (shapes + 1) * (within**2 + polygamma(1, shapes + 2) - polygamma(1, total + 2))
    second = (both.sum() - np.trace(both) + own.sum()) / (total * (total + 1))
    return mean, max(float(second) - mean**2, 0.0)


def _draws(
    counts: FloatArray, of_number: FloatArray, concentration: float, draws: int, rng: np.random.Generator
) -> FloatArray:
    numbers, times = np.unique(rng.choice(len(of_number), size=draws, p=of_number) + 1, return_counts=True)
    found = []
    for number, own in zip(numbers, times, strict=True):
        shapes = np.full(number, concentration)
        shapes[: len(counts)] += counts
        found.append(entropy(rng.standard_gamma(shapes, size=(own, number))))
    return np.sort(np.concatenate(found))


def _prior(prior: ArrayLike | None) -> FloatArray:
    if prior is None:
        return meanings_prior()
    array = np.asarray(prior, dtype=np.float64)
    if array.ndim != 1 or not array.size or not (array >= 0).all() or not np.isfinite(array).all() or not array.sum():
        raise InvalidParameter(f"prior: expected P(K) for K = 1, 2, ..., got {prior!r:.60}")
    return array / array.sum()
