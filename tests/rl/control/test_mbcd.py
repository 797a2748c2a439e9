"""MBCD on tables: what it takes for a change, what it remembers, and planning against policies gone through."""

from itertools import product

import numpy as np
import pytest

from semuq.errors import InvalidParameter
from semuq_rl.control import ContextModels, MbcdAgent, TransitionModel
from semuq_rl.control.contexts import KNOWN_AFTER
from semuq_rl.control.mbcd import plan

RING = 4


def step(world, state, action):
    """A ring of four states: in one world action 0 goes right, in the other left."""
    return (state + (1 if action == world else -1)) % RING


def live(agent, world, steps, rng, state=0):
    raised = []
    for _ in range(steps):
        action = int(rng.integers(2))
        after = step(world, state, action)
        alarm = agent.observe((state, action, after))
        raised += [alarm] if alarm else []
        state = after
    return raised, state


def test_a_known_world_is_recognised_when_it_comes_back():
    rng = np.random.default_rng(0)
    agent = MbcdAgent(RING, 2, np.eye(RING)[0], branching=2, threshold=10.0, min_steps=50, dropped=10)
    quiet, state = live(agent, 0, 300, rng)
    turned, state = live(agent, 1, 300, rng, state)
    back, state = live(agent, 0, 300, rng, state)
    assert quiet == []
    assert [alarm.regime for alarm in turned] == ["new"]
    assert [(alarm.left, alarm.regime) for alarm in back] == [("context-1", "context-0")]
    assert turned[0].step - 300 <= 10
    assert back[0].step - 600 <= 10
    assert list(agent.models.known) == ["context-0", "context-1"]
    # What was dropped at a change was unlearned in the world that was left, and learned in the one that was met.
    assert sum(model.seen for model in agent.models.known.values()) == 900


def test_what_was_made_in_the_other_world_is_unlearned():
    rng = np.random.default_rng(1)
    agent = MbcdAgent(RING, 2, np.eye(RING)[0], branching=2, threshold=10.0, min_steps=50, dropped=10)
    _, state = live(agent, 0, 300, rng)
    live(agent, 1, 100, rng, state)
    wrong = sum(agent.models.known["context-0"].counts[s, a, step(1, s, a)] for s in range(RING) for a in range(2))
    assert wrong == 0


def test_a_model_is_its_counts_and_a_new_one_knows_nothing():
    model = TransitionModel(np.zeros((3, 1, 3)), prior=0.5)
    assert model.log_prob((0, 0, 1)) == pytest.approx(np.log(1 / 3))
    assert model.novelty((0, 0, 1), 2.0) == 0
    for _ in range(KNOWN_AFTER):
        model.learn((0, 0, 1))
    np.testing.assert_allclose(model.probabilities[0, 0], np.array([0.5, 5.5, 0.5]) / 6.5)
    assert model.novelty((0, 0, 2), 2.0) == pytest.approx(np.log(1 / 3) - np.log(0.5 / 6.5))
    model.forget((0, 0, 1))
    assert model.seen == KNOWN_AFTER - 1
    with pytest.raises(InvalidParameter, match=r"ContextModels.states"):
        ContextModels(states=0, actions=1)


@pytest.mark.parametrize("seed", range(3))
def test_planning_finds_the_best_of_all_policies(seed):
    rng = np.random.default_rng(seed)
    P, reward = rng.dirichlet(np.ones(4), size=(4, 2)), rng.normal(size=4)
    values, policy = plan(P, reward, 0.9, sweeps=2000)
    worth = {}
    for own in product(range(2), repeat=4):
        chain = P[range(4), own]
        worth[own] = np.linalg.solve(np.eye(4) - 0.9 * chain, chain @ reward)
    best = max(worth, key=lambda own: worth[own].sum())
    assert tuple(policy) == best
    np.testing.assert_allclose(values, worth[best], atol=1e-2)
