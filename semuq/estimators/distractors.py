"""Distractor estimators: how sure the model is of an answer, next to how sure it is of others that exclude it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, get_args

import numpy as np

from semuq.checks import one_of
from semuq.estimators.base import PerQuestionEstimator, Units
from semuq.evidence import EvidenceView, Need
from semuq.numerics import FloatArray
from semuq.relations.base import Equivalence, RelationScores

__all__ = ["DINCO", "normalised_confidence"]


@dataclass(frozen=True, kw_only=True)
class DINCO(PerQuestionEstimator):
    """DINCO, distractor-normalised coherence, turned: the confidence in an answer once its rivals have had their say.

    What it says. High: the model calls other answers just as true, or samples other ones. Low: it is sure of this
    answer alone, and gives it.

    Intuition. A model that knows little says yes to whatever is put to it. Asked of each rival by itself, its
    confidences then sum to more than 1; dividing by that sum takes off the suggestibility. How often it gives the
    answer unasked is a second witness.

    Formula. For the answer 0 with confidence f_0, and distractors d with f_d; e, c: entailment and contradiction:
        w_d  = (c(0 -> d) + c(d -> 0)) / 2 / (1 + sum_{j != 0, d} e(j -> d))    excludes the answer, and is not a copy
        NVC  = f_0 / max(1, f_0 + sum_d f_d w_d)
        SC   = (1 + k) / (n + 1)                   k of the n sampled answers are equivalent to the answer
        U    = 1 - (NVC + SC) / 2

    Args:
        equivalence: "strict" or "relaxed": when a sampled answer is the answer, see `RelationScores.equivalence`.

    Returns (`score`): float64 (questions,), probability, within (0, 1 - 1 / (2 n + 2)).

    Raises:
        MissingEvidence: no `answer`, `answer_confidence`, `distractors`, `distractor_confidences` or relation.
        InvalidParameter: `equivalence` is unknown.

    Degenerate cases. No distractor: NVC = f_0. Distractors that the answer does not exclude take nothing from it.

    Cost. A confidence for the answer and for each of m distractors, and the pairs among answer, distractors and
    sampled answers.

    Variant. As the released code for short answers computes it, with its count of the answer itself in SC. It takes
    distractors from beam search, P(true) for confidence, and for "the same answer" a mean entailment above 0.9.

    Example:
        >>> from semuq import ExactMatch, SampleSet
        >>> samples = SampleSet(prompt="Capital of Australia?", texts=("Sydney", "Canberra", "Sydney"), answer="Sydney",
        ...                     answer_confidence=0.9, distractors=("Canberra", "Perth"),
        ...                     distractor_confidences=(0.8, 0.3))
        >>> DINCO().score(samples, ExactMatch())  # NVC = 0.9 / 2, SC = 3 / 4
        0.4

    See also: StatedConfidence (not normalised), MajorityUncertainty (SC).

    References: Wang, Stengel-Eskin, Calibrating Verbalized Confidence with Self-Generated Distractors,
        arXiv:2509.25532.
    """

    equivalence: Equivalence = "strict"

    needs: ClassVar[frozenset[Need]] = frozenset(
        {
            Need.ANSWER,
            Need.ANSWER_CONFIDENCE,
            Need.DISTRACTORS,
            Need.DISTRACTOR_CONFIDENCES,
            Need.DISTRACTOR_RELATION,
        }
    )
    units: ClassVar[Units] = "probability"
    papers: ClassVar[tuple[str, ...]] = (
        "Wang, Stengel-Eskin, Calibrating Verbalized Confidence with Self-Generated Distractors, arXiv:2509.25532",
    )
    blind_to: ClassVar[str] = "rivals that no distractor names; errors that the model believes and repeats"
    depends_on_n: ClassVar[bool] = True

    def __post_init__(self) -> None:
        one_of(self, get_args(Equivalence), equivalence=self.equivalence)

    @property
    def law_exceptions(self) -> Mapping[str, str]:
        """The answer counts once beside the sampled ones."""
        return {"doubling": "the judged answer counts as one more sample, as the released code has it"}

    def bounds(self, n: int) -> tuple[float, float]:
        """Sure and repeated; unsure and never sampled."""
        return (0.0, 1.0 - 1.0 / (2 * n + 2))

    def _score_one(self, view: EvidenceView) -> float:
        samples, scores = view.samples, view.relation_over(Need.DISTRACTOR_RELATION)
        rivals = len(samples.distractors or ())
        confidences = np.append(float(samples.answer_confidence or 0.0), np.asarray(samples.distractor_confidences))
        validated = normalised_confidence(confidences, scores)
        same = scores.equivalence(self.equivalence)[0, 1 + rivals :]
        generated = (1 + same.sum()) / (view.n + 1)
        return float(1.0 - (validated + generated) / 2)

    @classmethod
    def examples(cls) -> tuple[DINCO, ...]:
        """Both rules."""
        return (cls(), cls(equivalence="relaxed"))


def normalised_confidence(confidences: FloatArray, scores: RelationScores) -> float:
    """NVC of the first of 1 + m confidences; the relation's first 1 + m texts are the answer and its distractors.

    >>> scores = RelationScores.from_equivalence(np.eye(3, dtype=bool))
    >>> round(normalised_confidence(np.array([0.9, 0.8, 0.3]), scores), 4)
    0.45
    """
    m = len(confidences)
    entails, contradicts = scores.entailment[:m, :m], scores.contradiction[:m, :m]
    exclusive = (contradicts + contradicts.T)[0] / 2
    # Each distractor's copies among the others, itself counted once.
    copies = 1 + entails.sum(axis=0) - entails[0] - np.diagonal(entails)
    weights = np.where(np.arange(m) > 0, exclusive / np.maximum(copies, 1.0), 1.0)
    return float(confidences[0] / max(1.0, float((weights * confidences).sum())))
