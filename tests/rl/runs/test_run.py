"""A run from a recipe, end to end on a tiny model: log, resume after a kill, Ctrl-C, the page, the command."""

from __future__ import annotations

import json
import os
import signal

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file
from typer.testing import CliRunner

import semuq_rl.runs.run as running
from semuq.errors import InvalidParameter
from semuq_rl.runs.curves import write_curves
from semuq_rl.runs.log import RunLog, read_log
from semuq_rl.runs.machine import instruction_set
from semuq_rl.runs.recipe import read_recipe, recipe_names
from semuq_rl.runs.resume import last_checkpoint
from semuq_rl.runs.run import plan, run, summarise
from semuq_rl.train import app

SMALL = [
    "task.columns=1",
    "model.hidden=16",
    "model.layers=1",
    "imitation.steps=3",
    "evaluation.problems=8",
    "evaluation.sampled=4",
    "evaluation.samples=2",
    "evaluation.every=2",
    "trainer.max_steps=4",
    "trainer.per_device_train_batch_size=8",
    "trainer.num_generations=4",
    "trainer.logging_steps=1",
    "signal.estimator=SemanticEntropy",
    "modulator.name=shuffled",
    "modulator.of.name=seed_grpo",
    "modulator.of.alpha=0.5",
]


@pytest.fixture(scope="module")
def recipe():
    return read_recipe("tiny-addition", SMALL)


@pytest.fixture(scope="module")
def whole(recipe, tmp_path_factory):
    """An uninterrupted run."""
    folder = tmp_path_factory.mktemp("whole")
    return folder, run(recipe, folder, save_every=2, quiet=True)


def weights(folder):
    return torch.load(folder / "weights.pt") if (folder / "weights.pt").exists() else _safetensors(folder)


def _safetensors(folder):
    from safetensors.torch import load_file

    return load_file(folder / "model.safetensors")


def timeless(records):
    """Records without what depends on the clock."""
    return [{key: value for key, value in record.items() if "seconds" not in key} for record in records]


def test_a_run_is_written_down(whole):
    folder, summary = whole
    assert summary["finished"]
    assert summary["steps"] == 4
    records = read_log(folder / "log.jsonl")
    assert [record["step"] for record in records if "greedy" in record] == [0, 2, 4]
    assert [record["step"] for record in records if "pass_at_k" in record] == [0, 4]
    assert all("modulation/signal_mean" in record for record in records if "reward" in record)
    assert json.loads((folder / "recipe.json").read_text())["modulator"]["name"] == "shuffled"
    assert json.loads((folder / "summary.json").read_text()) == summary
    assert json.loads((folder / "machine.json").read_text()) == {"instructions": summary["instructions"]}
    assert summary["instructions"] == instruction_set()


@pytest.mark.slow
def test_resumed_after_a_kill_is_as_if_never_stopped(recipe, whole, tmp_path, monkeypatch):
    class Killed(Exception):
        pass

    def die(self, step):
        if step == 3:
            raise Killed
        return step % 2 == 0

    with monkeypatch.context() as patched:
        patched.setattr(running._Measure, "due", die)
        with pytest.raises(Killed):
            run(recipe, tmp_path, save_every=2, quiet=True)
    assert last_checkpoint(tmp_path)[0] == 2
    summary = run(recipe, tmp_path, resume=True, save_every=2, quiet=True)
    folder, uninterrupted = whole
    assert timeless(read_log(tmp_path / "log.jsonl")) == timeless(read_log(folder / "log.jsonl"))
    ours, theirs = weights(tmp_path / "final"), weights(folder / "final")
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    assert {**summary, "seconds": 0} == {**uninterrupted, "seconds": 0}


def test_ctrl_c_finishes_the_step_and_keeps_a_checkpoint(recipe, tmp_path, monkeypatch):
    def interrupt(self, step):
        if step == 1:
            os.kill(os.getpid(), signal.SIGINT)
        return False

    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(running._Measure, "due", interrupt)
    summary = run(recipe, tmp_path, save_every=2, quiet=True)
    assert not summary["finished"]
    assert last_checkpoint(tmp_path)[0] == summary["steps"] < 4
    assert signal.getsignal(signal.SIGINT) is before


def test_a_checkpoint_cut_short_is_not_one(tmp_path):
    (tmp_path / "checkpoint-2").mkdir()
    (tmp_path / "checkpoint-2" / "trainer_state.json").write_text("{}")
    save_file({"weight": np.zeros(2, dtype=np.float32)}, tmp_path / "checkpoint-2" / "model.safetensors")
    (tmp_path / "checkpoint-4").mkdir()
    with pytest.warns(UserWarning, match=r"checkpoint-4: damaged .*; going on from the one before"):
        assert last_checkpoint(tmp_path)[0] == 2


def test_a_log_is_cut_back_to_the_checkpoint_and_survives_a_kill(tmp_path):
    path = tmp_path / "log.jsonl"
    log = RunLog(path, keep_to=None)
    for step in range(4):
        log.write(step, reward=float("nan") if step == 1 else step)
    with path.open("a") as file:
        file.write('{"step": 4, "rew')  # cut short by a kill
    RunLog(path, keep_to=2)
    assert read_log(path) == [{"step": 0, "reward": 0}, {"step": 1, "reward": None}, {"step": 2, "reward": 2}]


def test_the_area_is_that_of_trapezoids():
    records = [{"step": 0, "greedy": 0.0}, {"step": 10, "greedy": 0.4}, {"step": 20, "greedy": 0.4}]
    assert summarise(records)["area"] == pytest.approx(0.3)


def test_the_page_draws_and_escapes(whole, tmp_path):
    folder, summary = whole
    page = tmp_path / "curves.html"
    drawn = write_curves(folder / "log.jsonl", page, title="<script>x</script>", facts={"a": "<b>"}, summary=summary)
    html = page.read_text()
    assert drawn >= 5
    assert html.count("<polyline") == drawn
    assert "<script" not in html
    assert "Held-out accuracy, greedy" in html
    assert "http" not in html.replace("http-equiv", "")


def test_a_page_of_an_empty_log_says_so(tmp_path):
    write_curves(tmp_path / "none.jsonl", tmp_path / "curves.html", title="t", facts={}, summary={})
    assert "too short to draw" in (tmp_path / "curves.html").read_text()


@pytest.mark.parametrize("name", recipe_names())
def test_dry_run_of_every_recipe(name, tmp_path):
    command = ["--recipe", name, "--dry-run", "--out", str(tmp_path / "out")]
    if read_recipe(name).task["name"] == "maths":  # its problems are on the hub
        (tmp_path / "math.jsonl").write_text('{"problem": "1 + 1?", "answer": "2", "level": 3}\n')
        command += ["--set", f"task.source={tmp_path / 'math.jsonl'}"]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    assert "rollouts" in result.output
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_the_command_trains_refuses_to_overwrite_and_resumes(tmp_path):
    sets = [part for override in SMALL for part in ("--set", override)]
    command = ["--recipe", "tiny-addition", "--out", str(tmp_path / "run"), *sets]
    first = CliRunner().invoke(app, command)
    assert first.exit_code == 0, first.output
    assert json.loads(first.stdout)["finished"]  # the result and nothing else
    assert (tmp_path / "run" / "curves.html").exists()
    assert list((tmp_path / "run" / "tensorboard").glob("**/events*"))
    again = CliRunner().invoke(app, command)
    assert again.exit_code == 1
    assert "pass --resume" in again.output
    resumed = CliRunner().invoke(app, [*command, "--resume"])
    assert resumed.exit_code == 0, resumed.output


def test_the_command_lists_recipes_and_names_a_wrong_field():
    listed = CliRunner().invoke(app, ["--list"])
    assert "tiny-addition" in listed.output
    wrong = CliRunner().invoke(app, ["--recipe", "tiny-addition", "--set", "trainer.learning_rat=1", "--dry-run"])
    assert wrong.exit_code == 2
    assert "trainer.learning_rat: no such field; did you mean 'learning_rate'?" in " ".join(wrong.output.split())
    assert CliRunner().invoke(app, []).exit_code == 2


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("trainer.output_dir=/tmp/x", r"^trainer.output_dir: set by the run itself"),
        ("trainer.max_steps=0", r"^trainer.max_steps: expected a number in \[1, inf\), got 0"),
        ("trainer.num_generations=3", r"^trainer: "),
        ("modulator.name=seed_paper", r"^signal: .* needs one, found none; add \[signal\]"),
    ],
)
def test_a_plan_refuses_what_cannot_work(override, message, tmp_path):
    with pytest.raises(InvalidParameter, match=message):
        plan(read_recipe("tiny-addition", [override]), tmp_path)
