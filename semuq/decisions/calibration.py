"""From a score to the probability of being wrong: calibrators, fitted on graded answers.

Scores come in any unit, higher = more uncertain; out comes a probability that metrics, thresholds and
people can read. Judged on the data it was fitted on, a calibrator flatters itself: `cross_fit` gives
every answer a probability from a calibrator that has not seen it.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.isotonic import isotonic_regression

from semuq.checks import whole
from semuq.decisions.files import read_json
from semuq.errors import InvalidParameter
from semuq.metrics.inputs import as_pair, as_probabilities, as_scores
from semuq.numerics import FloatArray
from semuq.registry import Registry

__all__ = ["CALIBRATORS", "Beta", "Calibrator", "Histogram", "Isotonic", "Platt", "cross_fit"]


_FORMAT, _VERSION = "semuq.calibrator", 1
_EDGE = 1e-6  # beta calibration takes logarithms of probabilities: they are kept this far from 0 and 1


class Calibrator(ABC):
    """A map from a score to the probability of being wrong: `Isotonic`, `Platt`, `Histogram` or `Beta`.

    `fit` gives back a fitted copy: a calibrator is a value and never changes. What `fit` finds stands in fields that
    are empty before.
    """

    @abstractmethod
    def fit(self, scores: ArrayLike, correct: ArrayLike) -> Self:
        """A fitted copy, from (n,) scores and (n,) correctness, boolean or in [0, 1].

        Raises:
            InvalidParameter: scores are NaN or infinite, which has no place on a line, or outside [0, 1] for `Beta`.
        """

    @abstractmethod
    def _probabilities(self, scores: FloatArray) -> FloatArray:
        """(n,) probabilities of being wrong, from checked scores; called only when fitted."""

    @abstractmethod
    def _sound(self) -> bool:
        """Whether the numbers of a fitted one are possible."""

    @property
    def fitted(self) -> bool:
        """Whether `predict_proba` can be called."""
        return bool(_found(self))

    @property
    def unfitted(self) -> Self:
        """The same with what `fit` found left out, as `cross_fit` takes it."""
        return replace(self, **dict.fromkeys(_found_names(self), ()))  # type: ignore[type-var]

    def predict_proba(self, scores: ArrayLike) -> FloatArray:
        """(n,) probabilities of being wrong, in [0, 1].

        Raises:
            InvalidParameter: the calibrator is not fitted, or a score is NaN.
        """
        if not self.fitted:
            raise InvalidParameter(f"{self!r}: expected a fitted calibrator; use the one `fit` returns")
        return np.asarray(self._probabilities(_finite(as_scores(scores))), dtype=np.float64)

    def save(self, path: str | Path) -> None:
        """Write a fitted calibrator as JSON: numbers only, no code."""
        Path(path).write_text(json.dumps(self.to_dict(), indent=1) + "\n", encoding="utf-8")

    @staticmethod
    def load(path: str | Path) -> Calibrator:
        """Read what `save` wrote.

        Raises:
            InvalidParameter: the file is damaged, not a calibrator, or of a later version.
        """
        return Calibrator.from_dict(read_json(path, _FORMAT, _VERSION), path)

    def to_dict(self) -> dict[str, Any]:
        """A fitted calibrator as plain numbers and strings, as `save` writes it."""
        if not self.fitted:
            raise InvalidParameter(f"{self!r}: expected a fitted calibrator to save; use the one `fit` returns")
        own = {item.name: getattr(self, item.name) for item in fields(self)}  # type: ignore[arg-type]
        return {"format": _FORMAT, "version": _VERSION, "kind": type(self).__name__, **own}

    @staticmethod
    def from_dict(record: Mapping[str, Any], path: str | Path = "calibrator") -> Calibrator:
        """The inverse of `to_dict`; errors name `path`.

        Raises:
            InvalidParameter: the record is damaged.
        """
        try:
            cls: type[Calibrator] = {own.__name__: own for own in CALIBRATORS}[record["kind"]]
            values = {item.name: record[item.name] for item in fields(cls)}  # type: ignore[arg-type]
            calibrator = cls(
                **{
                    name: tuple(float(own) for own in value) if isinstance(value, list | tuple) else value
                    for name, value in values.items()
                }
            )
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise InvalidParameter(f"{path}: damaged calibrator file ({error}); fit and save it again") from error
        if not all(isinstance(getattr(calibrator, name), tuple) for name in _found_names(calibrator)):
            raise InvalidParameter(f"{path}: damaged calibrator file (no list of numbers); fit and save it again")
        numbers = np.array([number for own in _found(calibrator) for number in own])
        if not numbers.size or not np.isfinite(numbers).all() or not calibrator._sound():
            raise InvalidParameter(f"{path}: damaged calibrator file (impossible numbers); fit and save it again")
        return calibrator


@dataclass(frozen=True, kw_only=True)
class Isotonic(Calibrator):
    """The non-decreasing steps closest to the outcomes. Flexible; wants some hundreds of answers.

    Formula. With s the score, y = 1 - correct: the non-decreasing f minimising sum (f(s_i) - y_i)^2, linear between
    the fitted scores and constant outside them.

    Degenerate cases. Constant scores: the error rate, for every score. All right or all wrong: 0 or 1.

    Cost. O(n log n).

    Example:
        >>> Isotonic().fit([0.1, 0.2, 0.7, 0.9], [True, True, False, True]).predict_proba([0.1, 0.9])
        array([0. , 0.5])

    References: Zadrozny and Elkan, KDD 2002.
    """

    knots: tuple[float, ...] = ()
    values: tuple[float, ...] = ()

    def fit(self, scores: ArrayLike, correct: ArrayLike) -> Self:
        """See `Calibrator.fit`."""
        s, right = as_pair(scores, correct)
        knots, group, counts = np.unique(_finite(s), return_inverse=True, return_counts=True)
        shares = np.bincount(group, 1 - right) / counts
        values = isotonic_regression(shares, sample_weight=counts.astype(np.float64))
        # Only the ends of each flat piece say anything.
        kept = np.concatenate([[True], (values[1:-1] != values[:-2]) | (values[1:-1] != values[2:]), [True]])
        kept = kept[-len(values) :]
        return replace(self, knots=_floats(knots[kept]), values=_floats(np.clip(values[kept], 0.0, 1.0)))

    def _probabilities(self, scores: FloatArray) -> FloatArray:
        return np.interp(scores, self.knots, self.values)

    def _sound(self) -> bool:
        return len(self.knots) == len(self.values) and _steps(self.knots, self.values)


@dataclass(frozen=True, kw_only=True)
class Histogram(Calibrator):
    """The share of wrong answers in bins of equal mass; need not be monotone.

    Formula. (k + 1/2) / (n_b + 1) for k wrong among the n_b answers of bin b.

    Args:
        bins: how many.

    Degenerate cases. Constant scores: one bin, (k + 1/2) / (n + 1), which is the error rate drawn a little towards
    1/2, for every score. All right or all wrong: a little inside 0 or 1.

    Cost. O(n log n).

    Example:
        >>> Histogram(bins=2).fit([1, 2, 3, 4], [1, 1, 0, 1]).predict_proba([1, 4]).round(2)
        array([0.17, 0.5 ])

    References: Zadrozny and Elkan, ICML 2001.
    """

    bins: int = 10
    knots: tuple[float, ...] = ()
    values: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        whole(self, 1, bins=self.bins)

    def fit(self, scores: ArrayLike, correct: ArrayLike) -> Self:
        """See `Calibrator.fit`."""
        s, right = as_pair(scores, correct)
        ranked = np.sort(_finite(s))
        inner = ranked[(np.arange(1, self.bins) * len(s)) // self.bins]
        knots = np.unique(inner[inner > ranked[0]])
        ids = np.searchsorted(knots, s, side="right")
        counts = np.bincount(ids, minlength=len(knots) + 1)
        values = (np.bincount(ids, 1 - right, len(knots) + 1) + 0.5) / (counts + 1)
        return replace(self, knots=_floats(knots), values=_floats(values))

    def _probabilities(self, scores: FloatArray) -> FloatArray:
        return np.array(self.values)[np.searchsorted(self.knots, scores, side="right")]

    def _sound(self) -> bool:
        return len(self.values) == len(self.knots) + 1 and _steps(self.knots, self.values)


@dataclass(frozen=True, kw_only=True)
class Platt(Calibrator):
    """A sigmoid of the score: two numbers, fine from some tens of answers.

    Formula. f(s) = 1 / (1 + exp(-(a z + b))), z = (s - mean) / deviation, by maximum likelihood with Platt's targets
    (N_wrong + 1) / (N_wrong + 2) and 1 / (N_right + 2), so that separable answers give finite a and b.

    Args:
        values: (a, b, mean, deviation), which `fit` finds.

    Degenerate cases. Constant scores: the mean of the targets, which is the error rate drawn a little towards 1/2
    (of 4 answers with none wrong 1/6), for every score. All right or all wrong: likewise inside 0 or 1.

    Cost. O(n) a step of the optimiser, some tens of steps.

    Example:
        >>> calibrator = Platt().fit([0.1, 0.2, 0.7, 0.9], [True, True, False, True])
        >>> calibrator.predict_proba([0.1, 0.9]).round(2)
        array([0.23, 0.42])

    References: Platt 1999.
    """

    values: tuple[float, ...] = ()

    def fit(self, scores: ArrayLike, correct: ArrayLike) -> Self:
        """See `Calibrator.fit`."""
        s, right = as_pair(scores, correct)
        wrong = 1 - right
        largest = np.abs(_finite(s)).max() or 1.0  # squares of what is left neither overflow nor vanish
        mean, deviation = (s / largest).mean() * largest, ((s / largest).std() or 1.0) * largest
        z = s / deviation - mean / deviation
        n_wrong = wrong.sum()
        high, low = (n_wrong + 1) / (n_wrong + 2), 1 / (len(s) - n_wrong + 2)
        parameters = _maximum_likelihood(np.column_stack([z, np.ones_like(z)]), low + wrong * (high - low))
        return replace(self, values=_floats([*parameters, mean, deviation]))

    def _probabilities(self, scores: FloatArray) -> FloatArray:
        a, b, mean, deviation = self.values
        return np.asarray(expit(a * (scores / deviation - mean / deviation) + b))

    def _sound(self) -> bool:
        return len(self.values) == 4 and self.values[3] > 0


@dataclass(frozen=True, kw_only=True)
class Beta(Calibrator):
    """Three numbers, for scores that are probabilities already.

    Formula. f(s) = 1 / (1 + exp(-c) (1 - s)^b / s^a), a, b >= 0, by maximum likelihood.

    Args:
        values: (a, b, c), which `fit` finds.

    Degenerate cases. Constant scores: the error rate at that score, to a few millionths; three numbers from one
    point say nothing about any other score. All right or all wrong: close to 0 or 1.

    Cost. O(n) a step of the optimiser, some tens of steps.

    Example:
        >>> Beta().fit([0.1, 0.1, 0.9, 0.9], [True, False, False, True]).predict_proba([0.1, 0.9]).round(2)
        array([0.5, 0.5])

    References: Kull, Silva Filho, Flach, AISTATS 2017.
    """

    values: tuple[float, ...] = ()

    def fit(self, scores: ArrayLike, correct: ArrayLike) -> Self:
        """See `Calibrator.fit`."""
        s, right = as_pair(scores, correct)
        bounds = [(0.0, 1e3), (0.0, 1e3), (-1e3, 1e3)]
        features = _beta_features(as_probabilities(s))
        return replace(self, values=_floats(_maximum_likelihood(features, 1 - right, bounds, ridge=1e-6)))

    def _probabilities(self, scores: FloatArray) -> FloatArray:
        return np.asarray(expit(_beta_features(as_probabilities(scores)) @ np.array(self.values)))

    def _sound(self) -> bool:
        return len(self.values) == 3


CALIBRATORS: Registry[Calibrator] = Registry(
    "calibrator", {"isotonic": Isotonic, "platt": Platt, "histogram": Histogram, "beta": Beta}
)
"""Every kind, by name: `CALIBRATORS.read("Histogram(bins=5)")`."""


def cross_fit(
    scores: ArrayLike,
    correct: ArrayLike,
    folds: int = 5,
    *,
    calibrator: Calibrator | None = None,
    groups: Sequence[Any] | NDArray[Any] | None = None,
    seed: int = 0,
) -> FloatArray:
    """Probabilities of being wrong, each from a calibrator fitted on the other folds.

    Judge calibration on these: nothing is then calibrated on what it is judged on.

    Args:
        scores, correct: (n,), as `Calibrator.fit`.
        folds: 2..n parts of equal size, drawn at random.
        calibrator: of which kind; None takes `Isotonic()`.
        groups: (n,) what must stay in one fold, such as the question of each answer.
        seed: of the split.

    Returns: (n,) in [0, 1], in the order given.

    Raises:
        InvalidParameter: as `fit`, or folds is not between 2 and the number of answers (or groups).

    Example:
        >>> cross_fit([0.1, 0.2, 0.3, 0.7, 0.8, 0.9], [1, 1, 1, 0, 0, 0], folds=3).round(1)
        array([0. , 0. , 0.2, 0.7, 0.8, 1. ])
    """
    s, right = as_pair(scores, correct)
    if groups is not None and len(groups) != len(s):
        raise InvalidParameter(f"groups: expected {len(s)} values (one per score), got {len(groups)}")
    members = np.arange(len(s)) if groups is None else np.unique(np.asarray(groups), return_inverse=True)[1]
    n_groups = int(members.max()) + 1
    whole(None, 2, n_groups, folds=folds)
    place = np.empty(n_groups, dtype=np.int64)
    place[np.random.default_rng(seed).permutation(n_groups)] = np.arange(n_groups) % folds
    fold = place[members]
    unfitted, result = calibrator or Isotonic(), np.empty_like(s)
    for held_out in range(folds):
        inside = fold == held_out
        result[inside] = unfitted.fit(s[~inside], right[~inside]).predict_proba(s[inside])
    return result


def _found_names(calibrator: Calibrator) -> list[str]:
    """The fields that `fit` fills: those that are empty by default."""
    return [item.name for item in fields(calibrator) if item.default == ()]  # type: ignore[arg-type]


def _found(calibrator: Calibrator) -> list[tuple[float, ...]]:
    return [own for name in _found_names(calibrator) if (own := getattr(calibrator, name))]


def _floats(values: Any) -> tuple[float, ...]:
    return tuple(float(value) for value in values)


def _steps(knots: Sequence[float], values: Sequence[float]) -> bool:
    return bool((np.diff(knots) > 0).all()) and all(0 <= value <= 1 for value in values)


def _beta_features(s: FloatArray) -> FloatArray:
    s = np.clip(s, _EDGE, 1 - _EDGE)
    return np.column_stack([np.log(s), -np.log1p(-s), np.ones_like(s)])


def _maximum_likelihood(
    features: FloatArray, target: FloatArray, bounds: list[tuple[float, float]] | None = None, ridge: float = 0.0
) -> FloatArray:
    """Logistic regression by L-BFGS; `ridge` keeps the optimum finite where the data is separable."""

    def loss(weights: FloatArray) -> tuple[float, FloatArray]:
        logit = features @ weights
        value = (np.logaddexp(0, logit) - target * logit).mean() + ridge / 2 * weights @ weights
        return value, features.T @ (expit(logit) - target) / len(target) + ridge * weights

    start = np.zeros(features.shape[1])
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-14, "gtol": 1e-9})
    return np.asarray(found.x, dtype=np.float64)


def _finite(s: FloatArray) -> FloatArray:
    bad = np.flatnonzero(np.isinf(s))
    if bad.size:
        raise InvalidParameter(f"scores[{bad[0]}]: expected a finite number, got {s[bad[0]]}; clip or drop it")
    return s
