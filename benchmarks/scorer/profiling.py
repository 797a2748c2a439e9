"""Where the time of one cold pass goes: matrix products, attention, norms, GELU, tokenising, Python and the rest."""

from __future__ import annotations

import cProfile
import pstats
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch

from benchmarks.scorer.worker.contestant import Batch, Contestant
from semuq.relations.entailment.packed.int16 import Int16Bert

KERNEL = "semuq::int16"
KINDS = (
    # In this order: the first that is found in an operator's name.
    ("the kernel in 16-bit integers", (KERNEL,)),
    ("attention", ("scaled_dot_product", "flash_attention", "softmax", "bmm", "attention")),
    ("matrix products", ("addmm", "mm", "linear", "matmul", "qlinear", "quantized")),
    ("layer norm", ("layer_norm",)),
    ("GELU", ("gelu", "erf")),
    ("embeddings", ("embedding", "index_select")),
)
OTHER_OPERATORS = "other operators"
TOKENISING = ("encode_batch", "encode_batch_fast", "encode", "_batch_encode_plus")


def profile(contestant: Contestant, batch: Batch, mode: str) -> dict[str, Any]:
    """Seconds of a pass and the share of each kind of work.

    Two passes are watched, since the profilers slow each other: one by torch's (operators), one by Python's
    (tokenising). Python is what neither accounts for: planning, caching, scattering, and copies.
    """
    contestant.prepare(batch, mode)
    start = time.perf_counter()
    contestant.run(batch, mode)
    plain = time.perf_counter() - start
    contestant.prepare(batch, mode)
    with seen_kernel(), torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as watched:
        start = time.perf_counter()
        contestant.run(batch, mode)
        seconds = time.perf_counter() - start
    shares = operator_shares(watched, seconds)
    contestant.prepare(batch, mode)
    calls = cProfile.Profile()
    start = time.perf_counter()
    calls.runcall(contestant.run, batch, mode)
    shares["tokenising"] = tokenising_seconds(calls) / (time.perf_counter() - start)
    shares["Python and the rest"] = max(0.0, 1 - sum(shares.values()))
    return {"seconds": plain, "seconds_while_watched": seconds, "shares": shares}


@contextmanager
def seen_kernel() -> Iterator[None]:
    """Show the calls of our own kernel to torch's profiler."""
    call = Int16Bert._encode

    def encode(*arguments: Any) -> None:
        with torch.profiler.record_function(KERNEL):
            call(*arguments)

    with patch.object(Int16Bert, "_encode", encode):
        yield


def operator_shares(watched: torch.profiler.profile, seconds: float) -> dict[str, float]:
    """Time of operators themselves, by kind, as a share of `seconds`."""
    shares = dict.fromkeys((*(kind for kind, _ in KINDS), OTHER_OPERATORS), 0.0)
    for event in watched.key_averages():
        kind = next((kind for kind, names in KINDS if any(name in event.key for name in names)), OTHER_OPERATORS)
        shares[kind] += event.self_cpu_time_total / 1e6 / seconds
    return shares


def tokenising_seconds(calls: cProfile.Profile) -> float:
    """Time inside the tokenizer."""
    stats = pstats.Stats(calls).stats  # type: ignore[attr-defined]
    return sum(own[2] for (_, _, name), own in stats.items() if any(f"'{word}'" in name for word in TOKENISING))


def profile_of(kind: type, folder: Path, batch: Batch, mode: str) -> dict[str, Any]:
    """Load a contestant here and profile it."""
    contestant = kind()
    contestant.load(folder)
    return profile(contestant, batch, mode)
