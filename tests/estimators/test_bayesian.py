"""Coverage and the posterior of the entropy, against simulation, published forms and laws."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semuq import BayesianSemanticEntropy, CoverageSemanticEntropy, DiscreteSemanticEntropy
from semuq.errors import InvalidParameter
from semuq.estimators.bayesian import entropy_posterior, fitted_prior, meanings_posterior, meanings_prior
from semuq.estimators.coverage import coverage, coverage_adjusted_entropy
from semuq.numerics import entropy
from semuq.testing import SameMeaning, make_samples

COUNTS = st.lists(st.integers(1, 12), min_size=1, max_size=8)


def test_number_of_meanings_equals_the_share_among_simulated_games():
    rng = np.random.default_rng(0)
    prior, concentration, seen = np.array([0.3, 0.3, 0.2, 0.2]), 0.7, (2, 1, 1)
    hits = np.zeros(4)
    numbers = rng.choice(4, size=30_000, p=prior) + 1
    for number in numbers:
        p = rng.dirichlet(np.full(number, concentration))
        counts = rng.multinomial(4, p)
        hits[number - 1] += tuple(sorted(counts[counts > 0], reverse=True)) == seen
    assert hits.sum() > 2000
    assert meanings_posterior(seen, prior, concentration) == pytest.approx(hits / hits.sum(), abs=0.03)


def test_entropy_equals_that_of_simulated_games_with_these_counts():
    rng = np.random.default_rng(1)
    prior, kept = meanings_prior(6), []
    for number in rng.choice(6, size=20_000, p=prior) + 1:
        p = rng.dirichlet(np.ones(number))
        counts = rng.multinomial(5, p)
        if tuple(sorted(counts[counts > 0], reverse=True)) == (3, 2):
            kept.append(float(entropy(p)))
    found = entropy_posterior((3, 2), prior=prior, draws=20_000)
    assert found.mean == pytest.approx(np.mean(kept), abs=0.03)
    assert found.variance == pytest.approx(np.var(kept), abs=0.03)
    assert found.interval(0.8) == pytest.approx(tuple(np.quantile(kept, [0.1, 0.9])), abs=0.03)


@settings(max_examples=25)
@given(COUNTS)
def test_moments_are_those_of_the_draws(counts):
    found = entropy_posterior(counts, draws=4000)
    error = np.sqrt(found.variance / 4000)
    assert abs(found.draws.mean() - found.mean) < 6 * error + 1e-9
    assert found.draws.std() == pytest.approx(np.sqrt(found.variance), rel=0.2, abs=1e-6)


@settings(max_examples=25)
@given(COUNTS)
def test_order_and_empty_meanings_are_irrelevant(counts):
    one, other = entropy_posterior(counts), entropy_posterior([0, *reversed(counts)])
    assert one.mean == other.mean
    assert (one.draws == other.draws).all()
    assert coverage_adjusted_entropy(counts) == pytest.approx(coverage_adjusted_entropy([*reversed(counts), 0]))


def test_many_answers_of_known_meanings_leave_the_plain_entropy():
    for counts in ([600, 300, 100], [1000], [500, 500]):
        plain = float(entropy(counts))
        assert entropy_posterior(counts).mean == pytest.approx(plain, abs=0.03)
        assert coverage_adjusted_entropy(counts) == pytest.approx(plain, abs=1e-3)


@settings(max_examples=25)
@given(COUNTS)
def test_the_correction_only_adds(counts):
    assert coverage_adjusted_entropy(counts) >= float(entropy(counts)) - 1e-9
    assert 0 < coverage(counts) <= 1


def test_the_correction_halves_the_bias_of_the_plain_entropy():
    rng = np.random.default_rng(2)
    p = rng.dirichlet(np.ones(12))
    draws = [counts[counts > 0] for counts in rng.multinomial(10, p, size=2000)]
    truth = float(entropy(p))
    plain = np.mean([entropy(counts) for counts in draws]) - truth
    corrected = np.mean([coverage_adjusted_entropy(counts) for counts in draws]) - truth
    assert plain < -0.2
    assert abs(corrected) < abs(plain) / 2


def test_a_threshold_splits_the_draws():
    found = entropy_posterior([4, 3, 1])
    low, high = found.interval(0.9)
    assert found.above(-0.1) == 1.0
    assert found.above(99.0) == 0.0
    assert found.above(low) == pytest.approx(0.95, abs=0.01)
    assert found.above(high) == pytest.approx(0.05, abs=0.01)


def test_a_learned_prior_moves_towards_what_was_seen():
    learned = fitted_prior([1] * 50 + [2] * 50, most=10)
    assert learned[:2] == pytest.approx([0.49, 0.46], abs=0.03)
    assert learned.sum() == pytest.approx(1)
    assert (learned > 0).all()


@pytest.mark.parametrize("counts", [[], [0], [-1, 2], [0.5], [[1, 2]], [np.nan]])
def test_what_is_no_count_is_refused(counts):
    for function in (coverage, coverage_adjusted_entropy, entropy_posterior):
        with pytest.raises(InvalidParameter, match="counts: expected"):
            function(counts)


def test_a_prior_that_denies_what_was_seen_is_refused():
    with pytest.raises(InvalidParameter, match="at least 3 entries"):
        entropy_posterior([1, 1, 1], prior=[0.5, 0.5])
    with pytest.raises(InvalidParameter, match="mass on 2 meanings or more"):
        entropy_posterior([1, 1], prior=[1.0, 0.0])
    with pytest.raises(InvalidParameter, match="prior: expected"):
        entropy_posterior([1, 1], prior=[-1.0, 2.0])


def counted(samples):
    return np.unique([text.split()[0] for text in samples.texts], return_counts=True)[1]


def test_the_estimators_are_these_functions_of_the_clusters():
    rng = np.random.default_rng(5)
    batch = [make_samples(rng.integers(0, 4, size=n).tolist(), rng) for n in (1, 2, 5, 5, 12)]
    posterior = BayesianSemanticEntropy().score(batch, SameMeaning())
    corrected = CoverageSemanticEntropy().score(batch, SameMeaning())
    for samples, mean, adjusted in zip(batch, posterior, corrected, strict=True):
        assert mean == pytest.approx(entropy_posterior(counted(samples)).mean, rel=1e-9, abs=1e-9)
        assert adjusted == pytest.approx(coverage_adjusted_entropy(counted(samples)), rel=1e-9, abs=1e-9)


def test_more_meanings_than_the_prior_knows_are_answers_like_any_other():
    samples = make_samples(range(60), np.random.default_rng(0))
    assert np.log(40) < BayesianSemanticEntropy().score(samples, SameMeaning()) <= np.log(60)


def test_ten_answers_to_questions_of_many_meanings_are_counted_too_low_and_corrected():
    rng = np.random.default_rng(0)
    errors = {kind: [] for kind in (DiscreteSemanticEntropy, BayesianSemanticEntropy, CoverageSemanticEntropy)}
    for _ in range(150):
        p = rng.dirichlet(np.ones(10))
        samples = make_samples(rng.choice(len(p), size=10, p=p).tolist(), rng)
        for kind, own in errors.items():
            own.append(kind().score(samples, SameMeaning()) - entropy(p))
    counting, bayesian, adjusted = map(np.array, errors.values())
    assert counting.mean() < -0.3
    assert np.abs([bayesian.mean(), adjusted.mean()]).max() < 0.15
    assert np.sqrt([(bayesian**2).mean(), (adjusted**2).mean()]).max() < np.sqrt((counting**2).mean())
