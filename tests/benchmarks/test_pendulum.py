"""The pendulum in changing worlds: it moves as Gymnasium's, its networks know what they do not, changes are noticed."""

import json

import numpy as np
import pytest

from benchmarks.regimes import pendulum
from benchmarks.regimes.drivers import DROPPED, Mbcd, driver
from benchmarks.regimes.ensemble import Ensemble
from benchmarks.regimes.grid import PHASE_STEPS, PHASES
from benchmarks.regimes.judging import judged
from benchmarks.regimes.pendulum import analysed
from benchmarks.regimes.swing import HELD, NOISE, WORLDS, begin, cost, step, wrapped
from tests.benchmarks.command import output


def gymnasium(state, torque):
    """Pendulum-v1's own lines, with its names."""
    th, thdot = state
    g, m, length, dt = 10.0, 1.0, 1.0, 0.05
    u = np.clip(torque, -2.0, 2.0)
    costs = ((th + np.pi) % (2 * np.pi) - np.pi) ** 2 + 0.1 * thdot**2 + 0.001 * u**2
    newthdot = thdot + (3 * g / (2 * length) * np.sin(th) + 3.0 / (m * length**2) * u) * dt
    newthdot = np.clip(newthdot, -8.0, 8.0)
    return np.array([th + newthdot * dt, newthdot]), costs


def test_it_moves_as_gymnasium_s_but_for_the_noise():
    rng = np.random.default_rng(0)
    for _ in range(20):
        state, torque = begin(rng), float(rng.uniform(-3, 3))
        expected = state
        for _ in range(HELD):
            expected, _ = gymnasium(expected, torque)
        found = np.array([step(state, torque, WORLDS["sound"], rng) for _ in range(2000)])
        off = np.stack([wrapped(found[:, 0] - expected[0]), found[:, 1] - expected[1]], axis=1)
        np.testing.assert_allclose(off.mean(axis=0), 0, atol=0.01)
        np.testing.assert_allclose(off.std(axis=0), NOISE, rtol=0.1)
    state, torque = np.array([2.0, 1.0]), 1.5
    assert float(cost(state[0], state[1], torque)) == pytest.approx(gymnasium(state, torque)[1])


def test_a_negated_torque_is_a_torque_the_other_way():
    state = np.array([1.0, -0.5])
    one, other = (step(state, u, WORLDS[w], np.random.default_rng(1)) for u, w in ((1.0, "negated"), (-1.0, "sound")))
    np.testing.assert_array_equal(one, other)


def moves(world, n, seed):
    rng = np.random.default_rng(seed)
    state, found = begin(rng), []
    for _ in range(n):
        torque = float(rng.uniform(-2, 2))
        after = step(state, torque, WORLDS[world], rng)
        found.append((state, torque, after))
        state = after
    return found


@pytest.fixture(scope="module")
def learned():
    model = Ensemble(0)
    model.moves.extend(moves("sound", 400, 0))
    model.train(600)
    return model


def test_networks_fit_the_world_that_they_saw_and_no_other(learned):
    own, other = moves("sound", 200, 1), moves("negated", 200, 1)
    assert np.mean([learned.log_prob(x) for x in own]) > np.mean([learned.log_prob(x) for x in other]) + 2
    assert np.mean([learned.novelty(x, 2.0) for x in own]) < 0
    assert np.mean([learned.novelty(x, 2.0) for x in other]) > 2
    assert np.mean([learned.disagreement(x) for x in own]) < 0.5


def test_the_density_is_a_density(learned):
    """Over a grid of what may follow it sums to 1, in units of what is predicted."""
    state, torque = np.array([0.3, 0.2]), 0.5
    mean = state + learned.mean(state[:1], state[1:], np.array([torque]))[0]
    steps = np.linspace(-3, 3, 121)
    total = sum(np.exp(learned.log_prob((state, torque, mean + np.array([a * 0.5, b])))) for a in steps for b in steps)
    assert total * (steps[1] - steps[0]) ** 2 == pytest.approx(1.0, abs=0.1)


def test_mbcd_notices_a_change_and_hands_over_what_came_last():
    own = Mbcd(0, threshold=20.0, min_steps=50)
    own.model.moves.extend(moves("sound", 400, 0))
    own.model.train(600)
    alarms = []
    for number, move in enumerate([*moves("sound", 60, 2), *moves("negated", 60, 3)]):
        if own.observe(move, "unknown"):
            alarms.append((number, own.name, len(own.model.moves)))
    at, name, handed = alarms[0]
    assert 60 <= at < 90
    assert name == "context-1"
    assert handed == DROPPED + 1
    assert sum(len(model.moves) for model in own.models.values()) == 520


def test_a_window_forgets_and_an_oracle_is_told():
    window, oracle = driver("window", 0), driver("oracle", 0)
    window.window = 50
    for number, move in enumerate(moves("sound", 80, 4)):
        window.observe(move, "sound")
        oracle.observe(move, "sound" if number < 30 else "wind")
    assert len(window.model.moves) == 50
    assert [len(oracle.models[name].moves) for name in ("sound", "wind")] == [30, 50]


def test_alarms_are_judged_by_phases():
    alarms = [(700, "context-1"), (1500 + 9, "context-2"), (4500 + 3, "context-1")]
    found = judged(alarms, PHASES, PHASE_STEPS)
    assert found == {"delays": [10, 4], "missed": 3, "extra": 1, "recognised": 0.5}


def run_of(agent, seed, early):
    reward = np.full((6, 8), -1.0)
    reward[1:, :3] = early
    upright = 0.0 if agent == "random" else 0.9
    return {
        "id": f"{agent}--{seed}",
        "agent": agent,
        "seed": seed,
        "reward": reward.ravel().tolist(),
        "upright": np.full(48, upright).tolist(),
        "phase_steps": 800,
        "cpu": 1.0,
        "instructions": "AVX2, pinned",
        "delays": [5],
        "missed": 4,
        "extra": 0,
        "recognised": 0.5,
        "contexts": 3,
    }


@pytest.mark.parametrize(("lead", "verdict"), [(0.5, "reproduction"), (0.0, "null"), (-0.5, "reversed")])
def test_the_verdict_is_that_of_the_design(lead, verdict):
    rng = np.random.default_rng(0)
    runs = [
        run_of(agent, seed, -2.0 + (lead if agent == "mbcd" else 0.0) + rng.normal(0, 0.05))
        for seed in range(5)
        for agent in ("mbcd", "one model", "window", "oracle", "random")
    ]
    report = analysed({run["id"]: run for run in runs})
    assert report["verdict"] == verdict
    assert report["seeds"] == 5
    assert report["agents"]["window"]["mbcd_earned_more_early"][0] == pytest.approx(lead, abs=0.1)


@pytest.mark.slow
def test_the_command_resumes_and_analyses(tmp_path):
    work, packed, out = tmp_path / "runs.jsonl", tmp_path / "runs.jsonl.xz", tmp_path / "out.json"
    common = ["--work", str(work), "--packed", str(packed), "--out", str(out)]

    def command(*arguments):
        return output(pendulum.main, *arguments, *common)

    tiny = ("run", "--phase-steps", "100", "--seeds", "1")
    assert len(command(*tiny).splitlines()) == 5
    assert command(*tiny) == ""
    command("analyse")
    report = json.loads(out.read_text())
    assert report["seeds"] == 1
    assert report["verdict"] in ("gate closed", "open")
