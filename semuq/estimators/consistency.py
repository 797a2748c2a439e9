"""Consistency estimators: how well each answer is borne out by the others, pair by pair.

Nothing is clustered and no matrix is decomposed: every score is a mean over pairs of answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

import numpy as np

from semuq.checks import one_of
from semuq.estimators.base import AnswerEstimator, Units
from semuq.evidence import Need
from semuq.evidence.stack import EvidenceStack
from semuq.numerics import FloatArray
from semuq.relations.base import affinity

__all__ = ["CoCoA", "CoCoATokenEntropy", "LongTextUncertainty", "PairwiseDissimilarity", "mean_over_others"]


Pick = Literal["likeliest", "mean"]
Surest = Literal["surest", "mean"]

_PAIRS = "answers repeated agree with themselves, which lowers the mean over pairs"


@dataclass(frozen=True, kw_only=True)
class PairwiseDissimilarity(AnswerEstimator):
    """Mean pairwise similarity (LexSim over a lexical relation), turned: how unlike two of the answers are on average.

    What it says. High: hardly two answers alike. Low: any two are alike, by the relation's lights.

    Formula. U = 1 - 2 / (n (n - 1)) sum_{i<j} s_ij, with s_ij in [0, 1] the relation's similarity, or the
    mean of both directions' entailment. `score_answers` gives 1 - (1/(n - 1)) sum_{j != i} s_ij.

    Returns (`score`): float64 (questions,), dimensionless, within (0, 1).

    Raises:
        MissingEvidence: no relation was passed.

    Degenerate cases. One answer: 0. All alike: 0. None alike: 1.

    Cost. For u distinct answers u (u - 1) ordered pairs, shared by all estimators of one `evaluate`;
    with a lexical relation, no forward pass.

    Variant. Over ROUGE-L this is one minus the lexical similarity of Kuhn et al. and Fomicheva et al. (who take
    METEOR); the relation is the choice of metric.

    Example:
        >>> from semuq import ExactMatch, SampleSet
        >>> samples = SampleSet(prompt="Capital of France?", texts=("Paris", "paris", "Paris.", "Lyon"))
        >>> PairwiseDissimilarity().score(samples, ExactMatch())
        0.5

    See also: Degree (the same with each answer's agreement with itself).

    References: Fomicheva et al., TACL 2020, arXiv:2005.10608, Sec. 3.2; Kuhn, Gal, Farquhar, arXiv:2302.09664.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({Need.RELATION})
    units: ClassVar[Units] = "dimensionless"
    papers: ClassVar[tuple[str, ...]] = (
        "Fomicheva et al., Unsupervised Quality Estimation for Neural Machine Translation, TACL 2020, arXiv:2005.10608",
        "Kuhn, Gal, Farquhar, Semantic Uncertainty, ICLR 2023, arXiv:2302.09664",
    )
    blind_to: ClassVar[str] = "whether disagreement is two camps or many; errors on which all answers agree"

    @property
    def law_exceptions(self) -> Mapping[str, str]:
        """A mean over pairs of different answers depends on how many there are."""
        return {"doubling": _PAIRS}

    def bounds(self, n: int) -> tuple[float, float]:
        """(0, 1), and (0, 0) for one answer."""
        return (0.0, 1.0 if n > 1 else 0.0)

    def _stack_answers(self, stack: EvidenceStack) -> FloatArray:
        return mean_over_others(1.0 - affinity(stack.relation))


@dataclass(frozen=True, kw_only=True)
class LongTextUncertainty(AnswerEstimator):
    """LUQ: how little the other answers bear out what each answer says.

    What it says. High: answers contradict each other where they touch. Low: they entail each other.

    Formula.
        S_ij = e_ij / (e_ij + c_ij)                  e, c: answer j entails, contradicts answer i
        u_i  = 1 - (1/(n - 1)) sum_{j != i} S_ij     what `score_answers` gives
        U    = (1/n) sum_i u_i

    Returns (`score`): float64 (questions,), dimensionless, within (0, 1).

    Raises:
        MissingEvidence: no relation was passed.

    Degenerate cases. One answer: 0. A pair that is neutral for certain, e = c = 0: S = 1/2, the limit of
    equal logits. All the same: 0. All contradict: 1.

    Cost. As `PairwiseDissimilarity`.

    Variant. LUQ with whole answers for sentences, as in LM-Polygraph; for one-sentence answers it is the
    paper's. Taken over samples, SelfCheckGPT-NLI's sentence score c / (e + c) is one minus S, so its mean
    over answers is the same number, and its score of one answer is `score_answers`.

    Example:
        >>> from semuq import ExactMatch, SampleSet
        >>> samples = SampleSet(prompt="Capital of France?", texts=("Paris", "paris", "Paris.", "Lyon"))
        >>> LongTextUncertainty().score_answers(samples, ExactMatch()).round(4)
        array([0.3333, 0.3333, 0.3333, 1.    ])

    References: Zhang et al., LUQ, EMNLP 2024, arXiv:2403.20279; Manakul, Liusie, Gales, SelfCheckGPT,
        EMNLP 2023, arXiv:2303.08896.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({Need.RELATION})
    units: ClassVar[Units] = "dimensionless"
    papers: ClassVar[tuple[str, ...]] = (
        "Zhang et al., LUQ: Long-text Uncertainty Quantification for LLMs, EMNLP 2024, arXiv:2403.20279",
        "Manakul, Liusie, Gales, SelfCheckGPT, EMNLP 2023, arXiv:2303.08896",
    )
    blind_to: ClassVar[str] = "answers that are neutral to each other; errors on which all answers agree"

    @property
    def law_exceptions(self) -> Mapping[str, str]:
        """A mean over pairs of different answers depends on how many there are."""
        return {"doubling": _PAIRS}

    def bounds(self, n: int) -> tuple[float, float]:
        """(0, 1), and (0, 0) for one answer."""
        return (0.0, 1.0 if n > 1 else 0.0)

    def _stack_answers(self, stack: EvidenceStack) -> FloatArray:
        entails = stack.relation.entailment.swapaxes(-1, -2)
        contradicts = stack.relation.contradiction.swapaxes(-1, -2)
        total = entails + contradicts
        support = np.divide(entails, total, out=np.full_like(total, 0.5), where=total > 0)
        return mean_over_others(1.0 - support)


@dataclass(frozen=True, kw_only=True)
class CoCoA(AnswerEstimator):
    """CoCoA: how unlikely an answer is, times how much the others disagree with it.

    What it says. High: a guess, and other guesses differ. Low: likely, or borne out by the others.

    Formula.
        u_i  = -l_i, l_i = sum_t log p(t) or, with `length_normalised`, its mean per token
        d_i  = (1/(n - 1)) sum_{j != i} (1 - s_ij)         s as in `PairwiseDissimilarity`
        U_i  = u_i d_i                                      what `score_answers` gives

    Args:
        answer: "likeliest" takes the U_i of the answer with the largest l_i (the mean of them, should
            several tie); "mean" takes the mean over all answers.
        length_normalised: mean log-prob per token (CoCoA-PPL) instead of the sum (CoCoA-MSP).

    Returns (`score`): float64 (questions,), nats, within (0, inf).

    Raises:
        MissingEvidence: no `token_logprobs` or no relation.
        InvalidParameter: `answer` is neither.

    Degenerate cases. One answer: 0, for nobody disagrees. All alike: 0.

    Cost. As `PairwiseDissimilarity`.

    Variant. The paper scores one decoded answer against separate samples; here that answer is one of the
    samples and is not compared with itself [inferred]. CoCoA-MTE is `CoCoATokenEntropy`.

    Example:
        >>> from semuq import ExactMatch, SampleSet
        >>> samples = SampleSet(prompt="Capital of France?", texts=("Paris", "paris", "Lyon"),
        ...                     token_logprobs=([-0.5], [-0.75], [-1.5]))
        >>> CoCoA().score(samples, ExactMatch())
        0.25

    References: Vashurin et al., CoCoA, arXiv:2502.04964.
    """

    answer: Pick = "likeliest"
    length_normalised: bool = False

    needs: ClassVar[frozenset[Need]] = frozenset({Need.LIKELIHOODS, Need.RELATION})
    units: ClassVar[Units] = "nats"
    papers: ClassVar[tuple[str, ...]] = (
        "Vashurin et al., CoCoA: A Minimum Bayes Risk Framework Bridging Confidence and Consistency for "
        "Uncertainty Quantification in LLMs, arXiv:2502.04964",
    )
    blind_to: ClassVar[str] = "disagreement among the other answers; errors on which all answers agree"

    def __post_init__(self) -> None:
        one_of(self, get_args(Pick), answer=self.answer)

    @property
    def law_exceptions(self) -> Mapping[str, str]:
        """A product with the likelihood itself, over pairs of answers."""
        return {
            "doubling": _PAIRS,
            "logprob_shift": "likelihood is one of the two factors",
        }

    def bounds(self, n: int) -> tuple[float, float]:
        """(0, inf), and (0, 0) for one answer."""
        return (0.0, np.inf if n > 1 else 0.0)

    def _score_stack(self, stack: EvidenceStack) -> FloatArray:
        scores = self._stack_answers(stack)
        if self.answer == "mean":
            return np.asarray(scores.mean(axis=1))
        loglik = stack.loglik(length_normalised=self.length_normalised)
        return np.asarray(scores.mean(axis=1, where=loglik == loglik.max(axis=1, keepdims=True)))

    def _stack_answers(self, stack: EvidenceStack) -> FloatArray:
        surprise = 0.0 - stack.loglik(length_normalised=self.length_normalised)
        return surprise * mean_over_others(1.0 - affinity(stack.relation))

    @classmethod
    def examples(cls) -> tuple[CoCoA, ...]:
        """Both answers to score, both normalisations."""
        return (cls(), cls(answer="mean", length_normalised=True))


@dataclass(frozen=True, kw_only=True)
class CoCoATokenEntropy(AnswerEstimator):
    """CoCoA with token entropy: how open the choice of tokens was, times how much the others disagree.

    What it says. As `CoCoA`, with doubt at each token in the place of an improbable whole.

    Formula. U_i = h_i d_i, with h_i the mean token entropy of answer i (as in `TokenEntropy`) and d_i as in `CoCoA`;
    `score_answers` gives U_i.

    Args:
        answer: "surest" takes the U_i of the answer with the smallest h_i (the mean of them, should several tie);
            "mean" takes the mean over all answers.

    Returns (`score`): float64 (questions,), nats, within (0, inf).

    Raises:
        MissingEvidence: no `token_entropies` or no relation.
        InvalidParameter: `answer` is neither.

    Degenerate cases. One answer: 0, for nobody disagrees. All alike: 0. An answer without tokens has h = 0.

    Cost. As `PairwiseDissimilarity`, and one number per token logged while sampling.

    Variant. CoCoA-MTE. The paper scores one decoded answer against separate samples; here that answer is one of the
    samples [inferred].

    Example:
        >>> from semuq import ExactMatch, SampleSet
        >>> samples = SampleSet(prompt="Capital of France?", texts=("Paris", "paris", "Lyon"),
        ...                     token_entropies=([0.5], [0.75], [1.5]))
        >>> CoCoATokenEntropy().score(samples, ExactMatch())
        0.25

    See also: CoCoA (sequence likelihood), TokenEntropy.

    References: Vashurin et al., CoCoA, arXiv:2502.04964.
    """

    answer: Surest = "surest"

    needs: ClassVar[frozenset[Need]] = frozenset({Need.TOKEN_ENTROPIES, Need.RELATION})
    units: ClassVar[Units] = "nats"
    papers: ClassVar[tuple[str, ...]] = CoCoA.papers
    blind_to: ClassVar[str] = "disagreement among the other answers; errors on which all answers agree"

    def __post_init__(self) -> None:
        one_of(self, get_args(Surest), answer=self.answer)

    @property
    def law_exceptions(self) -> Mapping[str, str]:
        """A mean over pairs of answers."""
        return {"doubling": _PAIRS}

    def bounds(self, n: int) -> tuple[float, float]:
        """(0, inf), and (0, 0) for one answer."""
        return (0.0, np.inf if n > 1 else 0.0)

    def _score_stack(self, stack: EvidenceStack) -> FloatArray:
        scores = self._stack_answers(stack)
        if self.answer == "mean":
            return np.asarray(scores.mean(axis=1))
        entropies = stack.tokens("token_entropies").mean()
        return np.asarray(scores.mean(axis=1, where=entropies == entropies.min(axis=1, keepdims=True)))

    def _stack_answers(self, stack: EvidenceStack) -> FloatArray:
        return stack.tokens("token_entropies").mean() * mean_over_others(1.0 - affinity(stack.relation))

    @classmethod
    def examples(cls) -> tuple[CoCoATokenEntropy, ...]:
        """Both answers to score."""
        return (cls(), cls(answer="mean"))


def mean_over_others(matrix: FloatArray) -> FloatArray:
    """(..., n) row means of (..., n, n) without the diagonal; 0 for one answer.

    >>> mean_over_others(np.array([[9.0, 1.0], [0.5, 9.0]]))
    array([1. , 0.5])
    """
    n = matrix.shape[-1]
    off_diagonal = np.where(np.eye(n, dtype=bool), 0.0, matrix)
    return np.asarray(off_diagonal.sum(axis=-1) / max(n - 1, 1))
