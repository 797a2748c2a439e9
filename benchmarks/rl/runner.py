"""Doing runs: whoever has time takes the next free one; starts after imitation are made once and shared."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.rl.arms import ARMS, STARTS, Run, queue
from benchmarks.rl.store import claim, finished, keep, read_runs
from semuq_rl.runs.log import read_log
from semuq_rl.runs.recipe import Recipe, read_recipe

__all__ = ["recipe_of", "work_through"]

KEPT = ("reward", "modulation/signal_mean", "modulation/multiplier_mean")


def recipe_of(run: Run, overrides: tuple[str, ...] = ()) -> Recipe:
    """The recipe of a run: the task's, with the arm's signal and modulator."""
    arm = ARMS[run.arm]
    recipe = read_recipe(run.task, [f"seed={run.seed}", *overrides])
    return replace(recipe, signal=dict(arm.signal), modulator=dict(arm.modulator))


def work_through(work: Path, *, minutes: float, stop: Path, overrides: tuple[str, ...] = (), only: str = "") -> int:
    """Do free runs until the time is over or the file `stop` exists; returns how many were done here."""
    import torch

    torch.set_num_threads(1)
    until = time.monotonic() + 60 * minutes
    packed = set(read_runs(work))
    done = 0
    for run in queue():
        if time.monotonic() > until or stop.exists():
            break
        if finished(work, run, packed) or only not in run.key:
            continue
        with claim(work, run.key) as free:
            if not free or finished(work, run, packed):
                continue
            record = _do(work, run, recipe_of(run, overrides))
            keep(work, run, record)
            done += 1
            print(
                f"{run.key}: {record['start_accuracy']:.3f} -> {record['greedy']:.3f}, {record['cpu']:.0f} s",
                flush=True,
            )
    return done


def _do(work: Path, run: Run, recipe: Recipe) -> dict[str, Any]:
    from semuq_rl.runs.run import prepare_start
    from semuq_rl.runs.run import run as train

    start = work / "starts" / f"{run.task}--{run.seed % STARTS}"
    folder = work / "running" / run.key
    with claim(work, f"start--{start.name}", wait=True):
        prepare_start(replace(recipe, seed=run.seed % STARTS), start)
    begun = time.process_time()
    summary = train(recipe, folder, quiet=True, start=start)
    log = read_log(folder / "log.jsonl")
    shutil.rmtree(folder)
    return _record(log, summary, time.process_time() - begun)


def _record(log: list[dict[str, Any]], summary: dict[str, Any], cpu: float) -> dict[str, Any]:
    """What is kept of a run: curves by step, rounded."""
    greedy = {record["step"]: record["greedy"] for record in log if "greedy" in record}
    levels = [record["by_level"] for record in log if "by_level" in record]
    training = {
        name: {record["step"]: round(record[name], 4) for record in log if record.get(name) is not None}
        for name in KEPT
    }
    return {
        "start_accuracy": summary["greedy_before"],
        "greedy": summary["greedy_after"],
        "pass_at_8": summary["pass_at_k_after"],
        "start_pass_at_8": summary["pass_at_k_before"],
        "area": summary["area"],
        "curve": greedy,
        "levels": levels[-1],
        "training": {name: values for name, values in training.items() if values},
        "cpu": round(cpu, 1),
    }
