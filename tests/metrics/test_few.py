"""Intervals with few wrong answers: they cover, and what does not says so."""

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import log_loss as their_log_loss

from semuq.errors import InvalidParameter
from semuq.metrics import auroc, auroc_interval, bootstrap, ece, log_loss


@pytest.mark.parametrize("wrong", [2, 5, 10])
@pytest.mark.parametrize("kind", ["normal", "exponential", "tied"])
def test_it_covers_what_it_says_with_few_wrong_answers(kind, wrong):
    rng = np.random.default_rng(wrong)
    covered = 0
    shares = np.array([0.4, 0.3, 0.2, 0.1])
    for _ in range(400):
        if kind == "normal":
            truth, u = norm.cdf(0.8 / np.sqrt(2)), np.append(rng.normal(0.8, 1, wrong), rng.normal(0, 1, 80))
        elif kind == "exponential":
            truth, u = 0.75, np.append(rng.exponential(3, wrong), rng.exponential(1, 80))
        else:
            truth = sum(shares[::-1][i] * (shares[:i].sum() + shares[i] / 2) for i in range(4))
            u = np.append(rng.choice(4, wrong, p=shares[::-1]), rng.choice(4, 80, p=shares)).astype(float)
        low, high = auroc_interval(u, np.repeat([0, 1], [wrong, 80]))
        covered += low <= truth <= high
    assert covered / 400 >= 0.92  # three standard errors below 0.95


def test_a_perfect_ranking_of_few_is_no_certainty_and_the_ends_mirror():
    u, right = np.arange(6.0), np.array([1, 1, 1, 1, 0, 0])
    low, high = auroc_interval(u, right)
    assert 0.05 < low < 0.8
    assert 0.9 < high < 1
    assert auroc_interval(-u, right) == pytest.approx((1 - high, 1 - low))
    wide = auroc_interval(u, right, confidence=0.99)
    assert wide[0] < low < high < wide[1]


def test_the_interval_closes_around_the_value():
    rng = np.random.default_rng(0)
    u, right = rng.normal(size=4000), rng.random(4000) < 0.5
    low, high = auroc_interval(u, right)
    assert low < auroc(u, right) < high < low + 0.04


def test_a_bootstrap_of_few_says_so():
    u = np.linspace(0, 1, 100)
    for wrong, few in ((9, True), (10, False)):
        right = np.arange(100) >= wrong
        found = bootstrap(auroc, u, right, n_resamples=50)
        assert (found.events, found.too_few) == (wrong, few)
        assert ("too few: 9 of the rarer kind" in str(found)) == few


@pytest.mark.parametrize(
    ("right", "message"),
    [
        ([1, 1, 0], "two right and two wrong answers, got 2 and 1"),
        ([1, 0, 0], "got 1 and 2"),
        ([1, 0, 0.5], "fraction"),
    ],
)
def test_what_has_no_interval(right, message):
    with pytest.raises(InvalidParameter, match=message):
        auroc_interval([0.1, 0.2, 0.3], right)


def test_log_loss_agrees_with_scikit_learn_and_is_infinite_where_it_must_be():
    rng = np.random.default_rng(1)
    s, a = rng.random(200), rng.random(200) < 0.5
    assert log_loss(s, a) == pytest.approx(their_log_loss(~a, s), rel=1e-12)
    assert log_loss([0.0, 1.0], [1, 0]) == 0
    assert log_loss([0.0, 1.0], [1, 1]) == np.inf
    assert log_loss([0.3], [0.25]) == pytest.approx(-(0.75 * np.log(0.3) + 0.25 * np.log(0.7)))


def test_a_score_on_the_edge_of_a_bin_is_in_the_one_above():
    # [0, 1/2) and [1/2, 1]: apart, the two miss by 0.3 and 0.5; in one bin they would miss by 0.1.
    assert ece([0.3, 0.5], [1, 0], bins=2) == pytest.approx((0.3 + 0.5) / 2)
    assert ece([0.9, 1.0], [1, 0], bins=2) == pytest.approx(abs(0.95 - 0.5))
