"""Consistency estimators against loops over pairs, and at their limits."""

import numpy as np
import pytest

from semuq import SampleSet
from semuq.errors import InvalidParameter
from semuq.estimators.consistency import CoCoA, CoCoATokenEntropy, LongTextUncertainty, PairwiseDissimilarity
from tests.estimators.cases import ROUNDED, Fixed, alike, cases, different
from tests.oracles import consistency as oracle


def test_equals_the_oracle():
    for samples, relation, scores in cases(100, seed=40):
        e, c = scores.entailment.tolist(), scores.contradiction.tolist()
        pairwise, luq = PairwiseDissimilarity(), LongTextUncertainty()
        assert pairwise.score(samples, relation) == pytest.approx(oracle.lexical(e), **ROUNDED)
        assert pairwise.score_answers(samples, relation) == pytest.approx(oracle.dissimilarity_rows(e), **ROUNDED)
        assert luq.score(samples, relation) == pytest.approx(oracle.luq(e, c), **ROUNDED)
        checked = [oracle.selfcheck(i, e, c) for i in range(len(samples))]
        assert luq.score_answers(samples, relation) == pytest.approx(checked, **ROUNDED)


@pytest.mark.parametrize("normalised", [False, True])
def test_cocoa_equals_the_oracle(normalised):
    for samples, relation, scores in cases(100, seed=41):
        e = scores.entailment.tolist()
        logliks = [float(own.sum()) / (len(own) if normalised and len(own) else 1) for own in samples.token_logprobs]
        each = oracle.cocoa(logliks, e)
        cocoa = CoCoA(length_normalised=normalised)
        assert cocoa.score_answers(samples, relation) == pytest.approx(each, **ROUNDED)
        assert cocoa.score(samples, relation) == pytest.approx(oracle.cocoa_likeliest(logliks, e), **ROUNDED)
        mean = CoCoA(answer="mean", length_normalised=normalised).score(samples, relation)
        assert mean == pytest.approx(sum(each) / len(each), **ROUNDED)


def test_cocoa_of_token_entropies_equals_the_oracle():
    for samples, relation, scores in cases(100, seed=42):
        e = scores.entailment.tolist()
        # The oracle multiplies by minus the log-likelihood: an entropy takes its place with the sign turned.
        negative = [-float(own.mean()) if len(own) else 0.0 for own in samples.token_entropies]
        each = oracle.cocoa(negative, e)
        estimator = CoCoATokenEntropy()
        assert estimator.score_answers(samples, relation) == pytest.approx(each, **ROUNDED)
        assert estimator.score(samples, relation) == pytest.approx(oracle.cocoa_likeliest(negative, e), **ROUNDED)
        mean = CoCoATokenEntropy(answer="mean").score(samples, relation)
        assert mean == pytest.approx(sum(each) / len(each), **ROUNDED)
    with pytest.raises(InvalidParameter, match=r"CoCoATokenEntropy\.answer: expected one of"):
        CoCoATokenEntropy(answer="likeliest")


@pytest.mark.parametrize("n", [1, 2, 10, 256])
def test_limits_reach_the_bounds(n):
    samples = SampleSet(prompt="q", texts=("a",) * n, token_logprobs=[[-2.0]] * n)
    for estimator in (PairwiseDissimilarity(), LongTextUncertainty()):
        assert estimator.score(samples, Fixed(alike(n))) == 0
        assert estimator.score(samples, Fixed(different(n))) == pytest.approx(estimator.bounds(n)[1])
    assert CoCoA().score(samples, Fixed(alike(n))) == 0
    assert CoCoA().score(samples, Fixed(different(n))) == pytest.approx(2.0 if n > 1 else 0.0)
    assert CoCoA().bounds(n) == CoCoATokenEntropy().bounds(n) == (0.0, np.inf if n > 1 else 0.0)


def test_options_are_checked():
    with pytest.raises(InvalidParameter, match=r"CoCoA\.answer: expected one of"):
        CoCoA(answer="greedy")
