"""Figures with their uncertainty, and the baselines that answer equivalence is compared with."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from .example import normalise

Array = NDArray[np.float64]


def share(hits: Sequence[bool]) -> dict[str, float | int]:
    """A share with its Wilson 95% interval."""
    n, p, z = len(hits), sum(hits) / len(hits), 1.959964
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return {"value": round(p, 4), "low": round(centre - half, 4), "high": round(centre + half, 4), "n": n}


def aurocs(
    scores: dict[str, Array], correct: NDArray[np.bool_], groups: Sequence[str], *, resamples: int, seed: int
) -> dict[str, dict[str, float]]:
    """AUROC of each score with a 95% bootstrap interval, and its paired difference to the first score.

    Whole groups (questions) are drawn with replacement, the same draw for all scores.
    """
    names = list(scores)
    rng = np.random.default_rng(seed)
    index = {g: i for i, g in enumerate(dict.fromkeys(groups))}
    members: list[list[int]] = [[] for _ in index]
    for row, group in enumerate(groups):
        members[index[group]].append(row)
    rows = [np.asarray(m) for m in members]
    drawn = np.empty((resamples, len(names)))
    for i in range(resamples):
        chosen = np.concatenate([rows[j] for j in rng.integers(0, len(rows), len(rows))])
        drawn[i] = [roc_auc_score(correct[chosen], scores[name][chosen]) for name in names]
    result = {}
    for k, name in enumerate(names):
        low, high = np.percentile(drawn[:, k], (2.5, 97.5))
        value = float(roc_auc_score(correct, scores[name]))
        result[name] = {"auroc": round(value, 4), "low": round(float(low), 4), "high": round(float(high), 4)}
        if k:
            gap = drawn[:, 0] - drawn[:, k]
            difference = float(roc_auc_score(correct, scores[names[0]])) - value
            result[name] |= {
                "model_minus_this": round(difference, 4),
                "difference_low": round(float(np.percentile(gap, 2.5)), 4),
                "difference_high": round(float(np.percentile(gap, 97.5)), 4),
            }
    return result


def exact(answer: str, golden: Sequence[str]) -> float:
    """1 if the answer is one of the golden answers after normalisation, articles left out."""
    return float(any(_bare(answer) == _bare(g) for g in golden))


def token_f1(answer: str, golden: Sequence[str]) -> float:
    """The best F1 of word overlap with a golden answer."""
    return max(_f1(_bare(answer).split(), _bare(g).split()) for g in golden)


def containment(answer: str, golden: Sequence[str]) -> float:
    """1 if a golden answer occurs in the answer as a run of words."""
    padded = f" {_bare(answer)} "
    return float(any(f" {_bare(g)} " in padded for g in golden if _bare(g)))


def _bare(text: str) -> str:
    return " ".join(word for word in normalise(text).split() if word not in ("a", "an", "the"))


def _f1(a: list[str], b: list[str]) -> float:
    common = sum((Counter(a) & Counter(b)).values())
    return 2 * common / (len(a) + len(b)) if a or b else 0.0
