import numpy as np
import pytest
from hypothesis import given, settings

from semuq.errors import InvalidParameter
from semuq.metrics import auarc, auarc_oracle, auarc_random, auroc, prr, risk_coverage, weighted
from tests.metrics.test_ranking import graded
from tests.oracles import metrics as oracle


@settings(max_examples=60, deadline=None)
@given(graded(fractions=True, size=6))
def test_rejection_areas_agree_with_the_mean_over_all_tie_orders(case):
    u, a = case
    assert auarc(u, a) == pytest.approx(oracle.auarc(u, a), abs=1e-12)
    if len(u) > 1:
        assert auarc(u, a, form="trapezoid") == pytest.approx(oracle.auarc_trapezoid(u, a), abs=1e-12)
    assert prr(u, a) == pytest.approx(oracle.prr_retained(u, a), abs=1e-9)
    if len(u) >= 4:
        assert prr(u, a, max_rejection=0.5) == pytest.approx(oracle.prr_retained(u, a, 0.5), abs=1e-9)
    assert prr(u, a, normalisation="replaced") == pytest.approx(oracle.prr_replaced(u, a), abs=1e-9)


@given(graded())
def test_prr_of_replaced_answers_is_twice_auroc_less_one(case):
    u, a = case
    assert prr(u, a, normalisation="replaced") == pytest.approx(2 * auroc(u, a) - 1, abs=1e-12)


@given(graded(fractions=True))
def test_no_score_beats_the_oracle_and_a_constant_one_is_random(case):
    u, a = case
    assert auarc(u, a) <= auarc_oracle(u, a) + 1e-12
    assert auarc(-a, a) == auarc_oracle(u, a)
    assert auarc(np.zeros_like(u), a) == pytest.approx(auarc_random(u, a), abs=1e-12)
    assert prr(-a, a) == prr(-a, a, normalisation="replaced") == 1
    assert prr(np.zeros_like(u), a) == pytest.approx(0, abs=1e-9)


def test_all_answers_equally_correct_is_refused():
    with pytest.raises(InvalidParameter, match="prr needs answers of different correctness, got 2 times 1"):
        prr([0.1, 0.2], [1, 1])
    assert auarc([0.1, 0.2], [1, 1]) == 1


def test_prr_refuses_unknown_options():
    with pytest.raises(InvalidParameter, match="normalisation: expected 'retained' or 'replaced', got 'x'"):
        prr([0.1, 0.2], [1, 0], normalisation="x")
    with pytest.raises(InvalidParameter, match="max_rejection: expected a share"):
        prr([0.1, 0.2], [1, 0], max_rejection=0)
    with pytest.raises(InvalidParameter, match=r"max_rejection: expected 1\.0 with"):
        prr([0.1, 0.2], [1, 0], normalisation="replaced", max_rejection=0.5)
    with pytest.raises(InvalidParameter, match="max_rejection: expected a share that rejects at least one of 2"):
        prr([0.1, 0.2], [1, 0], max_rejection=0.5)


@given(graded(fractions=True))
def test_risk_coverage_is_the_error_of_those_at_or_below_the_threshold(case):
    u, a = case
    curve = risk_coverage(u, a)
    assert curve.area == pytest.approx(1 - auarc(u, a))
    assert (np.diff(curve.threshold) > 0).all()
    for threshold, coverage, risk in zip(curve.threshold, curve.coverage, curve.risk, strict=True):
        answered = u <= threshold
        assert coverage == answered.mean()
        assert risk == pytest.approx((1 - a[answered]).mean(), abs=1e-12)


def test_the_trapezoid_of_one_answer_and_of_many_draws():
    assert auarc([0.3], [1], form="trapezoid") == 1
    rng = np.random.default_rng(0)
    u, a = rng.random(40).round(1), rng.random(40)
    counts = rng.integers(0, 3, (5, 40)).astype(float)
    found = weighted.auarc(u, a, form="trapezoid")(counts)
    again = [auarc(*(np.repeat(own, row.astype(int)) for own in (u, a)), form="trapezoid") for row in counts]
    np.testing.assert_allclose(found, again, rtol=1e-12)
    with pytest.raises(InvalidParameter, match="form: expected one of"):
        auarc(u, a, form="x")
