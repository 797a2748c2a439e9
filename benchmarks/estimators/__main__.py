"""Our estimators beside those of other packages.

    python -m benchmarks.estimators peers [--venvs FOLDER]
    python -m benchmarks.estimators speed [--venvs FOLDER] [--questions 10000] [--repeats 5]

`peers` computes the values of every method that lm-polygraph, uqlm or TruthTorchLM and this package both have, by
their own classes in environments of their own (made on first use), on the inputs of `inputs.py`, and writes them
with versions to benchmarks/results/estimator_peers.json. It fails if a difference has no explanation.

`speed` scores questions whose matrices are given, on one core, interleaved with lm-polygraph's same methods on the
same matrices, and writes benchmarks/results/estimators_speed.json.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.estimators.environments import PEERS, interpreter, run
from benchmarks.estimators.inputs import inputs
from benchmarks.estimators.verdicts import show, summary

RESULTS = Path(__file__).parents[1] / "results"


def main() -> None:
    """Run one of the two benchmarks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("peers", "speed"))
    parser.add_argument("--venvs", type=Path, default=None, help="where the other packages' environments are kept")
    parser.add_argument("--questions", type=int, default=10_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=None)
    options = parser.parse_args()
    if options.what == "peers":
        compare_values(options.venvs, options.seed, options.out or RESULTS / "estimator_peers.json")
    else:
        from benchmarks.estimators.speed import measure

        measure(
            interpreter(PEERS["lm-polygraph"], options.venvs),
            options.questions,
            options.repeats,
            options.seed,
            options.out or RESULTS / "estimators_speed.json",
        )


def compare_values(venvs: Path | None, seed: int, out: Path) -> None:
    """Compute, record and judge the values of all peers."""
    given = inputs(seed)
    values: dict[str, Any] = {}
    compared = [peer for peer in PEERS.values() if peer.formulas]
    for peer in compared:
        print(f"{peer.name} {peer.version}", flush=True)
        found = run(interpreter(peer, venvs), peer.values_script, given)
        methods = found[given[0]["name"]]
        values[peer.name] = {method: [show(found[case["name"]][method]) for case in given] for method in methods}
    recorded = {
        "question": "do the same methods of other packages give our numbers on the same inputs?",
        "versions": {
            **{peer.name: peer.version for peer in compared},
            **{name: version(name) for name in ("numpy", "scipy")},
            "torch (in their environments)": "2.13.0",
            "python": platform.python_version(),
        },
        "seed": seed,
        "inputs": given,
        "values": values,
    }
    recorded["comparisons"] = summary(recorded)
    out.write_text(json.dumps(recorded, separators=(",", ":"), ensure_ascii=False) + "\n", encoding="utf-8")
    unexplained = [row for row in recorded["comparisons"] if row["unexplained"]]
    for row in unexplained:
        print(f"unexplained: {row['package']} {row['method']}: {row['unexplained']}")
    if unexplained:
        sys.exit(1)


if __name__ == "__main__":
    main()
