"""`LinearProbe`: a hidden state in, a probability out: of high semantic entropy, or of a wrong answer.

Fitted with scikit-learn's logistic regression on states of answers whose entropy or correctness is known; read by
`semuq.estimators.probes` in NumPy. Saved as safetensors.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit

from semuq.checks import positive
from semuq.errors import InvalidParameter
from semuq.numerics import BoolArray, FloatArray

__all__ = ["LinearProbe", "Target", "cross_fitted_auroc", "entropy_threshold"]


Target = Literal["entropy", "wrong"]
"""What a probe gives the probability of: that the semantic entropy is high, or that the answer is wrong."""

_WEIGHTS = ("centre", "scale", "weight", "bias")


class LinearProbe:
    """P = sigmoid(((h - centre) / scale) . weight + bias) of a hidden state h.

    Made by `of_entropy`, `of_correctness` or `load`.

    Args:
        weights: `centre`, `scale`, `weight` (d,) and `bias` (1,).
        target: what the probability is of.

    Raises:
        InvalidParameter: a weight is missing, not finite, or of another shape.
    """

    def __init__(self, weights: dict[str, Any], target: Target) -> None:
        if set(weights) != set(_WEIGHTS) or target not in get_args(Target):
            raise InvalidParameter(
                f"weights: expected {_WEIGHTS} and a target of {get_args(Target)}, got {sorted(weights)} and {target!r}"
            )
        self.target = target
        self.weights: dict[str, FloatArray] = {}
        width = np.size(weights["weight"])
        for name in _WEIGHTS:
            array = np.array(weights[name], dtype=np.float64)
            if array.shape != ((1,) if name == "bias" else (width,)) or not np.isfinite(array).all():
                raise InvalidParameter(f"weights[{name!r}]: expected ({width},) finite numbers, got {array.shape}")
            array.flags.writeable = False
            self.weights[name] = array

    @classmethod
    def of_entropy(cls, states: ArrayLike, entropies: ArrayLike, *, strength: float = 1.0) -> LinearProbe:
        """A probe of high semantic entropy.

        Args:
            states: (N, d) hidden states, one for each answer.
            entropies: (N,) the semantic entropy of the question that each answers; high is above `entropy_threshold`.
            strength: > 0, of the L2 penalty; smaller fits closer.

        Raises:
            InvalidParameter: shapes do not fit, or all entropies are the same.
        """
        values = np.asarray(entropies, dtype=np.float64)
        return cls._fit(states, values > entropy_threshold(values), "entropy", strength)

    @classmethod
    def of_correctness(cls, states: ArrayLike, correct: ArrayLike, *, strength: float = 1.0) -> LinearProbe:
        """A probe of wrong answers.

        Args:
            states: (N, d) hidden states, one for each answer.
            correct: (N,) whether each answer is right; a share of 1/2 and more is.
            strength: > 0, of the L2 penalty; smaller fits closer.

        Raises:
            InvalidParameter: shapes do not fit, or all answers are graded alike.
        """
        return cls._fit(states, np.asarray(correct, dtype=np.float64) < 0.5, "wrong", strength)

    @classmethod
    def _fit(cls, states: ArrayLike, positives: BoolArray, target: Target, strength: float) -> LinearProbe:
        from sklearn.linear_model import LogisticRegression

        positive(None, strength=strength)
        array = np.asarray(states, dtype=np.float64)
        if array.ndim != 2 or positives.shape != (len(array),) or not np.isfinite(array).all():
            raise InvalidParameter(
                f"states: expected finite states (N, d) and N labels, got {array.shape} and {positives.shape}"
            )
        if positives.all() or not positives.any():
            raise InvalidParameter(
                f"labels: expected some of either kind among {len(array)} answers, got only one; add questions"
            )
        centre, scale = array.mean(axis=0), array.std(axis=0)
        scale[scale < 1e-12] = 1.0
        model = LogisticRegression(C=1 / strength, max_iter=1000).fit((array - centre) / scale, positives)
        return cls({"centre": centre, "scale": scale, "weight": model.coef_[0], "bias": model.intercept_}, target)

    @property
    def width(self) -> int:
        """d, the numbers in a state."""
        return len(self.weights["weight"])

    @property
    def digest(self) -> str:
        """Twelve hex digits that name the weights."""
        joined = b"".join(self.weights[name].tobytes() for name in _WEIGHTS)
        return hashlib.sha256(joined).hexdigest()[:12]

    def probability(self, states: FloatArray) -> FloatArray:
        """(...) probabilities of states (..., d)."""
        if states.ndim < 2 or states.shape[-1] != self.width:
            raise InvalidParameter(
                f"hidden_states: expected (n, {self.width}), as the probe was fitted on, got {states.shape}; "
                "keep the states of the same model and layer"
            )
        w = self.weights
        return np.asarray(expit((states - w["centre"]) / w["scale"] @ w["weight"] + w["bias"][0]))

    def save(self, path: str | Path) -> None:
        """Write the weights as safetensors (float64; no pickle), the target among its metadata."""
        from safetensors.numpy import save_file

        arrays = {name: np.ascontiguousarray(array) for name, array in self.weights.items()}
        save_file(arrays, str(path), metadata={"target": self.target})

    @classmethod
    def load(cls, path: str | Path) -> LinearProbe:
        """Read what `save` wrote.

        Raises:
            InvalidParameter: there is no such file, or it holds something else.
        """
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(str(path), framework="numpy") as file:
                weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (it is no dictionary)
                target: Any = (file.metadata() or {}).get("target")
        except (SafetensorError, OSError) as error:
            raise InvalidParameter(
                f"path: expected a probe saved as safetensors, got {str(path)!r} ({error})"
            ) from error
        return cls(weights, target)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, LinearProbe):
            return NotImplemented
        same = all(np.array_equal(self.weights[name], other.weights[name]) for name in _WEIGHTS)
        return same and self.target == other.target

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        return f"LinearProbe(target={self.target!r}, width={self.width}, digest={self.digest!r})"


def entropy_threshold(entropies: ArrayLike) -> float:
    """Where to cut entropies into low and high: where the squared distances to the means of the halves sum to least.

    >>> float(entropy_threshold([0.0, 0.1, 0.0, 1.9, 2.0]))
    1.0
    """
    values = np.unique(np.asarray(entropies, dtype=np.float64))
    if len(values) < 2 or not np.isfinite(values).all():
        raise InvalidParameter(f"entropies: expected at least two different finite numbers, got {values!r:.60}")
    every = np.sort(np.asarray(entropies, dtype=np.float64))
    cuts = (values[1:] + values[:-1]) / 2
    spreads = [_spread(every[every <= cut]) + _spread(every[every > cut]) for cut in cuts]
    return float(cuts[int(np.argmin(spreads))])


def cross_fitted_auroc(
    states: ArrayLike, labels: ArrayLike, questions: ArrayLike, target: Target, *, strength: float, folds: int
) -> float | None:
    """How well a probe ranks answers to questions that it was not fitted on; None where there are too few.

    Args:
        states: (N, d) hidden states.
        labels: (N,) entropies, or correctness, as for the probe of that target.
        questions: (N,) which question each answers; all answers to one are left out together.
        target: what is fitted.
        strength: as for the probe.
        folds: parts into which the questions are cut.
    """
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import GroupKFold

    array, values, groups = np.asarray(states), np.asarray(labels, dtype=np.float64), np.asarray(questions)
    high = values > entropy_threshold(values) if target == "entropy" else values < 0.5
    if min(len(np.unique(groups[high])), len(np.unique(groups[~high]))) < folds:
        return None
    scores = np.empty(len(array))
    for known, asked in GroupKFold(folds).split(array, groups=groups):
        if high[known].all() or not high[known].any():
            return None
        scores[asked] = LinearProbe._fit(array[known], high[known], target, strength).probability(array[asked])
    return float(roc_auc_score(high, scores))


def _spread(values: FloatArray) -> float:
    return float(((values - values.mean()) ** 2).sum())
