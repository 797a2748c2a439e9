import functools
import time

import numpy as np
import pytest
from scipy import stats

from semuq.errors import InvalidParameter
from semuq.metrics import (
    auarc,
    auroc,
    average_precision,
    bootstrap,
    brier,
    ece,
    fpr_at_tpr,
    paired_difference,
    prr,
    rank_calibration_error,
)
from semuq.metrics.resample import _bca_quantiles, _evaluator

VECTORISED = [
    auroc,
    average_precision,
    fpr_at_tpr,
    functools.partial(fpr_at_tpr, tpr=0.8),
    auarc,
    prr,
    functools.partial(prr, max_rejection=0.5),
    functools.partial(prr, normalisation="replaced"),
    brier,
]


def told(metric):
    """Its name and settings; the place of a function in memory differs between processes."""
    if isinstance(metric, functools.partial):
        return f"{metric.func.__name__}-{metric.keywords}"
    return metric.__name__


def data(n=40, seed=0, digits=1):
    rng = np.random.default_rng(seed)
    a = rng.random(n) < 0.6
    return np.clip(rng.random(n) - 0.3 * a + 0.2, 0, 1).round(digits), a.astype(float)


@pytest.mark.parametrize("metric", VECTORISED, ids=told)
@pytest.mark.parametrize("fractions", [False, True])
def test_counts_and_repeated_rows_give_the_same_number(metric, fractions):
    u, a = data()
    if fractions:
        a = np.clip(a - 0.25 * (np.arange(len(a)) % 3 == 0), 0, 1)
    counts = np.random.default_rng(1).multinomial(40, [1 / 40] * 40, size=20).astype(float)
    expected = [metric(np.repeat(u, row.astype(int)), np.repeat(a, row.astype(int))) for row in counts]
    np.testing.assert_allclose(_evaluator(metric, u, a)(counts), expected, atol=1e-10)


@pytest.mark.parametrize("metric", VECTORISED, ids=told)
def test_an_undefined_draw_is_nan_exactly_where_the_metric_refuses(metric):
    u, a = np.array([0.1, 0.5, 0.9]), np.array([1.0, 1.0, 0.0])
    value = _evaluator(metric, u, a)(np.array([[2.0, 1.0, 0.0]]))[0]
    try:
        metric([0.1, 0.1, 0.5], [1, 1, 1])
    except InvalidParameter:
        assert np.isnan(value)
    else:
        assert np.isfinite(value)


def test_agrees_with_scipy():
    u, a = data(60)

    def statistic(i):
        return brier(u[i.astype(int)], a[i.astype(int)])

    for method, name in (("percentile", "percentile"), ("bca", "BCa")):
        ours = bootstrap(brier, u, a, method=method, n_resamples=10_000)
        theirs = stats.bootstrap(
            (np.arange(60),), statistic, n_resamples=10_000, method=name, vectorized=False, rng=np.random.default_rng(7)
        ).confidence_interval
        assert (ours.low, ours.high) == (pytest.approx(theirs.low, abs=3e-3), pytest.approx(theirs.high, abs=3e-3))


def test_vectorised_and_looped_draws_are_the_same():
    u, a = data()
    fast = bootstrap(auroc, u, a, n_resamples=300, method="bca")
    slow = bootstrap(lambda scores, correct: auroc(scores, correct), u, a, n_resamples=300, method="bca")
    assert (fast.low, fast.high) == (pytest.approx(slow.low), pytest.approx(slow.high))


def test_coverage_is_what_was_asked():
    rng = np.random.default_rng(0)
    truth = stats.norm.cdf(1 / np.sqrt(2))  # AUROC of unit normals one apart
    hits = 0
    for _ in range(200):
        a = rng.random(150) < 0.5
        u = rng.normal(size=150) + ~a
        interval = bootstrap(auroc, u, a, n_resamples=400)
        hits += interval.low <= truth <= interval.high
    assert stats.binomtest(hits, 200, 0.95).pvalue > 1e-3


def test_groups_widen_the_interval_of_answers_that_share_a_question():
    u, a = data(50, digits=3)
    single = bootstrap(auroc, u, a, n_resamples=2000)
    copies = np.tile(u, 10), np.tile(a, 10)
    naive = bootstrap(auroc, *copies, n_resamples=2000)
    grouped = bootstrap(auroc, *copies, n_resamples=2000, groups=[f"question {i % 50}" for i in range(500)])
    assert naive.high - naive.low < 0.5 * (single.high - single.low)
    assert grouped.high - grouped.low == pytest.approx(single.high - single.low, rel=0.1)


def test_paired_difference():
    u, a = data(200, digits=3)
    worse = u + np.random.default_rng(3).normal(size=200) * 0.05
    paired = paired_difference(auroc, u, worse, a, n_resamples=2000)
    one, other = bootstrap(auroc, u, a, n_resamples=2000), bootstrap(auroc, worse, a, n_resamples=2000)
    assert paired.value == pytest.approx(one.value - other.value)
    assert paired.high - paired.low < 0.6 * (one.high - one.low)
    same = paired_difference(auroc, u, u, a, n_resamples=50)
    assert (same.value, same.low, same.high, same.excludes_zero) == (0, 0, 0, False)
    mirrored = paired_difference(auroc, worse, u, a, n_resamples=2000)
    assert (mirrored.low, mirrored.high) == (pytest.approx(-paired.high), pytest.approx(-paired.low))
    assert paired_difference(auroc, u, -u, a, n_resamples=200).excludes_zero


def test_seeds():
    u, a = data()
    assert bootstrap(auroc, u, a, n_resamples=100) == bootstrap(auroc, u, a, n_resamples=100)
    assert bootstrap(auroc, u, a, n_resamples=100) != bootstrap(auroc, u, a, n_resamples=100, seed=1)


def test_draws_of_one_class_are_dropped_and_counted():
    u, a = np.arange(6.0), np.array([1, 1, 1, 1, 1, 0])
    interval = bootstrap(auroc, u, a, n_resamples=3000)
    # without the wrong answer: (5/6)^6; with nothing else: (1/6)^6
    assert interval.dropped / 3000 == pytest.approx((5 / 6) ** 6 + (1 / 6) ** 6, abs=0.03)
    assert (interval.value, interval.low, interval.high) == (1, 1, 1)


def test_nan_with_a_warning_is_dropped_without_a_warning():
    u, a = np.arange(4.0), np.array([1, 1, 1, 0])
    interval = bootstrap(rank_calibration_error, u, a, n_resamples=200)
    assert 0 < interval.dropped < 200


def test_any_callable_will_do_and_basic_mirrors_the_draws():
    u, a = data()
    metric = functools.partial(ece, bins=5)
    draws = bootstrap(metric, u, a, n_resamples=200)
    basic = bootstrap(metric, u, a, n_resamples=200, method="basic")
    assert (basic.low, basic.high) == (pytest.approx(2 * draws.value - draws.high), 2 * draws.value - draws.low)


def test_of_a_calibrated_score_basic_admits_no_miss_and_percentiles_never_do():
    rng = np.random.default_rng(0)
    holds_zero = {"percentile": 0, "basic": 0}
    for _ in range(50):
        s = rng.choice([0.2, 0.4, 0.6, 0.8], 300)
        a = rng.random(300) > s
        for method in holds_zero:
            holds_zero[method] += bootstrap(ece, s, a, n_resamples=200, method=method).low <= 0
    assert holds_zero["percentile"] == 0
    assert holds_zero["basic"] > 30


def test_ten_thousand_resamples_of_ten_thousand_questions_take_seconds():
    u, a = data(10_000, digits=6)
    start = time.process_time()
    interval = bootstrap(auroc, u, a)
    assert time.process_time() - start < 30
    assert interval.high - interval.low < 0.03


def test_errors():
    u, a = data()
    with pytest.raises(InvalidParameter, match="auroc needs right and wrong"):
        bootstrap(auroc, u, np.ones_like(a))
    with pytest.raises(InvalidParameter, match="n_resamples: expected a whole number >= 1, got 0"):
        bootstrap(auroc, u, a, n_resamples=0)
    with pytest.raises(InvalidParameter, match="confidence: expected"):
        bootstrap(auroc, u, a, confidence=95)
    with pytest.raises(InvalidParameter, match="method: expected"):
        bootstrap(auroc, u, a, method="x")
    with pytest.raises(InvalidParameter, match=r"groups: expected 40 values \(one per score\), got 3"):
        bootstrap(auroc, u, a, groups=[1, 2, 3])
    with pytest.raises(InvalidParameter, match="scores_b: expected 40 values"):
        paired_difference(auroc, u, u[:3], a)
    with pytest.raises(InvalidParameter, match=r"metric: .* is nan on the data"), pytest.warns(RuntimeWarning):
        bootstrap(rank_calibration_error, u, np.ones_like(a))


def test_printing():
    assert str(bootstrap(auroc, [0.1, 0.2, 0.3, 0.4], [1, 1, 0, 0], n_resamples=10)).startswith(
        "1.000 [1.000, 1.000] ("
    )


def test_the_bias_says_what_noise_adds_and_leads_back_into_a_basic_interval():
    rng = np.random.default_rng(0)
    scores = rng.random(300)
    own = bootstrap(ece, scores, rng.random(300) > scores, n_resamples=300, method="basic")
    assert own.bias > 0
    assert own.low < own.value - own.bias < own.high
    assert abs(bootstrap(brier, scores, rng.random(300) > scores, n_resamples=2000).bias) < 0.002


def test_a_value_above_all_draws_counts_as_above_all_but_half_of_one():
    """Efron's bias correction would be infinite there."""
    quantiles, draws = np.array([0.025, 0.975]), np.zeros(100)
    wanted = stats.norm.cdf(2 * stats.norm.ppf(1 - 0.5 / 100) + stats.norm.ppf(quantiles))
    np.testing.assert_allclose(_bca_quantiles(quantiles, draws, 1.0, np.zeros(0)), wanted)
    wanted = stats.norm.cdf(2 * stats.norm.ppf(0.5 / 100) + stats.norm.ppf(quantiles))
    np.testing.assert_allclose(_bca_quantiles(quantiles, draws, -1.0, np.zeros(0)), wanted)
