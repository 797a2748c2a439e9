"""From graded rollouts to numbers with intervals: accuracy, pass@k, averages over sets.

Every interval is Wilson's over problems, which is honest on the 30 problems of AIME24 and where nothing or
everything is right. With several rollouts per problem a problem's value lies between 0 and 1, its variance is
at most that of a yes or no, and the same interval is cautious: it covers at least as often as it says.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from semuq.binomial import wilson
from semuq.errors import InvalidParameter

__all__ = ["pass_at_k", "summarise"]


def pass_at_k(right: int, n: int, k: int) -> float:
    """The chance that k rollouts, drawn from these n without replacement, hold a right one.

    Formula. 1 - C(n - right, k) / C(n, k), unbiased for any n >= k.

    >>> pass_at_k(1, 4, 1), pass_at_k(1, 4, 4)
    (0.25, 1.0)

    References: Chen et al., Evaluating large language models trained on code, arXiv:2107.03374.
    """
    if not 1 <= k <= n or not 0 <= right <= n:
        raise InvalidParameter(f"pass_at_k: expected 1 <= k <= n and 0 <= right <= n, got k={k}, n={n}, right={right}")
    return 1 - math.comb(n - right, k) / math.comb(n, k)


def summarise(rows: Sequence[Mapping[str, Any]], *, confidence: float = 0.95) -> dict[str, Any]:
    """Counts and intervals per set, and over the sets.

    Args:
        rows: what `evaluate` writes, a mapping per problem.
        confidence: of the intervals.

    Returns:
        {"sets": {name: {...}}, "average": {...}}. The average gives each set the same weight, as the papers
        do. Its interval joins those of the sets, which are independent (method of variance estimates
        recovery): mean - sqrt(sum (p_i - low_i)^2) / S for S sets, and the same above.

    References: Zou, Donner, Statistics in Medicine 2008 (the joined interval).
    """
    sets: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        sets.setdefault(str(row["set"]), []).append(row)
    found = {name: _one_set(own, confidence) for name, own in sets.items()}
    if not found:
        return {"sets": {}}
    shares = np.array([own["accuracy"] for own in found.values()])
    ends = np.array([own["interval"] for own in found.values()])
    mean = float(shares.mean())
    below, above = np.sqrt(((ends - shares[:, None]) ** 2).sum(axis=0)) / len(shares)
    return {"sets": found, "average": {"accuracy": mean, "interval": [mean - float(below), mean + float(above)]}}


def _one_set(rows: Sequence[Mapping[str, Any]], confidence: float) -> dict[str, Any]:
    n = len(rows[0]["right"])
    rollouts = n * len(rows)

    def value(each: Sequence[float]) -> tuple[float, list[float]]:
        mean = float(np.mean(each))
        return mean, list(wilson(mean * len(each), len(each), confidence))

    accuracy, interval = value([float(np.mean(row["right"])) for row in rows])
    result: dict[str, Any] = {
        "problems": len(rows),
        "rollouts": n,
        "accuracy": accuracy,
        "interval": interval,
        "no_answer": sum(sum(answer is None for answer in row["answers"]) for row in rows) / rollouts,
        "cut": sum(sum(not done for done in row["finished"]) for row in rows) / rollouts,
        "undecided": sum(sum(row["undecided"]) for row in rows),
        "tokens": sum(sum(row["tokens"]) for row in rows) / rollouts,
    }
    if n > 1:
        sizes = sorted({2**power for power in range(n.bit_length())} | {n})
        passed = {k: value([pass_at_k(sum(row["right"]), n, k) for row in rows]) for k in sizes}
        result["pass_at_k"] = {str(k): {"value": mean, "interval": ends} for k, (mean, ends) in passed.items()}
    return result
