"""`CallableSampler` and its asynchronous twin: order, messages, counts, failures that cost one prompt."""

import asyncio
import threading

import pytest

from semuq import InvalidParameter, InvalidSamples, Sampler, SampleSet
from semuq.sampling.callable import AsyncCallableSampler, CallableSampler


def echo(prompt, n):
    return [f"{prompt if isinstance(prompt, str) else prompt[-1]['content']} {i}" for i in range(n)]


async def later(prompt, n):
    await asyncio.sleep(0)
    return echo(prompt, n)


def both(ask, prompts, **options):
    """The results of the function asked in turn, in threads, and awaited: the same three times."""

    async def awaited(prompt, n):
        return ask(prompt, n)

    turns = CallableSampler(ask, "echo").sample(prompts, **options)
    threads = CallableSampler(ask, "echo", concurrency=4).sample(prompts, **options)
    loop = asyncio.run(AsyncCallableSampler(awaited, "echo").sample(prompts, **options))
    assert turns == threads == loop
    return turns


def test_answers_come_in_the_order_of_the_prompts_and_each_prompt_is_asked_once():
    asked = []

    def counting(prompt, n):
        asked.append(prompt)
        return echo(prompt, n)

    found = CallableSampler(counting, "echo").sample(["b", "a", "b"], n=2)
    assert [own.texts for own in found] == [("b 0", "b 1"), ("a 0", "a 1"), ("b 0", "b 1")]
    assert asked == ["b", "a"]
    assert [own.prompt for own in both(echo, ["b", "a"], n=1)] == ["b", "a"]


def test_one_prompt_gives_one_sample_set_and_messages_are_a_prompt():
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Where?"}]
    found = both(echo, messages, n=1)
    assert (found.prompt, found.texts) == ("Where?", ("Where? 0",))
    assert found.metadata == {"sampler": "echo", "messages": messages}
    assert isinstance(CallableSampler(echo, "echo"), Sampler)


def test_a_sample_set_keeps_its_log_probs():
    def ask(prompt, n):
        return SampleSet(prompt=prompt, texts=("yes",), token_logprobs=[[-0.5]])

    assert both(ask, "Sure?", n=1).token_logprobs[0].tolist() == [-0.5]


def test_a_failure_costs_one_prompt():
    def ask(prompt, n):
        if prompt == "bad":
            raise TimeoutError("no reply")
        return echo(prompt, n)

    found = both(ask, ["good", "bad"], n=1, on_error="keep")
    assert [own.prompt for own in found] == ["good"]
    failure = CallableSampler(ask, "echo").sample(["good", "bad"], n=1, on_error="keep").failures[0]
    assert (failure.position, failure.prompt, failure.reason) == (1, "bad", "ask: raised TimeoutError: no reply")
    for prompts in ("bad", ["good", "bad"]):
        with pytest.raises(InvalidSamples, match="ask: raised TimeoutError: no reply") as caught:
            CallableSampler(ask, "echo").sample(prompts, n=1)
        assert isinstance(caught.value.__cause__, TimeoutError)


@pytest.mark.parametrize(
    ("returned", "message"),
    [("Paris", "got a str; return"), (["Paris"], "expected 2 answers, got 1"), ([1, 2], "texts"), (None, "NoneType")],
)
def test_what_is_no_list_of_n_texts_is_refused(returned, message):
    with pytest.raises(InvalidSamples, match=message):
        CallableSampler(lambda prompt, n: returned, "broken").sample("Where?", n=2)


def test_threads_run_beside_each_other_and_no_more_than_allowed():
    barrier = threading.Barrier(3, timeout=20)

    def ask(prompt, n):
        barrier.wait()  # passes only if three are here at once
        return echo(prompt, n)

    assert len(CallableSampler(ask, "echo", concurrency=3).sample(["a", "b", "c"], n=1)) == 3


def test_wrong_parameters():
    with pytest.raises(InvalidParameter, match=r"ask: expected a function of \(prompt, n\), got 'gpt'"):
        CallableSampler("gpt", "x")
    with pytest.raises(InvalidParameter, match="use AsyncCallableSampler"):
        CallableSampler(later, "x")
    with pytest.raises(InvalidParameter, match="identity: expected a name"):
        CallableSampler(echo, "")
    with pytest.raises(InvalidParameter, match="concurrency: expected a whole number >= 1, got 0"):
        CallableSampler(echo, "x", concurrency=0)
    with pytest.raises(InvalidParameter, match="n: expected a whole number >= 1"):
        CallableSampler(echo, "x").sample("Where?", n=0)
