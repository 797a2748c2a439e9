"""Probes: one answer's hidden state says how uncertain the model is, once a linear probe has learned to read it.

Fitted beforehand, by `semuq probe fit` or `semuq.fitted.probes`; at answer time neither samples nor pairs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, TypeVar

import numpy as np

from semuq.errors import InvalidParameter, MissingEvidence
from semuq.estimators.base import AnswerEstimator, Units
from semuq.evidence import Need
from semuq.evidence.stack import EvidenceStack
from semuq.fitted.probes import LinearProbe, Target
from semuq.numerics import FloatArray

__all__ = ["CorrectnessProbe", "SemanticEntropyProbe"]

Own = TypeVar("Own", bound="_Probed")


@dataclass(frozen=True, kw_only=True)
class _Probed(AnswerEstimator):
    """What both share: a probe, given or by its file, and its probability of each answer's state."""

    probe: LinearProbe | str | None = None

    needs: ClassVar[frozenset[Need]] = frozenset({Need.HIDDEN_STATES})
    units: ClassVar[Units] = "probability"
    target: ClassVar[Target]
    """What the probe must give the probability of."""

    def __post_init__(self) -> None:
        name = type(self).__name__
        if isinstance(self.probe, str):
            object.__setattr__(self, "probe", LinearProbe.load(self.probe))
        if self.probe is not None and not isinstance(self.probe, LinearProbe):
            raise InvalidParameter(f"{name}.probe: expected a LinearProbe or its path, or None, got {self.probe!r:.60}")
        if self.probe is not None and self.probe.target != self.target:
            raise InvalidParameter(
                f"{name}.probe: expected a probe of {self.target!r}, got {self.probe!r}; fit one with "
                f"`semuq probe fit --target {self.target}`"
            )

    @property
    def law_exceptions(self) -> Mapping[str, str]:
        """A fitted probe is more than its name."""
        if self.probe is None:
            return {}
        return {"survives_copying": "the repr names the fitted probe by a digest of its weights; save and load it"}

    def bounds(self, n: int) -> tuple[float, float]:
        """(0, 1)."""
        return (0.0, 1.0)

    def _stack_answers(self, stack: EvidenceStack) -> FloatArray:
        if not isinstance(self.probe, LinearProbe):
            raise MissingEvidence(
                f"probe: {type(self).__name__} needs a fitted one, got None; fit it with "
                f"`semuq probe fit --target {self.target}`, or see semuq.fitted.probes"
            )
        return self.probe.probability(stack.answers("hidden_states"))

    @classmethod
    def examples(cls: type[Own]) -> tuple[Own, ...]:
        """A probe of states of 8 numbers."""
        weights = {"centre": np.zeros(8), "scale": np.ones(8), "weight": np.linspace(-1, 1, 8), "bias": np.zeros(1)}
        return (cls(probe=LinearProbe(weights, cls.target)),)


@dataclass(frozen=True, kw_only=True)
class SemanticEntropyProbe(_Probed):
    """SEP, semantic entropy probe: how probably the question is one of high semantic entropy, by the model's state.

    What it says. High: inside the model this looks like questions it answered in many ways. Low: like those it
    answered in one.

    Formula. u_i = sigmoid(w . (h_i - m) / s + b) of the hidden state h_i of answer i, what `score_answers` gives;
    U = (1/n) sum_i u_i.

    Args:
        probe: a `LinearProbe` of "entropy", or the path of one that `semuq probe fit` wrote.

    Returns (`score`): float64 (questions,), probability, within (0, 1).

    Raises:
        MissingEvidence: no `hidden_states`, or no probe.
        InvalidParameter: the probe is of something else, or of states of another width.

    Degenerate cases. One answer: its own probability, the paper's case.

    Cost. One hidden state of one answer. Fitting once: answers sampled and clustered for some hundreds of questions.

    Variant. The paper's probe: logistic regression, semantic entropy cut in two where the halves are tightest. It takes
    the state at the last token of the prompt or of the answer, at the layer that does best; `hidden_states` holds
    whatever the sampler was told to keep. The mean over answers is ours.

    Example:
        >>> from semuq import SampleSet
        >>> probe = LinearProbe({"centre": [0.0], "scale": [1.0], "weight": [1.0], "bias": [0.0]}, "entropy")
        >>> samples = SampleSet(prompt="Capital of France?", texts=("Paris",), hidden_states=[[np.log(3)]])
        >>> SemanticEntropyProbe(probe=probe).score(samples)
        0.75

    See also: DiscreteSemanticEntropy (what it was taught), CorrectnessProbe, ASEU.

    References: Kossen et al., Semantic Entropy Probes: Robust and Cheap Hallucination Detection in LLMs,
        arXiv:2406.15927.
    """

    papers: ClassVar[tuple[str, ...]] = (
        "Kossen et al., Semantic Entropy Probes: Robust and Cheap Hallucination Detection in LLMs, arXiv:2406.15927",
    )
    blind_to: ClassVar[str] = "errors on which all answers agree; questions and models unlike those it was fitted on"
    target: ClassVar[Target] = "entropy"


@dataclass(frozen=True, kw_only=True)
class CorrectnessProbe(_Probed):
    """Accuracy probe (P(IK), SAPLMA's linear form), turned: how probably the answer is wrong, by the model's state.

    What it says. High: inside the model this looks like answers that were wrong. Low: like those that were right.

    Formula. As `SemanticEntropyProbe`, of a probe that was taught which answers are wrong.

    Args:
        probe: a `LinearProbe` of "wrong", or the path of one that `semuq probe fit` wrote.

    Returns (`score`): float64 (questions,), probability, within (0, 1).

    Raises:
        MissingEvidence: no `hidden_states`, or no probe.
        InvalidParameter: the probe is of something else, or of states of another width.

    Degenerate cases. One answer: its own probability.

    Cost. One hidden state of one answer. Fitting once, on graded answers.

    Variant. The accuracy probe that the paper compares its own with: better on questions like those it was fitted on,
    worse on others. A probability, as far as the questions are alike.

    Example:
        >>> from semuq import SampleSet
        >>> probe = LinearProbe({"centre": [0.0], "scale": [1.0], "weight": [1.0], "bias": [0.0]}, "wrong")
        >>> samples = SampleSet(prompt="Capital of France?", texts=("Paris", "Lyon"), hidden_states=[[-2.0], [2.0]])
        >>> CorrectnessProbe(probe=probe).score_answers(samples).round(4)
        array([0.1192, 0.8808])

    See also: SemanticEntropyProbe (needs no grades), PTrue (asks the model).

    References: Kossen et al., arXiv:2406.15927; Kadavath et al., Language Models (Mostly) Know What They Know,
        arXiv:2207.05221; Azaria, Mitchell, Findings of EMNLP 2023, arXiv:2304.13734.
    """

    papers: ClassVar[tuple[str, ...]] = (
        "Kossen et al., Semantic Entropy Probes, arXiv:2406.15927",
        "Kadavath et al., Language Models (Mostly) Know What They Know, arXiv:2207.05221",
        "Azaria, Mitchell, The Internal State of an LLM Knows When It's Lying, Findings of EMNLP 2023, "
        "arXiv:2304.13734",
    )
    blind_to: ClassVar[str] = "what its graded questions did not hold; other models"
    target: ClassVar[Target] = "wrong"
