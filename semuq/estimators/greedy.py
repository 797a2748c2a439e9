"""Likelihood of the judged answer: one greedy decoding, no sampling at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from semuq.estimators.base import Estimator, Units
from semuq.evidence import Need
from semuq.evidence.stack import EvidenceStack, PerToken
from semuq.numerics import FloatArray

__all__ = ["GreedyLikelihood"]


@dataclass(frozen=True, kw_only=True)
class GreedyLikelihood(Estimator):
    """G-NLL, the negative log-likelihood of the greedy answer: how unlikely the model finds what it will say.

    What it says. High: even the likeliest answer is unlikely. Low: one string has nearly all the probability.

    Intuition. The likelihood of the most likely sequence bounds the entropy of all of them (it is the min-entropy, up
    to how greedy decoding misses it), and costs one decoding instead of ten samples. It is about the very answer that
    is judged, where sampled answers are about others.

    Formula. U = -sum_t log p(t) over the tokens of `SampleSet.answer`, or the mean of -log p(t).

    Args:
        length_normalised: take the mean over the tokens, so that long answers are not held to be unlikely.

    Returns (`score`): float64 (questions,), nats, within (0, inf).

    Raises:
        MissingEvidence: no `answer_logprobs`.

    Degenerate cases. An answer without tokens: 0. Log-probs of -1e4: exact. The sampled answers do not matter.

    Cost. One greedy generation.

    Variant. The paper's G-NLL, Eq. 9 [number from memory], a sum; the mean is what others call greedy perplexity, as
    its logarithm.

    Example:
        >>> from semuq import SampleSet
        >>> greedy = SampleSet(prompt="Capital of France?", texts=("Paris.",), token_logprobs=([-0.1, -0.3],))
        >>> samples = SampleSet(prompt="Capital of France?", texts=("Paris", "Lyon")).with_answer(greedy)
        >>> GreedyLikelihood().score(samples)
        0.4

    See also: SequenceLogProbability (the likeliest of the sampled answers).

    References: Aichberger, Schweighofer, Hochreiter, Rethinking Uncertainty Estimation in Natural Language Generation,
        arXiv:2412.15176.
    """

    length_normalised: bool = False

    needs: ClassVar[frozenset[Need]] = frozenset({Need.ANSWER_LIKELIHOOD})
    units: ClassVar[Units] = "nats"
    papers: ClassVar[tuple[str, ...]] = (
        "Aichberger, Schweighofer, Hochreiter, Rethinking Uncertainty Estimation in Natural Language Generation, "
        "arXiv:2412.15176",
    )
    blind_to: ClassVar[str] = "that two wordings mean the same; all answers but the judged one"

    def bounds(self, n: int) -> tuple[float, float]:
        """(0, inf)."""
        return (0.0, np.inf)

    def _score_stack(self, stack: EvidenceStack) -> FloatArray:
        tokens = PerToken.of([[np.asarray(samples.answer_logprobs)] for samples in stack.samples])
        return 0.0 - (tokens.mean() if self.length_normalised else tokens.sum())[:, 0]

    @classmethod
    def examples(cls) -> tuple[GreedyLikelihood, ...]:
        """Sum and mean."""
        return (cls(), cls(length_normalised=True))
