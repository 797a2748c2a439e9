"""What a recipe may ask of TRL: everything that could not train is refused beforehand, by field and in one line."""

from __future__ import annotations

import dataclasses
import math
from importlib.util import find_spec

import pytest
from trl import GRPOConfig
from typer.testing import CliRunner

from semuq.errors import InvalidParameter
from semuq_rl.runs.build import OWN
from semuq_rl.runs.recipe import read_recipe, recipe_names
from semuq_rl.runs.settings import CHOICES, LIMITS, check_settings
from semuq_rl.train import app

FIELDS = {item.name: item for item in dataclasses.fields(GRPOConfig) if item.init}


def dry_run(*overrides):
    sets = [part for override in overrides for part in ("--set", override)]
    return CliRunner().invoke(app, ["--recipe", "tiny-addition", "--dry-run", *sets])


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("seed=-1", "seed: expected an integer in [0, 2^32), got -1"),
        (f"seed={2**32}", f"seed: expected an integer in [0, 2^32), got {2**32}"),
        ("trainer.beta=x", "trainer.beta: expected a number, got 'x'"),
        ("trainer.learning_rate=-1", "trainer.learning_rate: expected a number in [0, inf), got -1"),
        ("trainer.learning_rate=nan", "trainer.learning_rate: expected a number in [0, inf), got nan"),
        ("trainer.entropy_coef=inf", "trainer.entropy_coef: expected a number in [-inf, inf), got inf"),
        ("trainer.temperature=0", "trainer.temperature: expected a number in (0, inf), got 0"),
        ("trainer.top_p=7", "trainer.top_p: expected a number in (0, 1], got 7"),
        ("trainer.epsilon=-0.2", "trainer.epsilon: expected a number in [0, inf), got -0.2"),
        ("trainer.max_steps=2.5", "trainer.max_steps: expected an integer, got 2.5"),
        ("trainer.max_steps=0", "trainer.max_steps: expected a number in [1, inf), got 0"),
        ("trainer.num_generations=1", "trainer: GRPO requires at least 2 generations per prompt"),
        ("trainer.warmup_steps=-1", "trainer: Got warmup_steps = -1"),
        ("trainer.bf16=maybe", "trainer.bf16: expected true or false, got 'maybe'"),
        ("trainer.max_steps=true", "trainer.max_steps: expected an integer, got True"),
        ("trainer.lr_scheduler_type=straight", "trainer.lr_scheduler_type: expected one of linear, cosine"),
        ("trainer.loss_type=ppo", "trainer.loss_type: expected one of ('grpo', 'dr_grpo'"),
        ("trainer.generation_kwargs=3", "trainer.generation_kwargs: expected a table or a text, got 3"),
        ("trainer.reward_weights=1", "trainer.reward_weights: expected a list, got 1"),
        # Combinations are TRL's own to refuse; a dry run asks it.
        ("trainer.sync_ref_model=true", "trainer: TRL cannot train with these settings: You passed `sync_ref_model"),
        (
            "trainer.reward_weights=[1.0, 2.0]",
            "trainer: TRL cannot train with these settings: Number of reward weights",
        ),
        ("trainer.num_generations=3", "trainer: "),
        ("model.hidden=7", "tiny_llama.hidden: expected a multiple of 2 * heads = 8, got 7"),
    ],
)
def test_what_cannot_train_is_refused_in_one_line(override, message):
    result = dry_run(override)
    assert result.exit_code == 2, result.output
    told = result.output.strip()
    assert told.startswith(message)
    assert "\n" not in told


@pytest.mark.skipif(find_spec("deepspeed") is not None, reason="it is there")
def test_a_package_that_a_setting_asks_for_is_named():
    result = dry_run("trainer.deepspeed=none.json")
    assert result.exit_code == 2
    assert result.output.startswith("trainer: No package metadata was found for The 'deepspeed")


def test_an_effectless_modulator_is_refused_by_a_dry_run():
    result = dry_run(
        "trainer.per_device_train_batch_size=8",
        "signal.estimator=DiscreteSemanticEntropy",
        "modulator.name=seed_grpo",
        "modulator.alpha=1.0",
        "modulator.renormalise=advantages",
    )
    assert result.exit_code == 2
    assert "its factor cancels" in result.output


def test_a_run_refuses_the_same_before_it_touches_its_folder(tmp_path):
    out = tmp_path / "run"
    result = CliRunner().invoke(
        app, ["--recipe", "tiny-addition", "--set", "trainer.learning_rate=-1", "--out", str(out)]
    )
    assert result.exit_code == 2
    assert not out.exists()


def test_every_default_of_trl_is_allowed():
    defaults = {
        name: item.default
        for name, item in FIELDS.items()
        if item.default is not dataclasses.MISSING and name not in {"max_steps", "local_rank"}  # -1: none given
    }
    check_settings(defaults, GRPOConfig)


@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_is_allowed(name):
    check_settings(read_recipe(name).trainer, GRPOConfig)


def test_the_tables_are_of_fields_that_exist():
    assert LIMITS.keys() <= FIELDS.keys() - OWN
    assert CHOICES.keys() <= FIELDS.keys() - OWN
    assert not LIMITS.keys() & CHOICES.keys()


@pytest.mark.parametrize("name", CHOICES)
def test_every_choice_is_one_that_trl_documents(name):
    told = FIELDS[name].metadata["help"]
    assert FIELDS[name].default in CHOICES[name]
    assert all(str(option) in told for option in CHOICES[name])


@pytest.mark.parametrize("name", LIMITS)
def test_every_limit_refuses_what_is_below_it(name):
    low = LIMITS[name]["low"]
    with pytest.raises(InvalidParameter, match=rf"^trainer\.{name}: expected "):
        check_settings({name: low - 1}, GRPOConfig)
    with pytest.raises(InvalidParameter, match=rf"^trainer\.{name}: expected "):
        check_settings({name: math.nan}, GRPOConfig)


def test_old_and_new_names_of_checkpointing(tmp_path):
    from semuq_rl.runs.build import grpo_config

    def made(*overrides):
        return grpo_config(read_recipe("tiny-addition", overrides), tmp_path, use_cpu=True)

    assert made().gradient_checkpointing is False  # the recipe says so
    assert made("trainer.gradient_checkpointing=true").activation_checkpointing is True
    assert made("trainer.activation_checkpointing=true").gradient_checkpointing is True


def _built(**values):
    given = {"output_dir": "unused", "use_cpu": True, "bf16": False, "report_to": "none", "logging_steps": 10}
    return GRPOConfig(**{**given, **values})


ALSO_COMBINED = {
    "dataloader_prefetch_factor",
    "generation_batch_size",
    "per_device_train_batch_size",
    "vllm_importance_sampling_clip_max",
    "vllm_importance_sampling_clip_min",
}
"""Refused for how they go with others, whatever their value."""


@pytest.mark.filterwarnings("ignore")
def test_the_table_repeats_no_check_of_trls_own():
    _built(**{name: limit["low"] - 1 for name, limit in LIMITS.items() if name not in ALSO_COMBINED})
    _built(**{name: limit["high"] + 1 for name, limit in LIMITS.items() if "high" in limit})


@pytest.mark.filterwarnings("ignore")
def test_trl_takes_any_text_for_the_choices():
    _built(**dict.fromkeys(CHOICES, "nonsense"))
