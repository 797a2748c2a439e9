"""Logs of agents as trajectories: OpenAI-style messages and responses with tool calls, and the logs of Inspect.

A decision is what the model said at a step: its tool calls, written "name(arguments)", or its text where there are
none. Where a request asked for several choices, the first is taken to be the executed one, as clients do.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from semuq.errors import InvalidSamples
from semuq.inference.propagation import Step, Trajectory
from semuq.numerics import FloatArray
from semuq.samples.inspect_logs import inspect_samples
from semuq.samples.messages import text_of
from semuq.samples.replies import record_of

__all__ = ["read_inspect_log", "trajectory_from_messages", "trajectory_from_responses"]


def trajectory_from_responses(
    responses: Iterable[Any], *, executed: Sequence[int] | None = None, answer: str | None = None, id: str | None = None
) -> Trajectory:
    """One run from the responses of a chat server, one a step, each with one choice or several.

    Args:
        responses: as OpenAI's client returns them (or plain dicts): `choices`, each with a `message` and, where asked
            for, `logprobs`.
        executed: which choice was carried out at each step; None is the first.
        answer: what the run came to; None takes the text of the last step, if it calls no tool.
        id: a name for the question.

    Raises:
        InvalidSamples: a response has no choices, or a message neither text nor tool calls.

    Example:
        >>> call = {"function": {"name": "search", "arguments": '{"words": "France"}'}}
        >>> first = {"choices": [{"message": {"tool_calls": [call]}, "logprobs": {"content": [{"logprob": -0.5}]}}]}
        >>> last = {"choices": [{"message": {"content": "Paris"}, "logprobs": {"content": [{"logprob": -0.1}]}}]}
        >>> run = trajectory_from_responses([first, last])
        >>> [step.texts for step in run.steps], run.answer
        ([('search({"words": "France"})',), ('Paris',)], 'Paris')
    """
    plain = [_plain(response) for response in responses]
    done = [0] * len(plain) if executed is None else list(executed)
    if len(done) != len(plain):
        raise InvalidSamples(f"executed: expected {len(plain)} positions (one per response), got {len(done)}")
    steps = [_step(index, response, own) for index, (response, own) in enumerate(zip(plain, done, strict=True))]
    if answer is None and plain:
        message = plain[-1]["choices"][done[-1]]["message"]
        answer = None if _calls(message) else text_of(message.get("content")).strip()
    return Trajectory(steps=tuple(steps), answer=answer, id=id)


def trajectory_from_messages(messages: Iterable[Any], *, id: str | None = None) -> Trajectory:
    """One run from its messages: a step for each of the assistant's, with the one decision that was executed.

    Messages hold no log-probs, unless a client left them there (`logprobs`, as in a response's choice): without,
    `UProp` needs `Step(uncertainty=...)`.

    >>> talk = [{"role": "user", "content": "Capital?"}, {"role": "assistant", "content": "Paris"}]
    >>> trajectory_from_messages(talk).answer
    'Paris'
    """
    said = [message for message in map(_plain, messages) if message.get("role") == "assistant"]
    return trajectory_from_responses(
        [{"choices": [{"message": message, "logprobs": message.get("logprobs")}]} for message in said], id=id
    )


def read_inspect_log(path: str | Path) -> Iterator[Trajectory]:
    """The runs of an Inspect log, `.json` or `.eval`, lazily: a step for each call of the model that succeeded.

    With `num_choices` above 1 and `logprobs` in Inspect's configuration a step holds several decisions and their
    log-probs; the first choice is the one that Inspect carries out. `id` is "sample/epoch".

    Raises:
        InvalidSamples: the file is no such log, or was written without the events of its samples.
        MissingExtra: as `semuq.samples.read_inspect`.
    """
    for sample in inspect_samples(path):
        name = f"{sample.get('id')}/{sample.get('epoch', 1)}"
        calls = [
            event["output"]
            for event in sample.get("events") or ()
            if event.get("event") == "model" and not event.get("error") and event["output"].get("choices")
        ]
        if not calls:
            raise InvalidSamples(f"{path}: expected model events in sample {name}, got none; log it with its events")
        yield trajectory_from_responses(calls, answer=(sample.get("output") or {}).get("completion"), id=name)


def _step(index: int, response: Mapping[str, Any], executed: int) -> Step:
    choices = response.get("choices")
    if not choices:
        raise InvalidSamples(f"responses[{index}]: expected at least one choice, got {choices!r:.60}")
    texts = [_decision(index, choice["message"]) for choice in choices]
    known = [_logprobs(choice) for choice in choices]
    complete = all(own is not None and len(own) for own in known)
    return Step(
        texts=tuple(texts),
        executed=executed,
        token_logprobs=tuple(own for own in known if own is not None) if complete else None,
    )


def _decision(index: int, message: Mapping[str, Any]) -> str:
    calls = _calls(message)
    text = "; ".join(calls) if calls else text_of(message.get("content")).strip()
    if not text:
        raise InvalidSamples(f"responses[{index}]: expected text or tool calls, got {dict(message)!r:.80}")
    return text


def _calls(message: Mapping[str, Any]) -> list[str]:
    """Tool calls as "name(arguments)", in OpenAI's form (a nested function) or Inspect's (a name beside arguments)."""
    found = []
    for call in message.get("tool_calls") or ():
        function = call.get("function")
        name, arguments = (
            (function.get("name"), function.get("arguments"))
            if isinstance(function, Mapping)
            else (function, call.get("arguments"))
        )
        found.append(f"{name}({_canonical(arguments)})")
    return found


def _canonical(arguments: Any) -> str:
    """Arguments in one spelling: as JSON, keys sorted; text that is no JSON as it stands."""
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments)
        except json.JSONDecodeError:
            return str(arguments)
    return json.dumps(arguments, sort_keys=True, ensure_ascii=False)


def _logprobs(choice: Mapping[str, Any]) -> FloatArray | None:
    content = (choice.get("logprobs") or {}).get("content")
    return None if not content else np.array([token["logprob"] for token in content], dtype=np.float64)


def _plain(value: Any) -> Mapping[str, Any]:
    """A response or message as a mapping, whatever client it came from."""
    found = record_of(value)
    if found is None:
        raise InvalidSamples(f"responses: expected mappings or objects of OpenAI's client, got {type(value).__name__}")
    return found
