"""Elicited confidence: what the model says when it is asked whether it knows.

The asking is done while sampling (`p_true`, `stated_confidences`); here the replies become scores.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from semuq.estimators.base import AnswerEstimator, Units
from semuq.evidence import Need
from semuq.evidence.stack import EvidenceStack
from semuq.numerics import FloatArray

__all__ = ["PTrue", "StatedConfidence"]


@dataclass(frozen=True, kw_only=True)
class PTrue(AnswerEstimator):
    """P(true), turned: how improbable the model finds it that its own answers are true.

    What it says. High: asked "is this answer true?", the model leans to no.

    Formula. U = 1 - (1/n) sum_i p_i, with p_i the probability of the token for "true" after the model
    has been shown the question and answer i. `score_answers` gives 1 - p_i.

    Returns (`score`): float64 (questions,), probability, within (0, 1).

    Raises:
        MissingEvidence: no `p_true`.

    Degenerate cases. One answer: 1 - p_1, the paper's own case.

    Cost. One forward pass per answer while sampling.

    Variant. Kadavath et al. rate one proposed answer, shown beside other samples or alone; the mean
    over answers follows the individual scores of Lin et al. (2023).

    Example:
        >>> from semuq import SampleSet
        >>> PTrue().score(SampleSet(prompt="Capital of France?", texts=("Paris", "Lyon"), p_true=[0.75, 0.25]))
        0.5

    References: Kadavath et al., Language Models (Mostly) Know What They Know, arXiv:2207.05221, Sec. 3.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({Need.P_TRUE})
    units: ClassVar[Units] = "probability"
    papers: ClassVar[tuple[str, ...]] = (
        "Kadavath et al., Language Models (Mostly) Know What They Know, arXiv:2207.05221",
    )
    blind_to: ClassVar[str] = "errors that the model believes; other answers, unless they were shown to it"

    def bounds(self, n: int) -> tuple[float, float]:
        """(0, 1)."""
        return (0.0, 1.0)

    def _stack_answers(self, stack: EvidenceStack) -> FloatArray:
        return 1.0 - stack.answers("p_true")


@dataclass(frozen=True, kw_only=True)
class StatedConfidence(AnswerEstimator):
    """Verbalized confidence, turned: how little confidence the model puts into words.

    What it says. High: the model says it is not sure. Low: it says it is; models say so too often.

    Formula. U = 1 - (1/n) sum_i c_i, with c_i in [0, 1] the confidence stated with answer i.
    `score_answers` gives 1 - c_i.

    Returns (`score`): float64 (questions,), probability, within (0, 1).

    Raises:
        MissingEvidence: no `stated_confidences`.

    Degenerate cases. One answer: 1 - c_1, the paper's own case.

    Cost. A few more tokens per answer while sampling.

    Variant. Verbalised probability ("Verb. 1S top-1") of Tian et al., averaged over the answers.

    Example:
        >>> from semuq import SampleSet
        >>> samples = SampleSet(prompt="Capital of France?", texts=("Paris",), stated_confidences=[0.75])
        >>> StatedConfidence().score(samples)
        0.25

    References: Tian et al., Just Ask for Calibration, EMNLP 2023, arXiv:2305.14975.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({Need.STATED_CONFIDENCES})
    units: ClassVar[Units] = "probability"
    papers: ClassVar[tuple[str, ...]] = ("Tian et al., Just Ask for Calibration, EMNLP 2023, arXiv:2305.14975",)
    blind_to: ClassVar[str] = "errors that the model believes; stated numbers are few and high"

    def bounds(self, n: int) -> tuple[float, float]:
        """(0, 1)."""
        return (0.0, 1.0)

    def _stack_answers(self, stack: EvidenceStack) -> FloatArray:
        return 1.0 - stack.answers("stated_confidences")
