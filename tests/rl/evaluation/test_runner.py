"""The runner over a generator that knows some answers: resuming, refusing, grading."""

import json

import pytest

from semuq.errors import InvalidParameter
from semuq_rl.evaluation import Completion, Settings, evaluate, plan
from semuq_rl.evaluation.runner import read_rows
from semuq_rl.tasks.maths import load_set

pytest.importorskip("math_verify", reason="graders need math-verify (pip install 'semuq[maths]')")


class Knows:
    """Answers every problem rightly but those whose place is odd; counts the prompts it saw."""

    identity = "knows/1"

    def __init__(self, fail_after=None):
        self.seen = []
        self.fail_after = fail_after

    def generate(self, prompts, *, n, decoding, stop=()):
        if self.fail_after is not None and len(self.seen) >= self.fail_after:
            raise KeyboardInterrupt
        self.seen += prompts
        return [[self.answer(prompt)] * n for prompt in prompts]

    def answer(self, prompt):
        problems = load_set("aime24")
        place = next(p for p, own in enumerate(problems) if own.problem in prompt)
        text = problems[place].references[0] if place % 2 == 0 else "-1"
        return Completion(text=rf"so \boxed{{{text}}}", tokens=7, finished=True)


SETTINGS = Settings(sets=("aime24",), limit=6)


def test_rows_say_what_was_answered_and_whether_it_is_right(tmp_path):
    rows = evaluate(Knows(), SETTINGS, tmp_path / "out.jsonl")
    assert [row["right"] for row in rows] == [[True], [False]] * 3
    assert rows[1]["answers"] == ["-1"]
    assert rows[0]["references"] == list(load_set("aime24")[0].references)
    assert (rows[0]["tokens"], rows[0]["finished"]) == ([7], [True])


def test_the_prompt_is_the_template_around_the_problem(tmp_path):
    generator = Knows()
    evaluate(generator, SETTINGS, tmp_path / "out.jsonl")
    assert generator.seen[0].startswith("<|im_start|>system\nPlease reason step by step")
    assert generator.seen[0].endswith("<|im_start|>assistant\n")


def test_an_interrupted_run_goes_on_and_ends_with_the_same_file(tmp_path):
    whole, broken = tmp_path / "whole.jsonl", tmp_path / "broken.jsonl"
    evaluate(Knows(), SETTINGS, whole, chunk=2)
    with pytest.raises(KeyboardInterrupt):
        evaluate(Knows(fail_after=4), SETTINGS, broken, chunk=2)
    assert len(read_rows(broken)) == 4
    generator, calls = Knows(), []
    evaluate(generator, SETTINGS, broken, chunk=2, progress=lambda *counts: calls.append(counts))
    assert len(generator.seen) == 2
    assert calls == [(6, 6)]
    assert broken.read_text() == whole.read_text()


def test_a_line_that_a_kill_cut_off_is_done_again(tmp_path):
    output = tmp_path / "out.jsonl"
    rows = evaluate(Knows(), SETTINGS, output)
    output.write_bytes(output.read_bytes()[:-40])
    generator = Knows()
    assert evaluate(generator, SETTINGS, output) == rows
    assert len(generator.seen) == 1


def test_a_file_cut_off_in_its_first_line_is_begun_anew(tmp_path):
    output = tmp_path / "out.jsonl"
    output.write_text('{"settings": {"gener')
    assert len(evaluate(Knows(), SETTINGS, output)) == 6


def test_more_problems_are_added_to_what_is_done(tmp_path):
    output = tmp_path / "out.jsonl"
    evaluate(Knows(), SETTINGS, output)
    generator = Knows()
    assert len(evaluate(generator, Settings(sets=("aime24",), limit=8), output)) == 8
    assert len(generator.seen) == 2
    assert len(evaluate(Knows(), SETTINGS, output)) == 6


def test_results_of_other_settings_are_not_mixed(tmp_path):
    output = tmp_path / "out.jsonl"
    evaluate(Knows(), SETTINGS, output)
    with pytest.raises(
        InvalidParameter, match="holds results with max_tokens=3000, this run has 100; pass another file"
    ):
        evaluate(Knows(), Settings(sets=("aime24",), limit=6, max_tokens=100), output)
    other = Knows()
    other.identity = "knows/2"
    with pytest.raises(InvalidParameter, match="holds results with generator='knows/1', this run has 'knows/2'"):
        evaluate(other, SETTINGS, output)


def test_another_kind_of_file_is_not_written_to(tmp_path):
    output = tmp_path / "out.jsonl"
    output.write_text("dear diary\n")
    with pytest.raises(InvalidParameter, match=r"is not a file of results .*; pass another file, or --restart"):
        evaluate(Knows(), SETTINGS, output)
    assert output.read_text() == "dear diary\n"


def test_the_plan_knows_what_is_done(tmp_path):
    output = tmp_path / "out.jsonl"
    assert len(list(plan(SETTINGS, output).open())) == 6
    evaluate(Knows(), Settings(sets=("aime24",), limit=4), output)
    assert [problem.id for _, problem in plan(SETTINGS, output).open()] == ["aime24-4", "aime24-5"]


def test_the_file_is_one_json_object_per_line(tmp_path):
    evaluate(Knows(), SETTINGS, tmp_path / "out.jsonl")
    first, *rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert first["settings"]["template"] == "qwen_math"
    assert len(rows) == 6


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sets": ()}, "^sets: expected one or more different names"),
        ({"sets": ("amc", "amc")}, "^sets: expected one or more different names"),
        ({"sets": ("amc",), "template": "x"}, "^template: expected one of"),
        ({"sets": ("amc",), "n": 2}, "^n: expected 1 with temperature=0"),
        ({"sets": ("amc",), "max_tokens": 0}, "max_new_tokens: expected a whole number >= 1"),
    ],
)
def test_settings_refuse(options, message):
    with pytest.raises(InvalidParameter, match=message):
        Settings(**options)
