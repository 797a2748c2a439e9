"""Entropies over distinct strings: every different wording is a different outcome.

Between likelihood and meaning: repeated answers count as one outcome, paraphrases as two. Where answers have one form
(options, numbers), strings are meanings and these are all one needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

import numpy as np

from semuq.checks import one_of, positive
from semuq.estimators.base import Estimator, Units
from semuq.evidence import Need
from semuq.evidence.stack import EvidenceStack, likeliest_of_each
from semuq.numerics import FloatArray, entropy, log_normalise

__all__ = ["JointPredictiveEntropy", "LexicalEntropy"]


Form = Literal["importance", "shannon"]


@dataclass(frozen=True, kw_only=True)
class LexicalEntropy(Estimator):
    """Naive entropy: how many different strings the model says, each counted by how often.

    What it says. High: never the same words twice. Low: nearly always the same words.

    Formula. H = -sum_s p_s log p_s over the distinct texts s, p_s the share of the n answers that are s.

    Returns (`score`): float64 (questions,), nats, within (0, log n).

    Raises:
        InvalidSamples: `samples` is not made of SampleSets.

    Degenerate cases. One answer: 0. All the same: 0. All different: log n. Case, spaces and full stops make another
    string: `DiscreteSemanticEntropy` with `ExactMatch` looks past them.

    Cost. None.

    Variant. The naive, plug-in entropy of the sampled strings; what entropy over meanings is measured against.

    Example:
        >>> from semuq import SampleSet
        >>> round(LexicalEntropy().score(SampleSet(prompt="Capital of France?", texts=("Paris", "Paris", "Lyon"))), 4)
        0.6365

    See also: DiscreteSemanticEntropy (over meanings), JointPredictiveEntropy (by likelihood).

    References: Farquhar, Kossen, Kuhn, Gal, Nature 630 (2024) ("naive entropy").
    """

    units: ClassVar[Units] = "nats"
    papers: ClassVar[tuple[str, ...]] = (
        "Farquhar, Kossen, Kuhn, Gal, Detecting hallucinations in large language models using semantic entropy, "
        "Nature 630 (2024), doi:10.1038/s41586-024-07421-0",
    )
    blind_to: ClassVar[str] = "that two wordings mean the same; how likely the answers are"

    def bounds(self, n: int) -> tuple[float, float]:
        """(0, log n)."""
        return (0.0, float(np.log(n)))

    def _score_stack(self, stack: EvidenceStack) -> FloatArray:
        counts = (stack.texts[:, :, None] == np.arange(stack.n)).sum(axis=1)
        return entropy(counts)


@dataclass(frozen=True, kw_only=True)
class JointPredictiveEntropy(Estimator):
    """Predictive entropy over distinct strings: how spread out the model's probability is over what it said.

    What it says. High: several strings, about equally likely, or one that is very unlikely ("importance"). Low: one
    string holds the probability.

    Intuition. A string that was drawn three times is one outcome of known probability, not three draws. Weighing the
    distinct strings by their probability uses what the model says of them instead of how often they came up.

    Formula.
        l_s  = sum_t log p(t) of the distinct string s, or its mean per token
        pi_s = exp(l_s / T) / sum_r exp(l_r / T)
        importance  H = -sum_s pi_s l_s
        shannon     H = -sum_s pi_s log pi_s

    Args:
        form: which of the two sums. "importance" estimates the entropy over all strings; "shannon" is the entropy
            of the distribution over those that were seen, and does not change if all become less likely.
        temperature: T > 0; the larger, the more alike the weights.
        length_normalised: take the mean log-prob per token for l_s.

    Returns (`score`): float64 (questions,), nats, within (0, inf), or (0, log n) for "shannon".

    Raises:
        MissingEvidence: no `token_logprobs`.
        InvalidParameter: a parameter is outside its limits.

    Degenerate cases. One string: -l_s ("importance"), 0 ("shannon"). A repeated text has the largest of its
    likelihoods, should they differ. Log-probs of -1e4: exact, by log-sum-exp.

    Cost. None beyond sampling.

    Variant. "importance" is the weighing of hypotheses of Malinin and Gales (Eq. 9 and 10 [numbers from memory]) with
    sampled strings for their beam; `PredictiveEntropy` is their Monte Carlo form. "shannon" is ours.

    Example:
        >>> from semuq import SampleSet
        >>> samples = SampleSet(prompt="Capital of France?", texts=("Paris", "Paris", "Lyon"),
        ...                     token_logprobs=(np.log([0.75]), np.log([0.75]), np.log([0.25])))
        >>> round(JointPredictiveEntropy().score(samples), 4)
        0.5623

    See also: PredictiveEntropy (every draw counts), SemanticEntropy (over meanings).

    References: Malinin, Gales, Uncertainty Estimation in Autoregressive Structured Prediction, ICLR 2021,
        arXiv:2002.07650.
    """

    form: Form = "importance"
    temperature: float = 1.0
    length_normalised: bool = False

    needs: ClassVar[frozenset[Need]] = frozenset({Need.LIKELIHOODS})
    units: ClassVar[Units] = "nats"
    papers: ClassVar[tuple[str, ...]] = (
        "Malinin, Gales, Uncertainty Estimation in Autoregressive Structured Prediction, ICLR 2021, arXiv:2002.07650",
    )
    blind_to: ClassVar[str] = "that two wordings mean the same; strings that were not drawn"

    def __post_init__(self) -> None:
        one_of(self, get_args(Form), form=self.form)
        positive(self, temperature=self.temperature)

    @property
    def law_exceptions(self) -> Mapping[str, str]:
        """The weights do not change with the likelihood of all, the terms of "importance" do."""
        if self.form == "shannon":
            return {}
        return {"logprob_shift": "measures likelihood itself, not how it is spread over the answers"}

    def bounds(self, n: int) -> tuple[float, float]:
        """(0, inf), or (0, log n) for "shannon"."""
        return (0.0, np.inf if self.form == "importance" else float(np.log(n)))

    def _score_stack(self, stack: EvidenceStack) -> FloatArray:
        loglik = stack.loglik(length_normalised=self.length_normalised)
        kept = likeliest_of_each(stack.texts, loglik)
        weights = np.exp(log_normalise(np.where(kept, loglik / self.temperature, -np.inf)))
        return entropy(weights) if self.form == "shannon" else np.asarray(-(weights * loglik).sum(axis=1) + 0.0)

    @classmethod
    def examples(cls) -> tuple[JointPredictiveEntropy, ...]:
        """Both forms, both normalisations."""
        return (cls(), cls(form="shannon", length_normalised=True), cls(temperature=2.0, length_normalised=True))
