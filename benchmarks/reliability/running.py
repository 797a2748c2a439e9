"""A part in a process of its own, a chunk of trials after the other: resumable, and never longer than its limit.

A chunk that takes too long is ended, and a process that dies is replaced; either is a failure that is counted, and
the next chunk goes on.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from benchmarks.reliability.tally import Tally

__all__ = ["Chunk", "Part", "chunks"]

Act = Callable[[np.random.Generator, int], Tally]


@dataclass(frozen=True, kw_only=True)
class Part:
    """One question to reliability.

    Args:
        act: tries so many times, with this source of chance. Given by name ("module:function"), so that only the
            process that needs a module imports it.
        full: how many trials there are to be.
        chunk: how many of them are tried before what was found is kept.
        limit: seconds that a chunk may take.
    """

    act: str
    full: int
    chunk: int
    limit: float


@dataclass(frozen=True)
class Chunk:
    """What was found in one: the tally, and the processor time of its process and their children in seconds."""

    tally: Tally
    seconds: float


def chunks(part: Part, seed: list[int], done: int, wanted: int) -> Iterator[Chunk]:
    """What is found in the chunks after those that are done, until so many trials are wanted.

    The trials of a chunk depend on the seed and on its number alone, not on what was run before.
    """
    context = multiprocessing.get_context("spawn")
    last = -(-wanted // part.chunk)
    while done < last:
        ours, theirs = context.Pipe(duplex=False)
        worker = context.Process(target=_work, args=(part, seed, done, wanted, theirs))
        worker.start()
        theirs.close()
        try:
            started = _received(ours, 300)  # imports
            while started and done < last:
                found = _received(ours, part.limit)
                if not isinstance(found, Chunk):
                    trials = min(part.chunk, wanted - done * part.chunk)
                    tally = Tally()
                    tally.note(f"chunk {done}: {found or 'its process died'}", trials)
                    yield Chunk(tally, part.limit)
                    done += 1
                    break
                yield found
                done += 1
            if not started:
                raise RuntimeError(f"{part.act}: its process did not begin")
        finally:
            _end(worker)


def _received(pipe: Connection, limit: float) -> Any:
    """What comes, words if it does not come in time, None if nothing can come any more."""
    try:
        return pipe.recv() if pipe.poll(limit) else f"not done within {limit:g} seconds"
    except EOFError:
        return None


def _end(worker: Any) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(worker.pid, signal.SIGKILL)
    worker.kill()
    worker.join()


def _work(part: Part, seed: list[int], done: int, wanted: int, pipe: Connection) -> None:
    import importlib

    os.setsid()  # what is left of it can be ended together
    os.environ["OMP_NUM_THREADS"] = "1"  # threads of a library do not outlive a fork
    warnings.simplefilter("ignore")
    module, _, name = part.act.partition(":")
    act: Act = getattr(importlib.import_module(module), name)
    pipe.send("begun")
    for number in range(done, -(-wanted // part.chunk)):
        before = _spent()
        trials = min(part.chunk, wanted - number * part.chunk)
        tally = act(np.random.default_rng([*seed, number]), trials)
        pipe.send(Chunk(tally, _spent() - before))


def _spent() -> float:
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(own.ru_utime + own.ru_stime for own in used)
