"""Ensembles: by hand, against scikit-learn, and what they refuse."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from semuq import ExactMatch, SampleSet
from semuq.errors import InvalidParameter, MissingEvidence
from semuq.estimators.combined import LearnedEnsemble, WeightedEnsemble, rank_average
from semuq.estimators.likelihood import LowProbabilityTokens, PredictiveEntropy
from semuq.estimators.neighbours import SNNE
from semuq.estimators.semantic import DiscreteSemanticEntropy
from semuq.estimators.spectral import Degree
from tests.estimators.cases import ROUNDED, cases, random_samples


def test_a_weighted_mean_of_shares():
    for samples, relation, _ in cases(40, seed=70):
        n = len(samples)
        entropy = DiscreteSemanticEntropy().score(samples, relation) / np.log(n) if n > 1 else 0.0
        degree = Degree().score(samples, relation) / (1 - 1 / n) if n > 1 else 0.0
        ensemble = WeightedEnsemble(weights=(3.0, 1.0))
        assert ensemble.score(samples, relation) == pytest.approx((3 * entropy + degree) / 4, **ROUNDED)


def test_a_member_whose_scores_begin_below_zero_counts_from_its_lowest():
    for samples, relation, _ in cases(10, seed=71):
        low, high = SNNE().bounds(len(samples))
        share = (SNNE().score(samples, relation) - low) / (high - low) if high > low else 0.0
        ensemble = WeightedEnsemble(members=(SNNE(),), weights=(1.0,))
        assert ensemble.score(samples, relation) == pytest.approx(share, **ROUNDED)


def test_needs_are_those_of_the_members():
    ensemble = WeightedEnsemble(members=(Degree(), LowProbabilityTokens()))
    assert ensemble.needs == Degree.needs | LowProbabilityTokens.needs
    with pytest.raises(MissingEvidence, match="WeightedEnsemble needs token_logprobs"):
        ensemble.score(SampleSet(prompt="q", texts=("a",)), ExactMatch())


def test_learned_weights_equal_scikit_learn_and_rank_as_it_does():
    rng = np.random.default_rng(71)
    batch = [random_samples(rng, 6) for _ in range(60)]
    members = (PredictiveEntropy(length_normalised=True), Degree())
    scores = np.stack([member.score(batch, ExactMatch()) for member in members], axis=1)
    correct = scores[:, 1] + rng.normal(scale=0.05, size=60) < np.median(scores[:, 1])
    fitted = LearnedEnsemble.fit(members, batch, correct, relation=ExactMatch())
    standard = (scores - scores.mean(axis=0)) / scores.std(axis=0)
    expected = LogisticRegression().fit(standard, ~correct).predict_proba(standard)[:, 1]
    assert fitted.score(batch, ExactMatch()) == pytest.approx(expected, **ROUNDED)


def test_rank_average_of_one_is_its_order():
    scores = np.random.default_rng(72).normal(size=50)
    assert (np.argsort(rank_average([scores])) == np.argsort(scores)).all()
    assert rank_average([scores, -scores]) == pytest.approx(np.full(50, 0.5))
    assert rank_average([[1, 1, 1]]) == pytest.approx([0.5] * 3)


def test_refusals():
    with pytest.raises(InvalidParameter, match="expected estimators with finite bounds, got PredictiveEntropy"):
        WeightedEnsemble(members=(PredictiveEntropy(),))
    with pytest.raises(InvalidParameter, match=r"WeightedEnsemble\.weights: expected 2 numbers >= 0"):
        WeightedEnsemble(weights=(1.0,))
    with pytest.raises(InvalidParameter, match=r"LearnedEnsemble\.members: expected a tuple"):
        LearnedEnsemble(members=())
    with pytest.raises(InvalidParameter, match=r"LearnedEnsemble\.weights"):
        LearnedEnsemble(weights=(1.0, float("nan")))
    with pytest.raises(InvalidParameter, match="correct: expected 1 booleans, some true and some false"):
        LearnedEnsemble.fit((Degree(),), [SampleSet(prompt="q", texts=("a",))], [True], relation=ExactMatch())
    with pytest.raises(InvalidParameter, match="without NaN"):
        rank_average([[float("nan"), 1.0]])
