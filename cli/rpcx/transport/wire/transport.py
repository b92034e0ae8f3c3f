"""The Protocol of `rpcx.transport` on links of our own.

The law: one thread at a time drives the transport and holds `_driving`. It is the thread in
`events` or `connect`; if there is none, a thread in `ready`. Only the driver touches
connections, streams and deadlines. Other threads append their orders to `_orders` and wake the
driver if it sleeps. So nothing else needs a lock, and calls get stream numbers in the order of
their starts.

A call waits for a connection, and then for a stream on it. If an attempt to connect fails, the
calls that wait fail too, unless the target waits for ready (gRPC's doc/wait-for-ready.md).
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from dataclasses import replace
from threading import get_ident
from typing import TYPE_CHECKING, Final

from rpcx.connections import Held
from rpcx.results import Outcome, Status
from rpcx.transport.wire.attempt import Attempt
from rpcx.transport.wire.calls import CANCELLED_HERE, Call
from rpcx.transport.wire.deadlines import Deadlines
from rpcx.transport.wire.frames import ErrorCode
from rpcx.transport.wire.links import Links
from rpcx.transport.wire.messages import DEFAULT_LARGEST
from rpcx.transport.wire.origin import origin_of
from rpcx.transport.wire.peer import Limits
from rpcx.transport.wire.receiving import end_call
from rpcx.transport.wire.requests import RequestHead
from rpcx.transport.wire.sockets import Sockets
from rpcx.transport.wire.streams import WireStream

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rpcx.connections import Connections
    from rpcx.results import Metadata
    from rpcx.target.target import Target
    from rpcx.transport.protocol import Event, OnReceived, OnSent
    from rpcx.transport.wire.calls import StreamCall
    from rpcx.transport.wire.link import Link

_clock = time.perf_counter

_LOST_LATELY_S: Final = 1.0
_LOOK_S: Final = 0.1
_ASKED_S: Final = 1.0
_DEADLINE: Final = "Deadline Exceeded"


class _WireUnary:
    """A unary method, its headers prepared."""

    def __init__(self, transport: WireTransport, method: str, metadata: Metadata) -> None:
        self._transport = transport
        self._head = RequestHead(transport.origin, method, metadata)
        # One tuple, so that another thread never sees the frame of another message.
        self._last: tuple[bytes | None, bytes, str] = (None, b"", "")

    def start(
        self,
        tag: object,
        request: bytes,
        timeout_s: float | None,
        metadata: Metadata | None = None,
    ) -> None:
        transport = self._transport
        known, framed, refusal = self._last
        if request is not known:
            framed, refusal = self._head.frame(request), transport.refused(request)
            self._last = (request, framed, refusal)
        deadline = math.inf if timeout_s is None else _clock() + timeout_s
        call = Call(tag, self._head, metadata, framed, timeout_s, deadline)
        if refusal:
            transport.submit(lambda: transport.end(call, Status.RESOURCE_EXHAUSTED, refusal))
        else:
            transport.submit(call)


class WireTransport:
    """HTTP/2 by our own hands behind the `Transport` Protocol.

    Args:
        target: Where to.
        index: Which of several it is: of several addresses each tries another one first.

    Attributes:
        origin: What all its requests have in common.
        queue: What happened and was not fetched.
        streams: Streams whose Outcome was not fetched.
        driver: The thread that reports what happened, while it does; 0 at other times.
    """

    name = "wire"

    def __init__(self, target: Target, index: int = 0) -> None:
        settings = target.channel
        self._target = target
        self._waits_for_ready = target.wait_for_ready
        limits = Limits(message=settings.max_message_bytes or DEFAULT_LARGEST)
        self._largest_sent = settings.max_message_bytes
        self.origin = origin_of(target)
        self.queue: deque[Event | StreamCall] = deque()
        self.streams: dict[WireStream, None] = {}
        self.driver = 0
        self._orders: deque[Callable[[], None] | Call] = deque()
        self._driving = threading.Lock()
        self._sockets = Sockets()
        self._sleeping = False
        self._is_woken = False
        self._deadlines = Deadlines()
        self._waiting: dict[Call, None] = {}
        self._links = Links(target, self.queue, limits, self._sockets, self._attempt_failed, index)

    # The connection.

    def connect(self, timeout_s: float, keep_waiting: Callable[[], bool]) -> bool:
        end = _clock() + timeout_s
        links, may_retry = self._links, True
        with self._driving:
            links.wanted = True
            while True:
                left = end - _clock()
                self._turn(0.0)
                if links.ready:
                    return True
                failed = links.has_failed and not self._waits_for_ready
                if failed and may_retry and left > 0 and self.attempt.was_hung_up_on:
                    # One backend of several may be gone: the next may serve.
                    may_retry = False
                    links.retry_now()
                    continue
                if failed or left <= 0 or not keep_waiting():
                    return False
                self._turn(_clock() + min(left, _LOOK_S))

    def why_not(self) -> str:
        from rpcx.transport.wire.verdict import verdict  # noqa: PLC0415 -- for a failure alone

        return verdict(self.attempt, self._target, attempted)

    @property
    def attempt(self) -> Attempt:
        """The last attempt to connect, which may be under way."""
        links = self._links
        attempt, link = links.attempt or Attempt(), links.current
        if link is not None and not link.established:
            attempt.said = link.connection.said
        return attempt

    def watch(self, tell: Callable[[str], None], *, states: bool = False) -> None:
        self._links.tell_found = tell
        if states:
            self._links.tell_state = lambda state: tell(f"channel is {state}")

    def ready(self) -> bool:
        links = self._links
        links.wanted = True
        if self._driving.acquire(blocking=False):
            try:
                self._turn(0.0)
            finally:
                self._driving.release()
        elif not links.ready:
            self._sockets.ring()
        return links.ready

    def refusal(self) -> str:
        return self._links.failure

    def lately_lost(self) -> bool:
        return _clock() - self._links.lost_at < _LOST_LATELY_S

    def facts(self) -> Connections:
        return self._links.facts()

    def ping(self) -> None:
        self.submit(self._ping)

    # Calls.

    def unary(self, method: str, metadata: Metadata) -> _WireUnary:
        return _WireUnary(self, method, metadata)

    def stream(
        self,
        tag: object,
        method: str,
        metadata: Metadata,
        timeout_s: float | None,
        on_sent: OnSent,
        on_received: OnReceived,
    ) -> WireStream:
        head = RequestHead(self.origin, method, metadata)
        deadline = math.inf if timeout_s is None else _clock() + timeout_s
        stream = WireStream(self, tag, head, timeout_s, deadline, on_sent, on_received)
        self.streams[stream] = None
        self.submit(stream)
        return stream

    def events(self, until: float = math.inf) -> Sequence[Event]:
        queue = self.queue
        with self._driving:
            while True:
                self._turn(until)
                if queue or self._is_woken or _clock() >= until:
                    break
            self._is_woken = False
            self.driver = get_ident()
            try:
                return self._delivered()
            finally:
                self.driver = 0

    def _delivered(self) -> Sequence[Event]:
        """Take what happened, and have streams report what is theirs.

        A stream may have more to report at once: it goes on until there is enough to send. Events
        that came before a stream's report are returned before it is made.
        """
        queue = self.queue
        link = self._links.current
        batch: list[Event] = []
        while queue:
            if batch and isinstance(queue[0], WireStream):
                break
            event = queue.popleft()
            if isinstance(event, WireStream):
                outcome = event.deliver()
                if outcome is not None:
                    batch.append(outcome)
                self._carry_out(_clock())
                if link is not None and link.connection.is_full:
                    break
            else:
                batch.append(event)  # type: ignore[arg-type] # there are no other streams
        return batch

    def wake(self) -> None:
        self._is_woken = True
        if self._sleeping:
            self._sockets.ring()

    def cancel_all(self) -> None:
        self.submit(self._cancel_all)

    def close(self) -> None:
        with self._driving:
            self._cancel_all()
            self._links.close(_clock())
            self._sockets.close()

    # Orders, from any thread.

    def submit(self, order: Callable[[], None] | Call) -> None:
        """Have the driver do something, or start a call."""
        self._orders.append(order)
        if self._sleeping:
            self._sockets.ring()

    def refused(self, message: bytes) -> str:
        """Return why a message may not be sent; empty where it may."""
        largest = self._largest_sent
        if largest is None or len(message) <= largest:
            return ""
        return f"CLIENT: Sent message larger than max ({len(message)} vs. {largest})"

    # What the driver does.

    def _turn(self, until: float) -> None:
        """Carry out orders, send and receive; if nothing came, wait for something to happen.

        Args:
            until: When the wait ends at the latest, in seconds.
        """
        now = _clock()
        self._carry_out(now)
        links = self._links
        if now >= self._deadlines.next:
            self._expire(now)
        came = links.step(now, needed=bool(self._waiting))
        if self._waiting:
            self._start_waiting(now)
        if not came and not self.queue and not self._orders and now < until:
            self._sleep(until, now)

    def _carry_out(self, now: float) -> None:
        orders = self._orders
        while orders:
            order = orders.popleft()
            if isinstance(order, Call):
                self._begin(order, now)
            else:
                order()

    def _sleep(self, until: float, now: float) -> None:
        until = min(until, self._deadlines.next, self._links.before_sleep(now))
        if self.queue:
            return
        self._sleeping = True
        try:
            if self._orders or self._is_woken:
                return
            wait_s = until - _clock()
            if wait_s > 0:
                self._sockets.wait(wait_s)
        finally:
            self._sleeping = False

    def _begin(self, call: Call, now: float) -> None:
        """Give a call a stream, or let it wait for one."""
        if call.is_over:
            return
        if call.timeout_s is not None:
            self._deadlines.add(call)
        link = self._links.current
        if link is not None and not self._waiting and link.connection.may_start():
            link.connection.start(call, now)
            return
        if link is None and self._links.failure and not self._waits_for_ready:
            self.end(call, Status.UNAVAILABLE, self._links.failure)
            return
        call.waits_since = now
        self._waiting[call] = None

    def _start_waiting(self, now: float) -> None:
        link = self._links.current
        if link is None:
            return
        connection = link.connection
        while self._waiting and connection.may_start():
            call = next(iter(self._waiting))
            del self._waiting[call]
            self._note_wait(call, link, now)
            connection.start(call, now)

    def _note_wait(self, call: Call, link: Link, now: float) -> None:
        """Note how long a call waited for a stream; the wait for a connection does not count."""
        queued_s = now - max(call.waits_since, link.ready_at)
        if queued_s > 0 or call.waits_since > link.ready_at:
            call.held = Held(queued_s)
            link.connection.queued += 1
            link.connection.held = link.connection.held.plus(call.held)

    def _attempt_failed(self, why: str) -> None:
        if not self._waits_for_ready:
            for call in tuple(self._waiting):
                self.end(call, Status.UNAVAILABLE, why)

    def _expire(self, now: float) -> None:
        for call in self._deadlines.take_over(now):
            if isinstance(call, WireStream):
                call.end_as(Status.DEADLINE_EXCEEDED, _DEADLINE)
            else:
                self.end(call, Status.DEADLINE_EXCEEDED, _DEADLINE)

    def end(self, call: Call, status: Status, details: str) -> None:
        """End a call from this side; only the driver may."""
        if call.is_over:
            return
        self._waiting.pop(call, None)
        if call.connection is not None:
            call.connection.reset(call, ErrorCode.CANCEL)
        outcome = Outcome(call.tag, _clock(), status, details, None, call.headers, (), False)
        end_call(call, outcome, self.queue)

    def cancel(self, call: Call) -> None:
        """End a call because it is not wanted any more; only the driver may."""
        self.end(call, Status.CANCELLED, CANCELLED_HERE)

    def _cancel_all(self) -> None:
        open_calls = (call for link in self._links.all for call in link.connection.calls())
        for call in (*self._waiting, *open_calls):
            if not isinstance(call, WireStream):
                self.cancel(call)
        for stream in tuple(self.streams):
            stream.give_up()

    def _ping(self) -> None:
        self._links.ping(_clock())


def attempted(target: Target, tell: Callable[[str], None] | None = None) -> Attempt:
    """Make one attempt to connect to a target, for a second at most, and return it.

    Args:
        target: Where to.
        tell: Given what it finds, a line each.
    """
    transport = WireTransport(replace(target, wait_for_ready=False))
    if tell is not None:
        transport.watch(tell)
    try:
        transport.connect(_ASKED_S, lambda: True)
        return transport.attempt
    finally:
        transport.close()
