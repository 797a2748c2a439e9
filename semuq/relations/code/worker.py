"""The process that runs programs: one JSON request a line on stdin, one JSON reply a line on stdout.

A request is [seconds, {source, entry_point, calls, inputs, call_seconds, memory}]; `inputs` are as many pickled tuples
of arguments as there are calls, in base64, and without an entry point the source is only executed. The reply is
{"outcomes": [...], "invalid": null or why}, see `semuq.relations.code.runner`.

Three generations: this process stays and runs nothing; its child is confined and executes the definitions; a child of
that one makes one call and ends. So no call sees what another left behind, and the kernel ends whatever takes too long.
"""

from __future__ import annotations

import base64
import json
import os
import pickle
import random
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

from semuq.relations.code.canonical import canonical
from semuq.relations.code.confinement import confine, time_limit

__all__ = ["TIMEOUT", "main"]

TIMEOUT = "timeout"
"""The outcome of a call that was not over in time."""
MOST_TIMEOUTS = 5
"""After so many the other calls are not made and count as timed out."""
WIDTH = 8
"""So many calls are made side by side, so that few processor-seconds do not take many by the clock."""
WALL = 10
"""Wall-clock seconds of a call for each second of its processor time: machines are shared."""
DEFINITION = 4
"""Seconds of processor time for executing the source, for each second that a call has."""
MOST_BYTES = 1 << 22
"""Of what one program may report."""
DEFINED = "defined"


def main() -> None:
    """Answer requests until stdin closes."""
    replies = os.fdopen(os.dup(1), "wb", buffering=0)
    requests = os.fdopen(os.dup(0), "rb")
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's
    sys.set_int_max_str_digits(0)
    replies.write(b"ready\n")
    while line := requests.readline():
        seconds, request = json.loads(line)
        replies.write(json.dumps(_served(request, time.monotonic() + seconds)).encode() + b"\n")


def _served(request: dict[str, Any], end: float) -> dict[str, Any]:
    """The reply to a request, from what a confined child says before the end."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.setsid()
        os.dup2(writing, 3)
        os.closerange(4, 1 << 16)
        _run(request, end, 3)
    os.close(writing)
    raw = _read(reading, end)
    os.close(reading)
    with suppress(ProcessLookupError):  # it has ended, as it should
        os.killpg(pid, signal.SIGKILL)
    late = _overran(os.waitpid(pid, 0)[1]) or time.monotonic() >= end
    said = [json.loads(line) for line in raw[: raw.rfind(b"\n") + 1].splitlines()]
    return _reply(said, request["calls"], late=late)


def _overran(status: int) -> bool:
    """Whether a process was ended by one of its timers."""
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGPROF, signal.SIGALRM, signal.SIGXCPU)


def _reply(said: list[Any], calls: int, *, late: bool) -> dict[str, Any]:
    if not said:
        return {"outcomes": [], "invalid": "is not executed in time" if late else "crashes"}
    if isinstance(said[-1], dict):
        return {"outcomes": [], "invalid": said[-1]["invalid"]}
    outcomes = said[1:]
    return {"outcomes": [*outcomes, *[TIMEOUT] * (calls - len(outcomes))], "invalid": None}


def _read(source: int, end: float) -> bytes:
    """What comes through a pipe until it closes or the time is over."""
    raw = b""
    while len(raw) < MOST_BYTES and (left := end - time.monotonic()) > 0:
        if not select.select([source], [], [], left)[0]:
            break
        part = os.read(source, 1 << 16)
        if not part:
            break
        raw += part
    return raw


def _run(request: dict[str, Any], end: float, out: int) -> None:
    """In the confined child: execute the source, make the calls, say what came of them. Does not return."""

    def say(what: Any) -> None:
        os.write(out, json.dumps(what).encode() + b"\n")

    inputs = pickle.loads(base64.b64decode(request["inputs"]))
    name, call_seconds = request["entry_point"], request["call_seconds"]
    time_limit(DEFINITION * call_seconds, max(0.01, end - time.monotonic()))
    fork = confine(request["memory"], tuple(str(Path(path).absolute()) for path in sys.path if Path(path).is_dir()))
    module = ModuleType("program")
    sys.modules["program"] = module  # dataclasses look for the module of a class
    _seed()
    try:
        exec(compile(request["source"], "<program>", "exec"), module.__dict__)
    except BaseException as error:
        say({"invalid": f"raises {type(error).__name__}{_where(error)}"})
        os._exit(0)
    function = getattr(module, name, None) if name else None
    if name and not callable(function):
        say({"invalid": f"does not define {name}"})
        os._exit(0)
    say(DEFINED)
    time_limit(0, max(0.01, end - time.monotonic()))
    timeouts = 0
    for start in range(0, len(inputs) if callable(function) else 0, WIDTH):
        part = inputs[start : start + WIDTH]
        first = _outcomes(fork, function, part, call_seconds)
        again = [own for own, outcome in zip(part, first, strict=True) if outcome != TIMEOUT]
        second = iter(_outcomes(fork, function, again, call_seconds))
        for outcome in first:
            other = outcome if outcome == TIMEOUT else next(second)
            if outcome is None or other is None:
                say({"invalid": "crashes"})
                os._exit(0)
            if other not in (outcome, TIMEOUT):
                say({"invalid": "does not do the same twice"})
                os._exit(0)
            say(outcome)
            timeouts += outcome == TIMEOUT
            if timeouts == MOST_TIMEOUTS:
                os._exit(0)
    os._exit(0)


def _outcomes(
    fork: Callable[[], int], function: Any, inputs: Sequence[tuple[Any, ...]], seconds: float
) -> list[str | None]:
    """What calls in processes of their own give, made side by side; None of one that dies of anything but its time."""
    started = []
    for arguments in inputs:
        reading, writing = os.pipe()
        pid = fork()
        if pid == 0:
            time_limit(seconds, WALL * seconds)
            _seed()
            os.write(writing, _called(function, arguments).encode("utf-8", "surrogatepass"))
            os._exit(0)
        os.close(writing)
        started.append((pid, reading))
    return [_ended(pid, reading) for pid, reading in started]


def _ended(pid: int, reading: int) -> str | None:
    raw = b""
    while part := os.read(reading, 1 << 16):
        raw += part
    os.close(reading)
    status = os.waitpid(pid, 0)[1]
    if _overran(status):
        return TIMEOUT
    return raw.decode("utf-8", "surrogatepass") if raw and status == 0 else None


def _called(function: Any, arguments: tuple[Any, ...]) -> str:
    """The form of the value, or of what was raised. A call that gives None is what it made of its arguments."""
    try:
        value = function(*arguments)
        return canonical(value) if value is not None else f"None, leaving {canonical(arguments)}"
    except BaseException as error:
        return f"raises {type(error).__name__}"


def _seed() -> None:
    random.seed(0)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(0)


def _where(error: BaseException) -> str:
    """The line of the source that an error comes from, for whoever reads why a program is invalid."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == "<program>"]
    return f" in line {lines[-1]}" if lines else ""
