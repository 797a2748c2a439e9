"""Likelihood estimators: how probable the model finds its own words. No relation, no extra pass.

They take the choice of words for doubt: "Paris" and "It is Paris" share the likelihood that one
meaning has. Cheap, needed by everybody as a baseline, and strong where answers have one form.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from semuq.checks import within
from semuq.estimators.base import AnswerEstimator, Estimator, Units
from semuq.evidence import Need
from semuq.evidence.stack import EvidenceStack, PerToken
from semuq.numerics import FloatArray

__all__ = ["LowProbabilityTokens", "PredictiveEntropy", "SequenceLogProbability", "low_token_confidence"]


_SHIFT = "measures likelihood itself, not how it is spread over the answers"


@dataclass(frozen=True, kw_only=True)
class SequenceLogProbability(AnswerEstimator):
    """Maximum sequence probability (MSP), negated: how unlikely the model finds the likeliest of its answers.

    What it says. High: even its best answer is a guess among many strings. Low: one string carries
    most of the probability.

    Formula. U = -max_i l_i, with l_i = sum_t log p(t) over the tokens t of answer i, or, with
    `length_normalised`, l_i = (1 / T_i) sum_t log p(t). `score_answers` gives -l_i.

    Args:
        length_normalised: the mean per token instead of the sum. U is then the logarithm of the
            perplexity: exp(U) is the perplexity, which overflows for improbable answers and ranks alike.

    Returns (`score`): float64 (questions,), nats, within (0, inf).

    Raises:
        MissingEvidence: no `token_logprobs`.

    Degenerate cases. One answer: its own -l. An answer without tokens has l = 0, the likeliest there is.

    Cost. None beyond sampling.

    Variant. The maximum sequence probability is usually taken of a greedy answer; among samples the
    likeliest stands for it [inferred]. For the greedy one, make it the only answer, or read
    `score_answers`.

    Example:
        >>> from semuq import SampleSet
        >>> samples = SampleSet(prompt="Capital of France?", texts=("Paris", "It is Lyon"),
        ...                     token_logprobs=([-0.5], [-0.6, -0.3, -1.5]))
        >>> SequenceLogProbability().score(samples)
        0.5
        >>> SequenceLogProbability(length_normalised=True).score_answers(samples)
        array([0.5, 0.8])

    See also: PredictiveEntropy (the mean over the answers instead of the best).

    References: Fadeeva et al., LM-Polygraph, EMNLP 2023 (system demonstrations), arXiv:2311.07383
        (maximum sequence probability, perplexity).
    """

    length_normalised: bool = False

    needs: ClassVar[frozenset[Need]] = frozenset({Need.LIKELIHOODS})
    units: ClassVar[Units] = "nats"
    papers: ClassVar[tuple[str, ...]] = ("Fadeeva et al., LM-Polygraph, EMNLP 2023, arXiv:2311.07383",)
    blind_to: ClassVar[str] = "that two wordings mean the same; all answers but one"

    @property
    def law_exceptions(self) -> Mapping[str, str]:
        """Likelihood is what this measures."""
        return {"logprob_shift": _SHIFT}

    def bounds(self, n: int) -> tuple[float, float]:
        """(0, inf)."""
        return (0.0, np.inf)

    def _score_stack(self, stack: EvidenceStack) -> FloatArray:
        return np.asarray(self._stack_answers(stack).min(axis=1))

    def _stack_answers(self, stack: EvidenceStack) -> FloatArray:
        return 0.0 - stack.loglik(length_normalised=self.length_normalised)

    @classmethod
    def examples(cls) -> tuple[SequenceLogProbability, ...]:
        """The sum and the mean per token."""
        return (cls(), cls(length_normalised=True))


@dataclass(frozen=True, kw_only=True)
class PredictiveEntropy(Estimator):
    """Predictive entropy: how surprising an answer is, on average, to the model that gave it.

    What it says. High: the model spreads its probability over many strings. Low: over few.

    Intuition. The entropy of the distribution over answers is the mean of -log p over answers drawn
    from it; n samples are a Monte Carlo estimate.

    Formula. H = -(1/n) sum_i l_i, with l_i = sum_t log p(t), or, with `length_normalised`,
    l_i = (1 / T_i) sum_t log p(t) over the T_i tokens of answer i.

    Args:
        length_normalised: divide each answer's log-likelihood by its number of tokens.

    Returns (`score`): float64 (questions,), nats, within (0, inf).

    Raises:
        MissingEvidence: no `token_logprobs`.

    Degenerate cases. One answer: its own -l. An answer without tokens counts 0. Repeated answers
    count each time, as a Monte Carlo mean must.

    Cost. None beyond sampling.

    Variant. Monte Carlo sequence entropy; length-normalised it is that of Malinin and Gales (2021),
    Eq. 5 to 8, as used by Kuhn et al. (2023), Sec. 3. Unbiased only for answers drawn at temperature 1.

    Example:
        >>> from semuq import SampleSet
        >>> samples = SampleSet(prompt="Capital of France?", texts=("Paris", "It is Lyon"),
        ...                     token_logprobs=([-0.5], [-0.5, -0.5, -2.0]))
        >>> PredictiveEntropy().score(samples), PredictiveEntropy(length_normalised=True).score(samples)
        (1.75, 0.75)

    See also: SemanticEntropy (over meanings instead of strings), TokenEntropy (no sampling error per token).

    References: Malinin, Gales, Uncertainty Estimation in Autoregressive Structured Prediction,
        ICLR 2021, arXiv:2002.07650; Kuhn, Gal, Farquhar, ICLR 2023, arXiv:2302.09664, Sec. 3.
    """

    length_normalised: bool = False

    needs: ClassVar[frozenset[Need]] = frozenset({Need.LIKELIHOODS})
    units: ClassVar[Units] = "nats"
    papers: ClassVar[tuple[str, ...]] = (
        "Malinin, Gales, Uncertainty Estimation in Autoregressive Structured Prediction, ICLR 2021, arXiv:2002.07650",
        "Kuhn, Gal, Farquhar, Semantic Uncertainty, ICLR 2023, arXiv:2302.09664",
    )
    blind_to: ClassVar[str] = "that two wordings mean the same"

    @property
    def law_exceptions(self) -> Mapping[str, str]:
        """Likelihood is what this measures."""
        return {"logprob_shift": _SHIFT}

    def bounds(self, n: int) -> tuple[float, float]:
        """(0, inf)."""
        return (0.0, np.inf)

    def _score_stack(self, stack: EvidenceStack) -> FloatArray:
        return np.asarray(0.0 - stack.loglik(length_normalised=self.length_normalised).mean(axis=1))

    @classmethod
    def examples(cls) -> tuple[PredictiveEntropy, ...]:
        """Both normalisations."""
        return (cls(), cls(length_normalised=True))


@dataclass(frozen=True, kw_only=True)
class LowProbabilityTokens(AnswerEstimator):
    """Low-probability-token confidence, turned: how unlikely the least likely words of an answer are.

    What it says. High: somewhere in its answers the model was guessing. Low: no token was a guess.

    Intuition. Most tokens of an answer are grammar, certain whatever the facts. A mean over all of
    them hides the few that carry the doubt.

    Formula. c_i = exp((1 / |T|) sum_{t in T} log p(t)), T the max(1, ceil(fraction T_i)) least likely of
    the T_i tokens of answer i; U = 1 - (1/n) sum_i c_i. `score_answers` gives 1 - c_i.

    Args:
        fraction: the share of tokens in T, in (0, 1].

    Returns (`score`): float64 (questions,), probability, within (0, 1).

    Raises:
        MissingEvidence: no `token_logprobs`.
        InvalidParameter: `fraction` is outside (0, 1].

    Degenerate cases. All tokens certain: 0. An answer without tokens counts 0. fraction=1: one minus
    the inverse perplexity.

    Cost. A partial sort per answer.

    Variant. The confidence term of ARM with its 20%; the paper uses it to reweigh rollouts, the mean
    over answers as a question's uncertainty is ours [inferred].

    Example:
        >>> from semuq import SampleSet
        >>> samples = SampleSet(prompt="Capital of France?", texts=("It is Paris",),
        ...                     token_logprobs=([0.0, 0.0, np.log(0.25)],))
        >>> LowProbabilityTokens().score(samples)
        0.75

    See also: SequenceLogProbability (all tokens).

    References: Li, Goncharova, Kuznetsov, Oseledets, Back to Basics: ... Generative Probabilities,
        arXiv:2602.05281.
    """

    fraction: float = 0.2

    needs: ClassVar[frozenset[Need]] = frozenset({Need.LIKELIHOODS})
    units: ClassVar[Units] = "probability"
    papers: ClassVar[tuple[str, ...]] = ("Li, Goncharova, Kuznetsov, Oseledets, arXiv:2602.05281",)
    blind_to: ClassVar[str] = "that two wordings mean the same; where in the answer the doubt is"

    def __post_init__(self) -> None:
        within(self, 0, 1, open_low=True, fraction=self.fraction)

    @property
    def law_exceptions(self) -> Mapping[str, str]:
        """Likelihood is what this measures."""
        return {"logprob_shift": _SHIFT}

    def bounds(self, n: int) -> tuple[float, float]:
        """(0, 1)."""
        return (0.0, 1.0)

    def _stack_answers(self, stack: EvidenceStack) -> FloatArray:
        return 1.0 - low_token_confidence(stack.tokens("token_logprobs"), self.fraction)

    @classmethod
    def examples(cls) -> tuple[LowProbabilityTokens, ...]:
        """The paper's fraction and the whole answer."""
        return (cls(), cls(fraction=1.0))


def low_token_confidence(logprobs: PerToken, fraction: float = 0.2) -> FloatArray:
    """(q, n) exp of the mean of the `fraction` (at least one) lowest log-probs; 1 for an answer without tokens.

    >>> low_token_confidence(PerToken.of([[np.log([1.0, 0.5, 1.0, 1.0, 1.0])]]))
    array([[0.5]])
    """
    lengths = logprobs.lengths.ravel()
    # The product is rounded first: 0.2 * 15 is 3.0000000000000004, and its ceiling would be 4.
    kept = np.minimum(np.maximum(1, np.ceil((fraction * lengths).round(9)).astype(np.int64)), lengths)
    answers = np.repeat(np.arange(len(lengths)), lengths)
    place = np.arange(len(answers)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    # Sorted within each answer, lowest first, of which the first `kept` stay.
    lowest = logprobs.values[np.lexsort((logprobs.values, answers))][place < kept[answers]]
    return np.exp(PerToken(lowest, kept.reshape(logprobs.lengths.shape)).mean())
