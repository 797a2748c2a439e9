"""`Recipe`: what a training run is, read from a TOML file and checked field by field before any work.

A file per experiment lives in `semuq_rl/recipes`. Every field can be overridden by its dotted path
(`trainer.learning_rate=1e-4`); a name that does not exist is refused with the names that do.
"""

from __future__ import annotations

import dataclasses
import difflib
import tomllib
import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from semuq.checks import one_of, within
from semuq.errors import InvalidParameter

__all__ = ["Evaluation", "Imitation", "Model", "Recipe", "read_recipe", "recipe_names"]

SEEDS = 2**32
"""As many as NumPy's global generator, which transformers seeds, can tell apart."""

Source = Literal["tiny", "embedded", "pretrained"]


@dataclass(frozen=True, kw_only=True)
class Model:
    """Where the policy comes from.

    Args:
        source: "tiny" makes a small Llama for the task's alphabet, "embedded" takes the SmolLM2-135M
            of `semuq[demo]`, "pretrained" reads `path`.
        path: a hub name or a folder, for "pretrained".
        hidden, layers, heads: of a tiny model.
        chat: wrap each prompt into the tokenizer's chat template.
        lora_rank: 0 trains all weights, else adapters of this rank on all linear layers.
        lora_alpha: their scale; the update is multiplied by alpha / rank.
    """

    source: Source = "tiny"
    path: str = ""
    hidden: int = 64
    layers: int = 2
    heads: int = 4
    chat: bool = False
    lora_rank: int = 0
    lora_alpha: float = 32.0

    def __post_init__(self) -> None:
        one_of("model", typing.get_args(Source), source=self.source)
        if (self.source == "pretrained") != bool(self.path):
            raise InvalidParameter(
                f"model.path: expected a hub name or folder with source = 'pretrained' and none otherwise, "
                f"got {self.path!r} with {self.source!r}"
            )
        within("model", 1, hidden=self.hidden, layers=self.layers, heads=self.heads)
        within("model", 0, lora_rank=self.lora_rank, lora_alpha=self.lora_alpha)


@dataclass(frozen=True, kw_only=True)
class Imitation:
    """Supervised training on demonstrations before RL, to partial skill.

    Args:
        steps: at most; 0 for none.
        until: greedy accuracy on fresh training problems at which it stops; 1 to take all steps.
        every: steps between two looks at it.
        batch: demonstrations a step.
        learning_rate: after a linear warm-up of 50 steps.
    """

    steps: int = 0
    until: float = 1.0
    every: int = 20
    batch: int = 64
    learning_rate: float = 3e-3

    def __post_init__(self) -> None:
        within("imitation", 0, steps=self.steps)
        within("imitation", 0, 1, open_low=True, until=self.until)
        within("imitation", 1, batch=self.batch, every=self.every)
        within("imitation", 0, open_low=True, learning_rate=self.learning_rate)


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """What is measured on held-out problems.

    Args:
        problems: how many, for greedy accuracy.
        sampled: how many of them are also sampled, for pass@k; 0 for none.
        samples: k.
        every: steps between two measurements of greedy accuracy; there is one before and one at the end.
        batch: completions at a time.
    """

    problems: int = 256
    sampled: int = 256
    samples: int = 8
    every: int = 50
    batch: int = 2048

    def __post_init__(self) -> None:
        within("evaluation", 1, problems=self.problems, samples=self.samples, every=self.every, batch=self.batch)
        within("evaluation", 0, self.problems, sampled=self.sampled)


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A training run.

    Args:
        name: of the file.
        about: one line.
        seed: of everything: weights, problems, sampling; in [0, 2^32).
        task: `name`, one of `semuq_rl.tasks.TASKS`, and the task's own fields.
        model, imitation, evaluation: see there.
        signal: `estimator`, `relation`, and the estimator's own fields; empty for none.
        modulator: `name` of a factory in `semuq_rl.modulators` and its parameters; empty for none.
        trainer: fields of TRL's GRPOConfig.
    """

    name: str
    about: str
    seed: int = 0
    task: dict[str, Any]
    model: Model = field(default_factory=Model)
    imitation: Imitation = field(default_factory=Imitation)
    evaluation: Evaluation = field(default_factory=Evaluation)
    signal: dict[str, Any] = field(default_factory=dict)
    modulator: dict[str, Any] = field(default_factory=dict)
    trainer: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 0 <= self.seed < SEEDS:
            raise InvalidParameter(f"seed: expected an integer in [0, 2^32), got {self.seed}")

    def as_dict(self) -> dict[str, Any]:
        """Plain types, for a log."""
        return dataclasses.asdict(self)


def recipe_names() -> list[str]:
    """The recipes inside the package."""
    folder = resources.files("semuq_rl.recipes")
    return sorted(path.name.removesuffix(".toml") for path in folder.iterdir() if path.name.endswith(".toml"))


def read_recipe(name: str | Path, overrides: Sequence[str] = ()) -> Recipe:
    """A recipe by name or by the path of a TOML file, with `section.field=value` overrides.

    Raises:
        InvalidParameter: no such recipe, no TOML, an unknown field or a wrong type; the message names the field.
    """
    table = _table(name)
    table["name"] = Path(name).stem if str(name).endswith(".toml") else str(name)
    for override in overrides:
        _override(table, override)
    return _build(Recipe, table, "")


def unknown(where: str, name: str, known: Iterable[str]) -> InvalidParameter:
    """The error for a field that does not exist, with the closest one that does."""
    options = sorted(known)
    close = difflib.get_close_matches(name, options, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(options)}"
    shown = f"{where}{name}" if name.isprintable() else repr(f"{where}{name}")
    return InvalidParameter(f"{shown}: no such field; {hint}")


def _table(name: str | Path) -> dict[str, Any]:
    if str(name).endswith(".toml"):
        path = Path(name)
        if not path.is_file():
            raise InvalidParameter(f"recipe: expected a file, found no {str(path)!r}")
        content = path.read_bytes()
    else:
        names = recipe_names()
        if str(name) not in names:
            raise InvalidParameter(
                f"recipe: expected one of {', '.join(names)}, or the path of a .toml file, got {str(name)!r}"
            )
        content = resources.files("semuq_rl.recipes").joinpath(f"{name}.toml").read_bytes()
    try:
        return tomllib.loads(content.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidParameter(f"recipe {name}: not TOML: {error}") from None
    except RecursionError:
        raise InvalidParameter(f"recipe {name}: not TOML: nested too deeply") from None


def _override(table: dict[str, Any], override: str) -> None:
    path, equals, text = override.partition("=")
    keys = path.strip().split(".")
    if not equals or not all(keys):
        raise InvalidParameter(f"--set: expected section.field=value, got {override!r:.80}")
    try:
        # One value and nothing after it: a line break would smuggle in other fields.
        value = text.strip() if "\n" in text else tomllib.loads(f"value = {text.strip()}")["value"]
    except (tomllib.TOMLDecodeError, RecursionError):
        value = text.strip()  # a bare word is a string, as on any command line
    for depth, key in enumerate(keys[:-1]):
        inner = table.setdefault(key, {})
        if not isinstance(inner, dict):
            raise InvalidParameter(f"--set {path}: {'.'.join(keys[: depth + 1])} is a value and has no fields")
        table = inner
    table[keys[-1]] = value


def _build(kind: type[Any], table: Mapping[str, Any], where: str) -> Any:
    """A dataclass from a table, every name and type checked."""
    hints = typing.get_type_hints(kind)
    fields = {item.name: item for item in dataclasses.fields(kind)}
    values = {}
    for name, value in table.items():
        if name not in fields:
            raise unknown(where, name, fields)
        values[name] = _value(hints[name], value, f"{where}{name}")
    for name, item in fields.items():
        if name not in values and item.default is item.default_factory is dataclasses.MISSING:
            raise InvalidParameter(f"{where}{name}: expected a value, found none; add it to the recipe")
    return kind(**values)


def _value(hint: Any, value: Any, where: str) -> Any:
    if dataclasses.is_dataclass(hint):
        if not isinstance(value, Mapping):
            raise InvalidParameter(f"{where}: expected a table, got {value!r:.80}")
        return _build(typing.cast("type[Any]", hint), value, f"{where}.")
    expected: Any = typing.get_origin(hint) or hint
    if expected is Literal or isinstance(expected, types.UnionType):
        return value  # the dataclass checks it
    if expected is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, expected) or (isinstance(value, bool) and expected is not bool):
        raise InvalidParameter(f"{where}: expected {expected.__name__}, got {value!r:.80}")
    return value
