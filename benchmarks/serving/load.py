"""Clients that ask at the same time, one question after another, and what became of every one."""

from __future__ import annotations

import http.client
import json
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from statistics import quantiles
from typing import Any


def ask(connection: http.client.HTTPConnection, body: dict[str, Any]) -> tuple[int, dict[str, Any], float]:
    """Status, reply and seconds of one request."""
    began = time.perf_counter()
    connection.request("POST", "/v1/chat/completions", json.dumps(body), {"Authorization": "Bearer load"})
    reply = connection.getresponse()
    content = json.loads(reply.read())
    return reply.status, content, time.perf_counter() - began


def load(address: str, *, clients: int, requests: int, n: int | None = None) -> dict[str, Any]:
    """What became of the requests, half of which have one answer and half as many as are sampled.

    Args:
        address: host and port.
        clients: threads, with a connection each.
        requests: in all.
        n: answers to ask for; None leaves that to a proxy.
    """
    questions = [f"{'known' if index % 2 else 'open'} {index}?" for index in range(requests)]

    def one_after_another(own: tuple[str, ...]) -> list[tuple[str, int, dict[str, Any], float]]:
        connection = http.client.HTTPConnection(address, timeout=120)
        found = []
        for question in own:
            body = {"model": "fake", "messages": [{"role": "user", "content": question}], **({"n": n} if n else {})}
            found.append((question, *ask(connection, body)))
        connection.close()
        return found

    began = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        shares = [tuple(questions[own::clients]) for own in range(min(clients, requests))]
        found = [reply for own in pool.map(one_after_another, shares) for reply in own]
    elapsed = time.perf_counter() - began
    right = sum(status == 200 and as_wanted(question, reply) for question, status, reply, _ in found)
    cuts = quantiles([seconds for *_, seconds in found], n=20, method="inclusive")
    return {
        "requests": requests,
        "clients": clients,
        "right": right,
        "lost": requests - right,
        "statuses": {str(status): count for status, count in Counter(status for _, status, _, _ in found).items()},
        "p50": round(cuts[9], 4),
        "p95": round(cuts[18], 4),
        "per_second": round(requests / elapsed, 2),
    }


def as_wanted(question: str, reply: dict[str, Any]) -> bool:
    """Whether a reply is the one to this question: answered where the model agrees with itself, else abstained from."""
    content = reply["choices"][0]["message"]["content"]
    if "semuq" not in reply:
        return reply["id"] == question
    return content == ("Paris" if "known" in question else None)
