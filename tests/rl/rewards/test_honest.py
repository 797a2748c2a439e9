"""Rewards for honesty: the policies that they make best."""

import numpy as np
import pytest

from semuq.errors import InvalidParameter, InvalidSamples
from semuq_rl.rewards.honest import calibrated_reward, stated_confidence, truthful_reward


@pytest.mark.parametrize("p", [0.0, 0.2, 0.5, 0.9, 1.0])
def test_stating_the_truth_earns_most(p):
    grid = np.linspace(0, 1, 101)
    expected = [p * calibrated_reward([1], [q])[0] + (1 - p) * calibrated_reward([0], [q])[0] for q in grid]
    assert grid[int(np.argmax(expected))] == pytest.approx(p)
    assert max(expected) == pytest.approx(p**2)


def test_saying_nothing_earns_what_the_worst_statement_would():
    for y in (0, 1):
        worst = min(calibrated_reward([y], [q])[0] for q in np.linspace(0, 1, 11))
        assert calibrated_reward([y], [None])[0] == worst


@pytest.mark.parametrize("abstention", [-0.5, 0.0, 0.4])
def test_answering_pays_above_its_threshold(abstention):
    threshold = (1 + abstention) / 2
    for p in (threshold - 0.01, threshold + 0.01):
        right, wrong, silent = truthful_reward([1, 0, 0], [0, 0, 1], abstention=abstention)
        assert (p * right + (1 - p) * wrong > silent) == (p > threshold)


def test_what_is_stated_last_counts():
    assert stated_confidence("<confidence>0.1</confidence> no: <Confidence> .75 </Confidence>") == 0.75
    assert stated_confidence("<confidence>high</confidence>") is None


def test_bad_input_is_refused():
    with pytest.raises(InvalidSamples, match=r"correct: expected a list of 0 and 1, got \[0.5\]"):
        calibrated_reward([0.5], [0.5])
    with pytest.raises(InvalidSamples, match="confidence: expected 1 of them"):
        calibrated_reward([1], [])
    with pytest.raises(InvalidSamples, match="confidence: expected numbers in"):
        calibrated_reward([1], [float("nan")])
    with pytest.raises(InvalidParameter, match=r"truthful_reward.abstention"):
        truthful_reward([1], [0], abstention=1.0)
