"""The test of SEED's premise: planted slopes, gradients of equal and opposite groups, and a run that resumes."""

import json
import sys

import numpy as np
import pytest
import torch

from benchmarks.rl_premise import __main__ as premise
from benchmarks.rl_premise.analysis import slope, summary
from benchmarks.rl_premise.measure import gradient, rollouts, semantic_entropy
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
    of_two = summary(records(np.random.default_rng(0), 300, effect), tests=2)
    assert found["decisive"] == [found["low"], found["high"]]
    assert of_two["decisive"][0] < found["low"] < found["high"] < of_two["decisive"][1]
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


def of_whole_rows(model, tokenizer, prompt, texts, advantages, max_tokens):
    """The same gradient, from a row of prompt and completion for each."""
    start, loss = tokenizer(prompt)["input_ids"], 0.0
    for text, advantage in zip(texts, advantages, strict=True):
        own = tokenizer(text, add_special_tokens=False)["input_ids"]
        own = own if len(own) >= max_tokens else [*own, tokenizer.eos_token_id]
        logits = model(input_ids=torch.tensor([[*start, *own]])).logits[0, len(start) - 1 : -1]
        loss = loss - advantage * logits.log_softmax(-1)[range(len(own)), own].sum() / len(texts)
    found = torch.autograd.grad(loss, list(model.parameters()))
    return torch.cat([own.reshape(-1) for own in found]).double().numpy()


def test_a_gradient_that_reads_the_prompt_once_is_that_of_whole_rows():
    recipe = read_recipe("tiny-addition")
    task = build_task(recipe.task)
    model, tokenizer = load_policy(recipe, task)
    texts, advantages = ["213110", "2131", "75", "2131", "1"], np.array([0.6, -0.4, 0.1, -0.5, 0.2])
    expected = of_whole_rows(model, tokenizer, "754800=", texts, advantages, task.max_tokens)
    found = gradient(model, tokenizer, "754800=", texts, advantages, task.max_tokens)
    np.testing.assert_allclose(found, expected, atol=1e-5 * np.abs(expected).max())
    only = gradient(model, tokenizer, "754800=", [""], np.ones(1), task.max_tokens)
    np.testing.assert_allclose(only, of_whole_rows(model, tokenizer, "754800=", [""], np.ones(1), 9), atol=1e-6)


def test_rollouts_are_those_of_the_prompt_whatever_stands_beside_it():
    recipe = read_recipe("tiny-addition")
    task = build_task(recipe.task)
    model, tokenizer = load_policy(recipe, task)
    prompts = ["7548=", "754800=", "31="]
    drawn = rollouts(model, tokenizer, prompts, n=400, max_new_tokens=task.max_tokens, seed=0)
    assert [len(own) for own in drawn] == [400] * 3
    assert drawn == rollouts(model, tokenizer, prompts, n=400, max_new_tokens=task.max_tokens, seed=0)
    for prompt, own in zip(prompts, drawn, strict=True):
        with torch.no_grad():
            ids = torch.tensor([tokenizer(prompt)["input_ids"]])
            expected = model(input_ids=ids).logits[0, -1].softmax(-1).numpy()
        first = np.array([tokenizer(text, add_special_tokens=False)["input_ids"][0] for text in own if text])
        seen = np.bincount(first, minlength=len(expected)) / 400
        digits = [tokenizer.convert_tokens_to_ids(digit) for digit in "0123456789"]
        np.testing.assert_allclose(seen[digits], expected[digits], atol=4 * np.sqrt(0.25 / 400))
    alone = [
        rollouts(model, tokenizer, [prompt], n=400, max_new_tokens=task.max_tokens, seed=0)[0] for prompt in prompts
    ]
    assert alone == drawn


def test_a_run_resumes_and_is_analysed(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "benchmarks.rl_premise.measure.rollouts",
        lambda model, tokenizer, prompts, n, **more: [
            ["213110" if (place * number) % 3 else "0" for place in range(n)] for number in range(len(prompts))
        ],
    )
    work, out = tmp_path / "products.jsonl", tmp_path / "out.json"
    common = ["--recipe", "tiny-addition", "--lines", str(tmp_path), "--out", str(out)]
    monkeypatch.setattr("semuq_rl.tasks.addition.Addition.right_all", lambda self, p, t: [own != "0" for own in t])
    for wanted in (2, 4):
        monkeypatch.setattr(sys, "argv", ["x", "run", "--questions", str(wanted), *common])
        premise.main()
        lines = [json.loads(line) for line in work.read_text().splitlines()]
        assert sum(line["mixed"] for line in lines) == wanted
        assert [line["number"] for line in lines] == list(range(len(lines)))
    monkeypatch.setattr(sys, "argv", ["x", "analyse", *common])
    premise.main()
    assert json.loads(out.read_text())["sets"]["products"]["questions"] == 4
