"""Getting batches ready: one after another as they are asked for, or the next ones in a thread of their own."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from types import TracebackType
from typing import Any, TypeVar

from semuq.numerics import IntArray

__all__ = ["Feeder", "ahead"]

Item = TypeVar("Item")
READY = 2
"""Batches that are kept ready."""


class Feeder:
    """Batches with what was prepared of them; a context manager, which ends the thread.

    Args:
        prepare: a batch -> what the network takes.
        threaded: prepare the next batches while the caller does something else.
    """

    def __init__(self, prepare: Callable[[IntArray], Any], *, threaded: bool) -> None:
        self._prepare = prepare
        self._pool = ThreadPoolExecutor(1, "semuq-feeder") if threaded else None
        self._waiting: deque[IntArray] = deque()
        self._ready: deque[tuple[IntArray, Future[Any]]] = deque()

    def __enter__(self) -> Feeder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def put(self, batches: Iterable[IntArray]) -> None:
        """Queue batches."""
        self._waiting.extend(batches)

    def take(self) -> tuple[IntArray, Any] | None:
        """The next batch, prepared; None if there is none."""
        if self._pool is None:
            if not self._waiting:
                return None
            batch = self._waiting.popleft()
            return batch, self._prepare(batch)
        while self._waiting and len(self._ready) <= READY:
            batch = self._waiting.popleft()
            self._ready.append((batch, self._pool.submit(self._prepare, batch)))
        if not self._ready:
            return None
        batch, future = self._ready.popleft()
        return batch, future.result()

    def withdraw(self) -> list[IntArray]:
        """Every batch that was not taken, out of the queue."""
        left = [batch for batch, _ in self._ready] + list(self._waiting)
        for _, future in self._ready:
            future.cancel()
        self._ready.clear()
        self._waiting.clear()
        return left


def ahead(items: Iterator[Item]) -> Iterator[Item]:
    """The same items, the next one made in a thread while the last one is used."""
    with ThreadPoolExecutor(1, "semuq-ahead") as pool:
        coming: Future[list[Item]] = pool.submit(_next, items)
        while item := coming.result():
            coming = pool.submit(_next, items)
            yield item[0]


def _next(items: Iterator[Item]) -> list[Item]:
    """The next item, or nothing if there is none."""
    return list(islice(items, 1))
