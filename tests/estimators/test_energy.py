"""Semantic energy against the literal oracle, and what agreement and large logits do to it."""

import numpy as np
import pytest

from semuq import ExactMatch, SampleSet, SemanticEnergy
from semuq.testing import SameMeaning, make_samples
from tests.estimators.cases import ROUNDED
from tests.oracles import energy as oracle


def test_equals_the_oracle():
    rng = np.random.default_rng(0)
    for _ in range(50):
        samples = make_samples(rng.integers(0, 4, size=int(rng.integers(1, 10))).tolist(), rng)
        clusters = [text.split()[0] for text in samples.texts]
        found = oracle.of_clusters([own.tolist() for own in samples.token_logits], clusters)
        each = [found[own] for own in clusters]
        assert SemanticEnergy().score_answers(samples, SameMeaning()) == pytest.approx(each, **ROUNDED)
        assert SemanticEnergy().score(samples, SameMeaning()) == pytest.approx(min(each), **ROUNDED)


def test_of_two_questions_answered_alike_the_one_with_larger_logits_is_surer():
    sure, unsure = (
        SampleSet(prompt="?", texts=("a", "a"), token_logits=(np.full(2, size), np.full(3, size)))
        for size in (25.0, 12.0)
    )
    assert SemanticEnergy().score([sure, unsure], ExactMatch()).tolist() == [-25.0, -12.0]


def test_an_answer_without_tokens_adds_nothing():
    samples = SampleSet(prompt="?", texts=("", "a"), token_logits=([], [8.0]))
    assert SemanticEnergy().score_answers(samples, ExactMatch()).tolist() == [0.0, -4.0]
