"""Doing runs: whoever has time takes the next free one; starts after imitation are made once and shared."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.rl.arms import ARMS, TASKS, Run, queue
from benchmarks.rl.arms import COMMON as COMMON_OVERRIDES
from benchmarks.rl.starts import Start, admitted_start
from benchmarks.rl.store import claim, finished, keep, read_runs, registered_starts
from semuq_rl.runs.log import read_log
from semuq_rl.runs.machine import instruction_set
from semuq_rl.runs.recipe import Recipe, read_recipe

__all__ = ["recipe_of", "work_through"]

KEPT = {
    "reward": "reward",
    "modulation/signal_mean": "signal",
    "modulation/step_factor": "step_factor",
    "modulation/zero_variance": "zero_variance",
    "modulation/signal_accuracy_correlation": "correlation",
    "clip_ratio/region_mean": "clipped",
}
"""What is kept of the trainer's log -> its name in the records; means over a run."""


def recipe_of(run: Run, overrides: tuple[str, ...] = ()) -> Recipe:
    """The recipe of a run: the task's, with the cell's settings and the arm's signal and modulator."""
    name, changed = TASKS[run.task]
    arm = ARMS[run.arm]
    given = [f"seed={run.start}", *COMMON_OVERRIDES, *changed, *run.cell.overrides, *overrides]
    return replace(read_recipe(name, given), signal=dict(arm.signal), modulator=dict(arm.modulator))


def work_through(work: Path, *, minutes: float, stop: Path, overrides: tuple[str, ...] = (), only: str = "") -> int:
    """Do free runs until the time is over or the file `stop` exists; returns how many were done here."""
    import torch

    torch.set_num_threads(1)
    until = time.monotonic() + 60 * minutes
    known = read_runs(work)
    packed, starts = set(known), registered_starts(known)
    elsewhere: set[tuple[str, int]] = set()
    done = 0
    for run in queue():
        if time.monotonic() > until or stop.exists():
            break
        place = (run.task, run.start)
        if finished(work, run, packed) or only not in run.key or place in elsewhere:
            continue
        with claim(work, run.key) as free:
            if not free or finished(work, run, packed):
                continue
            recipe = recipe_of(run, overrides)
            start = _start(work, run, recipe)
            if starts.setdefault(place, start.identity) != start.identity:
                print(f"{run.task}--{run.start}: this processor makes another start than its other runs had; left out")
                elsewhere.add(place)
                continue
            record = _do(work, run, recipe, start)
            keep(work, run, record)
            done += 1
            print(f"{run.key}: {record['curve']}, {record['cpu']:.0f} s", flush=True)
    return done


def _start(work: Path, run: Run, recipe: Recipe) -> Start:
    folder = work / "starts" / f"{run.task}--{run.start}"
    with claim(work, f"start--{folder.name}", wait=True):
        return admitted_start(recipe, run.start, folder)


def _do(work: Path, run: Run, recipe: Recipe, start: Start) -> dict[str, Any]:
    from semuq_rl.runs.run import run as train

    folder = work / "running" / run.key
    begun = time.process_time()
    summary = train(recipe, folder, quiet=True, start=start.folder)
    log = read_log(folder / "log.jsonl")
    shutil.rmtree(folder)
    greedy = {record["step"] // run.cell.updates: record["greedy"] for record in log if "greedy" in record}
    training = {
        short: round(sum(values) / len(values), 5)
        for name, short in KEPT.items()
        if (values := [record[name] for record in log if record.get(name) is not None])
    }
    return {
        "seed": start.seed,
        "start_accuracy": start.accuracy,
        "start_mixed": start.mixed,
        "refused": start.refused,
        "curve": greedy,
        "area": summary["area"],
        "greedy": summary["greedy_after"],
        "training": training,
        "instructions": instruction_set(),
        "cpu": round(time.process_time() - begun, 1),
    }
