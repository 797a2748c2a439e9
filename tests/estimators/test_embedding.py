"""Semantic embedding uncertainty: the plain double loop, bounds that are reached, degenerate vectors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from semuq import InvalidParameter, MissingEvidence, SampleSet, SemanticEmbeddingUncertainty
from semuq.testing import MeaningEmbedder
from tests.estimators.cases import ROUNDED


def double_loop(vectors):
    """Grewal et al.: one minus the mean cosine over unordered pairs, as written."""
    n, total = len(vectors), 0.0
    for i in range(n):
        for j in range(i + 1, n):
            norms = np.linalg.norm(vectors[i]) * np.linalg.norm(vectors[j])
            total += float(vectors[i] @ vectors[j] / norms) if norms > 0 else 0.0
    return 1 - 2 / (n * (n - 1)) * total


def samples_of(vectors):
    return SampleSet(prompt="?", texts=[str(i) for i in range(len(vectors))], embeddings=vectors)


@given(n=st.integers(2, 12), d=st.integers(1, 6), seed=st.integers(0, 99))
def test_it_equals_the_double_loop(n, d, seed):
    vectors = np.random.default_rng(seed).normal(size=(n, d)) * 10.0 ** np.random.default_rng(seed).integers(-3, 3)
    score = SemanticEmbeddingUncertainty().score(samples_of(vectors))
    assert score == pytest.approx(double_loop(vectors), **ROUNDED)


@pytest.mark.parametrize("n", [2, 3, 8])
def test_the_bounds_are_reached(n):
    simplex = np.eye(n) - 1 / n  # n vectors as far apart as can be
    assert SemanticEmbeddingUncertainty().score(samples_of(simplex)) == pytest.approx(n / (n - 1))
    assert SemanticEmbeddingUncertainty().score(samples_of(np.ones((n, 3)))) == pytest.approx(0, **ROUNDED)


def test_degenerate_cases():
    assert SemanticEmbeddingUncertainty().score(samples_of([[1.0, 2.0]])) == 0.0
    assert SemanticEmbeddingUncertainty().score(samples_of([[0.0, 0.0], [1.0, 0.0]])) == 1.0


def test_each_distinct_text_is_embedded_once_and_the_question_on_request():
    seen = []

    class Spy(MeaningEmbedder):
        def embed(self, texts):
            seen.append(list(texts))
            return super().embed(texts)

    batch = [SampleSet(prompt="q", texts=("m0 x", "m1 x", "m0 x")), SampleSet(prompt="r", texts=("m1 x",))]
    SemanticEmbeddingUncertainty().score(batch, embedder=Spy())
    SemanticEmbeddingUncertainty(with_question=True).score(batch, embedder=Spy())
    assert seen == [["m0 x", "m1 x"], ["q m0 x", "q m1 x", "r m1 x"]]


def test_missing_and_broken_embeddings_are_refused():
    samples = SampleSet(prompt="?", texts=("a", "b"))
    with pytest.raises(
        MissingEvidence, match="SemanticEmbeddingUncertainty needs embeddings, got None; pass embedder="
    ):
        SemanticEmbeddingUncertainty().score(samples)
    with pytest.raises(InvalidParameter, match=r"embedder: expected an object with .embed\(texts\)"):
        SemanticEmbeddingUncertainty().score(samples, embedder="all-MiniLM")

    class Broken:
        def embed(self, texts):
            return np.full((len(texts), 2), np.nan)

    with pytest.raises(InvalidParameter, match=r"expected finite vectors \(2, d\)"):
        SemanticEmbeddingUncertainty().score(samples, embedder=Broken())
