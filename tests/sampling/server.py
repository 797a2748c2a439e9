"""A server that speaks OpenAI's API, in this process: answers by rule, and what it was asked."""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

WORDS = ("Paris", "Lyon", "the city of Paris", "")
LOGPROB = math.log(0.5)


class Server:
    """Its address, its log of requests, and two ways to answer otherwise, or not, which is None.

    `fail`: (request number, body) -> a status, headers and what the error says; `raw`: -> a body with status 200.

    The k-th answer to a prompt is a word chosen by seed + k, its tokens' log-probs log(1/2), with the top two
    tokens at 1/2 and 1/4.
    """

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.fail: Callable[[int, dict[str, Any]], tuple[int, dict[str, str], str] | None] = lambda number, body: None
        self.raw: Callable[[int, dict[str, Any]], bytes | dict[str, Any] | None] = lambda number, body: None
        self.drops = 0.0  # seconds between the bytes of a reply
        self.keeps = False  # a connection for the next request
        self.connections = 0  # that are open
        self.most = 100
        self.logprobs = True
        self.word: Callable[[str, int], str | None] = lambda prompt, number: WORDS[number % len(WORDS)]
        self.lock = threading.Lock()

    def reply(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        chat = path.partition("?")[0].endswith("/chat/completions")
        prompt = body["messages"][-1]["content"] if chat else body["prompt"]
        choices = []
        for k in range(min(body.get("n", 1), self.most)):
            text = self.word(prompt, body.get("seed", 0) + k)
            tokens = [f" {word}" for word in (text or "").split()]
            choice: dict[str, Any] = {"index": k, "finish_reason": "length" if len(tokens) > 3 else "stop"}
            if chat:
                choice["message"] = {"role": "assistant", "content": None if text is None else f" {text}\n"}
            else:
                choice["text"] = f" {text}\n"
            choice["logprobs"] = self._logprobs(tokens, chat, body) if self.logprobs and body.get("logprobs") else None
            if not chat and self.logprobs and body.get("logprobs") == 0:
                choice["logprobs"] = self._logprobs(tokens, chat, body)
            choices.append(choice)
        kind = "chat.completion" if chat else "text_completion"
        return {"id": "1", "object": kind, "created": 0, "model": body["model"], "choices": choices}

    @staticmethod
    def _logprobs(tokens: list[str], chat: bool, body: dict[str, Any]) -> dict[str, Any]:
        top = [("a", LOGPROB), ("b", 2 * LOGPROB)]
        if not chat:
            wanted = [dict(top)] * len(tokens) if body["logprobs"] else None
            own = [LOGPROB] * len(tokens)
            return {"tokens": tokens, "token_logprobs": own, "top_logprobs": wanted, "text_offset": []}
        tops = (
            [{"token": name, "logprob": value, "bytes": None} for name, value in top]
            if body.get("top_logprobs")
            else []
        )
        return {
            "content": [{"token": own, "logprob": LOGPROB, "bytes": None, "top_logprobs": tops} for own in tokens],
            "refusal": None,
        }


class _Listening(ThreadingHTTPServer):
    """One that lets a crowd wait at its door instead of turning it away."""

    request_queue_size = 128


@contextmanager
def serving() -> Iterator[tuple[Server, str]]:
    """A running server and its base_url."""
    server = Server()

    class Handler(BaseHTTPRequestHandler):
        def setup(self) -> None:
            super().setup()
            self.protocol_version = "HTTP/1.1" if server.keeps else "HTTP/1.0"
            with server.lock:
                server.connections += 1

        def finish(self) -> None:
            super().finish()
            with server.lock:
                server.connections -= 1

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with server.lock:
                number = len(server.requests)
                server.requests.append({"path": self.path, **body})
                server.keys.append(self.headers.get("Authorization", ""))
            failed = server.fail(number, body)
            status, headers, text = failed or (200, {}, "")
            reply = {"error": {"message": text}} if failed else server.raw(number, body)
            if reply is None:
                reply = server.reply(self.path, body)
            answer = reply if isinstance(reply, bytes) else json.dumps(reply).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Type": "application/json"}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            for place in range(len(answer)) if server.drops else ():
                time.sleep(server.drops)
                with suppress(OSError):  # whoever asked may be gone
                    self.wfile.write(answer[place : place + 1])
                    continue
                return
            if not server.drops:
                self.wfile.write(answer)

        def log_message(self, *args: Any) -> None:
            pass

    http = _Listening(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server, f"http://127.0.0.1:{http.server_port}/v1"
    finally:
        http.shutdown()
        http.server_close()
        thread.join()
