"""The first experiment, judged by the unit that it has: five starts a task, two runs on each.

Its runs (November 2026; FIRST_DESIGN.md) were analysed by pairs of runs, and two p were just below 0.05. Pairs
that begin from the same weights are no independent witnesses: by start there are ten.
"""

from __future__ import annotations

import json
import lzma
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.rl.statistics import by_start, interval, sign_flip, smallest_detectable
from semuq.metrics import holm

__all__ = ["FIRST_RUNS", "first_experiment"]

FIRST_RUNS = Path(__file__).parent / "first_runs.jsonl.xz"
TASKS = ("tiny-addition", "tiny-modular")
STARTS = 5
SEEDS = 10
OUTCOMES = ("greedy", "pass_at_8", "area")
COMPARISONS = (
    ("seed-paper", "dr-grpo"),
    ("seed-1", "dr-grpo"),
    ("same-mean", "dr-grpo"),
    ("shuffled", "dr-grpo"),
    ("seed-1", "same-mean"),
    ("seed-1", "shuffled"),
)


def first_experiment(packed: Path = FIRST_RUNS) -> dict[str, Any]:
    """Its eighteen tests by start, Holm's correction over them; by pairs of runs for comparison."""
    with lzma.open(packed, "rt", encoding="utf-8") as file:
        records = [json.loads(line) for line in file]
    runs = {(record["task"], record["arm"], record["seed"]): record for record in records}
    tests = []
    for arm, other in COMPARISONS:
        for outcome in OUTCOMES:
            by_task = [
                np.array([runs[task, arm, s][outcome] - runs[task, other, s][outcome] for s in range(SEEDS)])
                for task in TASKS
            ]
            starts = [by_start(values, [seed % STARTS for seed in range(SEEDS)]) for values in by_task]
            pooled = np.concatenate(starts)
            low, high = interval(starts)
            tests.append(
                {
                    "arm": arm,
                    "against": other,
                    "outcome": outcome,
                    "starts": len(pooled),
                    "difference": float(pooled.mean()),
                    "low": low,
                    "high": high,
                    "p": sign_flip(pooled),
                    "p_by_pairs_of_runs": sign_flip(np.concatenate(by_task)),
                    "detectable": smallest_detectable(pooled),
                }
            )
    for test, corrected in zip(tests, holm([test["p"] for test in tests]), strict=True):
        test["p_holm"] = corrected
    return {"runs": len(runs), "tests": tests}
