"""Stable explanations against the literal oracle, and at their limits."""

import math

import pytest

from semuq import SampleSet
from semuq.errors import InvalidParameter
from semuq.estimators.explanation import StableExplanations, StableExplanationsEntropy
from tests.estimators.cases import ROUNDED, cases
from tests.oracles import explanation as oracle


def test_equals_the_oracle():
    for samples, _, _ in cases(100, seed=90):
        probabilities = samples.answer_probabilities.tolist()
        expected = oracle.posterior(probabilities, samples.explanation_entailment.tolist())
        assert StableExplanations().score(samples) == pytest.approx(1 - max(expected), **ROUNDED)
        entropy = -sum(p * math.log(p) for p in expected if p > 0)
        assert StableExplanationsEntropy().score(samples) == pytest.approx(entropy, **ROUNDED)
        uniform = oracle.posterior(probabilities, [1.0] * len(samples))
        assert StableExplanations(weights="uniform").score(samples) == pytest.approx(1 - max(uniform), **ROUNDED)


def test_certain_answers_and_uniform_weights_are_self_consistency():
    samples = SampleSet(
        prompt="q",
        texts=("a", "b", "c", "d"),
        answer_probabilities=[[1, 0], [1, 0], [1, 0], [0, 1]],
        explanation_entailment=[0.0] * 4,
    )
    assert StableExplanations().score(samples) == StableExplanations(weights="uniform").score(samples) == 0.25


def test_options_are_checked():
    for kind in (StableExplanations, StableExplanationsEntropy):
        with pytest.raises(InvalidParameter, match=r"weights: expected one of"):
            kind(weights="likelihood")
