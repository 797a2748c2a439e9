"""`GGUFSampler`: answers from a GGUF file, through llama.cpp's server in this process, without transformers.

The server listens on the loopback and `OpenAISampler` asks it; here it is started, and told to draw as `Decoding` says
and in no other way (`pip install 'semuq[gguf-server]'`).
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from semuq.checks import whole
from semuq.errors import InvalidModel, InvalidParameter, MissingExtra
from semuq.samples import SampleSet
from semuq.samples.stops import checked
from semuq.sampling.asking import Asked, Found, LoadedSampler
from semuq.sampling.base import Decoding
from semuq.sampling.openai import OpenAISampler
from semuq.sampling.wire import NO_KEY

__all__ = ["GGUFSampler"]

ENDS = 2**20
"""Bytes at either end of a file that its fingerprint is made of."""

PATIENCE = 3600.0
"""Seconds for one request: a model on a slow machine may take as long as it takes."""


@dataclass(frozen=True, eq=False)
class GGUFSampler(LoadedSampler):
    """Answers from a model in a GGUF file, with log-probs.

    llama.cpp draws by default from the 40 most probable tokens of at least a twentieth of the largest probability; here
    it draws as `decoding` says and in no other way. `token_logprobs` are those of the model's own distribution whatever
    the temperature; the token that ends an answer is not among them. All else as `OpenAISampler`.

    Args:
        model: a `.gguf` file; of one in several parts the first.
        decoding: how tokens are drawn.
        system: a system message in front of the prompt; needs `chat`.
        chat: the prompt is a user's turn in the file's chat template; False sends it as it is.
        stop: texts that end an answer.
        top_logprobs: how many of the most probable tokens to list at each place, 0 to 20, for `token_entropies`.
        slots: answers decoded side by side; each takes memory for `context` tokens.
        context: longest prompt and answer in tokens.
        threads: None leaves it to llama.cpp. Fewer than the cores where other work runs beside it: its threads wait
            for each other.

    Raises:
        InvalidModel: there is no such file, or llama.cpp cannot load it (at first use).
        InvalidParameter: an argument is outside its limits; a prompt does not fit the context.
        MissingExtra: xllamacpp or openai is not installed (at first use).

    Reproducible. The same seed gives the same answers to the same call; answers decoded side by side share batches,
    whose rounding can turn a draw that is close.

    Cost. The file is mapped, so a model is there in seconds. The server stays until the sampler goes.

    Example:
        >>> GGUFSampler("qwen2.5-0.5b-instruct-q4_0.gguf", decoding=Decoding(seed=1)).decoding.seed
        1
    """

    model: str | os.PathLike[str]
    decoding: Decoding = field(default=Decoding(), kw_only=True)
    system: str | None = field(default=None, kw_only=True)
    chat: bool = field(default=True, kw_only=True)
    stop: tuple[str, ...] = field(default=(), kw_only=True)
    top_logprobs: int = field(default=0, kw_only=True)
    slots: int = field(default=10, kw_only=True)
    context: int = field(default=2048, kw_only=True)
    threads: int | None = field(default=None, kw_only=True)

    loaded_in: ClassVar[str] = "_server"

    def __post_init__(self) -> None:
        if not isinstance(self.model, str | os.PathLike) or not str(self.model).endswith(".gguf"):
            raise InvalidParameter(f"model: expected the path of a .gguf file, got {self.model!r:.60}")
        if not isinstance(self.decoding, Decoding):
            raise InvalidParameter(f"decoding: expected Decoding(...), got {type(self.decoding).__name__}")
        if self.system is not None and not self.chat:
            raise InvalidParameter("system: expected None with chat=False, which sends the bare prompt; put it there")
        object.__setattr__(self, "stop", checked(self.stop))
        whole(None, 0, 20, top_logprobs=self.top_logprobs)
        whole(None, 1, slots=self.slots, context=self.context)
        if self.threads is not None:
            whole(None, 1, threads=self.threads)

    @cached_property
    def identity(self) -> str:
        """Names the file, a digest of its ends and size, form of the prompt and decoding."""
        path = _existing(self.model)
        form = "chat" if self.chat else "bare"
        stop = f"/stop={self.stop!r}" if self.stop else ""
        return f"gguf/{path.name}/{_fingerprint(path)}/{form}/system={self.system!r}{stop}/{self.decoding!r}"

    def answered(self, asked: Asked) -> Found:
        """The answers to each distinct prompt, or why there are none."""
        # A request takes as many slots at once as it wants answers.
        asking = replace(self._asking, concurrency=max(1, self.slots // asked.n))
        found = asking.answered(asked)
        return {prompt: self._signed(own) if isinstance(own, SampleSet) else own for prompt, own in found.items()}

    def _signed(self, samples: SampleSet) -> SampleSet:
        return replace(samples, metadata={**samples.metadata, "sampler": self.identity})

    @cached_property
    def _asking(self) -> OpenAISampler:
        import openai

        return OpenAISampler(
            Path(self.model).name,
            client=openai.OpenAI(
                base_url=f"{self._server.listening_address}/v1",
                api_key=NO_KEY,
                timeout=PATIENCE,
                # A connection that is kept would outlive the sampler, and within one machine a new one costs nothing.
                default_headers={"Connection": "close"},
            ),
            decoding=self.decoding,
            system=self.system,
            chat=self.chat,
            stop=self.stop,
            top_logprobs=self.top_logprobs,
            per_request=self.slots,
            extra_body={"top_k": self.decoding.top_k, "min_p": 0.0},
            timeout=PATIENCE,
        )

    @cached_property
    def _server(self) -> Any:
        path = _existing(self.model)
        for module in ("openai", "xllamacpp"):
            if importlib.util.find_spec(module) is None:
                raise MissingExtra(f"GGUFSampler needs the package {module}: pip install 'semuq[gguf-server]'")
        import xllamacpp

        params = xllamacpp.CommonParams()
        params.model.path = str(path)
        params.n_parallel = self.slots
        params.n_ctx = self.slots * self.context
        params.verbosity = 0
        if self.threads is not None:
            params.cpuparams.n_threads = params.cpuparams_batch.n_threads = self.threads
        try:
            return xllamacpp.Server(params)
        except Exception as error:  # llama.cpp says in no class of its own what it cannot load
            raise InvalidModel(
                f"model {str(path)!r}: cannot be loaded by llama.cpp ({error}); is it a whole GGUF file of a "
                "language model, of a kind that this version knows?"
            ) from error


def _existing(model: str | os.PathLike[str]) -> Path:
    path = Path(model).expanduser()
    if not path.is_file():
        raise InvalidModel(f"model {str(path)!r}: expected a GGUF file, found none; check the path")
    return path


def _fingerprint(path: Path) -> str:
    """Twelve hex digits of a file's size, its first and its last bytes: no pass over gigabytes."""
    size = path.stat().st_size
    digest = hashlib.sha256(str(size).encode())
    with path.open("rb") as file:
        digest.update(file.read(ENDS))
        file.seek(max(0, size - ENDS))
        digest.update(file.read(ENDS))
    return digest.hexdigest()[:12]
