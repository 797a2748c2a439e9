"""vLLM's classes as far as semuq touches them, field by field as in vLLM 0.32.0, and an engine that answers by rule.

`RequestOutput`, `CompletionOutput` and `Logprob` also rebuild `tests/samples/recorded/vllm.json`, which vLLM wrote.
"""

from __future__ import annotations

import json
import math
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from semuq.samples.stops import cut, cut_pieces
from tests.tiny import llama
from tests.tiny.llama import EOS

RECORDED = Path(__file__).parent.parent / "samples" / "recorded" / "vllm.json"
SAID = ("it is paris", "paris", "lyon", "the capital of france is lyon", "a city")


@dataclass
class Logprob:
    logprob: float
    rank: int | None = None
    decoded_token: str | None = None


@dataclass
class CompletionOutput:
    index: int
    text: str
    token_ids: list[int]
    cumulative_logprob: float | None
    logprobs: list[dict[int, Logprob]] | None
    finish_reason: str | None = None
    stop_reason: int | str | None = None


@dataclass
class RequestOutput:
    request_id: str
    prompt: str | None
    prompt_token_ids: list[int] | None
    prompt_logprobs: list[dict[int, Logprob] | None] | None
    outputs: list[CompletionOutput]
    finished: bool


@dataclass(kw_only=True)
class SamplingParams:
    n: int = 1
    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0
    max_tokens: int | None = 16
    seed: int | None = None
    stop: list[str] | None = None
    logprobs: int | None = None
    prompt_logprobs: int | None = None


def recorded() -> list[RequestOutput]:
    """What vLLM gave for SmolLM2: three answers to a chat (logprobs=2, prompt_logprobs=1, stop "."), two to a text."""

    def places(found: Any) -> Any:
        if found is None:
            return None
        return [None if own is None else {token: Logprob(**told) for token, told in own} for own in found]

    return [
        RequestOutput(
            **{
                **own,
                "prompt_logprobs": places(own["prompt_logprobs"]),
                "outputs": [CompletionOutput(**{**one, "logprobs": places(one["logprobs"])}) for one in own["outputs"]],
            }
        )
        for own in json.loads(RECORDED.read_text())
    ]


@dataclass
class LLM:
    """Answer k is a text chosen by seed + k; each token has log-prob log(1/2), and is among the top ones."""

    context: int = 40
    asked: list[Any] = field(default_factory=list)

    @property
    def llm_engine(self) -> Any:
        config = SimpleNamespace(model="tiny", dtype="torch.float32", max_model_len=self.context)
        return SimpleNamespace(model_config=config)

    def get_tokenizer(self) -> Any:
        return llama.tokenizer()

    def generate(self, prompts: list[Any], params: SamplingParams, *, use_tqdm: bool) -> list[RequestOutput]:
        self.asked.append((prompts, params))
        return [
            RequestOutput(
                request_id=str(index),
                prompt=None,
                prompt_token_ids=prompt["prompt_token_ids"],
                prompt_logprobs=[
                    {token: Logprob(-0.5, 1, "x")} if place else None
                    for place, token in enumerate(prompt["prompt_token_ids"])
                ]
                if params.prompt_logprobs is not None
                else None,
                outputs=[self._answer(k, params) for k in range(params.n)],
                finished=True,
            )
            for index, prompt in enumerate(prompts)
        ]

    def _answer(self, k: int, params: SamplingParams) -> CompletionOutput:
        words = SAID[(params.seed + k) % len(SAID)].split()
        pieces = [word if place == 0 else f" {word}" for place, word in enumerate(words)]
        text, stop = "".join(pieces), params.stop or []
        ids = [*self.get_tokenizer()(text).input_ids, EOS]
        pieces.append("<eos>")
        shown = cut(text, stop)
        count = len(cut_pieces(pieces[:-1], stop)) if shown != text else len(pieces)
        ids, pieces = ids[:count], pieces[:count]
        logprobs = [self._place(token, piece, params.logprobs) for token, piece in zip(ids, pieces, strict=True)]
        return CompletionOutput(
            index=k,
            text=shown,
            token_ids=ids,
            cumulative_logprob=math.log(0.5) * count,
            logprobs=logprobs if params.logprobs is not None else None,
            finish_reason="stop",
            stop_reason=None,
        )

    @staticmethod
    def _place(token: int, piece: str, top: int | None) -> dict[int, Logprob]:
        others = [own for own in range(llama.CONTEXT) if own != token][: max(0, (top or 0) - 1)]
        listed = {own: Logprob(math.log(0.25), rank + 2, "x") for rank, own in enumerate(others)}
        return {token: Logprob(math.log(0.5), 1, piece), **listed}


def as_module() -> ModuleType:
    """The package, for `sys.modules`."""
    made = ModuleType("vllm")
    made.__dict__.update(__version__="0.0", LLM=LLM, SamplingParams=SamplingParams, __spec__=sys.__spec__)
    return made
