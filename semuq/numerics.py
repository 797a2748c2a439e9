"""Numbers done right in one place: log-sum-exp, entropies and functions of symmetric matrices.

Everything is float64, in natural logarithms, and finite for finite input; 0 log 0 is 0.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "entropy",
    "log_normalise",
    "logsumexp",
    "symmetric_function",
    "unit_trace",
    "von_neumann_entropy",
]

FloatArray = NDArray[np.float64]


def logsumexp(values: ArrayLike) -> float:
    """log sum_i exp(values_i), shifted by the maximum; -inf for no values or only -inf.

    >>> round(logsumexp([-1e4, -1e4]), 4)
    -9999.3069
    """
    array = np.asarray(values, dtype=np.float64)
    top = array.max(initial=-np.inf)
    if not np.isfinite(top):
        return float(top)
    return float(top + np.log(np.exp(array - top).sum()))


def log_normalise(values: ArrayLike) -> FloatArray:
    """log of exp(values) / sum exp(values): shift-invariant, and exact for values of -1e4."""
    array = np.asarray(values, dtype=np.float64)
    return array - logsumexp(array)


def entropy(masses: ArrayLike) -> float:
    """Shannon entropy in nats, -sum p log p, of masses >= 0, which are normalised first.

    >>> entropy([2, 2]) == np.log(2), entropy([1, 0])
    (np.True_, 0.0)
    """
    masses = np.asarray(masses, dtype=np.float64)
    probabilities = masses / masses.sum()
    probabilities = probabilities[probabilities > 0]  # behind the division, in which tiny masses become 0
    # A single mass gives -1 * log 1 = -0.0; max also removes rounding below zero.
    return max(0.0, float(-(probabilities * np.log(probabilities)).sum()))


def symmetric_function(matrix: FloatArray, function: Callable[[FloatArray], FloatArray]) -> FloatArray:
    """f(A) = U f(diag lambda) U^T for a symmetric A: a matrix function, never elementwise."""
    eigenvalues, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    return (vectors * function(eigenvalues)) @ vectors.T


def unit_trace(kernel: FloatArray) -> FloatArray:
    """rho_ij = K_ij / (n sqrt(K_ii K_jj)): a positive semidefinite matrix of trace 1, each diagonal 1/n."""
    scale = np.sqrt(np.diagonal(kernel))
    return kernel / np.outer(scale, scale) / len(kernel)


def von_neumann_entropy(rho: FloatArray) -> float:
    """-Tr[rho log rho] in nats of a symmetric positive semidefinite rho of trace 1, between 0 and log n."""
    eigenvalues = np.linalg.eigvalsh((rho + rho.T) / 2)
    # Rounding leaves eigenvalues of -1e-17 where 0 is meant; they carry no entropy.
    return min(entropy(np.clip(eigenvalues, 0.0, None)), float(np.log(len(rho))))
