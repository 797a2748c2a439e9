"""Scores compared: the differences are the paired ones, p-values are corrected, and the table says what it knows."""

import functools

import numpy as np
import pytest
from hypothesis import given
from scipy.stats import norm
from sklearn.metrics import auc
from sklearn.metrics import roc_curve as their_roc

from semuq import DiscreteSemanticEntropy, ExactMatch, Heat, InvalidParameter, KernelLanguageEntropy, SampleSet, compare
from semuq.binomial import wilson, wilson_ends
from semuq.metrics import (
    auroc,
    bootstrap,
    compare_scores,
    fpr_at_tpr,
    holm,
    paired_difference,
    risk_coverage,
    roc_curve,
)
from tests.metrics.test_ranking import graded

DRAWS = 400


@pytest.fixture(scope="module")
def columns():
    rng = np.random.default_rng(0)
    right = rng.random(300) < 0.6
    good = rng.normal(size=300) + 1.5 * ~right
    return {"good": good, "worse": good + rng.normal(0, 2, 300), "same": good, "noise": rng.normal(size=300)}, right


def test_each_row_is_what_bootstrap_and_paired_difference_give(columns):
    scores, right = columns
    found = compare_scores(scores, right, against="worse", n_resamples=DRAWS)
    assert [row.name for row in found] == list(scores)
    for row in found:
        assert row.value == bootstrap(auroc, scores[row.name], right, n_resamples=DRAWS)
        if row.name == "worse":
            assert (row.difference, row.p, row.p_holm) == (None, None, None)
        else:
            assert row.difference == paired_difference(
                auroc, scores[row.name], scores["worse"], right, n_resamples=DRAWS
            )
    p = [row.p for row in found if row.p is not None]
    assert [row.p_holm for row in found if row.p is not None] == holm(p)


def test_p_is_normal_with_the_error_of_the_draws_and_equal_scores_have_none(columns):
    scores, right = columns
    found = compare_scores(scores, right, n_resamples=DRAWS)
    gap = found["noise"].difference
    assert found["noise"].p == pytest.approx(2 * norm.sf(abs(gap.value) / gap.error))
    assert found["noise"].p_holm < 0.001
    assert (found["same"].difference.value, found["same"].p, found["same"].p_holm) == (0, 1, 1)


def test_where_all_draws_agree_on_a_difference_p_is_one_in_their_number():
    right = [True] * 20 + [False] * 20
    perfect = [0.0] * 20 + [1.0] * 20
    found = compare_scores({"constant": [0.5] * 40, "perfect": perfect}, right, n_resamples=99)
    assert found["perfect"].difference.value == 0.5
    assert found["perfect"].p == 0.01


def test_noise_is_seldom_called_a_difference():
    rng = np.random.default_rng(1)
    called = 0
    for _ in range(60):
        right = rng.random(120) < 0.5
        found = compare_scores(dict(enumerate(rng.normal(size=(6, 120)))), right, n_resamples=150, against=0)
        called += any(row.p_holm is not None and row.p_holm < 0.05 for row in found)
    assert called <= 8  # 5% of 60 is 3; more than 8 has a chance below 1%


def test_the_table_has_a_line_for_each_and_says_too_few_where_there_are_few(columns):
    scores, right = columns
    found = compare_scores(scores, right, n_resamples=DRAWS)
    lines = repr(found).splitlines()
    assert lines[0].split()[:2] == ["estimator", "auroc"]
    assert [line.split()[0] for line in lines[1:5]] == list(scores)
    assert f"{found['worse'].difference.value:+.3f}" in lines[2]
    assert lines[5].startswith(f"300 answers, {int((~right).sum())} of them wrong. Differences to good")
    assert max(map(len, lines)) <= 100
    few = compare_scores({"a": [1, 2, 3, 4], "b": [4, 3, 2, 1]}, [1, 1, 0, 0], n_resamples=50)
    assert "too few to say" in str(few)
    html = few._repr_html_()
    assert html.count("<tr>") == 3
    assert "too few to say" in html
    escaped = compare_scores({"<b>": [1, 2, 3, 4], "b": [4, 3, 2, 1]}, [1, 1, 0, 0], n_resamples=50)
    assert "<b>" not in escaped._repr_html_()
    assert "&lt;b&gt;" in escaped._repr_html_()
    assert [record["estimator"] for record in few.to_records()] == ["a", "b"]
    assert set(few.to_records()[0]) == set(few.to_records()[1])


def test_another_metric_is_named_and_taken(columns):
    scores, right = columns
    found = compare_scores(scores, right, metric=functools.partial(fpr_at_tpr, tpr=0.9), n_resamples=50)
    assert found.metric == "fpr_at_tpr"
    assert found["good"].value.value == fpr_at_tpr(scores["good"], right, tpr=0.9)
    with pytest.raises(KeyError):
        found["nobody"]


@pytest.mark.parametrize(
    ("scores", "options", "message"),
    [
        ({"a": [1, 2]}, {}, "columns: expected at least two scores to compare, got"),
        ({"a": [1, 2], "b": [1, 2]}, {"against": "c"}, r"against: expected one of \['a', 'b'\], got 'c'"),
        ({"a": [1, 2], "b": [1, 2, 3]}, {}, "correct: expected 3 values"),
        ({"a": [1, 2], "b": [1, float("nan")]}, {}, r"scores\[1\]: expected a number, got nan"),
    ],
)
def test_what_cannot_be_compared_is_refused(scores, options, message):
    with pytest.raises(InvalidParameter, match=message):
        compare_scores(scores, [True, False], n_resamples=50, **options)


@pytest.fixture(scope="module")
def questions():
    rng = np.random.default_rng(3)
    batch, right = [], []
    for index in range(60):
        meanings = int(rng.integers(1, 5))
        batch.append(SampleSet(prompt=f"{index}?", texts=[f"answer {rng.integers(meanings)}" for _ in range(6)]))
        right.append(bool(rng.random() > meanings / 5))
    return batch, right


def test_estimators_are_compared_by_their_own_scores(questions):
    batch, right = questions
    estimators = [DiscreteSemanticEntropy(), KernelLanguageEntropy(), KernelLanguageEntropy(kernel=Heat(t=0.5))]
    found = compare(estimators, batch, right, ExactMatch(), against=estimators[1], n_resamples=DRAWS)
    names = ["DiscreteSemanticEntropy", *(f"KernelLanguageEntropy(kernel=Heat(t={t}))" for t in (0.3, 0.5))]
    assert [row.name for row in found] == names
    assert found.reference == names[1]
    scores = dict(zip(names, (own.score(batch, ExactMatch()) for own in estimators), strict=True))
    assert found == compare_scores(scores, right, against=names[1], n_resamples=DRAWS)
    assert [row.name for row in compare(estimators, batch, right, ExactMatch(), n_resamples=50, names="full")] == list(
        map(repr, estimators)
    )


def test_estimators_that_cannot_be_compared_are_refused_before_any_work(questions):
    batch, right = questions
    pair = [DiscreteSemanticEntropy(), KernelLanguageEntropy()]
    with pytest.raises(InvalidParameter, match="estimators: expected at least two to compare"):
        compare(pair[:1], batch, right, ExactMatch())
    with pytest.raises(InvalidParameter, match=r"correct: expected 60 values \(one per question\), got 59"):
        compare(pair, batch, right[:-1], ExactMatch())
    with pytest.raises(InvalidParameter, match="against: expected one of the estimators"):
        compare(pair, batch, right, ExactMatch(), against=KernelLanguageEntropy(kernel=Heat(t=0.5)))


@given(graded())
def test_the_roc_curve_is_scikit_learns(case):
    u, a = case
    ours = roc_curve(u, a)
    flagged, found, threshold = their_roc(~np.asarray(a, dtype=bool), u, drop_intermediate=False)
    np.testing.assert_allclose(ours.flagged, flagged)
    np.testing.assert_allclose(ours.found, found)
    np.testing.assert_array_equal(ours.threshold, threshold)
    assert ours.area == pytest.approx(auc(ours.flagged, ours.found))


@given(graded())
def test_the_interval_of_a_risk_is_wilsons_of_the_answered(case):
    u, a = case
    curve = risk_coverage(u, a)
    for risk, count, low, high in zip(curve.risk, curve.counts, curve.low, curve.high, strict=True):
        assert (low, high) == pytest.approx(wilson(round(risk * count), int(count)))
        assert low <= risk <= high


def test_wilson_of_many_is_wilson_of_each_and_of_none_says_nothing():
    low, high = wilson_ends([0.0, 0.5, 1.0, 0.0], [5, 10, 3, 0])
    assert [low[0], high[2], low[3], high[3]] == [0, 1, 0, 1]
    assert (low[1], high[1]) == pytest.approx(wilson(5, 10))
