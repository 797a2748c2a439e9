"""Stopping rules and what each promises, on simulated questions whose truth is known; and the loop that draws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from semuq import ExactMatch, SampleSet
from semuq.errors import InvalidParameter, InvalidSamples
from semuq.estimators.bayesian import meanings_prior
from semuq.graphs import greedy
from semuq.inference import (
    DecisionFixed,
    DecisionSettled,
    IntervalShorter,
    adaptive_samples,
    entropy_range,
    stopping_point,
)
from semuq.numerics import entropy
from semuq.sampling import Decoding, OpenAISampler

CLUSTERS = st.lists(st.integers(0, 4), min_size=1, max_size=12)


def counts(clusters):
    return [count for count in np.bincount(clusters) if count]


@given(CLUSTERS, st.floats(0, 2))
def test_a_fixed_decision_is_the_one_that_all_answers_lead_to(clusters, threshold):
    rule = DecisionFixed(threshold=threshold, most=len(clusters))
    stopped = counts(clusters[: stopping_point(clusters, rule, least=1)])
    low, high = entropy_range(stopped, len(clusters))
    decided = low > threshold if low > threshold or high <= threshold else None
    assert decided == (float(entropy(counts(clusters))) > threshold)


def test_curtailing_saves_answers_without_changing_one_decision():
    rng = np.random.default_rng(0)
    spent = []
    for _ in range(200):
        clusters = rng.choice(6, size=10, p=rng.dirichlet(np.full(6, 0.3)))
        spent.append(stopping_point(clusters, DecisionFixed(threshold=0.6, most=10), least=1))
    assert np.mean(spent) < 8.5


@given(st.lists(st.integers(1, 4), min_size=1, max_size=3), st.integers(0, 4))
def test_the_range_holds_every_way_to_go_on_and_both_ends_are_reached(seen, left):
    endings = {tuple(seen)}
    for _ in range(left):
        endings = {
            (*own[:place], own[place] + 1, *own[place + 1 :]) for own in endings for place in range(len(own))
        } | {(*own, 1) for own in endings}
    values = [float(entropy(own)) for own in endings]
    assert entropy_range(seen, sum(seen) + left) == pytest.approx((min(values), max(values)))


def simulated(rule, questions, seed):
    """Questions drawn from the rule's own prior: the entropy of each, and where the rule stopped."""
    rng = np.random.default_rng(seed)
    for number in rng.choice(50, size=questions, p=meanings_prior()) + 1:
        p = rng.dirichlet(np.ones(number))
        clusters = rng.choice(number, size=25, p=p)
        yield float(entropy(p)), counts(clusters[: stopping_point(clusters, rule)])


def test_the_interval_holds_the_truth_as_often_as_promised_wherever_it_stops():
    rule = IntervalShorter(width=0.8, confidence=0.8)
    inside = [
        low - 1e-9 <= truth <= high + 1e-9
        for truth, own in simulated(rule, 200, 1)
        if rule(own)
        for low, high in [rule.posterior(own).interval(0.8)]
    ]
    assert len(inside) > 100
    assert np.mean(inside) > 0.8 - 0.085  # three standard errors


def test_a_settled_decision_is_right_as_often_as_promised():
    rule = DecisionSettled(threshold=0.7, confidence=0.85)
    right = [
        (rule.posterior(own).above(0.7) > 0.5) == (truth > 0.7) for truth, own in simulated(rule, 200, 2) if rule(own)
    ]
    assert len(right) > 100
    assert np.mean(right) > 0.85 - 0.08


def test_narrower_intervals_and_higher_confidence_take_more_answers():
    rng = np.random.default_rng(3)
    questions = [rng.choice(4, size=20, p=rng.dirichlet(np.ones(4))) for _ in range(12)]
    for wide, narrow in (
        (IntervalShorter(width=1.5), IntervalShorter(width=0.5)),
        (IntervalShorter(width=1.0, confidence=0.7), IntervalShorter(width=1.0, confidence=0.95)),
        (DecisionSettled(threshold=0.7, confidence=0.7), DecisionSettled(threshold=0.7, confidence=0.95)),
    ):
        assert all(stopping_point(own, wide) <= stopping_point(own, narrow) for own in questions)


@given(st.lists(st.lists(st.booleans(), min_size=6, max_size=6), min_size=6, max_size=6), st.integers(1, 6))
def test_the_meanings_of_the_first_answers_do_not_depend_on_the_rest(rows, k):
    same = np.array(rows) | np.array(rows).T | np.eye(6, dtype=bool)
    assert (greedy(same)[:k] == greedy(same[:k, :k])).all()


class Seeded:
    """Draws from a list of answers by seed and number; keeps what it was asked."""

    identity = "seeded"

    def __init__(self, answers, seed=0, asked=None):
        self.answers, self.decoding, self.asked = answers, Decoding(seed=seed), [] if asked is None else asked

    def at(self, *, seed):
        return Seeded(self.answers, seed, self.asked)

    def sample(self, prompt, *, n=10):
        rng = np.random.default_rng(self.decoding.seed)
        self.asked.append((self.decoding.seed, n))
        texts = tuple(str(rng.choice(self.answers)) for _ in range(n))
        logprobs = tuple([-float(len(text))] for text in texts)
        return SampleSet(prompt=prompt, texts=texts, token_logprobs=logprobs, metadata={"truncated": [False] * n})


def test_the_loop_stops_where_the_rule_does_and_never_repeats_a_seed():
    sampler, rule = Seeded(["a", "b"]), IntervalShorter(width=0.9)
    drawn = adaptive_samples(sampler, "Q", stop=rule, relation=ExactMatch(), least=3, most=30, step=2)
    assert drawn.settled
    assert rule(counts(drawn.clusters))
    assert not rule(counts(drawn.clusters[:-2]))
    assert [n for _, n in sampler.asked] == [3, *[2] * (drawn.calls - 1)]
    assert len({seed for seed, _ in sampler.asked}) == drawn.calls
    assert len(drawn) == len(drawn.samples.token_logprobs) == len(drawn.samples.metadata["truncated"])


def test_the_loop_ends_at_most_and_says_that_nothing_is_settled():
    drawn = adaptive_samples(
        Seeded(list("abcdefgh")), "Q", stop=lambda own: False, relation=ExactMatch(), most=8, step=3
    )
    assert (len(drawn), drawn.settled, drawn.calls) == (8, False, 3)


def test_a_sampler_that_cannot_be_reseeded_is_refused():
    class Same:
        identity = "same"

        def sample(self, prompt, *, n=10):
            return SampleSet(prompt=prompt, texts=("Paris",) * n)

    with pytest.raises(InvalidParameter, match="must draw other answers"):
        adaptive_samples(Same(), "Q", stop=IntervalShorter(width=1.0), relation=ExactMatch())


def test_a_server_s_sampler_can_be_reseeded():
    sampler = OpenAISampler("m", base_url="http://localhost:1/v1", decoding=Decoding(temperature=0.5, seed=3))
    assert sampler.at(seed=4).decoding == Decoding(temperature=0.5, seed=4)
    assert sampler.at(seed=4).model == "m"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: IntervalShorter(width=0.0), "width: expected a number"),
        (lambda: IntervalShorter(width=float("nan")), "width: expected a number"),
        (lambda: IntervalShorter(width=1.0, confidence=1.0), "confidence: expected a number"),
        (lambda: DecisionSettled(threshold=-1), "threshold: expected a number"),
        (lambda: DecisionFixed(threshold=1.0, most=0), "most: expected a whole number"),
        (lambda: entropy_range([3], 2), "expected at least the 3 answers"),
        (lambda: stopping_point([0], IntervalShorter(width=1.0), least=0), "least: expected a whole number"),
    ],
)
def test_bad_settings_are_refused(make, message):
    with pytest.raises(InvalidParameter, match=message):
        make()


def test_answers_to_another_question_are_not_joined():
    with pytest.raises(InvalidSamples, match="expected answers to 'Q'"):
        SampleSet(prompt="Q", texts=("a",)).extended(SampleSet(prompt="R", texts=("a",)))


def test_joined_answers_keep_what_both_have():
    one = SampleSet(prompt="Q", texts=("a",), token_logprobs=([-1.0],), p_true=[0.5], id="7", metadata={"x": 1})
    more = SampleSet(prompt="Q", texts=("b", "c"), token_logprobs=([-2.0], [-3.0]))
    joined = one.extended(more)
    assert joined.texts == ("a", "b", "c")
    assert [own.tolist() for own in joined.token_logprobs] == [[-1.0], [-2.0], [-3.0]]
    assert (joined.p_true, joined.id, dict(joined.metadata)) == (None, "7", {"x": 1})
    assert joined.take([0]).texts == one.texts
