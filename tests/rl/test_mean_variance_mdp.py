"""Mean-variance policy iteration against going through every policy, and against the paper's difference formula."""

from itertools import product

import numpy as np
import pytest

from semuq.errors import InvalidParameter, InvalidSamples
from semuq_rl.mean_variance_mdp import mean_variance_policy_iteration, stationary


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
