"""The committed greedy answers with what their own tokens say, graded: real data for calibration and abstention."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.leaderboard.answers import answered, greedy_set, read_packed
from benchmarks.leaderboard.judging import greedy_grades, relation_of
from benchmarks.leaderboard.models import DEFAULT, HERE
from benchmarks.leaderboard.questions import read_datasets
from benchmarks.leaderboard.results import LEAST_ACCURACY
from semuq import MathEquivalence
from semuq.numerics import FloatArray


@dataclass(frozen=True, kw_only=True, eq=False)
class Answers:
    """The greedy answers to one set of questions.

    Args:
        claimed: (n,) probability of being wrong as the model's tokens have it: 1 - exp(mean log-prob).
        right: (n,) 0 or 1.
    """

    name: str
    title: str
    claimed: FloatArray
    right: FloatArray


def real_answers() -> list[Answers]:
    """Of each set on which the model is right between 10% and 90% of the time; sums, graded slowly, are not."""
    found = []
    for data in read_datasets():
        if isinstance(relation_of(data), MathEquivalence):
            continue
        pairs = answered(data.load(), read_packed(HERE / "answers" / DEFAULT / f"{data.name}.jsonl.xz"))
        right = greedy_grades(data, pairs)
        if not LEAST_ACCURACY <= right.mean() <= 1 - LEAST_ACCURACY:
            continue
        logprobs = [greedy_set(*pair).token_logprobs for pair in pairs]
        claimed = np.array([1 - np.exp(own[0].mean()) if own and len(own[0]) else 0.0 for own in logprobs])
        found.append(Answers(name=data.name, title=data.title, claimed=claimed, right=right))
    return found
