"""Claim estimators: long answers taken apart, each statement judged by the other answers.

A biography that is right but for one date is neither the same as another nor different from it; its
statements are. The claims are evidence (`SampleSet.claims`), made by `semuq.sampling.claims` or a sampler.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args, overload

import numpy as np
from numpy.typing import NDArray

from semuq.checks import one_of
from semuq.estimators.base import AnswerEstimator, Units
from semuq.evidence import Evidence, EvidenceStack, EvidenceView, Need, views
from semuq.numerics import FloatArray
from semuq.relations.base import Relation
from semuq.samples import SampleSet

__all__ = ["ClaimUncertainty", "JudgedClaim", "unsupported"]


Verdict = Literal["decided", "entailment"]
Pooling = Literal["mean", "max"]


@dataclass(frozen=True, kw_only=True)
class JudgedClaim:
    """A claim, and how little of it the other answers bear out.

    Args:
        text: the claim.
        answer: number of the answer that makes it, from 0.
        score: its uncertainty, as `ClaimUncertainty.score_claims` gives it.
    """

    text: str
    answer: int
    score: float


@dataclass(frozen=True, kw_only=True)
class ClaimUncertainty(AnswerEstimator):
    """LUQ by claims (LUQ-Atomic): how little of what each answer claims is borne out by the other answers.

    What it says. High: statements that the other answers do not make, or deny. Low: whatever one answer states,
    the others state too.

    Intuition. Facts that a model knows turn up in every answer; what it makes up changes from one to the next.

    Formula.
        S_kj  = e_kj / (e_kj + c_kj)  or  e_kj            e, c: answer j entails, contradicts claim k
        v_k   = 1 - (1/(n - 1)) sum_{j != i} S_kj          for claim k of answer i: `score_claims`
        u_i   = mean_k v_k  or  max_k v_k                  over the claims of answer i: `score_answers`
        U     = (1/n) sum_i u_i

    Args:
        support: S is "decided", the share of entailment in what is not neutral, or plain "entailment", for
            which a claim that nobody mentions is as little borne out as one that is denied.
        claims: u_i is the "mean" of the answer's claims or their "max", its worst.

    Returns (`score`): float64 (questions,), dimensionless, within (0, 1). `score_claims` gives for each answer
        the scores of its claims, in their order; `judge_claims` the claims of a question with texts and scores, the
        one to doubt most first.

    Raises:
        MissingEvidence: no `claims`, or no relation was passed.
        InvalidParameter: an option is unknown.

    Degenerate cases. One answer: 0, for nobody disagrees. An answer without claims counts 1: nothing of it is
    borne out. A pair that is neutral for certain: S = 1/2 if "decided", 0 if "entailment".

    Cost. Each distinct claim against each distinct answer, m u pairs, one direction; a relation that cannot
    compare claims alone is given all texts, (m + u)^2 pairs.

    Variant. With `semuq.text.sentences` the default is LUQ, and `score_claims` is SelfCheckGPT-NLI, whose
    sentence score c / (e + c) is 1 - S; with claims taken out by a model it is LUQ-Atomic. LUQ's own model is
    DeBERTa on MultiNLI; the relation is the choice of model. The maximum is ours.

    Example:
        >>> from semuq import ExactMatch, SampleSet
        >>> samples = SampleSet(prompt="Marie Curie?", texts=("a physicist", "a chemist", "a physicist"),
        ...                     claims=[["a physicist", "a poet"], ["a chemist"], ["a physicist"]])
        >>> ClaimUncertainty().score_claims(samples, ExactMatch())
        [array([0.5, 1. ]), array([1.]), array([0.5])]
        >>> ClaimUncertainty().score_answers(samples, ExactMatch())
        array([0.75, 1.  , 0.5 ])

    See also: LongTextUncertainty (whole answers for claims).

    References: Zhang et al., LUQ, EMNLP 2024, arXiv:2403.20279, Sec. 3; Manakul, Liusie, Gales, SelfCheckGPT,
        EMNLP 2023, arXiv:2303.08896, Sec. 5.4 [section numbers from memory].
    """

    support: Verdict = "decided"
    claims: Pooling = "mean"

    needs: ClassVar[frozenset[Need]] = frozenset({Need.CLAIMS, Need.CLAIM_SUPPORT})
    units: ClassVar[Units] = "dimensionless"
    papers: ClassVar[tuple[str, ...]] = (
        "Zhang et al., LUQ: Long-text Uncertainty Quantification for LLMs, EMNLP 2024, arXiv:2403.20279",
        "Manakul, Liusie, Gales, SelfCheckGPT, EMNLP 2023, arXiv:2303.08896",
    )
    blind_to: ClassVar[str] = "claims that the splitting misses; errors on which all answers agree"

    def __post_init__(self) -> None:
        one_of(self, get_args(Verdict), support=self.support)
        one_of(self, get_args(Pooling), claims=self.claims)

    @property
    def law_exceptions(self) -> dict[str, str]:
        """A mean over the other answers depends on how many there are."""
        return {"doubling": "an answer repeated bears out its own claims"}

    def bounds(self, n: int) -> tuple[float, float]:
        """(0, 1), and (0, 0) for one answer."""
        return (0.0, 1.0 if n > 1 else 0.0)

    @overload
    def score_claims(self, samples: SampleSet, relation: Relation | None = None) -> list[FloatArray]: ...
    @overload
    def score_claims(
        self, samples: Sequence[SampleSet], relation: Relation | None = None
    ) -> list[list[FloatArray]]: ...

    def score_claims(
        self, samples: SampleSet | Sequence[SampleSet], relation: Relation | None = None
    ) -> list[FloatArray] | list[list[FloatArray]]:
        """The uncertainty of each claim: an array per answer for one question, a list of such for a sequence.

        Args:
            samples, relation: as in `score`.

        Raises:
            MissingEvidence: something in `needs` was not given.
        """
        evidence = Evidence(samples, relation)
        evidence.require(self.needs, self.min_samples, type(self).__name__)
        scores = [self._claims_of(view) for view in views(evidence)]
        return scores[0] if isinstance(samples, SampleSet) else scores

    def judge_claims(self, samples: SampleSet, relation: Relation | None = None) -> list[JudgedClaim]:
        """The claims of one question with their texts, the one to doubt most first.

        Args:
            samples, relation: as in `score`.

        Raises:
            MissingEvidence: something in `needs` was not given.

        Example:
            >>> from semuq import ExactMatch, SampleSet
            >>> samples = SampleSet(prompt="Marie Curie?", texts=("a physicist. a poet.", "a physicist"),
            ...                     claims=[["a physicist", "a poet"], ["a physicist"]])
            >>> [(claim.text, claim.score) for claim in ClaimUncertainty().judge_claims(samples, ExactMatch())]
            [('a poet', 1.0), ('a physicist', 1.0), ('a physicist', 0.0)]
        """
        judged = [
            JudgedClaim(text=text, answer=number, score=float(score))
            for number, scores in enumerate(self.score_claims(samples, relation))
            for text, score in zip((samples.claims or ())[number], scores, strict=True)
        ]
        return sorted(judged, key=lambda claim: -claim.score)

    def _stack_answers(self, stack: EvidenceStack) -> FloatArray:
        return stack.each(self._answers)

    def _answers(self, view: EvidenceView) -> FloatArray:
        if view.n == 1:
            return np.zeros(1)
        pool = np.mean if self.claims == "mean" else np.max
        return np.array([pool(own) if len(own) else 1.0 for own in self._claims_of(view)])

    def _claims_of(self, view: EvidenceView) -> list[FloatArray]:
        counts = [len(own) for own in view.samples.claims or ()]
        owner = np.repeat(np.arange(view.n), counts)
        entailment, contradiction = view.claim_support
        return np.split(unsupported(entailment, contradiction, owner, self.support), np.cumsum(counts)[:-1])

    @classmethod
    def examples(cls) -> tuple[ClaimUncertainty, ...]:
        """Both readings of support, both poolings."""
        return (cls(), cls(support="entailment", claims="max"))


def unsupported(
    entailment: FloatArray, contradiction: FloatArray, owner: NDArray[np.int64], support: Verdict = "decided"
) -> FloatArray:
    """(m,) one minus the mean support of each claim by the answers other than its own; 0 for one answer.

    Args:
        entailment, contradiction: (m, n), of claim k by answer j.
        owner: (m,) the answer that makes claim k.

    >>> unsupported(np.array([[1.0, 0.75]]), np.array([[0.0, 0.25]]), np.array([0]))
    array([0.25])
    """
    m, n = entailment.shape
    if n == 1:
        return np.zeros(m)
    total = entailment + contradiction
    decided = np.divide(entailment, total, out=np.full_like(total, 0.5), where=total > 0)
    doubt = 1.0 - (decided if support == "decided" else entailment)
    doubt[np.arange(m), owner] = 0.0
    return np.asarray(doubt.sum(axis=1) / (n - 1))
