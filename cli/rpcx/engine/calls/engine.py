"""The engine of unary calls: one thread that starts calls and fetches their ends.

The law: the channel is shared by all calls, and one thread (`run`) does everything: it fetches
events, and between two batches the loop starts what may start. The loop also says when it has to
look again. What a call goes through is in `flight`, which request is next in `intake`, when there
was no connection in `gaps`. Other threads only leave a note (`stop`, `cancel`) and wake this one.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

from rpcx.connections import passed
from rpcx.engine.calls.flight import Flight
from rpcx.engine.calls.gaps import Gaps
from rpcx.engine.calls.intake import Intake
from rpcx.engine.calls.share import WHOLE
from rpcx.results import Outcome, Standing

if TYPE_CHECKING:
    from collections.abc import Callable

    from rpcx.connections import Connections
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


class Loop(Protocol):
    """What says when calls start."""

    @property
    def due(self) -> int:
        """Calls that have become due."""
        ...

    def begin(self, begun: float) -> None:
        """Note that the run began at this moment."""
        ...

    def going_on(self) -> bool:
        """Return whether a call may start that has not yet."""
        ...

    def turn(self, now: float) -> float:
        """Start the calls that may start; return when to call this again at the latest."""
        ...

    def forget(self) -> None:
        """Start nothing that was due and has not started."""
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
        self._clock = parts.clock
        self._loop = loop
        self._finish = finish
        self._to_cancel = False
        self._connections: Connections | None = None
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
            connections=self._connections,
        )

    def run(self) -> None:
        """Carry out the plan; return when every call has ended. To be run in its own thread."""
        try:
            self._intake.ended.wait(max(self.begin_at - self._clock(), 0.0))
            self.begun = self.begin_at or self._clock()
            loop, flight, clock = self._loop, self._flight, self._clock
            loop.begin(self.begun)
            before = self._transport.facts()
            self._transport.ping()
            events, end_call, turn = self._transport.events, flight.end, loop.turn
            until = turn(clock())
            while flight.started != flight.finished or loop.going_on():
                for event in events(until):
                    if type(event) is Outcome:
                        end_call(event)
                if self._to_cancel:
                    self._cancel()
                until = turn(clock())
            self._connections = passed(before, self._transport.facts())
        finally:
            self._intake.end("error")  # if it has not ended
            self._loop.forget()
            self._gaps.ended(self._clock())
            self._finish()

    def stop(self, reason: str) -> None:
        """Start nothing more, from any thread; what is in flight goes on."""
        self._intake.stop(reason)
        self._transport.wake()

    def cancel(self) -> None:
        """Start nothing more and cancel what is in flight, from any thread."""
        self._intake.stop("interrupted")
        self._to_cancel = True
        self._transport.wake()

    def _cancel(self) -> None:
        """Cancel what is in flight; here, where no call can start meanwhile."""
        self._to_cancel = False
        self._flight.cancelling = True
        self._transport.cancel_all()

    def look(self, now: float) -> None:
        """Note whether there is a connection; from the driver's thread, every 50 ms or so."""
        flight = self._flight
        at_work = flight.started != flight.finished or not self._intake.ended.is_set()
        if self.begun and at_work:
            self._gaps.look(now)

    def trust(self, other: UnaryEngine) -> None:
        """Take over which methods another engine of the same plan has verified."""
        for method, known in zip(self._flight.methods, other._flight.methods, strict=True):
            method.verified = known.verified
