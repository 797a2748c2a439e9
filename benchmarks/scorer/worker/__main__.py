"""`python -m benchmarks.scorer.worker package.module:Class FOLDER THREADS`: loads a contestant, then obeys.

A command is a JSON object on a line of standard input, its answer one on standard output; whatever a
package prints goes to standard error. Commands: `batch` (read the strings), `run` (one timed pass).
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import sys
import time
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

from benchmarks.scorer.worker.contestant import Batch, Contestant
from benchmarks.scorer.worker.memory import held_and_peak, reset_peak
from benchmarks.scorer.worker.reference import Reference, compared, read_reference, save


def main(name: str, folder: str, threads: str) -> None:
    """Serve until standard input closes."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    torch.set_num_threads(int(threads))
    module, kind = name.split(":")
    contestant: Contestant = getattr(importlib.import_module(module), kind)()
    contestant.load(Path(folder))
    reply: dict[str, Any] = {"versions": versions(contestant.packages), "threads": torch.get_num_threads()}
    batch, reference = Batch([], [], "none"), Reference()
    while True:
        replies.write(json.dumps(reply) + "\n")
        replies.flush()
        line = sys.stdin.readline()
        if not line:
            return
        command = json.loads(line)
        if command["do"] == "batch":
            batch = Batch.read(command["path"])
            reference = read_reference(command["reference"])
            reply = {}
        else:
            chosen = batch.first(command["questions"]) if command["questions"] else batch
            reply = timed(contestant, chosen, command["mode"], reference)
            if "save" in command:
                save(contestant.outcome(), command["save"])


def timed(contestant: Contestant, batch: Batch, mode: str, reference: Reference) -> dict[str, Any]:
    """One pass: its processor and clock seconds, cost, memory, and its distance from the reference."""
    contestant.prepare(batch, mode)
    gc.collect()
    reset_peak()
    before, _ = held_and_peak()
    clock, start = time.perf_counter(), time.process_time()
    contestant.run(batch, mode)
    seconds, clock_seconds = time.process_time() - start, time.perf_counter() - clock
    _, peak = held_and_peak()
    outcome = contestant.outcome()
    return {
        "seconds": seconds,
        "clock_seconds": clock_seconds,
        "before_mb": before,
        "peak_mb": peak,
        **asdict(outcome.cost),
        **compared(outcome, reference),
    }


def versions(packages: tuple[str, ...]) -> dict[str, str]:
    """Of the packages that are installed here."""
    found = {}
    for name in (*packages, "torch", "transformers", "tokenizers", "numpy"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "in the source tree"
    return found


if __name__ == "__main__":
    main(*sys.argv[1:])
