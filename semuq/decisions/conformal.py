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

from semuq.binomial import clopper_pearson_upper
from semuq.checks import within
from semuq.decisions.files import read_json
from semuq.errors import InvalidParameter
from semuq.metrics.inputs import as_pair, as_scores

__all__ = ["SelectiveAnswering", "Threshold", "conformal_quantile", "risk_control_threshold"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

_FORMAT, _VERSION = "semuq.selective", 1

STARTS = ((0.0, 0.8), (0.5, 0.1), (1.0, 0.1))
"""Where testing begins or begins anew, as a share of the thresholds, and with what share of delta: late, where many
answers are tested, a small one is enough."""


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """What was found for one group of questions.

    Args:
        value: answer where score <= value; None abstains on everything, for no threshold could be proved.
        coverage: share of the tested answers at or below it.
        error: error rate among those; NaN if none.
        bound: upper confidence bound on that rate, <= alpha; 1 if none.
        fitted: how many answers `fit` was given.
    """

    value: float | None
    coverage: float
    error: float
    bound: float
    fitted: int


@dataclass(frozen=True, kw_only=True)
class SelectiveAnswering:
    r"""Answer only where the error rate among the answered stays below alpha, with probability 1 - delta.

    Promise. P( error rate among answered questions <= alpha ) >= 1 - delta, the probability being over the
    draw of the fitted answers, the error rate that of the population they came from. No assumption on the
    score, the model or the distribution; answers must be independent draws from what is asked later.

    Formula (learn then test). A fifth of the fitted answers, drawn at random, gives candidate thresholds
    t_1 < ... < t_m, the quantiles j / candidates of their scores. On the other four fifths, with n_j
    answered at t_j and e_j of them wrong,
        p_j = P( Binomial(n_j, alpha) <= e_j )                exact test of "error rate above alpha"
    and the largest threshold that passes is taken. Tests go upwards in a fixed order with a level that is
    handed on (the fallback procedure): 0.8 delta enters at the first threshold, 0.1 delta in the middle and
    0.1 delta at the last; a threshold passes if p_j is at most the level it has been handed together with
    its own, and hands that on; one that fails hands on nothing. The chance that any threshold above alpha
    passes is then at most delta, whatever their dependence. Thresholds come from other answers than the
    tests, so that every n_j, e_j is binomial indeed. Passing is the same as a one-sided Clopper-Pearson
    bound of at most alpha. The first threshold is that expected to hold three times the answers that a
    clean record would need, log(0.8 delta) / log(1 - alpha), or half of all if they are few. A score that
    is bad at its own best end can so still be answered by as a whole, where most answers are right.

    Args:
        alpha: error rate allowed among the answered, in (0, 1).
        delta: chance that the promise is broken, in (0, 1).
        candidates: how many thresholds are tried.
        seed: of the draw that sets candidates and tests apart.
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
    candidates: int = 50
    seed: int = 0
    thresholds: Mapping[Hashable, Threshold] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("alpha", "delta"):
            within(self, 0, 1, open_low=True, open_high=True, **{name: getattr(self, name)})
        if isinstance(self.candidates, bool) or not isinstance(self.candidates, int) or self.candidates < 1:
            raise InvalidParameter(
                f"SelectiveAnswering.candidates: expected a whole number >= 1, got {self.candidates!r}"
            )

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
                lines.append(f"{name}abstains on everything: {found.fitted} answers prove no threshold.")
            else:
                lines.append(f"{name}answers {found.coverage:.0%} (score <= {found.value:g}), {found.error:.1%} wrong.")
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
            "candidates": self.candidates,
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
            options = {name: record[name] for name in ("alpha", "delta", "candidates", "seed")}
            return cls(**options, thresholds=thresholds)
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidParameter(f"{path}: damaged file ({error}); fit and save it again") from error

    def _one(self, s: FloatArray, right: FloatArray) -> Threshold:
        apart = np.random.default_rng(self.seed).permutation(len(s))
        marks, tested = np.split(apart, [-(-len(s) // 5)])
        best = Threshold(value=None, coverage=0.0, error=float("nan"), bound=1.0, fitted=len(s))
        candidates = self._candidates(s[marks], len(tested))
        handed_on = 0.0
        for threshold, own in zip(candidates, _levels(len(candidates), self.delta), strict=True):
            answered = s[tested] <= threshold
            count, wrong = int(answered.sum()), int((1 - right[tested][answered]).sum())
            level = handed_on + own
            bound = clopper_pearson_upper(wrong, count, level) if count and level else 1.0
            handed_on = level if bound <= self.alpha else 0.0
            if bound > self.alpha:
                continue
            best = Threshold(
                value=float(threshold),
                coverage=count / len(tested),
                error=wrong / count,
                bound=bound,
                fitted=len(s),
            )
        return best

    def _candidates(self, marks: FloatArray, n_tested: int) -> FloatArray:
        """Ascending thresholds to test, from scores that take no part in the tests."""
        clean = np.log(self.delta * STARTS[0][1]) / np.log1p(-self.alpha)
        first = min(max(min(3 * clean, n_tested / 2), clean), n_tested)
        shares = np.arange(1, self.candidates + 1) / self.candidates
        shares = shares[shares * n_tested >= first - 1e-9]
        ranked = np.sort(marks)
        return np.unique(ranked[np.ceil(shares * len(ranked) - 1e-9).astype(np.int64) - 1])

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


def _levels(count: int, delta: float) -> FloatArray:
    """(count,) what each test has of delta by itself; together it is delta."""
    levels = np.zeros(count)
    for place, share in STARTS:
        levels[round(place * (count - 1))] += share * delta
    return levels


def _keys(groups: Sequence[Hashable] | NDArray[Any] | None, n: int) -> list[Hashable]:
    if groups is None:
        return [None] * n
    if len(groups) != n:
        raise InvalidParameter(f"groups: expected {n} values (one per score), got {len(groups)}")
    keys: list[Hashable] = groups.tolist() if isinstance(groups, np.ndarray) else list(groups)
    if None in keys:
        raise InvalidParameter(f"groups[{keys.index(None)}]: expected a name, got None; name every group")
    return keys
