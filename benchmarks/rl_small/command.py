"""`python -m benchmarks.rl_wordings` and its like: `run` resumes, a line a run, and `analyse` writes the results."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Generic, TypeVar

from benchmarks.leaderboard.answers import append, pack_grown, read_growing, read_packed
from benchmarks.machine import hardware
from benchmarks.rl_small.starts import Start

__all__ = ["Experiment", "Record", "by_arm", "provenance"]

ROOT = Path(__file__).parents[2]
Settings = TypeVar("Settings")
Record = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Experiment(Generic[Settings]):
    """Arms of training from shared starts.

    Args:
        name: the package is `benchmarks.rl_<name>`.
        arms: the first ones start by start, then the next ones.
        starts: how many.
        full, tiny: sizes that count, and a few steps from any start, to try the command out.
        start: the start of a number, made if it is not in the folder.
        train: what is known of a copy of a start, before and after an arm.
        analysed: the record of results.
    """

    name: str
    arms: Sequence[Sequence[str]]
    starts: int
    full: Settings
    tiny: Settings
    start: Callable[[int, Settings, Path], Start]
    train: Callable[[str, int, Start, Settings], Record]
    analysed: Callable[[Iterable[Record]], Record]

    def command(self, description: str | None) -> None:
        """What the command line asks for."""
        package = ROOT / "benchmarks" / f"rl_{self.name}"
        parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
        parser.add_argument("command", choices=["run", "analyse"])
        parser.add_argument("--minutes", type=float, default=1e9, help="begin no new run after this long")
        parser.add_argument("--starts", type=int, default=self.starts)
        parser.add_argument("--tiny", action="store_true", help="a few steps, and any start: to try the command out")
        work = ROOT / "rl-out" / self.name
        parser.add_argument("--work", type=Path, default=work, help="the folder of growing runs and starts")
        parser.add_argument("--packed", type=Path, default=package / "runs.jsonl.xz")
        parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results" / f"rl_{self.name}.json")
        options = parser.parse_args()
        growing = options.work / "runs.jsonl"
        if options.command == "run":
            self._run(options, growing)
            return
        pack_grown(options.packed, growing)
        report = self.analysed(read_packed(options.packed).values())
        options.out.write_text(json.dumps(report, indent=1) + "\n")

    def _run(self, options: argparse.Namespace, growing: Path) -> None:
        """What is done is not done again.

        A start that this processor makes otherwise than its other runs had it is left to a processor like theirs.
        """
        from semuq_rl.runs.machine import instruction_set, pin_instructions

        pin_instructions()
        import torch

        torch.set_num_threads(1)
        settings = self.tiny if options.tiny else self.full
        done = read_packed(options.packed) | read_growing(growing)
        begun_from = {record["number"]: record["start"] for record in done.values()}
        until = time.monotonic() + 60 * options.minutes
        last: tuple[int, Start] | None = None
        for arm, number in [(arm, number) for own in self.arms for number in range(options.starts) for arm in own]:
            key = f"{arm}--{number}"
            if key in done:
                continue
            if time.monotonic() > until:
                return
            if last is None or last[0] != number:
                last = number, self.start(number, settings, options.work / "starts")
            start = last[1]
            if begun_from.setdefault(number, start.told) != start.told:
                print(f"{key}: this processor makes another start than its other runs had; left out", flush=True)
                continue
            begun = time.process_time()
            found = {"id": key, "arm": arm, "number": number, "start": start.told}
            found |= self.train(arm, number, start, settings)
            cost = {"cpu": round(time.process_time() - begun, 1), "instructions": instruction_set()}
            append(growing, [found | cost])
            print(f"{key}: {found['after']}", flush=True)


def by_arm(records: Iterable[Record]) -> dict[str, dict[int, Record]]:
    """arm -> number of the start -> its run."""
    found: dict[str, dict[int, Record]] = {}
    for record in records:
        found.setdefault(record["arm"], {})[record["number"]] = record
    return found


def provenance(arms: Mapping[str, Mapping[int, Record]]) -> dict[str, Any]:
    """How many starts there are and were turned down, and with what the runs were made."""
    runs = {number: own for each in arms.values() for number, own in each.items()}
    return {
        "starts": len(runs),
        "turned_down": sum(len(own["start"]["refused"]) for own in runs.values()),
        "instructions": next(iter(runs.values()))["instructions"],
        "hardware": hardware(),
        "versions": {name: version(name) for name in ("semuq", "torch", "trl", "transformers", "numpy")},
    }
