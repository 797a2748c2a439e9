"""`CallableSampler`: a function of yours as a sampler, for whatever client or framework already asks your model."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from semuq.checks import whole
from semuq.errors import InvalidParameter, InvalidSamples, SemuqError
from semuq.samples import SampleSet
from semuq.samples.messages import Conversation, noted, question_of
from semuq.sampling.asking import Asked, Found, OnError, Prompt, PromptSampler

__all__ = ["AsyncCallableSampler", "CallableSampler"]


@dataclass(frozen=True)
class CallableSampler(PromptSampler):
    """Answers from a function.

    Args:
        ask: called with a prompt (a str, or a list of messages) and n; returns the n texts, or a SampleSet that has
            them with their log-probs. What it raises counts as the prompt's failure.
        identity: names everything that can change an answer: the model, its version, the decoding.
        concurrency: so many calls run at once, in threads; 1 for functions that cannot bear others beside them.

    Raises:
        InvalidParameter: `ask` is not callable, `identity` is no name, `concurrency` is not >= 1.
        InvalidSamples: (`sample`) a prompt cannot be answered; the function's error is the cause.

    Degenerate cases. A function that returns fewer or more than n texts fails its prompt.

    Example:
        >>> sampler = CallableSampler(lambda prompt, n: ["Paris"] * n, "always Paris")
        >>> sampler.sample("Capital of France?", n=2).texts
        ('Paris', 'Paris')
    """

    ask: Callable[[Any, int], Sequence[str] | SampleSet]
    identity: str
    concurrency: int = 1

    def __post_init__(self) -> None:
        _check(self)
        if asyncio.iscoroutinefunction(self.ask):
            raise InvalidParameter("ask: expected a function, got a coroutine function; use AsyncCallableSampler")

    def answered(self, asked: Asked) -> Found:
        """The answers to each distinct prompt, or why there are none."""
        with ThreadPoolExecutor(max_workers=min(self.concurrency, len(asked.distinct))) as pool:
            return dict(
                zip(asked.distinct, pool.map(lambda prompt: self._one(prompt, asked.n), asked.distinct), strict=True)
            )

    def _one(self, prompt: Prompt, n: int) -> SampleSet | SemuqError:
        try:
            return _read(self, prompt, n, self.ask(_given(prompt), n))
        except Exception as error:
            return _failed(error)


@dataclass(frozen=True)
class AsyncCallableSampler:
    """Answers from a coroutine function; `await sampler.sample(...)`.

    Args:
        ask, identity: as in `CallableSampler`, `ask` being awaited.
        concurrency: so many calls wait at once.

    Example:
        >>> async def ask(prompt, n):
        ...     return ["Paris"] * n
        >>> asyncio.run(AsyncCallableSampler(ask, "always Paris").sample(["Capital of France?"], n=2))[0].texts
        ('Paris', 'Paris')
    """

    ask: Callable[[Any, int], Awaitable[Sequence[str] | SampleSet]]
    identity: str
    concurrency: int = 8

    def __post_init__(self) -> None:
        _check(self)

    async def sample(self, prompts: Any, *, n: int = 10, on_error: OnError = "raise") -> Any:
        """As `CallableSampler.sample`."""
        asked = Asked.of(prompts, n, on_error)
        gate = asyncio.Semaphore(self.concurrency)

        async def one(prompt: Prompt) -> SampleSet | SemuqError:
            async with gate:
                try:
                    return _read(self, prompt, n, await self.ask(_given(prompt), n))
                except Exception as error:
                    return _failed(error)

        found = await asyncio.gather(*map(one, asked.distinct))
        return asked.result(dict(zip(asked.distinct, found, strict=True)))


def _check(sampler: CallableSampler | AsyncCallableSampler) -> None:
    if not callable(sampler.ask):
        raise InvalidParameter(f"ask: expected a function of (prompt, n), got {sampler.ask!r:.60}")
    if not isinstance(sampler.identity, str) or not sampler.identity:
        raise InvalidParameter(f"identity: expected a name of the model and its settings, got {sampler.identity!r:.60}")
    whole(None, 1, concurrency=sampler.concurrency)


def _given(prompt: Prompt) -> Any:
    return prompt.messages if isinstance(prompt, Conversation) else prompt


def _read(sampler: CallableSampler | AsyncCallableSampler, prompt: Prompt, n: int, found: Any) -> SampleSet:
    """What the function returned as a SampleSet of this sampler."""
    if isinstance(found, str):
        raise InvalidSamples(f"ask: expected {n} texts in a list, got a str; return [text]")
    samples = found if isinstance(found, SampleSet) else SampleSet(prompt=question_of(prompt), texts=tuple(found))
    if len(samples) != n:
        raise InvalidSamples(f"ask: expected {n} answers, got {len(samples)}")
    return replace(samples, metadata={"sampler": sampler.identity, **noted(prompt), **samples.metadata})


def _failed(error: Exception) -> SemuqError:
    """The error of one prompt, kept until all were asked."""
    if isinstance(error, SemuqError):
        return error
    told = InvalidSamples(f"ask: raised {type(error).__name__}: {error}")
    told.__cause__ = error
    return told
