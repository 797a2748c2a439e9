"""The entropy of the cosine kernel: the Vendi score written out, its limits, and what it agrees with."""

import numpy as np
import pytest

from semuq import DiscreteSemanticEntropy, EmbeddingKernelEntropy, SampleSet
from semuq.testing import MeaningEmbedder, SameMeaning, make_samples
from tests.estimators.cases import ROUNDED, cases
from tests.oracles import vendi as oracle


def samples_of(vectors):
    return SampleSet(prompt="?", texts=[str(i) for i in range(len(vectors))], embeddings=vectors)


def test_equals_the_oracle():
    for samples, _, _ in cases(150, seed=90):
        wanted = np.log(oracle.vendi(samples.embeddings.tolist()))
        assert EmbeddingKernelEntropy().score(samples) == pytest.approx(wanted, **ROUNDED)


@pytest.mark.parametrize("n", [1, 2, 10, 64])
def test_limits(n):
    assert EmbeddingKernelEntropy().score(samples_of(np.eye(n) * 3)) == pytest.approx(np.log(n), **ROUNDED)
    assert EmbeddingKernelEntropy().score(samples_of(np.ones((n, 3)))) == pytest.approx(0, **ROUNDED)
    assert EmbeddingKernelEntropy().score(samples_of(np.zeros((n, 3)))) == pytest.approx(np.log(n), **ROUNDED)


def test_orthogonal_meanings_give_the_entropy_of_their_counts():
    rng = np.random.default_rng(0)
    for _ in range(30):
        samples = make_samples(rng.integers(0, 5, size=9).tolist(), rng)
        wanted = DiscreteSemanticEntropy().score(samples, SameMeaning())
        assert EmbeddingKernelEntropy().score(samples, embedder=MeaningEmbedder()) == pytest.approx(wanted, **ROUNDED)
