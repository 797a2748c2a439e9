"""Counts and intervals, against SciPy and against counting by hand."""

from itertools import combinations

import numpy as np
import pytest
from scipy.stats import binomtest

from semuq.errors import InvalidParameter
from semuq_rl.evaluation import pass_at_k, summarise, wilson


@pytest.mark.parametrize("n", [1, 30, 675])
def test_wilson_is_scipys(n):
    for right in {0, 1, n // 3, n}:
        for confidence in (0.9, 0.95):
            ends = binomtest(right, n).proportion_ci(confidence, method="wilson")
            np.testing.assert_allclose(wilson(right, n, confidence), (ends.low, ends.high), atol=1e-12)


def test_without_problems_anything_is_possible():
    assert wilson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(("right", "n", "k"), [(0, 4, 2), (1, 4, 2), (2, 5, 3), (4, 4, 1), (3, 6, 6)])
def test_pass_at_k_counts_the_subsets_that_hold_a_right_one(right, n, k):
    rollouts = [True] * right + [False] * (n - right)
    subsets = list(combinations(rollouts, k))
    assert pass_at_k(right, n, k) == pytest.approx(sum(map(any, subsets)) / len(subsets))


def row(name, right, **other):
    n = len(right)
    plain = {"answers": ["1"] * n, "undecided": [False] * n, "tokens": [10] * n, "finished": [True] * n}
    return {"id": f"{name}-{id(right)}", "set": name, "right": right} | plain | other


def test_one_rollout_each_is_a_share_with_wilsons_interval():
    rows = [row("amc", [True]), row("amc", [False], answers=[None]), row("amc", [False], finished=[False])]
    own = summarise(rows)["sets"]["amc"]
    assert own["accuracy"] == pytest.approx(1 / 3)
    assert own["interval"] == list(wilson(1, 3))
    assert (own["no_answer"], own["cut"], own["tokens"]) == (1 / 3, 1 / 3, 10)
    assert "pass_at_k" not in own


def test_several_rollouts_have_pass_at_k_for_powers_of_two_and_all():
    rows = [row("amc", [True, False, False]), row("amc", [False, False, False])]
    own = summarise(rows)["sets"]["amc"]
    assert own["accuracy"] == pytest.approx(1 / 6)
    assert {k: found["value"] for k, found in own["pass_at_k"].items()} == pytest.approx(
        {"1": 1 / 6, "2": 1 / 3, "3": 0.5}
    )


def test_the_average_weighs_sets_not_problems_and_its_interval_is_no_point():
    rows = [row("aime24", [False])] * 3 + [row("amc", [True])]
    average = summarise(rows)["average"]
    assert average["accuracy"] == 0.5
    low, high = average["interval"]
    assert low == pytest.approx(0.5 - (1 - wilson(1, 1)[0]) / 2)
    assert high == pytest.approx(0.5 + wilson(0, 3)[1] / 2)


def test_of_one_set_the_average_is_the_set():
    found = summarise([row("amc", [True]), row("amc", [False])])
    np.testing.assert_allclose(found["average"]["interval"], found["sets"]["amc"]["interval"])


def test_nothing_is_no_average():
    assert summarise([]) == {"sets": {}}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: wilson(4, 3), r"^right: expected a number in \[0, n = 3\], got 4"),
        (lambda: wilson(1, 3, confidence=1.0), r"^confidence: expected a number in \(0, 1\), got 1.0"),
        (lambda: pass_at_k(1, 2, 3), "^pass_at_k: expected 1 <= k <= n and 0 <= right <= n, got k=3, n=2, right=1"),
    ],
)
def test_refusals(call, message):
    with pytest.raises(InvalidParameter, match=message):
        call()
