"""Numbers done right in one place: log-sum-exp, entropies and functions of symmetric matrices.

Everything is float64, in natural logarithms, and finite for finite input; 0 log 0 is 0. Leading axes, such
as one over questions, are carried along.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import entr

__all__ = [
    "DIGITS",
    "BoolArray",
    "FloatArray",
    "IntArray",
    "entropy",
    "fill_diagonal",
    "log_normalise",
    "logsumexp",
    "rounded",
    "symmetric_function",
    "unit_rows",
    "unit_trace",
    "von_neumann_entropy",
]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
"""The arrays of this package; their shape stands beside them where it matters."""

DIGITS = 10
"""Scores have this many significant digits: fewer than rounding spoils, more than any answer can bear out."""


def logsumexp(values: ArrayLike) -> FloatArray:
    """(...) log sum_i exp(values_i) over the last axis, shifted by the maximum; -inf for no values or only -inf.

    >>> logsumexp([[-1e4, -1e4], [0.0, -np.inf]]).round(4)
    array([-9999.3069,     0.    ])
    """
    array = np.asarray(values, dtype=np.float64)
    top = array.max(axis=-1, keepdims=True, initial=-np.inf)
    top[np.isneginf(top)] = 0.0
    with np.errstate(divide="ignore"):  # log 0 = -inf is what is meant
        return np.asarray(np.log(np.exp(array - top).sum(axis=-1)) + top[..., 0])


def log_normalise(values: ArrayLike) -> FloatArray:
    """log of exp(values) / sum exp(values) over the last axis: shift-invariant, and exact for values of -1e4."""
    array = np.asarray(values, dtype=np.float64)
    return array - logsumexp(array)[..., None]


def entropy(masses: ArrayLike) -> FloatArray:
    """(...) Shannon entropy in nats, -sum p log p, of masses >= 0 on the last axis, which are normalised first.

    >>> entropy([[2, 2], [1, 0]]).round(4)
    array([0.6931, 0.    ])
    """
    masses = np.asarray(masses, dtype=np.float64)
    probabilities = masses / masses.sum(axis=-1, keepdims=True)
    # `entr` behind the division, in which tiny masses become 0; the maximum also removes rounding below zero.
    return np.maximum(entr(probabilities).sum(axis=-1), 0.0)


def symmetric_function(matrix: FloatArray, function: Callable[[FloatArray], FloatArray]) -> FloatArray:
    """(..., n, n) f(A) = U f(diag lambda) U^T for symmetric A: a matrix function, never elementwise."""
    eigenvalues, vectors = np.linalg.eigh((matrix + matrix.swapaxes(-1, -2)) / 2)
    return np.asarray((vectors * function(eigenvalues)[..., None, :]) @ vectors.swapaxes(-1, -2))


def unit_trace(kernel: FloatArray) -> FloatArray:
    """(..., n, n) rho_ij = K_ij / (n sqrt(K_ii K_jj)): positive semidefinite, of trace 1, each diagonal entry 1/n."""
    scale = np.sqrt(np.diagonal(kernel, axis1=-2, axis2=-1))
    return kernel / (scale[..., :, None] * scale[..., None, :]) / kernel.shape[-1]


def von_neumann_entropy(rho: FloatArray) -> FloatArray:
    """(...) -Tr[rho log rho] in nats of symmetric positive semidefinite (..., n, n) of trace 1, in [0, log n]."""
    eigenvalues = np.linalg.eigvalsh((rho + rho.swapaxes(-1, -2)) / 2)
    # Rounding leaves eigenvalues of -1e-17 where 0 is meant; they carry no entropy.
    return np.minimum(entropy(np.clip(eigenvalues, 0.0, None)), np.log(rho.shape[-1]))


def fill_diagonal(matrix: FloatArray, value: float) -> FloatArray:
    """The same (..., n, n) array, its diagonals set to `value` in place."""
    places = np.arange(matrix.shape[-1])
    matrix[..., places, places] = value
    return matrix


def unit_rows(vectors: ArrayLike) -> FloatArray:
    """(..., n, d) each row at length 1; rows of length 0 stay as they are. Squares neither overflow nor vanish.

    >>> unit_rows([[3.0, 4.0], [0.0, 0.0], [1e300, 0.0]])
    array([[0.6, 0.8],
           [0. , 0. ],
           [1. , 0. ]])
    """
    rows = np.asarray(vectors, dtype=np.float64)
    largest = np.abs(rows).max(axis=-1, keepdims=True, initial=0.0)
    scaled = rows / np.where(largest > 0, largest, 1.0)
    norms = np.linalg.norm(scaled, axis=-1, keepdims=True)
    return np.asarray(scaled / np.where(norms > 0, norms, 1.0))


def rounded(values: ArrayLike) -> FloatArray:
    """The same numbers to `DIGITS` significant digits, and to as many decimals below 1; never -0.

    What is equal in exact arithmetic is then equal: an eigenvalue of 5.0000000000000036 and one of 5 are a tie, not
    two ranks. Below 1 decimals count, because scores are made of terms about as large as 1, whose rounding they keep.

    >>> rounded([5.0000000000000036, -1e-17, 2 / 3, 123456.7890123]).tolist()
    [5.0, 0.0, 0.6666666667, 123456.789]
    """
    array = np.asarray(values, dtype=np.float64)
    before_point = np.floor(np.log10(np.maximum(np.abs(array), 0.1))) + 1
    decimals = DIGITS - before_point
    # A power of ten is exact, its inverse is not: large numbers are divided, small ones multiplied.
    up, down = 10.0 ** np.maximum(decimals, 0), 10.0 ** np.maximum(-decimals, 0)
    return np.asarray(np.rint(array * up / down) * down / up + 0.0)
