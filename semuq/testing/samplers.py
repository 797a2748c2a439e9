"""The laws every sampler obeys, and `check_sampler`, which runs them.

    from semuq.testing import check_sampler
    check_sampler(MySampler())

Laws are functions (sampler, prompts, bad) whose docstring is the law; they raise AssertionError with the class's name.
"""

from __future__ import annotations

import asyncio
import dataclasses
import inspect
from collections.abc import Callable, Sequence
from typing import Any

from semuq.errors import InvalidParameter, SemuqError
from semuq.samples import SampleSet
from semuq.samples.stops import cut

__all__ = ["SAMPLER_LAWS", "check_sampler"]

SamplerLaw = Callable[[Any, Sequence[str], str | None], None]

QUESTIONS = ("what is the capital of france", "who wrote it", "is it 42")


def check_sampler(sampler: Any, prompts: Sequence[str] = QUESTIONS, *, bad: str | None = None) -> None:
    """Run every law on a sampler.

    Args:
        sampler: the instance to check; if its `sample` is a coroutine function, it is run in an event loop.
        prompts: at least two different questions.
        bad: a prompt that it cannot answer, if there is one: what becomes of the others is then checked too.

    Laws about messages, seeds, greedy decoding and stop texts are asked of those alone that derive from
    `PromptSampler`, have `at`, or have the field `stop`.

    Raises:
        AssertionError: a law is broken.

    Example:
        >>> from semuq import CallableSampler
        >>> check_sampler(CallableSampler(lambda prompt, n: ["Paris"] * n, "always Paris"))
    """
    for law in SAMPLER_LAWS:
        law(sampler, prompts, bad)


def facts(sampler: Any, prompts: Sequence[str], bad: str | None) -> None:
    """A sampler names what can change an answer, always the same, and every SampleSet holds that name."""
    identity = sampler.identity
    assert isinstance(identity, str), f"{_name(sampler)}: identity is no str"
    assert identity, f"{_name(sampler)}: identity is empty"
    found = _sample(sampler, prompts[0], n=1)
    assert sampler.identity == identity, f"{_name(sampler)}: identity changes with use"
    assert found.metadata.get("sampler") == identity, f"{_name(sampler)}: the metadata do not hold the identity"


def order_and_count(sampler: Any, prompts: Sequence[str], bad: str | None) -> None:
    """One prompt gives a SampleSet, several a list in their order, a prompt that comes twice twice the same; n each."""
    one = _sample(sampler, prompts[0], n=2)
    assert isinstance(one, SampleSet), f"{_name(sampler)}: one prompt gives {type(one).__name__}"
    assert (one.prompt, len(one)) == (prompts[0], 2), f"{_name(sampler)}: not two answers to the prompt"
    asked = [*prompts, prompts[0]]
    found = _sample(sampler, asked, n=3)
    assert [own.prompt for own in found] == asked, f"{_name(sampler)}: the order of the prompts is lost"
    assert [len(own) for own in found] == [3] * len(asked), f"{_name(sampler)}: not n answers to each"
    assert found[0] == found[-1], f"{_name(sampler)}: the same prompt twice gives other answers"
    assert len(_sample(sampler, (prompts[0],), n=1)) == 1, f"{_name(sampler)}: a tuple of one prompt is no list of one"


def log_probs(sampler: Any, prompts: Sequence[str], bad: str | None) -> None:
    """Log-probs are there for each answer or for none, one per token, and so are token entropies."""
    for own in _sample(sampler, prompts, n=3):
        if own.token_logprobs is None:
            continue
        assert len(own.token_logprobs) == len(own), f"{_name(sampler)}: log-probs of some answers alone"
        for text, values in zip(own.texts, own.token_logprobs, strict=True):
            assert values.ndim == 1, f"{_name(sampler)}: log-probs that are no flat list"
            assert len(values) or not text, f"{_name(sampler)}: no log-probs of {text!r}"
        for values, entropies in zip(own.token_logprobs, own.token_entropies or (), strict=False):
            assert len(values) == len(entropies), f"{_name(sampler)}: other entropies than log-probs"


def messages(sampler: Any, prompts: Sequence[str], bad: str | None) -> None:
    """A list of messages is one prompt: its question is the user's last turn, and the metadata hold it."""
    from semuq.sampling.asking import PromptSampler

    if not isinstance(sampler, PromptSampler):
        return
    talk = [*({"role": "user", "content": prompt} for prompt in prompts[:1])]
    found = _sample(sampler, talk, n=1)
    assert isinstance(found, SampleSet), f"{_name(sampler)}: a list of messages is not one prompt"
    assert found.prompt == prompts[0], f"{_name(sampler)}: the question is not the user's last turn"
    assert found.metadata.get("messages") == talk, f"{_name(sampler)}: the metadata do not hold the messages"
    assert len(_sample(sampler, [talk, prompts[1]], n=1)) == 2, f"{_name(sampler)}: messages among texts are no prompt"


def refusals(sampler: Any, prompts: Sequence[str], bad: str | None) -> None:
    """What is no prompt, no number of answers and no way to treat errors is refused by name."""
    for name, asked, options in (
        ("prompts", [], {}),
        ("prompts", [3], {}),
        ("prompts", None, {}),
        ("n", prompts[0], {"n": 0}),
        ("n", prompts[0], {"n": 1.5}),
        ("on_error", list(prompts), {"on_error": "ignore"}),
    ):
        said = None
        try:
            _sample(sampler, asked, **options)
        except InvalidParameter as error:
            said = str(error)
        assert said is not None, f"{_name(sampler)}: takes {asked!r:.40} with {options}"
        assert said.startswith(name), f"{_name(sampler)}: {said!r} does not name {name}"


def failures(sampler: Any, prompts: Sequence[str], bad: str | None) -> None:
    """A prompt that cannot be answered is raised, or costs itself alone and is listed with its place and a reason."""
    kept = _sample(sampler, list(prompts), n=1, on_error="keep")
    assert kept.failures == (), f"{_name(sampler)}: failures where there are none: {kept.failures}"
    if bad is None:
        return
    asked = [prompts[0], bad, prompts[1]]
    kept = _sample(sampler, asked, n=1, on_error="keep")
    assert [own.prompt for own in kept] == [prompts[0], prompts[1]], f"{_name(sampler)}: a bad prompt costs others"
    (failure,) = kept.failures
    assert (failure.position, failure.prompt) == (1, bad), f"{_name(sampler)}: {failure} is not the bad prompt"
    assert failure.reason, f"{_name(sampler)}: a failure without a reason"
    for one in (asked, bad):
        try:
            _sample(sampler, one, n=1)
        except SemuqError:
            continue
        raise AssertionError(f"{_name(sampler)}: a bad prompt raises nothing")


def seeds(sampler: Any, prompts: Sequence[str], bad: str | None) -> None:
    """The same call gives the same answers; another seed gives others to some question, and has another identity."""
    if not hasattr(sampler, "at"):
        return
    first = _sample(sampler, list(prompts), n=3)
    again = _sample(sampler, list(prompts), n=3)
    assert [own.texts for own in first] == [own.texts for own in again], f"{_name(sampler)}: the second time differs"
    reseeded = sampler.at(seed=sampler.decoding.seed + 1)
    other = _sample(reseeded, list(prompts), n=3)
    assert [own.texts for own in first] != [own.texts for own in other], f"{_name(sampler)}: the seed changes nothing"
    assert reseeded.identity != sampler.identity, f"{_name(sampler)}: another seed, the same identity"


def greedy(sampler: Any, prompts: Sequence[str], bad: str | None) -> None:
    """At temperature 0 there is one answer, and no more are drawn."""
    if not hasattr(sampler, "at"):
        return
    cold = sampler.at(temperature=0)
    assert len(_sample(cold, prompts[0], n=1)) == 1, f"{_name(sampler)}: no greedy answer"
    try:
        _sample(cold, prompts[0], n=2)
    except InvalidParameter:
        return
    raise AssertionError(f"{_name(sampler)}: draws two greedy answers")


def stops(sampler: Any, prompts: Sequence[str], bad: str | None) -> None:
    """With a stop text the answers are those without it, cut in front of it, with no more log-probs than before."""
    fields = {own.name for own in dataclasses.fields(sampler)} if dataclasses.is_dataclass(sampler) else set()
    if "stop" not in fields:
        return
    free = _sample(sampler, list(prompts), n=3)
    longest = max((text for own in free for text in own.texts), key=len)
    stop = longest[len(longest) // 2 :].strip()[:2]
    if not stop:
        return
    stopped = _sample(dataclasses.replace(sampler, stop=(stop,)), list(prompts), n=3)
    for own, other in zip(free, stopped, strict=True):
        expected = tuple(cut(text, (stop,)).strip() for text in own.texts)
        assert other.texts == expected, f"{_name(sampler)}: {other.texts} with the stop text {stop!r}, not {expected}"
        if own.token_logprobs is None or other.token_logprobs is None:
            continue
        for before, after in zip(own.token_logprobs, other.token_logprobs, strict=True):
            assert len(after) <= len(before), f"{_name(sampler)}: a stopped answer has more tokens"


SAMPLER_LAWS: tuple[SamplerLaw, ...] = (
    facts,
    order_and_count,
    log_probs,
    messages,
    refusals,
    failures,
    seeds,
    greedy,
    stops,
)
"""Every law, in the order in which they are checked."""


def _sample(sampler: Any, prompts: Any, **options: Any) -> Any:
    found = sampler.sample(prompts, **options)
    return asyncio.run(found) if inspect.iscoroutine(found) else found


def _name(sampler: Any) -> str:
    return type(sampler).__name__
