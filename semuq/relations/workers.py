"""Worker processes that are reused, started when first needed, and replaced when they overrun.

One pool per interpreter and kind of worker, shared by all relations, safe to use from threads; a forked child starts
its own. Workers are plain subprocesses: they need no importable `__main__` and inherit no state. What a worker does is
its module's: `main()` writes "ready" on a line and then, for each line of JSON with the seconds and the request, a line
of JSON.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO, Any

__all__ = ["WorkerPool"]

Request = tuple[Any, ...]

START_SECONDS = 120.0
"""A worker that is not ready after this long is an error."""
GRACE_SECONDS = 2.0
"""The worker's own alarm goes off at the limit; this much later it is killed from here."""
EXIT_SECONDS = 2.0
"""A worker whose stdin is closed has this long to end by itself."""

_LAUNCH = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from {module} import main; main()"


class _Worker:
    """One process and the pipes to it; `ask` returns None and leaves it dead when it overruns."""

    def __init__(self, module: str, hint: str) -> None:
        path = json.dumps([path or str(Path.cwd()) for path in sys.path])
        self.process = subprocess.Popen(
            [sys.executable, "-c", _LAUNCH.format(module=module), path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "0"},
            text=True,
            encoding="utf-8",
        )
        if self._reply(START_SECONDS) != "ready\n":
            self.close()
            raise RuntimeError(
                f"{module}: expected a worker to be ready within {START_SECONDS:g} s, got exit status "
                f"{self.process.returncode}; run `{hint}` to see why"
            )

    def ask(self, request: Request, limit: float) -> Any:
        try:
            self._input.write(json.dumps([limit, *request]) + "\n")
            self._input.flush()
        except OSError:  # it died between two requests
            self.close()
            return None
        line = self._reply(limit + GRACE_SECONDS)
        if not line.endswith("\n"):
            self.close()
            return None
        return json.loads(line)

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def close(self) -> None:
        """End it and collect its exit status; nothing is left behind."""
        self.let_go()
        try:
            self.process.wait(EXIT_SECONDS)  # idle: at once
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def let_go(self) -> None:
        """Close this end of the pipes; an idle worker ends by itself."""
        for pipe in (self.process.stdin, self.process.stdout):
            try:
                if pipe is not None:
                    pipe.close()
            except OSError:  # unsent bytes for a dead process
                pass

    def _reply(self, seconds: float) -> str:
        timer = threading.Timer(seconds, self.process.kill)
        timer.daemon = True
        timer.start()
        try:
            return self._output.readline()
        finally:
            timer.cancel()

    @property
    def _input(self) -> IO[str]:
        assert self.process.stdin is not None
        return self.process.stdin

    @property
    def _output(self) -> IO[str]:
        assert self.process.stdout is not None
        return self.process.stdout


class WorkerPool:
    """The workers of one kind.

    Args:
        module: where the `main` of a worker is.
        hint: a command that shows why a worker does not start.
        requests_per_worker: one more worker is started for every so many requests that are waiting.
    """

    def __init__(self, module: str, *, hint: str, requests_per_worker: int) -> None:
        self.module = module
        self.hint = hint
        self.requests_per_worker = requests_per_worker
        self.idle: list[_Worker] = []
        self._lock = threading.Lock()
        self._forgotten: list[_Worker] = []  # the parent's, in a forked child: neither ours to kill nor to collect
        atexit.register(self.shutdown)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._forget)

    def run(self, requests: Sequence[Request], *, limit: float, workers: int | None = None) -> list[Any]:
        """The reply to each request, in order; None where it overran `limit` seconds or could not be read.

        Args:
            requests: see the module of the worker.
            limit: wall-clock seconds for one request.
            workers: processes at most; None is one per core, at most 4.

        Raises:
            RuntimeError: a worker cannot be started.
        """
        if not requests:
            return []
        most = workers or min(4, os.cpu_count() or 1)
        waiting: SimpleQueue[tuple[int, Request]] = SimpleQueue()
        for item in enumerate(requests):
            waiting.put(item)
        replies: list[Any] = [None] * len(requests)
        errors: list[BaseException] = []

        def serve() -> None:
            worker: _Worker | None = None
            try:
                while not errors:
                    place, request = waiting.get_nowait()
                    if worker is None or not worker.alive:
                        worker = self._take()
                    replies[place] = worker.ask(request, limit)
            except Empty:
                pass
            except BaseException as error:  # also Ctrl-C: a reply may still be under way, so the worker goes
                errors.append(error)
                if worker is not None:
                    worker.close()
                return
            if worker is not None:
                self._give_back(worker)

        count = min(most, -(-len(requests) // self.requests_per_worker))
        threads = [threading.Thread(target=serve, daemon=True) for _ in range(count - 1)]
        for thread in threads:
            thread.start()
        serve()
        for thread in threads:
            thread.join()
        if errors:
            raise errors[0]
        return replies

    def shutdown(self) -> None:
        """End all idle workers now; the next request starts new ones. Runs by itself at exit."""
        with self._lock:
            workers, self.idle[:] = list(self.idle), []
        for worker in workers:
            worker.close()

    def _take(self) -> _Worker:
        while True:
            with self._lock:
                worker = self.idle.pop() if self.idle else None
            if worker is None:
                return _Worker(self.module, self.hint)
            if worker.alive:
                return worker
            worker.close()

    def _give_back(self, worker: _Worker) -> None:
        if not worker.alive:
            worker.close()
            return
        with self._lock:
            self.idle.append(worker)

    def _forget(self) -> None:
        self._lock = threading.Lock()
        self._forgotten.extend(self.idle)
        for worker in self.idle:
            worker.let_go()
        self.idle.clear()
