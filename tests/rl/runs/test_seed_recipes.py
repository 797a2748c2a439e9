"""The recipes of the paper's own setting, from end to end on random weights of the real classes."""

import json
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

import semuq_rl.recipes
from semuq.errors import InvalidSamples
from semuq_rl.evaluation.stand_in import write_stand_in
from semuq_rl.runs.build import build_modulator, build_signal, build_task
from semuq_rl.runs.recipe import read_recipe
from semuq_rl.runs.run import plan
from semuq_rl.tasks.maths import load_set
from semuq_rl.tasks.maths.task import MathsTask
from semuq_rl.tasks.maths.training import load_training

pytest.importorskip("trl", reason="training needs TRL (pip install 'semuq[rl]')")
pytest.importorskip("math_verify", reason="graders need math-verify (pip install 'semuq[maths]')")

RECIPES = Path(semuq_rl.recipes.__file__).parent
NAMES = ("seed-grpo-qwen2.5-math-7b", "seed-grpo-qwen2.5-math-1.5b")
HOSTS_OWN = pytest.mark.filterwarnings("ignore:.*deprecated and will be removed in v6:FutureWarning")
PROBLEMS = [
    {"problem": f"What is ${a} + {b}$?", "solution": rf"We add: $\boxed{{{a + b}}}$.", "level": f"Level {1 + a % 5}"}
    for a in range(1, 11)
    for b in (3, 14)
]


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "math.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in PROBLEMS))
    return path


@pytest.mark.parametrize("name", NAMES)
def test_the_recipe_says_what_the_paper_says(name):
    recipe = read_recipe(name)
    trainer = recipe.trainer
    assert (trainer["loss_type"], trainer["scale_rewards"], trainer["num_generations"]) == ("dr_grpo", "none", 8)
    processes = yaml.safe_load((RECIPES / "accelerate" / "zero2-8gpu.yaml").read_text())["num_processes"]
    rollouts = processes * trainer["per_device_train_batch_size"] * trainer["steps_per_generation"]
    assert rollouts / trainer["num_generations"] == 128
    assert recipe.task["longest"] == 3000
    assert recipe.task["levels"] == [3, 4, 5]
    assert str(build_modulator(recipe.modulator, seed=0)) == "seed_grpo(alpha=0.0417, shape='reciprocal')"
    assert build_signal(recipe.signal, str).estimator.duplicates == "count"


@HOSTS_OWN
def test_the_plan_counts_prompts_by_the_generation(source, tmp_path):
    sets = [f"task.source={source}", "trainer.use_vllm=false", "trainer.bf16=false"]
    planned = plan(read_recipe(NAMES[0], sets), tmp_path)
    # On one process: 128 rollouts of 16 prompts are made at a time and give 8 updates of 2 prompts each.
    assert planned.prompts_per_step == 2
    assert planned.prompts == 928 * 16
    odd = plan(read_recipe(NAMES[0], [*sets, "trainer.max_steps=9"]), tmp_path)
    assert odd.prompts == 2 * 16


@pytest.mark.slow
@HOSTS_OWN
@pytest.mark.parametrize("name", NAMES)
def test_two_steps_on_a_stand_in(name, source, tmp_path, monkeypatch):
    from semuq_rl.train import app

    # Random weights answer nothing: read the first character, and call every other one right.
    monkeypatch.setattr(MathsTask, "answer", lambda task, completion: completion[:1] or None)
    monkeypatch.setattr(
        MathsTask, "right_all", lambda task, problems, texts: [ord((own or "a")[0]) % 2 for own in texts]
    )
    model = write_stand_in(tmp_path / "model")
    changes = {
        "model.path": model,
        "task.source": source,
        "task.longest": 12,
        "evaluation.problems": 2,
        "trainer.max_steps": 2,
        "trainer.per_device_train_batch_size": 8,
        "trainer.gradient_accumulation_steps": 1,
        "trainer.steps_per_generation": 2,
        "trainer.num_generations": 4,
        "trainer.logging_steps": 1,
        "trainer.use_vllm": "false",
        "trainer.vllm_mode": "colocate",
        "trainer.bf16": "false",
    }
    sets = [part for key, value in changes.items() for part in ("--set", f"{key}={value}")]
    out = tmp_path / "run"
    found = CliRunner().invoke(app, ["--recipe", name, "--out", str(out), "--no-tensorboard", *sets])
    assert found.exit_code == 0, found.output
    summary = json.loads((out / "summary.json").read_text())
    assert (summary["finished"], summary["steps"]) == (True, 2)
    lines = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    first = next(line for line in lines if "modulation/advantage_abs_before" in line)
    assert first["modulation/groups_failed"] == 0
    assert first["modulation/logprobs_old"] == 1
    before, after = first["modulation/advantage_abs_before"], first["modulation/advantage_abs_after"]
    assert before / 1.0417 <= after < before
    assert first["grad_norm"] > 0


def test_training_problems_are_of_the_levels_and_in_no_evaluation_set(source):
    leaked = load_set("math500")[0]
    with source.open("a") as file:
        file.write(json.dumps({"problem": leaked.problem + "\n", "answer": "1", "level": 5}) + "\n")
        file.write(json.dumps({"problem": "No answer?", "solution": "None.", "level": 5}) + "\n")
        file.write(json.dumps(PROBLEMS[4]) + "\n")
    found = load_training(source)
    assert {level for _, level in found} == {3, 4, 5}
    assert len(found) == sum(row["level"] >= "Level 3" for row in PROBLEMS)
    assert found[0][0].references == ("5",)


@pytest.mark.parametrize("kind", ["json", "parquet", "folder"])
def test_every_kind_of_source_gives_the_same(kind, source, tmp_path):
    datasets = pytest.importorskip("datasets", reason="needs datasets (pip install 'semuq[rl]')")
    table = datasets.Dataset.from_list(PROBLEMS)
    path = tmp_path / f"other.{kind}"
    if kind == "json":
        path.write_text(json.dumps(PROBLEMS))
    elif kind == "parquet":
        table.to_parquet(str(path))
    else:
        datasets.DatasetDict({"train": table}).save_to_disk(str(path))
    assert load_training(path) == load_training(source)


def test_the_task_puts_problems_by_the_template_and_grades_by_value(source):
    task = build_task({"name": "maths", "source": str(source), "template": "no", "held_out": ["aime24", "minerva"]})
    first, *_ = task.problems(5, seed=0)
    assert first.prompt.startswith("What is $")
    assert task.right(first, rf"so $\boxed{{\frac{{{2 * int(first.answer)}}}{{2}}}}$")
    assert not task.right(first, first.answer)
    several = next(own for own in task.problems(302, 0, "held-out") if "1.3" in own.answer and "arcsin" in own.answer)
    assert task.right(several, r"\boxed{\arcsin{\frac{10}{13}}}")
    assert task.problems(5, seed=0) == task.problems(5, seed=0) != task.problems(5, seed=1)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            [{"question": "?", "answer": "1"}],
            "row 1: expected 'problem' and 'answer' or 'solution', got question, answer",
        ),
        (
            [{"problem": "?", "answer": "1", "level": 1}],
            r"expected problems of levels \[3, 4, 5\] with an answer, found none",
        ),
    ],
)
def test_bad_sources_are_refused(rows, message, tmp_path):
    path = tmp_path / "math.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(ValueError, match=message):
        load_training(path)


def test_a_hub_that_cannot_be_reached_is_named_with_the_way_out(monkeypatch):
    monkeypatch.setattr("datasets.config.HF_HUB_OFFLINE", True)
    with pytest.raises(
        InvalidSamples, match=r"^task.source: expected a data set on the hub.*got 'nobody/none' \(.*--set"
    ):
        load_training("nobody/none")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"template": "llama"}, "template: expected one of qwen_math"),
        ({"levels": [6]}, r"task.levels: expected a number in \[1, 5\], got 6"),
        ({"held_out": ["aime25"]}, "sets: expected one of aime24"),
        ({"lenght": 3}, "task.lenght: no such field"),
        ({"source": "x", "name": "math"}, r"task.name: expected one of addition, .*, maths, got .math."),
    ],
)
def test_bad_tasks_are_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        build_task({"name": "maths"} | fields)
