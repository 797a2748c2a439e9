"""A server of which every fifth reply fails: every prompt ends answered, or listed with its reason."""

from __future__ import annotations

import time

import numpy as np

from benchmarks.reliability.server import TIMEOUT, serving
from benchmarks.reliability.tally import Tally

SHARE = 0.2


def server_faults(rng: np.random.Generator, requests: int) -> Tally:
    """`requests` prompts, asked for two answers each by 24 threads."""
    from semuq import OpenAISampler

    tally = Tally("a prompt that is neither answered nor listed, or answered with what belongs to another")
    with serving(int(rng.integers(2**31)), SHARE) as (url, given):
        sampler = OpenAISampler("tiny", base_url=url, concurrency=24, max_retries=2, timeout=TIMEOUT)
        prompts = [f"question {number}" for number in range(requests)]
        began = time.perf_counter()
        found = sampler.sample(prompts, n=2, on_error="keep")
        seconds = time.perf_counter() - began
    answered = {own.prompt: own for own in found}
    listed = {failure.prompt: failure.reason for failure in found.failures}
    for prompt in prompts:
        if (prompt in answered) == (prompt in listed):
            tally.note(f"{prompt}: answered and listed, or neither")
        elif prompt in answered:
            right = answered[prompt].texts == (f"{prompt} answered",) * 2
            tally.note(None if right else f"{prompt}: {answered[prompt].texts!r}")
        else:
            tally.note(None if listed[prompt] and "\n" not in listed[prompt] else f"{prompt}: no reason")
    tally.figures |= {
        "answered": len(answered),
        "listed": len(listed),
        "requests received": sum(given.values()),
        "replies": dict(sorted(given.items())),
        "seconds": round(seconds, 1),
    }
    return tally
