"""Commands of `semuq` run in this process or in a child forked from it, and what they may end with.

Children are forked from a process that has imported everything, so that a kill falls into the work and not into the
start of an interpreter.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from typer.testing import CliRunner

from semuq.cli import app

__all__ = ["Ended", "command", "forked", "killed", "waited"]

FORK = multiprocessing.get_context("fork")
LONGEST = 300
"""Seconds for a child that nobody kills."""


@dataclass(frozen=True)
class Ended:
    """How a command ended: its status, the lines of its output, what it said beside, and what is wrong with that."""

    status: int
    lines: list[bytes]
    errors: str
    wrong: str | None


def command(*words: object) -> Ended:
    """Run `semuq WORDS`; wrong is a traceback, another status than 0 to 2, or a failure that says nothing."""
    result = CliRunner().invoke(app, [str(word) for word in words])
    error, wrong = result.exception, None
    if error is not None and not isinstance(error, SystemExit):
        where = traceback.extract_tb(error.__traceback__)[-1]
        wrong = f"{type(error).__name__} at {where.filename.rpartition('/')[2]}:{where.lineno}: {error}"
    elif result.exit_code not in (0, 1, 2):
        wrong = f"status {result.exit_code}"
    elif result.exit_code and not result.stderr.strip():
        wrong = f"status {result.exit_code} and not a word why"
    return Ended(result.exit_code, result.stdout_bytes.splitlines(), result.stderr, wrong)


def forked(act: Callable[[], Any]) -> Any:
    """A child that does it, in silence; the status of a command, or 1 for an error, is its own."""

    def inside() -> None:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        found = act()
        os._exit(found.status if isinstance(found, Ended) else 0)

    child = FORK.Process(target=inside)
    child.start()
    return child


def waited(child: Any) -> int | None:
    """The status of a child that has ended; None if it had to be killed."""
    child.join(LONGEST)
    if child.is_alive():
        child.kill()
        child.join()
        return None
    return int(child.exitcode)


def killed(act: Callable[[], Any], after: float) -> None:
    """Do it in a child that gets SIGKILL after so many seconds."""
    child = forked(act)
    child.join(after)
    with suppress(ProcessLookupError):
        os.kill(child.pid, signal.SIGKILL)
    child.join()
