"""A server of which every fifth reply fails, in seven ways: every prompt ends answered, or listed with its reason."""

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

from benchmarks.reliability.tally import Tally

__all__ = ["FAULTS", "server_faults"]

FAULTS = ("late", "429", "429 with Retry-After", "500", "cut", "drops", "no JSON")
SHARE = 0.2
TIMEOUT = 0.6


def server_faults(rng: np.random.Generator, requests: int) -> Tally:
    """`requests` prompts, asked for two answers each by 24 threads."""
    from semuq import OpenAISampler

    tally = Tally("a prompt that is neither answered nor listed, or answered with what belongs to another")
    with _serving(int(rng.integers(2**31))) as (url, given):
        sampler = OpenAISampler("tiny", base_url=url, concurrency=24, max_retries=2, timeout=TIMEOUT)
        prompts = [f"question {number}" for number in range(requests)]
        began = time.perf_counter()
        found = sampler.sample(prompts, n=2, on_error="keep")
        seconds = time.perf_counter() - began
    answered = {own.prompt: own for own in found}
    listed = {failure.prompt: failure.reason for failure in found.failures}
    for prompt in prompts:
        if (prompt in answered) == (prompt in listed):
            tally.note(f"{prompt}: answered and listed, or neither")
        elif prompt in answered:
            right = answered[prompt].texts == (f"{prompt} answered",) * 2
            tally.note(None if right else f"{prompt}: {answered[prompt].texts!r}")
        else:
            tally.note(None if listed[prompt] and "\n" not in listed[prompt] else f"{prompt}: no reason")
    tally.figures |= {
        "answered": len(answered),
        "listed": len(listed),
        "requests_received": sum(given.values()),
        "replies": dict(sorted(given.items())),
        "seconds": round(seconds, 1),
    }
    return tally


@contextmanager
def _serving(seed: int) -> Iterator[tuple[str, Counter[str]]]:
    rng, lock = np.random.default_rng(seed), threading.Lock()
    given: Counter[str] = Counter()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with lock:
                fault = FAULTS[rng.integers(len(FAULTS))] if rng.random() < SHARE else "whole"
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

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1", given
    finally:
        server.shutdown()
        server.server_close()
