"""Memory that runs out: at the first, second, ... pass of the model, and a large file under a fixed limit."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.reliability.commands import Ended, forked, waited
from benchmarks.reliability.kills import compared, entailed
from benchmarks.reliability.tally import Tally


def out_of_memory(rng: np.random.Generator, trials: int) -> Tally:
    """`semuq score` where the k-th pass of the entailment model, or all from it on, find no memory."""
    import torch

    def torchs() -> Exception:
        return torch.OutOfMemoryError("out of memory")

    def allocators() -> Exception:
        return RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 byte")

    kinds = {"torch": torchs, "the processor's allocator": allocators, "Python": lambda: MemoryError()}
    tally = Tally("a traceback, a torn file, or one that differs from an undisturbed run's after a second run")
    ended = {"scored all the same": 0, "ended in one line": 0}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        answers, whole = folder / "answers.jsonl", folder / "whole.jsonl"
        answers.write_text("".join(json.dumps(row) + "\n" for row in entailed(8)))
        compared(answers, whole, folder / "whole")  # imports too, before anything forks
        for trial in range(trials):
            out, said = folder / f"{trial}.jsonl", folder / f"{trial}.txt"
            kind, first = list(kinds)[trial % 3], int(rng.integers(1, 7))
            last = first if rng.random() < 0.5 else 10**9
            status = waited(
                forked(
                    lambda out=out, said=said, kind=kind, first=first, last=last: _without_memory(
                        lambda: compared(answers, out, out.with_suffix("")), kinds[kind], first, last, said
                    )
                )
            )
            kept = out.read_bytes() if out.is_file() else b""
            sound = whole.read_bytes().startswith(kept) and (not kept or kept.endswith(b"\n"))
            told = said.read_text() if said.is_file() else "died"
            again = waited(forked(lambda out=out: compared(answers, out, out.with_suffix(""))))
            same = out.is_file() and out.read_bytes() == whole.read_bytes()
            fine = status in (0, 1) and not told and sound and again == 0 and same
            ended["scored all the same" if status == 0 else "ended in one line"] += 1
            where = f"{kind}, passes {first} to {last}"
            tally.note(None if fine else f"{where}: status {status}, sound {sound}, same {same}; {told}")
    tally.figures["ended"] = ended
    return tally


def _without_memory(
    act: Callable[[], Ended], error: Callable[[], Exception], first: int, last: int, said: Path
) -> Ended:
    """Do it while passes `first` to `last` of any network raise; what is wrong with how it ended is written down."""
    from semuq.relations.entailment.scorer import Scorer

    passes, begin = 0, Scorer.__init__

    def wrapped(self: Any, network: Any, *rest: Any, **options: Any) -> None:
        begin(self, _Starved(network, fails), *rest, **options)

    def fails() -> None:
        nonlocal passes
        passes += 1
        if first <= passes <= last:
            raise error()

    Scorer.__init__ = wrapped  # type: ignore[method-assign]
    ended = act()
    said.write_text(ended.wrong or "")
    return ended


class _Starved:
    """A network that asks before each pass whether it may."""

    def __init__(self, network: Any, ask: Callable[[], None]) -> None:
        self._network, self._ask = network, ask

    def __call__(self, prepared: Any) -> Any:
        self._ask()
        return self._network(prepared)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._network, name)


LARGE = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[3]), int(sys.argv[3])))
from semuq.cli import app
app(["score", sys.argv[1], "-o", sys.argv[2], "--relation", "exact", "--no-matrices"], standalone_mode=False)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def large_file(rng: np.random.Generator, questions: int, limit: int = 1_500_000_000) -> Tally:
    """A file of many questions, scored under a limit of the address space."""
    tally = Tally("a question without its one line, in its place")
    with tempfile.TemporaryDirectory() as name:
        answers, out = Path(name) / "a.jsonl", Path(name) / "s.jsonl"
        with answers.open("w") as file:
            for number in range(questions):
                texts = [f"answer {number % 7} {k % 3}" for k in range(5)]
                file.write(json.dumps({"prompt": f"q{number}", "texts": texts, "id": str(number)}) + "\n")
        command = [sys.executable, "-c", LARGE, str(answers), str(out), str(limit)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        right = 0
        if out.exists():
            with out.open("rb") as file:
                right = sum(json.loads(line)["id"] == str(number) for number, line in enumerate(file))
        tally.tried, tally.failed = questions, questions - right
        if done.returncode or right < questions:
            tally.note(f"{right} of {questions} lines; {done.stderr[-200:]}", 0)
        kilobytes = int(done.stdout.split()[-1]) if done.returncode == 0 else 0
    tally.figures |= {"limit of the address space, MB": limit / 1e6, "peak, MB": kilobytes / 1000}
    return tally
