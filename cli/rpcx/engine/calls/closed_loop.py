"""A closed loop: `concurrency` slots, and a call that ends makes room for the next.

A ramp changes the number of slots: a new one is filled at once, and one that is given up
starts no other call once its own has ended.

Nothing is started while there is no connection: calls that can only wait say nothing
about the server. Once a call's deadline has gone by without one, the run ends.
"""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING, Final

from rpcx.engine.calls.flight import Call
from rpcx.engine.source import Dry

if TYPE_CHECKING:
    from rpcx.engine.calls.engine import Parts
    from rpcx.engine.source import Request

_RECONNECT_POLL_S: Final = 0.02
"""How often to look whether there is a connection again."""


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
        self._clock = parts.clock
        self._slots = parts.share.of_slots(parts.plan.concurrency)
        self._changes: deque[tuple[float, int]] = deque()
        self._held: Request | None = None

    @property
    def due(self) -> int:
        """Calls that have become due: those that were started."""
        return self._flight.started

    def begin(self, begun: float) -> None:
        """Note when the number of slots changes."""
        self._intake.on_arrival(self._transport.wake)
        ramp = self._plan.ramp
        if ramp is not None:
            self._slots = 0
            self._changes.extend(
                (begun + seconds, self._share.of_slots(slots))
                for seconds, slots in ramp.whole_values()
            )

    def going_on(self) -> bool:
        """Return whether another call may start."""
        return not self._intake.ended.is_set()

    def turn(self, now: float) -> float:
        """Start calls in all slots that are free; return when to look again, in seconds."""
        changes = self._changes
        while changes and changes[0][0] <= now:
            self._slots = changes.popleft()[1]
        since = self._gaps.since
        if since is not None and not self._is_connected(since, now):
            return now + _RECONNECT_POLL_S
        flight, intake = self._flight, self._intake
        while flight.started - flight.finished < self._slots and not intake.reason:
            request = self._held or intake.take()
            self._held = None
            if isinstance(request, Dry):
                break
            flight.start(Call(next(intake.numbers), now, request))
            now = self._clock()
        return changes[0][0] if changes else math.inf

    def forget(self) -> None:
        """Do nothing: what is due has started."""

    def _is_connected(self, since: float, now: float) -> bool:
        """Return whether there is a connection again; end the run if it stays away for too long.

        To know whether a call needs one, its request is taken, and held until it can start.
        """
        intake = self._intake
        if self._held is None and not intake.ended.is_set():
            request = intake.take()
            if not isinstance(request, Dry):
                self._held = request
        if self._transport.ready():
            self._gaps.ended(now)
            return True
        limit_s = self._plan.longest_timeout_s
        if self._held is not None and limit_s is not None and now - since > limit_s:
            intake.stop("connection_lost")
        return False
