"""Every estimator on numbers that break careless code: few and many answers, impossible and certain tokens, long ones.

Warnings are errors in this suite, so a division by zero or an overflow fails here even where the score comes out.
"""

import dataclasses

import numpy as np
import pytest

from semuq import SampleSet
from semuq.estimators import ESTIMATORS
from semuq.testing import MeaningEmbedder, SameMeaning, make_samples

INSTANCES = [instance for kind in ESTIMATORS for instance in kind.examples()]


@pytest.fixture(scope="module", params=[1, 2, 3, 256])
def many(request):
    """n answers in about n / 2 meanings, with all evidence at its ends."""
    n = request.param
    rng = np.random.default_rng(n)
    # At 256 answers, where a score costs most: certain and impossible answers mixed, and all else at its ends.
    cases = list(extremes(make_samples(rng.integers(0, max(1, n // 2), size=n).tolist(), rng)))
    return cases[2:4] if n > 64 else cases


def with_logprobs(samples, value):
    lengths = [len(own) for own in samples.token_logprobs]
    return dataclasses.replace(samples, token_logprobs=tuple(np.full(length, value) for length in lengths))


def extremes(samples):
    """The same answers: certain, impossible, both at once, and with all other numbers at their ends."""
    certain, impossible = with_logprobs(samples, 0.0), with_logprobs(samples, -1e4)
    mixed = tuple((certain, impossible)[index % 2].token_logprobs[index] for index in range(len(samples)))
    n, lengths = len(samples), [len(own) for own in samples.token_logprobs]
    zeros = tuple(np.zeros(length) for length in lengths)
    yield certain
    yield impossible
    yield dataclasses.replace(samples, token_logprobs=mixed)
    yield dataclasses.replace(
        samples,
        token_entropies=zeros,
        token_certainties=zeros,
        token_relevance=zeros,
        embeddings=np.zeros((n, 4)),
        hidden_states=np.zeros((n, 8)),
        token_states=tuple(np.zeros((length, 8)) for length in lengths),
        p_true=np.zeros(n),
        stated_confidences=np.ones(n),
        answer_probabilities=np.eye(4)[np.arange(n) % 4],
        explanation_entailment=np.zeros(n),
    )
    yield dataclasses.replace(
        samples,
        embeddings=np.full((n, 4), 1e150),
        hidden_states=np.full((n, 8), 1e100),
        token_states=tuple(np.full((length, 8), 1e100) for length in lengths),
    )


@pytest.mark.parametrize("estimator", INSTANCES, ids=repr)
def test_scores_stay_finite_and_in_bounds(estimator, many):
    n = len(many[0])
    if n < estimator.min_samples:
        return
    low, high = estimator.bounds(n)
    for samples in many:
        score = estimator.score(samples, SameMeaning(), embedder=MeaningEmbedder())
        assert np.isfinite(score)
        assert low <= score <= high


@pytest.fixture(scope="module")
def long():
    """Two answers of 10,000 tokens, one of them improbable throughout, and one without a token."""
    rng = np.random.default_rng(0)
    samples = make_samples([0, 1, 1], rng, tokens=10_000)
    empty = make_samples([2], rng, tokens=1)
    per_token = [name for name in samples.to_dict() if name.startswith("token_")]
    cut = {name: (*getattr(samples, name)[:2], getattr(empty, name)[0][:0]) for name in per_token}
    cut["token_logprobs"] = (np.full(10_000, -1e4), *cut["token_logprobs"][1:])
    return dataclasses.replace(samples, texts=(*samples.texts[:2], ""), claims=(*samples.claims[:2], ()), **cut)


@pytest.mark.parametrize("estimator", INSTANCES, ids=repr)
def test_long_answers_and_empty_ones(estimator, long):
    low, high = estimator.bounds(len(long))
    score = estimator.score(long, SameMeaning(), embedder=MeaningEmbedder())
    assert np.isfinite(score)
    assert low <= score <= high


def test_the_cases_are_what_they_say(long):
    assert isinstance(long, SampleSet)
    assert [len(own) for own in long.token_logprobs] == [10_000, 10_000, 0]
