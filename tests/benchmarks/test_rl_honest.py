"""Rewards for honesty put to a test: what is hidden stays hidden, arms pay what they say, verdicts are the design's."""

from itertools import islice

import numpy as np
import pytest

from benchmarks.rl_honest.__main__ import main
from benchmarks.rl_honest.analysis import CLAIMS, analysed
from benchmarks.rl_honest.arms import ARMS, reward
from benchmarks.rl_honest.measure import described
from benchmarks.rl_honest.task import HIDDEN, SILENT, StatedChain
from semuq_rl.tasks.modular import ModularChain
from tests.benchmarks.command import tiny_report

TASK = StatedChain(modulus=4, operations=3, slips=0.0)
SHOWN = list(islice((problem for problem in TASK.stream(0) if not problem.prompt.startswith(HIDDEN)), 4))


def test_hidden_numbers_are_in_no_prompt_and_the_rest_is_the_plain_task():
    plain = ModularChain(modulus=4, operations=3)
    problems = list(islice(TASK.stream(1), 3000))
    hidden = [problem.prompt.startswith(HIDDEN) for problem in problems]
    assert np.mean(hidden) == pytest.approx(0.3, abs=0.04)
    for problem, unknown in zip(problems, hidden, strict=True):
        assert plain.answer(problem.demonstration[:-1]) == problem.answer
        first = problem.demonstration[0]
        assert problem.prompt[0] == (HIDDEN if unknown else first)
        assert len(problem.demonstration) < TASK.max_tokens
        assert set(problem.prompt + problem.demonstration) <= set(TASK.alphabet)


def test_the_teacher_half_knows_what_it_knows():
    problems = list(islice(TASK.stream(2), 6000))
    silent = {True: [], False: []}
    stated = {True: [], False: []}
    for problem in problems:
        kind = problem.prompt.startswith(HIDDEN)
        silent[kind].append(TASK.silent(problem.demonstration))
        stated[kind].append(TASK.confidence(problem.demonstration))
    assert np.mean(silent[True]) == pytest.approx(0.5, abs=0.05)
    assert np.mean(silent[False]) == pytest.approx(0.1, abs=0.03)
    assert max(own for own in stated[True] if own is not None) == 0.65
    assert max(own for own in stated[False] if own is not None) == 0.95


def test_silence_is_no_answer_but_may_be_solved():
    problem = SHOWN[0]
    steps = problem.demonstration[:-1]
    assert TASK.right(problem, steps + "7")
    assert not TASK.right(problem, steps + SILENT)
    assert TASK.solves(problem, steps + SILENT)
    assert TASK.answer(steps) is None
    assert TASK.answer("") is None


def texts(marks, right):
    """A completion of each of the problems with that mark, solved or not."""
    made = []
    for problem, mark, hit in zip(SHOWN, marks, right, strict=True):
        steps = problem.demonstration[:-1]
        made.append((steps if hit else steps[:-1] + ("a" if problem.answer != "a" else "b")) + mark)
    return made


def paid(arm, completions, seed=0):
    pay = reward(arm, TASK, SHOWN, seed)
    return np.array(pay(prompts=[p.prompt for p in SHOWN], completions=completions, question=[0, 1, 2, 3]))


def test_every_arm_pays_what_it_says():
    own = texts("94?0", [True, False, True, False])
    np.testing.assert_array_equal(paid("right", own), [1, 0, 0, 0])
    np.testing.assert_allclose(paid("calibrated", own), [1 - 0.05**2, -(0.45**2), -1, -(0.05**2)])
    np.testing.assert_array_equal(paid("truthful", own), [1, -1, 0, -1])


def test_exchanged_statements_are_the_same_ones_and_say_nothing_of_their_rollout():
    alike = texts("7777", [True, False, True, False])
    np.testing.assert_allclose(paid("exchanged", alike), paid("calibrated", alike))
    differing = texts("0369", [False] * 4)
    dealt = [paid("exchanged", differing, seed) for seed in range(200)]
    for own in dealt:
        np.testing.assert_allclose(np.sort(own), np.sort(paid("calibrated", differing)))
    np.testing.assert_allclose(np.mean(dealt, axis=0), np.mean(dealt), atol=0.08)


def test_completions_are_described():
    found = described(TASK, SHOWN, texts("94?0", [True, False, True, False]))
    assert (found["solved"], found["accuracy"], found["wrong"], found["truthful"]) == (0.5, 0.25, 0.5, -0.25)
    assert found["brier"] == pytest.approx((0.05**2 + 0.45**2 + 0.05**2) / 3, abs=1e-5)
    assert (found["separation"], found["silent, shown"]) == (1.0, 0.25)
    assert found["silent, hidden"] is None
    assert described(TASK, SHOWN, texts("????", [True] * 4))["calibration_error"] is None


def record(arm, number, measures):
    noise = np.random.default_rng(number).normal(0, 0.002)
    level = {"solved": 0.7, "calibration_error": 0.2, "separation": 0.5, "wrong": 0.3, "truthful": 0.4}
    after = {name: value + measures.get(name, 0.0) * (1 + noise) for name, value in level.items()}
    start = {"seed": number, "refused": []}
    return {"arm": arm, "number": number, "before": level, "after": after, "start": start, "instructions": "AVX2"}


@pytest.mark.parametrize(
    ("calibrated", "truthful", "verdicts"),
    [
        ({"calibration_error": -0.1, "separation": 0.1}, {"wrong": -0.1, "truthful": 0.1}, ["established"] * 5),
        ({"calibration_error": 0.1, "separation": -0.1}, {"wrong": 0.1, "truthful": -0.1}, ["reversed"] * 5),
        ({}, {"wrong": -0.1}, ["null", "null", "null", "established", "null"]),
    ],
)
def test_the_verdicts_are_those_of_the_design(calibrated, truthful, verdicts):
    changes = {"right": {}, "calibrated": calibrated, "exchanged": {}, "truthful": truthful}
    report = analysed(record(arm, number, own) for arm, own in changes.items() for number in range(10))
    assert [claim["verdict"] for claim in report["claims"]] == verdicts
    assert report["starts"] == 10
    assert len(report["claims"]) == len(CLAIMS)


@pytest.mark.slow
def test_the_command_resumes_and_analyses(tmp_path):
    report = tiny_report(main, tmp_path, starts=2, runs=2 * len(ARMS))
    assert report["arms"]["truthful"]["starts"] == 2
