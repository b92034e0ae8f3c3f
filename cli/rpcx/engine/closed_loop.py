"""A closed loop: `concurrency` slots, and a call that ends makes room for the next.

A ramp changes the number of slots: a new one is filled at once, and one that is given up
starts no other call once its own has ended.

Nothing is started while there is no connection: calls that can only wait say nothing
about the server. Once a call's deadline has gone by without one, the run ends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rpcx.engine.source import Dry
from rpcx.engine.unary import Call, UnaryEngine, clock

if TYPE_CHECKING:
    from rpcx.engine.source import Request
    from rpcx.ramps import Ramp

_RECONNECT_POLL_S: Final = 0.02


class ClosedLoop(UnaryEngine):
    """The unary engine with calls that start as soon as a slot is free."""

    _held: Request | None = None

    @property
    def due(self) -> int:
        """Calls that have become due: those that were started."""
        return self.started

    def _begin(self) -> None:
        self._source.on_arrival(self._transport.wake)
        ramp = self._plan.ramp
        if ramp is not None:
            self._concurrency = 0
            self._help(lambda: self._change_slots(ramp), "rpcx-ramp")
        self._on_woken(clock())

    def _change_slots(self, ramp: Ramp) -> None:
        """The thread that has as many slots as the ramp says."""
        for seconds, slots in ramp.whole_values():
            if self._stopped.wait(max(self.begun + seconds - clock(), 0.0)):
                return
            self._concurrency = self._share.of_slots(slots)
            self._transport.wake()

    def _going_on(self) -> bool:
        since = self._gaps.since
        if since is not None and self._needs_connection():
            self._await_connection(since)
        return self.started != self._finished or not self._stopped.is_set()

    def _on_woken(self, now: float) -> None:
        self._slot_free(now)

    def _slot_free(self, now: float) -> None:
        # Where data came short before, or slots have been added, more are free than this one.
        # Where some were given up, none is.
        while self.started - self._finished < self._concurrency:
            if self.end_reason or self._gaps.since is not None:
                return
            request = self._held or self._take()
            self._held = None
            if isinstance(request, Dry):
                return
            self._start(Call(next(self._numbers), now, request))
            now = clock()

    def _needs_connection(self) -> bool:
        """Whether a call is left, or may come; to know that, its request is taken already."""
        if self._held is None and not self._stopped.is_set():
            request = self._take()
            if isinstance(request, Dry):
                return request is Dry.NOT_YET
            self._held = request
        return self._held is not None

    def _await_connection(self, since: float) -> None:
        limit = self._plan.longest_timeout_s
        while not self._transport.ready() and not self._stopped.wait(_RECONNECT_POLL_S):
            if limit is not None and clock() - since > limit:
                self._stop("connection_lost")
                return
        if self._transport.ready():
            now = clock()
            self._gaps.ended(now)
            self._on_woken(now)
