"""Semantic density: how much probability lies close to an answer's meaning.

Likelihood says how probable a string is, consistency how many agree; density weighs each
neighbour in meaning by how likely the model finds it, and so scores single answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

import numpy as np

from semuq.checks import one_of
from semuq.estimators.base import AnswerEstimator, Units
from semuq.evidence import Need
from semuq.evidence.stack import EvidenceStack, likeliest_of_each
from semuq.numerics import FloatArray, fill_diagonal, log_normalise
from semuq.relations.base import RelationScores

__all__ = ["SemanticDensity", "kernel_of_meaning"]


Pick = Literal["mean", "densest"]


@dataclass(frozen=True, kw_only=True)
class SemanticDensity(AnswerEstimator):
    """Semantic density, turned: how little of the model's probability lies near the meaning of its answers.

    What it says. High: each answer stands in a thin place. Low: likely answers lie close together.

    Formula.
        w_j   = exp((1 / T_j) sum_t log p(t))                for distinct answers j, T_j tokens
        d^2_ij = c_ij + o_ij / 2                             squared distance; c, o: contradiction, neutral
        K_ij  = 1 - d^2_ij where d^2_ij <= 1, else 0        Epanechnikov kernel, mean of both directions
        SD_i  = sum_j w_j K_ij / sum_j w_j
    `score_answers` gives 1 - SD_i.

    Args:
        answer: U is the "mean" of 1 - SD_i over the answers, or that of the "densest" one.

    Returns (`score`): float64 (questions,), probability, within (0, 1 - 1/n).

    Raises:
        MissingEvidence: no `token_logprobs` or no relation.
        InvalidParameter: `answer` is neither.

    Degenerate cases. One answer: 0. All the same: 0. All contradict and are equally likely: 1 - 1/n. A
    repeated text has one weight, the largest it was seen with. An answer without tokens has w = 1.

    Cost. For u distinct answers u (u - 1) ordered pairs, shared by all estimators of one `evaluate`.

    Variant. Eq. 7 to 11 of the paper [numbers from memory], whose released code also drops repeated texts
    and averages both directions. The paper scores single answers; one number per question is ours
    [inferred]. LM-Polygraph scores its greedy answer by one direction.

    Example:
        >>> from semuq import ExactMatch, SampleSet
        >>> samples = SampleSet(prompt="Capital of France?", texts=("Paris", "Lyon"),
        ...                     token_logprobs=(np.log([0.75]), np.log([0.25])))
        >>> SemanticDensity().score_answers(samples, ExactMatch()).round(9)
        array([0.25, 0.75])

    References: Qiu, Miikkulainen, Semantic Density, NeurIPS 2024, arXiv:2405.13845.
    """

    answer: Pick = "mean"

    needs: ClassVar[frozenset[Need]] = frozenset({Need.LIKELIHOODS, Need.RELATION})
    units: ClassVar[Units] = "probability"
    papers: ClassVar[tuple[str, ...]] = (
        "Qiu, Miikkulainen, Semantic Density: Uncertainty Quantification for Large Language Models through "
        "Confidence Measurement in Semantic Space, NeurIPS 2024, arXiv:2405.13845",
    )
    blind_to: ClassVar[str] = "meanings that no answer gave; errors on which all answers agree"

    def __post_init__(self) -> None:
        one_of(self, get_args(Pick), answer=self.answer)

    def bounds(self, n: int) -> tuple[float, float]:
        """(0, 1 - 1/n): every answer is its own neighbour."""
        return (0.0, 1 - 1 / n)

    def _score_stack(self, stack: EvidenceStack) -> FloatArray:
        scores = self._stack_answers(stack)
        return np.asarray(scores.mean(axis=1) if self.answer == "mean" else scores.min(axis=1))

    def _stack_answers(self, stack: EvidenceStack) -> FloatArray:
        loglik = stack.loglik(length_normalised=True)
        weights = np.exp(log_normalise(np.where(likeliest_of_each(stack.texts, loglik), loglik, -np.inf)))
        return np.asarray(1.0 - (kernel_of_meaning(stack.relation) @ weights[..., None])[..., 0])

    @classmethod
    def examples(cls) -> tuple[SemanticDensity, ...]:
        """Both readings for a question."""
        return (cls(), cls(answer="densest"))


def kernel_of_meaning(scores: RelationScores) -> FloatArray:
    """(..., n, n) symmetric K in [0, 1]: 1 - contradiction - neutral / 2, both directions averaged, 1 on the diagonal.

    >>> kernel_of_meaning(RelationScores.from_equivalence([[True, False], [False, True]]))
    array([[1., 0.],
           [0., 1.]])
    """
    directed = np.clip(1.0 - (scores.contradiction + scores.neutral / 2), 0.0, 1.0)
    return fill_diagonal((directed + directed.swapaxes(-1, -2)) / 2, 1.0)
