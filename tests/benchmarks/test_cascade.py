"""`python -m benchmarks.cascade` in small: what it counts is what the cascade does."""

import json
import sys

import numpy as np
import pytest

import benchmarks.cascade.__main__ as command
from benchmarks.cascade.students import student
from semuq import Cascade, Entailment, SampleSet


def test_many_fits_count_what_breaks_the_promise(monkeypatch):
    """A small model that is always wrong: the large one has to answer nine in ten of what it is asked."""
    monkeypatch.setattr(command, "DRAWS", 80)
    rng = np.random.default_rng(0)
    pool = [command.Known(rng.uniform(0.9, 0.999, 6), np.ones(6, bool)) for _ in range(command.FITTING + 50)]
    found = command.broken(pool, 0.9, "pair")
    # One in twenty by the promise, and some more as the rest of the pool is small.
    assert 0 < found["below"] < 0.12 * command.DRAWS
    assert found["agreement"]["mean"] == pytest.approx(found["share"]["mean"])
    assert 0.9 < found["share"]["mean"] < 0.95
    right = [command.Known(own.margins, np.zeros(6, bool)) for own in pool]
    assert command.broken(right, 0.9, "question")["share"]["max"] == 0


@pytest.mark.slow
def test_the_whole_of_it_on_a_few_questions(tmp_path, monkeypatch):
    few = command.questions()[:26]
    small = {"TEACHING": 6, "FITTING": 12, "TIMED": 1, "REPEATS": 1, "DEPTHS": (1,), "WANTED": (("pair", 0.7),)}
    for name, value in {**small, "DRAWS": 3, "CONFIDENCE": 0.9, "RESULTS": tmp_path / "cascade.json"}.items():
        monkeypatch.setattr(command, name, value)
    monkeypatch.setattr(command, "questions", lambda: few)
    monkeypatch.setattr(sys, "argv", ["cascade"])
    command.main()
    found = json.loads((tmp_path / "cascade.json").read_text())
    (run,) = found["runs"]
    assert found["questions"] == {"teaching": 6, "fitting": 12, "held_out": 8, "timed": 1}
    assert 0 <= run["guarantee"]["share"] <= 1
    assert run["guarantee"]["questions"] <= 12
    assert 0 < run["small_time_over_large"]["compare"]["median"] < 1


def test_what_is_known_of_a_question_is_what_the_cascade_sees():
    questions = [
        SampleSet(prompt="?", texts=("Paris", "Lyon", "Paris", "It is Paris.")),
        SampleSet(prompt="?", texts=("a",)),
    ]
    teacher = command.model(None, False)
    cascade = Cascade(command.model(student(1, questions, teacher), False), teacher, threshold=0.5)
    (own,) = command.known(cascade, questions)
    assert len(own.margins) == len(own.differs) == 6
    report = cascade.compare_with_report(questions)[1]
    assert report.large.pairs == int((own.margins <= 0.5).sum())
    assert isinstance(cascade.small, Entailment)
