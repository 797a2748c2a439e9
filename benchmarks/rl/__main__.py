"""Run the experiment, pack its records, or analyse them.

    python -m benchmarks.rl run [--minutes 60]     do free runs; start it twice to use two cores; stop it at any time
    python -m benchmarks.rl status                 how many runs of each arm are done
    python -m benchmarks.rl pack                   put finished runs into benchmarks/rl/runs.jsonl.xz
    python -m benchmarks.rl analyse                from the records, in seconds: results/rl.json, docs/rl/experiment.md

What is measured and how it is judged was written down before: DESIGN.md.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from benchmarks.rl.arms import ARMS, queue
from benchmarks.rl.store import pack, read_runs

ROOT = Path(__file__).parents[2]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["run", "status", "pack", "analyse"])
    parser.add_argument("--work", type=Path, default=ROOT / "rl-out", help="where growing runs are kept")
    parser.add_argument("--minutes", type=float, default=1e9, help="take no new run after this long")
    parser.add_argument("--stop-file", type=Path, help="take no new run once this file exists; WORK/stop by default")
    parser.add_argument("--only", default="", help="runs whose key holds this text")
    parser.add_argument("--set", action="append", default=[], help="override of the recipes, to try things out")
    options = parser.parse_args()
    if options.command == "run":
        from semuq_rl.runs.machine import pin_instructions

        pin_instructions()
        from benchmarks.rl.runner import work_through

        work_through(
            options.work,
            minutes=options.minutes,
            stop=options.stop_file or options.work / "stop",
            overrides=tuple(options.set),
            only=options.only,
        )
    elif options.command == "status":
        done = Counter(run.arm for run in read_runs(options.work))
        wanted = Counter(run.arm for run in queue())
        for arm in ARMS:
            print(f"{arm:20} {done[arm]:3} of {wanted[arm]}")
    elif options.command == "pack":
        print(f"{pack(options.work)} bytes")
    else:
        from benchmarks.rl.analysis import analyse
        from benchmarks.rl.page import write_page

        write_page(analyse(read_runs(options.work)))


if __name__ == "__main__":
    main()
