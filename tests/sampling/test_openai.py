"""`OpenAISampler` against a real server in this process."""

from __future__ import annotations

import asyncio
import gc
import importlib.util
import json
import math
import re
import time

import numpy as np
import pytest

from semuq.errors import InvalidModel, InvalidParameter, MissingExtra, SemuqError
from semuq.sampling import Decoding, OpenAISampler, Sampler
from tests.sampling.replies import REPLIES, choice, reply, token
from tests.sampling.server import LOGPROB, serving

QUICK = {"retry-after-ms": "1"}


@pytest.fixture
def server():
    with serving() as (one, url):
        one.url = url
        yield one


def sampler(server, **options):
    own = OpenAISampler("tiny", base_url=server.url, **options)
    assert isinstance(own, Sampler)
    return own


def test_answers_come_with_their_logprobs_and_the_request_says_how_to_draw(server):
    how = Decoding(temperature=0.7, top_p=0.9, max_new_tokens=12, seed=4)
    samples = sampler(server, decoding=how, system="Be brief.", stop=("\n\n",)).sample("Capital of France?", n=4)
    assert samples.texts == ("Paris", "Lyon", "the city of Paris", "")
    assert [own.tolist() for own in samples.token_logprobs] == [[LOGPROB], [LOGPROB], [LOGPROB] * 4, []]
    assert samples.token_entropies is None
    assert samples.metadata["truncated"] == [False, False, True, False]
    assert samples.metadata["finish_reasons"] == ["stop", "stop", "length", "stop"]
    asked = server.requests[0]
    assert asked["path"] == "/v1/chat/completions"
    assert asked["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Capital of France?"},
    ]
    wanted = {"model": "tiny", "n": 4, "seed": 4, "temperature": 0.7, "top_p": 0.9, "max_tokens": 12, "stop": ["\n\n"]}
    assert {name: asked[name] for name in wanted} == wanted
    assert "top_k" not in asked


@pytest.mark.parametrize("chat", [True, False])
def test_the_entropy_of_top_tokens_counts_all_others_as_one(server, chat):
    samples = sampler(server, chat=chat, top_logprobs=2, decoding=Decoding(top_k=5)).sample("Capital?", n=3)
    # 1/2, 1/4 and the rest, 1/4
    expected = 0.5 * math.log(2) + 2 * 0.25 * math.log(4)
    np.testing.assert_allclose(np.concatenate(samples.token_entropies), [expected] * 6, rtol=1e-12)
    assert server.requests[0]["top_k"] == 5


def test_bare_prompts_go_to_the_other_endpoint(server):
    samples = sampler(server, chat=False).sample(["Question: A?\nAnswer:"], n=2)[0]
    assert server.requests[0]["path"] == "/v1/completions"
    assert server.requests[0]["prompt"] == "Question: A?\nAnswer:"
    assert samples.texts == ("Paris", "Lyon")
    assert len(samples.token_logprobs) == 2


def test_a_server_that_gives_fewer_answers_is_asked_again_with_another_seed(server):
    server.most = 2
    samples = sampler(server).sample("Capital?", n=5)
    assert samples.texts == ("Paris", "Lyon", "the city of Paris", "", "Paris")
    assert [(own["n"], own["seed"]) for own in server.requests] == [(5, 0), (3, 2), (1, 4)]


def test_requests_can_be_kept_small(server):
    assert len(sampler(server, per_request=1).sample("Capital?", n=3)) == 3
    assert [own["n"] for own in server.requests] == [1, 1, 1]


def test_many_prompts_keep_their_order_and_equal_ones_are_asked_once(server):
    server.word = lambda prompt, number: f"{prompt} {number}"
    prompts = [f"q{i % 20}" for i in range(40)]
    found = sampler(server).sample(prompts, n=2)
    assert [own.prompt for own in found] == prompts
    assert [own.texts for own in found] == [(f"{prompt} 0", f"{prompt} 1") for prompt in prompts]
    assert len(server.requests) == 20


def test_answers_without_logprobs_are_answers(server):
    server.logprobs = False
    assert sampler(server).sample("Capital?", n=2).token_logprobs is None
    assert sampler(server, chat=False).sample("Capital?", n=2).token_logprobs is None


def test_logprobs_are_not_asked_for_where_they_are_not_wanted(server):
    assert sampler(server, logprobs=False).sample("Capital?", n=2).token_logprobs is None
    assert "logprobs" not in server.requests[0]


def test_a_reply_without_content_is_an_empty_answer(server):
    server.word = lambda prompt, number: None
    samples = sampler(server).sample("Capital?", n=2)
    assert samples.texts == ("", "")


def test_a_busy_server_is_asked_again(server):
    server.fail = lambda number, body: (429, QUICK, "slow down") if number < 2 else None
    assert sampler(server).sample("Capital?", n=1).texts == ("Paris",)
    assert len(server.requests) == 3


def test_a_server_that_keeps_failing_is_reported_with_what_it_said(server):
    server.fail = lambda number, body: (503, QUICK, "out of tomatoes")
    with pytest.raises(SemuqError, match=r"still failing after 2 retries \(out of tomatoes\); ask again later"):
        sampler(server, max_retries=2).sample("Capital?", n=1)
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("status", "error", "message"),
    [
        (404, InvalidModel, r"model 'tiny': not known at http://127.*/v1/ \(no\); the server's /models lists what is"),
        (401, InvalidParameter, r"api_key: expected one that http.* accepts \(no\); .*OPENAI_API_KEY"),
        (403, InvalidParameter, r"api_key: expected one that http.* accepts \(no\)"),
        (400, InvalidParameter, r"request: refused by http.* \(no\); logprobs=False, per_request=1"),
        (422, InvalidParameter, r"request: refused by http.* \(no\)"),
    ],
)
def test_a_refusal_says_whose_fault_it_is_and_is_not_tried_again(server, status, error, message):
    server.fail = lambda number, body: (status, {}, "no")
    with pytest.raises(error, match=message):
        sampler(server).sample("Capital?", n=1)
    assert len(server.requests) == 1


def test_a_server_that_is_not_there_is_reported():
    with serving() as (_, url):
        pass
    with pytest.raises(SemuqError, match=r"cannot be reached .* after 0 retries; is it running, and base_url right\?"):
        OpenAISampler("tiny", base_url=url, max_retries=0, timeout=5).sample("Capital?", n=1)


def test_a_reply_without_choices_is_an_error_and_no_endless_loop(server):
    server.most = 0
    with pytest.raises(SemuqError, match="expected 3 answers to 'Capital\\?', got none"):
        sampler(server).sample("Capital?", n=3)


def test_the_key_is_sent_and_shown_nowhere(server, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "of-the-environment")
    own = sampler(server, api_key="sesame")
    samples = own.sample("Capital?", n=1)
    sampler(server).sample("Capital?", n=1)
    monkeypatch.delenv("OPENAI_API_KEY")
    sampler(server).sample("Capital?", n=1)
    assert server.keys == ["Bearer sesame", "Bearer of-the-environment", "Bearer none"]
    assert "sesame" not in repr(own) + own.identity + repr(samples.to_dict())


@pytest.mark.parametrize("status", [400, 401, 404, 500])
def test_a_server_that_repeats_the_key_in_its_error_is_quoted_without_it(server, status):
    server.fail = lambda number, body: (status, {}, "not for Bearer sesame here")
    with pytest.raises(SemuqError, match=r"not for Bearer \*\*\* here"):
        sampler(server, api_key="sesame", max_retries=0).sample("Capital?", n=1)


def test_a_page_that_repeats_the_key_where_a_reply_should_be_is_quoted_without_it(server):
    server.fail = lambda number, body: (200, {}, "<html>Bearer sesame was here</html>")
    with pytest.raises(SemuqError, match=r"Bearer \*\*\* was here") as caught:
        sampler(server, api_key="sesame", max_retries=0).sample("Capital?", n=1)
    assert "sesame" not in f"{caught.value}{caught.value.__cause__}"


def test_identity_names_all_that_changes_an_answer(server):
    names = {
        sampler(server, **options).identity
        for options in ({}, {"chat": False}, {"system": "a"}, {"stop": ("x",)}, {"decoding": Decoding(seed=1)})
    }
    assert len(names) == 5
    assert all(server.url in name and "/tiny/" in name for name in names)


def test_greedy_means_one_answer(server):
    with pytest.raises(InvalidParameter, match="n: expected 1 with temperature=0"):
        sampler(server, decoding=Decoding(temperature=0)).sample("Capital?", n=2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"model": ""}, "model: expected the name of a model at the server, got ''"),
        ({"base_url": "localhost"}, "base_url: expected http://... or https://..., got 'localhost'"),
        ({"decoding": 1}, r"decoding: expected Decoding\(...\), got int"),
        ({"system": "a", "chat": False}, "system: expected None with chat=False"),
        ({"stop": "x"}, "stop: expected a tuple of texts, got 'x'"),
        ({"top_logprobs": 21}, "top_logprobs: expected a whole number from 0 to 20, got 21"),
        ({"per_request": 0}, "per_request: expected a whole number >= 1, got 0"),
        ({"concurrency": True}, "concurrency: expected a whole number >= 1, got True"),
        ({"max_retries": -1}, "max_retries: expected a whole number >= 0, got -1"),
        ({"timeout": 0}, "timeout: expected a finite number > 0, got 0"),
    ],
)
def test_a_value_outside_its_limits_is_refused_by_name(options, message):
    with pytest.raises(InvalidParameter, match=message):
        OpenAISampler(**{"model": "tiny", **options})


def test_the_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"pip install 'semuq\[openai\]'"):
        OpenAISampler("tiny").sample("Capital?")


@pytest.fixture(scope="module")
def clients():
    """One server and one client of each kind for all of them: making a client takes longer than asking."""
    import openai

    with serving() as (one, url):
        account = {"api_key": "none", "base_url": url, "max_retries": 0}
        with asyncio.Runner() as loop, openai.OpenAI(**account) as client:
            turned = openai.AsyncOpenAI(**account)
            yield one, client, turned, loop
            loop.run(turned.close())


def test_a_prompt_that_cannot_be_sent_costs_itself(clients):
    _server, client, turned, loop = clients
    prompts = ["before", "half \ud800", "after"]
    found = OpenAISampler("tiny", client=client).sample(prompts, n=2, on_error="keep")
    again = loop.run(OpenAISampler("tiny", client=turned).asample(prompts, n=2, on_error="keep"))
    assert (again, again.failures) == (found, found.failures)
    assert [own.prompt for own in found] == ["before", "after"]
    assert "half a surrogate pair" in found.failures[0].reason


@pytest.mark.parametrize("name", REPLIES)
def test_a_strange_reply_costs_no_more_than_it_must(clients, name):
    case = REPLIES[name]
    server, client, turned, loop = clients
    server.raw = lambda number, body: case.body if "odd" in json.dumps(body) else None
    how = {"chat": case.chat, "top_logprobs": 2, "max_retries": 0}
    prompts = ["before", "odd", "after"]
    found = OpenAISampler("tiny", client=client, **how).sample(prompts, n=3, on_error="keep")

    again = loop.run(OpenAISampler("tiny", client=turned, **how).asample(prompts, n=3, on_error="keep"))
    assert (again, again.failures) == (found, found.failures)
    plain = OpenAISampler("tiny", client=client, **how).sample(["before", "after"], n=3)
    assert [own for own in found if own.prompt != "odd"] == plain  # no neighbour is touched
    if case.error:
        (failure,) = found.failures
        assert (failure.position, failure.prompt) == (1, "odd")
        assert re.search(case.error, failure.reason)
        assert "\n" not in failure.reason
        return
    assert not found.failures
    samples = found[1]
    assert samples.texts == case.texts
    known = {"all": [True] * 3, "others": [True, False, True], "none": None}
    for found_there, wanted in ((samples.token_logprobs, case.logprobs), (samples.token_entropies, case.entropies)):
        assert (found_there and [own is not None for own in found_there]) == known[wanted]
    if case.spoiled:
        assert [bool(why) for why in samples.metadata["unusable_logprobs"]] == [False, True, False]
    if case.noted:
        assert samples.metadata[case.noted[0]] == case.noted[1]


def test_there_are_forty_two_of_them():
    assert len(REPLIES) == 42


def test_tokens_of_reasoning_are_not_the_answers(server):
    server.raw = lambda number, body: REPLIES["reasoning among the tokens"].body
    samples = sampler(server).sample("Capital?", n=3)
    assert [len(own) for own in samples.token_logprobs] == [1, 1, 1]


def test_reasoning_that_cannot_be_told_apart_leaves_no_likelihoods(server):
    body = reply(*[choice("A", [token("x"), token("y")], reasoning_content="hm")] * 3)
    server.raw = lambda number, asked: body
    samples = sampler(server).sample("Capital?", n=3)
    assert samples.token_logprobs is None
    assert "cannot be told" in samples.metadata["unusable_logprobs"][0]


def test_one_refused_prompt_keeps_the_rest_or_raises(server):
    server.fail = lambda number, body: (400, {}, "not that") if "bad" in json.dumps(body) else None
    found = sampler(server).sample(["good", "bad", "fine", "bad"], n=2, on_error="keep")
    assert [own.prompt for own in found] == ["good", "fine"]
    assert [(failure.position, failure.prompt) for failure in found.failures] == [(1, "bad"), (3, "bad")]
    assert "not that" in found.failures[0].reason
    with pytest.raises(InvalidParameter, match="not that"):
        sampler(server).sample(["good", "bad"], n=2)
    with pytest.raises(InvalidParameter, match="not that"):
        sampler(server).sample("bad", n=2, on_error="keep")
    with pytest.raises(InvalidParameter, match=r"on_error: expected one of .*'skip'"):
        sampler(server).sample(["good"], n=2, on_error="skip")


def test_a_refused_key_is_no_matter_of_one_prompt(server):
    server.fail = lambda number, body: (401, {}, "no")
    with pytest.raises(InvalidParameter, match="api_key"):
        sampler(server).sample(["a", "b"], n=1, on_error="keep")


def test_after_an_error_nothing_more_is_asked(server):
    server.fail = lambda number, body: (400, {}, "no")
    with pytest.raises(InvalidParameter):
        sampler(server, concurrency=1).sample([f"q{i}" for i in range(50)], n=1)
    assert len(server.requests) < 10


@pytest.mark.parametrize(
    ("said", "limit"),
    [
        ("n_cmpl cannot be greater than the number of slots, expected n <= 4", 4),
        ("'n' : number must be at most 1", 1),
        ("Only one completion choice is allowed", 1),
        ("n is too large", 2),
    ],
)
def test_a_server_that_refuses_n_is_asked_for_fewer_and_remembered(server, said, limit):
    server.fail = lambda number, body: (400, {}, said) if body["n"] > limit else None
    own = sampler(server, concurrency=1)
    found = own.sample(["a", "b"], n=9)
    assert [len(samples) for samples in found] == [9, 9]
    refused = [asked for asked in server.requests if asked["n"] > limit]
    assert {asked["messages"][0]["content"] for asked in refused} == {"a"}
    assert [asked["seed"] for asked in server.requests if asked not in refused][: 9 // limit] == [
        limit * k for k in range(9 // limit)
    ]


def test_a_refusal_of_something_else_is_not_about_n(server):
    server.fail = lambda number, body: (400, {}, "temperature: too hot")
    with pytest.raises(InvalidParameter, match="too hot"):
        sampler(server).sample("Capital?", n=8)
    assert len(server.requests) == 1


def test_the_length_goes_by_the_name_that_the_server_wants(server):
    said = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
    server.fail = lambda number, body: (400, {}, said) if "max_tokens" in body else None
    own = sampler(server)
    assert own.sample("Capital?", n=1).texts == ("Paris",)
    own.sample("Capital of Spain?", n=1)
    assert ["max_tokens" in asked for asked in server.requests] == [True, False, False]
    assert server.requests[1]["max_completion_tokens"] == 64


def test_messages_are_a_prompt_and_so_are_several_conversations(server):
    talk = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": "Hi"},
        {"role": "user", "content": [{"type": "text", "text": "Capital of "}, {"type": "text", "text": "France?"}]},
    ]
    samples = sampler(server).sample(talk, n=2)
    assert samples.prompt == "Capital of France?"
    assert samples.metadata["messages"] == talk == server.requests[0]["messages"]
    several = sampler(server).sample([talk, "Capital of Spain?", talk], n=1)
    assert [own.prompt for own in several] == ["Capital of France?", "Capital of Spain?", "Capital of France?"]
    assert len(server.requests) == 3
    with pytest.raises(InvalidParameter, match=r"messages\[0\]: expected \{\"role\": "):
        sampler(server).sample([{"content": "x"}], n=1)
    with pytest.raises(InvalidParameter, match="expected texts with chat=False"):
        sampler(server, chat=False).sample(talk, n=1)


def test_what_else_the_server_understands_is_sent_and_named(server):
    own = sampler(server, extra_body={"min_p": 0.1}, decoding=Decoding(top_k=3))
    own.sample("Capital?", n=1)
    assert (server.requests[0]["min_p"], server.requests[0]["top_k"]) == (0.1, 3)
    assert "min_p" in own.identity
    with pytest.raises(InvalidParameter, match="extra_body: expected a mapping"):
        sampler(server, extra_body=3)


def test_a_client_of_ones_own(server):
    import openai

    azure = openai.AzureOpenAI(api_key="k", azure_endpoint=server.url, api_version="1", max_retries=0)
    own = OpenAISampler("tiny", client=azure)
    assert own.sample("Capital?", n=1).texts == ("Paris",)
    assert server.requests[0]["path"].startswith("/v1/openai/deployments/tiny/chat/completions")
    assert asyncio.run(own.asample("Capital?", n=1)).texts == ("Paris",)
    turned = OpenAISampler("tiny", client=openai.AsyncOpenAI(api_key="k", base_url=server.url))
    with pytest.raises(InvalidParameter, match="expected a synchronous client"):
        turned.sample("Capital?", n=1)
    assert asyncio.run(turned.asample("Capital?", n=1)).texts == ("Paris",)
    with pytest.raises(InvalidParameter, match="client: expected one of the package openai, got int"):
        OpenAISampler("tiny", client=3)


def test_the_loop_gives_what_threads_give(server):
    prompts = [f"q{i}" for i in range(12)]

    async def twice():
        own = sampler(server)
        return await asyncio.gather(own.asample(prompts, n=2), own.asample(prompts, n=2))

    assert asyncio.run(twice()) == [sampler(server).sample(prompts, n=2)] * 2


def test_connections_last_as_long_as_their_loop_and_no_longer(server):
    server.keeps = True
    own = sampler(server)

    async def seen():
        await own.asample("Capital?", n=1)
        await own.at(seed=1).asample("Capital?", n=1)
        return server.connections

    for _ in range(2):  # each loop has its own
        assert asyncio.run(seen()) == 1
        until(lambda: server.connections == 0)


def test_connections_are_closed_with_their_sampler_too(server):
    server.keeps = True

    async def seen():
        await sampler(server).asample("Capital?", n=1)
        gc.collect()
        while server.connections:  # closed by a task of this loop
            await asyncio.sleep(0.01)

    asyncio.run(asyncio.wait_for(seen(), 60))


def until(come):
    """Wait for what another thread is about to do."""
    late = time.monotonic() + 60
    while not come():
        assert time.monotonic() < late, "it never came"
        time.sleep(0.01)


def test_a_reply_that_breaks_off_is_asked_for_again(server):
    whole = json.dumps(reply(choice())).encode()
    server.raw = lambda number, body: whole[:40] if number == 0 else whole
    assert sampler(server).sample("Capital?", n=1).texts == ("A",)
    assert len(server.requests) == 2


def test_a_reply_in_drops_ends_at_the_time_that_is_allowed(server):
    server.drops = 0.05
    began = time.monotonic()
    with pytest.raises(SemuqError, match=r"no readable reply after 0 retries \(a reply of more than 0.3 seconds"):
        sampler(server, timeout=0.3, max_retries=0).sample("Capital?", n=1)
    assert time.monotonic() - began < 5
