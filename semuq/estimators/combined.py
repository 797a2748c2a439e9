"""Combined estimators: several scores as one.

Scores in different units do not add. `WeightedEnsemble` puts bounded scores on [0, 1] by their own
bounds, `LearnedEnsemble` learns weights from questions whose answers were graded, and `rank_average`
averages ranks within a batch, which is no estimator: a question's rank depends on its batch mates.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit
from scipy.stats import rankdata

from semuq.errors import InvalidParameter
from semuq.estimators.base import Estimator, Units, warn_of_gaps
from semuq.estimators.semantic import DiscreteSemanticEntropy
from semuq.estimators.spectral import Degree, EigenvalueSum
from semuq.evidence import Embedder, Evidence, Need
from semuq.evidence.stack import EvidenceStack
from semuq.numerics import FloatArray
from semuq.relations.base import Relation
from semuq.samples import SampleSet

__all__ = ["LearnedEnsemble", "WeightedEnsemble", "rank_average"]


_MEMBERS: tuple[Estimator, ...] = (DiscreteSemanticEntropy(), Degree())


@dataclass(frozen=True, kw_only=True)
class WeightedEnsemble(Estimator):
    """A weighted mean of several scores, each put on [0, 1] by its own bounds.

    What it says. High: most of what was asked finds the question uncertain.

    Formula. U = sum_m w_m (s_m - low_m) / (high_m - low_m) / sum_m w_m, with (low_m, high_m) the bounds of
    estimator m at this question's n; a member whose bounds coincide (n = 1) counts 0.

    Args:
        members: estimators with finite bounds.
        weights: one number >= 0 per member, not all 0; None weighs them alike.

    Returns (`score`): float64 (questions,), dimensionless, within (0, 1).

    Raises:
        InvalidParameter: a member has no finite bounds, or the weights do not fit.
        MissingEvidence: what a member needs is missing.

    Degenerate cases. One member: that member on [0, 1]. One answer: 0.

    Cost. That of the members; a relation is evaluated once for all of them.

    Variant. Ours; ensembles of scorers tuned by weights are in UQLM (Bouchard, Chauhan 2025).

    Example:
        >>> from semuq import ExactMatch, SampleSet
        >>> samples = SampleSet(prompt="Capital of France?", texts=("Paris", "paris", "Paris.", "Lyon"))
        >>> round(WeightedEnsemble().score(samples, ExactMatch()), 4)
        0.4528

    See also: LearnedEnsemble, rank_average.

    References: Bouchard, Chauhan, Uncertainty Quantification for Language Models, arXiv:2504.19254.
    """

    members: tuple[Estimator, ...] = _MEMBERS
    weights: tuple[float, ...] | None = None

    units: ClassVar[Units] = "dimensionless"
    papers: ClassVar[tuple[str, ...]] = (
        "Bouchard, Chauhan, Uncertainty Quantification for Language Models, arXiv:2504.19254",
    )
    blind_to: ClassVar[str] = "what all its members are blind to"
    depends_on_n: ClassVar[bool] = True

    def __post_init__(self) -> None:
        _adopt(self, self.members)
        for member in self.members:
            if not all(math.isfinite(end) for end in member.bounds(max(2, member.min_samples))):
                raise InvalidParameter(
                    f"WeightedEnsemble.members: expected estimators with finite bounds, got {member!r}; "
                    "take LearnedEnsemble, or rank_average over its scores"
                )
        if self.weights is not None and (
            len(self.weights) != len(self.members)
            or not all(0 <= weight < math.inf for weight in self.weights)
            or not sum(self.weights) > 0
        ):
            raise InvalidParameter(
                f"WeightedEnsemble.weights: expected {len(self.members)} numbers >= 0, not all 0, got {self.weights}"
            )

    @property
    def law_exceptions(self) -> Mapping[str, str]:
        """Bounds depend on the number of answers."""
        return {"doubling": "the same score is a smaller share of bounds that grow with the number of answers"}

    def bounds(self, n: int) -> tuple[float, float]:
        """(0, 1)."""
        return (0.0, 1.0)

    def _score_stack(self, stack: EvidenceStack) -> FloatArray:
        shares = np.zeros((len(self.members), len(stack)))
        for member, share in zip(self.members, shares, strict=True):
            low, high = member.bounds(stack.n)
            if high > low:
                share[:] = (member._checked(stack) - low) / (high - low)
        return np.asarray(np.average(shares, axis=0, weights=self.weights))

    @classmethod
    def examples(cls) -> tuple[WeightedEnsemble, ...]:
        """Equal weights, and unequal ones."""
        return (cls(), cls(members=(EigenvalueSum(), Degree()), weights=(2.0, 0.5)))


@dataclass(frozen=True, kw_only=True)
class LearnedEnsemble(Estimator):
    """The probability that the answer is wrong, learned from several scores by logistic regression.

    What it says. 0.3: of questions with scores like these, about three in ten were answered wrongly
    where it was fitted.

    Formula. U = 1 / (1 + exp(-(b + sum_m w_m s_m))), s_m the score of estimator m.

    Args:
        members: estimators.
        weights: w, one per member, as `fit` finds them.
        intercept: b.

    Returns (`score`): float64 (questions,), probability, within (0, 1).

    Raises:
        InvalidParameter: weights do not fit the members.
        MissingEvidence: what a member needs is missing.

    Degenerate cases. Weights of 0: the same probability for every question.

    Cost. That of the members; a relation is evaluated once for all of them.

    Variant. scikit-learn's LogisticRegression on standardised scores, its weights stored for raw scores.
    Probabilities hold for questions like those it was fitted on; fit and evaluate on different ones.

    Example:
        >>> from semuq import ExactMatch, SampleSet
        >>> sure = SampleSet(prompt="Capital of France?", texts=("Paris", "paris", "Paris."))
        >>> torn = SampleSet(prompt="Capital of Australia?", texts=("Canberra", "Sydney", "Melbourne"))
        >>> fitted = LearnedEnsemble.fit((Degree(),), [sure, torn] * 5, [True, False] * 5, relation=ExactMatch())
        >>> bool(fitted.score(sure, ExactMatch()) < 0.5 < fitted.score(torn, ExactMatch()))
        True

    See also: WeightedEnsemble (nothing to fit).

    References: Cox, The Regression Analysis of Binary Sequences, JRSS B 20 (1958).
    """

    members: tuple[Estimator, ...] = _MEMBERS
    weights: tuple[float, ...] = (1.0, 1.0)
    intercept: float = 0.0

    units: ClassVar[Units] = "probability"
    papers: ClassVar[tuple[str, ...]] = ("Cox, The Regression Analysis of Binary Sequences, JRSS B 20 (1958)",)
    blind_to: ClassVar[str] = "what all its members are blind to; questions unlike those it was fitted on"

    def __post_init__(self) -> None:
        _adopt(self, self.members)
        if len(self.weights) != len(self.members) or not all(map(math.isfinite, (*self.weights, self.intercept))):
            raise InvalidParameter(
                f"LearnedEnsemble.weights: expected {len(self.members)} finite numbers and a finite intercept, "
                f"got {self.weights} and {self.intercept}"
            )

    @classmethod
    def fit(
        cls,
        members: Sequence[Estimator],
        samples: Sequence[SampleSet],
        correct: ArrayLike,
        *,
        relation: Relation | None = None,
        embedder: Embedder | None = None,
        strength: float = 1.0,
    ) -> LearnedEnsemble:
        """Learn the weights from graded questions.

        Args:
            members: the estimators to combine.
            samples: questions with answers.
            correct: (questions,) whether each question was answered correctly.
            relation, embedder: as in `score`.
            strength: of the L2 penalty; smaller fits closer.

        Raises:
            InvalidParameter: lengths differ, or all questions are graded alike.
        """
        from sklearn.linear_model import LogisticRegression

        wrong = ~np.asarray(correct, dtype=bool)
        if wrong.shape != (len(samples),) or wrong.all() or not wrong.any():
            raise InvalidParameter(
                f"correct: expected {len(samples)} booleans, some true and some false, got {wrong.shape} with "
                f"{int((~wrong).sum())} true"
            )
        evidence = Evidence(samples, relation, embedder)
        scores = np.stack([member.score_evidence(evidence) for member in members], axis=1)
        if not np.isfinite(scores).all():
            warn_of_gaps(evidence, members)
            known = np.isfinite(scores).all(axis=1)
            scores, wrong = scores[known], wrong[known]
            if wrong.all() or not wrong.any():
                raise InvalidParameter("samples: expected right and wrong ones with every member's score, got one kind")
        mean, spread = scores.mean(axis=0), scores.std(axis=0)
        spread[spread == 0] = 1.0
        model = LogisticRegression(C=1 / strength).fit((scores - mean) / spread, wrong)
        weights = model.coef_[0] / spread
        return cls(
            members=tuple(members),
            weights=tuple(float(weight) for weight in weights),
            intercept=float(model.intercept_[0] - weights @ mean),
        )

    def bounds(self, n: int) -> tuple[float, float]:
        """(0, 1)."""
        return (0.0, 1.0)

    def _score_stack(self, stack: EvidenceStack) -> FloatArray:
        scores = np.stack([member._checked(stack) for member in self.members])
        return np.asarray(expit(self.intercept + np.array(self.weights) @ scores))

    @classmethod
    def examples(cls) -> tuple[LearnedEnsemble, ...]:
        """Two members and one."""
        return (cls(), cls(members=(EigenvalueSum(),), weights=(0.5,), intercept=-2.0))


def rank_average(scores: ArrayLike, weights: ArrayLike | None = None) -> FloatArray:
    """(questions,) mean rank in (0, 1) of each question under several estimators' scores (estimators, questions).

    Ranks are mid-ranks, so ties share theirs; only order within this batch counts.

    >>> rank_average([[0.1, 0.7, 0.2], [10.0, 30.0, 30.0]]).round(4)
    array([0.1667, 0.75  , 0.5833])
    """
    array = np.asarray(scores, dtype=np.float64)
    if array.ndim != 2 or not array.size or np.isnan(array).any():
        raise InvalidParameter(f"scores: expected (estimators, questions) without NaN, got shape {array.shape}")
    ranks = (rankdata(array, axis=1) - 0.5) / array.shape[1]
    shares = None if weights is None else np.asarray(weights, dtype=np.float64)
    return np.asarray(np.average(ranks, axis=0, weights=shares))


def _adopt(owner: Estimator, members: tuple[Estimator, ...]) -> None:
    """Check the members, and take over what they need: the needs of an ensemble are those of its members."""
    if not isinstance(members, tuple) or not members or not all(isinstance(member, Estimator) for member in members):
        raise InvalidParameter(
            f"{type(owner).__name__}.members: expected a tuple of at least one estimator, got {members!r:.80}"
        )
    needs: frozenset[Need] = frozenset().union(*(member.needs for member in members))
    object.__setattr__(owner, "needs", needs)
    object.__setattr__(owner, "min_samples", max(member.min_samples for member in members))
