"""Answer or abstain, with a promise about the error rate among what is answered.

A score and graded answers from the past go in; out comes a threshold: answer where the score is at or
below it. Every promise here assumes that the questions to come are exchangeable with those it was fitted on;
under drift (`semuq.monitoring.cusum`) none holds.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from semuq.binomial import clopper_pearson_upper, fewest
from semuq.checks import within
from semuq.decisions.files import read_json
from semuq.errors import InvalidParameter
from semuq.metrics.inputs import as_pair, as_scores
from semuq.numerics import BoolArray, FloatArray

__all__ = ["SelectiveAnswering", "Threshold", "conformal_quantile", "risk_control_threshold"]


_FORMAT, _VERSION = "semuq.selective", 1

WHOLE = 0.2
"""The share of delta with which answering everything is tested on all fitted answers."""

MIDDLE = 0.1
"""The share of the rest with which testing begins anew in the middle of the thresholds."""

MARKS, MOST_MARKS = 7, 100
"""One in so many fitted answers sets thresholds and is not tested; more than a hundred are never needed for that."""


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """What was found for one group of questions.

    Args:
        value: answer where score <= value; None abstains on everything, for no threshold could be proved.
        coverage: share of the tested answers at or below it.
        error: error rate among those; NaN if none.
        bound: upper confidence bound on the rate that it estimates, <= alpha; 1 if none.
        fitted: how many answers `fit` was given.
    """

    value: float | None
    coverage: float
    error: float
    bound: float
    fitted: int


ABSTAIN = Threshold(value=None, coverage=0.0, error=float("nan"), bound=1.0, fitted=0)
"""What is found where no threshold can be proved."""


@dataclass(frozen=True, kw_only=True)
class SelectiveAnswering:
    r"""Answer only where the error rate among the answered stays below alpha, with probability 1 - delta.

    Promise. P( error rate among answered questions <= alpha ) >= 1 - delta, the probability being over the
    draw of the fitted answers, the error rate that of the population they came from. No assumption on the
    score, the model or the distribution; answers must be independent draws from what is asked later.

    Formula (learn then test). With n answers, e of them wrong, at a threshold t,
        p = P( Binomial(n, alpha) <= e )                exact test of "error rate above alpha at t"
    Answering everything (t infinite) is tested first, on all fitted answers, at the level 0.2 delta. Where that
    fails, a seventh of the answers (at most 100), drawn at random, gives candidate thresholds t_1 < ... < t_m, all
    but the lowest of their scores and at last infinity. They are tested on the others, upwards in a fixed order with
    a level that is handed on (the fallback procedure): nine tenths of 0.8 delta enter at the first threshold, one
    tenth in the middle; a threshold passes if p is at most the level it has been handed together with its own, and
    hands that on; one that fails hands on nothing. The largest threshold that passes is taken. The chance that any
    threshold above alpha passes is then at most 0.2 delta + 0.8 delta, whatever their dependence: thresholds come
    from other answers than the tests, so every e is binomial indeed. Passing is the same as a one-sided
    Clopper-Pearson bound of at most alpha. The first threshold is that expected to hold 2.5 times the answers that a
    clean record would need, or half of all if they are few. While the answers are so few that a clean record of all
    would not pass at 0.2 delta, or one of half of those tested not at theirs, all of delta goes to answering
    everything: a model that is always right is answered by as soon as (1 - alpha)^n <= delta, and at every larger n.
    A test of whole numbers has teeth: at alpha = 0.1, delta = 0.05 one error is allowed from 46 answers on, so that
    answers 30 to 45 are only occasions for it. A test therefore draws, at random, as few of its answers as allow as
    many errors as all of them (`semuq.binomial.fewest`), here 29: whatever the error rate, that passes as often or
    more often.

    Args:
        alpha: error rate allowed among the answered, in (0, 1).
        delta: chance that the promise is broken, in (0, 1).
        seed: of the draws that set candidates and tests apart, and answers that are tested from those that are not.
        thresholds: what `fit` found, by group; leave empty. Without groups the only key is None.

    Degenerate cases. Too few answers or too strict an alpha: abstains on everything (`value` None), which
    keeps the promise. Questions of a group never seen: abstain. Equal scores are answered or not together.
    Per group the promise holds for each group by itself, with delta each, not for all at once.

    Cost. O(n log n).

    Example:
        >>> rng = np.random.default_rng(0)
        >>> scores = rng.random(1000)
        >>> rule = SelectiveAnswering(alpha=0.1, delta=0.05).fit(scores, rng.random(1000) > scores**2)
        >>> rule.thresholds[None].bound <= 0.1, rule.decide([0.1, 0.99])
        (True, array([ True, False]))

    References: Angelopoulos, Bates, Candes, Jordan, Lei, Learn then test, 2021, arXiv:2110.01052; Wiens and
    Dmitrienko, The fallback procedure for evaluating a single family of hypotheses, 2005;
    Geifman and El-Yaniv, Selective classification, NeurIPS 2017; Clopper and Pearson 1934.
    """

    alpha: float
    delta: float = 0.05
    seed: int = 0
    thresholds: Mapping[Hashable, Threshold] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("alpha", "delta"):
            within(self, 0, 1, open_low=True, open_high=True, **{name: getattr(self, name)})

    def fit(
        self, scores: ArrayLike, correct: ArrayLike, groups: Sequence[Hashable] | NDArray[Any] | None = None
    ) -> SelectiveAnswering:
        """A fitted copy, from (n,) scores and (n,) booleans; fractions of correctness are refused.

        Raises:
            InvalidParameter: an input is malformed, or a correctness is neither 0 nor 1 (the binomial test
                needs yes or no: pass `correct >= 0.5`).
        """
        s, right = as_pair(scores, correct)
        bad = np.flatnonzero((right != 0) & (right != 1))
        if bad.size:
            raise InvalidParameter(
                f"correct[{bad[0]}]: expected right or wrong, got {right[bad[0]]:g}; pass correct >= 0.5"
            )
        keys = _keys(groups, len(s))
        found = {}
        for key in dict.fromkeys(keys):
            inside = np.array([other == key for other in keys])
            found[key] = self._one(s[inside], right[inside])
        return replace(self, thresholds=found)

    def decide(self, scores: ArrayLike, groups: Sequence[Hashable] | NDArray[Any] | None = None) -> BoolArray:
        """(n,) True where to answer, False where to abstain.

        Raises:
            InvalidParameter: not fitted; NaN scores; groups given to a rule fitted without or the reverse.
        """
        if not self.thresholds:
            raise InvalidParameter("SelectiveAnswering: expected a fitted rule; use the one `fit` returns")
        s = as_scores(scores)
        if (groups is None) != (None in self.thresholds):
            raise InvalidParameter("groups: expected as in `fit`; the rule was fitted " + self._how())
        if groups is None:
            value = self.thresholds[None].value
            return np.zeros(len(s), dtype=bool) if value is None else s <= value
        found = (self.thresholds.get(key) for key in _keys(groups, len(s)))
        values = [None if one is None else one.value for one in found]
        return np.array([value is not None and score <= value for score, value in zip(s, values, strict=True)])

    def describe(self) -> str:
        """The promise and what it comes to, in words, a line per group."""
        lines = [
            f"Error rate among the answered at most {self.alpha:g}, with probability {1 - self.delta:g}, "
            "if questions stay like those it was fitted on."
        ]
        for key, found in self.thresholds.items():
            name = "" if key is None else f"{key}: "
            if found.value is None:
                lines.append(
                    f"{name}abstains on everything: {found.fitted} answers prove no threshold. As a rule it takes some "
                    f"{np.ceil(2.5 * self._clean(self.delta)):.0f} that the score puts first, almost all right: "
                    "grade more, or allow more errors."
                )
            else:
                told = "" if np.isinf(found.value) else f" (score <= {found.value:g})"
                lines.append(f"{name}answers {found.coverage:.0%}{told}, {found.error:.1%} wrong.")
        return "\n".join(lines)

    def save(self, path: str | Path) -> None:
        """Write a fitted rule as JSON; groups must be strings (or absent)."""
        Path(path).write_text(json.dumps(self.to_dict(), indent=1, allow_nan=False) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: str | Path) -> SelectiveAnswering:
        """Read what `save` wrote.

        Raises:
            InvalidParameter: the file is damaged, not such a rule, or of a later version.
        """
        return cls.from_dict(read_json(path, _FORMAT, _VERSION), path)

    def to_dict(self) -> dict[str, Any]:
        """A fitted rule as plain numbers and strings, as `save` writes it."""
        if not self.thresholds:
            raise InvalidParameter("SelectiveAnswering: expected a fitted rule to save; use the one `fit` returns")
        for key in self.thresholds:
            if key is not None and not isinstance(key, str):
                raise InvalidParameter(f"groups: expected str in a saved rule, got {key!r}; fit with str groups")
        return {
            "format": _FORMAT,
            "version": _VERSION,
            "alpha": self.alpha,
            "delta": self.delta,
            "seed": self.seed,
            "thresholds": [
                {
                    "group": key,
                    "value": found.value if found.value is None or np.isfinite(found.value) else str(found.value),
                    "coverage": found.coverage,
                    "error": None if np.isnan(found.error) else found.error,
                    "bound": found.bound,
                    "fitted": found.fitted,
                }
                for key, found in self.thresholds.items()
            ],
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any], path: str | Path = "rule") -> SelectiveAnswering:
        """The inverse of `to_dict`; errors name `path`.

        Raises:
            InvalidParameter: the record is damaged.
        """
        try:
            thresholds = {
                entry["group"]: Threshold(
                    value=None if entry["value"] is None else float(entry["value"]),
                    coverage=float(entry["coverage"]),
                    error=float("nan") if entry["error"] is None else float(entry["error"]),
                    bound=float(entry["bound"]),
                    fitted=int(entry["fitted"]),
                )
                for entry in record["thresholds"]
            }
            if not thresholds or any(
                found.value is not None and np.isnan(found.value) for found in thresholds.values()
            ):
                raise ValueError("no threshold")
            options = {name: record[name] for name in ("alpha", "delta", "seed")}
            return cls(**options, thresholds=thresholds)
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidParameter(f"{path}: damaged file ({error}); fit and save it again") from error

    def _one(self, s: FloatArray, right: FloatArray) -> Threshold:
        n, wrong = len(s), 1 - right
        everything = np.full(1, np.inf)
        level, rest = WHOLE * self.delta, (1 - WHOLE) * self.delta
        marks, tested = np.split(np.random.default_rng(self.seed).permutation(n), [min(-(-n // MARKS), MOST_MARKS)])
        few = n < self._clean(level) or len(tested) < 2 * self._clean((1 - MIDDLE) * rest)
        whole = self._test(s, wrong, everything, np.array([self.delta if few else level]))
        if whole is not None or few:
            return replace(whole or ABSTAIN, fitted=n)
        candidates = np.append(self._candidates(s[marks], len(tested)), everything)
        levels = np.zeros(len(candidates))
        levels[0] += (1 - MIDDLE) * rest
        levels[len(candidates) // 2] += MIDDLE * rest
        return replace(self._test(s[tested], wrong[tested], candidates, levels) or ABSTAIN, fitted=n)

    def _test(self, s: FloatArray, wrong: FloatArray, candidates: FloatArray, levels: FloatArray) -> Threshold | None:
        """The largest of ascending thresholds that passes; each has its own level, and what it is handed."""
        best, handed_on = None, 0.0
        for threshold, own in zip(candidates, levels, strict=True):
            answered = s <= threshold
            count, errors = int(answered.sum()), int(wrong[answered].sum())
            level = handed_on + own
            bound = self._bound(wrong[answered], level)
            handed_on = level if bound <= self.alpha else 0.0
            if bound <= self.alpha:
                coverage, error = count / len(s), errors / count
                best = Threshold(value=float(threshold), coverage=coverage, error=error, bound=bound, fitted=0)
        return best

    def _bound(self, wrong: FloatArray, level: float) -> float:
        """The upper bound on the error rate, from as many of the answers as can prove the promise, drawn at random."""
        if not len(wrong) or not level:
            return 1.0
        drawn = fewest(len(wrong), self.alpha, level)
        if drawn < len(wrong):
            wrong = np.random.default_rng(self.seed).permutation(wrong)[:drawn]
        return clopper_pearson_upper(int(wrong.sum()), drawn, level)

    def _clean(self, level: float) -> float:
        """How many answers, all right, prove the promise at a level."""
        return float(np.log(level) / np.log1p(-self.alpha))

    def _candidates(self, marks: FloatArray, n_tested: int) -> FloatArray:
        """Ascending thresholds to test, from scores that take no part in the tests."""
        clean = self._clean((1 - MIDDLE) * (1 - WHOLE) * self.delta)
        first = max(min(2.5 * clean, n_tested / 2), clean)
        shares = np.arange(1, len(marks) + 1) / (len(marks) + 1)
        return np.unique(np.sort(marks)[shares * n_tested >= first - 1e-9])

    def _how(self) -> str:
        return "without groups" if None in self.thresholds else f"on {len(self.thresholds)} groups"


def conformal_quantile(scores: ArrayLike, alpha: float) -> float:
    r"""Split conformal: the value that the next score exceeds with probability at most alpha.

    Formula.
        q = the ceil((n + 1) (1 - alpha))-th smallest score,  infinity if that exceeds n
    P(next score > q) <= alpha, over the draw of scores and the next one; at least alpha - 1 / (n + 1)
    without ties. With the scores of *right* answers, abstaining above q turns away at most a share alpha of
    right answers.

    Args:
        scores: (n,) of past cases, exchangeable with the next.
        alpha: in (0, 1).

    Example:
        >>> conformal_quantile([0.1, 0.5, 0.2, 0.9], 0.25), conformal_quantile([0.1, 0.5], 0.1)
        (0.9, inf)

    References: Vovk, Gammerman, Shafer, Algorithmic learning in a random world, 2005.
    """
    within(None, 0, 1, open_low=True, open_high=True, alpha=alpha)
    ranked = np.sort(as_scores(scores))
    # The tolerance keeps ceil(5 * 0.8) at 4 despite rounding.
    rank = int(np.ceil((len(ranked) + 1) * (1 - alpha) - 1e-9))
    return float(ranked[rank - 1]) if rank <= len(ranked) else float("inf")


def risk_control_threshold(scores: ArrayLike, correct: ArrayLike, alpha: float) -> float | None:
    r"""Conformal risk control: a threshold at which wrong answers *given* are at most a share alpha of all.

    Formula. With the loss l_i(t) = (1 - a_i) [s_i <= t], not decreasing in t and at most 1,
        t = the largest score such that ( sum_i l_i(t) + 1 ) / (n + 1) <= alpha
    E[l_next(t)] <= alpha: of all questions, answered or not, at most a share alpha gets a wrong answer, in
    expectation. Weaker than `SelectiveAnswering`, which bounds the share among the answered.

    Args:
        scores, correct: (n,); correctness boolean or in [0, 1].
        alpha: in (0, 1).

    Returns: the threshold, infinity if everything may be answered, or None if no answer may be given
        (always if alpha < 1 / (n + 1)).

    Example:
        >>> risk_control_threshold([0.1, 0.2, 0.3, 0.4], [True, True, False, False], 0.5)
        0.3

    References: Angelopoulos, Bates, Fisch, Lei, Schuster, Conformal risk control, ICLR 2024,
    arXiv:2208.02814.
    """
    within(None, 0, 1, open_low=True, open_high=True, alpha=alpha)
    s, right = as_pair(scores, correct)
    order = np.argsort(s, kind="stable")
    ranked = s[order]
    last = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))
    risk = (np.cumsum(1 - right[order])[last] + 1) / (len(s) + 1)
    if 1 / (len(s) + 1) > alpha:
        return None
    allowed = int((risk <= alpha + 1e-12).sum())
    if allowed == 0:
        return None
    return float("inf") if allowed == len(last) else float(ranked[last[allowed - 1]])


def _keys(groups: Sequence[Hashable] | NDArray[Any] | None, n: int) -> list[Hashable]:
    if groups is None:
        return [None] * n
    if len(groups) != n:
        raise InvalidParameter(f"groups: expected {n} values (one per score), got {len(groups)}")
    keys: list[Hashable] = groups.tolist() if isinstance(groups, np.ndarray) else list(groups)
    if None in keys:
        raise InvalidParameter(f"groups[{keys.index(None)}]: expected a name, got None; name every group")
    return keys
