"""The service: OpenAI's chat completions in front of a gate, with limits, counts and a caller's own key.

Needs `pip install 'semuq[serve]'`. One event loop: sampling is awaited, scoring has a thread of its own.
"""

from __future__ import annotations

import importlib.util
import time
from typing import Any

from semuq.checks import whole
from semuq.decisions.gate import Gate
from semuq.decisions.rule import Decision
from semuq.errors import InvalidParameter, MissingExtra
from semuq.sampling.openai import OpenAISampler
from semuq.serving.numbers import TEXT, Numbers
from semuq.serving.wire import Refusal, completion, error_body, failed, messages_of, models

__all__ = ["proxy"]


def proxy(
    gate: Gate,
    *,
    largest_body: int = 2**20,
    most_requests: int = 256,
    abstain_with: str | None = None,
    tracer: Any = None,
) -> Any:
    """A FastAPI application that answers, or abstains, as the gate decides.

    `/v1/chat/completions` takes what OpenAI's clients send; `/v1/models`, `/health` and `/metrics` are for those who
    watch it. A reply has a field `semuq` beside the usual ones: the decision, why, the probability that the answer is
    right, the score, its estimator and relation, the number of answers, and the meanings with their shares. Where the
    gate abstains the message has no content, and `refusal` says why. Where no decision was reached (the server is
    down, too slow, refuses the key) the reply is an error in OpenAI's shape, with the same field.

    Args:
        gate: its sampler is an `OpenAISampler`. The key of a caller goes on to the server; a caller without one asks
            with the sampler's own. No key is kept, and none is logged.
        largest_body: bytes of a request.
        most_requests: taken in at a time; one more is told to come back (429), which OpenAI's clients do by themselves.
        abstain_with: what a message says where the gate abstains; None leaves it empty.
        tracer: of OpenTelemetry; None takes the one of this process if that package is installed. A span called
            "semuq decide" has the decision in its attributes.

    Raises:
        MissingExtra: fastapi is not installed.
        InvalidParameter: the gate's sampler is another one, or a limit is none.
    """
    if importlib.util.find_spec("fastapi") is None:
        raise MissingExtra("serving needs fastapi and uvicorn: pip install 'semuq[serve]'")
    from fastapi import FastAPI, Request
    from fastapi.responses import JSONResponse, PlainTextResponse
    from starlette.exceptions import HTTPException

    whole(None, 1, largest_body=largest_body, most_requests=most_requests)
    own = gate.sampler
    if not isinstance(own, OpenAISampler):
        raise InvalidParameter(f"gate: expected one with an OpenAISampler, got {type(own).__name__}")
    sampler: OpenAISampler = own
    details = {"estimator": gate.rule.estimator, "relation": gate.rule.relation, "answers": max(gate.rule.answers)}
    numbers, spans = Numbers(), tracer or _tracer()
    service = FastAPI(title="semuq", docs_url=None, redoc_url=None, openapi_url=None)

    # Annotations of handlers are looked up by FastAPI among a module's names, and Request is not one of this module's.
    async def chat(request: Any) -> JSONResponse:
        if numbers.under_way >= most_requests:
            numbers.ended("busy")
            busy = Refusal(429, "too many requests under way", code="rate_limit_exceeded", headers={"Retry-After": "1"})
            return JSONResponse(busy.body, busy.status, busy.headers)
        numbers.under_way += 1
        began = time.perf_counter()
        outcome, seconds = "failed", None
        try:
            messages = messages_of(await _body(request, largest_body), sampler)
            decision = await _decided(gate, sampler, messages, _key(request), spans)
            seconds = time.perf_counter() - began
            if decision.failure is not None:
                status, content = failed(decision, details)
                return JSONResponse(content, status)
            outcome = "answered" if decision.given else "abstained"
            return JSONResponse(completion(decision, sampler.model, details, abstain_with))
        except Refusal as refusal:
            outcome = "refused"
            return JSONResponse(refusal.body, refusal.status, refusal.headers)
        finally:
            numbers.under_way -= 1
            numbers.ended(outcome, seconds)

    chat.__annotations__ = {"request": Request}
    service.post("/v1/chat/completions", response_model=None)(chat)
    service.get("/v1/models")(lambda: models(sampler))
    service.get("/health")(lambda: {"status": "ok", "under_way": numbers.under_way})
    service.get("/metrics", response_class=PlainTextResponse)(
        lambda: PlainTextResponse(numbers.text(), media_type=TEXT)
    )

    async def unknown(request: Any, error: Any) -> JSONResponse:
        message = f"{request.method} {request.url.path}: {error.detail}; there is POST /v1/chat/completions"
        return JSONResponse(
            error_body(message, kind="invalid_request_error", code="not_found"), error.status_code, error.headers
        )

    service.add_exception_handler(HTTPException, unknown)
    return service


async def _body(request: Any, largest: int) -> bytes:
    """The body of a request, read no further than it may be long.

    Raises:
        Refusal: it is longer.
    """
    body = bytearray()
    told = request.headers.get("content-length", "")
    if not (told.isdigit() and int(told) > largest):
        async for piece in request.stream():
            body += piece
            if len(body) > largest:
                break
        else:
            return bytes(body)
    raise Refusal(413, f"the body has more than {largest:,} bytes", code="request_too_large")


def _key(request: Any) -> str | None:
    """The key that a caller sent, to be passed on and forgotten."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip() or None if scheme.lower() == "bearer" else None


async def _decided(
    gate: Gate, sampler: OpenAISampler, messages: list[dict[str, Any]], key: str | None, spans: Any
) -> Decision:
    asked = sampler if key is None else sampler.with_key(key)
    if spans is None:
        return await gate.aask(messages, sampler=asked)
    with spans.start_as_current_span("semuq decide") as span:
        decision = await gate.aask(messages, sampler=asked)
        for name, value in _attributes(decision, sampler).items():
            if value is not None:  # attributes have no null
                span.set_attribute(name, value)
        return decision


def _attributes(decision: Decision, sampler: OpenAISampler) -> dict[str, Any]:
    return {
        "gen_ai.request.model": sampler.model,
        "semuq.decision": "answer" if decision.given else "abstain",
        "semuq.why": decision.why,
        "semuq.probability_right": decision.probability_right,
        "semuq.score": decision.score,
        "semuq.meanings": len(decision.meanings),
        "semuq.failure": decision.failure,
    }


def _tracer() -> Any:
    if importlib.util.find_spec("opentelemetry") is None:
        return None
    from opentelemetry import trace

    return trace.get_tracer("semuq")
