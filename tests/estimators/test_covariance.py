"""EigenScore and semantic volume against 40-digit determinants, the released code's variant, and their limits."""

import numpy as np
import pytest

from semuq import SampleSet
from semuq.errors import InvalidParameter
from semuq.estimators.embedding import EigenScore, SemanticVolume, eigenscore
from semuq.estimators.states import HiddenEigenScore
from tests.estimators.cases import ROUNDED, random_samples
from tests.oracles import covariance as oracle


def test_equals_the_oracle():
    rng = np.random.default_rng(30)
    for _ in range(60):
        samples = random_samples(rng, int(rng.integers(1, 9)))
        vectors, hidden = samples.embeddings.tolist(), samples.hidden_states.tolist()
        assert EigenScore().score(samples) == pytest.approx(oracle.eigenscore(vectors, 0.001), rel=1e-8, abs=1e-8)
        assert HiddenEigenScore(alpha=0.1).score(samples) == pytest.approx(oracle.eigenscore(hidden, 0.1), rel=1e-8)
        expected = oracle.semantic_volume(vectors, 1e-3)
        assert SemanticVolume(epsilon=1e-3).score(samples) == pytest.approx(expected, rel=1e-8, abs=1e-8)


def test_the_released_eigenscore_is_this_with_another_alpha():
    vectors = np.random.default_rng(31).normal(size=(6, 20))
    released = np.log10(np.linalg.svd(np.cov(vectors) + 1e-3 * np.eye(6), compute_uv=False)).mean()
    assert (eigenscore(vectors, 1e-3 * 19) - np.log(19)) / np.log(10) == pytest.approx(released)


@pytest.mark.parametrize("n", [1, 2, 5, 32, 256])
def test_limits(n):
    texts = ("a",) * n
    alike = SampleSet(prompt="q", texts=texts, embeddings=np.ones((n, 300)))
    apart = SampleSet(prompt="q", texts=texts, embeddings=3 * np.eye(n, 300))
    nothing = SampleSet(prompt="q", texts=texts, embeddings=np.zeros((n, 300)))
    for estimator in (SemanticVolume(), SemanticVolume(epsilon=0.01)):
        low, high = estimator.bounds(n)
        assert estimator.score(alike) == pytest.approx(low, **ROUNDED)
        assert estimator.score(apart) == estimator.score(nothing) == pytest.approx(high, **ROUNDED)
    assert EigenScore().score(nothing) == pytest.approx(np.log(0.001)) == EigenScore().bounds(n)[0]


def test_options_are_checked():
    with pytest.raises(InvalidParameter, match=r"EigenScore\.alpha: expected a finite number > 0, got 0"):
        EigenScore(alpha=0)
    with pytest.raises(InvalidParameter, match=r"SemanticVolume\.epsilon"):
        SemanticVolume(epsilon=-1)
