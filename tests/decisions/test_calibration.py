import json

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from semuq.decisions.calibration import (
    CALIBRATORS,
    Beta,
    Calibrator,
    Histogram,
    Isotonic,
    Platt,
    cross_fit,
)
from semuq.errors import InvalidParameter
from semuq.metrics import ece

KINDS = [cls() for cls in CALIBRATORS]
every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda own: type(own).__name__)


def data(n=400, seed=0, digits=3):
    rng = np.random.default_rng(seed)
    s = rng.random(n).round(digits)
    return s, (rng.random(n) > s**2).astype(float)


def test_isotonic_agrees_with_scikit_learn():
    s, a = data(digits=2)
    theirs = IsotonicRegression(out_of_bounds="clip").fit(s, 1 - a)
    asked = np.linspace(-0.5, 1.5, 301)
    np.testing.assert_allclose(Isotonic().fit(s, a).predict_proba(asked), theirs.predict(asked), atol=1e-10)


def test_platt_agrees_with_logistic_regression_on_weighted_copies():
    s, a = data()
    wrong, n = (1 - a).sum(), len(a)
    target = np.where(a == 0, (wrong + 1) / (wrong + 2), 1 / (n - wrong + 2))
    theirs = LogisticRegression(C=1e12, tol=1e-10, max_iter=1000).fit(
        np.tile(s, 2)[:, None], np.repeat([1, 0], n), sample_weight=np.concatenate([target, 1 - target])
    )
    ours = Platt().fit(s, a).predict_proba(s)
    np.testing.assert_allclose(ours, theirs.predict_proba(s[:, None])[:, 1], atol=1e-4)


def test_histogram_by_hand():
    calibrator = Histogram(bins=2).fit([1, 2, 3, 4], [1, 1, 0, 1])
    np.testing.assert_allclose(calibrator.predict_proba([0, 2.9, 3, 9]), [0.5 / 3, 0.5 / 3, 1.5 / 3, 1.5 / 3])


def test_beta_recovers_its_own_family():
    rng = np.random.default_rng(1)
    s = rng.uniform(0.01, 0.99, 50_000)
    truth = 1 / (1 + np.exp(-(0.5 * np.log(s) - 2 * np.log1p(-s) - 0.3)))
    fitted = Beta().fit(s, rng.random(50_000) > truth)
    np.testing.assert_allclose(fitted.predict_proba(s), truth, atol=0.02)


@every_kind
def test_laws(kind):
    s, a = data()
    calibrator = kind.fit(s, a)
    shuffled = np.random.default_rng(2).permutation(len(s))
    probabilities = calibrator.predict_proba(s)
    assert ((probabilities >= 0) & (probabilities <= 1)).all()
    again = kind.fit(s[shuffled], a[shuffled]).predict_proba(s)
    np.testing.assert_allclose(again, probabilities, atol=1e-5)
    if not isinstance(kind, Histogram):
        assert (np.diff(calibrator.predict_proba(np.sort(s))) >= -1e-12).all()
    assert not kind.fitted


@every_kind
def test_calibration_improves_unseen_answers(kind):
    s, a = data(2000)
    new_s, new_a = data(2000, seed=5)
    calibrated = kind.fit(s, a).predict_proba(new_s)
    assert ece(calibrated, new_a) < 0.5 * ece(new_s, new_a)


@pytest.mark.parametrize("kind", KINDS[:3], ids=lambda own: type(own).__name__)
def test_a_linear_change_of_units_changes_nothing(kind):
    s, a = data()
    one = kind.fit(s, a).predict_proba(s)
    np.testing.assert_allclose(kind.fit(8 * s - 4, a).predict_proba(8 * s - 4), one, atol=1e-5)


@every_kind
@pytest.mark.parametrize("right", [[1, 1, 1, 1], [0, 0, 0, 0], [1, 0, 0, 1]])
@pytest.mark.parametrize("scores", [[0.5] * 4, [0.1, 0.2, 0.8, 0.9]])
def test_degenerate_answers_give_finite_probabilities(kind, right, scores):
    found = kind.fit(scores, right).predict_proba([0.0, 0.5, 1.0])
    assert np.isfinite(found).all()
    assert ((found >= 0) & (found <= 1)).all()
    if len(set(scores)) == 1 and not isinstance(kind, Beta):
        assert found.max() - found.min() < 1e-9
        np.testing.assert_allclose(found, 1 - np.mean(right), atol=0.2)


def test_separable_answers_keep_platt_finite():
    found = Platt().fit([1, 2, 3, 4], [1, 1, 0, 0]).predict_proba([1.0, 4.0])
    assert 0 < found[0] < 0.3 < 0.7 < found[1] < 1


def test_cross_fit_does_not_see_what_it_predicts():
    rng = np.random.default_rng(0)
    s, a = rng.random(300), rng.random(300) < 0.5  # nothing to learn
    flattered = Isotonic().fit(s, a).predict_proba(s)
    honest = cross_fit(s, a)
    assert np.mean((flattered - ~a) ** 2) < 0.25 < np.mean((honest - ~a) ** 2)
    # changing one label changes only what other folds predict
    changed = a.copy()
    changed[0] = ~changed[0]
    assert cross_fit(s, changed)[0] == honest[0]


def test_cross_fit_keeps_groups_together():
    s, a = data(60)
    groups = np.repeat(np.arange(20), 3)
    before = cross_fit(s, a, folds=20, groups=groups)
    changed = a.copy()
    changed[:3] = 1 - changed[:3]
    np.testing.assert_array_equal(cross_fit(s, changed, folds=20, groups=groups)[:3], before[:3])
    assert (cross_fit(s, a, seed=1) != cross_fit(s, a, seed=2)).any()


@every_kind
def test_save_and_load(kind, tmp_path):
    s, a = data()
    calibrator = kind.fit(s, a)
    calibrator.save(tmp_path / "c.json")
    loaded = Calibrator.load(tmp_path / "c.json")
    assert loaded == calibrator
    np.testing.assert_array_equal(loaded.predict_proba(s), calibrator.predict_proba(s))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": "other"}, "expected a file of format 'semuq.calibrator', got 'other'"),
        ({"version": 99}, "expected version 1 to 1, got 99"),
        ({"values": [0.1]}, "damaged calibrator file"),
        ({"values": ["x"]}, "damaged calibrator file"),
        ({"values": None}, "damaged calibrator file"),
        ({"kind": "Magic"}, "damaged calibrator file"),
        ({"values": [10**400]}, "damaged calibrator file"),
        ({"knots": [3.0, 1.0], "values": [0.1, 0.2]}, "damaged calibrator file"),
        ({"knots": [1.0, 3.0], "values": [0.1, 1.2]}, "damaged calibrator file"),
        ({"knots": [], "values": []}, "damaged calibrator file"),
    ],
)
def test_damaged_and_foreign_files_are_refused(change, message, tmp_path):
    path = tmp_path / "c.json"
    Isotonic().fit(*data()).save(path)
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(InvalidParameter, match=message):
        Calibrator.load(path)
    path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(InvalidParameter, match="got something unreadable"):
        Calibrator.load(path)
    path.write_text("[]")
    with pytest.raises(InvalidParameter, match="got 'list'"):
        Calibrator.load(path)


def test_errors(tmp_path):
    with pytest.raises(InvalidParameter, match="calibrator: expected one of isotonic, platt, histogram, beta, got 'x'"):
        CALIBRATORS.read("x")
    with pytest.raises(InvalidParameter, match="bins: expected a whole number"):
        Histogram(bins=0)
    with pytest.raises(InvalidParameter, match="expected a fitted calibrator"):
        Isotonic().predict_proba([0.1])
    with pytest.raises(InvalidParameter, match="expected a fitted calibrator to save"):
        Isotonic().save(tmp_path / "c.json")
    with pytest.raises(InvalidParameter, match=r"scores\[1\]: expected a finite number, got inf"):
        Isotonic().fit([0, np.inf], [1, 0])
    with pytest.raises(InvalidParameter, match=r"scores\[1\]: expected a probability"):
        Beta().fit([0, 2], [1, 0])
    with pytest.raises(InvalidParameter, match="folds: expected a whole number from 2 to 2, got 3"):
        cross_fit([0.1, 0.2], [1, 0], folds=3)
    with pytest.raises(InvalidParameter, match="groups: expected 2 values"):
        cross_fit([0.1, 0.2], [1, 0], folds=2, groups=[1])


@pytest.mark.parametrize("scale", [1e-320, 1.0, 1e308])
def test_platt_does_not_depend_on_the_unit_of_the_score(scale):
    scores, right = np.array([0.1, 0.3, -0.4, 0.9, 0.5, -0.9]), [1, 0, 1, 0, 1, 1]
    expected = Platt().fit(scores, right).predict_proba(scores)
    found = Platt().fit(scores * scale, right).predict_proba(scores * scale)
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_a_kind_goes_by_its_name_and_forgets_what_it_found():
    assert [CALIBRATORS.read(name) for name in CALIBRATORS.names] == KINDS
    assert CALIBRATORS.read("Histogram(bins=3)") == Histogram(bins=3)
    s, a = data()
    for kind in (*KINDS, Histogram(bins=3)):
        assert kind.fit(s, a).unfitted == kind


@pytest.mark.parametrize("wrong", [0, 1, 3, 4])
def test_constant_scores_give_what_each_kind_says(wrong):
    scores, right = [0.3] * 4, [0] * wrong + [1] * (4 - wrong)
    high, low = (wrong + 1) / (wrong + 2), 1 / (4 - wrong + 2)
    assert Isotonic().fit(scores, right).predict_proba([0.0, 0.3, 1.0]) == pytest.approx([wrong / 4] * 3)
    assert Histogram().fit(scores, right).predict_proba([0.0, 0.3, 1.0]) == pytest.approx([(wrong + 0.5) / 5] * 3)
    targets = (wrong * high + (4 - wrong) * low) / 4
    assert Platt().fit(scores, right).predict_proba([0.0, 0.3, 1.0]) == pytest.approx([targets] * 3, abs=1e-6)
    assert Beta().fit(scores, right).predict_proba([0.3]) == pytest.approx([wrong / 4], abs=1e-3)


def test_a_single_bin_says_the_same_of_every_score():
    wrong = Histogram(bins=1).fit([0.1, 0.2, 0.8, 0.9], [1, 1, 0, 1]).predict_proba([0.0, 0.5, 1.0])
    assert wrong.tolist() == [wrong[0]] * 3
    assert wrong[0] == pytest.approx(0.25, abs=0.1)
