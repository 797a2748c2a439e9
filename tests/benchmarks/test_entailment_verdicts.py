"""What is counted when the guard is measured on answers whose relation is known."""

import gzip
import json

import pytest

from benchmarks.entailment_model import verdicts
from benchmarks.entailment_model.evouna import Question


@pytest.fixture
def data(tmp_path):
    golden = {
        "triviaqa": [["8", "eight", "9"], ["Skylab Q"], ["東京"]],
        "popqa": [["Lionel Messi", "Cristiano Ronaldo"]],
    }
    (tmp_path / "tasks").mkdir()
    for name, rows in golden.items():
        with gzip.open(tmp_path / "tasks" / f"{name}_sub_test.jsonl.gz", "wt", encoding="utf-8") as file:
            file.writelines(json.dumps({"golden_answers": row}) + "\n" for row in rows)
    return tmp_path


def test_every_judged_answer_is_counted_once():
    question = Question(
        text="How many?",
        dataset="made",
        golden=("8", "9"),
        answers=(("eight", True), ("9.", False), ("10", False), ("10", True), ("some", True)),
    )
    assert verdicts.on_judged_answers([question], lambda own: list(own.golden)) == {
        "agree, judged right": 1,
        "agree, judged wrong": 1,
        "conflict, judged right": 1,
        "conflict, judged wrong": 1,
        "open, judged right": 1,
    }


def test_aliases_are_compared_within_a_question_and_strangers_across(data):
    counts = verdicts.on_aliases(data, strangers=500)
    assert counts["of one question"] == {"agree": 1, "conflict": 2, "open": 1}
    assert counts["of two questions"] == {"open": 500}  # numbers and names: nothing to be said
    assert counts["of two questions, agreed"] == []


def test_an_agreement_of_strangers_is_named(data):
    with gzip.open(data / "tasks" / "popqa_sub_test.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write(json.dumps({"golden_answers": ["eight!"]}) + "\n")
    assert verdicts.on_aliases(data, strangers=500)["of two questions, agreed"] == ["8 = eight!", "eight = eight!"]
