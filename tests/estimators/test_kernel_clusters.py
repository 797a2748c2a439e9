"""KLE over clusters against the literal oracle and the theorem; sums and products of kernels."""

import numpy as np
import pytest

from semuq import (
    ClusterKernelEntropy,
    Heat,
    InvalidParameter,
    KernelLanguageEntropy,
    KernelProduct,
    KernelSum,
    Matern,
    SampleSet,
    SemanticEntropy,
)
from semuq.graphs import greedy, laplacian
from tests.estimators.cases import ROUNDED, Fixed, alike, cases, different
from tests.oracles import kernel_clusters as oracle


@pytest.mark.parametrize(("mixture", "alpha", "t"), [("convex", 0.5, 0.3), ("convex", 1.0, 0.7), ("product", 0.5, 0.3)])
def test_equals_the_oracle(mixture, alpha, t):
    estimator = ClusterKernelEntropy(mixture=mixture, alpha=alpha, kernel=Heat(t=t))
    for samples, relation, scores in cases(100, seed=60, kind="entailment"):
        clusters = greedy(scores.equivalence()).tolist()
        probabilities = [own.tolist() for own in (scores.entailment, scores.neutral, scores.contradiction)]
        logliks = [float(own.mean()) if len(own) else 0.0 for own in samples.token_logprobs]
        wanted = oracle.kle_c(probabilities, logliks, clusters, t, alpha, mixture)
        assert estimator.score(samples, relation) == pytest.approx(wanted, **ROUNDED)


def test_without_the_graph_it_is_semantic_entropy():
    for samples, relation, _ in cases(100, seed=61):
        wanted = SemanticEntropy(duplicates="count").score(samples, relation)
        assert ClusterKernelEntropy(alpha=0.0).score(samples, relation) == pytest.approx(wanted, **ROUNDED)
        assert ClusterKernelEntropy(mixture="product").score(samples, relation) <= wanted + 1e-9


@pytest.mark.parametrize("n", [1, 2, 10, 64])
@pytest.mark.parametrize("mixture", ["convex", "product"])
def test_limits(mixture, n):
    samples = SampleSet(prompt="q", texts=("a",) * n, token_logprobs=[[-1e4]] * n)
    estimator = ClusterKernelEntropy(mixture=mixture)
    assert estimator.score(samples, Fixed(alike(n))) == pytest.approx(0, **ROUNDED)
    assert estimator.score(samples, Fixed(different(n))) == pytest.approx(np.log(n), **ROUNDED)


def test_sums_and_products_of_kernels_are_kernels():
    rng = np.random.default_rng(0)
    heat, matern = Heat(t=0.4), Matern(kappa=2.0, nu=1.5)
    for _ in range(50):
        half = rng.random((6, 6))
        weights = (half + half.T) * (1 - np.eye(6))
        one, other = heat.matrix(laplacian(weights)), matern.matrix(laplacian(weights))
        product = KernelProduct(parts=(heat, matern)).matrix(laplacian(weights))
        np.testing.assert_allclose(product, one * other, rtol=1e-9)
        together = KernelSum(parts=(heat, matern), weights=(3.0, 1.0)).matrix(laplacian(weights))
        scaled = [own / np.sqrt(np.outer(np.diag(own), np.diag(own))) / 6 for own in (one, other)]
        np.testing.assert_allclose(together, 0.75 * scaled[0] + 0.25 * scaled[1], rtol=1e-9)
        assert np.linalg.eigvalsh(product).min() > -1e-12
        assert np.linalg.eigvalsh(together).min() > -1e-12


def test_one_kernel_alone_is_itself():
    for samples, relation, _ in cases(30, seed=62):
        wanted = KernelLanguageEntropy(kernel=Heat()).score(samples, relation)
        for kernel in (KernelSum(parts=(Heat(),)), KernelProduct(parts=(Heat(),))):
            assert KernelLanguageEntropy(kernel=kernel).score(samples, relation) == pytest.approx(wanted, **ROUNDED)


def test_refusals():
    for kind in (KernelSum, KernelProduct):
        with pytest.raises(InvalidParameter, match=rf"{kind.__name__}\.parts: expected a tuple of kernels"):
            kind(parts=())
        with pytest.raises(InvalidParameter, match=rf"{kind.__name__}\.parts: expected a tuple of kernels"):
            kind(parts=(Heat(), 0.3))
    with pytest.raises(InvalidParameter, match=r"KernelSum\.weights: expected 2 numbers"):
        KernelSum(parts=(Heat(), Heat()), weights=(1.0,))
    with pytest.raises(InvalidParameter, match=r"weights\[1\]: expected a finite number > 0"):
        KernelSum(parts=(Heat(), Heat()), weights=(1.0, 0.0))
    with pytest.raises(InvalidParameter, match=r"ClusterKernelEntropy\.mixture: expected one of"):
        ClusterKernelEntropy(mixture="sum")
    with pytest.raises(InvalidParameter, match=r"ClusterKernelEntropy\.kernel: expected Heat"):
        ClusterKernelEntropy(kernel="heat")
