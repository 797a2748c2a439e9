"""From the packed runs to `benchmarks/results/rl.json`: paired by seed, as DESIGN.md says. Takes seconds."""

from __future__ import annotations

import itertools
import json
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from benchmarks.rl.arms import ARMS, BASELINE, MAIN, MAIN_SEEDS, OTHER_SEEDS, STARTS, TASKS, Run

__all__ = ["COMPARISONS", "OUTCOMES", "analyse", "compare", "holm", "sign_flip", "smallest_detectable"]

RESULTS = Path(__file__).parents[1] / "results" / "rl.json"
OUTCOMES = ("greedy", "pass_at_8", "area")
COMPARISONS = (
    ("seed-paper", BASELINE),
    ("seed-1", BASELINE),
    ("same-mean", BASELINE),
    ("shuffled", BASELINE),
    ("seed-1", "same-mean"),
    ("seed-1", "shuffled"),
)
"""The confirmatory ones; each is tested on each outcome, and Holm's correction is over all of them."""

DRAWS = 10_000
EXACT_UP_TO = 16
LEVEL = 0.05
POWER = 0.8

FloatArray = NDArray[np.float64]
Runs = Mapping[Run, Mapping[str, Any]]


def analyse(runs: Runs, results: Path = RESULTS) -> dict[str, Any]:
    """Write the results and return them."""
    confirmatory = [
        {"arm": arm, "against": other, "outcome": outcome, **compare(runs, arm, other, outcome, MAIN_SEEDS)}
        for arm, other in COMPARISONS
        for outcome in OUTCOMES
    ]
    _correct(confirmatory)
    exploratory = [
        {"arm": arm, "against": BASELINE, "outcome": outcome, **compare(runs, arm, BASELINE, outcome, OTHER_SEEDS)}
        for arm in ARMS
        if arm not in MAIN
        for outcome in OUTCOMES
    ]
    _correct(exploratory)
    report = {
        "question": "Does damping uncertain questions help over Dr.GRPO, a smaller step and shuffled factors?",
        "design": "benchmarks/rl/DESIGN.md, committed before the first run",
        "runs": len(runs),
        "cpu_seconds": round(sum(record["cpu"] for record in runs.values())),
        "levels": {arm: _levels(runs, arm) for arm in ARMS},
        "learning": {task: _learning(runs, task) for task in TASKS},
        "confirmatory": confirmatory,
        "exploratory": exploratory,
        "machine": {"processor": "two cores, no GPU", "system": platform.system()},
        "versions": {name: version(name) for name in ("semuq", "trl", "transformers", "torch", "numpy")},
    }
    report = _rounded(report)  # what is returned is what is written, so that the page says no other digit
    results.write_text(json.dumps(report, indent=1) + "\n")
    return report


def compare(runs: Runs, arm: str, other: str, outcome: str, seeds: int) -> dict[str, Any]:
    """The difference arm - other over all (task, seed) pairs that both have, and by task.

    The interval is a percentile bootstrap of pairs, drawn within each task; p is from flipping signs.
    """
    by_task = {task: paired(runs, arm, other, outcome, task, seeds) for task in TASKS}
    pooled = np.concatenate(list(by_task.values()))
    if len(pooled) < 2:
        return {"pairs": len(pooled)}
    return {
        "pairs": len(pooled),
        "difference": float(pooled.mean()),
        **_interval([values for values in by_task.values() if len(values)]),
        "p": sign_flip(pooled),
        "by_task": {
            task: {"pairs": len(values), "difference": float(values.mean()), **_interval([values])}
            for task, values in by_task.items()
            if len(values) > 1
        },
        "sd": float(pooled.std(ddof=1)),
        "p_by_start": sign_flip(_by_start(by_task)),
        "smallest_detectable": smallest_detectable(pooled, LEVEL),
        "smallest_detectable_corrected": smallest_detectable(pooled, LEVEL / (len(COMPARISONS) * len(OUTCOMES))),
    }


def paired(runs: Runs, arm: str, other: str, outcome: str, task: str, seeds: int) -> FloatArray:
    """(pairs,) differences for the seeds that both arms have."""
    both = [
        (runs[Run(task, arm, seed)][outcome], runs[Run(task, other, seed)][outcome])
        for seed in range(seeds)
        if Run(task, arm, seed) in runs and Run(task, other, seed) in runs
    ]
    return np.array([a - b for a, b in both], dtype=float)


def sign_flip(differences: FloatArray, draws: int = DRAWS, seed: int = 0) -> float:
    """Two-sided p that the mean is 0, if each difference may as well have had the other sign.

    Exact up to 16 pairs; beyond that from random flips, counting the one observed.
    """
    n = len(differences)
    seen = abs(differences.mean()) - 1e-12
    if n <= EXACT_UP_TO:
        signs = np.array(list(itertools.product((1.0, -1.0), repeat=n)))
        return float((np.abs(signs @ differences) / n >= seen).mean())
    signs = np.random.default_rng(seed).choice((1.0, -1.0), size=(draws, n))
    return float((1 + (np.abs(signs @ differences) / n >= seen).sum()) / (draws + 1))


def holm(p: Sequence[float]) -> list[float]:
    """Holm's corrected p, in the order given.

    >>> [round(x, 3) for x in holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p)
    corrected, largest = [0.0] * len(p), 0.0
    for rank, index in enumerate(order):
        largest = max(largest, min(1.0, (len(p) - rank) * p[index]))
        corrected[index] = largest
    return corrected


def smallest_detectable(differences: FloatArray, level: float) -> float:
    """The true mean difference that a two-sided paired t test at this level would have found in 80% of repeats."""
    n = len(differences)
    spread = float(differences.std(ddof=1)) / np.sqrt(n)
    return float((student.ppf(1 - level / 2, n - 1) + student.ppf(POWER, n - 1)) * spread)


def _by_start(by_task: Mapping[str, FloatArray]) -> FloatArray:
    """(starts,) differences averaged over the seeds that began from the same weights, for `p_by_start`."""
    return np.array(
        [values[start::STARTS].mean() for values in by_task.values() for start in range(min(STARTS, len(values)))]
    )


def _interval(groups: Sequence[FloatArray]) -> dict[str, float]:
    """95% of the bootstrapped mean over all pairs."""
    rng = np.random.default_rng(0)
    total = sum(len(group) for group in groups)
    sums = sum(group[rng.integers(len(group), size=(DRAWS, len(group)))].sum(axis=1) for group in groups)
    low, high = np.quantile(np.asarray(sums) / total, [0.025, 0.975])
    return {"low": float(low), "high": float(high)}


def _correct(tests: list[dict[str, Any]]) -> None:
    made = [test for test in tests if "p" in test]
    for test, corrected in zip(made, holm([test["p"] for test in made]), strict=True):
        test["p_holm"] = corrected


def _levels(runs: Runs, arm: str) -> dict[str, Any]:
    """Mean outcomes of an arm by task, over its seeds."""
    result: dict[str, Any] = {}
    for task in TASKS:
        own = [record for run, record in sorted(runs.items()) if run.arm == arm and run.task == task]
        if own:
            result[task] = {"seeds": len(own)} | {
                outcome: float(np.mean([record[outcome] for record in own]))
                for outcome in ("start_accuracy", "start_pass_at_8", *OUTCOMES)
            }
            multipliers = [
                np.mean(list(record["training"]["modulation/multiplier_mean"].values()))
                for record in own
                if "modulation/multiplier_mean" in record["training"]
            ]
            if multipliers:
                result[task]["mean_multiplier"] = float(np.mean(multipliers))
    return result


def _learning(runs: Runs, task: str) -> dict[str, Any]:
    """Mean learning curve of each of the five arms."""
    curves = {}
    for arm in MAIN:
        own = [record["curve"] for run, record in runs.items() if run.arm == arm and run.task == task]
        if own:
            curves[arm] = {step: float(np.mean([curve[step] for curve in own])) for step in own[0]}
    return curves


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_rounded(inner) for inner in value]
    return round(value, 5) if isinstance(value, float) else value
