"""An open loop: calls are due at a rate, whatever the server does.

A pacing thread starts them. One that is due while all slots are busy waits for the next
free slot, and since it was due its wait counts. The lock guards what both threads touch:
the calls that wait, and the count of those started.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Final

from rpcx.engine.source import Dry
from rpcx.engine.unary import Call, UnaryEngine, clock

if TYPE_CHECKING:
    from rpcx.engine.feed import Feed
    from rpcx.engine.pacing import ConstantRate
    from rpcx.engine.source import Request, RequestSource
    from rpcx.plan import UnaryPlan
    from rpcx.results import CallResult
    from rpcx.transport.protocol import Transport

_INTERRUPTIBLE_S: Final = 0.05
"""Longer waits listen for a stop; a shorter one is a plain sleep, which wakes sooner."""


class OpenLoop(UnaryEngine):
    """The unary engine with calls that start when they are due.

    Args:
        plan: What to do.
        transport: A channel that is ready; nobody else drives it meanwhile.
        source: The requests.
        feed: Where the results go.
        pace: When calls are due.
    """

    def __init__(
        self,
        plan: UnaryPlan,
        transport: Transport,
        source: RequestSource,
        feed: Feed[CallResult],
        pace: ConstantRate,
    ) -> None:
        super().__init__(plan, transport, source, feed)
        self._pace = pace
        self._lock = threading.Lock()
        self._waiting: deque[Call] = deque()
        self._not_started = 0
        self._pacing = True
        self._arrived = threading.Event()
        self._pacer = threading.Thread(target=self._keep_pace, name="rpcx-pacing", daemon=True)

    @property
    def due(self) -> int:
        """Calls that have become due, started or not."""
        return self.started + len(self._waiting) + self._not_started

    def stop(self, reason: str) -> None:
        """Start nothing more: what was due and has not started never will."""
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
        try:
            behind_s = 0.0
            while not self._stopped.is_set():
                request = self._take()
                if request is Dry.NOT_YET:
                    waited_from = clock()
                    self._arrived.wait()
                    self._arrived.clear()
                    # No data, no call that could have been due: the clock stood still.
                    behind_s += clock() - waited_from
                elif request is not Dry.END:
                    index = self._taken - 1
                    self._start_when_due(
                        index, self.begun + behind_s + self._pace.due(index), request
                    )
        finally:
            self._pacing = False
            self._transport.wake()

    def _start_when_due(self, index: int, due: float, request: Request) -> None:
        self._sleep_until(due)
        call = Call(index, due, request)
        with self._lock:
            if self._stopped.is_set():
                return
            if self.in_flight < self._concurrency and not self._waiting:
                call.started = clock()
                self._start(call)
            else:
                call.waited = True
                self._waiting.append(call)

    def _sleep_until(self, due: float) -> None:
        while (left := due - clock()) > 0:
            if left > _INTERRUPTIBLE_S:
                if self._stopped.wait(left - _INTERRUPTIBLE_S):
                    return
            else:
                time.sleep(left)

    def _forget_waiting(self) -> None:
        with self._lock:
            self._not_started += len(self._waiting)
            self._waiting.clear()
