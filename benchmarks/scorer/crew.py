"""The contestants' processes: started once, loaded, kept waiting, and told to go one at a time."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any

ROOT = Path(__file__).parents[2]
Reply = dict[str, Any]
Interpreter = Callable[[str | None], Path]


class WorkerDied(RuntimeError):
    """A contestant's process ended; the message has the end of what it printed."""


class Crew:
    """Workers by (environment, runner), all with the same model folder and number of threads.

    A context manager: leaving it ends the processes.
    """

    def __init__(self, *, interpreter: Interpreter, folder: Path, threads: int, logs: Path) -> None:
        self._interpreter = interpreter
        self._folder = folder
        self._threads = threads
        self._logs = logs
        self._workers: dict[str, _Worker] = {}
        self.versions: dict[str, dict[str, str]] = {}

    def __enter__(self) -> Crew:
        self._logs.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers.values():
            worker.end()

    def start(self, environment: str | None, runner: str) -> None:
        """Start and load a worker, if it is not there yet."""
        if runner in self._workers:
            return
        command = [self._interpreter(environment), "-m", "benchmarks.scorer.worker", runner]
        log = self._logs / f"{runner.rpartition(':')[2]}.log"
        worker = _Worker([str(part) for part in (*command, self._folder, self._threads)], log, self._threads)
        self._workers[runner] = worker  # before it has answered, so that it is ended whatever happens
        self.versions[environment or "semuq"] = (
            self.versions.get(environment or "semuq", {}) | worker.read()["versions"]
        )

    def ask(self, runner: str, command: Reply) -> Reply:
        """Give one worker a command and wait for its answer."""
        return self._workers[runner].ask(command)


class _Worker:
    def __init__(self, command: list[str], log: Path, threads: int) -> None:
        self._log = log
        names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
        environment = os.environ | dict.fromkeys(names, str(threads))
        environment |= {"PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1"}
        with log.open("w") as file:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=file,
                text=True,
                env=environment,
                cwd=ROOT,
            )

    def ask(self, command: Reply) -> Reply:
        stream: IO[str] = self._process.stdin  # type: ignore[assignment]
        with suppress(BrokenPipeError):  # its last words are in the log, which `read` reports
            stream.write(json.dumps(command) + "\n")
            stream.flush()
        return self.read()

    def read(self) -> Reply:
        stream: IO[str] = self._process.stdout  # type: ignore[assignment]
        line = stream.readline()
        if not line:
            self._process.wait()
            tail = "\n".join(self._log.read_text(errors="replace").splitlines()[-15:])
            raise WorkerDied(f"{self._log.stem}: expected an answer, got the end of its process:\n{tail}")
        return json.loads(line)

    def end(self) -> None:
        with suppress(BrokenPipeError):
            self._process.stdin.close()  # type: ignore[union-attr]
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()  # type: ignore[union-attr]
