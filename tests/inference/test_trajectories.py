"""Logs of agents: OpenAI's forms, and a log that Inspect 0.3 wrote (a search tool, two choices at the first step)."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from semuq.errors import InvalidSamples, MissingEvidence
from semuq.inference import UProp, read_inspect_log, trajectory_from_messages, trajectory_from_responses

LOG = Path(__file__).with_name("inspect_log.json")


def check(run):
    assert [step.texts for step in run.steps] == [
        ('search({"words": "capital of France"})', 'search({"words": "Lyon"})'),
        ("Paris",),
    ]
    assert [own.tolist() for own in run.steps[0].token_logprobs] == [[-0.5, -1.5], [-2.5]]
    assert (run.answer, run.id) == ("Paris", "q1/1")
    assert np.isfinite(UProp().score([run]))


def test_a_log_of_inspect_as_json():
    (run,) = read_inspect_log(LOG)
    check(run)


def test_a_log_of_inspect_as_archive(tmp_path):
    path = tmp_path / "log.eval"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("header.json", "{}")
        archive.writestr("samples/q1_epoch_1.json", json.dumps(json.loads(LOG.read_text())["samples"][0]))
    (run,) = read_inspect_log(path)
    check(run)


def test_calls_that_failed_are_no_steps(tmp_path):
    record = json.loads(LOG.read_text())
    events = record["samples"][0]["events"]
    failed = {"event": "model", "error": "timeout", "output": {"choices": [{"message": {"content": ""}}]}}
    record["samples"][0]["events"] = [failed, *events]
    path = tmp_path / "log.json"
    path.write_text(json.dumps(record))
    check(next(read_inspect_log(path)))
    record["samples"][0]["events"] = [failed]
    path.write_text(json.dumps(record))
    with pytest.raises(InvalidSamples, match="expected model events in sample q1/1, got none"):
        list(read_inspect_log(path))


@pytest.mark.parametrize("text", ["not json", "[]", '{"samples": 3}', "\x00"])
def test_what_is_no_log_of_inspect_is_refused(tmp_path, text):
    path = tmp_path / "log.json"
    path.write_text(text)
    with pytest.raises(InvalidSamples, match="expected a log of Inspect"):
        list(read_inspect_log(path))


CALL = {"id": "1", "type": "function", "function": {"name": "f", "arguments": '{"b": 1, "a": "x"}'}}


def test_messages_with_tool_calls_become_steps_without_alternatives():
    talk = [
        {"role": "system", "content": "s"},
        {"role": "user", "content": "q"},
        {"role": "assistant", "content": None, "tool_calls": [CALL, CALL]},
        {"role": "tool", "tool_call_id": "1", "content": "found"},
        {"role": "assistant", "content": [{"type": "text", "text": "The answer."}]},
    ]
    run = trajectory_from_messages(talk, id="7")
    assert [step.texts for step in run.steps] == [('f({"a": "x", "b": 1}); f({"a": "x", "b": 1})',), ("The answer.",)]
    assert (run.answer, run.id) == ("The answer.", "7")
    with pytest.raises(MissingEvidence, match="pass Step"):
        UProp().score([run])


def test_objects_of_the_client_are_read_like_dicts():
    class Response:
        def model_dump(self, **options):
            return {"choices": [{"message": {"content": "a"}, "logprobs": {"content": [{"logprob": -1.0}]}}]}

    run = trajectory_from_responses([Response()])
    assert run.steps[0].intrinsic() == 1.0


def test_the_executed_choice_can_be_another_and_arguments_need_not_be_json():
    odd = {"tool_calls": [{"function": {"name": "run", "arguments": "ls -l"}}]}
    choices = [{"message": {"content": "a"}}, {"message": odd}]
    run = trajectory_from_responses([{"choices": choices}], executed=[1])
    assert run.steps[0].texts[run.steps[0].executed] == "run(ls -l)"
    assert run.answer is None  # it ended in a call, not in an answer


def test_a_step_lacks_log_probs_if_one_choice_does():
    choices = [
        {"message": {"content": "a"}, "logprobs": {"content": [{"logprob": -1.0}]}},
        {"message": {"content": "b"}},
    ]
    assert trajectory_from_responses([{"choices": choices}]).steps[0].token_logprobs is None


def test_malformed_responses_are_named():
    with pytest.raises(InvalidSamples, match=r"responses\[0\]: expected at least one choice"):
        trajectory_from_responses([{"choices": []}])
    with pytest.raises(InvalidSamples, match="expected text or tool calls"):
        trajectory_from_responses([{"choices": [{"message": {"content": None}}]}])
    with pytest.raises(InvalidSamples, match="one per response"):
        trajectory_from_responses([{"choices": [{"message": {"content": "a"}}]}], executed=[0, 0])
    with pytest.raises(InvalidSamples, match="expected mappings or objects"):
        trajectory_from_responses(["text"])
    with pytest.raises(InvalidSamples, match="steps: expected at least one"):
        trajectory_from_messages([{"role": "user", "content": "q"}])
