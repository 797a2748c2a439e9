"""What is gained by asking the uncertain questions a second time, at every budget, from one log of both passes.

Scores come first and higher = more uncertain; correctness is boolean or in [0, 1]. Equal scores stand in random
order; the results are the exact expectation over that order. `semuq.inference.second_pass` acts on such scores.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from semuq.checks import within
from semuq.errors import InvalidParameter
from semuq.metrics.inputs import as_correct, as_pair, as_scores
from semuq.numerics import FloatArray

__all__ = ["SecondPassCurve", "second_pass_curve", "selection_efficiency"]


@dataclass(frozen=True, kw_only=True, eq=False)
class SecondPassCurve:
    """Accuracy against the share of questions that were asked a second time.

    Args:
        budget: (n + 1,) share asked again: 0, 1/n, ..., 1.
        accuracy: (n + 1,) mean correctness if the most uncertain questions are asked again.
        random: (n + 1,) if questions are asked again at random: a straight line.
        oracle: (n + 1,) if those that gain most are asked again; falls once only harm is left.
        area, area_random, area_oracle: mean height of each curve, by trapezoids.
    """

    budget: FloatArray
    accuracy: FloatArray
    random: FloatArray
    oracle: FloatArray
    area: float
    area_random: float
    area_oracle: float


def second_pass_curve(scores: ArrayLike, correct_first: ArrayLike, correct_second: ArrayLike) -> SecondPassCurve:
    """Is it worth asking the uncertain questions again, and is the score better at picking them than chance?

    Formula.
        accuracy(k/n) = (1/n) [ sum_i a_i + sum_{i among the k most uncertain} (b_i - a_i) ]
    a: correctness of the first answer, b: of the second. Questions with equal scores in expectation.

    Args:
        scores: (n,) uncertainty of the first answers.
        correct_first, correct_second: (n,) boolean or in [0, 1].

    Raises:
        InvalidParameter: NaN, or lengths that differ.

    Degenerate cases. Constant scores: the random line. A second pass that changes nothing: all flat.

    Example:
        >>> curve = second_pass_curve([0.9, 0.2, 0.8, 0.1], [0, 1, 0, 1], [1, 1, 0, 0])
        >>> curve.accuracy, curve.random
        (array([0.5 , 0.75, 0.75, 0.75, 0.5 ]), array([0.5, 0.5, 0.5, 0.5, 0.5]))

    References: the trigger is that of Sun, Reinforcement inference, arXiv:2602.08520; the random and
    oracle lines are ours.
    """
    u, first = as_pair(scores, correct_first)
    second = as_correct(correct_second, "correct_second")
    if len(second) != len(u):
        raise InvalidParameter(f"correct_second: expected {len(u)} values (one per score), got {len(second)}")
    n, gain = len(u), second - first
    budget = np.arange(n + 1) / n
    curves = {
        "accuracy": first.mean() + _taken(as_scores(u), gain) / n,
        "random": first.mean() + budget * gain.mean(),
        "oracle": first.mean() + _taken(gain, gain) / n,
    }
    area, area_random, area_oracle = (float(np.trapezoid(curve, budget)) for curve in curves.values())
    return SecondPassCurve(budget=budget, **curves, area=area, area_random=area_random, area_oracle=area_oracle)


def selection_efficiency(
    scores: ArrayLike, correct_first: ArrayLike, correct_second: ArrayLike, budget: float
) -> float:
    """How much of what selection can gain at a budget does the score gain? 0 as chance, 1 as the oracle, < 0 worse.

    Formula. With the three lines of `second_pass_curve` at budget b, linear between k/n and (k+1)/n,
        e(b) = (accuracy(b) - random(b)) / (oracle(b) - random(b)).
    The oracle knows which answers the second pass repairs and which it spoils.

    Args:
        scores, correct_first, correct_second: as `second_pass_curve`.
        budget: share of questions asked again, in (0, 1).

    Raises:
        InvalidParameter: as `second_pass_curve`; budget outside (0, 1); or the second pass changes all answers
            alike, so that there is nothing to select and e is undefined.

    Example:
        >>> selection_efficiency([0.9, 0.2, 0.8, 0.1], [0, 1, 0, 1], [1, 1, 0, 0], budget=0.5)
        1.0
    """
    within(None, 0, 1, open_low=True, open_high=True, budget=budget)
    curve = second_pass_curve(scores, correct_first, correct_second)
    accuracy, chance, oracle = (
        float(np.interp(budget, curve.budget, line)) for line in (curve.accuracy, curve.random, curve.oracle)
    )
    if oracle - chance < 1e-12:
        raise InvalidParameter(
            "correct_second: expected a pass that helps some questions more than others, got one that changes all "
            "alike; there is nothing to select"
        )
    return (accuracy - chance) / (oracle - chance)


def _taken(scores: FloatArray, amounts: FloatArray) -> FloatArray:
    """(n + 1,) sum of the amounts of the k highest scores, k = 0..n; equal scores share alike."""
    order = np.argsort(-scores, kind="stable")
    starts = np.flatnonzero(np.append(True, scores[order][1:] != scores[order][:-1]))
    sizes = np.diff(np.append(starts, len(scores)))
    means = np.add.reduceat(amounts[order], starts) / sizes
    return np.append(0.0, np.cumsum(np.repeat(means, sizes)))
