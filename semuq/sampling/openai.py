"""`OpenAISampler`: sample answers from any server that speaks OpenAI's API (OpenAI, vLLM, llama.cpp, Ollama, TGI).

Turns prompts into requests, n answers each, a few requests at a time, and replies into SampleSets. What to ask next is
said once, by `_exchange`, for threads and for coroutines; waiting, retrying and backing off are the official client's
(`pip install 'semuq[openai]'`); what replies say is read in `replies`.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import time
from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from semuq.checks import positive, whole
from semuq.errors import InvalidModel, InvalidParameter, MissingExtra, SemuqError
from semuq.samples import SampleSet
from semuq.samples.answers import Answer, answer_fields
from semuq.samples.fields import check_text
from semuq.samples.messages import Conversation, noted, question_of, turns_of
from semuq.samples.replies import Refused, Unreadable, read_reply
from semuq.samples.stops import checked
from semuq.sampling.asking import Asked, Found, OnError, Prompt, PromptSampler
from semuq.sampling.base import Decoding
from semuq.sampling.loops import OfLoop
from semuq.sampling.wire import NO_KEY, Habits, NoEntry, Request, asend, explained, reason, send, smaller

__all__ = ["OpenAISampler"]

REREADS = 3
"""How often a prompt is asked again whose reply came whole and could not be read, at most."""


@dataclass(frozen=True, eq=False)
class OpenAISampler(PromptSampler):
    """Answers from a model behind a server that speaks OpenAI's API, with log-probs where the server gives them.

    `token_logprobs` are the server's: OpenAI and vLLM report those of the model's own distribution, whatever the
    temperature; for others, temperature 1 and top_p 1 leave no doubt. The token that ends an answer is not among
    them, unlike those of `HuggingFaceSampler`. With `top_logprobs`, `token_entropies` is the entropy of each
    next-token distribution with all tokens beyond the top ones taken as one: never more than the true one. White
    space around an answer is dropped. `metadata["truncated"]` says which answers were cut at `max_new_tokens`,
    `metadata["finish_reasons"]` why each ended, `metadata["sampler"]` holds `identity`. What a model thought before
    it answered is in `metadata["reasoning"]`, and its tokens are not among the answer's.

    Args:
        model: its name at the server.
        base_url: of the server, such as "http://localhost:8000/v1"; None is $OPENAI_BASE_URL, or OpenAI's own.
        api_key: None is $OPENAI_API_KEY, or none. Never in `repr` nor in `identity`.
        client: one of the package openai, made by you, such as `openai.AzureOpenAI(...)`; an asynchronous one serves
            `asample` alone. Address, key and retries are then the client's.
        decoding: how tokens are drawn. `top_k` is sent to servers of one's own (vLLM, llama.cpp), OpenAI refuses it.
        system: a system message in front of the prompt; needs `chat`.
        chat: the prompt is a user's turn ("/chat/completions"); False sends it as it is ("/completions").
        stop: texts that end an answer; OpenAI takes up to four. Where a server goes on behind one, the answer is cut
            in front of it and its log-probs behind the token that completes it.
        logprobs: ask for log-probs. An answer has none if the server gives none for it.
        top_logprobs: how many of the most probable tokens to ask for at each place, 0 to 20.
        per_request: answers wanted from one request; None is all of them. A server that gives fewer is asked again.
        extra_body: what else the server understands, such as {"min_p": 0.1}.
        concurrency: requests under way at a time.
        max_retries: after a lost connection, a timeout, a rate limit or a server's error, with a growing pause.
        timeout: seconds for one request; also for the whole of a reply that comes in drops.

    Adapts. A server that wants `max_completion_tokens`, or refuses n above its number of slots (llama.cpp), is asked
    again accordingly, and so from then on.

    Reproducible as far as the server is: the seed of a request is `decoding.seed` plus the number of its first
    answer.

    Raises:
        InvalidModel: the server does not know the model (at first use).
        InvalidParameter: an argument is outside its limits, or the server refuses the key or the request.
        MissingExtra: the package openai is not installed (at first use).
        SemuqError: the server cannot be reached, or keeps failing after `max_retries`.

    Degenerate cases. A reply without text (a filter, a null message) is an empty answer; a refusal that the server
    marks is the answer, with "refusal" among `finish_reasons`. Log-probs that are missing at a token, not finite or
    above 0 cost their answer its log-probs, which are then None, and no other; `metadata["unusable_logprobs"]` says
    per answer why. Token entropies need all top tokens asked for, at every token of an answer. A body that is no
    reply is asked for again, up to three times.

    Cost. One request per distinct prompt, more if the server caps n.

    Example:
        >>> OpenAISampler("my-model", base_url="http://localhost:8000/v1", api_key="secret")
        OpenAISampler(model='my-model', base_url='http://localhost:8000/v1', decoding=Decoding(temperature=1.0,
        top_p=1.0, top_k=0, max_new_tokens=64, seed=0), system=None, chat=True, stop=(), logprobs=True, top_logprobs=0,
        per_request=None, extra_body=None, concurrency=8, max_retries=5, timeout=120.0)
    """

    model: str
    base_url: str | None = field(default=None, kw_only=True)
    api_key: str | None = field(default=None, kw_only=True, repr=False)
    client: Any = field(default=None, kw_only=True, repr=False)
    decoding: Decoding = field(default=Decoding(), kw_only=True)
    system: str | None = field(default=None, kw_only=True)
    chat: bool = field(default=True, kw_only=True)
    stop: tuple[str, ...] = field(default=(), kw_only=True)
    logprobs: bool = field(default=True, kw_only=True)
    top_logprobs: int = field(default=0, kw_only=True)
    per_request: int | None = field(default=None, kw_only=True)
    extra_body: Mapping[str, Any] | None = field(default=None, kw_only=True)
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
        object.__setattr__(self, "stop", checked(self.stop))
        if self.client is not None and not hasattr(self.client, "chat"):
            raise InvalidParameter(f"client: expected one of the package openai, got {type(self.client).__name__}")
        if self.extra_body is not None and not isinstance(self.extra_body, Mapping):
            raise InvalidParameter(f"extra_body: expected a mapping, got {type(self.extra_body).__name__}")
        whole(self, 0, 20, top_logprobs=self.top_logprobs)
        whole(self, 1, concurrency=self.concurrency)
        whole(self, 0, max_retries=self.max_retries)
        if self.per_request is not None:
            whole(self, 1, per_request=self.per_request)
        positive(self, timeout=self.timeout)

    @cached_property
    def identity(self) -> str:
        """Names server, model, form of the prompt and decoding; the server may change the model behind a name."""
        form = "chat" if self.chat else "bare"
        extra = "" if not self.extra_body else f"/extra={json.dumps(dict(self.extra_body), sort_keys=True)}"
        return (
            f"openai/{self._where}/{self.model}/{form}/system={self.system!r}/stop={self.stop!r}"
            f"/{self.decoding!r}{extra}"
        )

    def at(self, **decoding: Any) -> OpenAISampler:
        """The same server and client with other decoding: `sampler.at(seed=1)`.

        Raises:
            InvalidParameter: a value is outside the limits of `Decoding`.
        """
        other = replace(self, decoding=replace(self.decoding, **decoding))
        other.__dict__["_of_loops"] = self._of_loops
        if "_client" in self.__dict__:
            other.__dict__["_client"] = self._client
        return other

    def with_key(self, key: str) -> OpenAISampler:
        """The same server with another key, for `asample` in the running event loop, whose connections are shared."""
        client = self._async_client.with_options(api_key=key)
        other = replace(self, api_key=key, client=client)
        other.__dict__["_habits"] = self._habits
        return other

    async def asample(self, prompts: Any, *, n: int = 10, on_error: OnError = "raise") -> Any:
        """As `sample`, for the event loop: requests wait in it, not in threads; connections last as long as it does."""
        asked = Asked.of(prompts, n, on_error, self.decoding)
        self._check_form(asked)
        gate = asyncio.Semaphore(self.concurrency)
        client = self._async_client

        async def settled(prompt: Prompt) -> SampleSet | SemuqError:
            async with gate:
                try:
                    return await self._adrive(client, self._exchange(prompt, n))
                except SemuqError as error:
                    return self._kept(error, asked)

        tasks = {prompt: asyncio.ensure_future(settled(prompt)) for prompt in asked.distinct}
        try:
            found = {prompt: await task for prompt, task in tasks.items()}
        finally:
            for task in tasks.values():
                task.cancel()
            await asyncio.gather(*tasks.values(), return_exceptions=True)
        return asked.result(found)

    def answered(self, asked: Asked) -> Found:
        """The answers to each distinct prompt, or why there are none."""
        self._check_form(asked)
        client = self._client  # made here, before threads could make several
        if hasattr(client, "__aenter__"):
            raise InvalidParameter("client: expected a synchronous client, got an asynchronous one; await `asample`")

        def settled(prompt: Prompt) -> SampleSet | SemuqError:
            try:
                return self._drive(client, self._exchange(prompt, asked.n))
            except SemuqError as error:
                return self._kept(error, asked)

        pool = ThreadPoolExecutor(max_workers=min(self.concurrency, len(asked.distinct)))
        try:
            waiting = {prompt: pool.submit(settled, prompt) for prompt in asked.distinct}
            return {prompt: future.result() for prompt, future in waiting.items()}
        finally:
            # After an error what was not yet asked is not asked any more.
            pool.shutdown(cancel_futures=True)

    def _check_form(self, asked: Asked) -> None:
        if not self.chat and any(isinstance(prompt, Conversation) for prompt in asked.prompts):
            raise InvalidParameter("prompts: expected texts with chat=False, got messages; pass chat=True")

    @staticmethod
    def _kept(error: SemuqError, asked: Asked) -> SemuqError:
        """The failure of one prompt; one that concerns all is raised."""
        if not asked.keep or isinstance(error, InvalidModel | NoEntry | MissingExtra):
            raise error
        return error

    @cached_property
    def _client(self) -> Any:
        return self.client if self.client is not None else _package().OpenAI(**self._account)

    @property
    def _async_client(self) -> Any:
        """The client of this event loop, whose connections it cannot share with another."""
        return self.client if self.client is not None else self._of_loops.client()

    @cached_property
    def _of_loops(self) -> OfLoop:
        account = self._account
        return OfLoop(lambda: _package().AsyncOpenAI(**account))

    @property
    def _account(self) -> dict[str, Any]:
        import os

        key = self.api_key or os.environ.get("OPENAI_API_KEY") or NO_KEY
        return {
            "api_key": key,
            "base_url": self.base_url,
            "max_retries": self.max_retries,
            "timeout": float(self.timeout),
        }

    @cached_property
    def _habits(self) -> Habits:
        return Habits()

    @cached_property
    def _where(self) -> str:
        return str(self._client.base_url)

    def _drive(self, client: Any, exchange: _Exchange) -> SampleSet:
        """Send the requests of an exchange and hand it the replies."""
        outcome: str | Exception | None = None
        while True:
            try:
                request = _advance(exchange, outcome)
            except StopIteration as end:
                answered: SampleSet = end.value
                return answered
            try:
                time.sleep(request.pause)
                outcome = send(client, request, chat=self.chat, timeout=self.timeout)
            except Exception as error:  # what it means is the exchange's to say, which raises what it does not know
                outcome = error

    async def _adrive(self, client: Any, exchange: _Exchange) -> SampleSet:
        outcome: str | Exception | None = None
        while True:
            try:
                request = _advance(exchange, outcome)
            except StopIteration as end:
                answered: SampleSet = end.value
                return answered
            try:
                await asyncio.sleep(request.pause)
                outcome = await asend(client, request, chat=self.chat, timeout=self.timeout)
            except Exception as error:
                outcome = error

    def _exchange(self, prompt: Prompt, n: int) -> _Exchange:
        """What is asked of the server until a prompt has n answers; yields requests, is sent the bodies of replies."""
        check_text("prompt", question_of(prompt))  # it could not be sent
        answers: list[Answer] = []
        while len(answers) < n:
            wanted = min(n - len(answers), self.per_request or n, self._habits.most or n)
            found = (yield from self._asked(prompt, wanted, self.decoding.seed + len(answers)))[:wanted]
            if not found:
                raise SemuqError(
                    f"server {self._where}: expected {wanted} answers to {question_of(prompt)!r:.60}, got none"
                )
            answers += found
        return self._sample_set(prompt, answers)

    def _asked(self, prompt: Prompt, n: int, seed: int) -> Generator[Request, str, list[Answer]]:
        """The answers to one request, which is put in other words where the server wants it so."""
        import openai

        tries, pause, wanted = 0, 0.0, n
        while True:
            options = self._options(prompt, wanted, seed)
            try:
                found = read_reply((yield Request(options, pause)), self.top_logprobs, self.stop)
                if wanted < n:
                    self._habits.most = wanted
                return found
            except Unreadable as error:
                tries += 1
                if tries > min(self.max_retries, REREADS):
                    raise SemuqError(
                        f"server {self._where}: no readable reply after {tries - 1} retries ({error}); "
                        "is it a server of OpenAI's API, and well?"
                    ) from error
                pause = 0.25 * 2**tries
            except (openai.BadRequestError, openai.UnprocessableEntityError, Refused) as error:
                said = reason(error)
                fewer = smaller(said, wanted)
                if self._habits.adapt(options, said):
                    continue
                if fewer is None:
                    raise InvalidParameter(
                        f"request: refused by {self._where} ({said}); logprobs=False, per_request=1 or another "
                        "Decoding asks for less"
                    ) from error
                wanted = fewer
            except openai.APIError as error:
                raise explained(error, where=self._where, model=self.model, retries=self.max_retries) from error

    def _options(self, prompt: Prompt, n: int, seed: int) -> dict[str, Any]:
        how = self.decoding
        options: dict[str, Any] = {
            "model": self.model,
            "n": n,
            "seed": seed,
            "temperature": how.temperature,
            "top_p": how.top_p,
            self._habits.length: how.max_new_tokens,
        }
        if self.stop:
            options["stop"] = list(self.stop)
        body = ({"top_k": how.top_k} if how.top_k else {}) | dict(self.extra_body or {})
        if body:
            options["extra_body"] = body
        if not self.chat:
            return {**options, "prompt": prompt, **({"logprobs": self.top_logprobs} if self.logprobs else {})}
        options["messages"] = turns_of(prompt, self.system)
        if self.logprobs:
            options |= {"logprobs": True} | ({"top_logprobs": self.top_logprobs} if self.top_logprobs else {})
        return options

    def _sample_set(self, prompt: Prompt, answers: Sequence[Answer]) -> SampleSet:
        if not self.logprobs:  # what a server sends all the same
            answers = [replace(answer, logprobs=None, entropies=None, spoiled="") for answer in answers]
        fields = answer_fields(answers)
        metadata = {"sampler": self.identity, **fields.pop("metadata"), **noted(prompt)}
        return SampleSet(prompt=question_of(prompt), **fields, metadata=metadata)


_Exchange = Generator[Request, str, SampleSet]


def _package() -> Any:
    if importlib.util.find_spec("openai") is None:
        raise MissingExtra("OpenAISampler needs the package openai: pip install 'semuq[openai]'")
    import openai

    return openai


def _advance(exchange: _Exchange, outcome: str | Exception | None) -> Request:
    """The next request, given the reply to the one before or what became of it; None begins."""
    return exchange.throw(outcome) if isinstance(outcome, Exception) else exchange.send(outcome)  # type: ignore[arg-type]
