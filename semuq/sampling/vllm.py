"""`VLLMSampler`: answers from vLLM's engine in this process (`vllm.LLM`), without a server.

Prompts are rendered here, as for `HuggingFaceSampler`, so that one that does not fit is told before it is queued.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal, get_args

from semuq.checks import whole
from semuq.errors import InvalidModel, InvalidParameter, MissingExtra, SemuqError
from semuq.samples import SampleSet
from semuq.samples.messages import Conversation
from semuq.samples.stops import checked
from semuq.sampling.asking import Asked, Found, Prompt, PromptSampler
from semuq.sampling.base import Decoding
from semuq.sampling.loading import Loaded, fitting

__all__ = ["VLLMSampler"]

Kept = Literal["prompt_logprobs"]
"""What vLLM's engine tells of a model beside the log-probs of its answers."""


@dataclass(frozen=True, eq=False)
class VLLMSampler(PromptSampler):
    """Answers from a model that vLLM runs, with log-probs.

    `token_logprobs` are those of the model's own distribution whatever the temperature (vLLM's default
    `logprobs_mode`), and the token that ends an answer is among them, as with `HuggingFaceSampler`. White space around
    an answer is dropped; `metadata["truncated"]`, `["finish_reasons"]` and `["sampler"]` as there.

    Args:
        model: a hub name, a folder, or a `vllm.LLM` that is there already.
        decoding: how tokens are drawn.
        system: a system message in front of the prompt; needs a chat template.
        stop: texts that end an answer.
        top_logprobs: how many of the most probable tokens to list at each place, 0 or 2 to 20, for `token_entropies`.
        keep: "prompt_logprobs" keeps those of the prompt. Hidden states and the like vLLM's engine does not hand out:
            `HuggingFaceSampler(model, keep=("hidden_states",)).read(samples)` gets them for the same answers.
        engine: what else `vllm.LLM` is given, such as {"tensor_parallel_size": 2}.

    Raises:
        InvalidModel: vLLM cannot load the model (at first use).
        InvalidParameter: an argument is outside its limits; a prompt does not fit the context.
        MissingExtra: vLLM is not installed (at first use).

    Reproducible as far as vLLM is: the seed of answer k is `decoding.seed` + k, and batches round differently.

    Example:
        >>> VLLMSampler("Qwen/Qwen2.5-1.5B-Instruct", decoding=Decoding(temperature=0.7)).decoding.temperature
        0.7
    """

    model: Any
    decoding: Decoding = field(default=Decoding(), kw_only=True)
    system: str | None = field(default=None, kw_only=True)
    stop: tuple[str, ...] = field(default=(), kw_only=True)
    top_logprobs: int = field(default=0, kw_only=True)
    keep: tuple[Kept, ...] = field(default=(), kw_only=True)
    engine: Mapping[str, Any] = field(default_factory=dict, kw_only=True)

    def __post_init__(self) -> None:
        if not isinstance(self.decoding, Decoding):
            raise InvalidParameter(f"decoding: expected Decoding(...), got {type(self.decoding).__name__}")
        object.__setattr__(self, "stop", checked(self.stop))
        whole(None, 0, 20, top_logprobs=self.top_logprobs)
        keep: Any = self.keep
        if not isinstance(keep, tuple) or any(name not in get_args(Kept) for name in keep):
            raise InvalidParameter(
                f"keep: expected a tuple of some of {get_args(Kept)}, got {keep!r}; vLLM's engine hands out no states: "
                "HuggingFaceSampler(model, keep=...).read(samples) gets them for these answers"
            )

    @cached_property
    def identity(self) -> str:
        """Names vLLM's version, model, precision, form of the prompt and decoding; starts the engine."""
        import vllm

        config = self._engine.llm_engine.model_config
        form = "chat" if self._loaded.chat else "bare"
        stop = f"/stop={self.stop!r}" if self.stop else ""
        dtype = str(config.dtype).removeprefix("torch.")
        return f"vllm-{vllm.__version__}/{config.model}/{dtype}/{form}/system={self.system!r}{stop}/{self.decoding!r}"

    def at(self, **decoding: Any) -> VLLMSampler:
        """The same engine with other decoding: `sampler.at(temperature=0.5)`.

        Raises:
            InvalidParameter: a value is outside the limits of `Decoding`.
        """
        return replace(self, model=self._engine, decoding=replace(self.decoding, **decoding), engine={})

    def answered(self, asked: Asked) -> Found:
        """The answers to each distinct prompt, or why there are none."""
        rendered, failed = asked.each(self._ids)
        found: dict[Prompt, SampleSet | SemuqError] = {**failed}
        if not rendered:
            return found
        outputs = self._engine.generate(
            [{"prompt_token_ids": list(ids)} for ids in rendered.values()], self._params(asked.n), use_tqdm=False
        )
        for prompt, output in zip(rendered, outputs, strict=True):
            samples = SampleSet.from_vllm(output, prompt.messages if isinstance(prompt, Conversation) else prompt)
            found[prompt] = replace(samples, metadata={"sampler": self.identity, **samples.metadata})
        return found

    def _params(self, n: int) -> Any:
        import vllm

        return vllm.SamplingParams(
            n=n,
            temperature=self.decoding.temperature,
            top_p=self.decoding.top_p,
            top_k=self.decoding.top_k,
            max_tokens=self.decoding.max_new_tokens,
            seed=self.decoding.seed,
            stop=list(self.stop) or None,
            logprobs=self.top_logprobs,
            prompt_logprobs=0 if "prompt_logprobs" in self.keep else None,
        )

    def _ids(self, place: int, prompt: Prompt) -> tuple[int, ...]:
        ids = self._loaded.render(prompt, self.system)
        return fitting(place, ids, self._engine.llm_engine.model_config.max_model_len, self.decoding.max_new_tokens)

    @cached_property
    def _loaded(self) -> Loaded:
        # Of what renders a prompt only the tokenizer is here; the network is the engine's.
        name = str(self._engine.llm_engine.model_config.model)
        return Loaded(name=name, model=None, tokenizer=self._engine.get_tokenizer())

    @cached_property
    def _engine(self) -> Any:
        if not isinstance(self.model, str) and not hasattr(self.model, "__fspath__"):
            if not hasattr(self.model, "llm_engine"):
                raise InvalidParameter(f"model: expected a name, a folder or a vllm.LLM, got {self.model!r:.60}")
            return self.model
        if importlib.util.find_spec("vllm") is None:
            raise MissingExtra("VLLMSampler needs vLLM: pip install vllm (see its pages for your hardware)")
        import vllm

        try:
            return vllm.LLM(str(self.model), **self.engine)
        except (OSError, ValueError, RuntimeError) as error:
            raise InvalidModel(f"model {str(self.model)!r}: vLLM cannot load it ({error!s:.300})") from error
