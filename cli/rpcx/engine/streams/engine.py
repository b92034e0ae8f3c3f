"""Any number of streams over one channel, all driven by its one receive worker."""

from __future__ import annotations

import math
import time
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from rpcx.connections import passed
from rpcx.engine.streams.eager import EagerReceiver, EagerSender
from rpcx.engine.streams.lifetime import LiveStream
from rpcx.engine.streams.timers import Timers
from rpcx.results import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rpcx.connections import Connections, Holder
    from rpcx.engine.feed import Feed
    from rpcx.engine.source import Source
    from rpcx.engine.streams.sides import ReceivingSide, SendingSide
    from rpcx.engine.streams.tee import Sources
    from rpcx.errors import RpcxError
    from rpcx.plans.streams import StreamPlan
    from rpcx.results import StreamAnnouncement
    from rpcx.transport.protocol import Transport


class Moment(NamedTuple):
    """The streams at one moment, for a live view.

    Attributes:
        open: Streams that have not ended.
        sends: Sends that are outstanding.
        receives: Receives that are outstanding.
        blocked_s: How long these sends have been outstanding, added up.
        waiting_s: How long these receives have been outstanding, added up.
        hungry: Streams with nothing to send until more input arrives.
        holder: What holds back most of these sends; None where that is not known.
    """

    open: int
    sends: int
    receives: int
    blocked_s: float
    waiting_s: float
    hungry: int
    holder: Holder | None = None


class StreamEngine:
    """Drives the streams of a plan on a connected transport and announces each message.

    Args:
        plan: What to open, and how often.
        transport: A channel that is ready; no other thread drives it.
        sources: The messages of each sender of each stream.
        feed: Where completed sends, received messages and ended streams go.
        show: Returns a received message as JSON, for the sentences of a script.
        clock: Returns seconds of `time.perf_counter`.

    Attributes:
        begun: When the first stream was opened, in seconds of `time.perf_counter`.
        streams: All of them, in the order of their numbers.
        connections: What passed over the connection in the run, once it is over; None before, and
            where the transport does not know.
    """

    def __init__(
        self,
        plan: StreamPlan,
        transport: Transport,
        sources: Sources,
        feed: Feed[StreamAnnouncement],
        show: Callable[[bytes], bytes] = bytes,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._transport = transport
        self._feed = feed
        self._clock = clock
        self._timers = Timers()
        self._hungry: set[LiveStream] = set()
        self._has_arrived = False
        self._stopped = ""
        self._is_cancelled = False
        self.begun = 0.0
        self.connections: Connections | None = None
        self._sources = sources
        self._arriving: list[Source] = []
        self.streams = [
            LiveStream(number, plan, transport, self._timers, feed.announce, self._hungry)
            for number in range(plan.streams)
        ]
        for live in self.streams:
            if plan.script:
                _follow_script(plan, live, show)
                continue
            mine = sources.of_stream(live.number)
            self._arriving += mine
            live.sending = _sending_side(plan, live, mine)
            live.receiving = _receiving_side(plan, live)

    @property
    def error(self) -> RpcxError | None:
        """The first error on this side; None if there is none."""
        return next((live.error for live in self.streams if live.error is not None), None)

    def run(self) -> None:
        """Drive the streams to their ends. To be run in its own thread."""
        try:
            before = self._transport.facts()
            self._transport.ping()
            self.begun = self._clock()
            for source in dict.fromkeys(self._arriving):
                source.on_arrival(self._on_arrival)
            for live in self.streams:
                live.begin(self._clock())
            self._drive()
            self.connections = passed(before, self._transport.facts())
        finally:
            self._feed.finish()

    def stop(self, reason: str) -> None:
        """Cancel the streams, from any thread; what was received is kept."""
        self._stopped = self._stopped or reason
        self._transport.wake()

    def cancel(self) -> None:
        """Cancel the streams: after `stop` there is nothing left to drain."""
        self.stop("interrupted")

    def moment(self, now: float) -> Moment:
        """Return what the streams do at `now`; from any thread."""
        sends = [since for live in self.streams if (since := live.sending.busy_since) is not None]
        receives = [
            since for live in self.streams if (since := live.receiving.busy_since) is not None
        ]
        holders = Counter(live.holder for live in self.streams)
        del holders[None]
        return Moment(
            open=sum(not live.is_over for live in self.streams),
            sends=len(sends),
            receives=len(receives),
            blocked_s=sum(max(now - since, 0.0) for since in sends),
            waiting_s=sum(max(now - since, 0.0) for since in receives),
            hungry=len(self._hungry),
            holder=next((holder for holder, _ in holders.most_common(1)), None),
        )

    def _drive(self) -> None:
        left = len(self.streams)
        events, timers, clock = self._transport.events, self._timers, self._clock
        while left:
            # Most batches are empty: the streams' sides were told of what happened.
            for event in events(timers.next):
                if isinstance(event, Outcome):
                    self._end(event)
                    left -= 1
            if self._stopped:
                self._cancel_all()
            elif timers.next < math.inf and timers.next <= (now := clock()):
                timers.run(now)
            if self._has_arrived:
                self._has_arrived = False
                self._resume(clock())

    def _end(self, outcome: Outcome) -> None:
        live = outcome.tag
        assert isinstance(live, LiveStream)  # noqa: S101 -- the tag that it gave itself
        self._feed.announce(live.end(outcome))
        self._sources.release(live.number)

    def _cancel_all(self) -> None:
        if not self._is_cancelled:
            self._is_cancelled = True
            for live in self.streams:
                live.cancel(self._stopped)

    def _on_arrival(self) -> None:
        """Note, from any thread, that there may be data again."""
        self._has_arrived = True
        self._transport.wake()

    def _resume(self, now: float) -> None:
        hungry = tuple(self._hungry)
        self._hungry.clear()
        for live in hungry:
            live.resume(now)


def _follow_script(plan: StreamPlan, live: LiveStream, show: Callable[[bytes], bytes]) -> None:
    from rpcx.engine.streams.scripted import ScriptedReceiver, ScriptedSender  # noqa: PLC0415 -- as needed

    live.sending = script = ScriptedSender(live, plan.script, show)
    live.receiving = ScriptedReceiver(live, plan.max_responses, script)


def _sending_side(plan: StreamPlan, live: LiveStream, sources: Sequence[Source]) -> SendingSide:
    if len(sources) == 1 and plan.rate_per_s is None and not plan.send_delay_s:
        return EagerSender(live, sources[0], plan.total)
    from rpcx.engine.streams.senders import TurnTakingSenders  # noqa: PLC0415 -- as needed

    return TurnTakingSenders(live, sources, plan.total, plan.rate_per_s, plan.send_delay_s)


def _receiving_side(plan: StreamPlan, live: LiveStream) -> ReceivingSide:
    if plan.receivers == 1 and not plan.recv_delay_s:
        return EagerReceiver(live, plan.max_responses)
    from rpcx.engine.streams.receivers import NoReceiver, TurnTakingReceivers  # noqa: PLC0415 -- as needed

    if not plan.receivers:
        return NoReceiver()
    return TurnTakingReceivers(live, plan.receivers, plan.recv_delay_s, plan.max_responses)
