"""What `torch.compile` costs before the first score, and what it gains after."""

from __future__ import annotations

import time
from pathlib import Path

import torch

from benchmarks.scorer.equality import as_samples
from benchmarks.scorer.settings import THREADS
from benchmarks.scorer.worker.contestant import Batch
from benchmarks.scorer.worker.semuq import WARMING
from semuq import Entailment

PASSES = 3


def warm_up(folder: Path, batch: Batch) -> dict[str, float]:
    """Clock seconds of the first two answers, then of the batch, with and without; float32, no cache."""
    torch.set_num_threads(THREADS)
    relations = {
        own: Entailment(folder, context=batch.context, precision="fp32", compile=own == "compiled", cache=False)
        for own in ("compiled", "plain")
    }
    first = {}
    for name, relation in relations.items():
        start = time.perf_counter()
        relation.compare(WARMING)
        first[name] = time.perf_counter() - start
    seconds = dict.fromkeys(relations, float("inf"))
    for _ in range(PASSES):
        for name, relation in relations.items():
            start = time.perf_counter()
            relation.compare(as_samples(batch))
            seconds[name] = min(seconds[name], time.perf_counter() - start)
    return {
        "warm_up_seconds": first["compiled"] - first["plain"],
        "seconds": seconds["compiled"],
        "seconds_without": seconds["plain"],
        "gain": seconds["plain"] / seconds["compiled"] - 1,
    }
