"""Questions in windows, so that memory does not grow with their number, and progress across them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from semuq.relations.base import Progress

__all__ = ["progress_from", "windows"]

Item = TypeVar("Item")


def windows(batch: Sequence[Item], pairs_of: Callable[[Item], int], limit: int) -> Iterator[list[Item]]:
    """Runs of questions with at most about `limit` pairs each, and never less than a question."""
    window: list[Item] = []
    pairs = 0
    for item in batch:
        own = pairs_of(item)
        if window and pairs + own > limit:
            yield window
            window, pairs = [], 0
        window.append(item)
        pairs += own
    if window:
        yield window


def progress_from(progress: Progress, done: int, total: int) -> Progress:
    """The progress of one window as that of all."""
    return lambda pairs, _: progress(done + pairs, total)
