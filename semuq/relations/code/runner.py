"""What programs do: `Program`s in, `Behaviour`s out, by way of confined child processes.

`ProcessRunner` is what `CodeEquivalence` and `FunctionalCorrectness` use unless they are given another `Runner`, such
as one that sends the programs to a container.
"""

from __future__ import annotations

import base64
import pickle
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from semuq.checks import positive, whole
from semuq.errors import InvalidParameter
from semuq.relations.workers import WorkerPool

__all__ = ["TIMEOUT", "Behaviour", "ProcessRunner", "Program", "Runner", "run_program", "shutdown_workers", "trusted"]

TIMEOUT = "timeout"
"""The outcome of a call that was not over in time."""

POOL = WorkerPool("semuq.relations.code.worker", hint="python -c 'import semuq.relations.code'", requests_per_worker=4)
"""One for all who run programs."""


@dataclass(frozen=True, kw_only=True)
class Program:
    """Source and how it is called.

    Args:
        source: Python, executed first.
        entry_point: the name of the function that is called; None executes the source and that is all.
        inputs: the arguments of each call.
    """

    source: str
    entry_point: str | None = None
    inputs: Sequence[tuple[Any, ...]] = ()


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """What a program did.

    Args:
        outcomes: one for each input: the canonical form of the value, "raises " and the class of the exception, or
            `TIMEOUT`. None if it is invalid.
        invalid: None, or why it could not be called at all: it is no Python, raises while it is defined, defines no
            such function, crashes the interpreter, or does not do the same twice.
    """

    outcomes: tuple[str, ...] = ()
    invalid: str | None = None


@runtime_checkable
class Runner(Protocol):
    """Anything that runs programs: the place to put a real sandbox."""

    @property
    def identity(self) -> str:
        """Names everything that can change an outcome, such as limits and the version of Python."""
        ...

    def run(self, programs: Sequence[Program]) -> list[Behaviour]:
        """What each program does, in order; never raises for what a program does."""
        ...


@dataclass(frozen=True, kw_only=True)
class ProcessRunner:
    """Runs programs in child processes under limits. **No security boundary**: it stops accidents, not attacks.

    Each call is made in a process of its own that starts from the defined functions, so that no call sees what another
    one left, and `random` is seeded. What is printed is dropped. Files, sockets, processes and signals to
    others are refused with a PermissionError by an audit hook, and by limits of the system where it has them; Python's
    own modules may be imported. Python cannot be confined from within: whoever wants to get out does. Run code that you
    have reason to fear in a container or a virtual machine (`Runner`).

    Args:
        call_seconds: of processor time for one call, > 0; ten times as much by the clock on the wall, and four times as
            much processor time for executing the source.
        total_seconds: wall-clock, for one program, > 0; calls that are not made by then count as timed out, as do those
            behind the fifth that was.
        memory: bytes of address space, that of the interpreter included.
        workers: processes at most; None is one per core, at most 4. Changes no outcome.

    Raises:
        InvalidParameter: a limit is out of range, or the system cannot fork (Windows).

    Cost. Two calls for each input, to find what does not do the same twice: about 1 ms each beside what they compute.
    """

    call_seconds: float = 0.5
    total_seconds: float = 10.0
    memory: int = 1 << 30
    workers: int | None = None

    def __post_init__(self) -> None:
        positive(self, call_seconds=self.call_seconds, total_seconds=self.total_seconds)
        whole(self, 1 << 28, memory=self.memory)
        if self.workers is not None:
            whole(self, 1, workers=self.workers)

    @property
    def identity(self) -> str:
        """The limits and the version of Python."""
        python = f"{sys.version_info.major}.{sys.version_info.minor}"
        return f"process/python={python}/call={self.call_seconds:g}/total={self.total_seconds:g}/memory={self.memory}"

    def run(self, programs: Sequence[Program]) -> list[Behaviour]:
        """What each program does, in order."""
        if sys.platform == "win32":
            raise InvalidParameter("runner: expected a system that can fork, got Windows; pass a runner of your own")
        requests = [
            ({**_request(program), "call_seconds": self.call_seconds, "memory": self.memory},) for program in programs
        ]
        replies = POOL.run(requests, limit=self.total_seconds, workers=self.workers)
        return [
            Behaviour(invalid="is not executed in time")
            if reply is None
            else Behaviour(outcomes=tuple(reply["outcomes"]), invalid=reply["invalid"])
            for reply in replies
        ]


def run_program(
    source: str,
    entry_point: str,
    inputs: Sequence[tuple[Any, ...]],
    *,
    trust_code: bool = False,
    runner: Runner | None = None,
) -> Behaviour:
    """What a function does on each input.

    Args:
        source: Python that defines the function.
        entry_point: its name.
        inputs: the arguments of each call.
        trust_code: must be True for the source to be run here, see `ProcessRunner`.
        runner: who runs it instead.

    Raises:
        InvalidParameter: neither `trust_code` nor a runner was given.

    Example:
        >>> run_program("def f(n): return 12 // n", "f", [(5,), (0,)], trust_code=True).outcomes
        ('2', 'raises ZeroDivisionError')
    """
    chosen = trusted("run_program", trust_code, runner)
    return chosen.run([Program(source=source, entry_point=entry_point, inputs=tuple(inputs))])[0]


def trusted(owner: str, trust_code: bool, runner: Runner | None) -> Runner:
    """The runner that was given, or the one of this package if the code is trusted.

    Raises:
        InvalidParameter: neither.
    """
    if runner is not None:
        if not isinstance(runner, Runner):
            raise InvalidParameter(
                f"{owner}.runner: expected an object with .identity and .run(programs), got {runner!r:.60}"
            )
        return runner
    if trust_code is not True:
        raise InvalidParameter(
            f"{owner}.trust_code: expected True, got {trust_code!r}; it runs programs that a model wrote, on this "
            "machine, under limits that are no security boundary: pass trust_code=True to accept that, or runner="
        )
    return ProcessRunner()


def shutdown_workers() -> None:
    """End all idle workers now; the next program starts new ones. Runs by itself at exit."""
    POOL.shutdown()


def _request(program: Program) -> dict[str, Any]:
    try:
        inputs = base64.b64encode(pickle.dumps([tuple(own) for own in program.inputs])).decode()
    except (TypeError, AttributeError, pickle.PicklingError) as error:
        raise InvalidParameter(f"inputs: expected values that can be pickled, got others ({error})") from error
    return {
        "source": program.source,
        "entry_point": program.entry_point,
        "calls": len(program.inputs),
        "inputs": inputs,
    }
