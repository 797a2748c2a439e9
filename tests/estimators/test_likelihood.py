"""Likelihood estimators against the literal oracle, at their limits, and on 10,000-token answers."""

import math

import numpy as np
import pytest

from semuq import SampleSet
from semuq.errors import InvalidParameter, MissingEvidence
from semuq.estimators.likelihood import LowProbabilityTokens, PredictiveEntropy, SequenceLogProbability
from tests.estimators.cases import ROUNDED, cases
from tests.oracles import likelihood as oracle


@pytest.mark.parametrize("normalised", [False, True])
def test_equals_the_oracle(normalised):
    for samples, _, _ in cases(100, seed=1):
        logprobs = [own.tolist() for own in samples.token_logprobs]
        entropy = PredictiveEntropy(length_normalised=normalised).score(samples)
        best = SequenceLogProbability(length_normalised=normalised)
        assert entropy == pytest.approx(oracle.predictive_entropy(logprobs, normalised), **ROUNDED)
        assert best.score(samples) == pytest.approx(oracle.best_negative(logprobs, normalised), **ROUNDED)
        each = [-oracle.sequence(own, normalised) for own in logprobs]
        assert best.score_answers(samples) == pytest.approx(each, **ROUNDED)


@pytest.mark.parametrize("per_cent", [1, 20, 50, 100])
def test_low_probability_tokens_equal_the_oracle(per_cent):
    for samples, _, _ in cases(100, seed=2):
        expected = oracle.low_probability([own.tolist() for own in samples.token_logprobs], per_cent)
        assert LowProbabilityTokens(fraction=per_cent / 100).score(samples) == pytest.approx(expected, **ROUNDED)


@pytest.mark.parametrize("length", range(1, 41))
def test_a_fifth_of_the_tokens_is_rounded_up_exactly(length):
    logprobs = -np.arange(1.0, length + 1)
    kept = math.ceil(length / 5)
    expected = 1 - np.exp(np.sort(logprobs)[:kept].mean())
    samples = SampleSet(prompt="q", texts=("a",), token_logprobs=(logprobs,))
    assert LowProbabilityTokens().score(samples) == pytest.approx(expected, **ROUNDED)


@pytest.mark.parametrize("estimator", [SequenceLogProbability(), PredictiveEntropy(), LowProbabilityTokens()])
def test_certain_tokens_give_zero_without_a_sign(estimator):
    score = estimator.score(SampleSet(prompt="q", texts=("a", ""), token_logprobs=([0.0, 0.0], [])))
    assert score == 0
    assert math.copysign(1, score) == 1


def test_long_and_improbable_answers_stay_finite():
    samples = SampleSet(prompt="q", texts=("long",) * 256, token_logprobs=[np.full(10_000, -1e4)] * 256)
    assert PredictiveEntropy().score(samples) == pytest.approx(1e8)
    assert SequenceLogProbability(length_normalised=True).score(samples) == pytest.approx(1e4)
    assert LowProbabilityTokens().score(samples) == 1.0


def test_missing_logprobs_are_refused():
    with pytest.raises(MissingEvidence, match="PredictiveEntropy needs token_logprobs, got None"):
        PredictiveEntropy().score(SampleSet(prompt="q", texts=("a",)))


@pytest.mark.parametrize("fraction", [0, -0.1, 1.1, math.nan, True])
def test_fraction_is_checked(fraction):
    with pytest.raises(InvalidParameter, match=r"LowProbabilityTokens\.fraction: expected a number in"):
        LowProbabilityTokens(fraction=fraction)
