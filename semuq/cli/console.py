"""How commands speak and fail: results to stdout, all else to stderr, one line for a foreseen failure."""

from __future__ import annotations

import errno
import functools
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import ParamSpec, TypeVar

import typer
from rich.console import Console
from rich.text import Text

from semuq.errors import SemuqError

__all__ = ["complain", "explain", "foreseen", "progress_console", "result_console"]

P = ParamSpec("P")
R = TypeVar("R")


def result_console() -> Console:
    """Standard output, for results."""
    return Console(highlight=False)


def progress_console() -> Console:
    """Standard error, for progress, warnings and failures."""
    return Console(stderr=True, highlight=False)


def complain(message: str, console: Console | None = None) -> None:
    """One red line on standard error; markup and escape sequences in it are shown, not obeyed."""
    line = " ".join(message.split())
    printable = "".join(character if character.isprintable() else "\ufffd" for character in line)
    (console or progress_console()).print(Text(printable, style="red"), soft_wrap=True)


def explain(error: SemuqError | OSError) -> str:
    """A failure in one line: what was concerned, what happened."""
    if not isinstance(error, OSError) or not error.strerror:
        return str(error)
    what = f"{error.filename}: {error.strerror}" if error.filename is not None else error.strerror
    if error.errno == errno.ENOSPC:
        what += "; what was written is valid, so free some space and run the same command again"
    return what


def foreseen(command: Callable[P, R]) -> Callable[P, R]:
    """Let a command end on a SemuqError, an OSError or for want of memory with one line and status 1; other errors keep
    their traceback.

    A reader that closes the pipe ends it quietly, with status 0.
    """

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except (MemoryError, RuntimeError) as error:
            if not _is_out_of_memory(error):
                raise
            complain(
                f"out of memory ({str(error) or type(error).__name__}); what was written is valid, so give it more, "
                "or fewer and shorter answers at a time (--window), and run the same command again"
            )
            raise typer.Exit(1) from None
        except (SemuqError, OSError) as error:
            if isinstance(error, OSError) and error.errno in (errno.EPIPE, errno.ENOSPC):
                _abandon_stdout()
            if isinstance(error, BrokenPipeError):  # a reader such as `head` has seen enough: no failure
                raise typer.Exit(0) from None
            complain(explain(error))
            raise typer.Exit(1) from None

    return wrapped


def _is_out_of_memory(error: BaseException) -> bool:
    """Python's own, or torch's: one class of it for accelerators, and words for the processor."""
    return (
        isinstance(error, MemoryError)
        or type(error).__name__ == "OutOfMemoryError"
        or "DefaultCPUAllocator" in str(error)
    )


def _abandon_stdout() -> None:
    """Send what is still buffered for a full or closed stdout nowhere, or it fails once more at exit."""
    try:
        sys.stdout.flush()
    except OSError:
        with suppress(OSError, ValueError):
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, sys.stdout.fileno())
            os.close(null)
