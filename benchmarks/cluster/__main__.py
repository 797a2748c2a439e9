"""What do workers of Ray bring, and what do they cost to start?

    python -m benchmarks.cluster [--questions 300] [--repeats 3]

The same questions, with their committed answers, compared by the packaged entailment model without a cache: in one
process of one thread, and on Ray with one worker and with two, of one thread each. The three take turns. The first
line of scores parts the start (processes, imports, the model) from the work. On a machine with two cores that others
use, too, the second worker has what they leave: the load is in the record. Writes benchmarks/results/cluster.json.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.leaderboard.answers import read_packed
from benchmarks.machine import hardware

RESULTS = Path(__file__).parents[1] / "results" / "cluster.json"
ANSWERS = Path(__file__).parents[1] / "leaderboard" / "answers" / "smollm2-135m" / "triviaqa.jsonl.xz"


def questions(count: int) -> list[Any]:
    """The first questions of the committed answers."""
    from semuq import SampleSet

    rows = list(read_packed(ANSWERS).values())[:count]
    return [SampleSet(prompt=row["prompt"], texts=tuple(row["texts"]), id=row["id"]) for row in rows]


def in_one_process(batch: list[Any]) -> Iterator[bytes]:
    """As `semuq score` does by itself."""
    import torch

    from semuq import Entailment
    from semuq.samples.jsonl import json_line
    from semuq.scoring import score_stream

    torch.set_num_threads(1)
    for score in score_stream(batch, None, Entailment(cache=False), first=1):
        yield json_line(score.to_dict())


def on_ray(workers: int) -> Callable[[list[Any]], Iterator[bytes]]:
    """As `semuq score --engine ray` does."""
    from semuq import Entailment
    from semuq.scoring.ray import score_lines_on_ray

    return lambda batch: score_lines_on_ray(batch, None, Entailment(cache=False), workers=workers)


def timed(lines: Callable[[list[Any]], Iterator[bytes]], batch: list[Any]) -> tuple[dict[str, float], list[bytes]]:
    """Seconds to the first line, questions per second after it, and the lines."""
    began = time.perf_counter()
    found = []
    first = 0.0
    for line in lines(batch):
        if not found:
            first = time.perf_counter() - began
        found.append(line)
    whole = time.perf_counter() - began
    rate = (len(found) - 1) / (whole - first)
    return {"start": round(first, 2), "rate": round(rate, 2), "seconds": round(whole, 2)}, found


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    batch = questions(options.questions)
    ways = {"one process": in_one_process, "one worker": on_ray(1), "two workers": on_ray(2)}
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in ways}
    lines: dict[str, list[bytes]] = {}
    for _ in range(options.repeats):
        for name, way in ways.items():
            found, lines[name] = timed(way, batch)
            runs[name].append({**found, "load": round(os.getloadavg()[0], 1)})
            print(name, runs[name][-1], flush=True)
    record: dict[str, Any] = {
        "questions": len(batch),
        "answers": len(batch[0]),
        "hardware": hardware(),
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("ray", "torch", "semuq")},
        },
        "equal": len({tuple(own) for own in lines.values()}) == 1,
        "ways": {
            name.replace(" ", "_"): {
                **{key: median(run[key] for run in own) for key in ("start", "rate", "seconds")},
                "runs": own,
            }
            for name, own in runs.items()
        },
    }
    one, two, alone = (record["ways"][name]["rate"] for name in ("one_worker", "two_workers", "one_process"))
    record["two_for_one"] = round(two / one, 2)
    record["worker_for_process"] = round(one / alone, 2)
    options.out.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
