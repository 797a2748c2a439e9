"""Nothing lost, nothing silently wrong: counts.

    python -m benchmarks.reliability [--scale 1.0] [--only NAME]

Hostile inputs at each public entry, SIGKILL at random moments, several writers, a server of which every fifth reply
fails, limits of time, memory and disk. Each figure has its count and an exact one-sided 95% upper bound on the failure
rate. `--scale` shrinks the counts; the counts that ran are in the results, benchmarks/results/reliability.json, into
which `--only` replaces one part.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np

from benchmarks.reliability import faults, hostile, kills, limits
from benchmarks.reliability.tally import Tally

RESULTS = Path(__file__).parents[1] / "results" / "reliability.json"

Part = Callable[[np.random.Generator, int], Tally]

FULL: dict[str, tuple[Part, int]] = {
    **{f"hostile inputs, {name}": (act, 10_000) for name, act in hostile.ENTRIES.items()},
    "kills of score": (kills.score_kills, 50),
    "kills of a writer to the cache": (kills.cache_kills, 50),
    "kills of training": (kills.training_kills, 50),
    "several writers": (kills.writers, 10),
    "faults of a server": (faults.server_faults, 1000),
    "never ending": (limits.never_ending, 100),
    "large file": (limits.large_file, 100_000),
    "full disk": (limits.full_disk, 20),
}
"""Each part and its full count."""


def main() -> None:
    """Count, and write the results after every part."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--only", action="append", choices=FULL, help="may be given several times")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    report = json.loads(options.out.read_text()) if options.out.exists() else {"parts": {}}
    report |= {
        "question": "how often is something lost, torn, changed, or ended by a traceback",
        "command": "python -m benchmarks.reliability",
        "seed": options.seed,
        "machine": f"{platform.machine()}, {platform.system()}",
        "versions": {name: version(name) for name in ("semuq", "numpy", "openai", "torch")}
        | {"python": platform.python_version()},
    }
    for name in options.only or FULL:
        act, full = FULL[name]
        count = max(1, round(full * options.scale))
        # Each part has its own stream, so that one run alone tries what it tries among the others.
        found = act(np.random.default_rng([options.seed, list(FULL).index(name)]), count).as_dict()
        report["parts"][name] = {"full_count": full, **found}
        print(
            f"{name}: {found['failed']} of {found['tried']}, at most {found['rate_at_most']}",
            file=sys.stderr,
            flush=True,
        )
        options.out.write_text(json.dumps(report, indent=1, allow_nan=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
