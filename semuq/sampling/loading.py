"""A model and its tokenizer, made ready to sample from: `load` and what it returns, `Loaded`.

Below `huggingface`. All that differs between models (stop tokens, context, chat template, precision)
is settled here, once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from semuq.errors import InvalidModel, InvalidParameter, SemuqError
from semuq.models.quiet import quiet_loading
from semuq.models.smollm2 import NAME as EMBEDDED_NAME
from semuq.models.smollm2 import load_embedded
from semuq.samples.messages import Conversation, turns_of

__all__ = ["Loaded", "evaluating", "fitting", "load"]

REMEDY = "pass a hub name, a folder with config.json, weights and tokenizer, or a loaded model and its tokenizer"


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """A causal language model with its tokenizer.

    Args:
        name: hub name, folder, or what the loaded model's config says.
        model, tokenizer: of transformers.
    """

    name: str
    model: Any
    tokenizer: Any

    @property
    def chat(self) -> bool:
        """Whether prompts go through a chat template."""
        return bool(getattr(self.tokenizer, "chat_template", None))

    @property
    def takes_system(self) -> bool:
        """Whether a system message can stand in front of a prompt: not without a template, nor with some."""
        try:
            self.render("?", "?")
        except InvalidParameter:
            return False
        return True

    @property
    def context(self) -> int | None:
        """The longest text in tokens, None where the config does not say."""
        return getattr(self.model.config.get_text_config(), "max_position_embeddings", None)

    @property
    def stop(self) -> frozenset[int]:
        """Ids that end an answer: the generation config's, the model config's and the tokenizer's."""
        ids: set[int] = set()
        generation = getattr(self.model, "generation_config", None)
        for source, name in ((generation, "eos_token_id"), (self.model.config, "eos_token_id"), (self.tokenizer, "")):
            value = getattr(source, name or "eos_token_id", None)
            ids.update(value if isinstance(value, list | tuple) else [] if value is None else [value])
        return frozenset(ids)

    @property
    def fingerprint(self) -> str:
        """Twelve hex digits of the weights (shapes, precision and 64 values of each parameter)."""
        digest = hashlib.sha256()
        for name, parameter in self.model.named_parameters():
            digest.update(f"{name} {tuple(parameter.shape)} {parameter.dtype}".encode())
            if parameter.device.type != "meta" and parameter.numel():
                picks = np.unique(np.linspace(0, parameter.numel() - 1, 64).astype(np.int64))
                values = parameter.detach().reshape(-1)[torch.from_numpy(picks).to(parameter.device)]
                digest.update(values.float().cpu().numpy().tobytes())
        return digest.hexdigest()[:12]

    def render(self, prompt: str | Conversation, system: str | None) -> tuple[int, ...]:
        """Token ids of the prompt as a user's turn, ready for the answer; the bare prompt without a template."""
        if not self.chat:
            if isinstance(prompt, Conversation):
                raise InvalidParameter(
                    f"prompt: expected a text, as the tokenizer of {self.name!r} has no chat template, got messages"
                )
            if system is not None:
                raise InvalidParameter(
                    f"system: expected None, as the tokenizer of {self.name!r} has no chat template, "
                    f"got {system!r:.60}; put it in the prompt"
                )
            return tuple(self.tokenizer(prompt).input_ids)
        turns = turns_of(prompt, system)
        try:
            text = self.tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
        except Exception as error:  # templates raise what they like
            raise InvalidParameter(
                f"prompt: the chat template of {self.name!r} refuses it ({error}); "
                "pass system=None if it knows no system message"
            ) from error
        return tuple(self.tokenizer(text, add_special_tokens=False).input_ids)

    @property
    def end(self) -> int:
        """The id that ends an answer: the tokenizer's, unless the model stops at others only."""
        own = getattr(self.tokenizer, "eos_token_id", None)
        return own if own in self.stop else min(self.stop)

    def answer(self, text: str) -> tuple[int, ...]:
        """Token ids of an answer, with the one that ends it."""
        return (*self.tokenizer(text, add_special_tokens=False).input_ids, self.end)

    def pieces(self, tokens: list[int]) -> list[str]:
        """The text of each token; "" for a special one."""
        return [str(self.tokenizer.decode([token], skip_special_tokens=True)) for token in tokens]

    def spoken(self, tokens: list[int]) -> str:
        """What an answer's tokens say: no token that ends it, no special tokens."""
        if tokens and tokens[-1] in self.stop:
            tokens = tokens[:-1]
        return str(self.tokenizer.decode(tokens, skip_special_tokens=True))


def load(model: Any, tokenizer: Any, device: Any, dtype: torch.dtype | None) -> Loaded:
    """What `HuggingFaceSampler` was given, loaded; its docstring says what the arguments may be.

    Raises:
        InvalidModel: it cannot be loaded, lacks weights, or is not a causal language model.
        InvalidParameter: arguments contradict each other.
        MissingExtra: the embedded model is wanted and not installed.
    """
    if isinstance(model, tuple) and len(model) == 2 and tokenizer is None:
        model, tokenizer = model
    if model is not None and not isinstance(model, str) and not hasattr(model, "__fspath__"):
        return _already_loaded(model, tokenizer, device, dtype)
    device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    if model is None:
        if tokenizer is not None:
            raise InvalidParameter("tokenizer: expected None with model=None, which brings its own; pass a model")
        network, tokenizer = load_embedded()
        network = network.to(device=device, dtype=dtype or torch.float32)
        return _checked(EMBEDDED_NAME, network, tokenizer)
    name = str(model)
    wanted = dtype or (torch.float32 if device.type == "cpu" else "auto")
    network = _network(name, wanted).to(device)
    return _checked(name, network, _tokenizer(name if tokenizer is None else tokenizer))


def fitting(place: int, ids: tuple[int, ...], context: int | None, new: int) -> tuple[int, ...]:
    """The token ids of the prompt at a place, if there are some and `new` more fit the context.

    Raises:
        InvalidParameter: there are none, or too many.
    """
    if not ids:
        raise InvalidParameter(f"prompts[{place}]: expected at least one token, got none; pass a question")
    if context is not None and len(ids) + new > context:
        raise InvalidParameter(
            f"prompts[{place}]: expected at most {context} tokens with the answer (the model's context), "
            f"got {len(ids)} and max_new_tokens={new}; shorten the prompt or lower max_new_tokens"
        )
    return ids


@contextmanager
def evaluating(model: Any) -> Iterator[None]:
    """The model without dropout; every module's own mode is put back, as a model in training needs."""
    training = [module for module in model.modules() if module.training]
    model.eval()
    try:
        yield
    finally:
        for module in training:
            module.training = True


def _already_loaded(model: Any, tokenizer: Any, device: Any, dtype: torch.dtype | None) -> Loaded:
    if not isinstance(model, torch.nn.Module) or not hasattr(model, "config"):
        raise InvalidModel(f"model: expected a causal language model, got {type(model).__name__}; {REMEDY}")
    if tokenizer is None:
        raise InvalidParameter("tokenizer: expected the loaded model's tokenizer, got None; pass tokenizer=...")
    for argument, value in (("device", device), ("dtype", dtype)):
        if value is not None:
            raise InvalidParameter(
                f"{argument}: expected None with a loaded model, which stays as it is, got {value!r}; "
                f"convert it first: model.to({value!r})"
            )
    name = str(getattr(model.config, "_name_or_path", "") or type(model).__name__)
    return _checked(name, model, _tokenizer(tokenizer))


def _checked(name: str, network: Any, tokenizer: Any) -> Loaded:
    if getattr(network.config, "is_encoder_decoder", False) or not getattr(network, "can_generate", lambda: True)():
        raise InvalidModel(
            f"model {name!r}: expected a causal (decoder-only) language model, got {type(network).__name__}; "
            "pass a model that continues text, such as Qwen or Llama"
        )
    loaded = Loaded(name=name, model=network, tokenizer=tokenizer)
    if not loaded.stop:
        raise InvalidModel(
            f"model {name!r}: expected an end-of-sequence token, its config and tokenizer name none; "
            "set tokenizer.eos_token, so that answers can end"
        )
    return loaded


def _network(name: str, dtype: Any) -> Any:
    from transformers import AutoModelForCausalLM

    try:
        with quiet_loading(name):
            network, report = AutoModelForCausalLM.from_pretrained(name, dtype=dtype, output_loading_info=True)
    except SemuqError:
        raise
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise InvalidModel(
            f"model {name!r}: cannot be loaded as a causal language model ({reason}); {REMEDY}"
        ) from error
    missing = sorted(report["missing_keys"])
    if missing:
        raise InvalidModel(
            f"model {name!r}: expected weights for all of a {type(network).__name__}, got none for {missing[:3]} "
            f"({len(missing)} in all), which would be random; pass a causal language model"
        )
    return network.eval()


def _tokenizer(source: Any) -> Any:
    if not isinstance(source, str) and not hasattr(source, "__fspath__"):
        return source
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(str(source))
    except (OSError, ValueError, KeyError, TypeError, ImportError) as error:
        raise InvalidModel(f"tokenizer {str(source)!r}: cannot be loaded ({_reason(error)}); {REMEDY}") from error


def _reason(error: Exception) -> str:
    """The first line of an error's message, 200 characters of it."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
