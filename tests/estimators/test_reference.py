"""Distances from a reference: scikit-learn's own objects as the oracle, files, a shift that must be seen."""

import pickle

import numpy as np
import pytest
from sklearn.covariance import LedoitWolf, MinCovDet
from sklearn.decomposition import KernelPCA

from semuq import InvalidParameter, MissingEvidence, SampleSet, StateDistance
from semuq.fitted.known_states import ReferenceStates
from semuq.metrics import auroc


def states(rng, count, shift=0.0):
    mix = np.random.default_rng(5).normal(size=(6, 6))
    return rng.normal(size=(count, 6)) @ mix + shift


def asked(own):
    return SampleSet(prompt="q", texts=[str(i) for i in range(len(own))], hidden_states=own)


def test_the_gaussian_equals_scikit_learn():
    rng = np.random.default_rng(0)
    known, new = states(rng, 80), states(rng, 20, shift=1.0)
    distance = StateDistance(reference=ReferenceStates.fit(known)).score_answers(asked(new))
    assert distance == pytest.approx(np.sqrt(LedoitWolf().fit(known).mahalanobis(new)), rel=1e-9)


@pytest.mark.parametrize("gamma", [None, 0.05])
def test_the_robust_one_equals_scikit_learn(gamma):
    rng = np.random.default_rng(1)
    known, new = states(rng, 80), states(rng, 20, shift=1.0)
    reference = ReferenceStates.fit(known, "robust", components=5, gamma=gamma, seed=3)
    centre, scale = known.mean(axis=0), known.std(axis=0)
    kernel = KernelPCA(n_components=5, kernel="rbf", gamma=gamma or 1 / 6, eigen_solver="dense")
    places = kernel.fit_transform((known - centre) / scale)
    wanted = MinCovDet(random_state=3).fit(places).mahalanobis(kernel.transform((new - centre) / scale))
    assert StateDistance(reference=reference).score_answers(asked(new)) == pytest.approx(np.sqrt(wanted), rel=1e-6)


def test_fewer_states_than_numbers_are_enough():
    known = np.random.default_rng(2).normal(size=(5, 30))
    for method in ("gaussian", "robust"):
        reference = ReferenceStates.fit(known, method)
        assert np.isfinite(StateDistance(reference=reference).score(asked(known)))


def test_states_from_elsewhere_are_far_and_only_the_robust_fit_bears_outliers():
    rng = np.random.default_rng(3)
    clean = states(rng, 120)
    spoilt = np.concatenate([clean, states(rng, 6, shift=40.0)])
    new = np.concatenate([states(rng, 40), states(rng, 40, shift=6.0)])

    def found(known, method):
        distances = ReferenceStates.fit(known, method, components=6, gamma=0.003).distance(new)
        return auroc(distances, np.arange(80) < 40)

    assert found(clean, "gaussian") > 0.9
    assert found(clean, "robust") > 0.9
    assert found(spoilt, "robust") > 0.9
    assert found(spoilt, "gaussian") < found(spoilt, "robust")


def test_the_background_is_taken_off():
    rng = np.random.default_rng(4)
    near, far = ReferenceStates.fit(states(rng, 50)), ReferenceStates.fit(states(rng, 50, shift=3.0))
    new = asked(states(rng, 6))
    relative = StateDistance(reference=near, background=far).score(new)
    assert relative == pytest.approx(StateDistance(reference=near).score(new) - StateDistance(reference=far).score(new))


def test_a_reference_survives_its_file_and_pickling(tmp_path):
    for method in ("gaussian", "robust"):
        reference = ReferenceStates.fit(states(np.random.default_rng(6), 40), method, components=3)
        reference.save(tmp_path / "reference.safetensors")
        assert ReferenceStates.load(tmp_path / "reference.safetensors") == reference
        estimator = StateDistance(reference=reference)
        assert pickle.loads(pickle.dumps(estimator)) == estimator
        assert reference.digest in repr(estimator)
    assert reference != ReferenceStates.fit(states(np.random.default_rng(6), 40))
    (tmp_path / "broken").write_bytes(b"none")
    with pytest.raises(InvalidParameter, match="path: expected a reference saved as safetensors"):
        ReferenceStates.load(tmp_path / "broken")


def test_refusals():
    known = states(np.random.default_rng(7), 10)
    with pytest.raises(MissingEvidence, match="reference: StateDistance needs a fitted one, got None"):
        StateDistance().score(asked(known))
    with pytest.raises(InvalidParameter, match=r"hidden_states: expected \(n, 6\), as the reference was fitted on"):
        StateDistance(reference=ReferenceStates.fit(known)).score(asked(known[:, :3]))
    with pytest.raises(InvalidParameter, match=r"StateDistance\.background: expected ReferenceStates or None"):
        StateDistance(background=known)
    for call, message in (
        (lambda: ReferenceStates.fit(known[:2]), "states: expected at least three rows"),
        (lambda: ReferenceStates.fit(known * np.nan), "states: expected at least three rows"),
        (lambda: ReferenceStates.fit(known, "kde"), "method: expected one of"),
        (lambda: ReferenceStates.fit(known, "robust", components=0), "components: expected a whole number >= 1"),
        (lambda: ReferenceStates.fit(known, "robust", gamma=0.0), "gamma: expected a finite number > 0"),
        (lambda: ReferenceStates({"mean": [0.0]}), "weights: expected at least"),
        (lambda: ReferenceStates({"mean": [np.nan], "precision": [[1.0]]}), r"weights\['mean'\]: expected finite"),
    ):
        with pytest.raises(InvalidParameter, match=message):
            call()
