import json

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from semuq.decisions.calibration import Calibrator, cross_fit
from semuq.errors import InvalidParameter
from semuq.metrics import ece

METHODS = ["isotonic", "platt", "histogram", "beta"]


def data(n=400, seed=0, digits=3):
    rng = np.random.default_rng(seed)
    s = rng.random(n).round(digits)
    return s, (rng.random(n) > s**2).astype(float)


def test_isotonic_agrees_with_scikit_learn():
    s, a = data(digits=2)
    theirs = IsotonicRegression(out_of_bounds="clip").fit(s, 1 - a)
    asked = np.linspace(-0.5, 1.5, 301)
    np.testing.assert_allclose(Calibrator().fit(s, a).predict_proba(asked), theirs.predict(asked), atol=1e-10)


def test_platt_agrees_with_logistic_regression_on_weighted_copies():
    s, a = data()
    wrong, n = (1 - a).sum(), len(a)
    target = np.where(a == 0, (wrong + 1) / (wrong + 2), 1 / (n - wrong + 2))
    theirs = LogisticRegression(C=1e12, tol=1e-10, max_iter=1000).fit(
        np.tile(s, 2)[:, None], np.repeat([1, 0], n), sample_weight=np.concatenate([target, 1 - target])
    )
    ours = Calibrator(method="platt").fit(s, a).predict_proba(s)
    np.testing.assert_allclose(ours, theirs.predict_proba(s[:, None])[:, 1], atol=1e-4)


def test_histogram_by_hand():
    calibrator = Calibrator(method="histogram", bins=2).fit([1, 2, 3, 4], [1, 1, 0, 1])
    np.testing.assert_allclose(calibrator.predict_proba([0, 2.9, 3, 9]), [0.5 / 3, 0.5 / 3, 1.5 / 3, 1.5 / 3])


def test_beta_recovers_its_own_family():
    rng = np.random.default_rng(1)
    s = rng.uniform(0.01, 0.99, 50_000)
    truth = 1 / (1 + np.exp(-(0.5 * np.log(s) - 2 * np.log1p(-s) - 0.3)))
    fitted = Calibrator(method="beta").fit(s, rng.random(50_000) > truth)
    np.testing.assert_allclose(fitted.predict_proba(s), truth, atol=0.02)


@pytest.mark.parametrize("method", METHODS)
def test_laws(method):
    s, a = data()
    calibrator = Calibrator(method=method).fit(s, a)
    shuffled = np.random.default_rng(2).permutation(len(s))
    probabilities = calibrator.predict_proba(s)
    assert ((probabilities >= 0) & (probabilities <= 1)).all()
    again = Calibrator(method=method).fit(s[shuffled], a[shuffled]).predict_proba(s)
    np.testing.assert_allclose(again, probabilities, atol=1e-5)
    if method != "histogram":
        assert (np.diff(calibrator.predict_proba(np.sort(s))) >= -1e-12).all()
    assert not Calibrator(method=method).fitted


@pytest.mark.parametrize("method", METHODS)
def test_calibration_improves_unseen_answers(method):
    s, a = data(2000)
    new_s, new_a = data(2000, seed=5)
    calibrated = Calibrator(method=method).fit(s, a).predict_proba(new_s)
    assert ece(calibrated, new_a) < 0.5 * ece(new_s, new_a)


@pytest.mark.parametrize("method", ["isotonic", "platt", "histogram"])
def test_a_linear_change_of_units_changes_nothing(method):
    s, a = data()
    one = Calibrator(method=method).fit(s, a).predict_proba(s)
    np.testing.assert_allclose(Calibrator(method=method).fit(8 * s - 4, a).predict_proba(8 * s - 4), one, atol=1e-5)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("right", [[1, 1, 1, 1], [0, 0, 0, 0], [1, 0, 0, 1]])
@pytest.mark.parametrize("scores", [[0.5] * 4, [0.1, 0.2, 0.8, 0.9]])
def test_degenerate_answers_give_finite_probabilities(method, right, scores):
    found = Calibrator(method=method).fit(scores, right).predict_proba([0.0, 0.5, 1.0])
    assert np.isfinite(found).all()
    assert ((found >= 0) & (found <= 1)).all()
    if len(set(scores)) == 1 and method != "beta":
        assert found.max() - found.min() < 1e-9
        np.testing.assert_allclose(found, 1 - np.mean(right), atol=0.2)


def test_separable_answers_keep_platt_finite():
    found = Calibrator(method="platt").fit([1, 2, 3, 4], [1, 1, 0, 0]).predict_proba([1.0, 4.0])
    assert 0 < found[0] < 0.3 < 0.7 < found[1] < 1


def test_cross_fit_does_not_see_what_it_predicts():
    rng = np.random.default_rng(0)
    s, a = rng.random(300), rng.random(300) < 0.5  # nothing to learn
    flattered = Calibrator().fit(s, a).predict_proba(s)
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


@pytest.mark.parametrize("method", METHODS)
def test_save_and_load(method, tmp_path):
    s, a = data()
    calibrator = Calibrator(method=method).fit(s, a)
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
        ({"method": "magic"}, "damaged calibrator file"),
        ({"knots": [3.0, 1.0], "values": [0.1, 0.2]}, "damaged calibrator file"),
        ({"knots": [1.0, 3.0], "values": [0.1, 1.2]}, "damaged calibrator file"),
        ({"knots": [], "values": []}, "damaged calibrator file"),
    ],
)
def test_damaged_and_foreign_files_are_refused(change, message, tmp_path):
    path = tmp_path / "c.json"
    Calibrator().fit(*data()).save(path)
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
    with pytest.raises(InvalidParameter, match="method: expected one of"):
        Calibrator(method="x")
    with pytest.raises(InvalidParameter, match="bins: expected a whole number"):
        Calibrator(bins=0)
    with pytest.raises(InvalidParameter, match="expected a fitted calibrator"):
        Calibrator().predict_proba([0.1])
    with pytest.raises(InvalidParameter, match="expected a fitted calibrator to save"):
        Calibrator().save(tmp_path / "c.json")
    with pytest.raises(InvalidParameter, match=r"scores\[1\]: expected a finite number, got inf"):
        Calibrator().fit([0, np.inf], [1, 0])
    with pytest.raises(InvalidParameter, match=r"scores\[1\]: expected a probability"):
        Calibrator(method="beta").fit([0, 2], [1, 0])
    with pytest.raises(InvalidParameter, match="folds: expected a whole number from 2 to 2, got 3"):
        cross_fit([0.1, 0.2], [1, 0], folds=3)
    with pytest.raises(InvalidParameter, match="groups: expected 2 values"):
        cross_fit([0.1, 0.2], [1, 0], folds=2, groups=[1])


@pytest.mark.parametrize("scale", [1e-320, 1.0, 1e308])
def test_platt_does_not_depend_on_the_unit_of_the_score(scale):
    scores, right = np.array([0.1, 0.3, -0.4, 0.9, 0.5, -0.9]), [1, 0, 1, 0, 1, 1]
    expected = Calibrator(method="platt").fit(scores, right).predict_proba(scores)
    found = Calibrator(method="platt").fit(scores * scale, right).predict_proba(scores * scale)
    np.testing.assert_allclose(found, expected, atol=1e-3)
