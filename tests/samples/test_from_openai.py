"""`SampleSet.from_openai` on objects of the package openai, recorded from llama.cpp's server over SmolLM2-135M.

`recorded/chat.json` and `legacy.json` are `response.model_dump_json(exclude_unset=True)` of three answers each, with
two top log-probs. The server sends the chat form of log-probs to both endpoints: OpenAI's legacy form is written out.
"""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from semuq import InvalidParameter, InvalidSamples, SampleSet

RECORDED = Path(__file__).parent / "recorded"
MESSAGES = [{"role": "system", "content": "Answer briefly."}, {"role": "user", "content": "Capital of France?"}]


def record(name):
    return json.loads((RECORDED / f"{name}.json").read_text())


def as_object(name):
    openai = pytest.importorskip("openai")
    kind = openai.types.chat.ChatCompletion if name == "chat" else openai.types.Completion
    return kind.construct(**record(name))  # as the client makes it of a reply


def entropy(place):
    listed = [math.exp(own["logprob"]) for own in place["top_logprobs"]]
    return -sum(p * math.log(p) for p in [*listed, 1 - sum(listed)])


@pytest.mark.parametrize("name", ["chat", "legacy"])
def test_a_recorded_response_is_read_as_an_object_and_as_a_dict(name):
    samples = SampleSet.from_openai(as_object(name), "Capital of France?")
    choices = record(name)["choices"]
    said = [own["text"] if name == "legacy" else own["message"]["content"] for own in choices]
    assert samples.texts == tuple(text.strip() for text in said)
    assert samples.prompt == "Capital of France?"
    places = [own["logprobs"]["content"] for own in choices]
    assert [own.tolist() for own in samples.token_logprobs] == [[p["logprob"] for p in own] for own in places]
    for own, expected in zip(samples.token_entropies, places, strict=True):
        np.testing.assert_allclose(own, [entropy(place) for place in expected], rtol=1e-9)
    assert samples.metadata["finish_reasons"] == [own["finish_reason"] for own in choices]
    assert samples.metadata["truncated"] == [own["finish_reason"] == "length" for own in choices]
    assert samples.metadata["model"] == "smollm2"
    assert SampleSet.from_openai(record(name), "Capital of France?") == samples
    assert SampleSet.from_dict(json.loads(json.dumps(samples.to_dict()))) == samples


def test_the_legacy_form_as_openai_writes_it():
    openai = pytest.importorskip("openai")
    told = {
        "tokens": [" Paris", "."],
        "token_logprobs": [math.log(0.5), math.log(0.75)],
        # One more than was asked for where the drawn token is none of the most probable.
        "top_logprobs": [{" Rome": math.log(0.5), " Paris": math.log(0.5)}, {".": math.log(0.75)}],
        "text_offset": [0, 6],
    }
    choice = {"text": " Paris.", "index": 0, "finish_reason": "stop", "logprobs": told}
    body = {"id": "1", "object": "text_completion", "created": 0, "model": "m", "choices": [choice]}
    response = openai.types.Completion.model_validate(body)
    samples = SampleSet.from_openai(response, "The capital of France is")
    assert samples.texts == ("Paris.",)
    np.testing.assert_allclose(samples.token_logprobs[0], np.log([0.5, 0.75]))
    np.testing.assert_allclose(
        samples.token_entropies[0], [math.log(2), -0.75 * math.log(0.75) - 0.25 * math.log(0.25)]
    )
    # Two were asked for, one is there and does not hold all the mass: too small an entropy is none.
    assert SampleSet.from_openai(response, "?", top_logprobs=2).token_entropies is None


def test_messages_are_kept_and_the_last_turn_is_the_question():
    samples = SampleSet.from_openai(record("chat"), MESSAGES)
    assert samples.prompt == "Capital of France?"
    assert samples.metadata["messages"] == MESSAGES


def test_answers_of_two_responses_are_one_set():
    first, second = (SampleSet.from_openai(as_object("chat"), MESSAGES) for _ in range(2))
    both = first.extended(second)
    assert len(both) == len(both.token_logprobs) == len(both.metadata["truncated"]) == 6


def test_answers_without_log_probs_have_none():
    choices = [{"message": {"content": text}, "finish_reason": "stop"} for text in ("a", None)]
    samples = SampleSet.from_openai({"choices": choices}, "?")
    assert (samples.texts, samples.token_logprobs, samples.token_entropies) == (("a", ""), None, None)
    assert "model" not in samples.metadata


@pytest.mark.parametrize(
    ("response", "message"),
    [
        ("Paris", "expected a .chat. completion of OpenAI's client or a dict, got str"),
        ({"id": "1", "output": []}, r"expected at least one choice, got fields \['id', 'output'\]"),
        ({"choices": []}, "expected at least one choice"),
        ({"error": {"message": "no such model"}}, r"expected answers, got an error \(no such model\)"),
        ({"error": {"message": "slow down", "code": 429}}, r"got an error \(slow down\)"),
    ],
)
def test_what_is_no_response_is_refused(response, message):
    with pytest.raises(InvalidSamples, match=message):
        SampleSet.from_openai(response, "?")


@pytest.mark.parametrize("prompt", [None, [], ["Capital?"], 3])
def test_what_is_no_prompt_is_refused(prompt):
    with pytest.raises(InvalidParameter, match="prompt"):
        SampleSet.from_openai(record("chat"), prompt)


WRONG = {
    "a piece of a stream": {"index": 0, "delta": {"content": "Par"}, "finish_reason": None},
    "a choice with neither": {"index": 0, "finish_reason": "stop"},
    "neither text nor parts": {"index": 0, "message": {"role": "assistant", "content": {"answer": "Paris"}}},
}


@pytest.mark.parametrize("told", WRONG)
def test_what_holds_an_answer_elsewhere_is_refused_and_no_empty_answer(told):
    with pytest.raises(InvalidSamples, match=told):
        SampleSet.from_openai({"choices": [WRONG[told]]}, "Capital of France?")


def test_choices_without_an_answer_are_counted():
    sound = {"index": 1, "message": {"role": "assistant", "content": "Paris"}, "finish_reason": "stop"}
    found = SampleSet.from_openai(
        {"choices": [None, sound, {"error": {"message": "boom"}}, WRONG["a choice with neither"]]}, "Capital of France?"
    )
    assert (found.texts, found.metadata["choices_without_answer"]) == (("Paris",), 3)
    whole = SampleSet.from_openai({"choices": [sound]}, "Capital of France?")
    assert "choices_without_answer" not in whole.metadata


def at(record, path, value):
    """A copy of the record with another value at the path."""
    copied = holder = json.loads(json.dumps(record))
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    return copied


def paths(value, path=()):
    if path:
        yield path
    for key, own in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from paths(own, (*path, key))


@pytest.mark.parametrize("name", ["chat", "legacy"])
def test_whatever_stands_anywhere_in_a_response_it_is_read_or_refused(name):
    """No value at any place is an error of another class, and what is read can be written."""
    one = record(name)
    one["choices"] = one["choices"][:1]
    one["choices"][0]["logprobs"]["content"] = one["choices"][0]["logprobs"]["content"][:1]
    hostile = [
        None,
        True,
        -1,
        10**400,
        -(10**400),
        math.nan,
        math.inf,
        "",
        "\ud800",
        [],
        [None],
        [[]],
        {},
        {"type": "text"},
    ]
    read = 0
    for path in paths(one):
        for value in hostile:
            try:
                found = SampleSet.from_openai(at(one, path, value), "Capital of France?")
            except InvalidSamples:
                continue
            json.dumps(found.to_dict(), allow_nan=False)
            read += 1
    assert read > 100
