"""Workers that take turns on one side of a stream (law 2)."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from rpcx.results import WorkerTally

if TYPE_CHECKING:
    from rpcx.engine.source import Source


class Worker:
    """One sender or receiver.

    Attributes:
        number: From 0.
        source: Where a sender's messages come from.
        turns: How often it took its turn from another worker, or first.
        messages: The number of messages it sent, or received.
        waiting_s: How long it waited for its turn, in seconds.
        ready_at: Since when it has been waiting for its turn.
    """

    __slots__ = ("messages", "number", "ready_at", "source", "turns", "waiting_s")

    def __init__(self, number: int, source: Source | None = None) -> None:
        self.number = number
        self.source = source
        self.turns = 0
        self.messages = 0
        self.waiting_s = 0.0
        self.ready_at = 0.0

    def tally(self) -> WorkerTally:
        """Return what it has done so far."""
        return WorkerTally(self.number, self.turns, self.messages, self.waiting_s)


class Turns:
    """The queue of workers that are ready: first come, first served."""

    def __init__(self) -> None:
        self._ready: deque[Worker] = deque()
        self._last: Worker | None = None

    def __bool__(self) -> bool:
        return bool(self._ready)

    @property
    def first(self) -> Worker:
        """The worker whose turn is next."""
        return self._ready[0]

    def join(self, worker: Worker, now: float) -> None:
        """Add a worker that is ready; it waits for its turn from now on."""
        worker.ready_at = now
        self._ready.append(worker)

    def skip(self) -> Worker:
        """Remove the next worker without a turn: it has nothing to do."""
        return self._ready.popleft()

    def take(self, now: float) -> Worker:
        """Give the next worker its turn."""
        worker = self._ready.popleft()
        worker.waiting_s += max(now - worker.ready_at, 0.0)
        if worker is not self._last:
            worker.turns += 1
            self._last = worker
        return worker

    def clear(self) -> None:
        """Remove all workers."""
        self._ready.clear()
