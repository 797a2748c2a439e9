"""Disks that are full or read-only, and a clock that goes backwards.

The small disk is a file system of its own in memory (tmpfs), mounted where only this process sees it. Where a process
may not mount, a limit of the size of a file stands in for the full one; the results say which it was.
"""

from __future__ import annotations

import ctypes
import json
import resource
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from benchmarks.reliability.commands import Ended, command, forked, waited
from benchmarks.reliability.kills import compared, entailed
from benchmarks.reliability.server import serving
from benchmarks.reliability.tally import Tally

Run = Callable[[Path], Ended]

NEW_NAMESPACE = 0x00020000
"""CLONE_NEWNS of unshare(2): mounts of this process are its own."""


def full_disk(rng: np.random.Generator, trials: int) -> Tally:
    """`semuq score`, `sample` and `report` onto a disk that fills up at a random place; then room again."""
    tally = Tally("a torn file, a traceback, or a file after the second run that is not that of an undisturbed one")
    with tempfile.TemporaryDirectory() as name, serving(0, share=0.0) as (url, _):
        folder = Path(name)
        answers, questions = folder / "a.jsonl", folder / "q.jsonl"
        rows = [{"prompt": f"q{i}" * 40, "texts": ["a", "b", "c" * (i % 50)], "id": str(i)} for i in range(120)]
        answers.write_text("".join(json.dumps(row) + "\n" for row in rows))
        questions.write_text("".join(json.dumps({"prompt": row["prompt"]}) + "\n" for row in rows[:60]))

        def score(out: Path) -> Ended:
            return command("score", answers, "-o", out, "--relation", "exact")

        def sample(out: Path) -> Ended:
            return command("sample", questions, "-o", out, "--base-url", url, "--model", "m", "-n", 4)

        def report(out: Path) -> Ended:
            return command("report", folder / "score.jsonl", "-o", out)

        commands: dict[str, Run] = {"score": score, "sample": sample, "report": report}
        wholes = {}
        for kind, run in commands.items():
            path = folder / f"{kind}.jsonl"
            run(path)
            wholes[kind] = path.read_bytes()
        for trial in range(trials):
            kind = list(commands)[trial % 3]
            whole, run = wholes[kind], commands[kind]
            room = int(rng.integers(1, len(whole)))
            with _little_room(folder / str(trial), room) as disk:
                out, said = disk.folder / "out.jsonl", folder / "said.txt"

                def cut(out: Path = out, said: Path = said, run: Run = run, disk: _Disk = disk) -> Ended:
                    disk.limit()
                    ended = run(out)
                    said.write_text(ended.wrong or "")
                    return ended

                status = waited(forked(cut))
                kept = out.read_bytes() if out.is_file() else b""
                lines = whole.startswith(kept) and (not kept or kept.endswith(b"\n"))
                sound = not kept or kept == whole if kind == "report" else lines
                disk.widen()
                again = waited(forked(lambda out=out, run=run: run(out)))
                same = out.read_bytes() == whole
            told = said.read_text()
            fine = status == 1 and not told and sound and again == 0 and same
            # Disks have blocks: where the last of them holds more than was asked for, all may fit.
            fine = fine or (status == 0 and disk.blocks and kept == whole)
            tally.note(None if fine else f"{kind}, room {room}: status {status}, sound {sound}, same {same}; {told}")
            tally.figures["the disk"] = disk.what
    return tally


class _Disk:
    """A folder with little room, and what stands in for the disk where none can be mounted."""

    def __init__(self, folder: Path, room: int, *, mounted: bool) -> None:
        self.folder, self.room, self.blocks = folder, room, mounted
        self.what = "a tmpfs" if mounted else "a limit of the size of a file (RLIMIT_FSIZE)"

    def limit(self) -> None:
        """In the process that is to run out of room."""
        if not self.blocks:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (self.room, self.room))

    def widen(self) -> None:
        """Room for all."""
        if self.blocks:
            _mount("-o", "remount,size=16m", str(self.folder))


@contextmanager
def _little_room(folder: Path, room: int) -> Iterator[_Disk]:
    folder.mkdir()
    mounted = _own_mounts() and _mount("-t", "tmpfs", "-o", f"size={room}", "tmpfs", str(folder))
    try:
        yield _Disk(folder, room, mounted=mounted)
    finally:
        if mounted:
            subprocess.run(["umount", str(folder)], check=True)


def _own_mounts() -> bool:
    """Whether this process may mount, from now on for itself alone."""
    if ctypes.CDLL(None).unshare(NEW_NAMESPACE) != 0:
        return False
    return _mount("--make-rprivate", "/")


def _mount(*options: str) -> bool:
    return subprocess.run(["mount", *options], capture_output=True, check=False).returncode == 0


def cache_without_room(rng: np.random.Generator, trials: int) -> Tally:
    """The entailment model's cache on a disk that is read-only, or full: other speed, the same scores."""
    tally = Tally("a traceback, a failure, or other scores than with a cache")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        answers, whole = folder / "a.jsonl", folder / "whole.jsonl"
        answers.write_text("".join(json.dumps(row) + "\n" for row in entailed(6)))
        few = folder / "few.jsonl"
        few.write_text("".join(json.dumps(row) + "\n" for row in entailed(3)))
        compared(answers, whole, folder / "whole")  # imports too, before anything forks
        for trial in range(trials):
            out, full, known = folder / f"{trial}.jsonl", trial % 2, trial % 4 < 2
            with _little_room(folder / str(trial), 65_536 if full else 4_000_000) as disk:
                if known:  # a cache that holds something, and cannot be added to
                    waited(
                        forked(lambda trial=trial, disk=disk: compared(few, folder / f"{trial}-few.jsonl", disk.folder))
                    )
                if full:
                    _fill_up(disk.folder / "filler")
                elif not _mount("-o", "remount,ro", str(disk.folder)):
                    continue  # where nothing can be mounted, root can write everywhere
                status = waited(forked(lambda out=out, disk=disk: compared(answers, out, disk.folder)))
            same = out.is_file() and out.read_bytes() == whole.read_bytes()
            what = f"{'full' if full else 'read-only'} disk, {'some' if known else 'nothing'} in the cache"
            tally.note(None if same and status == 0 else f"{what}: status {status}, same {same}")
    return tally


def _fill_up(path: Path) -> None:
    try:
        with path.open("wb", buffering=0) as file:
            while file.write(bytes(4096)):
                pass
    except OSError:
        return


def clock(rng: np.random.Generator, trials: int) -> Tally:
    """`semuq score` with a cache and `semuq sample` while the clock goes back, by up to four days a reading."""
    tally = Tally("a failure, or another file than under a sound clock")
    with tempfile.TemporaryDirectory() as name, serving(0, share=0.0) as (url, _):
        folder = Path(name)
        answers, questions, cache = folder / "a.jsonl", folder / "q.jsonl", folder / "cache"
        rows = entailed(4)
        answers.write_text("".join(json.dumps(row) + "\n" for row in rows))
        questions.write_text("".join(json.dumps({"prompt": row["prompt"]}) + "\n" for row in rows))

        def score(out: Path) -> Ended:
            return compared(answers, out, cache)

        def sample(out: Path) -> Ended:
            return command("sample", questions, "-o", out, "--base-url", url, "--model", "m", "-n", 4)

        for trial in range(trials):
            run, out, whole = (score, sample)[trial % 2], folder / f"{trial}.jsonl", folder / f"{trial % 2}-whole.jsonl"
            if not whole.exists():
                run(whole)
            seed = int(rng.integers(2**31))
            status = waited(forked(lambda run=run, out=out, seed=seed: _backwards(seed) or run(out)))
            same = out.is_file() and out.read_bytes() == whole.read_bytes()
            tally.note(None if same and status == 0 else f"{run.__name__}: status {status}, same {same}")
    return tally


def _backwards(seed: int) -> None:
    rng, now = np.random.default_rng(seed), time.time()

    def earlier() -> float:
        nonlocal now
        now -= float(rng.uniform(0, 365 * 86_400 / 100))
        return now

    time.time = earlier
