"""Where runs are kept: a JSON file each while they grow, one compressed file once they are packed."""

from __future__ import annotations

import fcntl
import json
import lzma
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.rl.arms import REGISTERED, Run

__all__ = ["PACKED", "Identity", "claim", "finished", "keep", "pack", "read_runs", "registered_starts"]

PACKED = Path(__file__).parent / "runs.jsonl.xz"

Record = dict[str, Any]

Identity = tuple[int, float, float]
"""Of a start: its seed, greedy accuracy and share of mixed groups."""


def read_runs(work: Path, packed: Path = PACKED) -> dict[Run, Record]:
    """Every finished run that counts, from the packed file and the working folder.

    A run counts if its start is the one that the registered arms of that number had: the same seed makes other weights
    on processors of another maker, and a run from other weights is no pair to any.
    """
    records = []
    if packed.exists():
        with lzma.open(packed, "rt", encoding="utf-8") as file:
            records += [json.loads(line) for line in file]
    records += [json.loads(path.read_text()) for path in sorted((work / "runs").glob("*.json"))]
    runs = {Run(record["task"], record["arm"], record["start"]): record for record in records}
    starts = registered_starts(runs)
    return {
        run: record for run, record in runs.items() if _identity(record) == starts.get(_place(run), _identity(record))
    }


def registered_starts(runs: dict[Run, Record]) -> dict[tuple[str, int], Identity]:
    """(task, start) -> which start the registered arms had, where one of them is done."""
    return {_place(run): _identity(runs[run]) for run in sorted(runs) if run.arm in REGISTERED}


def _place(run: Run) -> tuple[str, int]:
    return run.task, run.start


def _identity(record: Record) -> Identity:
    return record["seed"], record["start_accuracy"], record["start_mixed"]


def finished(work: Path, run: Run, packed_runs: set[Run]) -> bool:
    """Whether a run needs no doing."""
    return run in packed_runs or (work / "runs" / f"{run.key}.json").exists()


def keep(work: Path, run: Run, record: Record) -> None:
    """Write a finished run, whole or not at all."""
    folder = work / "runs"
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f"{run.key}.json.tmp"
    fresh.write_text(json.dumps({"task": run.task, "arm": run.arm, "start": run.start, **record}))
    fresh.rename(folder / f"{run.key}.json")


@contextmanager
def claim(work: Path, name: str, *, wait: bool = False) -> Iterator[bool]:
    """Hold a name against other processes; says whether it was free. A dead process holds nothing."""
    folder = work / "claims"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{name}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
            return
        yield True


def pack(work: Path, packed: Path = PACKED) -> int:
    """Put everything that is finished into the compressed file; returns its size in bytes."""
    runs = read_runs(work, packed)
    lines = [json.dumps(runs[run], separators=(",", ":")) + "\n" for run in sorted(runs)]
    fresh = packed.with_suffix(".tmp")
    with lzma.open(fresh, "wt", preset=9, encoding="utf-8") as file:
        file.writelines(lines)
    fresh.rename(packed)
    return packed.stat().st_size
