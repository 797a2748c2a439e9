"""What belongs to an event loop and ends with it: a client, whose connections no other loop can use."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from typing import Any

__all__ = ["OfLoop"]


class OfLoop:
    """One client for each event loop, made when it is first asked for and closed when the loop ends.

    A loop ends in `asyncio.run` and `asyncio.Runner`, or wherever `shutdown_asyncgens` is awaited; a client whose
    `OfLoop` is gone before is closed by its loop as well. One closed without can close nothing any more.
    """

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._kept: dict[asyncio.AbstractEventLoop, tuple[Any, AsyncGenerator[None, None]]] = {}

    def client(self) -> Any:
        """That of the running loop."""
        loop = asyncio.get_running_loop()
        if loop not in self._kept:
            for other in [own for own in list(self._kept) if own.is_closed()]:
                self._kept.pop(other, None)
            client = self._make()
            end = _end(weakref.ref(self), loop, client)
            with suppress(StopIteration):
                end.__anext__().send(None)  # to its `yield`: the loop knows of it from here on
            self._kept[loop] = client, end
        return self._kept[loop][0]


async def _end(of: weakref.ref[OfLoop], loop: asyncio.AbstractEventLoop, client: Any) -> AsyncGenerator[None, None]:
    """Waits until its loop shuts generators down, or nobody holds it: the two calls that a loop makes at an end.

    It does not hold the `OfLoop` that holds it: in a circle it would be found together with the open connections.
    """
    try:
        yield
    finally:
        if (own := of()) is not None:
            own._kept.pop(loop, None)
        await client.close()
