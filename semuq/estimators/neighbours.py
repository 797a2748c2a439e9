"""Nearest-neighbour estimators: entropy from how much company each answer has, without clusters.

Entropy of points on a line can be read off the distances to their nearest neighbours. Here similarities take the place
of distances, and a soft maximum that of the nearest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from semuq.checks import positive
from semuq.estimators.base import AnswerEstimator, Units
from semuq.evidence import Need
from semuq.evidence.stack import EvidenceStack
from semuq.numerics import FloatArray, log_normalise, logsumexp
from semuq.relations.base import affinity

__all__ = ["SNNE", "WeightedSNNE", "loneliness"]


_PAPER = (
    "Nguyen, Payani, Mirzasoleiman, Beyond Semantic Entropy: Boosting LLM Uncertainty Quantification with Pairwise "
    "Semantic Similarity, Findings of ACL 2025, arXiv:2506.00245"
)
_COUNTED = "the sum over neighbours grows with the number of answers, as the paper prints it"


@dataclass(frozen=True, kw_only=True)
class SNNE(AnswerEstimator):
    """SNNE, semantic nearest-neighbour entropy: how little company the answers have, taken softly.

    What it says. High: most answers resemble no other. Low: each has many that resemble it.

    Intuition. Clusters hide how tight they are and how near each other. The log of a sum of exponentials over all
    others sees both, and one odd answer moves it little.

    Formula.
        f_ij = (a(i -> j) + a(j -> i)) / 2,  f_ii = 1          similarity in [0, 1], (n, n)
        u_i  = -log sum_j exp(f_ij / t)                        what `score_answers` gives
        U    = (1/n) sum_i u_i

    Args:
        t: > 0, the paper's tau; the smaller, the more only the nearest neighbour counts.

    Returns (`score`): float64 (questions,), nats, within (-log n - 1/t, -log(n - 1 + exp(1/t))).

    Raises:
        MissingEvidence: no relation was passed.
        InvalidParameter: `t` is not > 0.

    Degenerate cases. One answer: -1/t. All the same: -log n - 1/t. None alike: -log(n - 1 + exp(1/t)). Always below 0:
    only its order means something, and only among questions with equally many answers.

    Cost. For u distinct answers u (u - 1) ordered pairs, shared by all estimators of one `evaluate`.

    Variant. Eq. 3 of the paper, with itself among the neighbours as in the released code's defaults (variant
    "only_denom", self-similarity kept, t = 1). The similarity is the relation's: `LexicalSimilarity` is the paper's
    ROUGE-L, `Entailment` its probabilities of entailment, `EmbeddingSimilarity` its cosine. With f = t log(1/n) within
    a cluster and no neighbours without, it is the discrete semantic entropy (Theorem 4.1).

    Example:
        >>> from semuq import ExactMatch, SampleSet
        >>> samples = SampleSet(prompt="Capital of France?", texts=("Paris", "paris", "Lyon"))
        >>> SNNE().score_answers(samples, ExactMatch()).round(4)  # -log(2 e + 1), twice, and -log(e + 2)
        array([-1.862 , -1.862 , -1.5514])

    See also: WeightedSNNE (with likelihoods), Degree (a mean in place of the soft maximum).

    References: Nguyen, Payani, Mirzasoleiman, arXiv:2506.00245, Eq. 3.
    """

    t: float = 1.0

    needs: ClassVar[frozenset[Need]] = frozenset({Need.RELATION})
    units: ClassVar[Units] = "nats"
    papers: ClassVar[tuple[str, ...]] = (_PAPER,)
    blind_to: ClassVar[str] = "errors on which all answers agree; questions with other n"
    depends_on_n: ClassVar[bool] = True

    def __post_init__(self) -> None:
        positive(self, t=self.t)

    @property
    def law_exceptions(self) -> Mapping[str, str]:
        """The number of answers matters, as in the paper."""
        return {"doubling": _COUNTED}

    def bounds(self, n: int) -> tuple[float, float]:
        """All alike, none alike; both ends are reached."""
        return _bounds(n, self.t)

    def _stack_answers(self, stack: EvidenceStack) -> FloatArray:
        return loneliness(affinity(stack.relation), self.t)

    @classmethod
    def examples(cls) -> tuple[SNNE, ...]:
        """Two temperatures."""
        return (cls(), cls(t=0.1))


@dataclass(frozen=True, kw_only=True)
class WeightedSNNE(SNNE):
    """WSNNE: `SNNE` in which answers the model finds likely weigh more.

    What it says. High: what the model finds likely resembles no other answer. Low: it has company.

    Formula. U = sum_i w_i u_i, u_i as in `SNNE`, w_i = exp(l_i) / sum_j exp(l_j), l_i the mean log-prob per token of
    answer i. `score_answers` gives u_i.

    Args:
        t: > 0, as in `SNNE`.

    Returns (`score`): float64 (questions,), nats, within (-log n - 1/t, -log(n - 1 + exp(1/t))).

    Raises:
        MissingEvidence: no `token_logprobs` or no relation.
        InvalidParameter: `t` is not > 0.

    Degenerate cases. As `SNNE`. Log-probs of -1e4: exact.

    Cost. As `SNNE`.

    Variant. Eq. 4 of the paper. Its text calls the length-normalised log-probability a probability; that its
    exponential is meant follows from the released code.

    Example:
        >>> from semuq import ExactMatch, SampleSet
        >>> samples = SampleSet(prompt="Capital of France?", texts=("Paris", "paris", "Lyon"),
        ...                     token_logprobs=(np.log([0.6]), np.log([0.2]), np.log([0.2])))
        >>> round(WeightedSNNE().score(samples, ExactMatch()), 4)
        -1.7999

    See also: SentenceSAR (likelihoods within the sum).

    References: Nguyen, Payani, Mirzasoleiman, arXiv:2506.00245, Eq. 4.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({Need.RELATION, Need.LIKELIHOODS})

    @property
    def law_exceptions(self) -> Mapping[str, str]:
        """The number of answers matters, as in the paper."""
        return {"doubling": _COUNTED}

    def _score_stack(self, stack: EvidenceStack) -> FloatArray:
        weights = np.exp(log_normalise(stack.loglik(length_normalised=True)))
        return np.asarray((weights * self._stack_answers(stack)).sum(axis=1))

    @classmethod
    def examples(cls) -> tuple[WeightedSNNE, ...]:
        """Two temperatures."""
        return (cls(), cls(t=0.1))


def loneliness(similarity: FloatArray, t: float = 1.0) -> FloatArray:
    """(..., n) -log sum_j exp(f_ij / t) of similarities (..., n, n) with 1 on the diagonal.

    >>> loneliness(np.array([[1.0, 0.0], [0.0, 1.0]])).round(4)
    array([-1.3133, -1.3133])
    """
    return 0.0 - logsumexp(similarity / t)


def _bounds(n: int, t: float) -> tuple[float, float]:
    return (-float(np.log(n)) - 1 / t, -float(np.logaddexp(np.log(n - 1), 1 / t)) if n > 1 else -1 / t)
