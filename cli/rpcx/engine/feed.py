"""A queue of results from the engine's thread to the thread that prints.

The engine only appends. It wakes a reader that sleeps, so that a single result is shown at
once. Under load the reader finds many results at a time, and is not woken for each.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")

CAPACITY = 50_000
"""The most results that wait. A reader that is slower than the engine makes it wait."""


class Feed(Generic[T]):
    """A bounded queue of results with one reader, cheap to write.

    Args:
        eager: Wake the reader for every result; else it looks when its time is over.
        writers: The number of writers; the results end when all of them have finished.
    """

    def __init__(self, *, eager: bool, writers: int = 1) -> None:
        self._writing = writers
        self._lock = threading.Lock()
        self._results: deque[T] = deque()
        self._eager = eager
        self._asleep = False
        self._arrived = threading.Event()
        self._room = threading.Event()
        self.finished = False

    def announce(self, result: T) -> None:
        """Add a result; wait while `CAPACITY` results are unread."""
        self._results.append(result)
        if self._asleep and self._eager:
            self._arrived.set()
        if len(self._results) >= CAPACITY:
            self._wait_for_room()

    def finish(self) -> None:
        """Note that a writer has finished; to be called once by each."""
        with self._lock:
            self._writing -= 1
            if self._writing:
                return
        self.finished = True
        self._arrived.set()

    def close(self) -> None:
        """Note that nothing more is written, even if a writer has failed."""
        self.finished = True
        self._arrived.set()

    def abandon(self) -> None:
        """Note that nothing more is read, so that no writer waits for room."""
        self.finished = True
        self._room.set()

    def wait(self, timeout_s: float) -> list[T]:
        """Return the unread results, after at most `timeout_s` seconds; empty if there are none."""
        if not self._results and not self.finished:
            self._sleep(timeout_s)
        results = self._results
        batch = [results.popleft() for _ in range(len(results))]
        self._room.set()
        return batch

    def nap(self, timeout_s: float) -> None:
        """Let results gather for `timeout_s` seconds, or until the last one has come."""
        if not self.finished:
            self._arrived.clear()
            if not self.finished:
                self._arrived.wait(timeout_s)

    def _sleep(self, timeout_s: float) -> None:
        self._arrived.clear()
        self._asleep = True
        # A result that was appended before the flag was set wakes nobody.
        if not self._results and not self.finished:
            self._arrived.wait(timeout_s)
        self._asleep = False

    def _wait_for_room(self) -> None:
        self._room.clear()
        while len(self._results) >= CAPACITY and not self.finished:
            self._arrived.set()
            self._room.wait(1.0)
            self._room.clear()
