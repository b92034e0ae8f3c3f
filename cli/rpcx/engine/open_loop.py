"""An open loop: calls are due at a rate, whatever the server does.

A pacing thread starts them. Where it comes late, the receive worker starts them too when it
comes by: at a high rate one thread that does both gets more done, and reads answers sooner,
than two that fight for the interpreter. One that is due while all slots are busy waits for the
next free slot, and since it was due its wait counts.

The lock guards what both threads touch: the next call, those that wait, and the count of
those started. Who finds it taken goes on, for whoever has it looks again afterwards.
"""

from __future__ import annotations

import math
import sys
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Final

from rpcx.engine.share import WHOLE
from rpcx.engine.source import END, NOT_YET, Dry
from rpcx.engine.unary import Call, UnaryEngine, clock

if TYPE_CHECKING:
    from rpcx.engine.feed import Feed
    from rpcx.engine.pacing import Pace
    from rpcx.engine.share import Share
    from rpcx.engine.source import RequestSource
    from rpcx.plan import UnaryPlan
    from rpcx.results import CallResult
    from rpcx.transport.protocol import Transport

_LONGEST_WAIT_S: Final = 3600.0
_SWITCH_S: Final = 0.0005
"""How long another thread may keep the interpreter from one that is due; Python's own 5 ms
doubled the lateness at 5,000/s. The statistics are what keeps it so long."""

_GIVE_WAY_S: Final = 0.0002
"""How long the pacing thread leaves what is due to the receive worker, once that helps."""

_INTERRUPTIBLE_S: Final = 0.05
"""Longer waits listen for a stop; a shorter one is a plain sleep, which wakes sooner."""


class OpenLoop(UnaryEngine):
    """The unary engine with calls that start when they are due.

    Args:
        plan: What to do.
        transport: A channel that is ready; nobody else drives it meanwhile.
        source: The requests.
        feed: Where the results go.
        share: Which of the plan's calls are this engine's.
        pace: When they are due.
    """

    def __init__(
        self,
        plan: UnaryPlan,
        transport: Transport,
        source: RequestSource,
        feed: Feed[CallResult],
        pace: Pace,
        share: Share = WHOLE,
    ) -> None:
        super().__init__(plan, transport, source, feed, share)
        self._pace = pace
        self._lock = threading.Lock()
        self._waiting: deque[Call] = deque()
        self._upcoming: Call | None = None
        self._next_due = math.inf
        self._dry_since: float | None = None
        self._start_at = self._end_at = 0.0
        self._helped = False
        self._pacing = True
        self._arrived = threading.Event()

    @property
    def due(self) -> int:
        """Calls that have become due, started or not."""
        return self.started + len(self._waiting) + sum(self.not_started)

    def stop(self, reason: str) -> None:
        """Start nothing more: what was due and has not started never will."""
        self._stop(reason)
        self._forget_due()
        self._arrived.set()
        self._transport.wake()

    def cancel(self) -> None:
        """Cancel what is in flight, from any thread."""
        self._forget_due()
        super().cancel()

    def _begin(self) -> None:
        self._source.on_arrival(self._arrived.set)
        self._help(self._keep_pace, "rpcx-pacing")

    def _end_helpers(self) -> None:
        self._end("fault")
        self._arrived.set()
        super()._end_helpers()

    def _going_on(self) -> bool:
        with self._lock:
            in_flight = self.started != self._finished
        return in_flight or self._pacing or bool(self._waiting)

    def _on_woken(self, now: float) -> None:
        """Nothing to do: calls start when they are due."""

    def _slot_free(self, now: float) -> None:
        if (self._waiting or self._next_due <= now) and self._lock.acquire(blocking=False):
            try:
                # Two for one that has ended, so that what is late is made up for.
                self._helped = self._start_one()
                self._start_one()
            finally:
                self._lock.release()

    def _start_one(self) -> bool:
        """Start a call that waits or is due, or let it wait; False where there is none.

        The lock is held.
        """
        now = clock()
        slot = self.in_flight < self._concurrency
        if slot and self._waiting:
            call = self._waiting.popleft()
            call.started = now
            self._start(call)
            return True
        upcoming = self._upcoming
        if upcoming is None or self._next_due > now or self._stopped.is_set():
            return False
        if slot:
            upcoming.started = now
            upcoming.waited = self._gaps.since is not None
            self._start(upcoming)
        else:
            upcoming.waited = True
            self._waiting.append(upcoming)
        self._prepare()
        return True

    def _catch_up(self) -> None:
        """The pacing thread starts what is due."""
        while self._may_start():
            with self._lock:
                self._start_one()
            helped, self._helped = self._helped, False
            if helped and self._next_due <= clock():
                time.sleep(_GIVE_WAY_S)

    def _may_start(self) -> bool:
        """Looked at without the lock: a slot may have become free while it was taken."""
        if self._waiting and self.in_flight < self._concurrency:
            return True
        return self._next_due <= clock() and not self._stopped.is_set()

    def _prepare(self) -> None:
        """Have the next call ready, with the lock held.

        The pacing thread reads without the lock when that is due: it is told last.
        """
        self._upcoming = None
        next_due = math.inf
        request = self._take()
        if request is NOT_YET:
            self._dry_since = clock()
        elif request is not END:
            due = self._start_at + self._pace.due(self._taken - 1)
            if due < self._end_at:
                self._upcoming = Call(next(self._numbers), due, request)
                next_due = due
        self._next_due = next_due

    def _keep_pace(self) -> None:
        """The pacing thread."""
        usual_s = sys.getswitchinterval()
        sys.setswitchinterval(_SWITCH_S)
        try:
            self._start_at = self.begun
            self._end_at = end = self.begun + (self._plan.duration_s or math.inf)
            with self._lock:
                self._prepare()
            while not self._stopped.is_set():
                next_due = self._next_due  # first: that there is no data is known before
                if self._dry_since is not None:
                    self._await_data(self._dry_since)
                else:
                    self._sleep_until(min(next_due, end))
                self._catch_up()
                if clock() >= end:
                    self.stop("duration")
            self._count_missed(end)
        finally:
            sys.setswitchinterval(usual_s)
            self._pacing = False
            self._transport.wake()

    def _await_data(self, since: float) -> None:
        self._arrived.wait()
        self._arrived.clear()
        with self._lock:
            if not self._stopped.is_set():
                # No data, no call that could have been due: the clock stood still.
                self._start_at += clock() - since
                self._dry_since = None
                self._prepare()

    def _count_missed(self, end: float) -> None:
        """Count the calls that were due before a stop and that nobody came to."""
        if self.stopped_at is None:
            return
        start, end = self._start_at, min(end, self.stopped_at)
        while self._taken != self._total and start + self._pace.due(self._taken) < end:
            method = self._source.skip()
            if isinstance(method, Dry):
                return
            self._taken += 1
            self.not_started[method] += 1

    def _sleep_until(self, due: float) -> None:
        while (left := due - clock()) > 0:
            if left > _INTERRUPTIBLE_S:
                if self._stopped.wait(min(left - _INTERRUPTIBLE_S, _LONGEST_WAIT_S)):
                    return
            else:
                time.sleep(left)

    def _forget_due(self) -> None:
        with self._lock:
            for call in self._waiting:
                self.not_started[call.request.method] += 1
            self._waiting.clear()
            upcoming, self._upcoming = self._upcoming, None
            self._next_due = math.inf
            stopped_at = math.inf if self.stopped_at is None else self.stopped_at
            if upcoming is not None and upcoming.due < stopped_at:
                self.not_started[upcoming.request.method] += 1
