"""An open loop: calls are due at a rate, whatever the server does.

A pacing thread starts them. Where it comes late, the receive worker starts them too when it
comes by: at a high rate one thread that does both gets more done, and reads answers sooner,
than two that fight for the interpreter. One that is due while all slots are busy waits for the
next free slot, and since it was due its wait counts.

The lock guards what both threads touch: the next call, those that wait, and the count of
those started. A thread that finds the lock held moves on: the holder checks again before it
leaves.
"""

from __future__ import annotations

import math
import sys
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Final

from rpcx.engine.calls.flight import Call
from rpcx.engine.source import END, NOT_YET

if TYPE_CHECKING:
    from collections.abc import Callable

    from rpcx.engine.calls.engine import Parts
    from rpcx.engine.calls.pacing import Pace

_LONGEST_WAIT_S: Final = 3600.0
_SWITCH_S: Final = 0.0005
"""How long another thread may keep the interpreter from one that is due; Python's own 5 ms
doubled the lateness at 5,000/s. The statistics are what keeps it so long."""

_GIVE_WAY_S: Final = 0.0002
"""How long the pacing thread leaves what is due to the receive worker, once that helps."""

_INTERRUPTIBLE_S: Final = 0.05
"""Longer waits listen for a stop; a shorter one is a plain sleep, which wakes sooner."""


class OpenLoop:
    """Calls start when they are due.

    Args:
        parts: Of the engine.
        pace: When calls are due.
        sleep: Waits for so many seconds.
    """

    def __init__(
        self, parts: Parts, pace: Pace, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._duration_s = parts.plan.duration_s
        self._transport = parts.transport
        self._gaps = parts.gaps
        self._intake = parts.intake
        self._flight = parts.flight
        self._helpers = parts.helpers
        self._clock = parts.clock
        self._slots = parts.share.of_slots(parts.plan.concurrency)
        self._pace = pace
        self._sleep = sleep
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
        return self._flight.started + len(self._waiting) + sum(self._intake.not_started)

    def begin(self, begun: float) -> None:
        """Start the pacing thread."""
        self._start_at = begun
        self._end_at = begun + (self._duration_s or math.inf)
        self._intake.on_arrival(self._arrived.set)
        self._helpers.start(self._keep_pace, "rpcx-pacing")

    def going_on(self) -> bool:
        """Return whether a call may start that has not yet."""
        with self._lock:
            in_flight = self._flight.started != self._flight.finished
        return in_flight or self._pacing or bool(self._waiting)

    def woken(self, now: float) -> None:
        """Do nothing: calls start when they are due."""

    def slot_free(self, now: float) -> None:
        """Start what is due and late, unless the pacing thread does so just now."""
        if (self._waiting or self._next_due <= now) and self._lock.acquire(blocking=False):
            try:
                # Two for one that has ended, so that what is late is made up for.
                self._helped = self._start_one()
                self._start_one()
            finally:
                self._lock.release()

    def forget(self) -> None:
        """Count what was due and has not started as never started."""
        with self._lock:
            not_started = self._intake.not_started
            for call in self._waiting:
                not_started[call.request.method] += 1
            self._waiting.clear()
            upcoming, self._upcoming = self._upcoming, None
            self._next_due = math.inf
            stopped_at = self._intake.stopped_at
            if upcoming is not None and (stopped_at is None or upcoming.due < stopped_at):
                not_started[upcoming.request.method] += 1
        self._arrived.set()

    def _start_one(self) -> bool:
        """Start a call that waits or is due, or let it wait; return False where there is none.

        The lock is held.
        """
        now = self._clock()
        flight = self._flight
        slot = flight.started - flight.finished < self._slots
        if slot and self._waiting:
            call = self._waiting.popleft()
            call.started = now
            flight.start(call)
            return True
        upcoming = self._upcoming
        if upcoming is None or self._next_due > now or self._intake.ended.is_set():
            return False
        if slot:
            upcoming.started = now
            upcoming.waited = self._gaps.since is not None
            flight.start(upcoming)
        else:
            upcoming.waited = True
            self._waiting.append(upcoming)
        self._prepare()
        return True

    def _catch_up(self) -> None:
        """Start what is due, in the pacing thread."""
        while self._may_start():
            with self._lock:
                self._start_one()
            helped, self._helped = self._helped, False
            if helped and self._next_due <= self._clock():
                self._sleep(_GIVE_WAY_S)

    def _may_start(self) -> bool:
        """Look without the lock: a slot may have become free while it was held."""
        flight = self._flight
        if self._waiting and flight.started - flight.finished < self._slots:
            return True
        return self._next_due <= self._clock() and not self._intake.ended.is_set()

    def _prepare(self) -> None:
        """Have the next call ready, with the lock held.

        The pacing thread reads without the lock when that call is due, so that is set last.
        """
        self._upcoming = None
        next_due = math.inf
        intake = self._intake
        request = intake.take()
        if request is NOT_YET:
            self._dry_since = self._clock()
        elif request is not END:
            due = self._start_at + self._pace.due(intake.taken - 1)
            if due < self._end_at:
                self._upcoming = Call(next(intake.numbers), due, request)
                next_due = due
        self._next_due = next_due

    def _keep_pace(self) -> None:
        """Start calls when they are due, in the pacing thread."""
        usual_s = sys.getswitchinterval()
        sys.setswitchinterval(_SWITCH_S)
        ended = self._intake.ended
        try:
            with self._lock:
                self._prepare()
            while not ended.is_set():
                next_due = self._next_due  # first: that there is no data is known before
                if self._dry_since is not None:
                    self._await_data(self._dry_since)
                else:
                    self._sleep_until(min(next_due, self._end_at))
                self._catch_up()
                if self._clock() >= self._end_at:
                    self._intake.stop("duration")
                    self.forget()
            self._count_missed()
        finally:
            sys.setswitchinterval(usual_s)
            self._pacing = False
            self._transport.wake()

    def _await_data(self, since: float) -> None:
        self._arrived.wait()
        self._arrived.clear()
        with self._lock:
            if not self._intake.ended.is_set():
                # No data, no call that could have been due: the clock stood still.
                self._start_at += self._clock() - since
                self._dry_since = None
                self._prepare()

    def _count_missed(self) -> None:
        """Count the calls that were due before a stop and that no thread came to."""
        stopped_at = self._intake.stopped_at
        if stopped_at is None:
            return
        start, end = self._start_at, min(self._end_at, stopped_at)
        while start + self._pace.due(self._intake.taken) < end and self._intake.pass_over():
            continue

    def _sleep_until(self, due: float) -> None:
        while (left := due - self._clock()) > 0:
            if left > _INTERRUPTIBLE_S:
                if self._intake.ended.wait(min(left - _INTERRUPTIBLE_S, _LONGEST_WAIT_S)):
                    return
            else:
                self._sleep(left)
