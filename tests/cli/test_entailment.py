"""The commands with an entailment model: a tiny one from a folder, and none where there should be one."""

import json

import pytest
from typer.testing import CliRunner

from semuq import Entailment, SampleSet
from semuq.cli import app
from semuq.scoring import score_stream
from semuq.scoring.record import read_scores
from tests.tiny import tiny

RECORD = {
    "id": "q",
    "prompt": "Capital of France?",
    "texts": ["Paris", "It is Paris", "Lyon"],
    "token_logprobs": [[-0.1], [-0.4, -0.2], [-2.0]],
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("SEMUQ_CACHE_DIR", str(tmp_path / "cache"))
    for part in tiny("bert"):
        part.save_pretrained(tmp_path / "model")
    return tmp_path / "model"


@pytest.fixture
def answers(tmp_path):
    path = tmp_path / "answers.jsonl"
    path.write_text(json.dumps(RECORD) + "\n")
    return path


def score(*arguments):
    return CliRunner().invoke(app, ["score", *map(str, arguments)])


@pytest.mark.parametrize("context", ["question", "none"])
def test_a_model_from_a_folder_gives_the_scores_of_the_library(folder, answers, tmp_path, context):
    result = score(answers, "-o", tmp_path / "scores.jsonl", "--model", folder, "--context", context)
    assert result.exit_code == 0, result.stderr
    (written,) = read_scores(tmp_path / "scores.jsonl")
    relation = Entailment(str(folder), context=context, cache=False)
    (expected,) = score_stream([SampleSet.from_dict(RECORD)], None, relation)
    assert written.scores == pytest.approx(dict(expected.scores), abs=1e-6)
    assert written.relation == relation.identity
    assert f"context={context}" in written.relation


def test_clusters_are_the_same_with_and_without_the_matrices(folder, answers, tmp_path):
    for name, more in (("with", []), ("without", ["--no-matrices"])):
        given = [answers, "-o", tmp_path / name, "--model", folder, "--estimators", "SemanticEntropy", *more]
        assert score(*given).exit_code == 0
    (full,), (lean,) = read_scores(tmp_path / "with"), read_scores(tmp_path / "without")
    assert lean.relation_scores is None
    assert (lean.clusters, dict(lean.scores)) == (full.clusters, dict(full.scores))
    assert list(full.scores) == ["SemanticEntropy"]


def test_another_context_counts_as_other_settings(folder, answers, tmp_path):
    output = tmp_path / "scores.jsonl"
    assert score(answers, "-o", output, "--model", folder).exit_code == 0
    result = score(answers, "-o", output, "--model", folder, "--context", "none")
    assert result.exit_code == 1
    assert "scored with other settings" in result.stderr


def test_a_model_that_is_not_there_is_one_line_and_leaves_no_output(answers, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    (tmp_path / "empty").mkdir()
    result = score(answers, "-o", tmp_path / "scores.jsonl", "--model", tmp_path / "empty")
    assert result.exit_code == 1
    assert "Traceback" not in result.stderr
    assert "empty" in result.stderr
    assert not (tmp_path / "scores.jsonl").exists()
