"""Do calibrated probabilities mean what they say, and how many graded answers does each method want?

    python -m benchmarks.calibration

The score is what the model's own tokens claim, 1 - exp(mean log-prob) of the greedy answer, on the leaderboard's
committed answers: a probability already, and a badly calibrated one. Calibrated by every method, cross-fitted over
five folds, with what the same method looks like when judged on the answers it was fitted on beside it. Then each
method is fitted on few answers many times, and judged on the others. Writes benchmarks/results/calibration.json and
the diagram of docs/calibration.md.
"""

from __future__ import annotations

import argparse
import json
import platform
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.calibration.plot import reliability_plot
from benchmarks.leaderboard.pooled import real_answers
from benchmarks.machine import hardware
from semuq.decisions.calibration import CALIBRATORS, Calibrator, cross_fit
from semuq.metrics import bootstrap, brier, ece, reliability_diagram
from semuq.metrics.resample import Metric

ROOT = Path(__file__).parents[2]
RESULTS, DIAGRAM = ROOT / "benchmarks" / "results" / "calibration.json", ROOT / "docs" / "snippets" / "reliability.svg"
BINS = 10
SIZES = (30, 100, 300, 600)
METHODS = {name: CALIBRATORS.read(name) for name in CALIBRATORS.names}
calibration_error = partial(ece, bins=BINS, binning="mass")


def interval(metric: Metric, wrong: np.ndarray, right: np.ndarray, resamples: int, seed: int) -> dict[str, float]:
    """A metric with its interval; one that noise makes larger, without what the draws say that noise adds."""
    noisy = metric is calibration_error
    found = bootstrap(metric, wrong, right, n_resamples=resamples, seed=seed, method="basic" if noisy else "percentile")
    value = found.value - found.bias if noisy else found.value
    return {name: round(own, 4) for name, own in (("value", value), ("low", found.low), ("high", found.high))}


def judge(wrong: np.ndarray, right: np.ndarray, resamples: int, seed: int) -> dict[str, Any]:
    """Both metrics of probabilities of being wrong, and their diagram."""
    diagram = reliability_diagram(wrong, right, bins=BINS)
    return {
        "ece": interval(calibration_error, wrong, right, resamples, seed),
        "brier": interval(brier, wrong, right, resamples, seed),
        "diagram": {
            name: getattr(diagram, name).round(4).tolist() for name in ("predicted", "observed", "low", "high")
        },
    }


def from_few(calibrator: Calibrator, claimed: np.ndarray, right: np.ndarray, size: int, draws: int, seed: int) -> float:
    """Mean Brier score on the answers that were not drawn, fitted on `size` drawn ones."""
    rng, found = np.random.default_rng(seed), []
    for _ in range(draws):
        order = rng.permutation(len(right))
        inside, outside = order[:size], order[size:]
        fitted = calibrator.fit(claimed[inside], right[inside])
        found.append(brier(fitted.predict_proba(claimed[outside]), right[outside]))
    return round(float(np.mean(found)), 4)


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--resamples", type=int, default=2000)
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--diagram", type=Path, default=DIAGRAM)
    options = parser.parse_args()
    sets = real_answers()
    claimed = np.concatenate([own.claimed for own in sets])
    right = np.concatenate([own.right for own in sets])
    methods = {"none": judge(claimed, right, options.resamples, options.seed)}
    for method, own in METHODS.items():
        methods[method] = judge(
            cross_fit(claimed, right, calibrator=own, seed=options.seed), right, options.resamples, options.seed
        )
        flattered = own.fit(claimed, right).predict_proba(claimed)
        methods[method]["brier_judged_on_what_it_was_fitted_on"] = round(brier(flattered, right), 4)
        methods[method]["brier_from_few"] = {
            str(size): from_few(own, claimed, right, size, options.draws, options.seed) for size in SIZES
        }
        print(f"{method}: {methods[method]['ece']} {methods[method]['brier_from_few']}", flush=True)
    report = {
        "question": "calibration of 1 - exp(mean log-prob) of greedy answers, cross-fitted over five folds",
        "command": "python -m benchmarks.calibration",
        "sets": "; ".join(own.title for own in sets),
        "answers": len(right),
        "right": round(float(right.mean()), 4),
        "brier_of_error_rate": round(float(right.var()), 4),
        "bins": f"{BINS} of equal mass",
        "draws": options.draws,
        "seed": options.seed,
        "intervals": f"95% bootstrap over answers, {options.resamples} resamples",
        "methods": methods,
        "hardware": hardware(),
        "versions": {name: version(name) for name in ("semuq", "numpy", "scipy", "scikit-learn")}
        | {"python": platform.python_version()},
    }
    options.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    options.diagram.write_text(reliability_plot({name: own["diagram"] for name, own in methods.items()}) + "\n")


if __name__ == "__main__":
    main()
