"""Who is asked: a TOML file with a `[model]` table, or just a model's name. Gives samplers to the sample stage."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from benchmarks.leaderboard.weights import Weights, unpacked
from semuq import sampling
from semuq.errors import InvalidModel, InvalidParameter
from semuq.sampling import Decoding, Sampler

HERE = Path(__file__).parent
DEFAULT = "smollm2-135m"

OFFICIAL = ("qwen2.5-coder-1.5b", "llama-13b", "qwen2.5-coder-0.5b", DEFAULT)
"""The models of the page, the most telling first."""


@dataclass(frozen=True, kw_only=True)
class Model:
    """A model that answers questions.

    Args:
        name: of the folder its answers are kept in.
        sampler: the name of a class of `semuq.sampling`.
        answers: how many are sampled for a question.
        temperature: at which they are.
        seed: of the sampling.
        chat: prompts are a user's turn, by the tokenizer's chat template or at the server's chat endpoint.
        stop: texts that end an answer, wherever they fall in a token.
        beside: models whose answers stand beside its own, for estimators that compare models.
        sets: the sets of questions there are answers to, where not all are asked.
        weights: where the weights are, for a model that is not on a hub (see `weights`).
        options: arguments of that class; `dtype` by name.
    """

    name: str
    sampler: str = "HuggingFaceSampler"
    answers: int = 10
    temperature: float = 1.0
    seed: int = 0
    chat: bool = True
    stop: Sequence[str] = ()
    beside: Sequence[str] = ()
    sets: Sequence[str] = ()
    weights: Mapping[str, str] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.sampler not in sampling.__all__:
            raise InvalidParameter(
                f"model.sampler: expected a class of semuq.sampling {sampling.__all__}, got {self.sampler!r}"
            )

    def ask(self, ask: Mapping[str, Any], *, greedy: bool) -> Sampler:
        """The sampler for the [ask] table of a set of questions."""
        decoding = Decoding(
            temperature=0.0 if greedy else self.temperature, max_new_tokens=int(ask["max_new_tokens"]), seed=self.seed
        )
        options = {"decoding": decoding, "system": ask.get("system"), "stop": tuple(self.stop), **self.options}
        if self.sampler == "HuggingFaceSampler":
            for known in ("model", "tokenizer", "device", "dtype"):
                options.pop(known, None)
            model, tokenizer = self._loaded
            if not getattr(tokenizer, "chat_template", None):
                options["system"] = None
            options |= {"model": model, "tokenizer": tokenizer}
        else:
            options |= {"chat": self.chat}
            if not self.chat:
                options["system"] = None
        sampler: Sampler = getattr(sampling, self.sampler)(**options)
        return sampler

    def prober(self) -> Any:
        """Asks the model about its own answers; None for a model behind a server, whose insides nobody sees."""
        if self.sampler != "HuggingFaceSampler" or self.chat:
            return None
        from benchmarks.leaderboard.probing import Prober

        if self.weights is not None:  # read as they are sampled from: float32 would take twice the memory
            return Prober(self._loaded, seed=self.seed)
        options = {name: self.options.get(name) for name in ("model", "tokenizer", "device")}
        return Prober(**options, seed=self.seed)

    def chatting(self, **decoding: Any) -> Sampler | None:
        """The same weights asked by the chat template that comes with them; None where they are no file of ours.

        Args:
            decoding: fields of `Decoding`.
        """
        if self.weights is None:
            return None
        from transformers import AutoTokenizer

        tokenizer = AutoTokenizer.from_pretrained(unpacked(Weights(**self.weights)))
        model, _ = self._loaded
        return sampling.HuggingFaceSampler(model, tokenizer=tokenizer, decoding=Decoding(**decoding), batch_size=160)

    @cached_property
    def _loaded(self) -> tuple[Any, Any]:
        """Weights and tokenizer, loaded once for all sets of questions."""
        import torch

        from semuq.sampling.loading import load

        dtype = self.options.get("dtype")
        loaded = load(
            self.options.get("model") if self.weights is None else unpacked(Weights(**self.weights)),
            self.options.get("tokenizer"),
            self.options.get("device"),
            None if dtype is None else getattr(torch, dtype),
        )
        if not self.chat:
            loaded.tokenizer.chat_template = None
        loaded.model.config._name_or_path = self.name  # the sampler's identity then names no folder of this machine
        return loaded.model, loaded.tokenizer


def as_chat(model: Model, **decoding: Any) -> Sampler:
    """`model.chatting`, where nothing can be done without.

    Raises:
        InvalidModel: the model has no weights of ours.
    """
    chat = model.chatting(**decoding)
    if chat is None:
        raise InvalidModel(f"{model.name}: expected a model with [model.weights], to be asked as chat; got none")
    return chat


def read_model(name: str) -> Model:
    """A model of `models/`, of a TOML file elsewhere, or of a hub name or folder of weights.

    Raises:
        InvalidParameter: the file has no [model] table, or an unknown field in it.
    """
    path = Path(name) if name.endswith(".toml") else HERE / "models" / f"{name}.toml"
    if not path.is_file():
        if name.endswith(".toml"):
            raise InvalidParameter(f"model: expected a .toml file, got {name!r}, which is not there")
        return Model(name=name.strip("/").replace("/", "--"), options={"model": name})
    table = tomllib.loads(path.read_text(encoding="utf-8")).get("model")
    if table is None:
        raise InvalidParameter(f"{path.name}: [model] missing; models/{DEFAULT}.toml shows every field")
    if unknown := sorted(
        set(table)
        - {"sampler", "answers", "temperature", "seed", "chat", "stop", "beside", "sets", "weights", "options"}
    ):
        raise InvalidParameter(f"{path.name}: unknown fields {unknown} in [model]")
    return Model(name=path.stem, **table)
