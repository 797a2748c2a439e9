"""What a server's reply says: texts, log-probs and why an answer ended, from the many forms in which servers say it.

Read by `SampleSet.from_openai`, by `OpenAISampler`, which sends the requests, and by readers of logs. A reply is read
by its shape, not by the endpoint that gave it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from semuq.samples.answers import REFUSED, Answer, Token, answer_of
from semuq.samples.messages import text_of
from semuq.samples.thoughts import split_thought

__all__ = ["Refused", "Unreadable", "read_choices", "read_reply", "record_of", "tokens_of"]

_BUSY = re.compile(r"rate.?limit|overload|server.?error|timeout|unavailable|internal|busy", re.IGNORECASE)
_THOUGHTS = frozenset({"reasoning", "thinking", "reasoning_content"})


class Unreadable(Exception):
    """What came is no reply, or says that the server is in trouble: worth asking again."""


class Refused(Exception):
    """The server says no, in a reply with status 200."""


def read_reply(body: str, top: int, stop: Sequence[str] = ()) -> list[Answer]:
    """The answers in the body of a reply, chat or legacy.

    Args:
        body: as it came.
        top: how many of the most probable tokens were asked for at each place.
        stop: texts that were to end an answer; one that goes on behind them is cut there.

    Raises:
        Unreadable: the body is not JSON, not a reply, or says that the server is in trouble.
        Refused: the body is an error that asking again would not change.
    """
    try:
        record = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"a body that is not JSON: {body!r:.60}") from error
    if not isinstance(record, dict):
        raise Unreadable(f"a body that is no reply: {body!r:.60}")
    return read_choices(record, top, stop)


def read_choices(record: Mapping[str, Any], top: int | None = None, stop: Sequence[str] = ()) -> list[Answer]:
    """The answers in a reply that is an object already; `top` None takes the fewest listed at any token.

    Raises:
        Unreadable: it is no reply, or says that the server is in trouble.
        Refused: it is an error that asking again would not change.
    """
    choices = record.get("choices")
    if record.get("error") and not choices:
        _complain(record["error"])
    if choices is not None and not isinstance(choices, list):
        raise Unreadable(f"choices that are no list: {choices!r:.60}")
    listed = [choice for choice in choices or [] if isinstance(choice, dict)]
    sound = [choice for choice in listed if not choice.get("error")]
    if listed and not sound:
        _complain(listed[0]["error"])
    answers: list[Answer] = []
    strange: Unreadable | None = None
    for choice in sound:
        try:
            answers.append(_answer(choice, top, stop))
        except Unreadable as error:  # costs itself: an answer is lacking, and none is made up
            strange = error
    if strange and not answers:
        raise strange
    return answers


def record_of(response: Any) -> Mapping[str, Any] | None:
    """A response or message as a mapping, be it plain or an object of a client (pydantic); None if it is neither."""
    if hasattr(response, "model_dump"):
        # A client holds what a server sent, also where its own types say otherwise.
        response = response.model_dump(warnings=False)
    return response if isinstance(response, Mapping) else None


def _complain(error: Any) -> NoReturn:
    said = error if isinstance(error, dict) else {"message": error}
    message = " ".join(str(said.get("message") or error).split())[:200]
    kinds = " ".join(str(said.get(name, "")) for name in ("code", "type", "status"))
    busy = re.search(r"\b(?:408|429|5\d\d)\b", kinds) or _BUSY.search(kinds)
    raise (Unreadable if busy else Refused)(message)


def _answer(choice: dict[str, Any], top: int | None, stop: Sequence[str]) -> Answer:
    message = choice.get("message")
    if "delta" in choice and message is None:
        raise Unreadable("a piece of a stream, where a whole reply was expected; ask without stream=True")
    if not {"message", "text"} & choice.keys():
        raise Unreadable(f"a choice with neither a message nor a text: {choice!r:.60}")
    message = message if isinstance(message, dict) else {}
    raw, reasoning = _texts(message.get("content") if "content" in message else choice.get("text"))
    told = next((message[name] for name in ("reasoning_content", "reasoning") if message.get(name)), "")
    reasoning += text_of(told)
    reason, refusal, split = str(choice.get("finish_reason")), message.get("refusal"), split_thought(raw)
    if isinstance(refusal, str) and refusal and not split.answer.strip():
        raw, reason, reasoning = refusal, REFUSED, reasoning + (split.thought or "")
    return answer_of(raw, reason, tokens_of(choice.get("logprobs")), top=top, stop=stop, reasoning=reasoning)


def _texts(content: Any) -> tuple[str, str]:
    """The answer and the reasoning in a content: text, parts, or nothing."""
    if content is not None and not isinstance(content, str | list):
        raise Unreadable(f"a content that is neither text nor parts: {content!r:.60}")
    if not isinstance(content, list):
        return text_of(content), ""
    thoughts = [part for part in content if isinstance(part, dict) and part.get("type") in _THOUGHTS]
    thought = "".join(text_of(part.get("thinking") or part.get("reasoning") or part.get("text")) for part in thoughts)
    return text_of([part for part in content if part not in thoughts]), thought


def tokens_of(found: Any) -> list[Token] | None:
    """The tokens with their log-probs, from the chat form, the legacy form or a bare list; None if there are none."""
    if isinstance(found, dict) and isinstance(found.get("token_logprobs"), list):
        values = found["token_logprobs"]
        texts, tops = _as_long(found.get("tokens"), values), _as_long(found.get("top_logprobs"), values)
        return [
            Token(str(text or ""), value, list(top.values()) if isinstance(top, dict) else None)
            for text, value, top in zip(texts, values, tops, strict=True)
        ]
    content = found if isinstance(found, list) else None
    if isinstance(found, dict):
        content = next((own for own in (found.get("content"), found.get("refusal")) if isinstance(own, list)), None)
    if content is None:
        return None
    return [
        Token(str(own.get("token") or ""), own.get("logprob"), _top(own.get("top_logprobs")))
        if isinstance(own, dict)
        else Token("", None, None)
        for own in content
    ]


def _top(found: Any) -> list[Any] | None:
    if isinstance(found, dict):
        return list(found.values())
    if not isinstance(found, list):
        return None
    return [own.get("logprob") if isinstance(own, dict) else own for own in found]


def _as_long(found: Any, values: list[Any]) -> list[Any]:
    """The list, if it has an entry for each value; one that is cut belongs to no token."""
    return found if isinstance(found, list) and len(found) == len(values) else [None] * len(values)
