"""Abstention with a guarantee on a model's own answers: kept within a set of questions, and across sets?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import binomtest

from benchmarks.leaderboard.contestants import SEMANTIC_ENTROPY
from benchmarks.leaderboard.holm import COUNTED
from semuq.decisions.conformal import SelectiveAnswering
from semuq.numerics import FloatArray

if TYPE_CHECKING:
    from benchmarks.leaderboard.results import Judged


SPLITS = 300
DELTA = 0.1
ANSWERS = 400
"""Graded answers that a rule is fitted on, drawn with replacement from the set, which is taken for the population."""


def abstaining(sets: Sequence[Judged], seed: int) -> list[dict[str, Any]]:
    """A row for each score within each set, and for each set when fitted on all the others."""
    rows = []
    for own in sets:
        meanings = [name for name in (SEMANTIC_ENTROPY, COUNTED) if name in own.scores.question]
        for name in (*meanings[:1], *(name for name in ("MeanLogProb",) if name in own.scores.question)):
            rows.append(row(name, [own], own, "itself", seed))
            others = [other for other in sets if other is not own]
            if others:
                rows.append(row(name, others, own, "the other sets", seed))
    return rows


def row(name: str, fitted: Sequence[Judged], used: Judged, label: str, seed: int) -> dict[str, Any]:
    """How often the promise (at most half the errors that answering all would make) is kept, and what is answered."""
    scores, right = _joined(fitted, name)
    new, truth = _joined([used], name)
    alpha = round(float(1 - right.mean()) / 2, 2)
    kept, abstains, coverage, wrong = 0, 0, [], []
    for rule in _rules(scores, right, max(alpha, 0.01), seed):
        given = rule.decide(new)
        error = float(1 - truth[given].mean()) if given.any() else 0.0
        kept += error <= alpha
        abstains += not given.any()
        coverage.append(float(given.mean()))
        if given.any():
            wrong.append(error)
    low, high = binomtest(kept, SPLITS).proportion_ci(0.95)
    return {
        "fitted_on": label,
        "used_on": used.title,
        "score": name,
        "error_rate": round(float(1 - truth.mean()), 4),
        "alpha": alpha,
        "kept": [round(float(value), 4) for value in (kept / SPLITS, low, high)],
        "abstains": round(abstains / SPLITS, 4),
        "coverage": round(float(np.mean(coverage)), 4),
        "error_among_answered": round(float(np.mean(wrong)), 4) if wrong else None,
    }


def _rules(scores: FloatArray, right: FloatArray, alpha: float, seed: int) -> Iterator[SelectiveAnswering]:
    rng = np.random.default_rng(seed)
    for split in range(SPLITS):
        index = rng.integers(len(scores), size=ANSWERS)
        yield SelectiveAnswering(alpha=alpha, delta=DELTA, seed=split).fit(scores[index], right[index])


def _joined(sets: Sequence[Judged], name: str) -> tuple[FloatArray, FloatArray]:
    return (
        np.concatenate([own.scores.question[name] for own in sets]),
        np.concatenate([own.grades.greedy for own in sets]),
    )
