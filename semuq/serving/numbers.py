"""What the proxy counts, as Prometheus reads it: plain text, format 0.0.4."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from itertools import accumulate

__all__ = ["TEXT", "Numbers"]

TEXT = "text/plain; version=0.0.4; charset=utf-8"

OUTCOMES = ("answered", "abstained", "failed", "refused", "busy")
"""How a request may end: with an answer, without, without a decision, not put to the model, not taken in."""

BOUNDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Seconds; upper ends of the histogram's bins."""


class Numbers:
    """Counts of one event loop.

    >>> numbers = Numbers()
    >>> numbers.ended("answered", 0.2)
    >>> print([line for line in numbers.text().splitlines() if "answered" in line])
    ['semuq_requests_total{outcome="answered"} 1']
    """

    def __init__(self) -> None:
        self.under_way = 0
        self._outcomes: Counter[str] = Counter()
        self._bins = [0] * (len(BOUNDS) + 1)
        self._seconds = 0.0

    def ended(self, outcome: str, seconds: float | None = None) -> None:
        """One more request is over; its time counts where it was put to the model."""
        self._outcomes[outcome] += 1
        if seconds is not None:
            self._bins[bisect_left(BOUNDS, seconds)] += 1
            self._seconds += seconds

    def text(self) -> str:
        """All of them."""
        lines = ["# HELP semuq_requests_total Requests by how they ended.", "# TYPE semuq_requests_total counter"]
        lines += [f'semuq_requests_total{{outcome="{name}"}} {self._outcomes[name]}' for name in OUTCOMES]
        lines += ["# HELP semuq_under_way Requests that are not over.", "# TYPE semuq_under_way gauge"]
        lines += [f"semuq_under_way {self.under_way}"]
        lines += ["# HELP semuq_seconds From a question to its decision.", "# TYPE semuq_seconds histogram"]
        ends = [*map(str, BOUNDS), "+Inf"]
        counts = list(accumulate(self._bins))
        lines += [f'semuq_seconds_bucket{{le="{end}"}} {count}' for end, count in zip(ends, counts, strict=True)]
        lines += [f"semuq_seconds_sum {self._seconds:.6f}", f"semuq_seconds_count {counts[-1]}"]
        return "\n".join(lines) + "\n"
