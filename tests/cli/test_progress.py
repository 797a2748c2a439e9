"""The bar of `semuq score`: pairs, pairs per second and time left on a terminal, nothing of it elsewhere."""

import importlib
import json
import os
import pty
import re
import subprocess
import sys

import numpy as np
import pytest
from rich.progress import Progress, TimeRemainingColumn
from typer.testing import CliRunner

from semuq import Entailment, ExactMatch, SampleSet, SentenceEntailment
from semuq.cli import app
from semuq.cli.watch import PairRate, Watch, WatchedClusters, watched
from semuq.testing import RELATION_LAWS
from tests.tiny import tiny

COMMAND = importlib.import_module("semuq.cli.score")  # the package has a function of that name
QUESTIONS, ANSWERS = 6, 4
PAIRS = QUESTIONS * ANSWERS * (ANSWERS - 1)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("SEMUQ_CACHE_DIR", str(tmp_path / "cache"))
    for part in tiny("bert"):
        part.save_pretrained(tmp_path / "model")
    return tmp_path / "model"


@pytest.fixture
def answers(tmp_path):
    path = tmp_path / "answers.jsonl"
    records = [
        {
            "id": f"q{index}",
            "prompt": f"Question {index}?",
            "texts": [f"answer {index} {step}" for step in range(ANSWERS)],
        }
        for index in range(QUESTIONS)
    ]
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


@pytest.fixture
def recorded(monkeypatch):
    """Every state of the bar, drawn or not: (completed, pairs, rate)."""
    states = []

    class Recording(Progress):
        def update(self, task_id, **changes):
            super().update(task_id, **changes)
            task = self.tasks[task_id]
            states.append((task.completed, task.fields.get("pairs", 0), task.fields.get("rate", 0.0)))

    monkeypatch.setattr(COMMAND, "Progress", Recording)
    return states


def score(*arguments):
    result = CliRunner().invoke(app, ["score", *map(str, arguments)])
    assert result.exit_code == 0, result.output
    return result


@pytest.mark.parametrize("window", [2, 32])
def test_the_bar_moves_inside_a_window_and_never_back(answers, folder, tmp_path, recorded, monkeypatch, window):
    # A forward pass for a pair or two, so that there is an inside.
    relation = Entailment(folder, token_budget=32)
    monkeypatch.setattr(COMMAND, "build_relation", lambda *_: relation)
    score(answers, "-o", tmp_path / "scores.jsonl", "--window", window)
    completed = [state[0] for state in recorded]
    assert completed == sorted(completed)
    assert completed[-1] == QUESTIONS
    assert any(value % 1 for value in completed)
    # Before the first window is written the bar has already moved.
    assert any(0 < value < min(window, QUESTIONS) for value in completed)
    pairs = [state[1] for state in recorded]
    assert pairs == sorted(pairs)
    assert pairs[-1] == PAIRS
    assert all(rate > 0 for _, done, rate in recorded if done)


def test_pairs_are_counted_without_matrices_and_from_the_cache(answers, folder, tmp_path, recorded):
    for name in ("cold", "warm"):
        recorded.clear()
        score(answers, "-o", tmp_path / f"{name}.jsonl", "--model", folder, "--no-matrices",
              "--estimators", "DiscreteSemanticEntropy")  # fmt: skip
        assert 0 < recorded[-1][1] <= PAIRS
        assert recorded[-1][0] == QUESTIONS


def test_other_relations_count_questions_only(answers, tmp_path, recorded):
    score(answers, "-o", tmp_path / "scores.jsonl", "--relation", "exact")
    assert recorded[-1][:2] == (QUESTIONS, 0)


def test_nothing_of_a_bar_is_written_where_nobody_looks(answers, folder, tmp_path):
    told = score(answers, "-o", tmp_path / "scores.jsonl", "--model", folder)
    assert "pairs/s" not in told.output
    assert told.stderr.strip() == f"{QUESTIONS} questions scored"


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a terminal to write to")
def test_a_terminal_shows_pairs_rate_and_time_left(answers, folder, tmp_path):
    outer, inner = pty.openpty()
    command = [sys.executable, "-m", "semuq", "score", answers, "-o", tmp_path / "scores.jsonl", "--model", folder]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "120", "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(list(map(str, command)), stderr=inner, stdout=subprocess.DEVNULL, env=environment) as process:
        os.close(inner)
        seen = b""
        while True:
            try:
                part = os.read(outer, 4096)
            except OSError:  # the other end is closed
                break
            if not part:
                break
            seen += part
    os.close(outer)
    assert process.returncode == 0, seen
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen.decode())
    assert re.search(rf"{PAIRS} pairs, [\d,.]+ pairs/s", text), text
    assert re.search(r"\d:\d\d:\d\d", text), text


@pytest.mark.parametrize(
    ("fields", "cell"),
    [
        ({}, ""),
        ({"pairs": 0, "rate": 0.0}, ""),
        ({"pairs": 12_345, "rate": 1_234.5}, "12,345 pairs, 1,234 pairs/s"),
        ({"pairs": 3, "rate": 0.25}, "3 pairs, 0.2 pairs/s"),
    ],
)
def test_the_cell_of_a_rate(fields, cell):
    with Progress(TimeRemainingColumn(), disable=True) as bar:
        bar.add_task("scoring", total=3, **fields)
        assert PairRate().render(bar.tasks[0]).plain == cell


@pytest.mark.parametrize("law", RELATION_LAWS, ids=lambda law: law.__name__)
@pytest.mark.filterwarnings("ignore:.*were compared as normalised text:UserWarning")
def test_a_watched_relation_is_the_relation(law):
    law(watched(Entailment(tiny("bert"), cache=False), Watch(lambda: None)), np.random.default_rng(0))


def test_a_watched_relation_clusters_and_supports_as_the_relation():
    relation = Entailment(tiny("bert"), cache=False)
    own = watched(relation, Watch(lambda: None))
    assert isinstance(own, WatchedClusters)
    samples = SampleSet(prompt="?", texts=("paris", "lyon", "it is paris"))
    assert own.identity == relation.identity
    np.testing.assert_array_equal(own.cluster(samples)[0], relation.cluster(samples)[0])
    first, second = (item.support([samples], [("a city",)])[0].entailment for item in (own, relation))
    np.testing.assert_array_equal(first, second)


def test_long_answers_compared_by_sentences_move_the_bar_too():
    told = []
    watch = Watch(lambda: told.append(watch.pairs))
    relation = watched(SentenceEntailment(Entailment(tiny("bert"), cache=False, token_budget=32)), watch)
    samples = SampleSet(prompt="?", texts=("It is paris. A city.", "It is lyon. A city. Not paris.", "No."))
    scores = relation.compare(samples)[0]
    np.testing.assert_array_equal(scores.entailment, relation.relation.compare(samples)[0].entailment)
    assert told == sorted(told)
    assert len(set(told)) > 2
    assert told[-1] == 6, "pairs of answers, not of sentences"
    assert watched(ExactMatch(), watch) == ExactMatch()
