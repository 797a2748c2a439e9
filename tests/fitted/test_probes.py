"""Linear probes: what they learn, where entropies are cut, saving, and what they refuse."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from semuq import CorrectnessProbe, InvalidParameter, MissingEvidence, SampleSet, SemanticEntropyProbe
from semuq.fitted.probes import LinearProbe, cross_fitted_auroc, entropy_threshold


def data(count=300, seed=0):
    rng = np.random.default_rng(seed)
    states = rng.normal(3.0, 5.0, size=(count, 6))
    return states, (states @ [1.0, -1.0, 0.5, 0.0, 0.0, 0.0] + rng.normal(size=count)) / 5


def test_it_is_logistic_regression_on_standardised_states():
    states, values = data()
    probe = LinearProbe.of_correctness(states, values < 0)
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(states, values >= 0)
    assert probe.probability(states) == pytest.approx(model.predict_proba(states)[:, 1], abs=1e-6)
    assert ((probe.probability(states) > 0.5) == (values >= 0)).mean() > 0.85


def test_entropies_are_cut_where_the_halves_are_tightest():
    rng = np.random.default_rng(0)
    for _ in range(50):
        values = rng.choice([0.0, 0.3, 0.7, 1.1, 1.6, 2.0], size=12)
        if len(set(values)) < 2:
            continue
        cut = entropy_threshold(values)

        def loss(at, values=values):
            halves = [values[values <= at], values[values > at]]
            return sum(((own - own.mean()) ** 2).sum() for own in halves if len(own))

        assert loss(cut) == pytest.approx(min(loss(at) for at in np.linspace(-0.1, 2.1, 221)), abs=1e-12)
    with pytest.raises(InvalidParameter, match="at least two different finite numbers"):
        entropy_threshold([1.0, 1.0])


def test_saved_and_loaded_it_is_the_same_and_says_what_it_is_of(tmp_path):
    states, values = data()
    probe = LinearProbe.of_entropy(states, values)
    probe.save(tmp_path / "probe.safetensors")
    again = LinearProbe.load(tmp_path / "probe.safetensors")
    assert again == probe
    assert (again.target, again.width, hash(again)) == ("entropy", 6, hash(probe))
    for broken in ("nowhere.safetensors", "text.safetensors"):
        (tmp_path / "text.safetensors").write_text("no tensors")
        with pytest.raises(InvalidParameter, match="expected a probe saved as safetensors"):
            LinearProbe.load(tmp_path / broken)


def test_estimators_take_a_probe_or_its_path_and_mind_its_target(tmp_path):
    states, values = data()
    path = str(tmp_path / "probe.safetensors")
    LinearProbe.of_entropy(states, values).save(path)
    samples = SampleSet(prompt="?", texts=("a", "b"), hidden_states=states[:2])
    estimator = SemanticEntropyProbe(probe=path)
    assert estimator == SemanticEntropyProbe(probe=LinearProbe.load(path))
    each = estimator.score_answers(samples)
    assert each == pytest.approx(LinearProbe.load(path).probability(states[:2]), abs=1e-9)
    assert estimator.score(samples) == pytest.approx(each.mean(), abs=1e-9)
    with pytest.raises(InvalidParameter, match=r"CorrectnessProbe\.probe: expected a probe of 'wrong', got Lin"):
        CorrectnessProbe(probe=path)
    with pytest.raises(InvalidParameter, match=r"expected a LinearProbe or its path, or None, got 3"):
        SemanticEntropyProbe(probe=3)
    with pytest.raises(MissingEvidence, match="probe: SemanticEntropyProbe needs a fitted one, got None; fit it with"):
        SemanticEntropyProbe().score(samples)
    with pytest.raises(InvalidParameter, match=r"expected \(n, 6\), as the probe was fitted on, got \(1, 1, 2\)"):
        estimator.score(SampleSet(prompt="?", texts=("a",), hidden_states=[[1.0, 2.0]]))


def test_questions_left_out_tell_what_was_learned_from_what_was_memorised():
    states, values = data(400)
    questions = np.repeat(np.arange(100), 4)
    learned = cross_fitted_auroc(states, values, questions, "entropy", strength=1.0, folds=5)
    assert learned > 0.85
    rng = np.random.default_rng(1)
    marks, chance = np.repeat(rng.normal(size=(100, 60)), 4, axis=0), np.repeat(rng.random(100), 4)
    own = LinearProbe.of_entropy(marks, chance).probability(marks)
    assert np.corrcoef(own, chance)[0, 1] > 0.6  # each question is known by its marks
    assert cross_fitted_auroc(marks, chance, questions, "entropy", strength=1.0, folds=5) < 0.65
    assert cross_fitted_auroc(states[:8], values[:8], np.arange(8), "entropy", strength=1.0, folds=5) is None


@pytest.mark.parametrize(
    ("states", "labels", "message"),
    [
        (np.zeros((4, 2)), [1, 1, 1, 1], "expected some of either kind among 4 answers"),
        (np.zeros((4, 2)), [1, 0], r"expected finite states \(N, d\) and N labels"),
        (np.full((2, 2), np.nan), [1, 0], "expected finite states"),
    ],
)
def test_what_cannot_be_fitted_is_refused(states, labels, message):
    with pytest.raises(InvalidParameter, match=message):
        LinearProbe.of_correctness(states, labels)


def test_weights_are_checked():
    good = {"centre": [0.0], "scale": [1.0], "weight": [1.0], "bias": [0.0]}
    for weights, target in (({**good, "scale": [np.inf]}, "wrong"), (good, "right"), ({"weight": [1.0]}, "wrong")):
        with pytest.raises(InvalidParameter, match="weights"):
            LinearProbe(weights, target)
