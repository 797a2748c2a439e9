"""Consistency with stated confidence: the literal oracle, its halves, and ties between clusters."""

import numpy as np
import pytest

from semuq import ConsistencyAndStatedConfidence, ExactMatch, MajorityUncertainty, SampleSet, StatedConfidence
from semuq.testing import SameMeaning, make_samples
from tests.estimators.cases import ROUNDED
from tests.oracles import hybrid as oracle


@pytest.mark.parametrize("weight", [0.0, 0.5, 0.9])
def test_equals_the_oracle(weight):
    rng = np.random.default_rng(0)
    for _ in range(60):
        samples = make_samples(rng.integers(0, 4, size=int(rng.integers(1, 9))).tolist(), rng)
        clusters = [text.split()[0] for text in samples.texts]
        wanted = 1 - oracle.scvc(clusters, samples.stated_confidences.tolist(), weight)
        found = ConsistencyAndStatedConfidence(weight=weight).score(samples, SameMeaning())
        assert found == pytest.approx(wanted, **ROUNDED)


def test_its_halves():
    rng = np.random.default_rng(1)
    samples = make_samples([0, 0, 0], rng)
    half = ConsistencyAndStatedConfidence(weight=0.0).score(samples, SameMeaning())
    assert half == pytest.approx(StatedConfidence().score(samples), **ROUNDED)
    torn = make_samples([0, 1, 1, 2], rng)
    half = ConsistencyAndStatedConfidence(weight=1.0).score(torn, SameMeaning())
    assert half == MajorityUncertainty().score(torn, SameMeaning())


def test_two_answers_are_enough_to_tell_four_cases_apart():
    def score(texts, stated):
        samples = SampleSet(prompt="?", texts=texts, stated_confidences=stated)
        return ConsistencyAndStatedConfidence().score(samples, ExactMatch())

    agree, differ = ("a", "a"), ("a", "b")
    assert score(agree, [1.0, 1.0]) < score(agree, [0.4, 0.4]) < score(differ, [0.8, 0.8]) < score(differ, [0.2, 0.2])
