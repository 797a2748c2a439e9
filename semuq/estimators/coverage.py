"""Entropy of meanings when some meanings have not been seen: coverage and its correction, on counts alone.

Ten answers to an open question rarely show every meaning the model has in store, so that the entropy of their counts
is too low. How much mass is missing can be read off how many meanings came up only once (Good and Turing).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, get_args

import numpy as np
from numpy.typing import ArrayLike

from semuq.checks import one_of
from semuq.errors import InvalidParameter
from semuq.estimators.base import Estimator, Units
from semuq.estimators.semantic import cluster_sizes
from semuq.evidence import Need
from semuq.evidence.stack import EvidenceStack
from semuq.graphs import Clustering
from semuq.numerics import FloatArray
from semuq.relations.base import Equivalence

__all__ = ["CoverageSemanticEntropy", "as_counts", "coverage", "coverage_adjusted_entropy"]


@dataclass(frozen=True, kw_only=True)
class CoverageSemanticEntropy(Estimator):
    """Coverage-adjusted semantic entropy: the entropy of meanings, corrected for those that did not come up.

    What it says. High: many meanings, and most of them seen only once, so that more must be left unseen. Low: one.

    Intuition. Counted entropy is too low when meanings are missing from the sample. How much probability lies on them
    is the share of answers whose meaning came up once (Good and Turing); what was seen is scaled down by it and counted
    up for how often it would have been missed.

    Formula. `coverage_adjusted_entropy` of the numbers of answers in each cluster.

    Args:
        equivalence: "strict" or "relaxed", see `RelationScores.equivalence`.
        clustering: "greedy" or "components", see `semuq.graphs`.

    Returns (`score`): float64 (questions,), nats, from 0 to the value of n different meanings, about 2 log n.

    Raises:
        MissingEvidence: no relation was passed.
        InvalidParameter: an option is unknown.

    Degenerate cases. One answer, or all the same: 0. All different: the upper bound, far above log n. The correction
    takes away bias and adds spread: with five answers and few meanings, counting errs less by squared error.

    Cost. The pairs of a clustering.

    Variant. The estimator of Chao and Shen, which McCabe et al. adjust semantic entropy with; they take the number of
    meanings from a hybrid of this coverage and of the graph's spectrum, here the coverage is Good-Turing's [inferred:
    the hybrid's constants were not to be had].

    Example:
        >>> from semuq import ExactMatch, SampleSet
        >>> samples = SampleSet(prompt="Capital of France?", texts=("Paris",) * 6 + ("Lyon",) * 3 + ("Nice",))
        >>> round(CoverageSemanticEntropy().score(samples, ExactMatch()), 4)  # 0.8979 when only counted
        1.0572

    See also: DiscreteSemanticEntropy (not corrected), BayesianSemanticEntropy.

    References: McCabe, Melamed, Hartvigsen, Huang, arXiv:2509.14478; Chao, Shen, Environmental and Ecological
        Statistics 10 (2003).
    """

    equivalence: Equivalence = "strict"
    clustering: Clustering = "greedy"

    needs: ClassVar[frozenset[Need]] = frozenset({Need.CLUSTERS})
    units: ClassVar[Units] = "nats"
    papers: ClassVar[tuple[str, ...]] = (
        "McCabe, Melamed, Hartvigsen, Huang, Estimating Semantic Alphabet Size for LLM Uncertainty Quantification, "
        "ICLR 2026, arXiv:2509.14478",
        "Chao, Shen, Nonparametric estimation of Shannon's index of diversity when there are unseen species in sample, "
        "Environmental and Ecological Statistics 10 (2003)",
    )
    blind_to: ClassVar[str] = "errors on which all answers agree; how near two meanings are"
    depends_on_n: ClassVar[bool] = True

    def __post_init__(self) -> None:
        one_of(self, get_args(Equivalence), equivalence=self.equivalence)
        one_of(self, get_args(Clustering), clustering=self.clustering)

    @property
    def law_exceptions(self) -> Mapping[str, str]:
        """More answers leave less unseen."""
        return {"doubling": "a meaning seen twice is no longer evidence of unseen ones"}

    def bounds(self, n: int) -> tuple[float, float]:
        """One meaning; as many as answers."""
        return (0.0, coverage_adjusted_entropy(np.ones(n)))

    def _score_stack(self, stack: EvidenceStack) -> FloatArray:
        sizes = cluster_sizes(stack.clusters(self.equivalence, self.clustering))
        return np.array([coverage_adjusted_entropy(own) for own in sizes])

    @classmethod
    def examples(cls) -> tuple[CoverageSemanticEntropy, ...]:
        """Both clusterings."""
        return (cls(), cls(equivalence="relaxed", clustering="components"))


def as_counts(counts: ArrayLike) -> FloatArray:
    """(k,) whole numbers >= 1 of answers per meaning; empty meanings are left out.

    Raises:
        InvalidParameter: no answer at all, or something that is not a number of answers.
    """
    array = np.asarray(counts, dtype=np.float64)
    if array.ndim != 1 or not (array >= 0).all() or not (array == np.floor(array)).all() or not array.sum():
        raise InvalidParameter(f"counts: expected numbers of answers per meaning, at least one answer, got {counts!r}")
    return array[array > 0]


def coverage(counts: ArrayLike) -> float:
    """The share of the model's distribution that lies on the meanings seen so far, estimated (Good-Turing).

    C = 1 - f1 / n, with f1 meanings among n answers that came up once. Where all did, f1 = n - 1 is taken: a coverage
    of 0 would say that what was seen does not exist (Chao and Shen).

    >>> coverage([6, 3, 1]), coverage([1, 1, 1, 1]), coverage([1])
    (0.9, 0.25, 1.0)
    """
    seen = as_counts(counts)
    n = seen.sum()
    once = float((seen == 1).sum())
    return float(1 - min(once, n - 1) / n)


def coverage_adjusted_entropy(counts: ArrayLike) -> float:
    """Entropy in nats, meanings not seen included (Chao and Shen).

    Formula.
        p_c = C n_c / n                                     seen meanings share what is covered
        H   = -sum_c p_c log p_c / (1 - (1 - p_c)^n)        each as often as it would be missed (Horvitz-Thompson)

    Degenerate cases. One answer, or all alike: 0. All different: far above log n.

    >>> round(coverage_adjusted_entropy([6, 3, 1]), 4)
    1.0572

    References: Chao and Shen, Environmental and Ecological Statistics 10, 2003; for answers of language models
        McCabe et al., Estimating semantic alphabet size, arXiv:2509.14478.
    """
    seen = as_counts(counts)
    n = seen.sum()
    p = coverage(seen) * seen / n
    # log1p: of a rare meaning 1 - p is 1 to many digits.
    missed = np.where(p < 1, np.exp(n * np.log1p(-np.minimum(p, 1 - 1e-16))), 0.0)
    return float(max(-(p * np.log(p) / (1 - missed)).sum(), 0.0))
