"""The tasks: problems are sound and reproducible, splits never meet, graders tell right from wrong."""

from __future__ import annotations

from fractions import Fraction
from itertools import islice, pairwise

import numpy as np
import pytest

from semuq.errors import InvalidParameter
from semuq_rl.tasks import TASKS, Addition, Countdown, ModularChain
from semuq_rl.tasks.countdown import evaluate

EVERY = pytest.mark.parametrize("task", [kind() for kind in TASKS.values()], ids=lambda task: task.name)


@EVERY
def test_demonstrations_are_right_and_fit(task):
    problems = task.problems(200, seed=0)
    assert all(task.right(problem, problem.demonstration) for problem in problems)
    assert max(len(problem.demonstration) for problem in problems) < task.max_tokens
    assert {character for problem in problems for character in problem.prompt + problem.demonstration} <= set(
        task.alphabet
    )
    assert len({problem.prompt for problem in problems}) == 200


@pytest.mark.parametrize("task", [Addition(), ModularChain(), Countdown()], ids=lambda task: task.name)
def test_levels_are_graded_and_equally_frequent(task):
    levels = [problem.level for problem in islice(task.stream(3), 600)]
    shares = [levels.count(level) / 600 for level in set(levels)]
    assert len(shares) > 1
    assert min(shares) > 0.6 * max(shares)


@EVERY
def test_the_same_seed_gives_the_same_problems_and_splits_never_meet(task):
    train, again, other = task.problems(200, 0), task.problems(200, 0), task.problems(200, 1)
    held_out = task.problems(100, 0, "held-out")
    assert train == again
    assert train != other
    assert not {problem.prompt for problem in train + other} & {problem.prompt for problem in held_out}


@EVERY
@pytest.mark.parametrize("text", ["", "?", "0", "((((((((((((((((((((((((1", "9" * 5000, ">", "\u0663"])
def test_no_completion_breaks_a_grader(task, text):
    (problem,) = task.problems(1, 0)
    assert task.right(problem, text) is False


@EVERY
def test_a_wrong_answer_is_wrong(task):
    problems = task.problems(50, 0)
    for problem, other in pairwise(problems):
        if problem.answer != other.answer:
            assert not task.right(problem, other.demonstration) or task.name == "countdown"


def test_addition_agrees_with_python_and_reads_the_digits_only():
    task = Addition(columns=5)
    rng = np.random.default_rng(0)
    for _ in range(300):
        problem = task.draw(rng)
        columns = problem.prompt.removesuffix("=")
        a, b = int(columns[0::2][::-1]), int(columns[1::2][::-1])
        assert problem.answer == str(a + b)
        assert problem.level == len(str(a))
    # A wrong carry on the way is a step and not the answer; the last carry is a digit of the answer.
    assert Addition(columns=2).answer("2031") == "132"
    assert Addition(columns=2).answer("2130") == "32"
    assert Addition(columns=2).answer("21301") is None


def test_modular_chains_agree_with_python():
    task = ModularChain(modulus=11, operations=4)
    rng = np.random.default_rng(0)
    letters = "abcdefghijk"
    for _ in range(300):
        problem = task.draw(rng)
        value = letters.index(problem.prompt[0])
        for sign, letter in zip(problem.prompt[1:-1:2], problem.prompt[2:-1:2], strict=True):
            x = letters.index(letter)
            value = {"+": value + x, "-": value - x, "*": value * x}[sign] % 11
        assert problem.answer == letters[value]


@pytest.mark.parametrize("task", [Addition(slips=0.6), ModularChain(slips=0.6)], ids=lambda task: task.name)
def test_a_teacher_that_slips_is_sometimes_wrong_and_the_checker_never(task):
    problems = task.problems(400, 0)
    shown_right = np.mean([task.right(problem, problem.demonstration) for problem in problems])
    assert 0.25 < shown_right < 0.65
    never = {problem.prompt: problem.answer for problem in type(task)().problems(400, 0)}
    assert all(never.get(problem.prompt, problem.answer) == problem.answer for problem in problems)


def test_countdown_takes_every_right_expression_and_no_other():
    task = Countdown()
    (problem,) = [p for p in task.problems(300, 0) if p.level == 3][:1]
    assert task.right(problem, problem.demonstration)
    shown, _, target = problem.prompt.rstrip(":").partition(">")
    assert not task.right(problem, target)  # reaches the target without the numbers
    assert not task.right(problem, "+".join([*shown.split(","), "0"]))
    assert not task.right(problem, f"{problem.demonstration}+0")


@pytest.mark.parametrize(
    ("text", "value"),
    [("1+2*3", 7), ("(1+2)*3", 9), ("8-3-2", 3), ("8/4/2", 1), ("7/2", Fraction(7, 2)), ("((4))", 4)],
)
def test_expressions_have_the_value_of_school(text, value):
    assert evaluate(text) == value


@pytest.mark.parametrize("text", ["1/0", "1+", "()", "1 + 1", "2**3", "-1", "1)(", "a", "__import__('os')", "(" * 99])
def test_what_is_no_expression_has_no_value(text):
    assert evaluate(text) is None


def test_bad_parameters_are_named():
    with pytest.raises(InvalidParameter, match=r"^addition\.columns: expected a number in \[1, 12\], got 0"):
        Addition(columns=0)
    with pytest.raises(InvalidParameter, match=r"^modular\.modulus: expected a number in \[2, 26\], got 27"):
        ModularChain(modulus=27)
    with pytest.raises(InvalidParameter, match=r"^countdown\.most: "):
        Countdown(least=3, most=2)
    with pytest.raises(InvalidParameter, match=r"^split: expected one of"):
        next(Addition().stream(0, "test"))
    with pytest.raises(InvalidParameter, match=r"expected 100 different problems .train., found"):
        Addition(columns=1).problems(100, 0)
