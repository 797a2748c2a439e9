"""`ReferenceStates`: what a model's hidden states look like where it knows, and how far others are from there.

Fitted with scikit-learn on states of questions like those that will be asked (answered well, or simply usual); read by
`semuq.estimators.states`. Saved as safetensors.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from semuq.checks import positive, whole
from semuq.errors import InvalidParameter
from semuq.numerics import FloatArray

__all__ = ["ReferenceStates"]


Method = Literal["gaussian", "robust"]


class ReferenceStates:
    """A Gaussian over states, or over their principal components under a kernel.

    Made by `fit` or `load`. `distance` is Mahalanobis': sqrt((x - m)^T C^-1 (x - m)).

    Args:
        weights: the arrays that `fit` finds.
    """

    def __init__(self, weights: dict[str, Any]) -> None:
        self.weights: dict[str, FloatArray] = {}
        for name, value in weights.items():
            array = np.array(value, dtype=np.float64)
            if not np.isfinite(array).all():
                raise InvalidParameter(f"weights[{name!r}]: expected finite numbers, got NaN or infinity")
            array.flags.writeable = False
            self.weights[name] = array
        if not {"mean", "precision"} <= set(weights):
            raise InvalidParameter(f"weights: expected at least 'mean' and 'precision', got {sorted(weights)}")

    @classmethod
    def fit(
        cls,
        states: ArrayLike,
        method: Method = "gaussian",
        *,
        components: int = 100,
        gamma: float | None = None,
        seed: int = 0,
    ) -> ReferenceStates:
        """Describe states (N, d).

        Args:
            states: hidden states, one row per answer; some hundreds at least.
            method: "gaussian" fits mean and Ledoit-Wolf covariance, which has an inverse also where N < d;
                "robust" (RDE) projects on kernel principal components first and fits mean and covariance to the half
                of the states whose covariance has the smallest determinant, so that outliers do not count.
            components: of "robust"; fewer where the states span fewer.
            gamma: of the kernel exp(-gamma |x - y|^2) of "robust"; None is 1 / d of standardised states. A state
                that is far from all others in this measure lands on one ordinary place: take a smaller gamma where
                states may be very far.
            seed: of the search for that half.

        Raises:
            InvalidParameter: fewer than three states, another shape, or a parameter outside its limits.

        References: Yoo et al., Detection of Word Adversarial Examples in Text Classification, Findings of ACL 2022,
            arXiv:2203.01677 (RDE); Lee et al., NeurIPS 2018, arXiv:1807.03888 (Mahalanobis distance).
        """
        from sklearn.covariance import LedoitWolf, MinCovDet
        from sklearn.decomposition import KernelPCA

        array = np.asarray(states, dtype=np.float64)
        if array.ndim != 2 or len(array) < 3 or not np.isfinite(array).all():
            raise InvalidParameter(f"states: expected at least three rows (N, d) of finite numbers, got {array.shape}")
        if method not in get_args(Method):
            raise InvalidParameter(f"method: expected one of {get_args(Method)}, got {method!r}")
        if method == "gaussian":
            fitted = LedoitWolf().fit(array)
            return cls({"mean": fitted.location_, "precision": fitted.precision_})
        whole(None, 1, components=components)
        if gamma is not None:
            positive(None, gamma=gamma)
        centre, scale = array.mean(axis=0), array.std(axis=0)
        scale[scale < 1e-12] = 1.0
        anchors = (array - centre) / scale
        # A covariance of the better half needs several states for each component.
        limit = min(components, max(1, len(array) // 4))
        width = 1 / array.shape[1] if gamma is None else gamma
        kernel = KernelPCA(n_components=limit, kernel="rbf", gamma=width, eigen_solver="dense").fit(anchors)
        kept = kernel.eigenvalues_ > 1e-9 * kernel.eigenvalues_.max()
        gram = np.exp(-width * _squared(anchors, anchors))
        projection = kernel.eigenvectors_[:, kept] / np.sqrt(kernel.eigenvalues_[kept])
        weights = {
            "centre": centre,
            "scale": scale,
            "anchors": anchors,
            "gamma": np.array([width]),
            "gram_means": gram.mean(axis=0),
            "projection": projection,
        }
        projected = _project(array, {name: np.asarray(value) for name, value in weights.items()})
        fitted = MinCovDet(random_state=seed).fit(projected)
        return cls({**weights, "mean": fitted.location_, "precision": fitted.precision_})

    @property
    def width(self) -> int:
        """d, the numbers in a state."""
        return len(self.weights["centre"] if "centre" in self.weights else self.weights["mean"])

    @property
    def digest(self) -> str:
        """Twelve hex digits that name the weights."""
        joined = b"".join(self.weights[name].tobytes() for name in sorted(self.weights))
        return hashlib.sha256(joined).hexdigest()[:12]

    def distance(self, states: FloatArray) -> FloatArray:
        """(n,) distances >= 0 of states (n, d) from the reference."""
        if states.ndim != 2 or states.shape[1] != self.width:
            raise InvalidParameter(
                f"hidden_states: expected (n, {self.width}), as the reference was fitted on, got {states.shape}; "
                "keep the states of the same model and layer"
            )
        places = _project(states, self.weights) if "projection" in self.weights else states
        apart = places - self.weights["mean"]
        return np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", apart, self.weights["precision"], apart), 0.0))

    def save(self, path: str | Path) -> None:
        """Write the weights as safetensors (float64; no pickle)."""
        from safetensors.numpy import save_file

        save_file({name: np.ascontiguousarray(array) for name, array in self.weights.items()}, str(path))

    @classmethod
    def load(cls, path: str | Path) -> ReferenceStates:
        """Read what `save` wrote.

        Raises:
            InvalidParameter: the file holds something else.
        """
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        try:
            return cls(load_file(str(path)))
        except SafetensorError as error:
            raise InvalidParameter(
                f"path: expected a reference saved as safetensors, got {str(path)!r} ({error})"
            ) from error

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ReferenceStates):
            return NotImplemented
        names = set(self.weights)
        return names == set(other.weights) and all(
            np.array_equal(self.weights[name], other.weights[name]) for name in names
        )

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        return f"ReferenceStates(width={self.width}, digest={self.digest!r})"


def _squared(a: FloatArray, b: FloatArray) -> FloatArray:
    """(n, N) squared distances."""
    return np.maximum((a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T, 0.0)


def _project(states: FloatArray, weights: dict[str, FloatArray]) -> FloatArray:
    """(n, r) kernel principal components: centred in the space of the kernel, then onto its axes."""
    scaled = (states - weights["centre"]) / weights["scale"]
    gram = np.exp(-weights["gamma"] * _squared(scaled, weights["anchors"]))
    means = weights["gram_means"]
    centred = gram - gram.mean(axis=1, keepdims=True) - means + means.mean()
    return np.asarray(centred @ weights["projection"])
