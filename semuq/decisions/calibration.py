"""From a score to the probability of being wrong: `Calibrator`, fitted on graded answers.

Scores come in any unit, higher = more uncertain; out comes a probability that metrics, thresholds and
people can read. Judged on the data it was fitted on, a calibrator flatters itself: `cross_fit` gives
every answer a probability from a calibrator that has not seen it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.isotonic import isotonic_regression

from semuq.errors import InvalidParameter
from semuq.metrics.inputs import as_pair, as_probabilities, as_scores

__all__ = ["Calibrator", "Method", "cross_fit"]

FloatArray = NDArray[np.float64]
Method = Literal["isotonic", "platt", "histogram", "beta"]

_FORMAT, _VERSION = "semuq.calibrator", 1
_EDGE = 1e-6  # beta calibration takes logarithms of probabilities: they are kept this far from 0 and 1


@dataclass(frozen=True, kw_only=True)
class Calibrator:
    r"""A monotone (histogram: any) map from a score to the probability of being wrong.

    Formula. With s the score, y = 1 - correct, sums over the fitted answers:
        isotonic   the non-decreasing step values minimising sum (f(s_i) - y_i)^2, linear in between and
                   constant outside. Flexible; wants some hundreds of answers.
        platt      f(s) = 1 / (1 + exp(-(a z + b))), z = (s - mean) / deviation, by maximum likelihood
                   with Platt's targets (N_wrong + 1) / (N_wrong + 2) and 1 / (N_right + 2), so that
                   separable answers give finite a and b. Two numbers; fine from some tens of answers.
        histogram  share of wrong answers (k + 1/2) / (n_b + 1) in `bins` bins of equal mass.
        beta       f(s) = 1 / (1 + exp(-c) (1 - s)^b / s^a), a, b >= 0, maximum likelihood; for scores
                   that are probabilities already.

    Args:
        method: one of the four.
        bins: of "histogram".
        knots, values: what `fit` found; leave empty. Isotonic and histogram: scores and probabilities;
            platt: () and (a, b, mean, deviation); beta: () and (a, b, c).

    `fit` gives back a fitted copy: a calibrator is a value and never changes.

    Raises:
        InvalidParameter: an option is unknown; scores are NaN; "beta" gets scores outside [0, 1].

    Degenerate cases. Constant scores: the error rate for all. All right or all wrong: isotonic 0 or 1,
    platt and histogram a little inside. Infinite scores are refused: they have no place on a line.

    Cost. O(n log n).

    Example:
        >>> calibrator = Calibrator(method="platt").fit([0.1, 0.2, 0.7, 0.9], [True, True, False, True])
        >>> calibrator.predict_proba([0.1, 0.9]).round(2)
        array([0.23, 0.42])

    References: isotonic: Zadrozny and Elkan, KDD 2002; Platt 1999; histogram: Zadrozny and Elkan, ICML
    2001; beta: Kull, Silva Filho, Flach, AISTATS 2017.
    """

    method: Method = "isotonic"
    bins: int = 10
    knots: tuple[float, ...] = ()
    values: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if self.method not in get_args(Method):
            raise InvalidParameter(f"Calibrator.method: expected one of {get_args(Method)}, got {self.method!r}")
        if isinstance(self.bins, bool) or not isinstance(self.bins, int) or self.bins < 1:
            raise InvalidParameter(f"Calibrator.bins: expected a whole number >= 1, got {self.bins!r}")

    @property
    def fitted(self) -> bool:
        """Whether `predict_proba` can be called."""
        return bool(self.values)

    def fit(self, scores: ArrayLike, correct: ArrayLike) -> Calibrator:
        """A fitted copy, from (n,) scores and (n,) correctness, boolean or in [0, 1]."""
        s, right = as_pair(scores, correct)
        _check_finite(s)
        if self.method == "beta":
            as_probabilities(s)
        knots, values = _FITS[self.method](s, 1 - right, self.bins)
        return Calibrator(
            method=self.method, bins=self.bins, knots=tuple(map(float, knots)), values=tuple(map(float, values))
        )

    def predict_proba(self, scores: ArrayLike) -> FloatArray:
        """(n,) probabilities of being wrong, in [0, 1].

        Raises:
            InvalidParameter: the calibrator is not fitted, or a score is NaN.
        """
        if not self.fitted:
            raise InvalidParameter(
                f"Calibrator(method={self.method!r}): expected a fitted calibrator; use the one `fit` returns"
            )
        s = as_scores(scores)
        _check_finite(s)
        values = np.array(self.values)
        if self.method == "isotonic":
            result = np.interp(s, self.knots, values)
        elif self.method == "histogram":
            result = values[np.searchsorted(self.knots, s, side="right")]
        elif self.method == "platt":
            a, b, mean, deviation = values
            result = expit(a * (s / deviation - mean / deviation) + b)
        else:
            result = expit(_beta_features(as_probabilities(s)) @ values)
        return np.asarray(result, dtype=np.float64)

    def save(self, path: str | Path) -> None:
        """Write a fitted calibrator as JSON: numbers only, no code."""
        Path(path).write_text(json.dumps(self.to_dict(), indent=1) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: str | Path) -> Calibrator:
        """Read what `save` wrote.

        Raises:
            InvalidParameter: the file is damaged, not a calibrator, or of a later version.
        """
        return cls.from_dict(read_json(path, _FORMAT, _VERSION), path)

    def to_dict(self) -> dict[str, Any]:
        """A fitted calibrator as plain numbers and strings, as `save` writes it."""
        if not self.fitted:
            raise InvalidParameter("Calibrator: expected a fitted calibrator to save; use the one `fit` returns")
        return {
            "format": _FORMAT,
            "version": _VERSION,
            "method": self.method,
            "bins": self.bins,
            "knots": self.knots,
            "values": self.values,
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any], path: str | Path = "calibrator") -> Calibrator:
        """The inverse of `to_dict`; errors name `path`.

        Raises:
            InvalidParameter: the record is damaged.
        """
        try:
            calibrator = cls(
                method=record["method"],
                bins=record["bins"],
                knots=tuple(float(value) for value in record["knots"]),
                values=tuple(float(value) for value in record["values"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidParameter(f"{path}: damaged calibrator file ({error}); fit and save it again") from error
        _check_numbers(path, calibrator)
        return calibrator


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
        calibrator: which method; None takes `Calibrator()`.
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
    if isinstance(folds, bool) or not isinstance(folds, int) or not 2 <= folds <= n_groups:
        raise InvalidParameter(f"folds: expected a whole number from 2 to {n_groups}, got {folds!r}")
    place = np.empty(n_groups, dtype=np.int64)
    place[np.random.default_rng(seed).permutation(n_groups)] = np.arange(n_groups) % folds
    fold = place[members]
    unfitted, result = calibrator or Calibrator(), np.empty_like(s)
    for held_out in range(folds):
        inside = fold == held_out
        result[inside] = unfitted.fit(s[~inside], right[~inside]).predict_proba(s[inside])
    return result


def read_json(path: str | Path, kind: str, version: int) -> dict[str, Any]:
    """The object in a file that says it is of this kind and of this version or an earlier one.

    Raises:
        InvalidParameter: it is something else.
    """
    try:
        record = json.loads(Path(path).read_text(encoding="utf-8"))
    except ValueError as error:
        raise InvalidParameter(f"{path}: expected a {kind} file in JSON, got something unreadable ({error})") from error
    if not isinstance(record, dict) or record.get("format") != kind:
        found = record.get("format") if isinstance(record, dict) else type(record).__name__
        raise InvalidParameter(f"{path}: expected a file of format {kind!r}, got {found!r}; is it another file?")
    found = record.get("version")
    if not isinstance(found, int) or isinstance(found, bool) or not 1 <= found <= version:
        raise InvalidParameter(f"{path}: expected version 1 to {version}, got {found!r}; a newer semuq may read it")
    return record


def _isotonic(s: FloatArray, wrong: FloatArray, bins: int) -> tuple[FloatArray, FloatArray]:
    knots, group, counts = np.unique(s, return_inverse=True, return_counts=True)
    values = isotonic_regression(np.bincount(group, wrong) / counts, sample_weight=counts.astype(np.float64))
    # Only the ends of each flat piece say anything.
    kept = np.concatenate([[True], (values[1:-1] != values[:-2]) | (values[1:-1] != values[2:]), [True]])
    kept = kept[-len(values) :]
    return knots[kept], np.clip(values[kept], 0.0, 1.0)


def _histogram(s: FloatArray, wrong: FloatArray, bins: int) -> tuple[FloatArray, FloatArray]:
    ranked = np.sort(s)
    inner = ranked[(np.arange(1, bins) * len(s)) // bins]
    knots = np.unique(inner[inner > ranked[0]])
    ids = np.searchsorted(knots, s, side="right")
    counts = np.bincount(ids, minlength=len(knots) + 1)
    return knots, (np.bincount(ids, wrong, len(knots) + 1) + 0.5) / (counts + 1)


def _platt(s: FloatArray, wrong: FloatArray, bins: int) -> tuple[FloatArray, FloatArray]:
    largest = np.abs(s).max() or 1.0  # squares of what is left neither overflow nor vanish
    mean, deviation = (s / largest).mean() * largest, ((s / largest).std() or 1.0) * largest
    z = s / deviation - mean / deviation
    n_wrong = wrong.sum()
    high, low = (n_wrong + 1) / (n_wrong + 2), 1 / (len(s) - n_wrong + 2)
    parameters = _maximum_likelihood(np.column_stack([z, np.ones_like(z)]), low + wrong * (high - low))
    return np.array([]), np.array([*parameters, mean, deviation])


def _beta(s: FloatArray, wrong: FloatArray, bins: int) -> tuple[FloatArray, FloatArray]:
    bounds = [(0.0, 1e3), (0.0, 1e3), (-1e3, 1e3)]
    return np.array([]), _maximum_likelihood(_beta_features(s), wrong, bounds, ridge=1e-6)


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


_FITS = {"isotonic": _isotonic, "histogram": _histogram, "platt": _platt, "beta": _beta}


def _check_finite(s: FloatArray) -> None:
    bad = np.flatnonzero(np.isinf(s))
    if bad.size:
        raise InvalidParameter(f"scores[{bad[0]}]: expected a finite number, got {s[bad[0]]}; clip or drop it")


def _check_numbers(path: str | Path, calibrator: Calibrator) -> None:
    knots, values = np.array(calibrator.knots), np.array(calibrator.values)
    wanted = {"isotonic": len(knots), "histogram": len(knots) + 1, "platt": 4, "beta": 3}[calibrator.method]
    probabilities = calibrator.method in ("isotonic", "histogram")
    sound = (
        len(values) == wanted > 0
        and bool(np.isfinite(values).all() and np.isfinite(knots).all())
        and bool((np.diff(knots) > 0).all())
        and (not probabilities or bool(((values >= 0) & (values <= 1)).all()))
        and (calibrator.method != "platt" or values[3] > 0)
    )
    if not sound:
        raise InvalidParameter(f"{path}: damaged calibrator file (impossible numbers); fit and save it again")
