"""From a recipe's tables to the objects of a run: task, model, signal, modulator, TRL's configuration.

Each builder refuses an unknown name or parameter with the ones that exist, before any weight is loaded.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import semuq_rl.modulators as modulators
from semuq.errors import InvalidParameter, MissingExtra
from semuq.estimators import ESTIMATORS
from semuq.registry import Registry
from semuq.relations import RELATIONS
from semuq_rl.groups.answers import Extract
from semuq_rl.groups.signals import Signal
from semuq_rl.modulators.base import Modulator
from semuq_rl.runs.recipe import Recipe, unknown
from semuq_rl.runs.settings import check_settings
from semuq_rl.tasks import TASKS, Task
from semuq_rl.tasks.maths.task import MathsTask

__all__ = ["build_modulator", "build_signal", "build_task", "grpo_config", "load_policy", "with_adapters"]

CONTROLS = ("same_mean", "shuffled")

OWN = frozenset({"output_dir", "seed", "report_to", "save_steps", "save_strategy", "logging_dir"})
"""Fields of GRPOConfig that a run sets itself."""

RENAMED = {
    "gradient_checkpointing": "activation_checkpointing",
    "gradient_checkpointing_kwargs": "activation_checkpointing_kwargs",
}
"""Fields of GRPOConfig with two names."""


def build_task(table: Mapping[str, Any]) -> Task:
    """The task of a recipe: `name` and its own fields."""
    given = dict(table)
    name = given.pop("name", None)
    kinds: dict[str, type[Task]] = {**dict(sorted(TASKS.items())), MathsTask.name: MathsTask}
    if name not in kinds:
        raise InvalidParameter(f"task.name: expected one of {', '.join(kinds)}, got {name!r}")
    kind = kinds[name]
    known = {item.name for item in dataclasses.fields(kind)}  # type: ignore[arg-type]
    for key in given:
        if key not in known:
            raise unknown("task.", key, known)
    try:
        return kind(**given)
    except TypeError as error:
        raise InvalidParameter(f"task: {error}") from None


def build_signal(table: Mapping[str, Any], extract: Extract) -> Signal | None:
    """The signal of a recipe, None if the table is empty.

    Args:
        table: `estimator` and `relation` as `semuq.from_name` reads them, such as
            "DiscreteSemanticEntropy(clustering='components')" and "ExactMatch(normalise=False)"; `limits` and
            `unparsable` of the signal.
        extract: what is compared of a rollout.
    """
    if not table:
        return None
    given = dict(table)
    estimator = _named(ESTIMATORS, given, "estimator", None)
    relation = _named(RELATIONS, given, "relation", "ExactMatch(normalise=False)")
    limits = given.pop("limits", "estimator")
    unparsable = given.pop("unparsable", "alone")
    _nothing_left(given, "signal.", {"estimator", "relation", "limits", "unparsable"})
    return Signal(
        estimator=estimator,
        relation=relation,
        extract=extract,
        unparsable=unparsable,
        limits=tuple(limits) if isinstance(limits, list) else limits,
    )


def build_modulator(table: Mapping[str, Any], *, seed: int, where: str = "modulator.") -> Modulator | None:
    """The modulator of a recipe, None if the table is empty.

    Args:
        table: `name` of a factory and its parameters. A control names what it controls in a table `of`;
            `name = "chain"` takes a list of tables `parts`.
        seed: of the run, for a shuffled control that names none.
        where: the path of the table, for messages.
    """
    if not table:
        return None
    given = dict(table)
    name = given.pop("name", None)
    if name == "chain":
        parts = given.pop("parts", [])
        made = [build_modulator(part, seed=seed, where=f"{where}parts[{index}].") for index, part in enumerate(parts)]
        _nothing_left(given, where, {"name", "parts"})
        return modulators.chain(*(part for part in made if part is not None))
    if name in CONTROLS:
        controlled = build_modulator(given.pop("of", {}), seed=seed, where=f"{where}of.")
        if controlled is None:
            raise InvalidParameter(f"{where}of: expected a table that names the controlled modulator, found none")
        own: dict[str, Any] = {}
        if name == "shuffled":
            own = {"seed": given.pop("seed", seed)} | ({"among": given.pop("among")} if "among" in given else {})
        _nothing_left(given, where, {"name", "of", *own})
        control: Modulator = getattr(modulators, name)(controlled, **own)
        return control
    if name not in modulators.MODULATORS:
        known = ", ".join(sorted({*modulators.MODULATORS.names, *CONTROLS, "chain"}))
        raise InvalidParameter(f"{where}name: expected one of {known}, got {name!r}")
    factory = modulators.MODULATORS[name]
    parameters = inspect.signature(factory).parameters
    _nothing_left({key: value for key, value in given.items() if key not in parameters}, where, {"name", *parameters})
    for key, parameter in parameters.items():
        if parameter.default is inspect.Parameter.empty and key not in given:
            raise InvalidParameter(f"{where}{key}: expected a value, found none; {name} has no default for it")
    plain: Modulator = factory(**given)
    return plain


def grpo_config(recipe: Recipe, out: Path, **own: Any) -> Any:
    """TRL's GRPOConfig for a recipe; `own` are the fields that the run sets itself.

    Raises:
        InvalidParameter: names the field that does not exist or cannot be.
    """
    config = _trl().GRPOConfig
    known = {item.name for item in dataclasses.fields(config) if item.init} - OWN
    for key in recipe.trainer:
        if key in OWN:
            raise InvalidParameter(f"trainer.{key}: set by the run itself; use seed, --out or --save-every")
        if key not in known:
            raise unknown("trainer.", key, known)
    check_settings(recipe.trainer, config)
    settings = _as_now_called({**recipe.trainer, **own}, config)
    try:
        return config(output_dir=str(out), seed=recipe.seed, **settings)
    except (TypeError, ValueError, ImportError) as error:  # ImportError: a package that a setting asks for
        raise InvalidParameter(f"trainer: {error}") from None


def load_policy(recipe: Recipe, task: Task) -> tuple[Any, Any]:
    """(model, tokenizer) before any training, with fresh adapters if the recipe wants some."""
    spec = recipe.model
    if spec.source == "tiny":
        from semuq_rl.runs.tiny import character_tokenizer, tiny_llama

        tokenizer = character_tokenizer(task.alphabet)
        model = tiny_llama(tokenizer, seed=recipe.seed, hidden=spec.hidden, layers=spec.layers, heads=spec.heads)
    elif spec.source == "embedded":
        from semuq.models.smollm2 import load_embedded

        model, tokenizer = load_embedded()
    else:
        from transformers import AutoModelForCausalLM, AutoTokenizer

        model = AutoModelForCausalLM.from_pretrained(spec.path)
        tokenizer = AutoTokenizer.from_pretrained(spec.path)
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    tokenizer.padding_side = "left"
    return (with_adapters(model, recipe) if spec.lora_rank else model), tokenizer


def with_adapters(model: Any, recipe: Recipe) -> Any:
    """A model with fresh LoRA adapters of the recipe's rank, from the recipe's seed."""
    import torch
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(
        r=recipe.model.lora_rank,
        lora_alpha=recipe.model.lora_alpha,
        lora_dropout=0.0,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        return get_peft_model(model, config)


def _as_now_called(settings: Mapping[str, Any], config: Any) -> dict[str, Any]:
    """`gradient_checkpointing` under the name that transformers 5 gives it, or it warns of the old one.

    TRL's own default, on, is written under the old name too, so it is passed on also where a recipe is silent.
    """
    defaults = {item.name: item.default for item in dataclasses.fields(config)}
    settings = dict(settings)
    for old, new in RENAMED.items():
        if new in defaults:
            value = settings.pop(old, defaults[old])
            settings.setdefault(new, value)
    return settings


def _named(registry: Registry[Any], given: dict[str, Any], key: str, default: str | None) -> Any:
    """The member of a registry that a key of the signal's table names."""
    name = given.pop(key, default)
    if not isinstance(name, str):
        raise InvalidParameter(f"signal.{key}: expected a name such as {registry.names[0]!r}, got {name!r}")
    try:
        return registry.read(name)
    except InvalidParameter as error:
        raise InvalidParameter(f"signal.{key}: {error}") from None


def _nothing_left(given: Mapping[str, Any], where: str, known: set[str]) -> None:
    for key in given:
        raise unknown(where, key, known)


def _trl() -> Any:
    try:
        import trl
    except ImportError as error:
        raise MissingExtra(f"training needs TRL ({error}): pip install 'semuq[rl]'") from None
    return trl
