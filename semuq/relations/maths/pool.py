"""The worker processes of mathematics: math-verify under a hard time limit."""

from __future__ import annotations

from collections.abc import Sequence

from semuq.relations.workers import Request, WorkerPool

__all__ = ["POOL", "Request", "run_requests", "shutdown_workers"]

POOL = WorkerPool("semuq.relations.maths.worker", hint="python -c 'import math_verify'", requests_per_worker=24)
"""One for all relations."""


def run_requests(requests: Sequence[Request], *, limit: float, workers: int | None = None) -> list[bool | None]:
    """What the workers say to each request, see `semuq.relations.maths.worker`; None where they cannot tell in time."""
    return [None if reply is None else bool(reply) for reply in POOL.run(requests, limit=limit, workers=workers)]


def shutdown_workers() -> None:
    """End all idle workers now; the next comparison starts new ones. Runs by itself at exit."""
    POOL.shutdown()
