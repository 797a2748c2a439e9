"""What one has to have for an estimator: how the page groups contestants, read off their class facts."""

from __future__ import annotations

from enum import StrEnum

from benchmarks.leaderboard.contestants import BASELINES
from semuq.estimators import ESTIMATORS
from semuq.evidence.needs import Need, access


class Family(StrEnum):
    """What is at hand, from the least to the most."""

    TEXTS = "only texts"
    LOGPROBS = "texts and log-probs"
    VOCABULARY = "the whole next-token distribution"
    STATES = "hidden states"
    ASKING = "the model can be asked again"
    LABELS = "graded questions to fit on"


ASKED = frozenset(
    {
        Need.P_TRUE,
        Need.STATED_CONFIDENCES,
        Need.ANSWER_PROBABILITIES,
        Need.EXPLANATION_ENTAILMENT,
        Need.PERTURBATIONS,
        Need.PERTURBED_RELATION,
        Need.ANSWER_CONFIDENCE,
        Need.DISTRACTORS,
        Need.DISTRACTOR_CONFIDENCES,
        Need.DISTRACTOR_RELATION,
        Need.OTHER_MODELS,
        Need.CROSS_RELATION,
        Need.CLARIFICATIONS,
        Need.SECOND_ANSWERS,
        Need.SECOND_RELATION,
    }
)
"""Needs that only more questions to this or another model cover."""

_BY_ACCESS = {
    "black": Family.TEXTS,
    "log-probs": Family.LOGPROBS,
    "vocabulary": Family.VOCABULARY,
    "states": Family.STATES,
}
_KINDS = {kind.__name__: kind for kind in ESTIMATORS}


def family(name: str) -> Family:
    """Of an estimator or a baseline; figures may name an estimator that is no longer there: it shows texts only.

    >>> family("PTrue").value, family("MeanLogProb").value
    ('the model can be asked again', 'texts and log-probs')
    """
    if name in {baseline.name for baseline in BASELINES}:
        return Family.LOGPROBS if "LogProb" in name else Family.TEXTS
    kind = _KINDS.get(name)
    if kind is None:
        return Family.TEXTS
    if hasattr(kind, "fit"):
        return Family.LABELS
    needs = kind().needs
    return Family.ASKING if ASKED & set(needs) else _BY_ACCESS[access(needs)]
