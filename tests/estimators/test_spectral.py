"""Spectral estimators against the literal oracle, at their limits, and per answer."""

import numpy as np
import pytest

from semuq import SampleSet
from semuq.errors import InvalidParameter
from semuq.estimators.clusters import NumSemanticSets
from semuq.estimators.spectral import Degree, Eccentricity, EigenvalueSum, SpectralGap
from semuq.metrics import auroc
from semuq.testing import SameMeaning, make_samples
from tests.estimators.cases import ROUNDED, Fixed, alike, cases, different
from tests.oracles import spectral as oracle


def near_threshold(w, threshold):
    values, _ = oracle.spectrum(w)
    return np.abs(values - threshold).min() < 1e-9


@pytest.mark.parametrize("kind", ["entailment", "no-contradiction"])
def test_equals_the_oracle(kind):
    for samples, relation, scores in cases(100, seed=10):
        w = oracle.weights(scores.entailment.tolist(), scores.contradiction.tolist(), kind)
        degree, eccentricity = Degree(affinity=kind), Eccentricity(affinity=kind)
        assert degree.score(samples, relation) == pytest.approx(oracle.u_degree(w), **ROUNDED)
        assert 1 - degree.score_answers(samples, relation) == pytest.approx(oracle.c_degree(w), **ROUNDED)
        assert EigenvalueSum(affinity=kind).score(samples, relation) == pytest.approx(
            oracle.u_eigenvalues(w), **ROUNDED
        )
        assert SpectralGap(affinity=kind).score(samples, relation) == pytest.approx(oracle.spectral_gap(w), **ROUNDED)
        if not near_threshold(w, 0.9):
            assert eccentricity.score(samples, relation) == pytest.approx(oracle.u_eccentricity(w, 0.9), abs=1e-7)
            each = oracle.eccentricities(w, 0.9)
            assert eccentricity.score_answers(samples, relation) == pytest.approx(each, abs=1e-7)


@pytest.mark.parametrize("form", ["symmetric", "random-walk", "unnormalised"])
def test_every_laplacian_equals_the_oracle(form):
    for samples, relation, scores in cases(150, seed=13):
        w = oracle.weights(scores.entailment.tolist(), scores.contradiction.tolist(), "entailment")
        total, shares, eccentricity, gap = oracle.variant(w, form, 0.9)
        counted = EigenvalueSum(laplacian=form)
        assert counted.score(samples, relation) == pytest.approx(total, abs=1e-8)
        each = counted.score_answers(samples, relation)
        assert each == pytest.approx(shares, abs=1e-7)
        assert each.sum() == pytest.approx(counted.score(samples, relation))
        assert SpectralGap(laplacian=form).score(samples, relation) == pytest.approx(gap, abs=1e-8)
        if np.abs(oracle.eigenpairs(w, form)[0] - 0.9).min() > 1e-9:
            found = Eccentricity(laplacian=form).score(samples, relation)
            assert found == pytest.approx(eccentricity, abs=1e-7)


@pytest.mark.parametrize("form", ["random-walk", "unnormalised"])
@pytest.mark.parametrize("n", [1, 2, 10, 64])
def test_limits_of_other_laplacians(form, n):
    samples = SampleSet(prompt="q", texts=("a",) * n)
    for estimator in (EigenvalueSum(laplacian=form), Eccentricity(laplacian=form), SpectralGap(laplacian=form)):
        low, high = estimator.bounds(n)
        assert estimator.score(samples, Fixed(alike(n))) == pytest.approx(low, **ROUNDED)
        assert estimator.score(samples, Fixed(different(n))) == pytest.approx(high, **ROUNDED)


@pytest.mark.parametrize("n", [1, 2, 3, 10, 64, 256])
def test_limits_reach_the_bounds(n):
    samples = SampleSet(prompt="q", texts=("a",) * n)
    for estimator in (Degree(), EigenvalueSum(), Eccentricity(), SpectralGap()):
        low, high = estimator.bounds(n)
        assert estimator.score(samples, Fixed(alike(n))) == pytest.approx(low, **ROUNDED)
        assert estimator.score(samples, Fixed(different(n))) == pytest.approx(high, **ROUNDED)


def test_an_equivalence_counts_its_clusters():
    for samples, relation, scores in cases(100, seed=11, kind="equivalence"):
        clusters = len(np.unique(scores.entailment, axis=0))
        assert EigenvalueSum().score(samples, relation) == clusters
        assert Eccentricity().score(samples, relation) == pytest.approx(np.sqrt(clusters - 1), **ROUNDED)
        assert SpectralGap().score(samples, relation) == float(clusters > 1)


def test_questions_with_as_many_clusters_are_ties_and_no_metric_tells_them_apart():
    rng = np.random.default_rng(0)
    batch = [make_samples(rng.integers(0, rng.integers(1, 20), size=20).tolist(), rng) for _ in range(300)]
    counted = NumSemanticSets().score(batch, SameMeaning())
    wrong = rng.random(len(batch)) < counted / 20
    assert EigenvalueSum().score(batch, SameMeaning()).tolist() == counted.tolist()
    eccentric = Eccentricity().score(batch, SameMeaning())
    assert len(set(eccentric.tolist())) == len(set(counted.tolist()))
    assert auroc(eccentric, ~wrong) == auroc(counted, ~wrong)


def test_answers_are_scored_with_their_question():
    batch = [samples for samples, _, _ in cases(5, seed=12)]
    from semuq import ExactMatch

    each = Degree().score_answers(batch, ExactMatch())
    assert [len(own) for own in each] == [len(samples) for samples in batch]
    for samples, own in zip(batch, each, strict=True):
        assert own.mean() == pytest.approx(Degree().score(samples, ExactMatch()))
        order = np.random.default_rng(0).permutation(len(samples)).tolist()
        assert Degree().score_answers(samples.take(order), ExactMatch()) == pytest.approx(own[order])
        moved = Eccentricity().score_answers(samples.take(order), ExactMatch())
        assert moved == pytest.approx(Eccentricity().score_answers(samples, ExactMatch())[order], abs=1e-7)


def test_options_are_checked():
    with pytest.raises(InvalidParameter, match=r"Degree\.affinity: expected one of"):
        Degree(affinity="entail")
    for kind in (EigenvalueSum, Eccentricity, SpectralGap):
        with pytest.raises(InvalidParameter, match=rf"{kind.__name__}\.laplacian: expected one of"):
            kind(laplacian="normalised")
    with pytest.raises(InvalidParameter, match=r"Eccentricity\.threshold: expected a finite number > 0, got 0"):
        Eccentricity(threshold=0)
