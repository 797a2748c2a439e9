"""A server of OpenAI's API, in this process, of which a share of the replies fails, in seven ways."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np

__all__ = ["FAULTS", "TIMEOUT", "serving"]

FAULTS = ("late", "429", "429 with Retry-After", "500", "cut", "drops", "no JSON")
TIMEOUT = 0.6
"""Seconds that a client should wait: "late" and "drops" take twice that."""


class _Listening(ThreadingHTTPServer):
    """One that lets a crowd wait at its door."""

    request_queue_size = 128
    daemon_threads = True


@contextmanager
def serving(seed: int, share: float) -> Iterator[tuple[str, Counter[str]]]:
    """Its address, and how often it has given each kind of reply; "PROMPT answered" where it answers."""
    rng, lock = np.random.default_rng(seed), threading.Lock()
    given: Counter[str] = Counter()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = self.rfile.read(int(self.headers["Content-Length"]))
            if not asked:  # whoever asked was killed
                return
            body = json.loads(asked)
            with lock:
                fault = FAULTS[rng.integers(len(FAULTS))] if rng.random() < share else "whole"
                given[fault] += 1
            with suppress(OSError):  # whoever asked may have gone
                self._answer(body, fault)

        def _answer(self, body: dict[str, Any], fault: str) -> None:
            text = f"{body['messages'][-1]['content']} answered"
            choices = [{"index": k, "message": {"content": text}, "finish_reason": "stop"} for k in range(body["n"])]
            reply = json.dumps({"choices": choices}).encode()
            if fault == "late":
                time.sleep(2 * TIMEOUT)
            status = {"429": 429, "429 with Retry-After": 429, "500": 500}.get(fault, 200)
            reply = b"<html>upstream</html>" if fault == "no JSON" else reply
            self.send_response(status)
            if fault == "429 with Retry-After":
                self.send_header("retry-after-ms", "50")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            if fault == "cut":
                self.wfile.write(reply[: len(reply) // 2])
                self.connection.close()
            elif fault == "drops":
                for place in range(len(reply)):
                    self.wfile.write(reply[place : place + 1])
                    time.sleep(2 * TIMEOUT / len(reply))
            else:
                self.wfile.write(reply)

        def log_message(self, *args: Any) -> None:
            pass

    server = _Listening(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1", given
    finally:
        server.shutdown()
        server.server_close()
