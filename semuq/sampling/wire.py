"""One request to a server that speaks OpenAI's API: sent, read to its end in time, and what its failure means.

Below `openai`, which says what to ask; the client of the package openai waits, retries and backs off until a reply
begins. Here is what it leaves open: replies that break off or never end, refusals to be met by asking otherwise.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from semuq.errors import InvalidModel, InvalidParameter, SemuqError
from semuq.samples.replies import Refused, Unreadable

__all__ = ["NO_KEY", "Habits", "NoEntry", "Request", "asend", "explained", "reason", "send", "smaller"]

NO_KEY = "none"
"""What is sent where there is no key: servers of one's own ask for none, the client insists on some."""

LARGEST = 64 * 2**20
"""A reply of more bytes is not read to its end."""


@dataclass(frozen=True)
class Request:
    """What to send, and how many seconds to wait first."""

    options: dict[str, Any]
    pause: float


class NoEntry(InvalidParameter):
    """The server refuses the key: no prompt would be answered."""


@dataclass
class Habits:
    """What a server has shown to want: found out once, then kept to."""

    length: str = "max_tokens"
    most: int | None = None

    def adapt(self, options: Mapping[str, Any], said: str) -> bool:
        """Whether to ask again because the server wants the length under its other name."""
        if self.length in options and "max_completion_tokens" not in said:
            return False
        changed = self.length not in options or self.length == "max_tokens"  # another thread may have found it out
        self.length = "max_completion_tokens"
        return changed


def smaller(said: str, n: int) -> int | None:
    """How many answers to ask for where a refusal is about their number; None where it is about something else."""
    about = re.search(r"(?<!\w)n(?:_\w+)?(?!\w)|\b(?:choices?|completions|candidates|slots)\b", said)
    if n == 1 or about is None:
        return None
    limit = re.search(r"(?:<=|at most|less than or equal to|up to|maximum(?: of| is)?|exceed|only)\D{0,20}(\d+)", said)
    if limit and 1 <= int(limit[1]) < n:
        return int(limit[1])
    return 1 if re.search(r"\bonly (?:one|1)\b|\bmust be (?:one|1)\b", said, re.IGNORECASE) else n // 2


def send(client: Any, request: Request, *, chat: bool, timeout: float) -> str:
    """The body of the reply to a request, without the key, should it be repeated there.

    Raises:
        Unreadable: it broke off, or was not whole in time.
        Refused: it is too large.
        openai.APIError: whatever the client raises.
    """
    late = time.monotonic() + timeout
    body = bytearray()
    with _endpoint(client, request, chat) as response:
        pieces = response.iter_bytes()
        while piece := _read(pieces):
            body += piece
            if time.monotonic() > late:
                raise Unreadable(f"a reply of more than {timeout:g} seconds")
            _check_size(body)
    return _said(body, client)


async def asend(client: Any, request: Request, *, chat: bool, timeout: float) -> str:
    """As `send`, for an event loop; a synchronous client is called in a thread."""
    if not hasattr(client, "__aenter__"):
        return await asyncio.to_thread(send, client, request, chat=chat, timeout=timeout)
    body = bytearray()
    try:
        async with _endpoint(client, request, chat) as response, asyncio.timeout(timeout):
            pieces = response.iter_bytes()
            while piece := await _aread(pieces):
                body += piece
                _check_size(body)
    except TimeoutError as error:
        raise Unreadable(f"a reply of more than {timeout:g} seconds") from error
    return _said(body, client)


def _endpoint(client: Any, request: Request, chat: bool) -> Any:
    endpoint = client.chat.completions if chat else client.completions
    return endpoint.with_streaming_response.create(**request.options)


def explained(error: Any, *, where: str, model: str, retries: int) -> SemuqError:
    """A failure of the client in semuq's words: whose fault it is, and what to do."""
    import openai

    said = reason(error)
    if isinstance(error, openai.APIConnectionError):  # a timeout is one, too
        return SemuqError(
            f"server {where}: cannot be reached ({error.__cause__ or error}) after {retries} "
            "retries; is it running, and base_url right?"
        )
    if isinstance(error, openai.NotFoundError):
        return InvalidModel(
            f"model {model!r}: not known at {where} ({said}); "
            "the server's /models lists what is, and chat=False is for models without a chat form"
        )
    if isinstance(error, openai.AuthenticationError | openai.PermissionDeniedError):
        return NoEntry(f"api_key: expected one that {where} accepts ({said}); pass api_key=... or set OPENAI_API_KEY")
    return SemuqError(
        f"server {where}: still failing after {retries} retries ({said}); ask again later, or with lower concurrency"
    )


def _read(pieces: Iterator[bytes]) -> bytes:
    """The next bytes of a reply, none at its end.

    Raises:
        Unreadable: the connection broke off. The client, which asks again by itself until a reply begins, does not
            do so then, and lets the errors of whatever HTTP library it is built on through.
    """
    try:
        return next(pieces, b"")
    except Exception as error:
        raise Unreadable(f"a reply that broke off ({error})") from error


async def _aread(pieces: AsyncIterator[bytes]) -> bytes:
    try:
        return await anext(pieces, b"")
    except Exception as error:
        raise Unreadable(f"a reply that broke off ({error})") from error


def _check_size(body: bytearray) -> None:
    if len(body) > LARGEST:
        raise Refused(f"a reply of more than {LARGEST >> 20} MB")


def reason(error: Any) -> str:
    """What the server said, 200 characters of it, without the key, which some repeat."""
    body = getattr(error, "body", None)
    said = body.get("message") if isinstance(body, dict) else None
    text = str(said or getattr(error, "message", error))
    headers = error.request.headers if getattr(error, "request", None) is not None else {}
    for name in ("authorization", "api-key"):
        text = _without(text, headers.get(name, "").removeprefix("Bearer "))
    return " ".join(text.split())[:200]


def _said(body: bytearray, client: Any) -> str:
    return _without(body.decode(errors="replace"), getattr(client, "api_key", None))


def _without(text: str, key: Any) -> str:
    return text.replace(key, "***") if isinstance(key, str) and len(key) > 3 and key != NO_KEY else text
