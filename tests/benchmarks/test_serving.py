"""The load test of the proxy, in small: no reply is lost, and each is the one to its question."""

import pytest

pytest.importorskip("fastapi")
pytest.importorskip("uvicorn")
pytest.importorskip("openai")

from benchmarks.serving.fake import fake
from benchmarks.serving.load import as_wanted, load
from semuq import ExactMatch
from semuq.serving import gate_of_rule, proxy
from tests.serving.served import listening, rule_for


def test_no_reply_is_lost_under_load():
    with listening(fake(0.05)) as model:
        gate = gate_of_rule(rule_for(f"{model}/v1", "fake"), f"{model}/v1", ExactMatch(), least=0.5)
        with listening(proxy(gate)) as served:
            found = load(served.removeprefix("http://"), clients=16, requests=64)
        direct = load(model.removeprefix("http://"), clients=4, requests=8, n=5)
    assert (found["right"], found["lost"], found["statuses"]) == (64, 0, {"200": 64})
    assert (direct["right"], direct["lost"]) == (8, 0)


def test_a_reply_to_another_question_counts_as_lost():
    reply = {"semuq": {}, "choices": [{"message": {"content": "Paris"}}]}
    assert as_wanted("known?", reply)
    assert not as_wanted("open?", reply)
