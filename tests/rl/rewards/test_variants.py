"""Rewards over wordings: a literal double loop, the attack they pay for, and what centring leaves of them."""

import numpy as np
import pytest

from semuq.errors import InvalidParameter, InvalidSamples
from semuq_rl import group_advantages
from semuq_rl.rewards.variants import answer_entropy, group_stability, information_consistency, variant_reward

TEXTS = ["buy index funds and hold", "hold index funds", "sell", "buy and hold index funds"]


def test_entropy_of_words():
    assert answer_entropy("one two three four") == pytest.approx(np.log(4))
    assert answer_entropy("a a b") == pytest.approx(0.6365, abs=1e-4)


@pytest.mark.parametrize("spread", [None, (0.0, 4.0)])
def test_against_a_double_loop(spread):
    h = [answer_entropy(text) for text in TEXTS]
    low, high = spread or (min(h), max(h))
    largest = max(abs(a - b) for a in h for b in h)
    expected = []
    for v in range(4):
        gap = sum(abs(h[v] - h[u]) for u in range(4) if u != v) / 3 / largest
        expected.append(0.3 * (h[v] - low) / (high - low) + 0.7 * (1 - gap))
    found = information_consistency(TEXTS, helpfulness=0.3, stability=0.7, entropy_range=spread)
    np.testing.assert_allclose(found, expected)
    order = [2, 0, 3, 1]
    moved = information_consistency([TEXTS[i] for i in order], helpfulness=0.3, stability=0.7, entropy_range=spread)
    np.testing.assert_allclose(moved, found[order])


def test_equal_answers_earn_equally_and_teach_nothing():
    rewards = information_consistency(["the same"] * 4, entropy_range=(0.0, 2.0))
    assert (group_advantages([rewards]) == 0).all()
    assert information_consistency(["alone"], entropy_range=(0.0, 2.0)).tolist() == [0.5]


def test_what_is_one_number_for_the_group_is_centred_away():
    stability = group_stability(TEXTS[:2], TEXTS[2:])
    assert 0 < stability < 1
    assert (group_advantages([[stability] * 4]) == 0).all()
    assert (group_advantages([information_consistency(TEXTS)]) != 0).any()


def test_reciting_words_earns_everything():
    """A documented weakness, kept as a test: no information, the highest reward."""
    recited = ["alpha beta gamma delta", "delta gamma beta alpha", "beta alpha delta gamma"]
    np.testing.assert_allclose(information_consistency(recited, entropy_range=(0.0, np.log(4))), 1.0)
    opposite = information_consistency(["yes", "no"], helpfulness=0.0, stability=1.0)
    np.testing.assert_allclose(opposite, 1.0)


def test_sets_are_made_of_one_rollout_a_wording():
    seen = []

    def rule(texts):
        seen.append(tuple(texts))
        return range(len(texts))

    reward = variant_reward(rule, column="id", wordings=2)
    prompts = ["p1", "p1", "p2", "p2", "q1", "q1", "q2", "q2"]
    found = reward(prompts=prompts, completions=list("abcdefgh"), id=[1, 1, 1, 1, 2, 2, 2, 2])
    assert seen == [("a", "c"), ("b", "d"), ("e", "g"), ("f", "h")]
    assert found == [0, 0, 1, 1, 0, 0, 1, 1]
    with pytest.raises(InvalidSamples, match=r"id=1: expected 2 wordings with as many rollouts each, got \[2, 1\]"):
        reward(prompts=["p1", "p1", "p2"], completions=list("abc"), id=[1, 1, 1])
    with pytest.raises(InvalidSamples, match="id: no such column in the data set; it has question"):
        reward(prompts=["p"], completions=["a"], question=[1])


def test_bad_parameters_are_refused():
    with pytest.raises(InvalidParameter, match=r"information_consistency.stability"):
        information_consistency(TEXTS, stability=-1)
    with pytest.raises(InvalidParameter, match="entropy_range: expected low < high"):
        information_consistency(TEXTS, entropy_range=(1.0, 1.0))
    with pytest.raises(InvalidSamples, match="texts: expected an answer per wording"):
        information_consistency([])
    with pytest.raises(InvalidSamples, match="second: expected 1 answers"):
        group_stability(["a"], [])
