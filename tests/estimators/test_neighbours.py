"""SNNE and its weighted form against the literal oracle, at their limits, and as semantic entropy by its theorem."""

import numpy as np
import pytest

from semuq import SNNE, ExactMatch, InvalidParameter, SampleSet, SemanticEntropy, WeightedSNNE
from semuq.estimators.neighbours import loneliness
from semuq.relations.base import affinity
from semuq.testing import SameMeaning, make_samples
from tests.estimators.cases import ROUNDED, Fixed, alike, cases, different
from tests.oracles import neighbours as oracle


@pytest.mark.parametrize("t", [0.1, 1.0, 10.0])
def test_equal_the_oracle(t):
    for samples, relation, scores in cases(60, seed=1):
        f = affinity(scores).tolist()
        loglik = [own.mean() if len(own) else 0.0 for own in samples.token_logprobs]
        assert SNNE(t=t).score(samples, relation) == pytest.approx(oracle.snne(f, t), **ROUNDED)
        assert WeightedSNNE(t=t).score(samples, relation) == pytest.approx(oracle.wsnne(f, loglik, t), **ROUNDED)
        assert SNNE(t=t).score_answers(samples, relation).mean() == pytest.approx(oracle.snne(f, t), **ROUNDED)


@pytest.mark.parametrize("n", [1, 2, 9])
@pytest.mark.parametrize("kind", [SNNE, WeightedSNNE])
def test_both_ends_of_the_bounds_are_reached(kind, n):
    samples = make_samples(range(n), np.random.default_rng(n))
    low, high = kind().bounds(n)
    assert kind().score(samples, Fixed(alike(n))) == pytest.approx(low, **ROUNDED)
    assert kind().score(samples, Fixed(different(n))) == pytest.approx(high, **ROUNDED)


def test_with_the_theorems_similarity_it_is_semantic_entropy():
    rng = np.random.default_rng(0)
    for _ in range(20):
        samples = make_samples(rng.integers(0, 4, size=7).tolist(), rng)
        clusters = [text.split()[0] for text in samples.texts]
        masses = [float(np.exp(own.mean())) for own in samples.token_logprobs]
        wanted = SemanticEntropy().score(samples, SameMeaning())
        assert oracle.wsnne_of_theorem(masses, clusters) == pytest.approx(wanted, **ROUNDED)


def test_it_sees_how_tight_clusters_are_where_clusters_do_not():
    tight = np.array([[1.0, 0.9, 0.0], [0.9, 1.0, 0.0], [0.0, 0.0, 1.0]])
    loose = np.array([[1.0, 0.6, 0.3], [0.6, 1.0, 0.3], [0.3, 0.3, 1.0]])
    assert loneliness(tight, 0.1).mean() < loneliness(loose, 0.1).mean()


def test_the_temperature_is_checked():
    with pytest.raises(InvalidParameter, match=r"SNNE\.t: expected a finite number > 0, got 0"):
        SNNE(t=0)
    assert np.isfinite(SNNE(t=1e-3).score(SampleSet(prompt="?", texts=("a", "b")), ExactMatch()))
