"""What do workers of Ray bring, and what do they cost to start?

    python -m benchmarks.cluster [--questions 12] [--repeats 2]

The same questions, with their committed answers, compared by the packaged entailment model without a cache: in one
process of one thread, and on Ray with one worker and with two, of one thread each. The three take turns. The first
line of scores parts the start (processes, imports, the model) from the work; windows are small, so that two workers
share few questions evenly. On a machine whose cores others use, too, a worker has what they leave: the record says how
much of the cores the scoring had, and how many questions it did per second of a whole core. Writes
benchmarks/results/cluster.json after every round.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from benchmarks.leaderboard.answers import read_packed
from benchmarks.machine import hardware

RESULTS = Path(__file__).parents[1] / "results" / "cluster.json"
ANSWERS = Path(__file__).parents[1] / "leaderboard" / "answers" / "qwen2.5-coder-1.5b" / "triviaqa.jsonl.xz"
WINDOW = 4


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
    for score in score_stream(batch, None, Entailment(cache=False), window=WINDOW, first=1):
        yield json_line(score.to_dict())


def on_ray(workers: int) -> Callable[[list[Any]], Iterator[bytes]]:
    """As `semuq score --engine ray` does."""
    from semuq import Entailment
    from semuq.scoring.ray import score_lines_on_ray

    return lambda batch: score_lines_on_ray(batch, None, Entailment(cache=False), window=WINDOW, workers=workers)


def busy() -> float:
    """Seconds of a core that this process and what it started have used."""
    own = psutil.Process()
    whole = 0.0
    for process in (own, *own.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):  # one that ends meanwhile
            used = process.cpu_times()
            whole += used.user + used.system
    return whole


def timed(lines: Callable[[list[Any]], Iterator[bytes]], batch: list[Any]) -> tuple[dict[str, float], list[bytes]]:
    """Seconds to the first line; after it questions a second, the cores had, questions a core-second; the lines."""
    began = time.perf_counter()
    found = lines(batch)
    own = [next(found)]
    first, used = time.perf_counter(), busy()
    for line in found:
        own.append(line)
        if len(own) == len(batch):  # before the workers go
            used = busy() - used
    whole = time.perf_counter()
    done = len(own) - 1
    return {
        "start": round(first - began, 2),
        "rate": round(done / (whole - first), 3),
        "cores_had": round(used / (whole - first), 2),
        "rate_per_core": round(done / used, 3),
        "seconds": round(whole - began, 2),
    }, own


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, default=40)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    batch = questions(options.questions)
    ways = {"one process": in_one_process, "one worker": on_ray(1), "two workers": on_ray(2)}
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in ways}
    lines: set[tuple[bytes, ...]] = set()
    for _ in range(options.repeats):
        for name, way in ways.items():
            found, own = timed(way, batch)
            lines.add(tuple(own))
            runs[name].append({**found, "load": round(os.getloadavg()[0], 1)})
            print(name, runs[name][-1], flush=True)
        options.out.write_text(json.dumps(record(batch, runs, len(lines) == 1), indent=1) + "\n", encoding="utf-8")


def record(batch: list[Any], runs: dict[str, list[dict[str, float]]], equal: bool) -> dict[str, Any]:
    """What was measured so far: medians over the rounds, and each round; ratios within a round, and their range."""
    rounds = {
        f"{name}{'' if key == 'rate' else '_per_core'}": [
            mine[key] / other[key] for other, mine in zip(runs[than], runs[way], strict=True)
        ]
        for key in ("rate", "rate_per_core")
        for name, way, than in (
            ("two_for_one", "two workers", "one worker"),
            ("worker_for_process", "one worker", "one process"),
        )
    }
    return {
        "questions": len(batch),
        "answers": len(batch[0]),
        "window": WINDOW,
        "repeats": len(runs["one process"]),
        "model": ANSWERS.parent.name,
        "relation": "packaged entailment model, no cache",
        "cores": len(os.sched_getaffinity(0)),
        "hardware": hardware(),
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("ray", "torch", "semuq")},
        },
        "equal": equal,
        "ways": {
            name.replace(" ", "_"): {
                **{
                    key: round(median(run[key] for run in own), 3)
                    for key in ("start", "rate", "cores_had", "rate_per_core", "seconds")
                },
                "runs": own,
            }
            for name, own in runs.items()
        },
        **{
            name: {"value": round(median(own), 2), "low": round(min(own), 2), "high": round(max(own), 2)}
            for name, own in rounds.items()
        },
    }


if __name__ == "__main__":
    main()
