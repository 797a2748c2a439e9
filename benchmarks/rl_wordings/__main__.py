"""Do rewards over wordings of one question make a model agree with itself, and is it right then?

    python -m benchmarks.rl_wordings run [--minutes 60]     trains; resumes, a line a run
    python -m benchmarks.rl_wordings analyse                results/rl_wordings.json, in seconds

What is measured and how it is judged was written down before: design.md. Finished runs are kept in runs.jsonl.xz.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

from benchmarks.leaderboard.answers import append, pack_grown, read_growing, read_packed

HERE = Path(__file__).parent
RESULTS = HERE.parent / "results" / "rl_wordings.json"
WORK = HERE.parents[1] / "rl-out" / "wordings"
PACKED = HERE / "runs.jsonl.xz"
STARTS = 6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["run", "analyse"])
    parser.add_argument("--minutes", type=float, default=1e9, help="begin no new run after this long")
    parser.add_argument("--starts", type=int, default=STARTS)
    parser.add_argument("--tiny", action="store_true", help="a few steps, and any start: to try the command out")
    parser.add_argument("--work", type=Path, default=WORK, help="the folder of growing runs and starts")
    parser.add_argument("--packed", type=Path, default=PACKED)
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    if options.command == "run":
        from semuq_rl.runs.machine import pin_instructions

        pin_instructions()
        run(options)
        return
    from benchmarks.rl_wordings.analysis import analysed

    pack_grown(options.packed, options.work / "runs.jsonl")
    report = analysed(read_packed(options.packed).values())
    options.out.write_text(json.dumps(report, indent=1) + "\n")


def run(options: argparse.Namespace) -> None:
    """The registered arms start by start, then the others; what is done is not done again."""
    import torch

    from benchmarks.rl_wordings.arms import EXPLORATORY, REGISTERED
    from benchmarks.rl_wordings.runner import ANY, Settings, kept_start, train
    from semuq_rl.runs.machine import instruction_set

    torch.set_num_threads(1)
    settings = Settings(imitation=20, generations=2, held_out=8) if options.tiny else Settings()
    growing = options.work / "runs.jsonl"
    done = read_packed(options.packed) | read_growing(growing)
    until = time.monotonic() + 60 * options.minutes
    queue = [(arm, number) for arms in (REGISTERED, EXPLORATORY) for number in range(options.starts) for arm in arms]
    last: tuple[int, Any] | None = None
    for arm, number in queue:
        key = f"{arm}--{number}"
        if key in done:
            continue
        if time.monotonic() > until:
            return
        if last is None or last[0] != number:
            last = number, kept_start(number, settings, options.work / "starts", ANY if options.tiny else None)
        record = {"id": key, "arm": arm, "number": number, **train(arm, number, last[1], settings)}
        append(growing, [record | {"instructions": instruction_set()}])
        print(f"{key}: {record['after']}", flush=True)


if __name__ == "__main__":
    main()
