"""Moments at which the receive worker has something to do: a heap, and who wakes it.

Everything happens in the receive worker's thread; only the alarm has one of its own, and
all that it does is to wake the worker when the earliest moment has come.
"""

from __future__ import annotations

import heapq
import itertools
import math
import threading
import time
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    Action = Callable[[float], None]


class Alarm(Protocol):
    """Wakes the receive worker at a moment."""

    def set(self, due: float) -> None:
        """Wake it at `due`, in seconds of `time.perf_counter`, or earlier."""
        ...

    def close(self) -> None:
        """Wake nobody any more."""
        ...


class Timers:
    """Actions and when each is due.

    Args:
        alarm: Told of the earliest moment.
    """

    def __init__(self, alarm: Alarm) -> None:
        self._alarm = alarm
        self._heap: list[tuple[float, int, Action]] = []
        self._numbers = itertools.count()

    def at(self, due: float, action: Action) -> None:
        """Have `action` called with the time, at `due` or a little later.

        It can't be taken back: an action looks whether it is still wanted.
        """
        first = not self._heap or due < self._heap[0][0]
        heapq.heappush(self._heap, (due, next(self._numbers), action))
        if first:
            self._alarm.set(due)

    def run(self, now: float) -> None:
        """Call what is due by now, in the order of the moments."""
        heap = self._heap
        while heap and heap[0][0] <= now:
            heapq.heappop(heap)[2](now)
        if heap:
            self._alarm.set(heap[0][0])

    def close(self) -> None:
        """Forget everything."""
        self._heap.clear()
        self._alarm.close()


class ThreadAlarm:
    """An alarm that sleeps in a thread, which is started when it is first needed.

    Args:
        wake: Called, in that thread, at the moment.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._due = math.inf
        self._closed = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def set(self, due: float) -> None:
        """As the Protocol says."""
        with self._changed:
            if due < self._due:
                self._due = due
                self._changed.notify()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="rpcx-alarm", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """As the Protocol says; the thread has ended then."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        with self._changed:
            while not self._closed:
                left = self._due - time.perf_counter()
                if left <= 0:
                    self._due = math.inf
                    self._wake()
                else:
                    self._changed.wait(None if left == math.inf else left)
