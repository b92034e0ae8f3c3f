"""An open loop: calls are due at a rate, whatever the server does.

A pacing thread starts them. One that is due while all slots are busy waits for the next
free slot, and since it was due its wait counts. The lock guards what both threads touch:
the calls that wait, and the count of those started.
"""

from __future__ import annotations

import math
import sys
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Final

from rpcx.engine.share import WHOLE
from rpcx.engine.source import Dry
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
        self._pacing = True
        self._stopped_at = math.inf
        self._arrived = threading.Event()
        self._pacer = threading.Thread(target=self._keep_pace, name="rpcx-pacing", daemon=True)

    @property
    def due(self) -> int:
        """Calls that have become due, started or not."""
        return self.started + len(self._waiting) + sum(self.not_started)

    def stop(self, reason: str) -> None:
        """Start nothing more: what was due and has not started never will."""
        if not self._stopped.is_set():
            self._stopped_at = clock()
        self._end(reason)
        self._forget_waiting()
        self._arrived.set()
        self._transport.wake()

    def cancel(self) -> None:
        """Cancel what is in flight, from any thread."""
        self._forget_waiting()
        super().cancel()

    def _begin(self) -> None:
        self._source.on_arrival(self._arrived.set)
        self._pacer.start()

    def _going_on(self) -> bool:
        with self._lock:
            in_flight = self.started != self._finished
        return in_flight or self._pacing or bool(self._waiting)

    def _on_woken(self, now: float) -> None:
        """Nothing to do: calls start when they are due."""

    def _slot_free(self, now: float) -> None:
        with self._lock:
            # The pacing thread may have taken the slot since it became free.
            if self._waiting and self.in_flight < self._concurrency:
                call = self._waiting.popleft()
                call.started = now
                self._start(call)

    def _keep_pace(self) -> None:
        """The pacing thread."""
        usual_s = sys.getswitchinterval()
        sys.setswitchinterval(_SWITCH_S)
        try:
            start = self.begun
            end = start + (self._plan.duration_s or math.inf)
            while not self._stopped.is_set():
                request = self._take()
                if request is Dry.NOT_YET:
                    waited_from = clock()
                    self._arrived.wait()
                    self._arrived.clear()
                    # No data, no call that could have been due: the clock stood still.
                    start += clock() - waited_from
                elif request is not Dry.END:
                    due = start + self._pace.due(self._taken - 1)
                    self._sleep_until(min(due, end))
                    if due < end:
                        self._start_or_wait(Call(next(self._numbers), due, request))
                    else:
                        self.stop("duration")
            self._count_missed(start, min(end, self._stopped_at))
        finally:
            sys.setswitchinterval(usual_s)
            self._pacing = False
            self._transport.wake()

    def _count_missed(self, start: float, end: float) -> None:
        """Count the calls that were due before a stop and that this thread came too late for."""
        if self._stopped_at == math.inf:
            return
        while self._taken != self._total and start + self._pace.due(self._taken) < end:
            method = self._source.skip()
            if isinstance(method, Dry):
                return
            self._taken += 1
            self.not_started[method] += 1

    def _start_or_wait(self, call: Call) -> None:
        with self._lock:
            if self._stopped.is_set():
                self.not_started[call.request.method] += call.due < self._stopped_at
            elif self.in_flight < self._concurrency and not self._waiting:
                call.started = clock()
                self._start(call)
            else:
                call.waited = True
                self._waiting.append(call)

    def _sleep_until(self, due: float) -> None:
        while (left := due - clock()) > 0:
            if left > _INTERRUPTIBLE_S:
                if self._stopped.wait(min(left - _INTERRUPTIBLE_S, _LONGEST_WAIT_S)):
                    return
            else:
                time.sleep(left)

    def _forget_waiting(self) -> None:
        with self._lock:
            for call in self._waiting:
                self.not_started[call.request.method] += 1
            self._waiting.clear()
