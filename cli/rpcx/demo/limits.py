"""What makes a call wait: a place among the handlers, and the one stall."""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

    from rpcx.demo.counting import Counts


class Stall:
    """A time, once, in which the server sends nothing; it is measured from the first call.

    Args:
        length: Its length in seconds; 0 for none.
        after: Seconds from the first call to its beginning.
    """

    def __init__(self, length: float, after: float) -> None:
        self._length = length
        self._after = after
        self._start = math.inf

    def left(self, now: float) -> float:
        """Seconds that whoever asks at `now` has still to wait; the first to ask starts it."""
        if not self._length:
            return 0.0
        if self._start == math.inf:
            self._start = now + self._after
        if now < self._start:
            return 0.0
        return max(self._start + self._length - now, 0.0)


class Places:
    """The places in which handlers run; calls beyond them queue in order of arrival."""

    def __init__(self, most: int | None) -> None:
        self._free = asyncio.Semaphore(most) if most else None

    async def take(self, counts: Counts) -> None:
        """Wait for a place. Meanwhile the call counts as waiting."""
        if self._free is None:
            return
        counts.wait(1)
        try:
            await self._free.acquire()
        finally:
            counts.wait(-1)

    def give_back(self) -> None:
        """Leave the place to the next."""
        if self._free is not None:
            self._free.release()


class Run:
    """One handler's run: `async with` waits for a place, and counts what happens in it."""

    __slots__ = ("_counts", "_places", "_started_ns")

    def __init__(self, places: Places, counts: Counts) -> None:
        self._places = places
        self._counts = counts
        self._started_ns = 0

    async def __aenter__(self) -> Self:
        await self._places.take(self._counts)
        self._started_ns = self._counts.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._places.give_back()
        if kind is not None and issubclass(kind, asyncio.CancelledError):
            self._counts.cancel()
        else:
            self._counts.finish(self._started_ns)
