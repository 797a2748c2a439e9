"""Rewards over wordings put to a test: wordings mean one sum, arms pay what they say, verdicts are the design's."""

from itertools import islice

import numpy as np
import pytest

from benchmarks.rl_wordings.__main__ import main
from benchmarks.rl_wordings.analysis import analysed
from benchmarks.rl_wordings.arms import EXPLORATORY, REGISTERED, agreement, rewards
from benchmarks.rl_wordings.measure import described, divergence
from benchmarks.rl_wordings.task import WORDINGS, Demonstrated, WordedAddition, wordings
from semuq_rl.runs.tiny import character_tokenizer, tiny_llama
from semuq_rl.tasks.base import split_of
from tests.benchmarks.command import tiny_report

TASK = WordedAddition(columns=2, slips=0.5)


def sums(prompt):
    """The two numbers of a prompt in any wording."""
    digits = prompt[:-1]
    one, other = digits.split("+") if "+" in digits else (digits[0::2], digits[1::2])
    return int(one[::-1]), int(other[::-1])


def test_the_wordings_of_a_sum_differ_and_mean_it():
    for problem in islice(TASK.stream(0), 200):
        own = wordings(problem)
        assert len(set(own)) == WORDINGS
        assert {frozenset(sums(prompt)) for prompt in own} == {frozenset(sums(problem.prompt))}
        assert sum(sums(own[3])) == int(problem.answer)
        assert all(set(prompt) <= set(TASK.alphabet) for prompt in own)


def test_a_sum_is_held_out_in_all_its_wordings():
    trained = {frozenset(sums(p.prompt)) for p in islice(Demonstrated(columns=2).stream(0), 2000)}
    held_out = TASK.problems(200, 1, "held-out")
    assert all(split_of(problem.prompt) == "held-out" for problem in held_out)
    assert not trained & {frozenset(sums(problem.prompt)) for problem in held_out}


def test_the_first_wording_is_shown_as_often_as_it_says():
    shown = list(islice(Demonstrated(columns=2, common=0.4).stream(0), 4000))
    first = np.mean(["+" not in p.prompt and sums(p.prompt)[0] < sums(p.prompt)[1] for p in shown])
    assert first == pytest.approx(0.4, abs=0.03)


def test_every_arm_pays_what_it_says():
    problem = next(TASK.stream(0))
    right = problem.demonstration if TASK.right(problem, problem.demonstration) else None
    right = right or TASK.demonstrate(*sums(problem.prompt))
    completions = [right, right, right, "9"]
    columns = {"question": [0] * WORDINGS}
    paid = {}
    for arm in (*REGISTERED, *EXPLORATORY):
        functions, weights = rewards(arm, TASK, [problem])
        each = [own(prompts=list(wordings(problem)), completions=completions, **columns) for own in functions]
        paid[arm] = np.array(weights) @ np.array(each)
    np.testing.assert_array_equal(paid["right"], [1, 1, 1, 0])
    np.testing.assert_allclose(paid["agreement"], [2 / 3, 2 / 3, 2 / 3, 0])
    np.testing.assert_allclose(paid["agreement if right"], paid["agreement"] * paid["right"])
    np.testing.assert_allclose(paid["right and information"], paid["right"] + 0.5 * paid["information"])
    np.testing.assert_allclose(paid["stability"], [2 / 3, 2 / 3, 2 / 3, 0])


def test_agreement_and_descriptions():
    assert agreement([None, None]).sum() == 0
    np.testing.assert_array_equal(agreement(["1", "1", "1"]), 1.0)
    problems = TASK.problems(2, 0)
    right = [[TASK.demonstrate(*sums(problem.prompt))] * WORDINGS for problem in problems]
    found = described(TASK, problems, right)
    assert (found["accuracy"], found["agreement"], found["entropy_gap"], found["unread"]) == (1, 1, 0, 0)
    found = described(TASK, problems, [["0000", "", "1234", "12"]] * 2)
    assert (found["unread"], found["length"]) == (0.5, 2.5)


def test_divergence_is_zero_from_itself_and_positive_from_another():
    tokenizer = character_tokenizer(TASK.alphabet)
    one, other = (tiny_llama(tokenizer, seed=seed, hidden=16, layers=1, heads=2) for seed in (0, 1))
    pairs = [("7548=", "2131"), ("74+58=", "21")]
    assert divergence(one, one, tokenizer, pairs) == 0
    assert divergence(one, other, tokenizer, pairs) > 0


def record(arm, number, gap, agreed, accuracy):
    before = dict.fromkeys(("accuracy", "agreement", "entropy_gap", "entropy", "length", "distinct", "unread"), 0.3)
    before["divergence"] = 0.0
    noise = np.random.default_rng(number).normal(0, 0.002)
    after = before | {"entropy_gap": 0.3 + gap, "agreement": 0.3 + agreed + noise, "accuracy": 0.3 + accuracy + noise}
    start = {"seed": number, "refused": []}
    return {"arm": arm, "number": number, "before": before, "after": after, "start": start, "instructions": "AVX2"}


@pytest.mark.parametrize(
    ("gap", "agreed", "accuracy", "claim", "gain", "hack"),
    [
        (-0.1, 0.2, 0.1, "reproduced", "yes", "no"),
        (-0.1, 0.2, -0.1, "reproduced", "agreement rises, accuracy falls", "yes"),
        (-0.1, 0.0, 0.0, "reproduced", "agreement does not rise", "yes"),
        (0.1, -0.2, 0.0, "reversed", "agreement falls", "gap does not fall"),
    ],
)
def test_the_verdicts_are_those_of_the_design(gap, agreed, accuracy, claim, gain, hack):
    changes = {"right": (0.0, 0.1, 0.2), "information": (gap, agreed, accuracy), "agreement": (0.0, 0.3, 0.0)}
    report = analysed(record(arm, number, *change) for arm, change in changes.items() for number in range(4))
    assert report["starts"] == 4
    assert report["verdicts"]["narrower_gap"] == claim
    assert report["verdicts"]["agreement_without_loss"]["information"] == gain
    assert report["verdicts"]["hack"]["information"] == hack
    assert report["arms"]["agreement"]["less_right"]["agreement"][0] == pytest.approx(0.2)


@pytest.mark.slow
def test_the_command_resumes_and_analyses(tmp_path):
    report = tiny_report(main, tmp_path, starts=1, runs=len(REGISTERED) + len(EXPLORATORY))
    assert report["arms"]["right"]["starts"] == 1
