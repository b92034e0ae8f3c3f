"""The engine of unary calls: one thread that drains the channel, and a loop that starts calls.

The law: the channel is shared by all calls, and one thread, the receive worker (`run`),
fetches every event. What a call goes through is in `flight`, which request is next in
`intake`, when there was no connection in `gaps`; when calls start is the loop's affair.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

from rpcx.engine.calls.flight import Flight
from rpcx.engine.calls.gaps import Gaps
from rpcx.engine.calls.helpers import Helpers
from rpcx.engine.calls.intake import Intake
from rpcx.engine.calls.share import WHOLE
from rpcx.results import Outcome, Standing
from rpcx.transport.protocol import Woken

if TYPE_CHECKING:
    from collections.abc import Callable

    from rpcx.engine.calls.share import Share
    from rpcx.engine.feed import Feed
    from rpcx.engine.source import RequestSource
    from rpcx.plans.calls import UnaryPlan
    from rpcx.results import CallResult
    from rpcx.transport.protocol import Transport


class Parts:
    """What an engine and its loop share.

    Attributes:
        plan: What to do.
        share: Which of the plan's calls are this engine's.
        transport: The channel.
        gaps: When there was no connection.
        intake: Which request is next.
        flight: The calls.
        helpers: The engine's other threads.
        clock: Returns seconds of `time.perf_counter`.
    """

    def __init__(
        self,
        plan: UnaryPlan,
        transport: Transport,
        source: RequestSource,
        feed: Feed[CallResult],
        share: Share = WHOLE,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.plan = plan
        self.share = share
        self.transport = transport
        self.clock = clock
        self.gaps = Gaps(transport, lambda: self.flight.finished - self.flight.unanswered)
        self.intake = Intake(plan, source, share, clock)
        self.flight = Flight(plan, transport, self.gaps, feed.announce, clock)
        self.helpers = Helpers(self._on_fault)

    def _on_fault(self) -> None:
        self.intake.end("fault")
        self.transport.wake()


class Loop(Protocol):
    """What says when calls start."""

    @property
    def due(self) -> int:
        """Calls that have become due."""
        ...

    def begin(self, begun: float) -> None:
        """Start the first calls; the run began at this moment."""
        ...

    def going_on(self) -> bool:
        """Return whether an event is to be waited for although nothing is in flight."""
        ...

    def woken(self, now: float) -> None:
        """Data has arrived, or the run was stopped."""
        ...

    def slot_free(self, now: float) -> None:
        """A call has ended."""
        ...

    def forget(self) -> None:
        """Start nothing that was due and has not started; from any thread."""
        ...


class UnaryEngine:
    """Runs a `UnaryPlan` on a connected transport.

    Args:
        parts: The plan, the transport and what carries it out.
        loop: Says when calls start; made of the same parts.
        finish: Called once when nothing more is announced.

    Attributes:
        begin_at: When to begin, in seconds of `time.perf_counter`; 0 for at once.
        begun: When the run began, in seconds of `time.perf_counter`; 0 before.
    """

    def __init__(self, parts: Parts, loop: Loop, finish: Callable[[], None]) -> None:
        self._transport = parts.transport
        self._gaps = parts.gaps
        self._intake = parts.intake
        self._flight = parts.flight
        self._helpers = parts.helpers
        self._clock = parts.clock
        self._loop = loop
        self._finish = finish
        self.begin_at = 0.0
        self.begun = 0.0

    def standing(self) -> Standing:
        """Return how the run stands; from any thread."""
        gaps, intake, flight = self._gaps, self._intake, self._flight
        since = gaps.since
        return Standing(
            begun=self.begun,
            due=self._loop.due,
            started=flight.started,
            in_flight=flight.started - flight.finished,
            reissued=tuple(flight.reissued),
            not_started=tuple(intake.not_started),
            outages=gaps.outages(self.begun),
            outage=None if since is None else (since, gaps.cause),
            stopped_at=intake.stopped_at,
            end_reason=intake.reason,
            cpu_s=0.0,
            error=intake.error,
        )

    def run(self) -> None:
        """Do it all; return when every call has ended. To be run in a thread of its own."""
        try:
            self._intake.ended.wait(max(self.begin_at - self._clock(), 0.0))
            self.begun = self.begin_at or self._clock()
            loop, flight = self._loop, self._flight
            loop.begin(self.begun)
            next_event = self._transport.next_event
            end_call, slot_free = flight.end, loop.slot_free
            while flight.started != flight.finished or loop.going_on():
                event = next_event()
                if type(event) is Outcome:
                    if end_call(event):
                        slot_free(event.at)
                elif type(event) is Woken:
                    loop.woken(event.at)
        finally:
            self._intake.end("fault")  # unless it had ended
            self._loop.forget()
            self._helpers.join()
            self._gaps.ended(self._clock())
            self._finish()
        if self._helpers.fault is not None:
            raise self._helpers.fault

    def stop(self, reason: str) -> None:
        """Start nothing more, from any thread; what is in flight goes on."""
        self._intake.stop(reason)
        self._loop.forget()
        self._transport.wake()

    def cancel(self) -> None:
        """Cancel what is in flight, from any thread."""
        self._loop.forget()
        self._flight.cancelling = True
        self._transport.cancel_all()

    def look(self, now: float) -> None:
        """Note whether there is a connection; from the driver's thread, every 50 ms or so."""
        flight = self._flight
        at_work = flight.started != flight.finished or not self._intake.ended.is_set()
        if self.begun and at_work and self._gaps.look(now):
            # The receive worker may be waiting for an event that only a new call can bring.
            self._transport.wake()

    def trust(self, other: UnaryEngine) -> None:
        """Take for verified what another engine of the same methods has verified."""
        for method, known in zip(self._flight.methods, other._flight.methods, strict=True):
            method.verified = known.verified
