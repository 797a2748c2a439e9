"""Recipes: every one in the package is sound, and what is wrong with one is said by field."""

from __future__ import annotations

import pytest

from semuq.errors import InvalidParameter
from semuq_rl.runs.build import build_modulator, build_signal, build_task
from semuq_rl.runs.recipe import read_recipe, recipe_names
from semuq_rl.tasks import Addition

TINY = "tiny-addition"


def test_there_are_recipes_and_each_reads():
    assert {"tiny-addition", "tiny-modular", "arithmetic-smollm2"} <= set(recipe_names())
    for name in recipe_names():
        recipe = read_recipe(name)
        assert recipe.name == name
        assert recipe.about


def test_a_file_is_a_recipe(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('about = "mine"\n[task]\nname = "addition"\ncolumns = 2\n')
    recipe = read_recipe(path)
    assert (recipe.name, recipe.seed) == ("mine", 0)
    assert build_task(recipe.task) == Addition(columns=2)


def test_overrides_reach_every_section_and_keep_types():
    recipe = read_recipe(
        TINY,
        [
            "seed=3",
            "trainer.learning_rate=1e-4",
            "model.lora_alpha=8",
            "modulator.name=seed_grpo",
            "modulator.alpha=0.5",
        ],
    )
    assert (recipe.seed, recipe.trainer["learning_rate"], recipe.model.lora_alpha) == (3, 1e-4, 8.0)
    assert str(build_modulator(recipe.modulator, seed=0)) == "seed_grpo(alpha=0.5, shape='linear')"


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("trainer", r"^--set: expected section.field=value, got 'trainer'"),
        ("=1", r"^--set: expected section.field=value, got '=1'"),
        ("a..b=1", r"^--set: expected section.field=value"),
        ("seed=1.5", r"^seed: expected int, got 1.5"),
        ("seed=true", r"^seed: expected int, got True"),
        ("seed.x=1", r"^--set seed.x: seed is a value and has no fields|^seed: expected int"),
        ("imitation.step=3", r"^imitation.step: no such field; did you mean 'steps'\?"),
        ("colour=red", r"^colour: no such field; there are about, evaluation"),
        ("model.source=cloud", r"^model.source: expected one of"),
        ("model.path=/x", r"^model.path: expected a hub name or folder with source = 'pretrained'"),
        ("evaluation.problems=0", r"^evaluation.problems: expected a number in \[1, inf\), got 0"),
        ("task=1", r"^task: expected dict, got 1"),
    ],
)
def test_wrong_overrides_are_refused_by_name(override, message):
    with pytest.raises(InvalidParameter, match=message):
        read_recipe(TINY, [override])


@pytest.mark.parametrize("value", ["1\nseed = 9", '"; import os', "[1,", "1e", "\x00", "{a=1}", "\u202e"])
def test_a_hostile_override_stays_one_value(value):
    """Whatever comes after the equals sign becomes one value of that field, or is refused; never other fields."""
    recipe = read_recipe(TINY, [f"trainer.run_name={value}"])
    assert set(recipe.trainer) == {*read_recipe(TINY).trainer, "run_name"}
    assert recipe.seed == 0


def test_no_such_recipe_and_no_toml(tmp_path):
    with pytest.raises(InvalidParameter, match=r"^recipe: expected one of .*tiny-addition.*, got 'tiny'"):
        read_recipe("tiny")
    with pytest.raises(InvalidParameter, match=r"^recipe: expected a file, found no"):
        read_recipe(tmp_path / "none.toml")
    with pytest.raises(InvalidParameter, match=r"^recipe: expected one of"):
        read_recipe("../recipes/tiny-addition")
    (tmp_path / "bad.toml").write_text("about = ")
    with pytest.raises(InvalidParameter, match=r"not TOML"):
        read_recipe(tmp_path / "bad.toml")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"name": "sede"}, r"^modulator.name: expected one of anti_seed, arm, chain,"),
        ({"name": "seed_grpo", "alhpa": 1}, r"^modulator.alhpa: no such field; did you mean 'alpha'\?"),
        ({"name": "arm"}, r"^modulator.alpha: expected a value, found none; arm has no default for it"),
        ({"name": "shuffled"}, r"^modulator.of: expected a table that names the controlled modulator"),
        ({"name": "same_mean", "of": {"name": "x"}}, r"^modulator.of.name: expected one of"),
        ({"name": "chain", "parts": [{"name": "edge"}, {"name": "y"}]}, r"^modulator.parts\[1\].name: "),
        ({"name": "seed_grpo", "alpha": -1}, r"^seed_grpo.alpha: expected a number in"),
    ],
)
def test_wrong_modulators_are_refused_by_name(table, message):
    with pytest.raises(InvalidParameter, match=message):
        build_modulator(table, seed=0)


def test_modulators_come_out_as_written():
    shuffled = {"name": "shuffled", "of": {"name": "seed_grpo", "alpha": 1.0}}
    name = "shuffled(seed_grpo(alpha=1.0, shape='linear'), seed=7, among='gradient')"
    assert str(build_modulator(shuffled, seed=7)) == name
    assert str(build_modulator({**shuffled, "seed": 2, "among": "all"}, seed=7)).endswith("seed=2, among='all')")
    assert build_modulator({}, seed=0) is None


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"relation": "exact"}, r"^signal.estimator: expected a name such as 'SemanticEntropy', got None"),
        ({"estimator": "SemanticEntropie"}, r"did you mean SemanticEntropy\?"),
        ({"estimator": "SemanticEntropy(duplicate='count')"}, r"^signal.estimator: .* did you mean duplicates\?"),
        (
            {"estimator": "SemanticEntropy", "relation": "psychic"},
            r"^signal.relation: relation: expected one of entailment, .*exact, maths",
        ),
    ],
)
def test_wrong_signals_are_refused_by_name(table, message):
    with pytest.raises(InvalidParameter, match=message):
        build_signal(table, str)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({}, r"^task.name: expected one of addition, countdown, modular"),
        ({"name": "addition", "column": 3}, r"^task.column: no such field; did you mean 'columns'\?"),
        ({"name": "addition", "columns": "3"}, r"^addition.columns: expected a number"),
    ],
)
def test_wrong_tasks_are_refused_by_name(table, message):
    with pytest.raises(InvalidParameter, match=message):
        build_task(table)


@pytest.mark.parametrize("content", [b"\xff\xfe", b'about = "\xb4"', b"a = " + b"[" * 100_000, b"{", b"\0"])
def test_a_file_that_is_no_recipe_is_one_line(tmp_path, content):
    path = tmp_path / "own.toml"
    path.write_bytes(content)
    with pytest.raises(InvalidParameter, match=r"own\.toml: not TOML") as caught:
        read_recipe(path)
    assert len(str(caught.value).splitlines()) == 1


def test_a_setting_nested_without_end_is_a_text():
    with pytest.raises(InvalidParameter, match=r"model\.layers: expected int, got"):
        read_recipe("tiny-addition", ["model.layers=" + "[" * 100_000])
