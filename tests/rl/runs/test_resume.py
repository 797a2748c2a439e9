"""Going on with a run: the same run, from a checkpoint that is whole, on the border of a generation batch."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import signal

import pytest
import torch
from safetensors.torch import load_file
from typer.testing import CliRunner

import semuq_rl.runs.run as running
from semuq.errors import InvalidParameter
from semuq_rl.modulators.schedules import linear
from semuq_rl.modulators.seed_grpo import seed_grpo
from semuq_rl.runs.log import read_log
from semuq_rl.runs.recipe import read_recipe
from semuq_rl.runs.resume import last_checkpoint, same_recipe, write_whole
from semuq_rl.runs.run import plan, run
from semuq_rl.train import app
from tests.rl.runs.test_run import SMALL, timeless

TWICE = [*SMALL, "trainer.num_iterations=2"]
"""Two optimiser steps on each generation batch."""


@pytest.fixture(scope="module")
def twice():
    return read_recipe("tiny-addition", TWICE)


@pytest.fixture(scope="module")
def begun(twice, tmp_path_factory):
    """A run with checkpoints at steps 2 and 4."""
    folder = tmp_path_factory.mktemp("begun")
    run(twice, folder, save_every=1, quiet=True)
    return folder


def test_checkpoints_fall_on_the_borders_of_generation_batches(twice, begun):
    assert plan(twice, begun).steps_per_batch == 2
    assert sorted(path.name for path in begun.glob("checkpoint-*")) == ["checkpoint-2", "checkpoint-4"]


def test_resumed_from_there_it_is_as_if_never_stopped(twice, begun, tmp_path):
    shutil.copytree(begun, tmp_path / "own")
    own = tmp_path / "own"
    shutil.rmtree(own / "checkpoint-4")
    shutil.rmtree(own / "final")
    run(twice, own, resume=True, save_every=1, quiet=True)
    ours, theirs = load_file(own / "final" / "model.safetensors"), load_file(begun / "final" / "model.safetensors")
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    assert timeless(read_log(own / "log.jsonl")) == timeless(read_log(begun / "log.jsonl"))


def test_ctrl_c_waits_for_the_border(twice, tmp_path, monkeypatch):
    def interrupt(self, step):
        if step == 1:
            os.kill(os.getpid(), signal.SIGINT)
        return False

    monkeypatch.setattr(running._Measure, "due", interrupt)
    assert run(twice, tmp_path, quiet=True)["steps"] == 2
    assert last_checkpoint(tmp_path)[0] == 2


def test_going_on_with_other_instructions_is_warned_of(twice, tmp_path, monkeypatch):
    monkeypatch.setattr(running._Measure, "due", lambda self, step: step == 1 and os.kill(os.getpid(), signal.SIGINT))
    run(twice, tmp_path, quiet=True)
    (tmp_path / "machine.json").write_text('{"instructions": "AVX2 (Another)"}')
    monkeypatch.undo()
    with pytest.warns(UserWarning, match=r"begun with AVX2 \(Another\), goes on with"):
        summary = run(twice, tmp_path, resume=True, quiet=True)
    assert (summary["finished"], summary["instructions"]) == (True, "AVX2 (Another)")


def test_other_settings_are_refused_and_the_recipe_stays(begun, twice):
    before = (begun / "recipe.json").read_bytes()
    for change in ("seed=9", "trainer.learning_rate=0.5", "modulator.of.alpha=0.25", "trainer.max_steps=6"):
        other = read_recipe("tiny-addition", [*TWICE, change])
        with pytest.raises(InvalidParameter, match=rf"--resume: expected the settings .*{change.split('=')[0]} was"):
            run(other, begun, resume=True, quiet=True)
    sets = [word for own in [*TWICE, "seed=9"] for word in ("--set", own)]
    result = CliRunner().invoke(app, ["--recipe", "tiny-addition", *sets, "--out", str(begun), "--resume"])
    assert (result.exit_code, "seed was 0, is 9" in " ".join(result.output.split())) == (2, True)
    assert (begun / "recipe.json").read_bytes() == before
    same_recipe(twice, begun)
    path = begun.parent / "x"
    path.mkdir()
    (path / "recipe.json").write_text("{")
    with pytest.raises(InvalidParameter, match="something unreadable"):
        same_recipe(twice, path)


def test_a_kill_while_the_recipe_is_written_leaves_a_run_that_can_be_resumed(tmp_path, monkeypatch):
    """The file appears whole or not at all."""
    written = []

    def killed(self, target):
        written.append((self.read_text(), target.exists()))
        raise KeyboardInterrupt

    monkeypatch.setattr(pathlib.Path, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        write_whole(tmp_path / "recipe.json", {"seed": 1})
    assert written == [('{\n "seed": 1\n}', False)]
    assert not (tmp_path / "recipe.json").exists()


@pytest.mark.parametrize(
    "name", ["model.safetensors", "optimizer.pt", "scheduler.pt", "rng_state.pth", "trainer_state.json"]
)
@pytest.mark.parametrize("how", ["cut", "empty", "gone"])
def test_a_damaged_newest_checkpoint_falls_back_to_the_one_before(begun, tmp_path, name, how):
    for step in (2, 4):
        shutil.copytree(begun / f"checkpoint-{step}", tmp_path / f"checkpoint-{step}")
    path = tmp_path / "checkpoint-4" / name
    if how == "gone":
        if name not in ("model.safetensors", "trainer_state.json"):
            pytest.skip("an optimiser may be left out of checkpoints on purpose")
        path.unlink()
    else:
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) // 2] if how == "cut" else b"")
    with pytest.warns(UserWarning, match="checkpoint-4: damaged .*; going on from the one before"):
        assert last_checkpoint(tmp_path)[0] == 2


def test_nothing_whole_is_nothing(tmp_path):
    (tmp_path / "checkpoint-7").mkdir()
    with pytest.warns(UserWarning, match="trainer_state.json is missing"):
        assert last_checkpoint(tmp_path) is None
    assert last_checkpoint(tmp_path / "nowhere") is None


def test_a_penalty_against_the_start_works_where_the_policy_came_from_no_file(tmp_path):
    given = [*SMALL, "trainer.beta=0.1", "trainer.max_steps=2"]
    sets = [word for own in given for word in ("--set", own)]
    dry = CliRunner().invoke(app, ["--recipe", "tiny-addition", *sets, "--out", str(tmp_path / "no"), "--dry-run"])
    assert dry.exit_code == 0, dry.output
    assert "processes" in dry.output
    run(read_recipe("tiny-addition", given), tmp_path, quiet=True)
    kl = [record["kl"] for record in read_log(tmp_path / "log.jsonl") if "kl" in record]
    assert kl[0] == pytest.approx(0, abs=1e-6)  # the reference is the policy after imitation
    assert json.loads((tmp_path / "summary.json").read_text())["finished"]


def test_a_schedule_counts_the_steps_of_the_optimiser():
    damp = seed_grpo(alpha=linear(0.0, 1.0, steps=4))
    advantages = torch.tensor([[0.5, -0.5], [1.0, -1.0]]).numpy()
    told, state = damp.update(advantages, damp.init(), signal=[0.5, 0.5], optimizer_step=2)
    assert told.tolist() == [[0.375, -0.375], [0.75, -0.75]]
    assert state.step == 3
    counted = damp.init()
    for _ in range(3):
        changed, counted = damp.update(advantages, counted, signal=[0.5, 0.5])
    assert changed.tolist() == told.tolist()


def test_a_run_killed_after_its_last_step_is_measured_once(twice, begun, tmp_path):
    shutil.copytree(begun, tmp_path / "own")
    own = tmp_path / "own"
    shutil.rmtree(own / "final")
    (own / "summary.json").unlink()
    run(twice, own, resume=True, save_every=1, quiet=True)
    assert timeless(read_log(own / "log.jsonl")) == timeless(read_log(begun / "log.jsonl"))
    assert (own / "final" / "model.safetensors").is_file()
