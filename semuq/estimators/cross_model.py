"""Cross-model estimators: what other models say to the same question.

A model that repeats one error is consistent; models that were trained apart seldom repeat the same one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

import numpy as np

from semuq.checks import one_of
from semuq.estimators.base import PerQuestionEstimator, Units
from semuq.evidence import EvidenceView, Need
from semuq.relations.base import affinity

__all__ = ["CrossModelDisagreement"]

Part = Literal["total", "epistemic"]


@dataclass(frozen=True, kw_only=True)
class CrossModelDisagreement(PerQuestionEstimator):
    """Cross-model disagreement (TU = AU + EU): how little the answers resemble those of other models.

    What it says. High: other models answer otherwise. Low: they say the same.

    Intuition. Disagreement among a model's own answers sees what it wavers about, not what it is wrong about and sure
    of. The others' disagreement sees both; taking off the first leaves the second.

    Formula. With s_ij = (a(i -> j) + a(j -> i)) / 2, own answers i, and answers of other models m:
        intra = mean_{i != j} s_ij              over own answers;  AU = 1 - intra
        inter = mean_m mean_{i,j} s_ij          i own, j of model m;  EU = intra - inter
        total      U = AU + EU = 1 - inter
        epistemic  U = EU

    Args:
        part: "total" or "epistemic".

    Returns (`score`): float64 (questions,), dimensionless, within (0, 1), or (-1, 1) for "epistemic".

    Raises:
        MissingEvidence: no `other_models` or no relation.
        InvalidParameter: `part` is neither.

    Degenerate cases. One answer: intra = 1. No other model: inter = intra, so that EU = 0. EU < 0 where a model
    resembles others more than itself.

    Cost. The answers of the other models, and u (u - 1) ordered pairs for u distinct answers of all models.

    Variant. EU as the gap between inter-model and intra-model similarity and TU = AU + EU are the paper's; its encoder
    was not to be had, so that the similarity is the relation's: `EmbeddingSimilarity` is nearest to it [inferred]. The
    paper weighs the models alike, and so does this.

    Example:
        >>> from semuq import ExactMatch, SampleSet
        >>> others = [SampleSet(prompt="Capital of Australia?", texts=("Canberra", "Canberra"))]
        >>> samples = SampleSet(prompt="Capital of Australia?", texts=("Sydney", "Sydney"), other_models=others)
        >>> CrossModelDisagreement().score(samples, ExactMatch())  # sure of itself, and alone with it
        1.0

    See also: PairwiseDissimilarity (AU).

    References: Hamidieh, Thost, Gerych, Yurochkin, Ghassemi, arXiv:2604.17112.
    """

    part: Part = "total"

    needs: ClassVar[frozenset[Need]] = frozenset({Need.OTHER_MODELS, Need.CROSS_RELATION})
    units: ClassVar[Units] = "dimensionless"
    papers: ClassVar[tuple[str, ...]] = (
        "Hamidieh, Thost, Gerych, Yurochkin, Ghassemi, Complementing Self-Consistency with Cross-Model Disagreement "
        "for Uncertainty Quantification, ICLR 2026, arXiv:2604.17112",
    )
    blind_to: ClassVar[str] = "errors that all models make"

    def __post_init__(self) -> None:
        one_of(self, get_args(Part), part=self.part)

    @property
    def law_exceptions(self) -> Mapping[str, str]:
        """A mean over pairs leaves out each answer itself."""
        return {"doubling": "a copy of an answer is another answer to it"} if self.part == "epistemic" else {}

    def bounds(self, n: int) -> tuple[float, float]:
        """(0, 1), or (-1, 1) for "epistemic"."""
        return (0.0 if self.part == "total" else -1.0, 1.0)

    def _score_one(self, view: EvidenceView) -> float:
        similarity = affinity(view.relation_over(Need.CROSS_RELATION))
        n = view.n
        own = similarity[:n, :n]
        intra = (own.sum() - n) / (n * (n - 1)) if n > 1 else 1.0
        sizes = [len(other) for other in view.samples.other_models or ()]
        ends = n + np.cumsum(sizes)
        each = [similarity[:n, end - size : end].mean() for size, end in zip(sizes, ends, strict=True)]
        inter = float(np.mean(each)) if each else intra
        return float(1.0 - inter if self.part == "total" else intra - inter)

    @classmethod
    def examples(cls) -> tuple[CrossModelDisagreement, ...]:
        """Both parts."""
        return (cls(), cls(part="epistemic"))
