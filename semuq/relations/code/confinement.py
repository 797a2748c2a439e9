"""What a program that is run may do: limits of the system on memory, time, files and processes, and an audit hook.

This keeps honest programs from doing harm by accident: a loop without end, a list of ten billion, a file that is
written, a command that is run. It is no security boundary. Who wants to get out of it will.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
from collections.abc import Callable
from typing import Any

__all__ = ["confine", "limit", "time_limit"]

OPEN_FILES = 64
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_SOURCES = (".py", ".pyc", ".so", ".pth")
_REFUSED = (
    *("os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.exec", "os.system", "os.kill", "os.killpg"),
    *("os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.truncate", "os.chmod", "os.chown"),
    *("os.chflags", "os.lockf", "os.utime", "os.setxattr", "os.removexattr", "os.chdir", "os.fchdir", "os.scandir"),
    *("subprocess.", "socket.", "ctypes.", "shutil.", "signal.", "resource.", "fcntl.", "pty.", "tempfile.", "glob."),
    *("mmap.", "sqlite3.", "urllib.", "webbrowser.", "syslog.", "_posixsubprocess."),
)
"""Beginnings of the names of audited events that a program may not cause."""
_IMPORT_OF_CTYPES = ("ctypes.dlopen", (None,))
"""NumPy does it; to call anything found so is refused."""


def limit(kind: int, most: int, *, hard: bool = True) -> None:
    """Set a limit of the system, never above what there is."""
    ceiling = resource.getrlimit(kind)[1]
    most = most if ceiling == resource.RLIM_INFINITY else min(most, ceiling)
    resource.setrlimit(kind, (most, most if hard else ceiling))


def time_limit(processor: float, wall: float) -> None:
    """Have the kernel end this process after so many seconds, whatever it is doing then; 0 is without a limit."""
    for timer, number, seconds in (
        (signal.ITIMER_PROF, signal.SIGPROF, processor),
        (signal.ITIMER_REAL, signal.SIGALRM, wall),
    ):
        signal.signal(number, signal.SIG_DFL)
        signal.setitimer(timer, seconds)


def confine(memory: int, roots: tuple[str, ...]) -> Callable[[], int]:
    """Confine this process for good; returns a fork that is not refused, for whoever holds it.

    Args:
        memory: bytes of address space, the interpreter's own included.
        roots: folders of which Python's own files may be read, so that programs can import.
    """
    limit(resource.RLIMIT_AS, memory)
    limit(resource.RLIMIT_CORE, 0)
    limit(resource.RLIMIT_FSIZE, 0)
    limit(resource.RLIMIT_NOFILE, OPEN_FILES)
    limit(resource.RLIMIT_NPROC, 0, hard=False)
    sys.dont_write_bytecode = True
    most_processes = resource.getrlimit(resource.RLIMIT_NPROC)[1]
    open_gate = False

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if open_gate:
            return
        if event in ("open", "os.listdir"):
            if not _reads_source(event, args, roots):
                raise PermissionError(f"{event}: files are out of reach here")
        elif event.startswith(_REFUSED) and (event, args) != _IMPORT_OF_CTYPES:
            raise PermissionError(f"{event}: not allowed here")

    def fork() -> int:
        nonlocal open_gate
        open_gate = True
        try:
            resource.setrlimit(resource.RLIMIT_NPROC, (most_processes, most_processes))
            pid = os.fork()
            if pid == 0:
                limit(resource.RLIMIT_NPROC, 0)
            else:
                limit(resource.RLIMIT_NPROC, 0, hard=False)
        finally:
            open_gate = False
        return pid

    sys.addaudithook(hook)
    return fork


def _reads_source(event: str, args: tuple[Any, ...], roots: tuple[str, ...]) -> bool:
    """Whether an event is the reading of one of Python's own files, or of a file that is open already."""
    path = args[0]
    if isinstance(path, int):
        return True
    flags = args[2] if event == "open" and isinstance(args[2], int) else 0
    name = os.fspath(path) if path is not None else "."
    name = os.path.abspath(os.fsdecode(name))  # noqa: PTH100 (a Path would ask the file system)
    within = any(name == root or name.startswith(root + os.sep) for root in roots)
    return within and not flags & _WRITES and (event == "os.listdir" or name.endswith(_SOURCES))
