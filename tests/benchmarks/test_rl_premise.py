"""The test of SEED's premise: planted slopes, gradients of equal and opposite groups, and a run that resumes."""

import json
import sys

import numpy as np
import pytest

from benchmarks.rl_premise import __main__ as premise
from benchmarks.rl_premise.analysis import slope, summary
from benchmarks.rl_premise.measure import gradient, semantic_entropy
from semuq_rl.runs.build import build_task, load_policy
from semuq_rl.runs.recipe import read_recipe


def records(rng, n, effect):
    """Accuracy drives both signal and agreement; what is left of the signal has the planted slope."""
    accuracy = rng.integers(2, 15, n) / 16
    signal = np.clip(1 - accuracy + rng.normal(0, 0.1, n), 0, 1)
    cosine = accuracy + effect * signal + rng.normal(0, 0.05, n)
    return [{"signal": u, "cosine": c, "accuracy": a} for u, c, a in zip(signal, cosine, accuracy, strict=True)]


@pytest.mark.parametrize(("effect", "verdict"), [(-0.5, "less"), (0.0, "open"), (0.5, "more")])
def test_a_planted_slope_is_found_at_fixed_accuracy(effect, verdict):
    found = summary(records(np.random.default_rng(0), 300, effect))
    assert found["verdict"].startswith(verdict)
    assert found["low"] < effect < found["high"]
    assert found["correlation_of_signal_and_accuracy"] < -0.5


def test_without_variation_there_is_no_slope():
    assert np.isnan(slope(np.array([0.5, 0.5]), np.array([0.1, 0.9]), np.array([0.5, 0.5])))


def test_entropy_is_over_its_largest():
    assert semantic_entropy(["1", "1", "1"]) == 0
    assert semantic_entropy(["1", "2", None, None]) == pytest.approx(1.0)


def test_a_gradient_is_linear_in_its_advantages():
    recipe = read_recipe("tiny-addition")
    task = build_task(recipe.task)
    model, tokenizer = load_policy(recipe, task)
    texts = ["213110", "2131", "75", "213111"]
    first = np.array([0.5, -0.5, 0.5, -0.5])
    one = gradient(model, tokenizer, "754800=", texts, first, task.max_tokens)
    assert one.shape == (sum(p.numel() for p in model.parameters()),)
    np.testing.assert_allclose(
        gradient(model, tokenizer, "754800=", texts, -2 * first, task.max_tokens), -2 * one, atol=1e-6
    )
    assert np.abs(gradient(model, tokenizer, "754800=", texts, 0 * first, task.max_tokens)).max() == 0


def test_a_run_resumes_and_is_analysed(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "benchmarks.rl_premise.measure.complete",
        lambda *args, samples, seed, **more: [["213110" if (place + seed) % 3 else "0" for place in range(samples)]],
    )
    work, out = tmp_path / "lines.jsonl", tmp_path / "out.json"
    common = ["--recipe", "tiny-addition", "--work", str(work), "--out", str(out)]
    monkeypatch.setattr("semuq_rl.tasks.addition.Addition.right_all", lambda self, p, t: [own != "0" for own in t])
    for wanted in (2, 4):
        monkeypatch.setattr(sys, "argv", ["x", "run", "--questions", str(wanted), *common])
        premise.main()
        lines = [json.loads(line) for line in work.read_text().splitlines()]
        assert sum(line["mixed"] for line in lines) == wanted
        assert [line["number"] for line in lines] == list(range(len(lines)))
    monkeypatch.setattr(sys, "argv", ["x", "analyse", *common])
    premise.main()
    assert json.loads(out.read_text())["questions"] == 4
