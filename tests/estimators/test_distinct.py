"""Entropies over distinct strings: the literal oracle, limits, and what they agree with."""

import numpy as np
import pytest

from semuq import DiscreteSemanticEntropy, InvalidParameter, JointPredictiveEntropy, LexicalEntropy, SampleSet
from tests.estimators.cases import ROUNDED, Fixed, cases, different
from tests.oracles import distinct as oracle


@pytest.mark.parametrize("form", ["importance", "shannon"])
@pytest.mark.parametrize(("normalised", "temperature"), [(False, 1.0), (True, 0.5)])
def test_equals_the_oracle(form, normalised, temperature):
    estimator = JointPredictiveEntropy(form=form, length_normalised=normalised, temperature=temperature)
    for samples, _, _ in cases(200, seed=70):
        assert LexicalEntropy().score(samples) == pytest.approx(oracle.lexical(samples.texts), **ROUNDED)
        logliks = [float(own.mean() if normalised and len(own) else own.sum()) for own in samples.token_logprobs]
        wanted = oracle.joint(samples.texts, logliks, temperature, form)
        assert estimator.score(samples) == pytest.approx(wanted, **ROUNDED)


def test_many_questions_at_once_equal_one_at_a_time():
    batch = [samples for samples, _, _ in cases(40, seed=71, n=6)]
    for estimator in (LexicalEntropy(), JointPredictiveEntropy()):
        assert estimator.score(batch) == pytest.approx([estimator.score(own) for own in batch], **ROUNDED)


@pytest.mark.parametrize("n", [1, 2, 10, 256])
def test_limits(n):
    distinct = SampleSet(prompt="q", texts=[str(i) for i in range(n)], token_logprobs=[[-1e4]] * n)
    assert LexicalEntropy().score(distinct) == pytest.approx(np.log(n)) == LexicalEntropy().bounds(n)[1]
    assert LexicalEntropy().score(distinct) == pytest.approx(
        DiscreteSemanticEntropy().score(distinct, Fixed(different(n)))
    )
    assert JointPredictiveEntropy(form="shannon").score(distinct) == pytest.approx(np.log(n))
    assert JointPredictiveEntropy().score(distinct) == pytest.approx(1e4)
    alike = SampleSet(prompt="q", texts=["a"] * n, token_logprobs=[[0.0]] * n)
    for estimator in (LexicalEntropy(), JointPredictiveEntropy(), JointPredictiveEntropy(form="shannon")):
        assert estimator.score(alike) == 0


def test_options_are_checked():
    with pytest.raises(InvalidParameter, match=r"JointPredictiveEntropy\.form: expected one of"):
        JointPredictiveEntropy(form="monte-carlo")
    with pytest.raises(InvalidParameter, match=r"JointPredictiveEntropy\.temperature: expected a finite number > 0"):
        JointPredictiveEntropy(temperature=0)
