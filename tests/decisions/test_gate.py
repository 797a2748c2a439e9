"""`Gate` against a fake server: answers where it may, and stays closed whatever goes wrong."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import logging
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from semuq import (
    DecisionRule,
    DiscreteSemanticEntropy,
    ExactMatch,
    Gate,
    InvalidParameter,
    KernelLanguageEntropy,
    OpenAISampler,
    Platt,
    SampleSet,
    Scorer,
    SemuqError,
)
from semuq.decisions.rule import without_seed
from semuq.sampling import Decoding
from tests.sampling.replies import choice, reply
from tests.sampling.server import serving

ESTIMATOR = DiscreteSemanticEntropy()
SCORER = Scorer((ESTIMATOR,), ExactMatch())
CALIBRATOR = Platt().fit([0.0] * 20 + [1.6] * 20, [True] * 20 + [False] * 20)
SNIPPET = Path(__file__).parents[2] / "docs" / "snippets" / "gate_service.py"


def rule(sampler, **changes):
    own = {
        "estimator": repr(ESTIMATOR),
        "relation": ExactMatch().identity,
        "calibrator": CALIBRATOR,
        "answers": (5,),
        "samplers": (without_seed(sampler.identity),),
    }
    return DecisionRule(**(own | changes))


@pytest.fixture(scope="module")
def served():
    with serving() as (server, url):
        sampler = OpenAISampler("tiny", base_url=url, max_retries=0)
        yield server, Gate(sampler, SCORER, rule(sampler), least=0.5)


@pytest.fixture
def server(served):
    own = served[0]
    own.fail, own.raw, own.drops, own.requests[:] = (lambda *_: None), (lambda *_: None), 0.0, []
    own.word = lambda prompt, number: "Paris" if "known" in prompt else f"guess {number}"
    return own


@pytest.fixture
def gate(served):
    return served[1]


def test_agreement_is_answered_and_guesses_are_not(server, gate):
    known = gate.ask("known?")
    assert (known.given, known.answer, known.prompt, known.meanings) == (True, "Paris", "known?", (("Paris", 1.0),))
    assert known.probability_right > 0.9
    assert server.requests[0]["n"] == 5
    guessed = gate.ask([{"role": "user", "content": "who knows?"}])
    assert (guessed.given, len(guessed.meanings)) == (False, 5)
    assert guessed.why.startswith("right with probability 0.")


BROKEN = {
    "not JSON": (None, b"<html>", "no readable reply"),
    "no choices": (None, reply(), "got none"),
    "nothing in them": (None, reply(*[choice(None, [])] * 5), "the answer is empty"),
    "a refusal": (None, reply(*[choice(None, refusal="No.")] * 5), "the model gives no answer"),
    "does not know": (None, reply(*[choice("I do not know.")] * 5), "the model gives no answer"),
    "server error": ((500, {"retry-after-ms": "1"}, "boom"), None, "SemuqError: server .*boom"),
    "refused": ((400, {}, "not that"), None, r"InvalidParameter: request: refused .*not that"),
    "wrong key": ((401, {}, "who?"), None, "api_key"),
    "no such model": ((404, {}, "what?"), None, "InvalidModel"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_it_stays_closed_and_says_why(server, gate, name, caplog):
    fail, raw, why = BROKEN[name]
    server.fail, server.raw = (lambda *_: fail), (lambda *_: raw)
    with caplog.at_level(logging.WARNING, logger="semuq.decisions.gate"):
        decisions = [gate.ask("known?"), asyncio.run(gate.aask("known?"))]
    for decision in decisions:
        assert not decision.given
        assert decision.prompt == "known?"
        assert re.search(why, decision.why), decision.why
        assert "\n" not in decision.why
    assert not gate.ask("known?").given
    server.fail, server.raw = (lambda *_: None), (lambda *_: None)
    assert gate.ask("known?").given  # and opens again


class Odd:
    """A sampler whose way to fail is given."""

    identity = "odd"

    def __init__(self, act):
        self.act = act

    def sample(self, prompts, *, n=10):
        return self.act(prompts, n)


def fails(error):
    def act(prompts, n):
        raise error

    return act


@pytest.mark.parametrize(
    ("act", "why"),
    [
        (fails(SemuqError("gone")), "no decision: SemuqError: gone"),
        (fails(RuntimeError("a bug\nin two lines")), "no decision: RuntimeError: a bug in two lines"),
        (fails(MemoryError()), "no decision: MemoryError"),
        (lambda prompts, n: None, "no decision: "),
        (lambda prompts, n: time.sleep(1), "no decision within 0.2 seconds"),
        (lambda prompts, n: SampleSet(prompt=prompts, texts=("a",)), "fitted on 5 answers a question, this one has 1"),
    ],
)
def test_no_way_to_fail_opens_it(act, why):
    gate = Gate(Odd(act), SCORER, rule(Odd(act)), least=0.5, timeout=0.2)
    for decision in (gate.ask("?"), asyncio.run(gate.aask("?"))):
        assert not decision.given
        assert why in decision.why


def test_slow_drops_are_not_waited_for(server, gate):
    server.drops = 0.05
    quick = Gate(gate.sampler, SCORER, gate.rule, least=0.5, timeout=0.3)
    began = time.monotonic()
    assert quick.ask("known?").why == "no decision within 0.3 seconds"
    assert asyncio.run(quick.aask("known?")).why == "no decision within 0.3 seconds"
    assert time.monotonic() - began < 3


@pytest.mark.parametrize("way", ["threads", "loop"])
def test_twenty_four_callers_at_once_each_get_their_own_decision(server, gate, way):
    server.fail = lambda number, body: (500, {}, "boom") if "ill" in json.dumps(body["messages"]) else None
    kinds = ("known", "guess", "ill")
    questions = [f"{kinds[index % 3]} {index}" for index in range(48)]
    if way == "threads":
        with ThreadPoolExecutor(24) as callers:
            decisions = list(callers.map(gate.ask, questions))
    else:

        async def all_at_once():
            slots = asyncio.Semaphore(24)

            async def one(question):
                async with slots:
                    return await gate.aask(question)

            return await asyncio.gather(*map(one, questions))

        decisions = asyncio.run(all_at_once())
    assert [own.prompt for own in decisions] == questions
    assert [own.given for own in decisions] == [question.startswith("known") for question in questions]
    assert all("boom" in own.why for own in decisions[2::3])


def test_the_handler_of_the_docs_answers_twenty_four_callers(server, gate):
    spec = importlib.util.spec_from_file_location("gate_service", SNIPPET)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    service = module.app(gate)

    async def post(question):
        body = json.dumps({"messages": [{"role": "user", "content": question}]}).encode()
        sent = []

        async def receive():
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message):
            sent.append(message)

        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "path": "/ask"}
        scope |= {"raw_path": b"/ask", "query_string": b"", "headers": headers, "scheme": "http"}
        await service(scope | {"client": ("t", 1), "server": ("t", 80), "root_path": ""}, receive, send)
        return sent[0]["status"], json.loads(b"".join(own.get("body", b"") for own in sent[1:]))

    async def all_at_once():
        return await asyncio.gather(*(post("known?" if index % 2 else "who?") for index in range(24)))

    found = asyncio.run(all_at_once())
    assert {status for status, _ in found} == {200}
    assert [body["decision"] for _, body in found] == ["abstain", "answer"] * 12
    assert [body["answer"] for _, body in found] == [None, "Paris"] * 12
    assert {body["meanings"][0]["text"] for _, body in found[1::2]} == {"Paris"}


def test_it_comes_back_from_a_file_without_its_key(server, gate, tmp_path, monkeypatch):
    path = tmp_path / "gate.json"
    keyed = OpenAISampler("tiny", base_url=gate.sampler.base_url, api_key="sesame", max_retries=0)
    Gate(keyed, SCORER, rule(keyed), least=0.5, timeout=9).save(path)
    assert "sesame" not in path.read_text()
    again = Gate.load(path)
    assert (again.timeout, again.least, again.rule) == (9, 0.5, rule(keyed))
    assert again.ask("known?").given
    seeded = OpenAISampler("tiny", base_url=gate.sampler.base_url, decoding=Decoding(seed=5), max_retries=0)
    assert Gate.load(path, sampler=seeded).ask("known?").given
    record = json.loads(path.read_text())
    for change in (
        {"format": "x"},
        {"version": 9},
        {"sampler": None},
        {"sampler": "print(1)"},
        {"relation": "magic"},
        {"rule": {}},
        {"rule": None},
        {"timeout": "soon"},
        {"timeout": -1},
        {"least": None},
    ):
        path.write_text(json.dumps(record | change))
        with pytest.raises(InvalidParameter):
            Gate.load(path)


def test_parts_that_do_not_belong_together_are_refused_at_once(gate):
    sampler = gate.sampler
    for scorer, own, message in (
        (Scorer((KernelLanguageEntropy(),), ExactMatch()), rule(sampler), "expected the rule's estimator"),
        (Scorer((ESTIMATOR,), ExactMatch(normalise=False)), rule(sampler), "expected the rule's relation"),
        (SCORER, rule(sampler, samplers=("other",)), "expected the rule's, 'other'"),
        (SCORER, rule(sampler, answers=()), "says how many answers"),
    ):
        with pytest.raises(InvalidParameter, match=message):
            Gate(sampler, scorer, own, least=0.5)
    with pytest.raises(InvalidParameter, match="least: expected a probability"):
        Gate(sampler, SCORER, rule(sampler))
    with pytest.raises(InvalidParameter, match=r"cannot be written down|expected"):
        Gate(Odd(None), SCORER, rule(Odd(None)), least=0.5).save("/nowhere")


def test_what_is_no_question_is_the_callers_error(gate):
    for wrong in (3, [], ["a", "b"], [{"content": "x"}], None):
        with pytest.raises(InvalidParameter):
            gate.ask(wrong)
        with pytest.raises(InvalidParameter):
            asyncio.run(gate.aask(wrong))


def test_scoring_is_done_for_one_question_at_a_time():
    inside, most, lock = [0], [0], threading.Lock()

    class Counting:
        kind, symmetric, identity = "equivalence", True, ExactMatch().identity

        def compare(self, batch):
            with lock:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
            time.sleep(0.005)
            with lock:
                inside[0] -= 1
            return ExactMatch().compare(batch)

    sampler = Odd(lambda prompts, n: SampleSet(prompt=prompts, texts=("a",) * n))
    gate = Gate(sampler, Scorer((ESTIMATOR,), Counting()), rule(sampler), least=0.5)
    with ThreadPoolExecutor(12) as callers:
        assert all(own.given for own in callers.map(gate.ask, map(str, range(24))))
    assert most == [1]
