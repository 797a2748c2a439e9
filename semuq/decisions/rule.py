"""From the score of a question to a decision: how likely its answer is wrong, and whether to give it.

What `semuq fit` writes and `semuq decide` reads: one estimator's calibrator, and, if a promise was asked for,
the rule that keeps it. A rule knows what it was fitted on and speaks of nothing else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from semuq.cards import Card, Meaning, Wording, html_card
from semuq.decisions.calibration import Calibrator, Isotonic, cross_fit
from semuq.decisions.conformal import SelectiveAnswering
from semuq.decisions.files import read_json
from semuq.errors import InvalidParameter
from semuq.estimators import ESTIMATORS
from semuq.estimators.naming import short_names
from semuq.metrics import FEWEST, Interval, auroc, bootstrap, brier, ece
from semuq.relations.unanswered import unanswered
from semuq.scoring.record import QuestionScore
from semuq.scoring.verdict import representative
from semuq.text import shorten

__all__ = [
    "Decision",
    "DecisionRule",
    "Quality",
    "chosen_estimator",
    "cross_fitted_quality",
    "fit_decision_rule",
    "scored_by",
]

_FORMAT, _VERSION = "semuq.decision", 1

_NO_ANSWER = {
    "": "",
    "empty": "the answer is empty",
    "refusal": "the model gives no answer: it refuses, or says that it does not know",
}

_MARKED = frozenset({"refusal", "content_filter"})
"""Why a server says that an answer ended which is none."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Decision:
    """What to do with one question.

    Args:
        id, prompt: of the question.
        answer: a text of the largest cluster: what would be given.
        given: True to answer, False to abstain.
        why: what decided, in words.
        score: of the rule's estimator; higher = more uncertain. None where there is none.
        probability_right: calibrated, in [0, 1]; None where the rule was fitted on nothing like this question, and
            where the answer is none: empty, or a refusal.
        meanings: a wording of each cluster and its share of the mass, the heaviest first.
        failure: the class of the error that kept it from being decided, such as "TimeoutError"; None if it was decided.
    """

    id: str | None
    prompt: str
    answer: str
    given: bool
    why: str
    score: float | None
    probability_right: float | None
    meanings: tuple[tuple[str, float], ...] = ()
    failure: str | None = None

    def __repr__(self) -> str:
        right = "" if self.probability_right is None else f", right with probability {self.probability_right:.3f}"
        does = f"answer {shorten(self.answer)!r}" if self.given else f"abstain: {shorten(self.why, 80)}"
        return f"Decision({shorten(self.prompt)!r}, {does}{right})"

    def _repr_html_(self) -> str:
        known = {"Score": self.score, "Probability right": self.probability_right}
        return html_card(
            Card(
                id=self.id or "",
                prompt=self.prompt,
                verdict=f"{f'Answer: {shorten(self.answer)!r}' if self.given else 'Abstain'}: {self.why}.",
                meanings=tuple(
                    Meaning(mass=mass, count=None, wordings=(Wording(text=text),)) for text, mass in self.meanings
                ),
                numbers={name: f"{value:.4f}" for name, value in known.items() if value is not None},
            )
        )

    def to_dict(self) -> dict[str, Any]:
        """What `semuq decide` writes: plain values, "answer" or "abstain" for `given`."""
        return {
            "id": self.id,
            "prompt": self.prompt,
            "decision": "answer" if self.given else "abstain",
            "why": self.why,
            "answer": self.answer,
            "score": self.score,
            "probability_right": self.probability_right,
        }


@dataclass(frozen=True, kw_only=True)
class DecisionRule:
    """A fitted calibrator of one estimator and the way to decide by it.

    Args:
        estimator: `repr` of the estimator whose scores it was fitted on.
        relation: identity of the relation that those scores came from.
        calibrator: from its score to the probability of being wrong.
        promise: answers only where this rule does; None leaves the decision to a probability.
        answers: how many answers the fitted questions had; a question with another number is abstained from, for
            one answer always agrees with itself. Empty if not known, and not looked at then.
        samplers: identities of the samplers of the fitted answers but for their seeds; "" where one was not known.
            Empty if none was.

    Degenerate cases. A question not scored with that estimator, or scored with another relation or from another
    sampler, is refused, never answered. One whose score could not be computed (`QuestionScore.unscored`) is abstained
    from, as is an answer that is empty or refuses, however many agree.

    Example:
        >>> from semuq import Platt
        >>> calibrator = Platt().fit([0.0, 0.1, 0.9, 1.0], [True, True, False, False])
        >>> rule = DecisionRule(estimator="DiscreteSemanticEntropy()", relation="exact", calibrator=calibrator)
        >>> rule.calibrator.predict_proba([0.0]) < 0.5
        array([ True])
    """

    estimator: str
    relation: str
    calibrator: Calibrator
    promise: SelectiveAnswering | None = None
    answers: tuple[int, ...] = ()
    samplers: tuple[str, ...] = ()

    def decide(self, score: QuestionScore, least: float | None = None) -> Decision:
        """Answer or abstain, and why.

        Args:
            score: the question, with this rule's estimator among its scores.
            least: answer where the probability of being right is at least this; None follows the promise.

        Raises:
            InvalidParameter: neither a promise nor `least`; `least` outside [0, 1]; the score is missing, or comes
                from another relation or sampler than the fitted ones.
        """
        if least is None and self.promise is None:
            raise InvalidParameter("least: expected a probability, for the rule was fitted without a promise; got None")
        if least is not None and not 0 <= least <= 1:
            raise InvalidParameter(f"least: expected a probability in [0, 1], got {least!r}")
        self._check(score)
        value = score.by_estimator.get(self.estimator)
        n = len(score)
        if value is None:
            return self._without_score(score)
        other = bool(self.answers) and n not in self.answers
        right = None if other else 1 - float(self.calibrator.predict_proba([value])[0])
        if other:
            given, why = False, f"the rule was fitted on {_either(self.answers)} answers a question, this one has {n}"
        elif none := _no_answer(score):
            given, why, right = False, none, None  # an answer that is none is not right, however alike they are
        elif least is not None:
            assert right is not None  # `other` is settled
            given = right >= least
            why = f"right with probability {right:.3f}, {'at least' if given else 'below'} {least:g}"
        else:
            assert self.promise is not None  # checked above
            given = bool(self.promise.decide([value])[0])
            why = self._why_promised(value, given)
        return Decision(
            id=score.id,
            prompt=score.prompt,
            answer=score.leading_answer,
            given=given,
            why=why,
            score=value,
            probability_right=right,
            meanings=_meanings(score),
        )

    def _without_score(self, score: QuestionScore) -> Decision:
        """To abstain, for what the score is made from is known of some answers only."""
        return Decision(
            id=score.id,
            prompt=score.prompt,
            answer=score.leading_answer,
            given=False,
            why=f"no score of {ESTIMATORS.short(self.estimator)}: {score.unscored[self.estimator]}",
            score=None,
            probability_right=None,
            meanings=_meanings(score),
        )

    def _check(self, score: QuestionScore) -> None:
        """Refuse what this rule says nothing about."""
        if self.estimator not in score.by_estimator and self.estimator not in score.unscored:
            raise InvalidParameter(
                f"scores: expected one of {self.estimator}, got {list(score.by_estimator)}; score the answers with it"
            )
        if score.relation != self.relation:
            raise InvalidParameter(
                f"relation: expected that of the fitted scores, {self.relation!r}, got {score.relation!r}; "
                "score with that one, or fit again"
            )
        if self.samplers and sampler_of(score) not in self.samplers:
            raise InvalidParameter(
                f"sampler: expected that of the fitted answers, {_either(self.samplers)}, got "
                f"{sampler_of(score) or 'answers that do not say'!r}; sample with that one, or fit again"
            )

    def _why_promised(self, value: float, given: bool) -> str:
        assert self.promise is not None
        limit = self.promise.thresholds[None].value
        if limit is None:
            return "no threshold keeps the promise with the answers that it was fitted on"
        told = "at most" if given else "above"
        return f"score {value:.4g}, {told} the {limit:.4g} at which errors stay below {self.promise.alpha:g}"

    def save(self, path: str | Path) -> None:
        """Write the rule as JSON: numbers and names only, no code."""
        Path(path).write_text(json.dumps(self.to_dict(), indent=1, allow_nan=False) + "\n", encoding="utf-8")

    def to_dict(self) -> dict[str, Any]:
        """The rule as plain numbers and names, as `save` writes it."""
        return {
            "format": _FORMAT,
            "version": _VERSION,
            "estimator": self.estimator,
            "relation": self.relation,
            "answers": list(self.answers),
            "samplers": list(self.samplers),
            "calibrator": self.calibrator.to_dict(),
            "promise": None if self.promise is None else self.promise.to_dict(),
        }

    @classmethod
    def load(cls, path: str | Path) -> DecisionRule:
        """Read what `save` wrote.

        Raises:
            InvalidParameter: the file is damaged, not such a rule, or of a later version.
        """
        return cls.from_dict(read_json(path, _FORMAT, _VERSION), path)

    @classmethod
    def from_dict(cls, record: Mapping[str, Any], path: str | Path = "rule") -> DecisionRule:
        """The inverse of `to_dict`; errors name `path`.

        Raises:
            InvalidParameter: the record is damaged.
        """
        calibrator, promise = record.get("calibrator"), record.get("promise")
        answers, samplers = record.get("answers"), record.get("samplers")
        sound = (
            isinstance(record.get("estimator"), str)
            and isinstance(record.get("relation"), str)
            and isinstance(calibrator, dict)
            and isinstance(promise, dict | None)
            and isinstance(answers, list)
            and all(isinstance(count, int) and count > 0 for count in answers)
            and isinstance(samplers, list)
            and all(isinstance(name, str) for name in samplers)
        )
        if not sound:
            raise InvalidParameter(
                f"{path}: damaged file (estimator, relation, calibrator, answers or samplers are not what they "
                "must be); fit and save it again"
            )
        assert isinstance(calibrator, dict)
        assert isinstance(answers, list)
        assert isinstance(samplers, list)
        return cls(
            estimator=record["estimator"],
            relation=record["relation"],
            calibrator=Calibrator.from_dict(calibrator, path),
            promise=None if promise is None else SelectiveAnswering.from_dict(promise, path),
            answers=tuple(answers),
            samplers=tuple(samplers),
        )


def fit_decision_rule(
    scores: Sequence[QuestionScore],
    correct: Sequence[float],
    *,
    estimator: str | None = None,
    calibrator: Calibrator | None = None,
    max_error: float | None = None,
    confidence: float = 0.95,
) -> DecisionRule:
    """Fit a rule on graded questions.

    Args:
        scores: the questions.
        correct: (n,) correctness of the answer that would be given; with a promise right or wrong, else in [0, 1].
        estimator: its name, as in the scores, in short or as `repr`; None takes the first in the file.
        calibrator: of which kind; None takes `Isotonic()`.
        max_error: promise an error rate among the answered of at most this; None promises nothing.
        confidence: with which the promise holds.

    Questions without a score of that estimator (`QuestionScore.unscored`) are left out.

    Raises:
        InvalidParameter: no question, an unknown estimator, several relations, or a correctness out of range.
    """
    if not scores:
        raise InvalidParameter("scores: expected at least one graded question, got none")
    relations = sorted({score.relation for score in scores})
    if len(relations) > 1:
        raise InvalidParameter(f"relation: expected one for all questions, got {relations}; score them alike")
    name = chosen_estimator(scores, estimator)
    kept = scored_by(name, scores)
    scores, correct = [scores[place] for place in kept], [correct[place] for place in kept]
    if not scores:
        raise InvalidParameter(f"scores: expected some of {name}, got questions without any; score them again")
    values = np.array([score.by_estimator[name] for score in scores])
    promise = None
    if max_error is not None:
        promise = SelectiveAnswering(alpha=max_error, delta=round(1 - confidence, 12)).fit(values, correct)
    samplers = sorted({sampler_of(score) for score in scores})
    return DecisionRule(
        estimator=name,
        relation=relations[0],
        calibrator=(calibrator or Isotonic()).fit(values, correct),
        promise=promise,
        answers=tuple(sorted({len(score) for score in scores})),
        samplers=() if samplers == [""] else tuple(samplers),
    )


@dataclass(frozen=True, kw_only=True)
class Quality:
    """How good a rule is on questions that its calibrator has not seen.

    Args:
        auroc: of the score, with its 95% bootstrap interval; None where fewer than `FEWEST` are right, or wrong.
        ece: expected calibration error of the cross-fitted probabilities, in 10 bins of equal mass; noise adds to it.
        brier: their Brier score.
        brier_of_rate: that of giving every answer the overall error rate, which a useful score is below.
        folds: in how many parts the questions were cut.
        right, wrong: how many of the answers were.
    """

    auroc: Interval | None
    ece: float
    brier: float
    brier_of_rate: float
    folds: int
    right: float
    wrong: float

    def describe(self) -> str:
        """In one line of words."""
        counts = f"{self.right:g} right, {self.wrong:g} wrong"
        ranking = f"too few to say ({counts}; {FEWEST} of each)" if self.auroc is None else str(self.auroc)
        return (
            f"On questions left out, {self.folds}-fold: AUROC {ranking}, calibration error {self.ece:.3f}, Brier score "
            f"{self.brier:.3f} (the error rate alone: {self.brier_of_rate:.3f})."
        )


def cross_fitted_quality(
    rule: DecisionRule, scores: Sequence[QuestionScore], correct: Sequence[float], folds: int = 5
) -> Quality | None:
    """Judge a rule's estimator and kind of calibrator on questions left out of the fit.

    Returns: None for fewer than `FEWEST` questions, which say too little about anything.
    """
    kept = scored_by(rule.estimator, scores)
    values = np.array([scores[place].by_estimator[rule.estimator] for place in kept])
    right = np.array([correct[place] for place in kept], dtype=np.float64)
    if len(right) < FEWEST:
        return None
    wrong = cross_fit(values, right, folds, calibrator=rule.calibrator.unfitted)
    few = min(right.sum(), (1 - right).sum()) < FEWEST
    return Quality(
        auroc=None if few else bootstrap(auroc, values, right, n_resamples=2000),
        ece=ece(wrong, right, bins=10, binning="mass"),
        brier=brier(wrong, right),
        brier_of_rate=brier(np.full(len(right), 1 - right.mean()), right),
        folds=folds,
        right=float(right.sum()),
        wrong=float((1 - right).sum()),
    )


def sampler_of(score: QuestionScore) -> str:
    """The identity of the sampler of a question's answers but for its seed; "" where they do not say."""
    found = score.metadata.get("sampler")
    return without_seed(found) if isinstance(found, str) else ""


def without_seed(identity: str) -> str:
    """A sampler's identity without its seed: other draws from the same.

    >>> without_seed("huggingface/m/Decoding(temperature=1.0, max_new_tokens=8, seed=3)")
    'huggingface/m/Decoding(temperature=1.0, max_new_tokens=8)'
    """
    return re.sub(r",? ?\bseed=\d+", "", identity)


def chosen_estimator(scores: Iterable[QuestionScore], wanted: str | None) -> str:
    """The `repr` of the wanted estimator, in all the scores; None takes the first one.

    `wanted` is a `repr`, with or without parameters at their defaults, a class, or what these scores call it.

    Raises:
        InvalidParameter: it is not among the scores of every question, or two have that name.
    """
    # In the order of a question that has them all.
    ordered = sorted(scores, key=lambda score: len(score.unscored))
    common = _common([{**score.by_estimator, **score.unscored} for score in ordered])
    called = short_names(common)
    if wanted is None and common:
        return common[0]
    found = [
        name
        for name, short in zip(common, called, strict=True)
        if wanted in (name, short, ESTIMATORS.short(name), name.partition("(")[0])
    ]
    if len(found) != 1:
        raise InvalidParameter(f"estimator: expected one of {list(called)}, got {wanted!r}")
    return found[0]


def scored_by(name: str, scores: Sequence[QuestionScore]) -> list[int]:
    """The positions of the questions that have a score of this estimator, by its `repr`."""
    return [place for place, score in enumerate(scores) if name in score.by_estimator]


def _common(scores: Sequence[Mapping[str, Any]]) -> list[str]:
    return [name for name in scores[0] if all(name in other for other in scores)] if scores else []


def _no_answer(score: QuestionScore) -> str:
    """Why the leading answer is none, or ""."""
    leader = int(np.argmax(score.cluster_masses))
    found = unanswered(score.leading_answer)
    reasons = score.metadata.get("finish_reasons")
    if isinstance(reasons, list | tuple) and len(reasons) == len(score):
        own = [reason for reason, label in zip(reasons, score.clusters, strict=True) if label == leader]
        if 2 * sum(str(reason) in _MARKED for reason in own) >= len(own):
            found = found or "refusal"
    return _NO_ANSWER[found]


def _meanings(score: QuestionScore) -> tuple[tuple[str, float], ...]:
    return tuple(
        (representative(score.texts, score.clusters, label), float(score.cluster_masses[label]))
        for label in score.heaviest_first
    )


def _either(values: Sequence[Any]) -> str:
    return " or ".join(str(value) for value in values)
