"""Attention estimators: what the model looks at while it answers.

When a model makes something up, some heads stop looking at the token they have just written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from semuq.checks import within
from semuq.estimators.base import AnswerEstimator, Units
from semuq.evidence import Need
from semuq.evidence.stack import EvidenceStack, EvidenceView
from semuq.numerics import FloatArray

__all__ = ["RAUQ", "recurrent_confidence"]


@dataclass(frozen=True, kw_only=True)
class RAUQ(AnswerEstimator):
    """RAUQ: how unlikely an answer's tokens are, where doubt is handed on by heads that look back.

    What it says. High: tokens were guessed, and what follows them rests on the guess. Low: none was.

    Intuition. The probability of a token takes all before it for granted. A head that attends to the token before
    carries its confidence along: where the head looks away, what was certain so far lends nothing.

    Formula. In each layer l, the head whose attention to the previous token is largest on average over the answer:
        c_1 = p_1,   c_t = alpha p_t + (1 - alpha) a_t c_(t-1)        p_t: token's probability, a_t: that attention
        u^l = -(1/T) sum_t log c_t
        u_i = max_l u^l                                               `score_answers`;  U = (1/n) sum_i u_i

    Args:
        alpha: in [0, 1], the weight of the token's own probability.

    Returns (`score`): float64 (questions,), nats, within (0, inf).

    Raises:
        MissingEvidence: no `token_logprobs` or no `token_attentions`.
        InvalidParameter: `alpha` is outside [0, 1].

    Degenerate cases. An answer without tokens: 0. One token: its surprise, in every layer. With alpha = 1: the mean
    surprise. A confidence of 0 (alpha = 0 and no attention) is taken as the smallest positive float.

    Cost. None beyond keeping the attentions of one pass: a model must run with eager attention for that.

    Variant. The paper's score of one greedy answer; the mean over answers is ours. alpha = 0.2 as in the released code
    for base models (0.5 for instructed ones there). The paper takes the middle third of the layers: keep those. The
    released code adds 1 to the mean, a constant; LM-Polygraph likewise.

    Example:
        >>> from semuq import SampleSet
        >>> samples = SampleSet(prompt="Capital of France?", texts=("Paris",), token_logprobs=(np.log([0.5, 0.8]),),
        ...                     token_attentions=([[[0.0, 0.0]], [[0.6, 0.1]]],))
        >>> round(RAUQ(alpha=0.5).score(samples), 4)  # c = 0.5, then 0.5 * 0.8 + 0.5 * 0.6 * 0.5 = 0.55
        0.6455

    See also: SequenceLogProbability (alpha = 1, but for the best answer).

    References: Vazhentsev et al., Uncertainty-Aware Attention Heads: Efficient Unsupervised Uncertainty Quantification
        for LLMs, arXiv:2505.20045.
    """

    alpha: float = 0.2

    needs: ClassVar[frozenset[Need]] = frozenset({Need.LIKELIHOODS, Need.TOKEN_ATTENTIONS})
    units: ClassVar[Units] = "nats"
    papers: ClassVar[tuple[str, ...]] = (
        "Vazhentsev et al., Uncertainty-Aware Attention Heads: Efficient Unsupervised Uncertainty Quantification for "
        "LLMs, arXiv:2505.20045",
    )
    blind_to: ClassVar[str] = "that two wordings mean the same; layers that were not kept"

    def __post_init__(self) -> None:
        within(self, 0.0, 1.0, alpha=self.alpha)

    @property
    def law_exceptions(self) -> Mapping[str, str]:
        """Likelihood is what it is about."""
        return {"logprob_shift": "less likely tokens are what it measures"}

    def bounds(self, n: int) -> tuple[float, float]:
        """(0, inf)."""
        return (0.0, np.inf)

    def _stack_answers(self, stack: EvidenceStack) -> FloatArray:
        return stack.each(self._answers)

    def _answers(self, view: EvidenceView) -> list[float]:
        tokens = view.stack.tokens("token_logprobs")
        ends = np.cumsum(tokens.lengths[0])[:-1]
        pairs = zip(np.split(tokens.values, ends), view.samples.token_attentions or (), strict=True)
        return [self._surprise(np.exp(logprobs), attentions) for logprobs, attentions in pairs]

    def _surprise(self, probabilities: FloatArray, attentions: FloatArray) -> float:
        if not len(probabilities):
            return 0.0
        heads = attentions[1:].sum(axis=0).argmax(axis=-1)  # (layers,); the first token has none of its own before it
        chosen = np.take_along_axis(attentions, heads[None, :, None], axis=2)[:, :, 0]
        confidence = recurrent_confidence(probabilities, chosen, self.alpha)
        return float((0.0 - np.log(np.maximum(confidence, np.finfo(np.float64).tiny))).mean(axis=0).max())

    @classmethod
    def examples(cls) -> tuple[RAUQ, ...]:
        """The paper's alpha, and both ends."""
        return (cls(), cls(alpha=1.0), cls(alpha=0.0))


def recurrent_confidence(probabilities: FloatArray, attentions: FloatArray, alpha: float) -> FloatArray:
    """(T, layers) c_t from p (T,) and one head's attention to the token before in each layer (T, layers).

    >>> recurrent_confidence(np.array([0.5, 0.8]), np.array([[0.0], [0.6]]), 0.5)
    array([[0.5 ],
           [0.55]])
    """
    confidence = np.empty(attentions.shape)
    confidence[0] = probabilities[0]
    for t in range(1, len(probabilities)):
        confidence[t] = alpha * probabilities[t] + (1 - alpha) * attentions[t] * confidence[t - 1]
    return confidence
