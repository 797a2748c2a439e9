"""Reference estimators: how far the model's state is from the states of questions it was fitted on.

They look at the input as much as at the answer: a question unlike any known one scores high, however alike its
answers are. The reference is fitted beforehand (`semuq.heads.reference`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from semuq.errors import InvalidParameter, MissingEvidence
from semuq.estimators.answers import AnswerEstimator
from semuq.estimators.base import Units
from semuq.evidence import EvidenceView, Need
from semuq.heads.reference import ReferenceStates

__all__ = ["StateDistance"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class StateDistance(AnswerEstimator):
    """How far the model's hidden states are from those of questions it is known to answer.

    What it says. High: inside the model this question looks like none of the reference. Low: like many.

    Formula.
        d(h) = sqrt((h - m)^T C^-1 (h - m))          of the reference's mean and covariance
        u_i  = d(h_i), or d(h_i) - d0(h_i)            what `score_answers` gives
        U    = (1/n) sum_i u_i
    A robust reference takes kernel principal components of h first (RDE).

    Args:
        reference: from `ReferenceStates.fit` on hidden states of the same model and layer.
        background: a second reference, of any text; its distance d0 is taken off, so that states that are far from
            everything do not count as far (relative Mahalanobis distance).

    Returns (`score`): float64 (questions,), dimensionless, within (0, inf), or (-inf, inf) with a background.

    Raises:
        MissingEvidence: no `hidden_states`, or no reference.
        InvalidParameter: the states are not of the reference's width.

    Degenerate cases. One answer: its own distance, the papers' case. Under a robust reference states that are very far
    from all anchors, beyond the reach of its kernel, look ordinary: choose a smaller gamma.

    Cost. None beyond keeping one state per answer; fitting once.

    Variant. Mahalanobis distance with a Ledoit-Wolf covariance; `method="robust"` is RDE (kernel principal components
    and minimum covariance determinant), there per class of a classifier, here one class; the relative form is that
    of Ren et al. The mean over answers is ours.

    Example:
        >>> from semuq import SampleSet
        >>> known = ReferenceStates({"mean": [0, 0], "precision": [[1, 0], [0, 0.25]]})
        >>> samples = SampleSet(prompt="Capital of France?", texts=("Paris", "Lyon"), hidden_states=[[3, 0], [0, 2]])
        >>> StateDistance(reference=known).score_answers(samples)
        array([3., 1.])

    See also: HiddenEigenScore (the states of several answers against each other), ASEU.

    References: Lee et al., A Simple Unified Framework for Detecting Out-of-Distribution Samples, NeurIPS 2018,
        arXiv:1807.03888; Yoo et al., Findings of ACL 2022, arXiv:2203.01677 (RDE); Ren et al., Out-of-Distribution
        Detection and Selective Generation for Conditional Language Models, ICLR 2023, arXiv:2209.15558.
    """

    reference: ReferenceStates | None = None
    background: ReferenceStates | None = None

    needs: ClassVar[frozenset[Need]] = frozenset({Need.HIDDEN_STATES})
    units: ClassVar[Units] = "dimensionless"
    references: ClassVar[tuple[str, ...]] = (
        "Lee et al., A Simple Unified Framework for Detecting Out-of-Distribution Samples, NeurIPS 2018, "
        "arXiv:1807.03888",
        "Yoo et al., Detection of Word Adversarial Examples in Text Classification, Findings of ACL 2022, "
        "arXiv:2203.01677",
        "Ren et al., Out-of-Distribution Detection and Selective Generation for Conditional Language Models, "
        "ICLR 2023, arXiv:2209.15558",
    )

    def __post_init__(self) -> None:
        for name in ("reference", "background"):
            value = getattr(self, name)
            if value is not None and not isinstance(value, ReferenceStates):
                raise InvalidParameter(f"StateDistance.{name}: expected ReferenceStates or None, got {value!r:.60}")

    @property
    def law_exceptions(self) -> Mapping[str, str]:
        """A fitted reference is more than its name."""
        if self.reference is None:
            return {}
        return {"survives_copying": "the repr names the fitted reference by a digest of its weights; save and load it"}

    def bounds(self, n: int) -> tuple[float, float]:
        """(0, inf), or (-inf, inf) with a background."""
        return (0.0 if self.background is None else -np.inf, np.inf)

    def _score_one(self, view: EvidenceView) -> float:
        return float(self._score_answers(view).mean())

    def _score_answers(self, view: EvidenceView) -> FloatArray:
        if self.reference is None:
            raise MissingEvidence(
                "reference: StateDistance needs a fitted one, got None; see semuq.heads.reference.ReferenceStates.fit"
            )
        states = np.asarray(view.samples.hidden_states)
        distance = self.reference.distance(states)
        return distance if self.background is None else distance - self.background.distance(states)

    @classmethod
    def examples(cls) -> tuple[StateDistance, ...]:
        """Plain and relative, for states of 8 numbers."""
        near = ReferenceStates({"mean": np.zeros(8), "precision": np.eye(8)})
        wide = ReferenceStates({"mean": np.ones(8), "precision": np.eye(8) / 4})
        return (cls(reference=near), cls(reference=near, background=wide))
