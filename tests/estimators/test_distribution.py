"""Token entropy, self-certainty and elicited confidence against the oracle."""

import numpy as np
import pytest

from semuq import SampleSet
from semuq.errors import InvalidParameter, MissingEvidence
from semuq.estimators.distribution import SelfCertainty, TokenEntropy
from semuq.estimators.elicited import PTrue, StatedConfidence
from tests.estimators.cases import cases
from tests.oracles import likelihood as oracle


@pytest.mark.parametrize("pool", ["mean", "max"])
def test_token_entropy_equals_the_oracle(pool):
    for samples, _, _ in cases(100, seed=3):
        expected = oracle.pooled([own.tolist() for own in samples.token_entropies], pool)
        assert TokenEntropy(tokens=pool).score(samples) == pytest.approx(expected, rel=1e-9)


def test_self_certainty_equals_the_oracle():
    for samples, _, _ in cases(100, seed=4):
        expected = -oracle.pooled([own.tolist() for own in samples.token_certainties], "mean")
        assert SelfCertainty().score(samples) == pytest.approx(expected, rel=1e-9)


def test_from_distributions_by_hand():
    peaked, flat = [0.97, 0.01, 0.01, 0.01], [0.25] * 4
    samples = SampleSet(
        prompt="q",
        texts=("sure", "blind"),
        token_entropies=([oracle.entropy(peaked)], [oracle.entropy(flat)]),
        token_certainties=([oracle.kl_from_uniform(peaked)], [oracle.kl_from_uniform(flat)]),
    )
    sure, blind = SelfCertainty().score_answers(samples)
    assert blind == 0
    assert sure < -1
    assert TokenEntropy().score_answers(samples)[1] == pytest.approx(np.log(4))


def test_elicited_confidence_is_one_minus_the_mean():
    for samples, _, _ in cases(100, seed=5):
        assert PTrue().score(samples) == pytest.approx(1 - sum(samples.p_true) / len(samples))
        stated = sum(samples.stated_confidences) / len(samples)
        assert StatedConfidence().score(samples) == pytest.approx(1 - stated)
        assert PTrue().score_answers(samples) == pytest.approx([1 - own for own in samples.p_true])


def test_refusals():
    bare = SampleSet(prompt="q", texts=("a",))
    for estimator in (TokenEntropy(), SelfCertainty(), PTrue(), StatedConfidence()):
        with pytest.raises(MissingEvidence, match=f"{type(estimator).__name__} needs"):
            estimator.score(bare)
    with pytest.raises(InvalidParameter, match=r"TokenEntropy\.tokens: expected one of"):
        TokenEntropy(tokens="median")
