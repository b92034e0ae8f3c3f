"""The way of results from the engine's thread to the one that prints.

The engine only appends. It wakes the reader where that sleeps, so that a lone result is
told at once; under load the reader finds many at a time and nobody is woken for each.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")

CAPACITY = 50_000
"""Results that may wait; a reader that is slower than the engine holds it up."""


class Feed(Generic[T]):
    """A bounded queue of results with one reader, cheap to write.

    Args:
        eager: Wake the reader for every result, not only when it looks by itself.
        writers: How many write; there are no more results once all of them have finished.
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
        """Add a result; waits while `CAPACITY` of them are unread."""
        self._results.append(result)
        if self._asleep and self._eager:
            self._arrived.set()
        if len(self._results) >= CAPACITY:
            self._wait_for_room()

    def finish(self) -> None:
        """Say, once for each writer, that it writes no more."""
        with self._lock:
            self._writing -= 1
            if self._writing:
                return
        self.finished = True
        self._arrived.set()

    def close(self) -> None:
        """Say that nobody writes any more, whatever became of the writers."""
        self.finished = True
        self._arrived.set()

    def abandon(self) -> None:
        """Say that nobody reads any more: no writer waits for room."""
        self.finished = True
        self._room.set()

    def wait(self, timeout_s: float) -> list[T]:
        """The results so far, after at most `timeout_s` seconds; empty where none came."""
        if not self._results and not self.finished:
            self._sleep(timeout_s)
        results = self._results
        batch = [results.popleft() for _ in range(len(results))]
        self._room.set()
        return batch

    def nap(self, timeout_s: float) -> None:
        """Let results gather for a while; ends early once there are no more to come."""
        if not self.finished:
            self._arrived.clear()
            if not self.finished:
                self._arrived.wait(timeout_s)

    def _sleep(self, timeout_s: float) -> None:
        self._arrived.clear()
        self._asleep = True
        # Appended before the flag was up: nobody would wake us for it.
        if not self._results and not self.finished:
            self._arrived.wait(timeout_s)
        self._asleep = False

    def _wait_for_room(self) -> None:
        self._room.clear()
        while len(self._results) >= CAPACITY and not self.finished:
            self._arrived.set()
            self._room.wait(1.0)
            self._room.clear()
