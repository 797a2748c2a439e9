"""Token entropies from the k most probable tokens, which is all that many servers log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from semuq.errors import InvalidParameter

__all__ = ["Rest", "entropies_from_top"]

FloatArray = NDArray[np.float64]

Rest = Literal["one token", "left out", "renormalised"]


def entropies_from_top(top_logprobs: Sequence[ArrayLike], rest: Rest = "one token") -> FloatArray:
    """(T,) an entropy in nats for each token from the log-probs of its k most probable alternatives.

    Args:
        top_logprobs: for each of T tokens the natural log-probs of its most probable alternatives; k may differ.
        rest: what becomes of the mass that is not listed. "one token" counts it as one more token, a lower bound
            of the true entropy; "left out" sums over the listed ones as they are (so ERGO does), a lower bound too;
            "renormalised" divides by their sum.

    Raises:
        InvalidParameter: a log-prob is above 0 or NaN, the masses of a token exceed 1, or none is listed.

    Degenerate cases. k = 1: the binary entropy of the token, -p log p, or 0. Scores are comparable only where k and
    `rest` are the same.

    Example:
        >>> entropies_from_top([np.log([0.5, 0.25]), np.log([1.0])]).round(4)
        array([1.0397, 0.    ])
    """
    if rest not in get_args(Rest):
        raise InvalidParameter(f"rest: expected one of {get_args(Rest)}, got {rest!r}")
    return np.array([_entropy(index, own, rest) for index, own in enumerate(top_logprobs)], dtype=np.float64)


def _entropy(index: int, logprobs: ArrayLike, rest: Rest) -> float:
    p = np.exp(np.asarray(logprobs, dtype=np.float64))
    # `not <=` rather than `>`: NaN must fail too. Servers round: a sum may exceed 1 a little.
    if p.ndim != 1 or not p.size or not (p <= 1 + 1e-3).all() or not p.sum() <= 1 + 1e-2:
        raise InvalidParameter(
            f"top_logprobs[{index}]: expected log-probs <= 0 of one token's alternatives, got {logprobs!r:.60}"
        )
    if rest == "renormalised":
        p = p / p.sum()
    elif rest == "one token":
        p = np.append(p, max(0.0, 1 - p.sum()))
    p = p[p > 0]
    return max(0.0, float(-(p * np.log(p)).sum()))
