"""More and more questions: time, memory of card and host, and the second time, from the cache."""

from __future__ import annotations

import resource
import tempfile
from pathlib import Path
from typing import Any

import torch

from benchmarks.gpu.models import Made
from benchmarks.gpu.setup import Setup
from benchmarks.gpu.speed import WARMING, relation_of

COUNTS = (10, 100, 1_000, 10_000, 100_000)
TINY_COUNTS = (2, 4)
ANSWERS = 5
CACHED = 10_000


def growth(made: Made, setup: Setup) -> list[dict[str, Any]]:
    """A row per number of questions, until time is short."""
    rows: list[dict[str, Any]] = []
    relation = relation_of(made, setup, "none")
    relation.compare(WARMING)
    for count in TINY_COUNTS if setup.tiny else COUNTS:
        # Ten times as many take ten times as long, and half as long again to make.
        if rows and setup.left < 20 * rows[-1]["seconds"]:
            rows.append({"questions": count, "skipped": "no time left"})
            break
        samples = setup.samples(count, ANSWERS, "none")
        if setup.device.type == "cuda":
            torch.cuda.reset_peak_memory_stats()
        # The scores are not kept, as in `semuq score`, so that only what scoring needs is seen.
        seconds, pairs = setup.seconds(lambda samples=samples: _in_parts(relation, samples))
        rows.append(
            {
                "questions": count,
                "pairs": pairs,
                "seconds": seconds,
                "card_peak_mb": torch.cuda.max_memory_allocated() // 2**20 if setup.device.type == "cuda" else None,
                "host_peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            }
        )
    return rows


def cached(made: Made, setup: Setup) -> dict[str, Any]:
    """Cold into a new cache, then warm."""
    samples = setup.samples(setup.size(CACHED, 3), ANSWERS, "none")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cache.sqlite3"
        first = relation_of(made, setup, "none", cache=path)
        first.compare(WARMING)
        cold, _ = setup.seconds(lambda: first.compare(samples))
        second = relation_of(made, setup, "none", cache=path)
        second.compare(WARMING)
        warm, (_, report) = setup.seconds(lambda: second.compare_with_report(samples))
    return {"questions": len(samples), "cold_seconds": cold, "warm_seconds": warm, "scored_again": report.pairs}


def _in_parts(relation: Any, samples: list[Any], size: int = 5_000) -> int:
    return sum(
        relation.compare_with_report(samples[start : start + size])[1].pairs for start in range(0, len(samples), size)
    )
