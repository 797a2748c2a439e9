import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.metrics import brier_score_loss

from semuq.errors import InvalidParameter
from semuq.metrics import brier, brier_decomposition, ece, reliability_diagram
from tests.oracles import metrics as oracle

RNG = np.random.default_rng(0)
S = RNG.random(500)
A = (RNG.random(500) > S).astype(float)


@pytest.mark.parametrize("bins", [1, 10, 15])
@pytest.mark.parametrize("p", [1, 2])
def test_ece_agrees_with_a_loop_over_bins(bins, p):
    assert ece(S, A, bins=bins, p=p) == pytest.approx(oracle.ece_width(S, A, bins, p), abs=1e-12)
    assert ece(S, 1 - S, bins=bins, p=p) == pytest.approx(0, abs=1e-12)


def test_ece_of_equal_mass_by_hand():
    s, a = [0.1, 0.2, 0.3, 0.9], [1, 1, 0, 0]
    # bins {.1, .2} and {.3, .9}: misses .15 and .4
    assert ece(s, a, bins=2, binning="mass") == pytest.approx((0.15 + 0.4) / 2)


def test_equal_scores_share_a_bin_of_equal_mass():
    assert ece([0.3] * 10, [1] * 7 + [0] * 3, bins=5, binning="mass") == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(("p", "left"), [(1, 0.62), (2, 0.62)])
def test_debiasing_takes_off_what_noise_adds(p, left):
    rng = np.random.default_rng(1)
    plain, debiased = [], []
    for _ in range(300):
        s = rng.choice(np.linspace(0.05, 0.95, 10), 400)
        a = rng.random(400) > s
        plain.append(ece(s, a, bins=10, p=p) ** p)
        debiased.append(ece(s, a, bins=10, p=p, debiased=True) ** p)
    assert 0 < np.mean(debiased) < left * np.mean(plain)


def test_debiased_ece_keeps_a_real_miss():
    rng = np.random.default_rng(2)
    s = np.full(100_000, 0.3)
    assert ece(s, rng.random(100_000) > 0.5, p=1, debiased=True) == pytest.approx(0.2, abs=0.01)
    assert ece(s, rng.random(100_000) > 0.5, p=2, debiased=True) == pytest.approx(0.2, abs=0.01)


def test_debiased_square_by_hand():
    # d = s - outcome in one bin: .5, .5, -.5: (sum^2 - sum of squares) / (n - 1) / n = (.25 - .75) / 2 / 3 < 0
    assert ece([0.5] * 3, [1, 1, 0], bins=1, p=2, debiased=True) == 0
    # d = .5, .5: (1 - .5) / 1 / 2 = .25
    assert ece([0.5] * 2, [1, 1], bins=1, p=2, debiased=True) == pytest.approx(0.5)
    # One answer in each bin: its square is all noise.
    assert ece([0.2, 0.8], [1, 0], bins=2, p=2, debiased=True) == 0


def test_brier_agrees_with_scikit_learn():
    assert brier(S, A) == pytest.approx(brier_score_loss(1 - A, S))


@pytest.mark.parametrize("options", [{}, {"bins": 7}, {"bins": 5, "binning": "width"}])
@pytest.mark.parametrize("digits", [1, 8])
def test_brier_parts_add_up(options, digits):
    s = S.round(digits)
    parts = brier_decomposition(s, A, **options)
    total = parts.reliability - parts.resolution + parts.uncertainty + parts.within
    assert total == pytest.approx(parts.brier, abs=1e-12)
    assert parts.brier == pytest.approx(brier(s, A))
    assert min(parts.reliability, parts.resolution) >= 0


def test_brier_parts_of_known_forecasts():
    a = np.array([1, 1, 0, 0])
    perfect = brier_decomposition(1 - a, a)
    assert (perfect.reliability, perfect.resolution, perfect.uncertainty, perfect.within) == (0, 0.25, 0.25, 0)
    constant = brier_decomposition([0.5] * 4, a)
    assert (constant.reliability, constant.resolution, constant.brier) == (0, 0, 0.25)
    fractions = brier_decomposition([0.2, 0.2, 0.7, 0.7], [0.5, 1.0, 0.25, 0.5])
    assert fractions.within == 0


def test_distinct_scores_leave_nothing_within():
    assert brier_decomposition(S.round(1), A).within == 0
    assert brier_decomposition(S, A, bins=4).within != 0


def test_reliability_diagram_with_wilson_intervals():
    diagram = reliability_diagram(S, A, bins=5)
    assert diagram.counts.tolist() == [100] * 5
    assert (np.diff(diagram.predicted) > 0).all()
    for observed, low, high in zip(diagram.observed, diagram.low, diagram.high, strict=True):
        interval = binomtest(round(observed * 100), 100).proportion_ci(0.95, method="wilson")
        assert (low, high) == (pytest.approx(interval.low), pytest.approx(interval.high))


def test_a_bin_without_answers_is_not_drawn():
    diagram = reliability_diagram([0.05, 0.95], [1, 0], bins=10, binning="width")
    assert (diagram.predicted.tolist(), diagram.observed.tolist()) == ([0.05, 0.95], [0.0, 1.0])
    assert diagram.counts.tolist() == [1, 1]


@pytest.mark.parametrize("metric", [ece, brier, brier_decomposition, reliability_diagram])
def test_scores_that_are_no_probabilities_are_refused(metric):
    with pytest.raises(
        InvalidParameter, match=r"scores\[1\]: expected a probability of being wrong in \[0, 1\], got 2"
    ):
        metric([0.5, 2.0], [1, 0])


def test_unknown_options_are_refused():
    with pytest.raises(InvalidParameter, match="p: expected 1 or 2"):
        ece(S, A, p=3)
    with pytest.raises(InvalidParameter, match="binning: expected 'width' or 'mass'"):
        ece(S, A, binning="x")
    with pytest.raises(InvalidParameter, match="confidence: expected"):
        reliability_diagram(S, A, confidence=1)
    with pytest.raises(InvalidParameter, match="correct: expected 500 values"):
        ece(S, A[:3])
