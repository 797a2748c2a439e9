"""Estimators on the whole next-token distribution: how flat it was at each token.

A sampled token's log-prob is one draw; its distribution's entropy has no sampling error. The
distributions are reduced to one number per token while sampling (`token_entropies`,
`token_certainties`), since nobody stores a vocabulary per token.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

import numpy as np

from semuq.checks import one_of
from semuq.estimators.base import AnswerEstimator, Units
from semuq.evidence import Need
from semuq.evidence.stack import EvidenceStack
from semuq.numerics import FloatArray

__all__ = ["SelfCertainty", "TokenEntropy"]


Pooling = Literal["mean", "max"]


@dataclass(frozen=True, kw_only=True)
class TokenEntropy(AnswerEstimator):
    """Mean token entropy: how open the choice of the next token was, along the answers.

    What it says. High: many continuations were likely. Low: the next token was nearly always clear.

    Formula. H_t = -sum_v p_t(v) log p_t(v), over the vocabulary v at token t; u_i = mean_t H_t or
    max_t H_t over the tokens of answer i; U = (1/n) sum_i u_i. `score_answers` gives u_i.

    Args:
        tokens: "mean" over an answer's tokens, or their "max".

    Returns (`score`): float64 (questions,), nats, within (0, inf) (log of the vocabulary, which is not known here).

    Raises:
        MissingEvidence: no `token_entropies`.
        InvalidParameter: `tokens` is neither.

    Degenerate cases. An answer without tokens counts 0.

    Cost. None beyond logging one number per token while sampling. Entropies of the k most likely
    tokens only are too low: compare scores only where k is the same.

    Variant. Fomicheva et al. average token entropies over one output (Softmax-Ent, Sec. 3.1); the mean
    over several sampled answers is ours, with one answer it is theirs.

    Example:
        >>> from semuq import SampleSet
        >>> samples = SampleSet(prompt="Capital of France?", texts=("Paris", "It is Lyon"),
        ...                     token_entropies=([0.5], [0.25, 0.25, 1.0]))
        >>> TokenEntropy().score(samples), TokenEntropy(tokens="max").score(samples)
        (0.5, 0.75)

    See also: PredictiveEntropy (from sampled log-probs alone).

    References: Fomicheva et al., Unsupervised Quality Estimation for Neural Machine Translation,
        TACL 2020, arXiv:2005.10608; Malinin, Gales, ICLR 2021, arXiv:2002.07650.
    """

    tokens: Pooling = "mean"

    needs: ClassVar[frozenset[Need]] = frozenset({Need.TOKEN_ENTROPIES})
    units: ClassVar[Units] = "nats"
    papers: ClassVar[tuple[str, ...]] = (
        "Fomicheva et al., Unsupervised Quality Estimation for Neural Machine Translation, TACL 2020, arXiv:2005.10608",
        "Malinin, Gales, Uncertainty Estimation in Autoregressive Structured Prediction, ICLR 2021, arXiv:2002.07650",
    )
    blind_to: ClassVar[str] = "that two wordings mean the same; doubt that shows only over whole answers"

    def __post_init__(self) -> None:
        one_of(self, get_args(Pooling), tokens=self.tokens)

    def bounds(self, n: int) -> tuple[float, float]:
        """(0, inf)."""
        return (0.0, np.inf)

    def _stack_answers(self, stack: EvidenceStack) -> FloatArray:
        entropies = stack.tokens("token_entropies")
        return entropies.mean() if self.tokens == "mean" else entropies.max()

    @classmethod
    def examples(cls) -> tuple[TokenEntropy, ...]:
        """Both ways over the tokens."""
        return (cls(), cls(tokens="max"))


@dataclass(frozen=True, kw_only=True)
class SelfCertainty(AnswerEstimator):
    """Self-certainty, negated: how near the next-token distributions are to knowing nothing.

    What it says. Near 0: the model might as well have drawn tokens blindly. Far below: it was sure.

    Formula. C_i = mean_t KL(uniform || p_t) = mean_t [-log V - (1/V) sum_v log p_t(v)] over the T_i
    tokens of answer i and a vocabulary of V; U = -(1/n) sum_i C_i. `score_answers` gives -C_i.

    Intuition. Entropy asks how much is spread over likely tokens; this asks how little is left for
    all others, and so does not reward short answers.

    Returns (`score`): float64 (questions,), nats, within (-inf, 0).

    Raises:
        MissingEvidence: no `token_certainties`.

    Degenerate cases. An answer without tokens has C = 0: nothing is known of it.

    Cost. None beyond logging one number per token while sampling; it needs the whole vocabulary.

    Variant. Kang et al., Eq. 9 to 11 [numbers from memory]. Intuitor's released code drops the constant -log V, which
    shifts all scores of one model alike.

    Example:
        >>> from semuq import SampleSet
        >>> samples = SampleSet(prompt="Capital of France?", texts=("Paris", "It is Lyon"),
        ...                     token_certainties=([12.0], [9.0, 6.0, 3.0]))
        >>> SelfCertainty().score(samples)
        -9.0

    References: Kang, Zhao, Song, Scalable Best-of-N Selection for Large Language Models via
        Self-Certainty, arXiv:2502.18581; Zhao et al. (Intuitor), arXiv:2505.19590.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({Need.TOKEN_CERTAINTIES})
    units: ClassVar[Units] = "nats"
    papers: ClassVar[tuple[str, ...]] = (
        "Kang, Zhao, Song, Scalable Best-of-N Selection via Self-Certainty, arXiv:2502.18581",
        "Zhao et al., Learning to Reason without External Rewards (Intuitor), arXiv:2505.19590",
    )
    blind_to: ClassVar[str] = "that two wordings mean the same; doubt between two likely tokens"

    def bounds(self, n: int) -> tuple[float, float]:
        """(-inf, 0)."""
        return (-np.inf, 0.0)

    def _stack_answers(self, stack: EvidenceStack) -> FloatArray:
        return 0.0 - stack.tokens("token_certainties").mean()
