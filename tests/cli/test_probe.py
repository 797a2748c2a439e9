"""`semuq probe fit`: from answers with hidden states to a probe that scores them, on the command line."""

import dataclasses
import json

import numpy as np
import pytest
from typer.testing import CliRunner

from semuq import SampleSet, read_samples, write_samples
from semuq.cli import app
from semuq.fitted.probes import LinearProbe


def run(*arguments):
    return CliRunner().invoke(app, [str(own) for own in arguments])


@pytest.fixture
def answers(tmp_path):
    """Forty questions whose states say how the answers scatter and which are wrong."""
    rng = np.random.default_rng(0)
    batch = []
    for number in range(40):
        torn = number % 2
        texts = tuple(f"answer {rng.integers(0, 4) if torn else 0}" for _ in range(4))
        means = [[4.0 * torn, 5.0 * (text != "answer 0"), 0.0] for text in texts]
        references = ("answer 0",)
        states = rng.normal(means)
        batch.append(SampleSet(prompt=f"Question {number}?", texts=texts, hidden_states=states, references=references))
    path = tmp_path / "answers.jsonl"
    write_samples(path, batch)
    return path


@pytest.mark.parametrize(("target", "estimator"), [("entropy", "SemanticEntropyProbe"), ("wrong", "CorrectnessProbe")])
def test_a_probe_is_fitted_and_scores(answers, tmp_path, target, estimator):
    path = tmp_path / "probe.safetensors"
    result = run("probe", "fit", answers, "-o", path, "--target", target, "--relation", "exact")
    assert result.exit_code == 0, result.stderr
    assert "40 questions, 160 answers" in result.stderr
    assert float(result.stderr.split("AUROC ")[1].split()[0]) > 0.9
    assert LinearProbe.load(path).target == target
    scored = run("score", answers, "--estimators", f'{estimator}(probe="{path}")', "--relation", "exact")
    assert scored.exit_code == 0, scored.stderr
    scores = [next(iter(json.loads(line)["scores"].values())) for line in scored.stdout.splitlines()]
    assert np.mean(scores[1::2]) > np.mean(scores[::2]) + 0.2


def test_grades_in_the_metadata_teach_what_the_references_do(answers, tmp_path):
    batch = [  # a table with a row for each answer brings the second name
        dataclasses.replace(
            own, references=(), metadata={("grades", "correct")[place % 2]: [text == "answer 0" for text in own.texts]}
        )
        for place, own in enumerate(read_samples(answers))
    ]
    write_samples(tmp_path / "graded.jsonl", batch)
    for name in (answers, tmp_path / "graded.jsonl"):
        assert run("probe", "fit", name, "-o", tmp_path / name.stem, "--target", "wrong").exit_code == 0
    assert (tmp_path / "graded").read_bytes() == (tmp_path / "answers").read_bytes()


def test_what_is_lacking_is_said(answers, tmp_path):
    bare = tmp_path / "bare.jsonl"
    write_samples(bare, [SampleSet(prompt="?", texts=("a",), id="first")])
    result = run("probe", "fit", bare, "-o", tmp_path / "p")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "question first: expected hidden_states, got none; sample with HuggingFaceSampler" in result.stderr
    write_samples(bare, [SampleSet(prompt="?", texts=("a",), hidden_states=[[1.0]])])
    result = run("probe", "fit", bare, "-o", tmp_path / "p", "--target", "wrong")
    assert "question 1: expected grades of its answers in the metadata, or references to grade" in result.stderr
    bare.write_text("")
    assert "expected answers with hidden_states, got none" in run("probe", "fit", bare, "-o", tmp_path / "p").stderr
    assert run("probe", "fit", answers, "-o", tmp_path / "p", "--target", "luck").exit_code == 2
