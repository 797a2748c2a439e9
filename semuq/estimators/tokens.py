"""Estimators that weigh tokens, or answers, by how much they matter to the meaning (SAR, MARS).

"It is Paris": the doubt worth counting is in one token of three. Token relevance is evidence like any
other (`SampleSet.token_relevance`); `relevance_by_removal` makes it from an embedder.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from semuq.checks import positive
from semuq.errors import MissingEvidence
from semuq.estimators.base import AnswerEstimator, Units
from semuq.evidence import Embedder, Need
from semuq.evidence.stack import EvidenceStack, PerToken
from semuq.numerics import FloatArray, fill_diagonal, logsumexp, unit_rows
from semuq.relations.base import affinity
from semuq.samples import SampleSet

__all__ = [
    "MARS",
    "SAR",
    "SentenceSAR",
    "TokenSAR",
    "relevance_by_removal",
    "shifted_surprise",
    "weighted_surprise",
    "with_token_relevance",
]


_PAPER = "Duan et al., Shifting Attention to Relevance, ACL 2024, arXiv:2307.01379"
_SHIFT = {"logprob_shift": "measures likelihood itself, not how it is spread over the answers"}
_AGREE = {**_SHIFT, "doubling": "more answers that agree add to each one's probability, as a sum in the paper"}


@dataclass(frozen=True, kw_only=True)
class TokenSAR(AnswerEstimator):
    """TokenSAR: how surprising the tokens that carry the meaning are.

    What it says. High: the words that matter were guesses. Low: they were certain.

    Formula. u_i = sum_t R_t (-log p(t)), R_t = r_t / sum_t r_t, r the relevance of the tokens of answer i;
    U = (1/n) sum_i u_i. `score_answers` gives u_i.

    Returns (`score`): float64 (questions,), nats, within (0, inf).

    Raises:
        MissingEvidence: no `token_logprobs` or no `token_relevance`.

    Degenerate cases. An answer without tokens counts 0. No token relevant: all weigh alike, where the
    released code divides 0 by 0.

    Cost. None here; an embedding per token for `relevance_by_removal`.

    Variant. Token-level SAR of the paper, averaged over answers as its released code does.

    Example:
        >>> from semuq import SampleSet
        >>> samples = SampleSet(prompt="Capital of France?", texts=("It is Paris",),
        ...                     token_logprobs=([-0.5, -0.1, -2.0],), token_relevance=([0.0, 0.0, 0.7],))
        >>> TokenSAR().score(samples)
        2.0

    References: Duan et al., Shifting Attention to Relevance, ACL 2024, arXiv:2307.01379, Sec. 4.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({Need.LIKELIHOODS, Need.TOKEN_RELEVANCE})
    units: ClassVar[Units] = "nats"
    papers: ClassVar[tuple[str, ...]] = (_PAPER,)
    blind_to: ClassVar[str] = "that two wordings mean the same; whatever the token relevance misses"

    @property
    def law_exceptions(self) -> Mapping[str, str]:
        """Likelihood is what this measures."""
        return _SHIFT

    def bounds(self, n: int) -> tuple[float, float]:
        """(0, inf)."""
        return (0.0, np.inf)

    def _stack_answers(self, stack: EvidenceStack) -> FloatArray:
        return weighted_surprise(stack.tokens("token_logprobs"), stack.tokens("token_relevance"))


@dataclass(frozen=True, kw_only=True)
class MARS(AnswerEstimator):
    """MARS: how surprising an answer is, half by all its tokens alike, half by those that carry the meaning.

    What it says. As `TokenSAR`, less extreme: no token is ignored.

    Formula. u_i = sum_t (1 / (2 T_i) + R_t / 2) (-log p(t)), R as in `TokenSAR`; U = (1/n) sum_i u_i.
    `score_answers` gives u_i.

    Returns (`score`): float64 (questions,), nats, within (0, inf).

    Raises:
        MissingEvidence: no `token_logprobs` or no `token_relevance`.

    Degenerate cases. An answer without tokens counts 0. No token relevant: all weigh alike.

    Cost. As `TokenSAR`.

    Variant. The scoring function of the paper with R for its importance coefficients, which the paper
    takes from a model trained for phrases of an answer. Averaged over the answers.

    Example:
        >>> from semuq import SampleSet
        >>> samples = SampleSet(prompt="Capital of France?", texts=("It is Paris",),
        ...                     token_logprobs=([-0.5, -0.5, -2.0],), token_relevance=([0.0, 0.0, 0.7],))
        >>> MARS().score(samples)
        1.5

    References: Bakman et al., MARS: Meaning-Aware Response Scoring, ACL 2024, arXiv:2402.11756.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({Need.LIKELIHOODS, Need.TOKEN_RELEVANCE})
    units: ClassVar[Units] = "nats"
    papers: ClassVar[tuple[str, ...]] = (
        "Bakman et al., MARS: Meaning-Aware Response Scoring, ACL 2024, arXiv:2402.11756",
    )
    blind_to: ClassVar[str] = "that two wordings mean the same; whatever the token relevance misses"

    @property
    def law_exceptions(self) -> Mapping[str, str]:
        """Likelihood is what this measures."""
        return _SHIFT

    def bounds(self, n: int) -> tuple[float, float]:
        """(0, inf)."""
        return (0.0, np.inf)

    def _stack_answers(self, stack: EvidenceStack) -> FloatArray:
        relevant = weighted_surprise(stack.tokens("token_logprobs"), stack.tokens("token_relevance"))
        return (relevant - stack.loglik(length_normalised=True)) / 2


@dataclass(frozen=True, kw_only=True)
class SentenceSAR(AnswerEstimator):
    """SentenceSAR: how unlikely the answers are, once each is lent the probability of those that mean the same.

    What it says. High: unlikely answers that nothing else resembles. Low: likely, or in good company.

    Formula. u_i = -log(p_i + (1/t) sum_{j != i} s_ij p_j), p_i = exp(sum_t log p(t)), s as in
    `PairwiseDissimilarity`; U = (1/n) sum_i u_i. `score_answers` gives u_i.

    Args:
        t: > 0, temperature of the company; the smaller, the more it counts.

    Returns (`score`): float64 (questions,), nats, within (-log(1 + (n - 1) / t), inf).

    Raises:
        MissingEvidence: no `token_logprobs` or no relation.
        InvalidParameter: `t` is not > 0.

    Degenerate cases. One answer: -log p. Below 0 where company exceeds certainty, since the sum is no
    probability. Log-probs of -1e4: exact, by log-sum-exp.

    Cost. For u distinct answers u (u - 1) ordered pairs, shared by all estimators of one `evaluate`.

    Variant. Sentence-level SAR of the paper, t = 0.001; its similarities come from a cross-encoder.

    Example:
        >>> from semuq import ExactMatch, SampleSet
        >>> samples = SampleSet(prompt="Capital of France?", texts=("Paris", "paris"),
        ...                     token_logprobs=(np.log([0.5]), np.log([0.25])))
        >>> SentenceSAR(t=0.5).score_answers(samples, ExactMatch()).round(4)  # -log 1, -log 1.25
        array([ 0.    , -0.2231])

    References: Duan et al., arXiv:2307.01379, Sec. 4.
    """

    t: float = 0.001

    needs: ClassVar[frozenset[Need]] = frozenset({Need.LIKELIHOODS, Need.RELATION})
    units: ClassVar[Units] = "nats"
    papers: ClassVar[tuple[str, ...]] = (_PAPER,)
    blind_to: ClassVar[str] = "errors on which all answers agree; questions with other n"
    depends_on_n: ClassVar[bool] = True

    def __post_init__(self) -> None:
        positive(self, t=self.t)

    @property
    def law_exceptions(self) -> Mapping[str, str]:
        """A sum over the company, as the paper prints it."""
        return _AGREE

    def bounds(self, n: int) -> tuple[float, float]:
        """All certain and alike; no upper bound."""
        return (-float(np.log1p((n - 1) / self.t)), np.inf)

    def _stack_answers(self, stack: EvidenceStack) -> FloatArray:
        return shifted_surprise(stack.loglik(length_normalised=False), affinity(stack.relation), self.t)


@dataclass(frozen=True, kw_only=True)
class SAR(AnswerEstimator):
    """SAR: `SentenceSAR` with the relevant tokens' surprise for an answer's log-probability.

    What it says. High: what matters in the answers was guessed, and they do not resemble each other.

    Formula. u_i as in `SentenceSAR`, with p_i = exp(-v_i) and v_i the u_i of `TokenSAR`.

    Args:
        t: > 0, as in `SentenceSAR`.

    Returns (`score`): float64 (questions,), nats, within (-log(1 + (n - 1) / t), inf).

    Raises:
        MissingEvidence: no `token_logprobs`, no `token_relevance` or no relation.
        InvalidParameter: `t` is not > 0.

    Degenerate cases. As `SentenceSAR` and `TokenSAR`.

    Cost. As `SentenceSAR` and `TokenSAR`.

    Variant. SAR of the paper, t = 0.001.

    Example:
        >>> from semuq import ExactMatch, SampleSet
        >>> samples = SampleSet(prompt="Capital of France?", texts=("Paris", "Lyon"),
        ...                     token_logprobs=([-0.5], [-1.5]), token_relevance=([1.0], [1.0]))
        >>> SAR().score(samples, ExactMatch())
        1.0

    References: Duan et al., arXiv:2307.01379, Sec. 4.
    """

    t: float = 0.001

    needs: ClassVar[frozenset[Need]] = frozenset({Need.LIKELIHOODS, Need.TOKEN_RELEVANCE, Need.RELATION})
    units: ClassVar[Units] = "nats"
    papers: ClassVar[tuple[str, ...]] = (_PAPER,)
    blind_to: ClassVar[str] = (
        "errors on which all answers agree; whatever the token relevance misses; questions with other n"
    )
    depends_on_n: ClassVar[bool] = True

    def __post_init__(self) -> None:
        positive(self, t=self.t)

    @property
    def law_exceptions(self) -> Mapping[str, str]:
        """A sum over the company, as the paper prints it."""
        return _AGREE

    def bounds(self, n: int) -> tuple[float, float]:
        """All certain and alike; no upper bound."""
        return (-float(np.log1p((n - 1) / self.t)), np.inf)

    def _stack_answers(self, stack: EvidenceStack) -> FloatArray:
        surprise = weighted_surprise(stack.tokens("token_logprobs"), stack.tokens("token_relevance"))
        return shifted_surprise(0.0 - surprise, affinity(stack.relation), self.t)


def weighted_surprise(logprobs: PerToken, relevance: PerToken) -> FloatArray:
    """(q, n) sum of -log p weighted by normalised relevance; by 1 / T where nothing is relevant.

    >>> weighted_surprise(PerToken.of([[np.array([-1.0, -2.0])]]), PerToken.of([[np.array([3.0, 1.0])]]))
    array([[1.25]])
    """
    total = relevance.sum()
    # Divided first: relevance of 1e-310 times a log-prob would be 0.
    shares = relevance.values / relevance.spread(np.where(total > 0, total, 1.0))
    weighted = PerToken(logprobs.values * shares, logprobs.lengths).sum()
    return 0.0 - np.where(total > 0, weighted, logprobs.mean())


def shifted_surprise(loglik: FloatArray, similarity: FloatArray, t: float) -> FloatArray:
    """(..., n) -log(p_i + (1/t) sum_{j != i} s_ij p_j) from log p (..., n) and s (..., n, n), in logs throughout."""
    weights = fill_diagonal(similarity / t, 1.0)
    # log p_j + log w_ij; a weight of 0 takes no part.
    logs = np.log(weights, out=np.full_like(weights, -np.inf), where=weights > 0)
    return 0.0 - logsumexp(loglik[..., None, :] + logs)


def with_token_relevance(samples: SampleSet, embedder: Embedder) -> SampleSet:
    """The same answers with `token_relevance`, each token's by `relevance_by_removal`; they need `token_texts`.

    Raises:
        MissingEvidence: no `token_texts`; HuggingFaceSampler(keep=("token_texts",)) keeps them.
    """
    if samples.token_texts is None:
        raise MissingEvidence(
            "token_texts: expected the texts of the tokens, got None; sample with "
            'HuggingFaceSampler(keep=("token_texts",))'
        )
    relevance = tuple(relevance_by_removal(samples.prompt, own, embedder) for own in samples.token_texts)
    return replace(samples, token_relevance=relevance)


def relevance_by_removal(prompt: str, pieces: Sequence[str], embedder: Embedder) -> FloatArray:
    """(T,) relevance of each token's text: 1 - |cos(prompt + answer, prompt + answer without it)|.

    The paper's definition, with a sentence encoder's cosine for its cross-encoder's similarity.
    `pieces` are the tokens' texts, which joined give the answer.
    """
    texts = ["".join(pieces), *("".join((*pieces[:i], *pieces[i + 1 :])) for i in range(len(pieces)))]
    vectors = np.asarray(embedder.embed([f"{prompt} {text}" for text in texts]), dtype=np.float64)
    unit = unit_rows(vectors)
    return np.clip(1.0 - np.abs(unit[1:] @ unit[0]), 0.0, 1.0)
