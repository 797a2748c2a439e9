"""`GaussianHead`: hidden states in, a Gaussian over latent vectors out. NumPy only; saved as safetensors."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from semuq.errors import InvalidParameter
from semuq.numerics import FloatArray

__all__ = ["GaussianHead"]


_SHAPES = {
    "centre": ("d",),
    "scale": ("d",),
    "first": ("d", "h"),
    "first_bias": ("h",),
    "second": ("h", "2k"),
    "second_bias": ("2k",),
    "decoder": ("k", "e"),
}


class GaussianHead:
    """q(z | h) = N(mu(h), diag sigma(h)^2), with mu and log sigma from one hidden layer, and a linear decoder.

    (mu, log sigma) = tanh(((h - centre) / scale) first + first_bias) second + second_bias

    Args:
        weights: `centre`, `scale` (d,), `first` (d, h), `first_bias` (h,), `second` (h, 2k), `second_bias` (2k,),
            `decoder` (k, e), for states of d numbers, k latent ones and embeddings of e.

    Raises:
        InvalidParameter: a weight is missing, not finite, or of another shape.
    """

    def __init__(self, weights: dict[str, Any]) -> None:
        self.weights: dict[str, FloatArray] = {}
        sizes: dict[str, int] = {}
        if set(weights) != set(_SHAPES):
            raise InvalidParameter(f"weights: expected {sorted(_SHAPES)}, got {sorted(weights)}")
        for name, shape in _SHAPES.items():
            array = np.array(weights[name], dtype=np.float64)
            good = array.ndim == len(shape) and np.isfinite(array).all()
            for axis, length in zip(shape, array.shape, strict=False):
                letter, factor = (axis[-1], 2) if axis == "2k" else (axis, 1)
                good = good and length % factor == 0 and sizes.setdefault(letter, length // factor) * factor == length
            if not good:
                raise InvalidParameter(f"weights[{name!r}]: expected finite numbers {shape}, got shape {array.shape}")
            array.flags.writeable = False
            self.weights[name] = array

    @property
    def width(self) -> int:
        """d, the numbers in a hidden state."""
        return int(self.weights["first"].shape[0])

    @property
    def latent(self) -> int:
        """k, the numbers in a latent vector."""
        return int(self.weights["decoder"].shape[0])

    @property
    def digest(self) -> str:
        """Twelve hex digits that name the weights."""
        joined = b"".join(self.weights[name].tobytes() for name in _SHAPES)
        return hashlib.sha256(joined).hexdigest()[:12]

    def posterior(self, states: FloatArray) -> tuple[FloatArray, FloatArray]:
        """(T, k) means and (T, k) standard deviations for T states (T, d)."""
        if states.ndim != 2 or states.shape[1] != self.width:
            raise InvalidParameter(
                f"token_states: expected (tokens, {self.width}), as the head was trained on, got {states.shape}; "
                "keep the states of the same model and layer"
            )
        w = self.weights
        hidden = np.tanh((states - w["centre"]) / w["scale"] @ w["first"] + w["first_bias"])
        mean, log_scale = np.split(hidden @ w["second"] + w["second_bias"], 2, axis=1)
        return mean, np.exp(np.clip(log_scale, -10.0, 10.0))

    def decode(self, latent: FloatArray) -> FloatArray:
        """(..., e) embeddings of latent vectors (..., k)."""
        return np.asarray(latent @ self.weights["decoder"])

    def save(self, path: str | Path) -> None:
        """Write the weights as safetensors (float64; no pickle)."""
        from safetensors.numpy import save_file

        save_file({name: np.ascontiguousarray(array) for name, array in self.weights.items()}, str(path))

    @classmethod
    def load(cls, path: str | Path) -> GaussianHead:
        """Read what `save` wrote.

        Raises:
            InvalidParameter: the file holds something else.
        """
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        try:
            weights = load_file(str(path))
        except SafetensorError as error:
            raise InvalidParameter(
                f"path: expected a head saved as safetensors, got {str(path)!r} ({error})"
            ) from error
        return cls(weights)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, GaussianHead):
            return NotImplemented
        return all(np.array_equal(self.weights[name], other.weights[name]) for name in _SHAPES)

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        return f"GaussianHead(width={self.width}, latent={self.latent}, digest={self.digest!r})"
