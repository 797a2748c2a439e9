"""`OpenAISampler`: sample answers from any server that speaks OpenAI's API (OpenAI, vLLM, llama.cpp, Ollama, TGI).

Turns prompts into requests, n answers each, a few requests at a time, and replies into SampleSets. Waiting, retrying
and backing off are the official client's (`pip install 'semuq[openai]'`).
"""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, get_args, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from semuq.errors import InvalidModel, InvalidParameter, MissingExtra, SemuqError
from semuq.samples import SampleSet
from semuq.sampling.base import Decoding, as_prompts, check_count

__all__ = ["OpenAISampler", "Rest", "entropies_from_top"]

FloatArray = NDArray[np.float64]

NO_KEY = "none"
"""What is sent where there is no key: servers of one's own ask for none, the client insists on some."""


@dataclass(frozen=True, eq=False)
class OpenAISampler:
    """Answers from a model behind a server that speaks OpenAI's API, with log-probs where the server gives them.

    `token_logprobs` are the server's: OpenAI and vLLM report those of the model's own distribution, whatever the
    temperature; for others, temperature 1 and top_p 1 leave no doubt. The token that ends an answer is not among
    them, unlike those of `HuggingFaceSampler`. With `top_logprobs`, `token_entropies` is the entropy of each
    next-token distribution with all tokens beyond the top ones taken as one: never more than the true one. White
    space around an answer is dropped. `metadata["truncated"]` says which answers were cut at `max_new_tokens`,
    `metadata["finish_reasons"]` why each ended, `metadata["sampler"]` holds `identity`.

    Args:
        model: its name at the server.
        base_url: of the server, such as "http://localhost:8000/v1"; None is $OPENAI_BASE_URL, or OpenAI's own.
        api_key: None is $OPENAI_API_KEY, or none. Never in `repr` nor in `identity`.
        decoding: how tokens are drawn. `top_k` is sent to servers of one's own (vLLM, llama.cpp), OpenAI refuses it.
        system: a system message in front of the prompt; needs `chat`.
        chat: the prompt is a user's turn ("/chat/completions"); False sends it as it is ("/completions").
        stop: texts that end an answer; OpenAI takes up to four.
        logprobs: ask for log-probs. Answers have none if the server gives none, or gives them for some only.
        top_logprobs: how many of the most probable tokens to ask for at each place, 0 to 20.
        per_request: answers wanted from one request; None is all of them. A server that gives fewer is asked again.
        concurrency: requests under way at a time.
        max_retries: after a lost connection, a timeout, a rate limit or a server's error, with a growing pause.
        timeout: seconds for one request.

    Reproducible as far as the server is: the seed of a request is `decoding.seed` plus the number of its first
    answer.

    Raises:
        InvalidModel: the server does not know the model (at first use).
        InvalidParameter: an argument is outside its limits, or the server refuses the key or the request.
        MissingExtra: the package openai is not installed (at first use).
        SemuqError: the server cannot be reached, or keeps failing after `max_retries`.

    Degenerate cases. A reply without text (a refusal, a filter) is an empty answer, its reason in the metadata.

    Cost. One request per distinct prompt, more if the server caps n.

    Example:
        >>> OpenAISampler("my-model", base_url="http://localhost:8000/v1", api_key="secret")
        OpenAISampler(model='my-model', base_url='http://localhost:8000/v1', decoding=Decoding(temperature=1.0,
        top_p=1.0, top_k=0, max_new_tokens=64, seed=0), system=None, chat=True, stop=(), logprobs=True, top_logprobs=0,
        per_request=None, concurrency=8, max_retries=5, timeout=120.0)
    """

    model: str
    base_url: str | None = field(default=None, kw_only=True)
    api_key: str | None = field(default=None, kw_only=True, repr=False)
    decoding: Decoding = field(default=Decoding(), kw_only=True)
    system: str | None = field(default=None, kw_only=True)
    chat: bool = field(default=True, kw_only=True)
    stop: tuple[str, ...] = field(default=(), kw_only=True)
    logprobs: bool = field(default=True, kw_only=True)
    top_logprobs: int = field(default=0, kw_only=True)
    per_request: int | None = field(default=None, kw_only=True)
    concurrency: int = field(default=8, kw_only=True)
    max_retries: int = field(default=5, kw_only=True)
    timeout: float = field(default=120.0, kw_only=True)

    def __post_init__(self) -> None:
        if not isinstance(self.model, str) or not self.model:
            raise InvalidParameter(f"model: expected the name of a model at the server, got {self.model!r}")
        if self.base_url is not None and not str(self.base_url).startswith(("http://", "https://")):
            raise InvalidParameter(f"base_url: expected http://... or https://..., got {self.base_url!r}")
        if not isinstance(self.decoding, Decoding):
            raise InvalidParameter(f"decoding: expected Decoding(...), got {type(self.decoding).__name__}")
        if self.system is not None and not self.chat:
            raise InvalidParameter("system: expected None with chat=False, which sends the bare prompt; put it there")
        stop: Any = self.stop
        if isinstance(stop, str) or not all(isinstance(text, str) and text for text in stop):
            raise InvalidParameter(f"stop: expected a tuple of texts, got {stop!r}")
        object.__setattr__(self, "stop", tuple(stop))
        for name, low, high in (
            ("top_logprobs", 0, 20),
            ("per_request", 1, math.inf),
            ("concurrency", 1, math.inf),
            ("max_retries", 0, math.inf),
        ):
            value = getattr(self, name)
            if name == "per_request" and value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
                limits = f"from {low} to {high}" if high < math.inf else f">= {low}"
                raise InvalidParameter(f"{name}: expected a whole number {limits}, got {value!r}")
        if not 0 < self.timeout < math.inf:
            raise InvalidParameter(f"timeout: expected seconds > 0, got {self.timeout!r}")

    @cached_property
    def identity(self) -> str:
        """Names server, model, form of the prompt and decoding; the server may change the model behind a name."""
        form = "chat" if self.chat else "bare"
        return (
            f"openai/{self._client.base_url}/{self.model}/{form}/system={self.system!r}/stop={self.stop!r}"
            f"/{self.decoding!r}"
        )

    @overload
    def sample(self, prompts: str, *, n: int = 10) -> SampleSet: ...  # type: ignore[overload-overlap]
    @overload
    def sample(self, prompts: Sequence[str], *, n: int = 10) -> list[SampleSet]: ...
    def sample(self, prompts: str | Sequence[str], *, n: int = 10) -> SampleSet | list[SampleSet]:
        """n answers to one prompt (a SampleSet), or to each of several (a list, in their order).

        Raises:
            InvalidParameter: no prompt, or one that is not a str; n < 1; n > 1 with temperature 0; a refused request.
        """
        texts = as_prompts(prompts)
        check_count(n, self.decoding)
        _ = self._client  # made here, before threads could make several
        distinct = list(dict.fromkeys(texts))
        with ThreadPoolExecutor(max_workers=min(self.concurrency, len(distinct))) as pool:
            found = dict(zip(distinct, pool.map(lambda prompt: self._ask(prompt, n), distinct), strict=True))
        return found[prompts] if isinstance(prompts, str) else [found[text] for text in texts]

    @cached_property
    def _client(self) -> Any:
        if importlib.util.find_spec("openai") is None:
            raise MissingExtra("OpenAISampler needs the package openai: pip install 'semuq[openai]'")
        import os

        import openai

        key = self.api_key or os.environ.get("OPENAI_API_KEY") or NO_KEY
        return openai.OpenAI(
            api_key=key, base_url=self.base_url, max_retries=self.max_retries, timeout=float(self.timeout)
        )

    def _ask(self, prompt: str, n: int) -> SampleSet:
        choices: list[_Answer] = []
        while len(choices) < n:
            wanted = n - len(choices) if self.per_request is None else min(self.per_request, n - len(choices))
            reply = self._request(prompt, wanted, self.decoding.seed + len(choices))
            found = [self._answer(choice) for choice in (getattr(reply, "choices", None) or [])][:wanted]
            if not found:
                raise SemuqError(f"server {self._where}: expected {wanted} answers to {prompt!r:.60}, got none")
            choices += found
        logprobs = [choice.logprobs for choice in choices]
        entropies = [choice.entropies for choice in choices]
        return SampleSet(
            prompt=prompt,
            texts=tuple(choice.text for choice in choices),
            token_logprobs=None if any(own is None for own in logprobs) else logprobs,  # type: ignore[arg-type]
            token_entropies=None if any(own is None for own in entropies) else entropies,  # type: ignore[arg-type]
            metadata={
                "sampler": self.identity,
                "truncated": [choice.reason == "length" for choice in choices],
                "finish_reasons": [choice.reason for choice in choices],
            },
        )

    def _request(self, prompt: str, n: int, seed: int) -> Any:
        import openai

        how = self.decoding
        options: dict[str, Any] = {
            "model": self.model,
            "n": n,
            "seed": seed,
            "temperature": how.temperature,
            "top_p": how.top_p,
            "max_tokens": how.max_new_tokens,
        }
        if self.stop:
            options["stop"] = list(self.stop)
        if how.top_k:
            options["extra_body"] = {"top_k": how.top_k}
        try:
            if self.chat:
                turns = [] if self.system is None else [{"role": "system", "content": self.system}]
                options["messages"] = [*turns, {"role": "user", "content": prompt}]
                if self.logprobs:
                    options |= {"logprobs": True} | ({"top_logprobs": self.top_logprobs} if self.top_logprobs else {})
                return self._client.chat.completions.create(**options)
            if self.logprobs:
                options["logprobs"] = self.top_logprobs
            return self._client.completions.create(prompt=prompt, **options)
        except openai.APIConnectionError as error:  # a timeout is one, too
            raise SemuqError(
                f"server {self._where}: cannot be reached ({error.__cause__ or error}) after {self.max_retries} "
                "retries; is it running, and base_url right?"
            ) from error
        except openai.NotFoundError as error:
            raise InvalidModel(
                f"model {self.model!r}: not known at {self._where} ({_reason(error)}); "
                "the server's /models lists what is, and chat=False is for models without a chat form"
            ) from error
        except (openai.AuthenticationError, openai.PermissionDeniedError) as error:
            raise InvalidParameter(
                f"api_key: expected one that {self._where} accepts ({_reason(error)}); "
                "pass api_key=... or set OPENAI_API_KEY"
            ) from error
        except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
            raise InvalidParameter(
                f"request: refused by {self._where} ({_reason(error)}); logprobs=False, per_request=1 or another "
                "Decoding asks for less"
            ) from error
        except openai.APIError as error:
            raise SemuqError(
                f"server {self._where}: still failing after {self.max_retries} retries ({_reason(error)}); "
                "ask again later, or with lower concurrency"
            ) from error

    @property
    def _where(self) -> str:
        return str(self._client.base_url)

    def _answer(self, choice: Any) -> _Answer:
        raw = choice.message.content if self.chat else choice.text
        text = (raw or "").strip()
        logprobs, tops = self._chat_logprobs(choice) if self.chat else self._bare_logprobs(choice)
        if not self.logprobs or (not logprobs and text):
            logprobs = None
        return _Answer(
            text=text,
            reason=str(choice.finish_reason),
            logprobs=None if logprobs is None else np.minimum(np.array(logprobs, dtype=np.float64), 0),
            entropies=None
            if logprobs is None or not self.top_logprobs or len(tops) != len(logprobs)
            else np.array([_rest_entropy(own) for own in tops]),
        )

    @staticmethod
    def _chat_logprobs(choice: Any) -> tuple[list[float] | None, list[list[float]]]:
        content = getattr(getattr(choice, "logprobs", None), "content", None)
        if content is None:
            return None, []
        tops = [[top.logprob for top in token.top_logprobs or []] for token in content]
        return [token.logprob for token in content], tops

    @staticmethod
    def _bare_logprobs(choice: Any) -> tuple[list[float] | None, list[list[float]]]:
        found = getattr(choice, "logprobs", None)
        if found is None or found.token_logprobs is None:
            return None, []
        return list(found.token_logprobs), [list(own.values()) for own in found.top_logprobs or []]


@dataclass(frozen=True, kw_only=True)
class _Answer:
    text: str
    reason: str
    logprobs: FloatArray | None
    entropies: FloatArray | None


def _rest_entropy(logprobs: Sequence[float]) -> float:
    """Of the top tokens and, as one outcome, all others."""
    shares = np.exp(np.array(logprobs, dtype=np.float64))
    shares = np.append(shares, max(0.0, 1.0 - shares.sum()))
    shares = shares[shares > 0]
    return max(0.0, float(-(shares * np.log(shares)).sum()))


def _reason(error: Any) -> str:
    """What the server said, 200 characters of it."""
    body = getattr(error, "body", None)
    said = body.get("message") if isinstance(body, dict) else None
    return str(said or getattr(error, "message", error)).strip().replace("\n", " ")[:200]


Rest = Literal["one token", "left out", "renormalised"]


def entropies_from_top(top_logprobs: Sequence[ArrayLike], rest: Rest = "one token") -> FloatArray:
    """(T,) an entropy in nats for each token from the log-probs of its k most probable alternatives.

    Args:
        top_logprobs: for each of T tokens the natural log-probs of its most probable alternatives; k may differ.
        rest: what becomes of the mass that is not listed. "one token" counts it as one more token, a lower bound
            of the true entropy; "left out" sums over the listed ones as they are (so ERGO does), a lower bound too;
            "renormalised" divides by their sum.

    Raises:
        InvalidParameter: a log-prob is above 0 or NaN, the masses of a token exceed 1, or none is listed.

    Degenerate cases. k = 1: the binary entropy of the token, -p log p, or 0. Scores are comparable only where k and
    `rest` are the same.

    Example:
        >>> entropies_from_top([np.log([0.5, 0.25]), np.log([1.0])]).round(4)
        array([1.0397, 0.    ])
    """
    if rest not in get_args(Rest):
        raise InvalidParameter(f"rest: expected one of {get_args(Rest)}, got {rest!r}")
    return np.array([_entropy(index, own, rest) for index, own in enumerate(top_logprobs)], dtype=np.float64)


def _entropy(index: int, logprobs: ArrayLike, rest: Rest) -> float:
    p = np.exp(np.asarray(logprobs, dtype=np.float64))
    # `not <=` rather than `>`: NaN must fail too. Servers round: a sum may exceed 1 a little.
    if p.ndim != 1 or not p.size or not (p <= 1 + 1e-3).all() or not p.sum() <= 1 + 1e-2:
        raise InvalidParameter(
            f"top_logprobs[{index}]: expected log-probs <= 0 of one token's alternatives, got {logprobs!r:.60}"
        )
    if rest == "renormalised":
        p = p / p.sum()
    elif rest == "one token":
        p = np.append(p, max(0.0, 1 - p.sum()))
    p = p[p > 0]
    return max(0.0, float(-(p * np.log(p)).sum()))
