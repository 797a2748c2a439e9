"""Semantic entropy against literal transcriptions, hand-worked values and the traps of other packages."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from semuq import DiscreteSemanticEntropy, ExactMatch, InvalidParameter, MissingEvidence, SampleSet, SemanticEntropy
from semuq.testing import SameMeaning, make_samples
from tests.estimators.cases import ROUNDED
from tests.oracles import semantic as oracle

cases = st.tuples(st.lists(st.integers(0, 5), min_size=1, max_size=12), st.integers(0, 2**32 - 1))


def build(case):
    meanings, seed = case
    same = [[a == b for b in meanings] for a in meanings]
    return make_samples(meanings, np.random.default_rng(seed)), same


@given(cases)
@pytest.mark.parametrize("length_normalised", [True, False])
def test_shannon_form_equals_the_transcription(length_normalised, case):
    samples, same = build(case)
    expected = oracle.semantic_entropy(same, samples.token_logprobs, length_normalised)
    score = SemanticEntropy(length_normalised=length_normalised).score(samples, SameMeaning())
    assert score == pytest.approx(expected, **ROUNDED)


@given(cases)
def test_monte_carlo_form_equals_the_transcription(case):
    samples, same = build(case)
    estimator = SemanticEntropy(form="monte-carlo-clusters", normalise=False, length_normalised=False)
    expected = oracle.semantic_entropy_monte_carlo(same, samples.token_logprobs)
    assert estimator.score(samples, SameMeaning()) == pytest.approx(expected, **ROUNDED)


@given(cases)
def test_discrete_form_equals_the_transcription(case):
    samples, same = build(case)
    expected = oracle.discrete_semantic_entropy(same)
    assert DiscreteSemanticEntropy().score(samples, SameMeaning()) == pytest.approx(expected, **ROUNDED)


def test_one_mass_of_two_thirds_is_637_and_not_693():
    samples = SampleSet(prompt="?", texts=("a", "a", "b"))
    assert DiscreteSemanticEntropy().score(samples, ExactMatch()) == pytest.approx(0.6365, abs=1e-4)


@pytest.mark.parametrize("duplicates", ["once", "count"])
@pytest.mark.parametrize("form", ["shannon", "monte-carlo-clusters", "monte-carlo-samples"])
def test_five_identical_answers_are_certain(form, duplicates):
    # Another package counts repeated answers k^2 times in the likelihood sum and gets -3.22 here.
    samples = SampleSet(prompt="?", texts=("a",) * 5, token_logprobs=[[-0.5, -0.2]] * 5)
    assert SemanticEntropy(form=form, duplicates=duplicates).score(samples, ExactMatch()) == 0.0


def test_repeated_answers_count_as_the_variant_says():
    samples = SampleSet(prompt="?", texts=("a", "a", "a", "b"), token_logprobs=[[-0.5]] * 4)
    assert SemanticEntropy().score(samples, ExactMatch()) == pytest.approx(np.log(2))
    counted = SemanticEntropy(duplicates="count").score(samples, ExactMatch())
    assert counted == pytest.approx(DiscreteSemanticEntropy().score(samples, ExactMatch()))


@pytest.mark.parametrize("logprob", [0.0, -1e4])
def test_extreme_log_probs_are_exact(logprob):
    samples = SampleSet(prompt="?", texts=("a", "b"), token_logprobs=[[logprob] * 10_000] * 2)
    for estimator in SemanticEntropy.examples():
        if estimator.normalise:
            assert estimator.score(samples, ExactMatch()) == pytest.approx(np.log(2))


def test_a_hand_worked_example():
    # Masses 0.5 and 0.25 of "Paris", 0.25 of "Lyon": H = -(0.75 log 0.75 + 0.25 log 0.25).
    samples = SampleSet(
        prompt="?", texts=("Paris", "paris", "Lyon"), token_logprobs=[[np.log(0.5)], [np.log(0.25)], [np.log(0.25)]]
    )
    assert SemanticEntropy().score(samples, ExactMatch()) == pytest.approx(0.5623, abs=1e-4)


def test_a_batch_is_an_array_and_a_sample_set_a_float():
    samples = make_samples([0, 0, 1], np.random.default_rng(0))
    single, batch = SemanticEntropy().score(samples, SameMeaning()), SemanticEntropy().score([samples], SameMeaning())
    assert isinstance(single, float)
    assert batch.shape == (1,)
    assert batch.dtype == np.float64
    assert SemanticEntropy().score([], SameMeaning()).shape == (0,)


def test_what_is_missing_is_named_with_the_remedy():
    samples = SampleSet(prompt="?", texts=("a", "b"), id="q7")
    with pytest.raises(MissingEvidence, match=r"samples\[0\] \(q7\): SemanticEntropy needs token_logprobs, got None"):
        SemanticEntropy().score(samples, ExactMatch())
    with pytest.raises(MissingEvidence, match=r"relation: DiscreteSemanticEntropy needs entailment .* pass relation="):
        DiscreteSemanticEntropy().score(samples)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"form": "mc"}, r"SemanticEntropy.form: expected one of \('shannon', .*\), got 'mc'"),
        ({"duplicates": "twice"}, "SemanticEntropy.duplicates: expected one of"),
        ({"equivalence": "left"}, r"SemanticEntropy.equivalence: expected one of \('strict', 'relaxed'\), got 'left'"),
        ({"clustering": "kmeans"}, "SemanticEntropy.clustering: expected one of"),
        ({"normalise": False}, "SemanticEntropy.normalise: expected True with form='shannon'"),
    ],
)
def test_bad_options_name_themselves(options, message):
    with pytest.raises(InvalidParameter, match=message):
        SemanticEntropy(**options)


def test_the_pieces_are_keyword_only_and_frozen():
    with pytest.raises(TypeError):
        SemanticEntropy("shannon")
    with pytest.raises(dataclasses.FrozenInstanceError):
        SemanticEntropy().form = "monte-carlo-samples"
