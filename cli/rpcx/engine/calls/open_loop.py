"""An open loop: calls are due at a rate, whatever the server does.

A call that is due while all slots are busy waits for the next free slot. It was due, so its wait
counts. While there is no data, no call is due: the clock of the pace stands still.

The engine's one thread starts the calls and fetches their ends. It waits for events until the next
call is due. If it comes late, it starts at most `_AT_ONCE` calls before it fetches events again:
answers that lie there would be late too.
"""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING, Final

from rpcx.engine.calls.flight import Call
from rpcx.engine.source import END, NOT_YET

if TYPE_CHECKING:
    from rpcx.engine.calls.engine import Parts
    from rpcx.engine.calls.pacing import Pace

_AT_ONCE: Final = 64


class OpenLoop:
    """Calls start when they are due.

    Args:
        parts: Of the engine.
        pace: When calls are due.
    """

    def __init__(self, parts: Parts, pace: Pace) -> None:
        self._duration_s = parts.plan.duration_s
        self._transport = parts.transport
        self._gaps = parts.gaps
        self._intake = parts.intake
        self._flight = parts.flight
        self._clock = parts.clock
        self._slots = parts.share.of_slots(parts.plan.concurrency)
        self._pace = pace
        self._waiting: deque[Call] = deque()
        self._upcoming: Call | None = None
        self._next_due = math.inf
        self._dry_since: float | None = None
        self._has_arrived = False
        self._is_forgotten = False
        self._start_at = self._end_at = 0.0

    @property
    def due(self) -> int:
        """Calls that have become due, started or not."""
        return self._flight.started + len(self._waiting) + sum(self._intake.not_started)

    def begin(self, begun: float) -> None:
        """Have the first call ready."""
        self._start_at = begun
        self._end_at = begun + (self._duration_s or math.inf)
        self._intake.on_arrival(self._on_arrival)
        self._prepare()

    def going_on(self) -> bool:
        """Return whether a call may start that has not yet."""
        return bool(self._waiting) or not self._intake.ended.is_set()

    def turn(self, now: float) -> float:
        """Start what is due; return when the next call is, in seconds."""
        intake = self._intake
        if now >= self._end_at:
            intake.stop("duration")
        if intake.stopped_at is not None:
            self.forget()
            return math.inf
        if self._has_arrived:
            self._has_arrived = False
            self._go_on(now)
        for _ in range(_AT_ONCE):
            if not self._start_one(now):
                return min(self._next_due, self._end_at)
            now = self._clock()
        return now

    def forget(self) -> None:
        """Count what was due and has not started as never started."""
        if self._is_forgotten:
            return
        self._is_forgotten = True
        stopped_at = self._intake.stopped_at
        not_started = self._intake.not_started
        for call in self._waiting:
            not_started[call.request.method] += 1
        self._waiting.clear()
        upcoming, self._upcoming = self._upcoming, None
        self._next_due = math.inf
        if stopped_at is None:
            return
        if upcoming is not None and upcoming.due < stopped_at:
            not_started[upcoming.request.method] += 1
        self._count_missed(min(self._end_at, stopped_at))

    def _on_arrival(self) -> None:
        """Note, from any thread, that there is data again."""
        self._has_arrived = True
        self._transport.wake()

    def _start_one(self, now: float) -> bool:
        """Start a call that waits or is due, or let it wait; return False if there is none."""
        flight = self._flight
        slot = flight.started - flight.finished < self._slots
        if slot and self._waiting:
            call = self._waiting.popleft()
            call.started = now
            flight.start(call)
            return True
        upcoming = self._upcoming
        if upcoming is None or self._next_due > now:
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

    def _prepare(self) -> None:
        """Have the next call ready."""
        self._upcoming = None
        self._next_due = math.inf
        intake = self._intake
        request = intake.take()
        if request is NOT_YET:
            self._dry_since = self._clock()
        elif request is not END:
            due = self._start_at + self._pace.due(intake.taken - 1)
            if due < self._end_at:
                self._upcoming = Call(next(intake.numbers), due, request)
                self._next_due = due

    def _go_on(self, now: float) -> None:
        """Go on after there was no data: no call could have been due meanwhile."""
        if self._dry_since is not None:
            self._start_at += now - self._dry_since
            self._dry_since = None
            self._prepare()

    def _count_missed(self, end: float) -> None:
        """Count the calls that were due before a moment and that were not even prepared."""
        start = self._start_at
        while start + self._pace.due(self._intake.taken) < end and self._intake.pass_over():
            continue
