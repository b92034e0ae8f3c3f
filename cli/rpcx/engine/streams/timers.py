"""Moments at which the receive worker has something to do.

The worker alone uses them. It waits for events until the next moment, and then calls `run`.
"""

from __future__ import annotations

import heapq
import itertools
import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    Action = Callable[[float], None]


class Timers:
    """Actions and when each is due.

    Attributes:
        next: When the first is due, in seconds of `time.perf_counter`; infinite if none is.
    """

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Action]] = []
        self._numbers = itertools.count()
        self.next = math.inf

    def at(self, due: float, action: Action) -> None:
        """Have `action` called with the time, at `due` or a little later.

        It cannot be taken back: an action checks whether it is still wanted.
        """
        heapq.heappush(self._heap, (due, next(self._numbers), action))
        self.next = self._heap[0][0]

    def run(self, now: float) -> None:
        """Call what is due by now, in the order of the moments."""
        heap = self._heap
        while heap and heap[0][0] <= now:
            heapq.heappop(heap)[2](now)
        self.next = heap[0][0] if heap else math.inf
