"""The proxy under real clients on the loopback: answers, abstentions, failures, limits, counts, and keys that stay."""

import http.client
import json
import logging
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

pytest.importorskip("fastapi")
pytest.importorskip("uvicorn")
openai = pytest.importorskip("openai")

from typer.testing import CliRunner  # noqa: E402

from semuq import ExactMatch, Gate, InvalidParameter, OpenAISampler, SampleSet  # noqa: E402
from semuq.cli import app  # noqa: E402
from semuq.sampling import Decoding  # noqa: E402
from semuq.serving import gate_of_rule, proxy  # noqa: E402
from tests.sampling.server import serving  # noqa: E402
from tests.serving.served import listening, rule_for  # noqa: E402

KEY = "sk-very-secret-0123456789"
ASK = {"model": "tiny", "messages": [{"role": "user", "content": "known?"}]}


@pytest.fixture(scope="module")
def behind():
    with serving() as (server, url):
        yield server, url


@pytest.fixture(scope="module")
def spans():
    sdk = pytest.importorskip("opentelemetry.sdk.trace")
    export = pytest.importorskip("opentelemetry.sdk.trace.export")
    memory = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter").InMemorySpanExporter()
    provider = sdk.TracerProvider()
    provider.add_span_processor(export.SimpleSpanProcessor(memory))
    yield memory, provider.get_tracer("test")
    provider.shutdown()


@pytest.fixture(scope="module")
def url(behind, spans):
    gate = gate_of_rule(rule_for(behind[1]), behind[1], ExactMatch(), least=0.5)
    quick = OpenAISampler("tiny", base_url=behind[1], max_retries=0, timeout=60)
    gate = Gate(quick, gate.scorer, gate.rule, least=0.5, timeout=60)
    with listening(proxy(gate, largest_body=10_000, tracer=spans[1])) as found:
        yield found


@pytest.fixture
def server(behind):
    own = behind[0]
    own.fail, own.raw, own.drops, own.requests[:], own.keys[:] = (lambda *_: None), (lambda *_: None), 0.0, [], []
    own.word = lambda prompt, number: "Paris" if "known" in prompt else f"guess {number}"
    return own


def call(url, method="POST", path="/v1/chat/completions", body=ASK, key=KEY):
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=30)
    try:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        connection.request(method, path, content, {"Authorization": f"Bearer {key}"} if key else {})
        reply = connection.getresponse()
        text = reply.read().decode()
        kind = reply.headers.get_content_type()
        return reply.status, json.loads(text) if kind == "application/json" else text
    finally:
        connection.close()


def test_openais_client_gets_an_answer_and_what_it_is_based_on(server, url):
    with openai.OpenAI(base_url=f"{url}/v1", api_key=KEY, max_retries=0) as client:
        found = client.chat.completions.create(model="tiny", messages=ASK["messages"])
        assert [own.id for own in client.models.list()] == ["tiny"]
    choice = found.choices[0]
    assert (choice.message.content, choice.message.refusal, choice.finish_reason) == ("Paris", None, "stop")
    basis = found.semuq
    assert (basis["decision"], basis["answers"], basis["score"]) == ("answer", 5, 0.0)
    assert basis["probability_right"] > 0.9
    assert basis["meanings"] == [{"text": "Paris", "share": 1.0}]
    assert (basis["estimator"], basis["relation"]) == (rule_for("http://x").estimator, ExactMatch().identity)
    assert [own["n"] for own in server.requests] == [5]
    assert server.keys == [f"Bearer {KEY}"]


def test_an_abstention_has_no_content_but_a_reason(server, url):
    status, found = call(url, body={**ASK, "messages": [{"role": "user", "content": "who?"}]})
    message = found["choices"][0]["message"]
    assert (status, message["content"]) == (200, None)
    assert message["refusal"] == found["semuq"]["why"]
    assert message["refusal"].startswith("right with probability 0.")
    assert found["semuq"]["decision"] == "abstain"
    assert len(found["semuq"]["meanings"]) == 5


def test_what_an_abstention_says_can_be_chosen(server, behind):
    gate = gate_of_rule(rule_for(behind[1]), behind[1], ExactMatch(), least=0.5)
    with listening(proxy(gate, abstain_with="I am not sure.")) as url:
        _, found = call(url, body={**ASK, "messages": [{"role": "user", "content": "who?"}]})
    assert found["choices"][0]["message"]["content"] == "I am not sure."
    assert found["choices"][0]["message"]["refusal"] == found["semuq"]["why"]


@pytest.mark.parametrize(
    ("body", "status", "param", "said"),
    [
        ({**ASK, "stream": True}, 400, "stream", "decided about as a whole"),
        ({**ASK, "n": 2}, 400, "n", "expected 1 or nothing"),
        ({**ASK, "temperature": 0}, 400, "temperature", "expected 1.0 or nothing, got 0"),
        ({**ASK, "tools": [{}]}, 400, "tools", "expected nothing"),
        ({**ASK, "model": "other"}, 404, "model", "expected 'tiny'"),
        ({"model": "tiny"}, 400, "messages", "expected a list"),
        ({**ASK, "messages": []}, 400, "messages", "expected a list"),
        ({**ASK, "messages": ["hello"]}, 400, "messages", "expected a list"),
        ({**ASK, "messages": [{"role": "user", "content": "\ud800"}]}, 400, "messages", "half a surrogate pair"),
        ([1], 400, None, "expected an object"),
        (b"{", 400, None, "not JSON"),
        (b"[" * 9_000, 400, None, "not JSON"),
        ({**ASK, "user": "x" * 10_000}, 413, None, "more than 10,000 bytes"),
    ],
)
def test_what_is_refused_is_said_in_openais_shape_and_put_to_nobody(server, url, body, status, param, said):
    found, reply = call(url, body=body)
    error = reply["error"]
    assert (found, error["param"], error["type"]) == (status, param, "invalid_request_error")
    assert said in error["message"]
    assert server.requests == []


def test_what_changes_no_answer_is_taken(server, url):
    extra = {"temperature": 1, "top_p": 1.0, "max_tokens": 64, "n": 1, "stream": False, "seed": None, "user": "u"}
    assert call(url, body={**ASK, **extra})[0] == 200


def test_openais_client_raises_what_it_knows(server, url):
    with openai.OpenAI(base_url=f"{url}/v1", api_key=KEY, max_retries=0) as client:
        with pytest.raises(openai.BadRequestError, match="decided about as a whole"):
            client.chat.completions.create(model="tiny", messages=ASK["messages"], stream=True)
        server.fail = lambda *_: (401, {}, f"Incorrect API key provided: {KEY}")
        with pytest.raises(openai.AuthenticationError):
            client.chat.completions.create(model="tiny", messages=ASK["messages"])
        with pytest.raises(openai.NotFoundError):
            client.get("/nowhere", cast_to=object)


@pytest.mark.parametrize(
    ("fail", "status", "code"),
    [
        ((500, {}, "boom"), 502, "upstream_error"),
        ((401, {}, "who?"), 401, "invalid_api_key"),
        ((404, {}, "what?"), 404, "model_not_found"),
        ((400, {}, "not that"), 400, "refused_upstream"),
    ],
)
def test_where_no_decision_was_reached_it_is_an_error_and_no_answer(server, url, fail, status, code):
    server.fail = lambda *_: fail
    found, reply = call(url)
    assert (found, reply["error"]["code"]) == (status, code)
    assert reply["semuq"]["decision"] == "abstain"
    assert "choices" not in reply


def test_a_question_that_takes_too_long_is_a_timeout(server, behind):
    gate = gate_of_rule(rule_for(behind[1]), behind[1], ExactMatch(), least=0.5, timeout=0.2)
    server.drops = 0.05
    with listening(proxy(gate)) as url:
        status, reply = call(url)
    assert (status, reply["error"]["code"]) == (504, "timeout")


def test_the_key_of_each_caller_goes_on_and_into_no_log(server, url, caplog, capfd, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with caplog.at_level(logging.DEBUG):
        for path in (None, (401, {}, f"Incorrect API key provided: Bearer {KEY}"), (500, {}, f"broken by {KEY}")):
            server.fail = lambda *_, path=path: path
            _, reply = call(url)
            assert KEY not in json.dumps(reply)
        call(url, body=b"{")
        server.fail = lambda *_: None
        call(url, key="another-secret-key")
        call(url, key=None)
    assert [own for own in server.keys if "very" not in own] == ["Bearer another-secret-key", "Bearer none"]
    printed = "".join(capfd.readouterr())
    for text in (caplog.text, printed):
        assert KEY not in text
        assert "another-secret-key" not in text
    assert "abstained from 'known?'" in caplog.text  # it was listened to
    assert "***" in caplog.text


def test_numbers_for_prometheus_and_a_sign_of_life(server, behind):
    parser = pytest.importorskip("prometheus_client.parser")
    gate = gate_of_rule(rule_for(behind[1]), behind[1], ExactMatch(), least=0.5)
    with listening(proxy(gate)) as url:
        call(url)
        call(url, body={**ASK, "messages": [{"role": "user", "content": "who?"}]})
        call(url, body=b"")
        assert call(url, "GET", "/health") == (200, {"status": "ok", "under_way": 0})
        _, text = call(url, "GET", "/metrics")
    found = {
        (sample.name, *sample.labels.values()): sample.value
        for family in parser.text_string_to_metric_families(text)
        for sample in family.samples
    }
    outcomes = {name: found["semuq_requests_total", name] for name in ("answered", "abstained", "failed", "refused")}
    assert outcomes == {"answered": 1, "abstained": 1, "failed": 0, "refused": 1}
    assert found["semuq_seconds_count",] == found["semuq_seconds_bucket", "+Inf"] == 2
    assert 0 < found["semuq_seconds_sum",] < 60


def test_spans_of_opentelemetry_have_the_decision(server, url, spans):
    memory = spans[0]
    memory.clear()
    call(url)
    (span,) = memory.get_finished_spans()
    assert span.name == "semuq decide"
    assert span.attributes["semuq.decision"] == "answer"
    assert span.attributes["gen_ai.request.model"] == "tiny"
    assert span.attributes["semuq.meanings"] == 1
    assert "semuq.failure" not in span.attributes
    assert KEY not in str(span.to_json())


def test_one_more_than_it_takes_in_is_told_to_come_back(server, behind):
    hold, inside = threading.Event(), threading.Event()

    def wait(number, body):
        inside.set()
        hold.wait(20)

    server.raw = wait
    gate = gate_of_rule(rule_for(behind[1]), behind[1], ExactMatch(), least=0.5)
    with listening(proxy(gate, most_requests=1)) as url, ThreadPoolExecutor(1) as pool:
        first = pool.submit(call, url)
        inside.wait(20)
        status, reply = call(url)
        hold.set()
        assert (status, reply["error"]["code"]) == (429, "rate_limit_exceeded")
        assert first.result()[0] == 200


def test_thirty_two_clients_lose_no_reply(server, url):
    questions = [f"{'known' if index % 2 else 'who'} {index}?" for index in range(96)]

    def ask(question):
        return call(url, body={**ASK, "messages": [{"role": "user", "content": question}]}, key=f"key {question}")

    with ThreadPoolExecutor(32) as clients:
        found = list(clients.map(ask, questions))
    assert {status for status, _ in found} == {200}
    assert [reply["semuq"]["decision"] for _, reply in found] == ["abstain", "answer"] * 48
    asked = [own["messages"][-1]["content"] for own in server.requests]
    assert sorted(zip(asked, server.keys, strict=True)) == sorted((own, f"Bearer key {own}") for own in questions)


def test_a_rule_says_how_it_is_sampled(behind):
    odd = OpenAISampler(
        "org/model-7b",
        base_url=behind[1],
        system="Don't say (more), than 'this'.",
        stop=("\n", "Q:"),
        decoding=Decoding(temperature=0.7, top_p=0.9, max_new_tokens=8, seed=3),
        extra_body={"min_p": 0.1},
    )
    from semuq.decisions.rule import without_seed

    rule = rule_for(behind[1], samplers=(without_seed(odd.identity),))
    found = gate_of_rule(rule, behind[1] + "/", ExactMatch(), least=0.5).sampler
    assert without_seed(found.identity) == without_seed(odd.identity)
    assert found.decoding.temperature == 0.7


def test_rules_that_do_not_fit_are_refused(behind):
    base = behind[1]
    for rule, options, message in (
        (rule_for("http://elsewhere/v1"), {}, "pass the base_url that its answers came from"),
        (rule_for(base), {"model": "other"}, "expected that of the rule, 'tiny'"),
        (rule_for(base, samplers=()), {}, "does not say which model"),
        (rule_for(base, samplers=("a", "b")), {}, "answers of one sampler, got 2"),
        (rule_for(base, samplers=("huggingface/x",)), {}, "of a chat model at"),
        (rule_for(base, samplers=(f"openai/{base}//m/bare/system=None",)), {}, "build the Gate in code"),
    ):
        with pytest.raises(InvalidParameter, match=message):
            gate_of_rule(rule, base, ExactMatch(), least=0.5, **options)
    assert gate_of_rule(rule_for(base, samplers=()), base, ExactMatch(), model="m", least=0.5).sampler.model == "m"


def test_only_gates_with_a_server_behind_them_are_served(behind):
    class Own:
        identity = "own"

        def sample(self, prompts, *, n=10):
            return SampleSet(prompt=prompts, texts=("a",) * n)

    given = gate_of_rule(rule_for(behind[1]), behind[1], ExactMatch(), least=0.5)
    gate = Gate(Own(), given.scorer, rule_for(behind[1], samplers=()), least=0.5)
    with pytest.raises(InvalidParameter, match="expected one with an OpenAISampler"):
        proxy(gate)
    with pytest.raises(InvalidParameter, match="most_requests"):
        proxy(given, most_requests=0)


def test_the_command_serves_what_the_rule_says(behind, tmp_path, monkeypatch):
    rule_for(behind[1]).save(tmp_path / "rule.json")
    served = {}
    monkeypatch.setattr("uvicorn.run", lambda service, **options: served.update(options, service=service))
    arguments = ["serve", "--rule", str(tmp_path / "rule.json"), "--base-url", behind[1], "--relation", "exact"]
    result = CliRunner().invoke(app, [*arguments, "--least", "0.5", "--port", "8123"])
    assert (result.exit_code, served["port"]) == (0, 8123), result.stderr
    with listening(served["service"]) as url:
        assert call(url, "GET", "/health")[0] == 200
    result = CliRunner().invoke(app, arguments)
    assert (result.exit_code, "--least: expected" in result.stderr) == (2, True)
