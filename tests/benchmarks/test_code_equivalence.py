"""The experiment on code: the same problems for every number of them, and figures that are those of the records."""

import json

import numpy as np
import pytest

from benchmarks.code_equivalence import page
from benchmarks.code_equivalence.__main__ import PLANNED, RESULT, records_of
from benchmarks.code_equivalence.arms import inputs_of_tests
from benchmarks.code_equivalence.problems import problems
from benchmarks.code_equivalence.sampling import second_prompt
from benchmarks.code_equivalence.syntax import SameSyntax, form
from benchmarks.code_equivalence.tables import LEAK, MAIN, MUTUAL, abstention, figures, verdict
from semuq import SampleSet
from semuq.metrics import auroc
from semuq.relations.code import entry_point_of, typed_inputs

NAMES = (
    *("K, behaviour", MAIN, "SE, behaviour", "H, exact text", "H, syntax", "H, embedding", "H, entailment"),
    *("log-prob of the answers", "log-prob of the greedy answer"),
)
STUB = "def f(n: int) -> int:\n    'A number.'\n"


def test_any_number_of_problems_is_two_parts_to_one():
    every = problems()
    assert len(every) == 397 + 161
    assert problems(30) == every[:30]
    assert sum(own.set == "mbpp" for own in problems(300)) == 200
    assert len({own.id for own in every}) == len(every)


def test_inputs_come_from_the_stub_and_for_nearly_every_problem():
    every = problems(120)
    for own in every:
        assert entry_point_of(own.prompt) == own.entry_point
        assert typed_inputs(own.prompt, entry_point=own.entry_point)
    assert inputs_of_tests(every[0])


def test_equal_trees_are_equal_whatever_the_names_and_remarks():
    texts = (
        "total = n\n    return total",
        "x = n  # the number\n    return x",
        "    x = n\n    return x",
        "return n",
        "no program (",
        "no program (",
    )
    same = SameSyntax().compare(SampleSet(prompt=STUB, texts=texts))[0].equivalence()
    assert same.astype(int).tolist() == [
        *([[1, 1, 1, 0, 0, 0]] * 3),
        [0, 0, 0, 1, 0, 0],
        *([[0, 0, 0, 0, 1, 1]] * 2),
    ]
    assert form("return abs(n)", STUB) != form("return len(n)", STUB)


def test_the_second_prompt_is_a_stub_behind_an_answer():
    problem = problems(1)[0]
    prompt = second_prompt(problem, "return 1")
    assert prompt.endswith(problem.prompt)
    assert prompt.count(problem.prompt) == 2
    assert "    return 1\n" in prompt


def records(n=60, seed=0, leak=True, strength=1.0):
    rng = np.random.default_rng(seed)
    found = []
    for number in range(n):
        right = bool(rng.random() < 0.6)
        scores = {name: round(float(rng.random()), 3) for name in NAMES}
        scores[MAIN] = scores["K, behaviour"] = scores["SE, behaviour"] = round(
            float(rng.random()) - strength * right, 3
        )
        if leak and number % 3:
            scores[LEAK] = scores[MAIN]
        if number < 20:
            scores[MUTUAL] = 0.0
        clusters = [0, 0, 1, 1, *range(2, 8)]
        answers = [right, right, right, not right, *[False] * 6]
        found.append(
            {"id": str(number), "set": "mbpp" if number % 3 else "humaneval", "right": answers, "greedy_right": right}
            | {"largest_right": right, "clusters": clusters, "invalid": 1, "undecided": 0, "inputs": 40, "truncated": 0}
            | {"scores": scores, "seconds": 2.0, "announced": [number < 6] * 10, "greedy_announced": number < 6}
        )
    return found


@pytest.fixture(scope="module")
def made():
    """Records and their figures, made once."""
    rows = records()
    return rows, figures(rows)


def test_figures_are_those_of_the_records(made):
    rows, found = made
    right = [row["greedy_right"] for row in rows]
    arm = found["greedy"]["arms"]["H, exact text"]
    assert arm["auroc"]["value"] == pytest.approx(
        auroc([row["scores"]["H, exact text"] for row in rows], right), abs=1e-4
    )
    assert arm["less"]["value"] == pytest.approx(
        arm["auroc"]["value"] - found["greedy"]["arms"][MAIN]["auroc"]["value"], abs=2e-4
    )
    assert found["pass_at_1"]["greedy"]["value"] == pytest.approx(np.mean(right), abs=1e-4)
    assert found["clusters"]["K"] == [0, 0, 0, 0, 0, 0, 0, 60, 0, 0]
    assert (found["clusters"]["of_several"], found["clusters"]["mixing_right_and_wrong"]) == (120, 60)
    assert found["greedy"][LEAK]["problems"] == 40
    assert found["greedy"][MUTUAL]["problems"] == 20
    assert found["verdict"] == verdict(found) == "reproduced"


def test_noise_is_a_null_and_a_shut_gate_concludes_nothing(made):
    assert figures(records(strength=0.0))["verdict"].startswith("null")
    shut = {**made[1], "gate": {**made[1]["gate"], "all": {"open": False}}}
    assert verdict(shut) == "the gate stays shut: no conclusion"


def test_abstention_keeps_to_what_is_held_out():
    rng = np.random.default_rng(0)
    right = rng.random(400) < 0.7
    known = abstention(np.where(right, 0.0, 1.0), right)
    assert known["promised"]["error"] == known["plain"]["error"] == 0.0
    assert known["plain"]["answered"] == pytest.approx(right.mean(), abs=0.01)
    blind = abstention(rng.random(400), right)
    assert blind["promised"] == {"answered": 0.0, "error": None}


def test_the_page_shows_every_arm_and_says_what_was_not_run(made, tmp_path, monkeypatch):
    monkeypatch.setattr(page, "PAGE", tmp_path / "page.md")
    found = {**made[1], "greedy": {name: own for name, own in made[1]["greedy"].items() if name != MUTUAL}}
    page.write_page({"models": {"m": {**found, "planned": 300}}, "not_run": ["other"]})
    text = page.PAGE.read_text()
    assert all(f"| {name} |" in text for name in NAMES if name != MAIN)
    assert "**60 problems of 300 planned**" in text
    assert "Planned and not run: `other`" in text
    assert "was planned on the first problems and not run" in text


@pytest.mark.slow  # the intervals of every arm again
@pytest.mark.skipif(not RESULT.is_file(), reason="the results are written by the run")
def test_the_committed_figures_are_those_of_the_committed_answers():
    kept = json.loads(RESULT.read_text())
    for name in kept["models"]:
        again = figures(records_of(name))
        assert {key: value for key, value in kept["models"][name].items() if key in again} == json.loads(
            json.dumps(again)
        )
        assert kept["models"][name]["planned"] == PLANNED[name]
