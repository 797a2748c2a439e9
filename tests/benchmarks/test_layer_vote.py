"""The vote of layers put to a test: planted directions are found across questions, noise is not, and figures add up."""

import json
import sys

import numpy as np
import pytest

from benchmarks.layer_vote import __main__ as command
from benchmarks.layer_vote.analysis import BINS, pair_accuracy, picked
from benchmarks.layer_vote.arms import fitted, folds
from benchmarks.layer_vote.data import Asked, States, kept_states, wanted
from benchmarks.leaderboard.answers import read_packed
from benchmarks.leaderboard.probing import Prober
from semuq.metrics import ece
from semuq.samples import SampleSet
from semuq.sampling import HuggingFaceSampler
from tests.tiny import llama

LAYERS, WIDTH = 3, 6


def asked(rng, number, right=None):
    right = np.array(rng.random(8) < 0.5, dtype=float) if right is None else np.full(8, float(right))
    right[0] = right[0] if right.min() == right.max() and number % 5 == 0 else 1.0 - right[1:].min()
    return Asked(
        id=str(number),
        key=f"key-{number}",
        prompt="Question",
        texts=tuple(f"answer {i}" for i in range(8)),
        right=right,
        meaning=np.arange(8),
        logprob=rng.normal(size=8),
        tokens=rng.integers(1, 9, size=8).astype(float),
    )


def world(seed, strength, n=40):
    """Right answers are moved along one direction of the middle layer; every fifth question is right throughout."""
    rng = np.random.default_rng(seed)
    every = [asked(rng, number, right=1.0 if number % 5 == 0 else None) for number in range(n)]
    direction = np.ones(WIDTH) / WIDTH**0.5
    of = {}
    for own in every:
        if own.mixed:
            states = rng.normal(size=(8, LAYERS, WIDTH))
            states[:, 1] += strength * own.right[:, None] * direction
            of[own.id] = states
    return States(asked=every, of=of)


def test_a_planted_direction_is_found_in_its_layer_by_questions_never_seen():
    known = world(0, 4.0)
    arms, temperature = fitted(known, [own.id for own in known.read])
    fresh = world(1, 4.0)
    accuracy = {
        arm: np.mean([pair_accuracy(score(fresh.of[own.id]), own.right) for own in fresh.read])
        for arm, score in arms.items()
    }
    assert accuracy["layer vote"] > 0.9
    assert accuracy["best layer"] > 0.95
    assert accuracy["last layer"] < 0.7
    assert temperature > 0.1


def test_every_question_is_in_one_fold():
    known = world(0, 1.0)
    ids = [key for part in folds(known.read) for key in part]
    assert sorted(ids) == sorted(own.id for own in known.read)


def test_measures():
    right = np.array([1.0, 0.0, 1.0, 0.0])
    assert pair_accuracy(np.zeros(4), right) == 0.5
    assert pair_accuracy(right, right) == 1.0
    assert picked(np.zeros(4), right) == right.mean()
    rng = np.random.default_rng(0)
    chance = rng.random(20_000)
    assert ece(chance, rng.random(20_000) >= chance, bins=BINS) < 0.02
    assert ece(np.full(100, 0.9), np.ones(100), bins=BINS) == pytest.approx(0.9)


def test_states_read_behind_one_prompt_are_those_that_a_sampler_keeps():
    model, tokenizer = llama.pair()
    tokenizer.chat_template = None
    prompt, texts = "what is the capital of france it is", ("paris", "a red city and lyon", "paris")
    own = Prober(model, tokenizer).layers(prompt, texts)
    sampler = HuggingFaceSampler(model, tokenizer=tokenizer, keep=("layer_states",))
    kept = sampler.read(SampleSet(prompt=prompt, texts=tuple(f" {text}" for text in texts))).layer_states
    np.testing.assert_allclose(own, kept, atol=1e-5)
    np.testing.assert_array_equal(own[0], own[2])


def test_the_command_fits_and_analyses(tmp_path, monkeypatch):
    sets = {"svamp": world(2, 3.0, n=60), "squad": world(3, 0.0, n=60)}
    for name, known in sets.items():
        (tmp_path / name).mkdir()
        for own in wanted(known.asked):
            np.save(tmp_path / name / f"{own.key}.npy", known.of[own.id].astype(np.float32))
        again = kept_states(known.asked, tmp_path / name)
        assert len(again.of) == len(known.of)
    monkeypatch.setattr(command, "load_answers", lambda data, model: sets[data.name].asked)
    scores, out = tmp_path / "scores.jsonl.xz", tmp_path / "out.json"
    common = ["--work", str(tmp_path), "--scores", str(scores), "--out", str(out)]
    for step in ("fit", "analyse"):
        monkeypatch.setattr(sys, "argv", ["x", step, *common])
        command.main()
    assert len(read_packed(scores)) == 120
    report = json.loads(out.read_text())
    svamp, squad = report["sets"]["svamp"], report["sets"]["squad"]
    assert svamp["pair_accuracy"]["layer vote"][0] > 0.85
    assert squad["pair_accuracy"]["layer vote"][1] < 0.5 < squad["pair_accuracy"]["layer vote"][2] + 0.05
    assert squad["transfer"][1] < 0.6  # a direction planted in one set means nothing in the other
    best = svamp["best_of_8"]
    assert best["chance"][0] == pytest.approx(svamp["sampled_right"], abs=1e-3)
    assert best["chance"][0] < best["layer vote"][0] <= best["ceiling"][0]
    assert report["headline"]["best_of_8_less_majority"]["verdict"] in ("reproduced", "null", "reversed")
