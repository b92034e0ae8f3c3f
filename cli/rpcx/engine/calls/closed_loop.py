"""A closed loop: `concurrency` slots, and a call that ends makes room for the next.

A ramp changes the number of slots: a new one is filled at once, and one that is given up
starts no other call once its own has ended.

Nothing is started while there is no connection: calls that can only wait say nothing
about the server. Once a call's deadline has gone by without one, the run ends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rpcx.engine.calls.flight import Call
from rpcx.engine.source import Dry

if TYPE_CHECKING:
    from rpcx.engine.calls.engine import Parts
    from rpcx.engine.source import Request
    from rpcx.plans.ramps import Ramp

_RECONNECT_POLL_S: Final = 0.02


class ClosedLoop:
    """Calls start as soon as a slot is free.

    Args:
        parts: Of the engine.
    """

    def __init__(self, parts: Parts) -> None:
        self._plan = parts.plan
        self._share = parts.share
        self._transport = parts.transport
        self._gaps = parts.gaps
        self._intake = parts.intake
        self._flight = parts.flight
        self._helpers = parts.helpers
        self._clock = parts.clock
        self._slots = parts.share.of_slots(parts.plan.concurrency)
        self._held: Request | None = None

    @property
    def due(self) -> int:
        """Calls that have become due: those that were started."""
        return self._flight.started

    def begin(self, begun: float) -> None:
        """Fill the slots."""
        self._intake.on_arrival(self._transport.wake)
        ramp = self._plan.ramp
        if ramp is not None:
            self._slots = 0
            self._helpers.start(lambda: self._change_slots(ramp, begun), "rpcx-ramp")
        self.slot_free(self._clock())

    def going_on(self) -> bool:
        """Return whether more may start; without a connection, wait for one first."""
        since = self._gaps.since
        if since is not None and self._needs_connection():
            self._await_connection(since)
        return self._flight.started != self._flight.finished or not self._intake.ended.is_set()

    def woken(self, now: float) -> None:
        """Fill the slots: data has arrived, or there are more slots."""
        self.slot_free(now)

    def slot_free(self, now: float) -> None:
        """Start calls in all slots that are free."""
        # Where data came short before, or slots have been added, more are free than this one.
        # Where some were given up, none is.
        flight, intake = self._flight, self._intake
        while flight.started - flight.finished < self._slots:
            if intake.reason or self._gaps.since is not None:
                return
            request = self._held or intake.take()
            self._held = None
            if isinstance(request, Dry):
                return
            flight.start(Call(next(intake.numbers), now, request))
            now = self._clock()

    def forget(self) -> None:
        """Do nothing: what is due has started."""

    def _change_slots(self, ramp: Ramp, begun: float) -> None:
        """Have as many slots as the ramp says, in a thread of its own."""
        for seconds, slots in ramp.whole_values():
            if self._intake.ended.wait(max(begun + seconds - self._clock(), 0.0)):
                return
            self._slots = self._share.of_slots(slots)
            self._transport.wake()

    def _needs_connection(self) -> bool:
        """Return whether a call is left, or may come; to know that, its request is taken."""
        if self._held is None and not self._intake.ended.is_set():
            request = self._intake.take()
            if isinstance(request, Dry):
                return request is Dry.NOT_YET
            self._held = request
        return self._held is not None

    def _await_connection(self, since: float) -> None:
        limit = self._plan.longest_timeout_s
        while not self._transport.ready() and not self._intake.ended.wait(_RECONNECT_POLL_S):
            if limit is not None and self._clock() - since > limit:
                self._intake.stop("connection_lost")
                return
        if self._transport.ready():
            now = self._clock()
            self._gaps.ended(now)
            self.slot_free(now)
