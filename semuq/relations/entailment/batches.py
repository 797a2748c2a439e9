"""Cutting pairs into batches: sorted by length, cut by a budget of tokens, not by a count of pairs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from semuq.numerics import IntArray

__all__ = ["cut_batches"]


def cut_batches(lengths: IntArray, budget: int, *, padded: bool = True) -> Iterator[IntArray]:
    """Indices of pairs per batch, longest first, each batch at most `budget` tokens, with the padding if `padded`.

    Longest first, so that memory runs out at once or not at all. A pair longer than the budget is a
    batch of its own.

    >>> [batch.tolist() for batch in cut_batches(np.array([3, 9, 4]), budget=8)]
    [[1], [2, 0]]
    """
    # Stable and descending: equal lengths stay in order, so a run is reproducible.
    order = np.argsort(-lengths, kind="stable")
    ends = np.cumsum(lengths[order])
    start = 0
    while start < len(order):
        if padded:
            size = budget // int(lengths[order[start]])
        else:
            before = ends[start - 1] if start else 0
            size = int(np.searchsorted(ends, before + budget, side="right")) - start
        size = max(1, size)
        yield order[start : start + size]
        start += size
