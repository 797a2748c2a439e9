"""Claim-conditioned probability: doubt about what is claimed, not about how or what kind of thing is claimed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from semuq.errors import InvalidParameter
from semuq.estimators.base import AnswerEstimator, Units
from semuq.evidence import Need
from semuq.evidence.stack import EvidenceStack
from semuq.numerics import FloatArray, logsumexp
from semuq.relations.base import Relation, RelationScores
from semuq.samples import SampleSet

__all__ = ["ClaimConditionedProbability", "claim_logprob", "with_claim_logprobs"]


Alternatives = Sequence[Sequence[Sequence[tuple[str, float]]]]
"""For each answer, for each token, (text, log-prob) of what might have stood there; first what does."""


@dataclass(frozen=True, kw_only=True)
class ClaimConditionedProbability(AnswerEstimator):
    """CCP, claim-conditioned probability, turned: how likely the tokens are among those that would claim otherwise.

    What it says. High: where the answer says something, the model might as well have said its opposite. Low: its
    alternatives mean the same.

    Intuition. "in 1962" may be unlikely because "during the sixties" says the same, or because the model might have
    begun another statement; neither is doubt. Only alternatives that contradict are.

    Formula. At each token, among its k likeliest alternatives, S those that entail it (itself among them) and C those
    that contradict it:
        q_t = sum_{a in S} p(a) / sum_{a in S or C} p(a)      `token_claim_logprobs` holds log q_t
        u_i = 1 - prod_t q_t                                   `score_answers`;  U = (1/n) sum_i u_i

    Returns (`score`): float64 (questions,), probability, within (0, 1).

    Raises:
        MissingEvidence: no `token_claim_logprobs`; `with_claim_logprobs` computes them.

    Degenerate cases. No token, or no alternative that contradicts: 0.

    Cost. The k likeliest alternatives of each token, kept while sampling, and k - 1 ordered pairs both ways for each
    token; words of grammar may be left out before.

    Variant. CCP over the whole answer, as LM-Polygraph has it, which returns it without the 1. The paper takes the
    product over the tokens of one claim and gives function words q = 1.

    Example:
        >>> from semuq import SampleSet
        >>> samples = SampleSet(prompt="When?", texts=("in 1962",), token_claim_logprobs=(np.log([1.0, 0.75]),))
        >>> ClaimConditionedProbability().score(samples)
        0.25

    See also: SequenceLogProbability (all alternatives count), ClaimUncertainty (other answers judge the claims).

    References: Fadeeva et al., Fact-Checking the Output of Large Language Models via Token-Level Uncertainty
        Quantification, Findings of ACL 2024, arXiv:2403.04696.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({Need.TOKEN_CLAIM_LOGPROBS})
    units: ClassVar[Units] = "probability"
    papers: ClassVar[tuple[str, ...]] = (
        "Fadeeva et al., Fact-Checking the Output of Large Language Models via Token-Level Uncertainty Quantification, "
        "Findings of ACL 2024, arXiv:2403.04696",
    )
    blind_to: ClassVar[str] = "opposites that take more than one token to say; alternatives beyond those kept"

    def bounds(self, n: int) -> tuple[float, float]:
        """(0, 1)."""
        return (0.0, 1.0)

    def _stack_answers(self, stack: EvidenceStack) -> FloatArray:
        return np.asarray(0.0 - np.expm1(stack.tokens("token_claim_logprobs").sum()))


def claim_logprob(logprobs: ArrayLike, entails: ArrayLike, contradicts: ArrayLike) -> float:
    """log q of a token, from the log-probs of its k alternatives, its own first, and which entail or contradict it.

    >>> round(claim_logprob(np.log([0.5, 0.2, 0.2, 0.1]), [True, True, False, False], [False, False, True, False]), 4)
    -0.2513
    """
    logs = np.asarray(logprobs, dtype=np.float64)
    same = np.asarray(entails, dtype=bool).copy()
    same[0] = True
    among = same | np.asarray(contradicts, dtype=bool)
    masked = [np.where(own, logs, -np.inf) for own in (same, among)]
    return min(float(logsumexp(masked[0]) - logsumexp(masked[1])), 0.0)


def with_claim_logprobs(samples: SampleSet, alternatives: Alternatives, relation: Relation) -> SampleSet:
    """The same answers with `token_claim_logprobs`, from the alternatives of each token.

    Args:
        samples: the answers.
        alternatives: for each answer, for each token, (text, log-prob) of its alternatives, the token itself first.
        relation: says which entail or contradict it, in LM-Polygraph's way: where the two directions disagree, what is
            not neutral counts, and entailment one way with contradiction the other is neutral.

    Raises:
        InvalidParameter: not a list of tokens for each answer, or a token without alternatives.
    """
    if len(alternatives) != len(samples) or not all(len(token) for own in alternatives for token in own):
        raise InvalidParameter(
            f"alternatives: expected a list of tokens for each of {len(samples)} answers, each with its own text first"
        )
    tokens = [token for own in alternatives for token in own]
    # Each alternative is held against the token alone, not against the other alternatives.
    asked = [SampleSet(prompt=samples.prompt, texts=(token[0][0], other)) for token in tokens for other, _ in token[1:]]
    labels = iter([_labels(scores) for scores in relation.compare(asked)] if asked else [])
    logs = []
    for token in tokens:
        found = [(True, False), *(next(labels) for _ in token[1:])]
        same, opposed = zip(*found, strict=True)
        logs.append(claim_logprob([logprob for _, logprob in token], same, opposed))
    ends = np.cumsum([len(own) for own in alternatives])
    each = tuple(np.array(logs[end - len(own) : end]) for own, end in zip(alternatives, ends, strict=True))
    return replace(samples, token_claim_logprobs=each)


def _labels(scores: RelationScores) -> tuple[bool, bool]:
    """Whether the second text entails the first, and whether it contradicts it, by the likeliest label both ways."""
    labels = np.stack([scores.entailment, scores.neutral, scores.contradiction]).argmax(axis=0)
    ways = {int(labels[0, 1]), int(labels[1, 0])}
    entails, contradicts = 0 in ways, 2 in ways
    return entails and not contradicts, contradicts and not entails
