"""From the records to `benchmarks/results/rl.json`, as DESIGN.md says: differences by start, tests when all are in."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.rl.arms import (
    ARMS,
    BASELINE,
    CELLS,
    EXPLORATORY,
    EXPLORATORY_STARTS,
    REGISTERED_STARTS,
    SECONDARY_STARTS,
    TASKS,
    Run,
)
from benchmarks.rl.first import first_experiment
from benchmarks.rl.statistics import LEVEL, interval, sign_flip, smallest_detectable
from semuq.metrics import holm
from semuq.numerics import FloatArray

__all__ = ["OUTCOME", "PRIMARY", "SECONDARY_TESTS", "analyse", "compare"]

RESULTS = Path(__file__).parents[1] / "results" / "rl.json"
OUTCOME = "area"
PRIMARY = ("seed-1", "shuffled")
SECONDARY_TESTS = (
    ("seed-1", BASELINE),
    ("seed-paper", BASELINE),
    ("seed-1", "same-mean"),
    ("seed-1", "shuffled-accuracy"),
    ("seed-1", "anti-seed"),
)

FEWEST = 3
"""Starts for an interval."""

Runs = Mapping[Run, Mapping[str, Any]]


def analyse(runs: Runs, results: Path = RESULTS, first: Path | None = None) -> dict[str, Any]:
    """Write the results and return them."""
    secondary = [_named(pair, compare(runs, *pair, starts=SECONDARY_STARTS)) for pair in SECONDARY_TESTS]
    tested = [test for test in secondary if "p" in test]
    if len(tested) == len(SECONDARY_TESTS):  # a family is corrected when it is whole
        for test, corrected in zip(tested, holm([test["p"] for test in tested]), strict=True):
            test["p_holm"] = corrected
    report = {
        "question": "Is it of use to know which questions the model is unsure of? SEED's factors against the same "
        "factors on other questions",
        "design": "benchmarks/rl/DESIGN.md, committed before the first run",
        "outcome": OUTCOME,
        "runs": len(runs),
        "cpu_seconds": round(sum(record["cpu"] for record in runs.values())),
        "instructions": dict(Counter(record["instructions"] for record in runs.values())),
        "registered": _named(PRIMARY, compare(runs, *PRIMARY, starts=REGISTERED_STARTS)),
        "secondary": secondary,
        "exploratory": [
            _named((arm, BASELINE), compare(runs, arm, BASELINE, starts=EXPLORATORY_STARTS)) for arm in EXPLORATORY
        ],
        "cells": _cells(runs),
        "starts": _starts(runs),
        "levels": {arm: _levels(runs, arm) for arm in ARMS},
        "learning": {task: _learning(runs, task) for task in TASKS},
        "first": first_experiment() if first is None else first_experiment(first),
        "machine": "one thread of a processor without GPU",
        "versions": {name: version(name) for name in ("semuq", "trl", "transformers", "torch", "numpy")},
    }
    report = _rounded(report)  # what is returned is what is written, so that the page says no other digit
    results.write_text(json.dumps(report, indent=1) + "\n")
    return report


def compare(runs: Runs, arm: str, other: str, *, starts: int, outcome: str = OUTCOME) -> dict[str, Any]:
    """The difference arm - other over the starts of both tasks that both have done.

    The test is made only when all of them are there; before that a p would be one of many looks.
    """
    by_task = {task: _paired(runs, arm, other, task, starts, outcome) for task in TASKS}
    pooled = np.concatenate(list(by_task.values()))
    wanted = starts * len(TASKS)
    found: dict[str, Any] = {"starts": len(pooled), "of": wanted, "final": len(pooled) == wanted}
    if min(len(values) for values in by_task.values()) < FEWEST:
        return found
    low, high = interval(list(by_task.values()))
    found |= {
        "difference": float(pooled.mean()),
        "low": low,
        "high": high,
        "sd": float(pooled.std(ddof=1)),
        "detectable": smallest_detectable(pooled, LEVEL),
        "by_task": {task: _short(values) for task, values in by_task.items()},
    }
    return found | ({"p": sign_flip(pooled)} if found["final"] else {})


def _paired(runs: Runs, arm: str, other: str, task: str, starts: int, outcome: str) -> FloatArray:
    both = [
        runs[Run(task, arm, start)][outcome] - runs[Run(task, other, start)][outcome]
        for start in range(starts)
        if Run(task, arm, start) in runs and Run(task, other, start) in runs
    ]
    return np.array(both, dtype=np.float64)


def _short(values: FloatArray) -> dict[str, Any]:
    low, high = interval([values])
    return {"starts": len(values), "difference": float(values.mean()), "low": low, "high": high}


def _named(pair: Sequence[str], found: dict[str, Any]) -> dict[str, Any]:
    return {"arm": pair[0], "against": pair[1], **found}


def _cells(runs: Runs) -> list[dict[str, Any]]:
    """The registered contrast by setting, exploratory, with how often ratios were clipped there."""
    rows = []
    for index, cell in enumerate(CELLS):
        own = [start for start in range(REGISTERED_STARTS) if start % len(CELLS) == index]
        values = np.array(
            [
                runs[Run(task, PRIMARY[0], start)][OUTCOME] - runs[Run(task, PRIMARY[1], start)][OUTCOME]
                for task in TASKS
                for start in own
                if all(Run(task, arm, start) in runs for arm in PRIMARY)
            ]
        )
        row: dict[str, Any] = {"updates": cell.updates, "rate": cell.rate, "starts": len(values)}
        if len(values) >= FEWEST:
            trained = [record["training"] for run, record in runs.items() if run.start in own]
            clipped = [training["clipped"] for training in trained if "clipped" in training]
            row |= _short(values) | ({"clipped": float(np.mean(clipped))} if clipped else {})
        rows.append(row)
    return rows


def _starts(runs: Runs) -> dict[str, Any]:
    """What the starts are like, and how many were turned down."""
    found = {}
    for task in TASKS:
        own = {run.start: record for run, record in runs.items() if run.task == task}
        if own:
            found[task] = {
                "starts": len(own),
                "accuracy_low": min(record["start_accuracy"] for record in own.values()),
                "accuracy_high": max(record["start_accuracy"] for record in own.values()),
                "mixed_mean": float(np.mean([record["start_mixed"] for record in own.values()])),
                "turned_down": sum(len(record["refused"]) for record in own.values()),
            }
    return found


def _levels(runs: Runs, arm: str) -> dict[str, Any]:
    """Mean outcomes and logs of an arm by task, over the starts it has done."""
    result: dict[str, Any] = {}
    for task in TASKS:
        own = [record for run, record in sorted(runs.items()) if run.arm == arm and run.task == task]
        if own:
            logged = {name for record in own for name in record["training"]}
            result[task] = {
                "starts": len(own),
                "before": float(np.mean([record["curve"]["0"] for record in own])),
                "greedy": float(np.mean([record["greedy"] for record in own])),
                "area": float(np.mean([record["area"] for record in own])),
                **{
                    name: float(np.mean([record["training"][name] for record in own if name in record["training"]]))
                    for name in sorted(logged)
                },
            }
    return result


def _learning(runs: Runs, task: str) -> dict[str, Any]:
    """Mean learning curve of the registered arms, over the starts that both have done."""
    both = [start for start in range(REGISTERED_STARTS) if all(Run(task, arm, start) in runs for arm in PRIMARY)]
    curves = {}
    for arm in PRIMARY if both else ():
        own = [runs[Run(task, arm, start)]["curve"] for start in both]
        curves[arm] = {step: float(np.mean([curve[step] for curve in own])) for step in own[0]}
    return curves


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(inner) for inner in value]
    return round(value, 5) if isinstance(value, float) else value
