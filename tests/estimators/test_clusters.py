"""Cluster estimators against exact arithmetic, at their limits, and against each other."""

import math

import numpy as np
import pytest

from semuq import SampleSet
from semuq.errors import InvalidParameter
from semuq.estimators.clusters import (
    ClusterMargin,
    DiscreteRenyiEntropy,
    MajorityUncertainty,
    NumSemanticSets,
    SemanticRenyiEntropy,
)
from semuq.estimators.semantic import DiscreteSemanticEntropy, SemanticEntropy
from tests.estimators.cases import ROUNDED, Fixed, alike, cases, different
from tests.oracles import clusters as oracle

ORDERS = [0.0, 0.5, 1.0, 2.0, 7.0, "inf"]


def test_counts_equal_the_oracle():
    for samples, relation, scores in cases(100, seed=20):
        clusters = oracle.greedy(scores.equivalence().tolist())
        assert NumSemanticSets().score(samples, relation) == len(clusters)
        assert MajorityUncertainty().score(samples, relation) == pytest.approx(float(oracle.majority(clusters)))
        each = MajorityUncertainty().score_answers(samples, relation)
        sizes = {index: len(own) for own in clusters for index in own}
        assert each == pytest.approx([1 - sizes[index] / len(samples) for index in range(len(samples))])
        assert each.min() == pytest.approx(MajorityUncertainty().score(samples, relation), **ROUNDED)
        assert ClusterMargin().score(samples, relation) == pytest.approx(float(oracle.margin(clusters)))


@pytest.mark.parametrize("order", ORDERS)
def test_renyi_equals_the_oracle(order):
    for samples, relation, scores in cases(60, seed=21):
        clusters = oracle.greedy(scores.equivalence().tolist())
        expected = oracle.renyi(oracle.shares(clusters), order)
        assert DiscreteRenyiEntropy(order=order).score(samples, relation) == pytest.approx(expected, **ROUNDED)
        for normalised in (True, False):
            logliks = [
                sum(own) / (len(own) if normalised and len(own) else 1)
                for own in (array.tolist() for array in samples.token_logprobs)
            ]
            weighted = oracle.renyi(oracle.likelihood_shares(clusters, logliks), order)
            estimator = SemanticRenyiEntropy(order=order, length_normalised=normalised)
            assert estimator.score(samples, relation) == pytest.approx(weighted, abs=1e-7)


@pytest.mark.parametrize("n", [1, 2, 3, 10, 256])
def test_limits_reach_the_bounds(n):
    samples = SampleSet(prompt="q", texts=("a",) * n, token_logprobs=[[-1e4]] * n)
    renyi = [DiscreteRenyiEntropy(order=order) for order in ORDERS]
    weighted = [SemanticRenyiEntropy(order=order) for order in ORDERS]
    for estimator in (NumSemanticSets(), MajorityUncertainty(), ClusterMargin(), *renyi, *weighted):
        low, high = estimator.bounds(n)
        assert estimator.score(samples, Fixed(alike(n))) == pytest.approx(low, **ROUNDED)
        assert estimator.score(samples, Fixed(different(n))) == pytest.approx(high, **ROUNDED)


def test_order_one_is_shannon_and_orders_decrease():
    for samples, relation, _ in cases(100, seed=22):
        shannon = DiscreteSemanticEntropy().score(samples, relation)
        assert DiscreteRenyiEntropy(order=1.0).score(samples, relation) == pytest.approx(shannon)
        counted = SemanticEntropy(duplicates="count").score(samples, relation)
        assert SemanticRenyiEntropy(order=1.0).score(samples, relation) == pytest.approx(counted)
        line = [DiscreteRenyiEntropy(order=order).score(samples, relation) for order in ORDERS]
        assert np.all(np.diff(line) <= 1e-12)
        for near in (1 - 1e-10, 1 + 1e-7):
            assert DiscreteRenyiEntropy(order=near).score(samples, relation) == pytest.approx(shannon, abs=1e-6)


def test_options_are_checked():
    for order in (-1.0, math.nan, math.inf, True, "two"):
        with pytest.raises(InvalidParameter, match=r"DiscreteRenyiEntropy\.order: expected a finite number >= 0"):
            DiscreteRenyiEntropy(order=order)
    with pytest.raises(InvalidParameter, match=r"NumSemanticSets\.clustering: expected one of"):
        NumSemanticSets(clustering="best")
