"""UProp against its equations, and what it is: a weighted mean of the steps' own uncertainties."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semuq.errors import InvalidParameter, InvalidSamples, MissingEvidence
from semuq.inference import Step, Trajectory, UProp, step_aggregate
from tests.oracles import propagation as oracle

# The executed decision is "0"; a decision named by its distance.
AWAY = st.lists(st.sampled_from(["0", "0.2", "0.5", "1"]), min_size=0, max_size=4).map(lambda rest: ("0", *rest))
STEPS = st.lists(st.tuples(AWAY, st.floats(0.01, 3)), min_size=1, max_size=6)


def named(one, other):
    return abs(float(one) - float(other))


def run(steps):
    return Trajectory(steps=[Step(texts=texts, uncertainty=own) for texts, own in steps])


@settings(max_examples=100)
@given(STEPS)
def test_it_equals_the_equations_and_the_weighted_mean(steps):
    found = UProp(distance=named)
    intrinsic = [own for _, own in steps]
    distances = [[named(text, "0") for text in texts] for texts, _ in steps]
    score = found.score([run(steps)])
    assert score == pytest.approx(oracle.uprop(intrinsic, distances), rel=1e-9)
    iu, eu = np.array(found.steps(run(steps))).T
    weights = 1 + eu / iu
    assert score == pytest.approx((weights * iu).sum() / weights.sum())
    assert min(intrinsic) - 1e-9 <= score <= max(intrinsic) + 1e-9


@pytest.mark.parametrize(("n", "agreed"), [(2, 1.145), (3, 1.658), (5, 2.985), (10, 6.887)])
def test_what_is_inherited_from_agreement_and_from_disagreement(n, agreed):
    same, apart = [("0",) * n, ("0", *("1",) * (n - 1))], UProp(distance=named)
    assert apart.steps(run([(same[0], 1.0), (same[0], 1.0)]))[1].extrinsic == pytest.approx(agreed, abs=1e-3)
    all_apart = oracle.pmi([1.0] * n)
    assert all_apart == pytest.approx(agreed + n / 2, abs=1e-3)


def test_more_disagreement_at_the_first_step_can_lower_it():
    scores = [
        UProp(distance=named).score([run([(first, 1.0), (("0",) * 3, 0.2), (("0",) * 3, 0.1)])])
        for first in (("0",) * 3, ("0", "1", "1"))
    ]
    assert scores[1] < scores[0]


@given(STEPS)
def test_centred_agreement_inherits_nothing(steps):
    agreed = [(("0",) * len(texts), own) for texts, own in steps]
    centred = UProp(distance=named, centred=True)
    assert centred.score([run(agreed)]) == pytest.approx(np.mean([own for _, own in steps]))
    assert all(step.extrinsic >= -1e-12 for step in centred.steps(run(steps)))


@given(STEPS, st.randoms(use_true_random=False))
def test_the_order_of_decisions_is_irrelevant(steps, random):
    shuffled = []
    for texts, own in steps:
        order = list(range(len(texts)))
        random.shuffle(order)
        shuffled.append(Step(texts=[texts[i] for i in order], executed=order.index(0), uncertainty=own))
    one, other = UProp(distance=named).score([run(steps)]), UProp(distance=named).score([Trajectory(steps=shuffled)])
    assert one == pytest.approx(other)


def test_one_step_is_its_own_uncertainty_and_many_trajectories_are_averaged():
    one, two = run([(("0", "1"), 0.7)]), run([(("0",), 0.1)])
    assert UProp(distance=named).score([one]) == pytest.approx(0.7)
    assert UProp(distance=named).score([one, two]) == pytest.approx(0.4)
    assert UProp(distance=named, normalise=False).score([run([(("0",), 0.7), (("0",), 0.1)])]) == pytest.approx(
        0.8 + 0.5 * np.log(2 * np.pi)
    )


def test_only_those_that_end_in_the_answer_count():
    ended = Trajectory(steps=[Step(texts=("a",), uncertainty=1.0)], answer="Paris")
    other = Trajectory(steps=[Step(texts=("a",), uncertainty=9.0)], answer="Lyon")
    assert UProp().score([ended, other], answer="Paris") == 1.0
    with pytest.raises(InvalidParameter, match="that ends in 'Nice', got none of 2"):
        UProp().score([ended, other], answer="Nice")


def test_intrinsic_uncertainty_is_the_mean_over_decisions_of_their_mean_per_token():
    step = Step(texts=("a", "b"), token_logprobs=([-1.0, -3.0], [-4.0]))
    assert step.intrinsic() == 3.0
    # A step of certainty is floored, and does not divide by zero.
    sure = Trajectory(steps=[Step(texts=("a", "b"), token_logprobs=([0.0], [0.0]))] * 2)
    assert 0 < UProp().score([sure]) < 1e-5


def test_what_is_missing_or_malformed_is_named():
    with pytest.raises(MissingEvidence, match="pass Step"):
        UProp().score([Trajectory(steps=[Step(texts=("a",))])])
    with pytest.raises(InvalidSamples, match="executed: expected a position from 0 to 0"):
        Step(texts=("a",), executed=1)
    with pytest.raises(InvalidSamples, match="one per decision"):
        Step(texts=("a", "b"), token_logprobs=([-1.0],))
    with pytest.raises(InvalidSamples, match="uncertainty: expected a finite number"):
        Step(texts=("a",), uncertainty=float("nan"))
    with pytest.raises(InvalidSamples, match="steps: expected at least one"):
        Trajectory(steps=())
    with pytest.raises(InvalidParameter, match=r"distance: expected numbers in \[0, 1\]"):
        UProp(distance=lambda a, b: 2.0).score([run([(("0",), 1.0), (("0",), 1.0)])])
    with pytest.raises(InvalidParameter, match="how: expected one of"):
        step_aggregate(run([(("0",), 1.0)]), "median")
