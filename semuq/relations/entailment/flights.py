"""Forward passes that are under way: on a GPU they are launched, and their results fetched some passes later.

A GPU computes what it was told while the host tells it more, as long as nobody waits for a result. So the logits
of a window of passes are copied back together, and the host waits for a window only when the next one has been
launched. On a CPU a pass is over when it returns, and a window is one pass.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from semuq.numerics import FloatArray, IntArray

if TYPE_CHECKING:
    import torch

__all__ = ["PASSES", "Flights"]

Landed = tuple[IntArray, FloatArray]
"""Which pairs, and their (pairs, labels) logits."""

PASSES = 8
"""Of a window, on a GPU."""


@dataclass(eq=False)
class Flights:
    """Launched and not yet landed.

    Args:
        passes: that make a window.
    """

    passes: int
    _open: list[tuple[IntArray, torch.Tensor]] = field(default_factory=list)
    _windows: deque[_Window] = field(default_factory=deque)

    def add(self, batch: IntArray, logits: torch.Tensor) -> Iterator[Landed]:
        """Take a pass that was launched; gives those that landed meanwhile."""
        self._open.append((batch, logits))
        if len(self._open) >= self.passes:
            self._close()
            if self.passes == 1 or len(self._windows) > 1:
                yield from self._windows.popleft().land()

    def land(self) -> Iterator[Landed]:
        """All that are under way."""
        if self._open:
            self._close()
        while self._windows:
            yield from self._windows.popleft().land()

    def _close(self) -> None:
        self._windows.append(_Window.of(self._open))
        self._open = []


@dataclass(frozen=True, eq=False)
class _Window:
    batches: list[IntArray]
    logits: torch.Tensor
    event: torch.cuda.Event | None

    @classmethod
    def of(cls, passes: list[tuple[IntArray, torch.Tensor]]) -> _Window:
        """Start the copy of the logits of some passes."""
        import torch

        batches = [batch for batch, _ in passes]
        logits = torch.cat([own for _, own in passes]) if len(passes) > 1 else passes[0][1]
        if logits.device.type != "cuda":
            return cls(batches, logits, None)
        copy = torch.empty(logits.shape, dtype=logits.dtype, pin_memory=True)
        copy.copy_(logits, non_blocking=True)
        event = torch.cuda.Event()  # type: ignore[no-untyped-call]
        event.record(torch.cuda.current_stream(logits.device))
        return cls(batches, copy, event)

    def land(self) -> Iterator[Landed]:
        """Wait for the copy: the one time that the host waits."""
        if self.event is not None:
            self.event.synchronize()
        logits = np.asarray(self.logits.float().cpu().numpy(), dtype=np.float64)
        ends = np.cumsum([len(batch) for batch in self.batches])
        yield from zip(self.batches, np.split(logits, ends[:-1]), strict=True)
