"""Explanation estimators: answers weighed by how well the reasons given for them stand.

Each sampled answer is an explanation; the model's distribution over the options given that
explanation (`answer_probabilities`) and how probably the question entails the explanation
(`explanation_entailment`) are evidence, made while sampling.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

import numpy as np

from semuq.checks import one_of
from semuq.estimators.base import Estimator, Units
from semuq.evidence import Need
from semuq.evidence.stack import EvidenceStack
from semuq.numerics import FloatArray, entropy

__all__ = ["StableExplanations", "StableExplanationsEntropy", "answer_distribution"]


Weights = Literal["entailment", "uniform"]

_PAPER = "Becker, Soatto, Cycles of Thought: Measuring LLM Confidence through Stable Explanations, arXiv:2406.03441"


@dataclass(frozen=True, kw_only=True)
class StableExplanations(Estimator):
    """How far the best option is from certain, averaged over explanations that stand.

    What it says. High: good explanations lead to different options. Low: they lead to one.

    Formula. w_i = rho_i / sum_j rho_j,  p_a = sum_i w_i p(a | e_i),  U = 1 - max_a p_a, for explanation
    e_i with entailment rho_i and options a.

    Args:
        weights: "entailment" for rho_i; "uniform" weighs all explanations alike, which with certain
            answers is self-consistency.

    Returns (`score`): float64 (questions,), probability, within (0, 1).

    Raises:
        MissingEvidence: no `answer_probabilities` or no `explanation_entailment`.
        InvalidParameter: `weights` is neither.

    Degenerate cases. One explanation: one minus its own largest probability. No explanation entailed at
    all: uniform weights.

    Cost. Two calls per explanation while sampling.

    Variant. The paper's confidence, turned to uncertainty; how its entailment prompt is worded is not
    part of this.

    Example:
        >>> from semuq import SampleSet
        >>> samples = SampleSet(prompt="Is 91 prime?", texts=("7 x 13 = 91, so no", "it is odd, so yes"),
        ...                     answer_probabilities=[[0, 1], [1, 0]], explanation_entailment=[0.75, 0.25])
        >>> StableExplanations().score(samples)
        0.25

    See also: StableExplanationsEntropy.

    References: Becker, Soatto, Cycles of Thought, arXiv:2406.03441.
    """

    weights: Weights = "entailment"

    needs: ClassVar[frozenset[Need]] = frozenset({Need.ANSWER_PROBABILITIES, Need.EXPLANATION_ENTAILMENT})
    units: ClassVar[Units] = "probability"
    papers: ClassVar[tuple[str, ...]] = (_PAPER,)
    blind_to: ClassVar[str] = "explanations that the model did not give; how many other meanings there are"

    def __post_init__(self) -> None:
        one_of(self, get_args(Weights), weights=self.weights)

    def bounds(self, n: int) -> tuple[float, float]:
        """(0, 1): 1 is approached with many options."""
        return (0.0, 1.0)

    def _score_stack(self, stack: EvidenceStack) -> FloatArray:
        return 1.0 - _distribution(stack, self.weights).max(axis=1)

    @classmethod
    def examples(cls) -> tuple[StableExplanations, ...]:
        """Both weights."""
        return (cls(), cls(weights="uniform"))


@dataclass(frozen=True, kw_only=True)
class StableExplanationsEntropy(Estimator):
    """The entropy over options, averaged over explanations that stand.

    What it says. High: explanations lead to many options. Low: to one.

    Formula. U = -sum_a p_a log p_a, p as in `StableExplanations`.

    Args:
        weights: as in `StableExplanations`.

    Returns (`score`): float64 (questions,), nats, within (0, inf) (log of the number of options).

    Raises:
        MissingEvidence: no `answer_probabilities` or no `explanation_entailment`.
        InvalidParameter: `weights` is neither.

    Degenerate cases. As `StableExplanations`; a certain option: 0.

    Cost. As `StableExplanations`.

    Variant. The same posterior read by its entropy [inferred].

    Example:
        >>> from semuq import SampleSet
        >>> samples = SampleSet(prompt="Is 91 prime?", texts=("7 x 13 = 91, so no", "it is odd, so yes"),
        ...                     answer_probabilities=[[0, 1], [1, 0]], explanation_entailment=[0.75, 0.25])
        >>> round(StableExplanationsEntropy().score(samples), 4)
        0.5623

    References: Becker, Soatto, Cycles of Thought, arXiv:2406.03441.
    """

    weights: Weights = "entailment"

    needs: ClassVar[frozenset[Need]] = frozenset({Need.ANSWER_PROBABILITIES, Need.EXPLANATION_ENTAILMENT})
    units: ClassVar[Units] = "nats"
    papers: ClassVar[tuple[str, ...]] = (_PAPER,)
    blind_to: ClassVar[str] = "explanations that the model did not give"

    def __post_init__(self) -> None:
        one_of(self, get_args(Weights), weights=self.weights)

    def bounds(self, n: int) -> tuple[float, float]:
        """(0, inf): log of the number of options, which is not a matter of n."""
        return (0.0, np.inf)

    def _score_stack(self, stack: EvidenceStack) -> FloatArray:
        return entropy(_distribution(stack, self.weights))

    @classmethod
    def examples(cls) -> tuple[StableExplanationsEntropy, ...]:
        """Both weights."""
        return (cls(), cls(weights="uniform"))


def answer_distribution(probabilities: FloatArray, entailment: FloatArray) -> FloatArray:
    """(..., options) sum_i w_i p(a | e_i) from (..., n, options) and (..., n); uniform w if no explanation is entailed.

    >>> answer_distribution(np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([0.6, 0.2])).round(9)
    array([0.75, 0.25])
    """
    total = entailment.sum(axis=-1, keepdims=True)
    weights = np.where(total > 0, entailment / np.where(total > 0, total, 1.0), 1 / entailment.shape[-1])
    return np.asarray((weights[..., None, :] @ probabilities)[..., 0, :])


def _distribution(stack: EvidenceStack, weights: Weights) -> FloatArray:
    entailment = stack.answers("explanation_entailment")
    if weights == "uniform":
        entailment = np.ones_like(entailment)
    return answer_distribution(stack.answers("answer_probabilities"), entailment)
