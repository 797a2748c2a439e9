"""From the score of a question to a decision: how likely its answer is wrong, and whether to give it.

What `semuq fit` writes and `semuq decide` reads: one estimator's calibrator, and, if a promise was asked for,
the rule that keeps it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from semuq.decisions.calibration import Calibrator, Method, cross_fit, read_json
from semuq.decisions.conformal import SelectiveAnswering
from semuq.errors import InvalidParameter
from semuq.estimators import ESTIMATORS
from semuq.metrics import Interval, auroc, bootstrap, brier, ece
from semuq.scoring.record import QuestionScore
from semuq.scoring.verdict import representative

__all__ = [
    "Decision",
    "DecisionRule",
    "Quality",
    "chosen_estimator",
    "cross_fitted_quality",
    "fit_decision_rule",
    "leading_answer",
]

_FORMAT, _VERSION = "semuq.decisions.rule", 1


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What to do with one question.

    Args:
        id, prompt: of the question.
        answer: a text of the largest cluster: what would be given.
        score: of the rule's estimator; higher = more uncertain.
        probability_right: calibrated, in [0, 1].
        given: True to answer, False to abstain.
    """

    id: str | None
    prompt: str
    answer: str
    score: float
    probability_right: float
    given: bool


@dataclass(frozen=True, kw_only=True)
class DecisionRule:
    """A fitted calibrator of one estimator and the way to decide by it.

    Args:
        estimator: `repr` of the estimator whose scores it was fitted on.
        relation: identity of the relation that those scores came from.
        calibrator: from its score to the probability of being wrong.
        promise: answers only where this rule does; None leaves the decision to a probability.

    Degenerate cases. A question without that estimator's score, or scored with another relation, is refused,
    never answered.

    Example:
        >>> calibrator = Calibrator(method="platt").fit([0.0, 0.1, 0.9, 1.0], [True, True, False, False])
        >>> rule = DecisionRule(estimator="DiscreteSemanticEntropy()", relation="exact", calibrator=calibrator)
        >>> rule.calibrator.predict_proba([0.0]) < 0.5
        array([ True])
    """

    estimator: str
    relation: str
    calibrator: Calibrator
    promise: SelectiveAnswering | None = None

    def decide(self, score: QuestionScore, least: float | None = None) -> Decision:
        """Answer or abstain.

        Args:
            score: the question, with this rule's estimator among its scores.
            least: answer where the probability of being right is at least this; None follows the promise.

        Raises:
            InvalidParameter: neither a promise nor `least`; `least` outside [0, 1]; the score is missing, or comes
                from another relation than the fitted ones.
        """
        if least is None and self.promise is None:
            raise InvalidParameter("least: expected a probability, for the rule was fitted without a promise; got None")
        if least is not None and not 0 <= least <= 1:
            raise InvalidParameter(f"least: expected a probability in [0, 1], got {least!r}")
        if self.estimator not in score.scores:
            raise InvalidParameter(
                f"scores: expected one of {self.estimator}, got {list(score.scores)}; score the answers with it"
            )
        if score.relation != self.relation:
            raise InvalidParameter(
                f"relation: expected that of the fitted scores, {self.relation!r}, got {score.relation!r}; "
                "score with that one, or fit again"
            )
        value = score.scores[self.estimator]
        right = 1 - float(self.calibrator.predict_proba([value])[0])
        if least is not None:
            given = right >= least
        else:
            assert self.promise is not None  # checked above
            given = bool(self.promise.decide([value])[0])
        return Decision(
            id=score.id,
            prompt=score.prompt,
            answer=leading_answer(score),
            score=value,
            probability_right=right,
            given=given,
        )

    def save(self, path: str | Path) -> None:
        """Write the rule as JSON: numbers and names only, no code."""
        record = {
            "format": _FORMAT,
            "version": _VERSION,
            "estimator": self.estimator,
            "relation": self.relation,
            "calibrator": self.calibrator.to_dict(),
            "promise": None if self.promise is None else self.promise.to_dict(),
        }
        Path(path).write_text(json.dumps(record, indent=1, allow_nan=False) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: str | Path) -> DecisionRule:
        """Read what `save` wrote.

        Raises:
            InvalidParameter: the file is damaged, not such a rule, or of a later version.
        """
        record = read_json(path, _FORMAT, _VERSION)
        estimator, relation = record.get("estimator"), record.get("relation")
        calibrator, promise = record.get("calibrator"), record.get("promise")
        if not isinstance(estimator, str) or not isinstance(relation, str) or not isinstance(calibrator, dict):
            raise InvalidParameter(
                f"{path}: damaged file (no estimator, relation or calibrator); fit and save it again"
            )
        return cls(
            estimator=estimator,
            relation=relation,
            calibrator=Calibrator.from_dict(calibrator, path),
            promise=None if promise is None else SelectiveAnswering.from_dict(promise, path),
        )


def fit_decision_rule(
    scores: Sequence[QuestionScore],
    correct: Sequence[float],
    *,
    estimator: str | None = None,
    method: Method = "isotonic",
    max_error: float | None = None,
    confidence: float = 0.95,
) -> DecisionRule:
    """Fit a rule on graded questions.

    Args:
        scores: the questions.
        correct: (n,) correctness of the answer that would be given; with a promise right or wrong, else in [0, 1].
        estimator: its name, in short or as `repr`; None takes the first in the file.
        method: of the calibrator.
        max_error: promise an error rate among the answered of at most this; None promises nothing.
        confidence: with which the promise holds.

    Raises:
        InvalidParameter: no question, an unknown estimator, several relations, or a correctness out of range.
    """
    if not scores:
        raise InvalidParameter("scores: expected at least one graded question, got none")
    relations = sorted({score.relation for score in scores})
    if len(relations) > 1:
        raise InvalidParameter(f"relation: expected one for all questions, got {relations}; score them alike")
    name = chosen_estimator(scores, estimator)
    values = np.array([score.scores[name] for score in scores])
    promise = None
    if max_error is not None:
        promise = SelectiveAnswering(alpha=max_error, delta=round(1 - confidence, 12)).fit(values, correct)
    calibrator = Calibrator(method=method).fit(values, correct)
    return DecisionRule(estimator=name, relation=relations[0], calibrator=calibrator, promise=promise)


@dataclass(frozen=True, kw_only=True)
class Quality:
    """How good a rule is on questions that its calibrator has not seen.

    Args:
        auroc: of the score, with its 95% bootstrap interval; None where all answers are right, or all wrong.
        ece: expected calibration error of the cross-fitted probabilities, in 10 bins of equal mass; noise adds to it.
        brier: their Brier score.
        brier_of_rate: that of giving every answer the overall error rate, which a useful score is below.
        folds: in how many parts the questions were cut.
    """

    auroc: Interval | None
    ece: float
    brier: float
    brier_of_rate: float
    folds: int

    def describe(self) -> str:
        """In one line of words."""
        ranking = "undefined (all right or all wrong)" if self.auroc is None else str(self.auroc)
        return (
            f"On questions left out, {self.folds}-fold: AUROC {ranking}, calibration error {self.ece:.3f}, Brier score "
            f"{self.brier:.3f} (the error rate alone: {self.brier_of_rate:.3f})."
        )


def cross_fitted_quality(
    rule: DecisionRule, scores: Sequence[QuestionScore], correct: Sequence[float], folds: int = 5
) -> Quality | None:
    """Judge a rule's estimator and kind of calibrator on questions left out of the fit; None for a single question."""
    values = np.array([score.scores[rule.estimator] for score in scores])
    right = np.array(correct, dtype=np.float64)
    folds = min(folds, len(right))
    if folds < 2:
        return None
    unfitted = Calibrator(method=rule.calibrator.method, bins=rule.calibrator.bins)
    wrong = cross_fit(values, right, folds, calibrator=unfitted)
    one_kind = bool((right == 1).all() or (right == 0).all())
    return Quality(
        auroc=None if one_kind else bootstrap(auroc, values, right, n_resamples=2000),
        ece=ece(wrong, right, bins=10, binning="mass"),
        brier=brier(wrong, right),
        brier_of_rate=brier(np.full(len(right), 1 - right.mean()), right),
        folds=folds,
    )


def leading_answer(score: QuestionScore) -> str:
    """The most frequent wording of the heaviest cluster: the answer that a decision is about."""
    return representative(score.texts, score.clusters, int(np.argmax(score.cluster_masses)))


def chosen_estimator(scores: Iterable[QuestionScore], wanted: str | None) -> str:
    """The `repr` of the wanted estimator, in all the scores; None takes the first one.

    Raises:
        InvalidParameter: it is not among the scores of every question, or two have that name.
    """
    common = _common([score.scores for score in scores])
    names = {name: ESTIMATORS.short(name) for name in common}
    if wanted is None and common:
        return common[0]
    found = [name for name in common if wanted in (name, names[name], name.partition("(")[0])]
    if len(found) != 1:
        raise InvalidParameter(f"estimator: expected one of {[names[name] for name in common]}, got {wanted!r}")
    return found[0]


def _common(scores: Sequence[Mapping[str, float]]) -> list[str]:
    return [name for name in scores[0] if all(name in other for other in scores)] if scores else []
