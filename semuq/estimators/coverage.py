"""Entropy of meanings when some meanings have not been seen: coverage and its correction, on counts alone.

Ten answers to an open question rarely show every meaning the model has in store, so that the entropy of their counts
is too low. How much mass is missing can be read off how many meanings came up only once (Good and Turing).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from semuq.errors import InvalidParameter

__all__ = ["as_counts", "coverage", "coverage_adjusted_entropy"]

FloatArray = NDArray[np.float64]


def as_counts(counts: ArrayLike) -> FloatArray:
    """(k,) whole numbers >= 1 of answers per meaning; empty meanings are left out.

    Raises:
        InvalidParameter: no answer at all, or something that is not a number of answers.
    """
    array = np.asarray(counts, dtype=np.float64)
    if array.ndim != 1 or not (array >= 0).all() or not (array == np.floor(array)).all() or not array.sum():
        raise InvalidParameter(f"counts: expected numbers of answers per meaning, at least one answer, got {counts!r}")
    return array[array > 0]


def coverage(counts: ArrayLike) -> float:
    """The share of the model's distribution that lies on the meanings seen so far, estimated (Good-Turing).

    C = 1 - f1 / n, with f1 meanings among n answers that came up once. Where all did, f1 = n - 1 is taken: a coverage
    of 0 would say that what was seen does not exist (Chao and Shen).

    >>> coverage([6, 3, 1]), coverage([1, 1, 1, 1]), coverage([1])
    (0.9, 0.25, 1.0)
    """
    seen = as_counts(counts)
    n = seen.sum()
    once = float((seen == 1).sum())
    return float(1 - min(once, n - 1) / n)


def coverage_adjusted_entropy(counts: ArrayLike) -> float:
    """Entropy in nats, meanings not seen included (Chao and Shen).

    Formula.
        p_c = C n_c / n                                     seen meanings share what is covered
        H   = -sum_c p_c log p_c / (1 - (1 - p_c)^n)        each as often as it would be missed (Horvitz-Thompson)

    Degenerate cases. One answer, or all alike: 0. All different: far above log n.

    >>> round(coverage_adjusted_entropy([6, 3, 1]), 4)
    1.0572

    References: Chao and Shen, Environmental and Ecological Statistics 10, 2003; for answers of language models
        McCabe et al., Estimating semantic alphabet size, arXiv:2509.14478.
    """
    seen = as_counts(counts)
    n = seen.sum()
    p = coverage(seen) * seen / n
    # log1p: of a rare meaning 1 - p is 1 to many digits.
    missed = np.where(p < 1, np.exp(n * np.log1p(-np.minimum(p, 1 - 1e-16))), 0.0)
    return float(max(-(p * np.log(p) / (1 - missed)).sum(), 0.0))
