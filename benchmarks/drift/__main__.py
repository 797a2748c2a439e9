"""Run lengths of `Cusum` by simulation, beside what was asked.

    python -m benchmarks.drift [--streams 4000]

Each stream is fed to a monitor until its first alarm. Quiet streams must take `arl` scores on average, so the mean
over streams is reported with its 95% interval; shifted ones say how soon the shift is found. As a warning, quiet
streams that break the assumption: skewed scores, and scores that depend on each other. Writes
benchmarks/results/drift.json.
"""

from __future__ import annotations

import argparse
import json
import platform
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np

from semuq.monitoring.cusum import Cusum

RESULTS = Path(__file__).parents[1] / "results" / "drift.json"
ARLS = (100, 500, 1000)
SHIFT, DEPENDENCE = 1.0, 0.3

Draw = Callable[[np.random.Generator, np.ndarray | None, int], np.ndarray]
"""(generator, the last scores or None, streams) -> the next scores, of mean 0 and deviation 1 while all is well."""

STREAMS: dict[str, Draw] = {
    "quiet": lambda rng, last, size: rng.normal(size=size),
    "shifted by one deviation": lambda rng, last, size: rng.normal(SHIFT, size=size),
    "quiet, skewed (exponential)": lambda rng, last, size: rng.exponential(size=size) - 1,
    "quiet, each depends on the last": lambda rng, last, size: (
        rng.normal(size=size)
        if last is None
        else DEPENDENCE * last + np.sqrt(1 - DEPENDENCE**2) * rng.normal(size=size)
    ),
}


def run_lengths(monitor: Cusum, draw: Draw, streams: int, rng: np.random.Generator) -> np.ndarray:
    """(streams,) scores until the first alarm: `Cusum.update` on all streams at once."""
    upper, lower = np.zeros(streams), np.zeros(streams)
    found, alive, step = np.zeros(streams), np.arange(streams), 0
    last = None
    while alive.size:
        step += 1
        last = draw(rng, last, alive.size)
        z, k = (last - monitor.mu0) / monitor.sigma0, monitor.shift / 2
        upper = np.maximum(0, upper + z - k) if monitor.side != "lower" else upper
        lower = np.maximum(0, lower - z - k) if monitor.side != "upper" else lower
        alarm = np.maximum(upper, lower) >= monitor.level
        found[alive[alarm]] = step
        alive, upper, lower, last = alive[~alarm], upper[~alarm], lower[~alarm], last[~alarm]
    return found


def main() -> None:
    """Simulate and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--streams", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    rng = np.random.default_rng(arguments.seed)
    results: dict[str, dict[str, object]] = {}
    for side in ("upper", "both"):
        for arl in ARLS:
            monitor = Cusum(mu0=0.0, sigma0=1.0, shift=SHIFT, arl=arl, side=side)
            for name, draw in STREAMS.items():
                lengths = run_lengths(monitor, draw, arguments.streams, rng)
                half = 1.96 * lengths.std(ddof=1) / np.sqrt(len(lengths))
                ends = (lengths.mean(), lengths.mean() - half, lengths.mean() + half)
                own = {key: round(float(end), 2) for key, end in zip(("value", "low", "high"), ends, strict=True)}
                results.setdefault(f"{side}, {arl}", {})[name] = own
                print(f"{side:5} asked {arl:5}: {name}: {own['value']} [{own['low']}, {own['high']}]")
    record = {
        "question": "mean number of scores until the first alarm",
        "command": "python -m benchmarks.drift",
        "streams": arguments.streams,
        "seed": arguments.seed,
        "shift": SHIFT,
        "dependence": DEPENDENCE,
        "versions": {"semuq": version("semuq"), "numpy": version("numpy"), "python": platform.python_version()},
        "results": results,
    }
    RESULTS.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
