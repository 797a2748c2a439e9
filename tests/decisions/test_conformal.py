import json

import numpy as np
import pytest
from scipy.stats import binom, binomtest

from semuq.binomial import clopper_pearson_upper, fewest
from semuq.decisions.conformal import SelectiveAnswering, conformal_quantile, risk_control_threshold
from semuq.errors import InvalidParameter


def draw(rng, n=800):
    s = rng.random(n)
    return s, rng.random(n) > s**2


@pytest.mark.parametrize(("errors", "n"), [(0, 1), (0, 59), (3, 40), (40, 40), (17, 1000)])
@pytest.mark.parametrize("delta", [0.01, 0.1])
def test_clopper_pearson_is_exact(errors, n, delta):
    bound = clopper_pearson_upper(errors, n, delta)
    reference = binomtest(errors, n, alternative="less").proportion_ci(1 - delta, method="exact").high
    assert bound == pytest.approx(reference, abs=1e-9)
    if errors < n:
        assert binom.cdf(errors, n, bound) == pytest.approx(delta, abs=1e-9)


RISKS = {
    "good": lambda s: s**2,
    "useless": lambda s: np.full_like(s, 0.103),
    "worst first, never allowed": lambda s: np.where(s < 0.3, 0.2, 0.0627),
    "allowed in the middle only": lambda s: np.select([s < 0.1, s < 0.5], [0.3, 0.05], 0.2),
    "reversed": lambda s: (1 - s) ** 2,
}


@pytest.mark.parametrize("n", [60, 600])
@pytest.mark.parametrize("digits", [9, 1, 0], ids=["spread", "eleven values", "two values"])
@pytest.mark.parametrize("risk", RISKS.values(), ids=RISKS)
def test_the_promise_is_kept_as_often_as_promised(risk, digits, n):
    rng = np.random.default_rng(0)
    grid = ((np.arange(4000) + 0.5) / 4000).round(digits)
    broken = 0
    for split in range(300):
        s = rng.random(n).round(digits)
        rule = SelectiveAnswering(alpha=0.1, delta=0.1, seed=split).fit(s, rng.random(n) >= risk(s))
        value = rule.thresholds[None].value
        broken += value is not None and risk(grid[grid <= value]).mean() > 0.1
    assert binomtest(broken, 300, 0.1, alternative="greater").pvalue > 1e-3


def test_a_score_that_is_bad_at_its_best_end_can_still_be_answered_by():
    """Nothing below the middle passes, all answers together do: there testing begins anew."""
    rng = np.random.default_rng(0)
    s = rng.random(2000)
    rule = SelectiveAnswering(alpha=0.1).fit(s, rng.random(2000) >= np.where(s < 0.2, 0.2, 0.02))
    assert rule.thresholds[None].coverage > 0.9
    assert rule.thresholds[None].bound <= 0.1


@pytest.mark.parametrize("alpha", [0.05, 0.1, 0.3])
@pytest.mark.parametrize("kind", ["spread", "constant", "two values"])
def test_a_model_that_is_always_right_is_answered_by_from_the_first_n_that_can_prove_it(alpha, kind):
    least = int(np.ceil(np.log(0.05) / np.log1p(-alpha)))
    for n in (least - 1, *range(least, least + 40), 300, 1000):
        spread = np.random.default_rng(n).random(n)
        s = {"spread": spread, "constant": np.ones(n), "two values": (spread > 0.5).astype(float)}[kind]
        rule = SelectiveAnswering(alpha=alpha, delta=0.05, seed=n).fit(s, np.ones(n))
        assert rule.decide([0.0, 1.0, 99.0]).all() == (n >= least), n


@pytest.mark.parametrize("n", [5, 29, 43, 44, 60, 1000])
def test_the_levels_of_all_tests_make_up_no_more_than_delta(n, monkeypatch):
    """The chain hands on, so what enters counts; each test of `everything` on all answers is its own."""
    entered = []
    own = SelectiveAnswering._test
    monkeypatch.setattr(
        SelectiveAnswering, "_test", lambda self, *of: (entered.append(of[-1].sum()), own(self, *of))[1]
    )
    SelectiveAnswering(alpha=0.1, delta=0.05).fit(np.arange(n), np.zeros(n))
    assert 0 < sum(entered) <= 0.05 + 1e-12


def test_a_good_score_answers_much_and_the_bound_holds():
    rule = SelectiveAnswering(alpha=0.1).fit(*draw(np.random.default_rng(1), 5000))
    found = rule.thresholds[None]
    assert 0.4 < found.coverage < 0.55  # the ideal is sqrt(0.3) = 0.548
    assert found.error <= found.bound <= 0.1
    assert rule.decide([found.value, found.value + 1e-9]).tolist() == [True, False]
    assert "answers" in rule.describe()


@pytest.mark.parametrize("n", [1, 2, 20, 400])
def test_what_cannot_be_promised_is_not_answered(n):
    rng = np.random.default_rng(0)
    rule = SelectiveAnswering(alpha=0.01).fit(rng.random(n), rng.random(n) < 0.5)
    assert rule.thresholds[None].value is None
    assert not rule.decide([-1e9, 0.5]).any()
    assert "abstains on everything" in rule.describe()
    assert "grade more, or allow more errors" in rule.describe()


def test_all_right_answers_everything_it_can():
    s = np.linspace(0, 1, 500)
    rule = SelectiveAnswering(alpha=0.1).fit(s, np.ones(500))
    assert rule.thresholds[None].coverage > 0.95


def test_equal_scores_stand_or_fall_together():
    rng = np.random.default_rng(2)
    s = rng.integers(0, 3, 900).astype(float)
    rule = SelectiveAnswering(alpha=0.1).fit(s, rng.random(900) > np.array([0.02, 0.1, 0.9])[s.astype(int)])
    assert rule.thresholds[None].value in (0.0, 1.0)


def test_groups_get_their_own_threshold_and_strangers_none():
    rng = np.random.default_rng(3)
    s, a = draw(rng, 2000)
    groups = np.where(np.arange(2000) % 2, "easy", "hard")
    a[groups == "hard"] = rng.random(1000) < 0.3
    rule = SelectiveAnswering(alpha=0.1).fit(s, a, groups)
    assert rule.thresholds["hard"].value is None
    assert rule.thresholds["easy"].value > 0.3
    assert rule.decide([0.1] * 3, ["easy", "hard", "new"]).tolist() == [True, False, False]
    border = rule.thresholds["easy"].value
    assert rule.decide([border, np.nextafter(border, 9)], ["easy"] * 2).tolist() == [True, False]
    with pytest.raises(InvalidParameter, match="groups: expected as in `fit`; the rule was fitted on 2 groups"):
        rule.decide([0.1])


def test_save_and_load(tmp_path):
    s, a = draw(np.random.default_rng(4))
    rule = SelectiveAnswering(alpha=0.15).fit(s, a, ["x" if i % 2 else "y" for i in range(800)])
    path = tmp_path / "rule.json"
    rule.save(path)
    assert SelectiveAnswering.load(path).to_dict() == rule.to_dict()
    nothing = SelectiveAnswering(alpha=0.01).fit(s, a)
    nothing.save(path)
    assert SelectiveAnswering.load(path).thresholds[None].value is None
    record = json.loads(path.read_text())
    for change, message in (
        ({"format": "x"}, "expected a file of format"),
        ({"version": 2}, "expected version 1 to 1"),
        ({"alpha": 3}, "damaged file"),
        ({"thresholds": []}, "damaged file"),
        ({"thresholds": [{}]}, "damaged file"),
    ):
        path.write_text(json.dumps(record | change))
        with pytest.raises(InvalidParameter, match=message):
            SelectiveAnswering.load(path)


def test_conformal_quantile_covers():
    rng = np.random.default_rng(5)
    inside = [rng.normal() <= conformal_quantile(rng.normal(size=19), 0.1) for _ in range(4000)]
    assert binomtest(sum(inside), 4000, 0.9).pvalue > 1e-3  # 18/20 exactly, without ties
    assert conformal_quantile(np.arange(1, 10), 0.5) == 5
    assert conformal_quantile([1.0] * 4, 0.2) == 1.0
    assert conformal_quantile([1.0] * 4, 0.19) == np.inf


def test_risk_control_by_brute_force_and_in_expectation():
    rng = np.random.default_rng(6)
    s, a = rng.random(50).round(1), rng.random(50) > 0.5
    best = None
    for t in np.unique(s):
        if (((1 - a) * (s <= t)).sum() + 1) / 51 <= 0.2:
            best = t
        else:
            break
    assert risk_control_threshold(s, a, 0.2) == best
    risks = []
    for _ in range(2000):
        s, a = draw(rng, 40)
        t = risk_control_threshold(s, a, 0.1)
        risks.append(0 if t is None else min(t, 1) ** 3 / 3)
    assert np.mean(risks) <= 0.1
    assert risk_control_threshold([0.1, 0.2], [1, 1], 0.5) == np.inf
    assert risk_control_threshold([0.1, 0.2], [1, 1], 0.3) is None
    assert risk_control_threshold([0.1, 0.2], [0, 0], 0.5) is None


def test_errors(tmp_path):
    with pytest.raises(InvalidParameter, match=r"SelectiveAnswering.alpha: expected a number in \(0, 1\), got 1"):
        SelectiveAnswering(alpha=1)
    with pytest.raises(InvalidParameter, match=r"correct\[0\]: expected right or wrong, got 0.5"):
        SelectiveAnswering(alpha=0.1).fit([0.1], [0.5])
    with pytest.raises(InvalidParameter, match="expected a fitted rule; use"):
        SelectiveAnswering(alpha=0.1).decide([0.1])
    with pytest.raises(InvalidParameter, match="expected a fitted rule to save"):
        SelectiveAnswering(alpha=0.1).save(tmp_path / "x")
    with pytest.raises(InvalidParameter, match=r"groups\[1\]: expected a name, got None"):
        SelectiveAnswering(alpha=0.1).fit([0.1, 0.2], [1, 0], ["a", None])
    with pytest.raises(InvalidParameter, match="groups: expected str in a saved rule, got 3"):
        SelectiveAnswering(alpha=0.1).fit([0.1], [1], [3]).save(tmp_path / "x")
    with pytest.raises(InvalidParameter, match="errors: expected 0 to n"):
        clopper_pearson_upper(3, 2, 0.1)
    with pytest.raises(InvalidParameter, match="alpha: expected a number"):
        conformal_quantile([1], 0)


def test_a_rule_that_abstains_on_everything_abstains_on_minus_infinity_too():
    rule = SelectiveAnswering(alpha=0.01).fit([0.1, 0.2, 0.3], [0, 0, 0])
    assert rule.thresholds[None].value is None
    assert not rule.decide([-np.inf, 0.0]).any()


def test_infinite_thresholds_survive_saving(tmp_path):
    scores = np.repeat([-np.inf, np.inf], 100)
    rule = SelectiveAnswering(alpha=0.3).fit(scores, scores < 0)
    assert rule.thresholds[None].value == -np.inf
    rule.save(tmp_path / "rule.json")
    assert SelectiveAnswering.load(tmp_path / "rule.json").decide([-np.inf, 0.0]).tolist() == [True, False]


@pytest.mark.parametrize("rate", [0.05, 0.1, 0.3])
@pytest.mark.parametrize("delta", [0.01, 0.05])
def test_the_fewest_answers_that_allow_as_many_errors_by_trying_them_all(rate, delta):
    for n in range(1, 160):
        allowed = np.flatnonzero(binom.cdf(np.arange(n + 1), n, rate) <= delta)
        smaller = [n] if not allowed.size else np.flatnonzero(binom.cdf(allowed[-1], np.arange(n + 1), rate) <= delta)
        assert fewest(n, rate, delta) == smaller[0]


@pytest.mark.parametrize("true_rate", [0.0, 0.02, 0.05, 0.09, 0.2])
def test_with_more_answers_a_test_of_a_good_model_passes_as_often_or_more_often(true_rate):
    drawn = np.array([fewest(n, 0.1, 0.05) for n in range(29, 400)])
    allowed = binom.ppf(0.05, drawn, 0.1)
    allowed -= binom.cdf(allowed, drawn, 0.1) > 0.05
    power = binom.cdf(allowed, drawn, true_rate)
    if true_rate <= 0.05:
        assert (np.diff(power) >= -1e-12).all()
    assert (power <= 0.05 + 1e-12).all() or true_rate < 0.1


def test_one_wrong_of_forty_passes_where_the_draw_leaves_it_out():
    right = np.arange(40) > 0
    rules = [SelectiveAnswering(alpha=0.1, seed=seed).fit(np.zeros(40), right) for seed in range(300)]
    passed = [rule.thresholds[None].value is not None for rule in rules]
    assert binomtest(sum(passed), 300, 11 / 40).pvalue > 0.001  # 29 of 40 are drawn
    (found,) = {rule.thresholds[None].error for rule, own in zip(rules, passed, strict=True) if own}
    assert found == 1 / 40


def test_thresholds_begin_where_enough_answers_lie_below_to_prove_the_promise():
    rule, marks = SelectiveAnswering(alpha=0.1, delta=0.1), np.arange(100.0)
    clean = np.log(0.9 * 0.8 * 0.1) / np.log(0.9)  # 25: right answers that prove it at what is left of delta
    for n_tested, least in ((1000, 2.5 * clean), (80, 40), (40, clean)):
        wanted = [mark for mark in marks if (mark + 1) / 101 * n_tested >= least]
        assert rule._candidates(marks, n_tested).tolist() == wanted
