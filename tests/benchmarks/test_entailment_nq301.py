"""Judged answers of NQ-301: which questions are used, and whose belief belongs to which answer."""

import csv
import json

import pytest

from benchmarks.entailment_model import nq301
from benchmarks.entailment_model.example import digest

SEEN, FIRST, SECOND = "who wrote emma", "where is graz", "what is said"
ROWS = [  # question, answer, people, BEM's two golden answers, GPT-4
    (FIRST, "Austria", "Yes", [[0.2, 0.8], [0.9, 0.1]], "Yes"),
    (SEEN, "Austen", "Yes", [[0.1, 0.9]], "Yes"),
    (SECOND, '"Hello," he said', "No", [[0.7, 0.3]], ""),
    (FIRST, "Styria", "No", [[0.6, 0.4], [0.5, 0.5]], "No"),
    (FIRST, " ", "No", [[0.6, 0.4], [0.5, 0.5]], "No"),
]


@pytest.fixture
def read(tmp_path):
    data = tmp_path / "clone" / "data"
    (data / "model_outputs").mkdir(parents=True)
    golden = {FIRST: ["Austria", "in Austria"], SEEN: ["Jane Austen"], SECOND: ["hello"]}
    lines = [json.dumps({"question": text, "answer": answers}) + "\n" for text, answers in golden.items()]
    (data / nq301.GOLDEN).write_text("".join(lines), encoding="utf-8")
    kept = {"human": lambda row: row[2], "BEM": lambda row: "No", "gpt-4": lambda row: row[4]}
    for name, verdict in kept.items():
        with (data / f"NQ301_{name}.tsv").open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file, delimiter="\t")
            table.writerow(["Question", "Model answer", "Acceptable?", "BEM probs per gold answer"])
            table.writerows([row[0], row[1], verdict(row), json.dumps(row[3])] for row in ROWS)
    return nq301.unseen(tmp_path / "clone", {digest(SEEN)})


def test_trained_questions_and_empty_answers_are_left_out(read):
    questions, _ = read
    assert [(q.text, q.golden, q.answers) for q in questions] == [
        (FIRST, ("Austria", "in Austria"), (("Austria", True), ("Styria", False))),
        (SECOND, ("hello",), (('"Hello," he said', False),)),
    ]


def test_other_judges_stand_by_the_answers_they_judged(read):
    _, others = read
    assert others["BEM"].tolist() == [0.8, 0.5, 0.3]
    assert others["GPT-4"].tolist() == [1.0, 0.0, 0.5]
