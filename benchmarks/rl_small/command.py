"""`python -m benchmarks.rl_wordings` and its like: `run` resumes, a line a run, and `analyse` writes the results."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.leaderboard.answers import append, pack_grown, read_growing, read_packed
from benchmarks.rl_small.starts import Start

__all__ = ["Command", "options_of"]

ROOT = Path(__file__).parents[2]


def options_of(description: str | None, name: str, *, starts: int) -> argparse.Namespace:
    """What the command line asks of the experiment of that name, whose package is `benchmarks.rl_<name>`."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["run", "analyse"])
    parser.add_argument("--minutes", type=float, default=1e9, help="begin no new run after this long")
    parser.add_argument("--starts", type=int, default=starts)
    parser.add_argument("--tiny", action="store_true", help="a few steps, and any start: to try the command out")
    work = ROOT / "rl-out" / name
    parser.add_argument("--work", type=Path, default=work, help="the folder of growing runs and starts")
    parser.add_argument("--packed", type=Path, default=ROOT / "benchmarks" / f"rl_{name}" / "runs.jsonl.xz")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results" / f"rl_{name}.json")
    return parser.parse_args()


class Command:
    """One call of the command.

    Args:
        options: of `options_of`.
    """

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.growing: Path = options.work / "runs.jsonl"

    def run(
        self,
        arms: Sequence[Sequence[str]],
        start: Callable[[int, Path], Start],
        train: Callable[[str, int, Start], Mapping[str, Any]],
    ) -> None:
        """The first arms start by start, then the next ones; what is done is not done again.

        A start that this processor makes otherwise than its other runs had it is left to a processor like theirs.
        """
        import torch

        from semuq_rl.runs.machine import instruction_set

        torch.set_num_threads(1)
        done = read_packed(self.options.packed) | read_growing(self.growing)
        until = time.monotonic() + 60 * self.options.minutes
        begun_from = {record["number"]: record["start"] for record in done.values()}
        last: tuple[int, Start] | None = None
        for arm, number in [(arm, number) for own in arms for number in range(self.options.starts) for arm in own]:
            key = f"{arm}--{number}"
            if key in done:
                continue
            if time.monotonic() > until:
                return
            if last is None or last[0] != number:
                last = number, start(number, self.options.work / "starts")
            if begun_from.setdefault(number, last[1].told) != last[1].told:
                print(f"{key}: this processor makes another start than its other runs had; left out", flush=True)
                continue
            begun = time.process_time()
            found = {"id": key, "arm": arm, "number": number, "start": last[1].told, **train(arm, number, last[1])}
            cost = {"cpu": round(time.process_time() - begun, 1), "instructions": instruction_set()}
            append(self.growing, [found | cost])
            print(f"{key}: {found['after']}", flush=True)

    def analyse(self, analysed: Callable[[Iterable[Mapping[str, Any]]], Mapping[str, Any]]) -> None:
        """Pack what has grown, and write the results of all runs."""
        pack_grown(self.options.packed, self.growing)
        report = analysed(read_packed(self.options.packed).values())
        self.options.out.write_text(json.dumps(report, indent=1) + "\n")
