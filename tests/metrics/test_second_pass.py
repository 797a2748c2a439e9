"""Asking again at every budget: the curve, its ends, its oracle, and the arithmetic of the paper."""

from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given

from semuq.errors import InvalidParameter
from semuq.metrics import second_pass_curve, selection_efficiency
from tests.metrics.test_ranking import graded


@given(graded(fractions=True))
def test_second_pass_ends_at_both_accuracies_and_the_oracle_is_above(case):
    u, first = case
    second = first[::-1].copy()
    curve = second_pass_curve(u, first, second)
    for line in (curve.accuracy, curve.random, curve.oracle):
        assert (line[0], line[-1]) == (pytest.approx(first.mean()), pytest.approx(second.mean()))
    assert (curve.oracle >= curve.accuracy - 1e-12).all()
    assert curve.area <= curve.area_oracle + 1e-12


def test_second_pass_by_hand():
    # asked again in the order 2, 0, 1: right, right; a correct answer spoilt
    curve = second_pass_curve([0.5, 0.1, 0.9], [0, 1, 0], [1, 0, 1])
    np.testing.assert_allclose(curve.accuracy, [1 / 3, 2 / 3, 1, 2 / 3])
    np.testing.assert_allclose(curve.random, [1 / 3, 4 / 9, 5 / 9, 2 / 3])
    assert curve.area_random == pytest.approx(0.5)
    constant = second_pass_curve([1, 1, 1], [0, 1, 0], [1, 0, 1])
    np.testing.assert_allclose(constant.accuracy, constant.random)


def test_second_pass_refuses_lengths_that_differ():
    with pytest.raises(InvalidParameter, match="correct_second: expected 2 values"):
        second_pass_curve([0.1, 0.2], [1, 0], [1])


def test_the_published_figures_say_what_selection_is_worth():
    # 60.72 -> 84.03 with 61.06% of second calls, 84.35 with all: arXiv:2602.08520, abstract.
    first, chosen, every, share = 60.72, 84.03, 84.35, 0.6106
    random = first + share * (every - first)
    assert round(random, 2) == 75.15
    assert round(chosen - random, 2) == 8.88
    assert round(100 * (chosen - first) / (every - first), 2) == pytest.approx(98.65, abs=0.01)


def test_over_all_orders_of_scores_the_mean_is_the_chord():
    first, second = np.array([0, 1, 0, 1, 0, 0]), np.array([1, 1, 0, 0, 1, 1])
    curves = [second_pass_curve(order, first, second).accuracy for order in permutations(range(6))]
    np.testing.assert_allclose(np.mean(curves, axis=0), second_pass_curve(range(6), first, second).random)


def test_no_choice_of_questions_beats_the_oracle():
    first, second = np.array([0, 1, 0, 1, 0, 1, 0]), np.array([1, 0, 0, 1, 1, 1, 0])
    oracle = second_pass_curve(range(7), first, second).oracle
    for k in range(8):
        best = max((first.sum() + (second - first)[list(chosen)].sum()) / 7 for chosen in combinations(range(7), k))
        assert oracle[k] == pytest.approx(best)


@given(graded(fractions=True))
def test_only_the_order_of_scores_counts(case):
    u, first = case
    second = first[::-1].copy()
    np.testing.assert_allclose(
        second_pass_curve(u, first, second).accuracy, second_pass_curve(np.exp(u / 4), first, second).accuracy
    )


def test_efficiency_is_one_for_the_oracle_zero_for_chance_and_negative_for_the_reverse():
    first, second = [0, 0, 0, 1, 1, 1], [1, 1, 0, 1, 1, 0]
    gain = np.subtract(second, first)
    for budget in (0.25, 0.5, 0.61, 0.75):
        assert selection_efficiency(gain, first, second, budget) == pytest.approx(1)
        assert selection_efficiency(np.ones(6), first, second, budget) == pytest.approx(0)
        assert selection_efficiency(-gain, first, second, budget) < 0


def test_efficiency_refuses_where_there_is_nothing_to_select():
    with pytest.raises(InvalidParameter, match="nothing to select"):
        selection_efficiency([0.1, 0.2], [0, 0], [1, 1], 0.5)
    for budget in (0, 1, True, "half"):
        with pytest.raises(InvalidParameter, match="budget: expected a number in"):
            selection_efficiency([0.1, 0.2], [0, 0], [1, 0], budget)
