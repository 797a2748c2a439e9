"""Mean-variance policy iteration against going through every policy, and against the paper's difference formula."""

from itertools import product

import numpy as np
import pytest

from semuq.errors import InvalidParameter, InvalidSamples
from semuq_rl.control import (
    RunningMeanVariance,
    batch_means,
    mean_variance_frontier,
    mean_variance_optimum,
    mean_variance_policy_iteration,
    performance_difference,
)
from semuq_rl.control.chain import stationary


def problem(seed, states=4, actions=3):
    rng = np.random.default_rng(seed)
    return rng.dirichlet(np.ones(states), size=(states, actions)), rng.normal(size=(states, actions))


def worth(P, r, actions, beta):
    """mean - beta variance by powers of the chain, which shares no code with the solver."""
    states = np.arange(len(r))
    weights = np.linalg.matrix_power(P[states, actions], 4096)[0]
    own = r[states, actions]
    mean = weights @ own
    return mean - beta * (weights @ own**2 - mean**2)


@pytest.mark.parametrize("seed", range(5))
def test_without_a_price_of_variance_it_is_the_best_of_all_policies(seed):
    P, r = problem(seed)
    found = mean_variance_policy_iteration(P, r, beta=0.0)
    best = max(worth(P, r, np.array(own), 0.0) for own in product(range(3), repeat=4))
    assert found.objective == pytest.approx(best)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("beta", [0.3, 2.0])
def test_the_objective_never_falls_and_no_single_change_improves_the_end(seed, beta):
    P, r = problem(seed)
    found = mean_variance_policy_iteration(P, r, beta)
    assert (np.diff(found.history) > 0).all()
    assert found.objective == pytest.approx(worth(P, r, found.actions, beta))
    for state, action in product(range(4), range(3)):
        other = found.actions.copy()
        other[state] = action
        # One step of it, mixed in a little: a local optimum among randomised policies.
        mixed_P, mixed_r = P[range(4), found.actions].copy(), r[range(4), found.actions].copy()
        mixed_P[state] = 0.999 * mixed_P[state] + 0.001 * P[state, action]
        weights = stationary(mixed_P)
        share = weights[state] * 0.001
        mean = weights @ mixed_r + share * (r[state, action] - mixed_r[state])
        square = weights @ mixed_r**2 + share * (r[state, action] ** 2 - mixed_r[state] ** 2)
        assert mean - beta * (square - mean**2) <= found.objective + 1e-9


def test_the_best_start_of_all_ends_in_the_best_policy():
    P, r = problem(7, states=3)
    ends = [mean_variance_policy_iteration(P, r, 1.0, start=own).objective for own in product(range(3), repeat=3)]
    assert max(ends) == pytest.approx(max(worth(P, r, np.array(own), 1.0) for own in product(range(3), repeat=3)))


def test_variance_is_avoided_where_it_costs_more_than_it_earns():
    # From state 0 either stay at reward 1, or go to a coin of 0 and 2.2.
    P = np.zeros((3, 2, 3))
    P[:, 0, 0] = 1
    P[:, 1] = [0, 0.5, 0.5]
    r = np.array([[1.0, 1.0], [0.0, 0.0], [2.2, 2.2]])
    assert mean_variance_policy_iteration(P, r, 0.0, start=[1, 1, 1]).mean == pytest.approx(1.1)
    found = mean_variance_policy_iteration(P, r, 1.0, start=[0, 0, 0])
    assert (found.mean, found.variance) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("P", "r", "options", "error", "message"),
    [
        (np.ones((2, 1, 1)), np.ones((2, 1)), {}, InvalidSamples, "^P, r: expected shapes"),
        (
            np.ones((1, 1, 1)) / 2,
            np.ones((1, 1)),
            {},
            InvalidSamples,
            "^P, r: expected finite rewards and probabilities",
        ),
        (np.ones((1, 1, 1)), np.array([[np.nan]]), {}, InvalidSamples, "^P, r: expected finite rewards"),
        (np.ones((1, 1, 1)), np.ones((1, 1)), {"start": [1]}, InvalidParameter, "^start: expected 1 actions below 1"),
        (np.ones((1, 1, 1)), np.ones((1, 1)), {"beta": -1}, InvalidParameter, r"beta: expected a number in \[0, inf\)"),
    ],
)
def test_refusals(P, r, options, error, message):
    with pytest.raises(error, match=message):
        mean_variance_policy_iteration(P, r, **({"beta": 1.0} | options))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("beta", [0.0, 0.4, 3.0])
def test_the_optimum_is_the_best_of_all_policies(seed, beta):
    P, r = problem(seed)
    found = mean_variance_optimum(P, r, beta)
    best = max(worth(P, r, np.array(own), beta) for own in product(range(3), repeat=4))
    assert found.objective == pytest.approx(best, abs=1e-9)
    assert worth(P, r, found.actions, beta) == pytest.approx(best, abs=1e-9)


def test_the_iteration_stops_below_the_optimum_somewhere_and_never_above_it():
    gaps = []
    for seed in range(30):
        P, r = problem(seed, states=5)
        best = mean_variance_optimum(P, r, 2.0).objective
        gaps += [best - mean_variance_policy_iteration(P, r, 2.0, start=[k] * 5).objective for k in range(3)]
    assert min(gaps) > -1e-9
    assert sum(gap > 1e-6 for gap in gaps) > 2


@pytest.mark.parametrize("seed", range(10))
def test_the_difference_formula_is_the_difference(seed):
    rng = np.random.default_rng(seed)
    P, r = problem(seed, states=5)
    old, new, beta = rng.integers(0, 3, 5), rng.integers(0, 3, 5), float(rng.exponential())
    expected = worth(P, r, new, beta) - worth(P, r, old, beta)
    assert performance_difference(P, r, beta, old=old, new=new) == pytest.approx(expected, abs=1e-10)


def test_the_envelope_is_convex_in_the_frozen_mean():
    P, r = problem(3)
    grid = np.linspace(r.min(), r.max(), 21)
    envelope = []
    for m in grid:
        shaped = r - 0.7 * (r - m) ** 2
        best = max(worth(P, shaped, np.array(own), 0.0) for own in product(range(3), repeat=4))
        envelope.append(best + 0.7 * m**2)
    assert (np.diff(envelope, 2) > -1e-9).all()
    assert mean_variance_optimum(P, r, 0.7).objective >= max(np.array(envelope) - 0.7 * grid**2) - 1e-9


def test_along_the_frontier_neither_mean_nor_variance_rises():
    fell = 0
    for seed in range(5):
        P, r = problem(seed)
        points = mean_variance_frontier(P, r, betas=np.linspace(0, 5, 11))
        assert (np.diff([point.mean for point in points]) < 1e-9).all()
        assert (np.diff([point.variance for point in points]) < 1e-9).all()
        fell += points[-1].variance < points[0].variance
    assert fell > 2


@pytest.mark.parametrize(("scale", "shift"), [(2.0, 0.0), (0.5, 3.0)])
def test_units_of_the_reward_go_into_the_price(scale, shift):
    P, r = problem(2)
    plain = mean_variance_optimum(P, r, 0.8)
    other = mean_variance_optimum(P, scale * r + shift, 0.8 / scale)
    assert (other.actions == plain.actions).all()
    assert other.mean == pytest.approx(scale * plain.mean + shift)


def test_several_recurrent_classes_are_refused_and_transient_states_are_not():
    apart = np.eye(2)[:, None, :]
    with pytest.raises(InvalidSamples, match="expected one recurrent class under every policy, got 2"):
        mean_variance_optimum(apart, [[1.0], [0.0]], 1.0)
    into = np.array([[[0.0, 1.0]], [[0.0, 1.0]]])
    assert mean_variance_optimum(into, [[5.0], [1.0]], 1.0).mean == pytest.approx(1.0)


def test_the_plug_in_variance_of_dependent_rewards_is_too_small_and_batches_say_by_how_much():
    rng = np.random.default_rng(0)
    plug_in, corrected = [], []
    for _ in range(300):
        x, stream = rng.normal(), []
        for _ in range(200):
            x = 0.8 * x + 0.6 * rng.normal()  # variance 1, dependence of some ten steps
            stream.append(x)
        found = batch_means(stream, batches=8)
        plug_in.append(found.variance)
        corrected.append(found.corrected)
    # Var(mean) of 200 of these is 0.045 - so much is missing, and most of it comes back.
    assert np.mean(plug_in) == pytest.approx(1 - 0.044, abs=0.02)
    assert abs(np.mean(corrected) - 1) < abs(np.mean(plug_in) - 1) / 2
    with pytest.raises(InvalidParameter, match=r"batch_means.batches: expected 2 to 3 for 6 rewards, got 4"):
        batch_means(range(6), batches=4)


def test_two_speeds_find_mean_and_variance():
    rng = np.random.default_rng(1)
    state = RunningMeanVariance()
    for x in rng.normal(2.0, 3.0, 40_000):
        state = state.update(x, mean_step=0.001, variance_step=0.003)
    assert (state.mean, state.variance) == (pytest.approx(2.0, abs=0.3), pytest.approx(9.0, rel=0.15))
