"""What a request may ask of the proxy, and what its replies look like: OpenAI's chat completions, plus one field.

Pure functions between JSON and decisions; `proxy` moves the bytes.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Mapping
from typing import Any

from semuq.decisions.rule import Decision
from semuq.errors import SemuqError
from semuq.samples.messages import Conversation
from semuq.sampling.openai import OpenAISampler

__all__ = ["Refusal", "completion", "error_body", "failed", "messages_of", "models"]

FREE = frozenset({"model", "messages", "user", "metadata", "store", "safety_identifier", "prompt_cache_key"})
"""Fields that change no answer."""

FAILURES = {
    "TimeoutError": (504, "timeout", "server_error"),
    "NoEntry": (401, "invalid_api_key", "invalid_request_error"),
    "InvalidModel": (404, "model_not_found", "invalid_request_error"),
    "InvalidParameter": (400, "refused_upstream", "invalid_request_error"),
}
"""Class of an error -> the status it is told with, its code and its type; any other is the upstream's fault."""


class Refusal(Exception):
    """A request that is not put to the model: the status and what is said."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str,
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.param, self.headers = status, code, param, dict(headers or {})

    @property
    def body(self) -> dict[str, Any]:
        """In OpenAI's shape of an error."""
        kind = "invalid_request_error" if self.status < 500 else "server_error"
        return error_body(str(self), kind=kind, code=self.code, param=self.param)


def error_body(message: str, *, kind: str, code: str, param: str | None = None) -> dict[str, Any]:
    """What OpenAI's clients read an error from."""
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def messages_of(body: bytes, sampler: OpenAISampler) -> list[dict[str, Any]]:
    """The messages of a request, if it asks for nothing else than the rule was fitted on.

    Raises:
        Refusal: it is no such request, wants a stream, or another way of sampling.
    """
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Refusal(400, f"the body is not JSON ({error})", code="invalid_json") from error
    if not isinstance(asked, dict):
        raise Refusal(400, f"expected an object, got {type(asked).__name__}", code="invalid_json")
    if asked.get("stream"):
        raise Refusal(
            400,
            "stream: expected false, got true; an answer is decided about as a whole, after all samples are in",
            code="unsupported_value",
            param="stream",
        )
    how = sampler.decoding
    fixed = {
        "n": 1,
        "stream": False,
        "temperature": how.temperature,
        "top_p": how.top_p,
        "max_tokens": how.max_new_tokens,
        "max_completion_tokens": how.max_new_tokens,
        "seed": how.seed,
        "stop": list(sampler.stop) or None,
    }
    for name, value in asked.items():
        if name in FREE or value is None or (name in fixed and value == fixed[name]):
            continue
        wanted = f"{fixed[name]!r} or nothing" if name in fixed else "nothing"
        raise Refusal(
            400,
            f"{name}: expected {wanted}, got {value!r:.80}; answers are sampled as those that the rule was fitted on",
            code="unsupported_value" if name in fixed else "unsupported_parameter",
            param=name,
        )
    if asked.get("model") != sampler.model:
        raise Refusal(
            404,
            f"model: expected {sampler.model!r}, got {asked.get('model')!r:.80}",
            code="model_not_found",
            param="model",
        )
    messages = asked.get("messages")
    if not isinstance(messages, list) or not messages or not all(_is_message(own) for own in messages):
        raise Refusal(
            400,
            'messages: expected a list of {"role": ..., "content": ...}, at least one',
            code="invalid_value",
            param="messages",
        )
    try:
        Conversation.of(messages)
    except SemuqError as error:
        raise Refusal(400, str(error), code="invalid_value", param="messages") from error
    return messages


def completion(decision: Decision, model: str, details: Mapping[str, Any], abstain_with: str | None) -> dict[str, Any]:
    """A decision as a chat completion: the answer, or none and `refusal`; `semuq` says what it is based on."""
    message = {
        "role": "assistant",
        "content": decision.answer if decision.given else abstain_with,
        "refusal": None if decision.given else decision.why,
    }
    return {
        "id": f"chatcmpl-{uuid.uuid4().hex}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": model,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
        "semuq": _basis(decision, details),
    }


def failed(decision: Decision, details: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
    """Status and body for a question that no decision was reached about."""
    status, code, kind = FAILURES.get(decision.failure or "", (502, "upstream_error", "server_error"))
    body = error_body(decision.why, kind=kind, code=code)
    return status, {**body, "semuq": _basis(decision, details)}


def models(sampler: OpenAISampler) -> dict[str, Any]:
    """The one model that is served, as /models lists it."""
    return {"object": "list", "data": [{"id": sampler.model, "object": "model", "created": 0, "owned_by": "semuq"}]}


def _basis(decision: Decision, details: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "decision": "answer" if decision.given else "abstain",
        "why": decision.why,
        "probability_right": decision.probability_right,
        "score": decision.score,
        **details,
        "meanings": [{"text": text, "share": round(share, 6)} for text, share in decision.meanings],
    }


def _is_message(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("role"), str)
