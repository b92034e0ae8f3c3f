"""The Protocol of `rpcx.transport` on links of our own.

The law: one thread at a time drives (`_driving` is its lock): the one in `next_event` or `connect`,
else whoever asks `ready`. It alone touches connections, streams and deadlines. What other
threads want they put on `_orders`, and wake the driver where it sleeps; so nothing else needs
a lock, and calls get their stream numbers in the order in which they were started.

A call waits for a connection, and for a stream on it. Where an attempt to connect fails, calls that
wait fail with it, unless the target says to wait for ready (gRPC's doc/wait-for-ready.md). A
connection whose server said GOAWAY drains, while a new one takes new calls.
"""

from __future__ import annotations

import math
import os
import select
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple

from rpcx import __version__
from rpcx.results import Outcome, Status
from rpcx.transport.protocol import Woken
from rpcx.transport.wire.backoff import Backoff
from rpcx.transport.wire.calls import CANCELLED_HERE, Call
from rpcx.transport.wire.connection import Connection
from rpcx.transport.wire.deadlines import Deadlines
from rpcx.transport.wire.dial import Dial
from rpcx.transport.wire.frames import ErrorCode
from rpcx.transport.wire.link import Link
from rpcx.transport.wire.messages import DEFAULT_LARGEST, compressor
from rpcx.transport.wire.peer import Limits
from rpcx.transport.wire.receiving import end_call
from rpcx.transport.wire.requests import Origin, RequestHead
from rpcx.transport.wire.streams import WireStream

if TYPE_CHECKING:
    from collections.abc import Callable

    from rpcx.results import Metadata
    from rpcx.target import Target
    from rpcx.transport.protocol import Event, OnReceived, OnSent
    from rpcx.transport.wire.calls import StreamCall
    from rpcx.transport.wire.link import TlsFacts
    from rpcx.transport.wire.peer import PeerSettings

_clock = time.perf_counter

_CONNECT_S: Final = 20.0
"""How long one attempt may take, with TLS and the server's SETTINGS (connection-backoff.md)."""

_LOST_LATELY_S: Final = 1.0
_LOOK_S: Final = 0.1
_KEEPALIVE_TIMEOUT_S: Final = 20.0
_PING: Final = b"rpcxping"
_DEADLINE: Final = "Deadline Exceeded"
_UNIX_AUTHORITY: Final = "localhost"
"""What servers expect of a socket that has no host."""


class Traffic(NamedTuple):
    """What passed over connections, and what held it back.

    Attributes:
        sent_bytes: Bytes of HTTP/2 that were sent, before TLS.
        received_bytes: Bytes of HTTP/2 that came, after TLS.
        by_stream_s: For how long requests were held back by the windows of their streams,
            together, in seconds.
        by_connection_s: Likewise by the window of the connection.
        by_socket_s: For how long sockets took nothing more, in seconds.
    """

    sent_bytes: int = 0
    received_bytes: int = 0
    by_stream_s: float = 0.0
    by_connection_s: float = 0.0
    by_socket_s: float = 0.0

    def plus(self, link: Link) -> Traffic:
        """Return this and what passed over one more connection."""
        by_stream_s, by_connection_s, _ = link.connection.blocked_s
        return Traffic(
            self.sent_bytes + link.sent_bytes,
            self.received_bytes + link.received_bytes,
            self.by_stream_s + by_stream_s,
            self.by_connection_s + by_connection_s,
            self.by_socket_s + link.blocked_s,
        )


class Facts(NamedTuple):
    """What only this side of the wire knows.

    Attributes:
        tls: What TLS agreed on for the connection that there is; None for plaintext.
        peer: The settings of its server; None where there is no connection.
        rtt_s: The last round trip of a PING, in seconds; None where there was none.
        connections: Connections that came about.
        traffic: What passed over all of them, and what held it back.
        queued: Calls that waited for a connection, or for a stream that the server allows.
        queued_s: For how long, together, in seconds.
    """

    tls: TlsFacts | None
    peer: PeerSettings | None
    rtt_s: float | None
    connections: int
    traffic: Traffic
    queued: int
    queued_s: float


class _WireUnary:
    """A unary method, its headers prepared."""

    def __init__(self, transport: WireTransport, method: str, metadata: Metadata) -> None:
        self._transport = transport
        self._head = RequestHead(transport.origin, method, metadata)
        # One tuple, so that another thread never sees the frame of another message.
        self._last: tuple[bytes | None, bytes] = (None, b"")

    def start(
        self,
        tag: object,
        request: bytes,
        timeout_s: float | None,
        metadata: Metadata | None = None,
    ) -> None:
        transport = self._transport
        known, framed = self._last
        if request is not known:
            framed = transport.frame(request)
            self._last = (request, framed)
        deadline = math.inf if timeout_s is None else _clock() + timeout_s
        call = Call(tag, self._head, metadata, framed, timeout_s, deadline)
        refusal = transport.refused(request)
        if refusal:
            transport.submit(lambda: transport.end(call, Status.RESOURCE_EXHAUSTED, refusal))
        else:
            transport.begin(call)


class WireTransport:
    """HTTP/2 by our own hands behind the `Transport` Protocol.

    Args:
        target: Where to.
        index: Which of several it is; each has a connection of its own anyway.

    Attributes:
        origin: What all its requests have in common.
        events: What happened and was not fetched.
        streams: Streams whose Outcome was not fetched.
    """

    name = "wire"

    def __init__(self, target: Target, index: int = 0) -> None:  # noqa: ARG002 -- as others have it
        settings = target.channel
        self._target = target
        self._limits = Limits(message=settings.max_message_bytes or DEFAULT_LARGEST)
        self._largest_sent = settings.max_message_bytes
        self.origin = _origin(target)
        self.frame = compressor(self.origin.encoding)
        self.events: deque[Event | StreamCall] = deque()
        self.streams: dict[WireStream, None] = {}
        self._orders: deque[Callable[[], None] | Call] = deque()
        self._driving = threading.Lock()
        self._alarm = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._poll = select.poll()
        self._poll.register(self._alarm, select.POLLIN)
        self._sleeping = False
        self._deadlines = Deadlines()
        self._waiting: dict[Call, None] = {}
        self._link: Link | None = None
        self._links: list[Link] = []
        self._writable: set[int] = set()
        self._dial: Dial | None = None
        self._dialled_at = 0.0
        self._wanted = False
        self._backoff = Backoff(eager=target.wait_for_ready)
        self._retry_at = 0.0
        self._failure = ""
        self._lost_at = -math.inf
        self._keepalive_s = settings.keepalive_time_s or math.inf
        self._keepalive_timeout_s = settings.keepalive_timeout_s or _KEEPALIVE_TIMEOUT_S
        self._tell_state: Callable[[str], None] | None = None
        self._connections = 0
        self._past = Traffic()
        self._queued = 0
        self._queued_s = 0.0

    # The connection.

    def connect(self, timeout_s: float, keep_waiting: Callable[[], bool]) -> bool:
        end = _clock() + timeout_s
        with self._driving:
            self._wanted = True
            while True:
                left = end - _clock()
                self._turn(0.0)
                if self._is_ready:
                    return True
                if (self._failure and self._dial is None) or left <= 0 or not keep_waiting():
                    return False
                self._turn(min(left, _LOOK_S))

    def why_not(self) -> str:
        return self._failure

    def watch(self, tell: Callable[[str], None]) -> None:
        self._tell_state = tell

    def ready(self) -> bool:
        self._wanted = True
        if self._driving.acquire(blocking=False):
            try:
                self._turn(0.0)
            finally:
                self._driving.release()
        elif not self._is_ready:
            self._wake_driver()
        return self._is_ready

    def refusal(self) -> str:
        return self._failure

    def lately_lost(self) -> bool:
        return _clock() - self._lost_at < _LOST_LATELY_S

    def facts(self) -> Facts:
        """Return what only this side of the wire knows, as of now."""
        link = self._link
        traffic = self._past
        for one in tuple(self._links):
            traffic = traffic.plus(one)
        return Facts(
            tls=link.tls if link else None,
            peer=link.connection.peer if link else None,
            rtt_s=link.connection.rtt_s if link else None,
            connections=self._connections,
            traffic=traffic,
            queued=self._queued,
            queued_s=self._queued_s,
        )

    def ping(self) -> None:
        """Measure a round trip: `facts` has it once the answer came; from any thread."""
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
        self.begin(stream)
        return stream

    def next_event(self) -> Event | None:
        events = self.events
        with self._driving:
            while not events:
                self._turn(math.inf)
            event = events.popleft()
            return event.deliver() if isinstance(event, WireStream) else event  # type: ignore[return-value] # there are no other streams

    def wake(self) -> None:
        self.submit(self._woken)

    def cancel_all(self) -> None:
        self.submit(self._cancel_all)

    def close(self) -> None:
        with self._driving:
            self._cancel_all()
            now = _clock()
            for link in self._links:
                link.connection.close()
                link.flush(now)
                link.close()
            self._links.clear()
            self._link = None
            if self._dial is not None:
                self._dial.abandon()
                self._dial = None
            alarm, self._alarm = self._alarm, -1
            os.close(alarm)

    # Orders, from any thread.

    def begin(self, call: Call) -> None:
        """Start a call."""
        self._orders.append(call)
        if self._sleeping:
            self._wake_driver()

    def submit(self, order: Callable[[], None]) -> None:
        """Have the driver do something."""
        self._orders.append(order)
        if self._sleeping:
            self._wake_driver()

    def refused(self, message: bytes) -> str:
        """Return why a message may not be sent; empty where it may."""
        largest = self._largest_sent
        if largest is None or len(message) <= largest:
            return ""
        return f"CLIENT: Sent message larger than max ({len(message)} vs. {largest})"

    def _wake_driver(self) -> None:
        if self._alarm >= 0:
            os.eventfd_write(self._alarm, 1)

    # What the driver does.

    @property
    def _is_ready(self) -> bool:
        link = self._link
        return link is not None and link.connection.ready

    def _turn(self, wait_s: float) -> None:
        """Carry out orders, send and receive; wait for something to happen where nothing did.

        Args:
            wait_s: How long to wait at most, in seconds.
        """
        now = _clock()
        self._carry_out(now)
        link = self._link
        if self.events and (link is None or not link.connection.is_full):
            return
        if now >= self._deadlines.next:
            self._expire(now)
        if link is None:
            self._reconnect(now)
        came = False
        for one in self._links if len(self._links) == 1 else tuple(self._links):
            if one.connection.wants_to_send:
                one.flush(now)
            came |= one.read()
            connection = one.connection
            if one.lost or connection.draining or not one.established:
                self._look_at(one, now)
        if self._waiting:
            self._start_waiting(now)
        if not came and not self.events and not self._orders:
            self._sleep(wait_s, now)

    def _carry_out(self, now: float) -> None:
        orders = self._orders
        while orders:
            order = orders.popleft()
            if isinstance(order, Call):
                self._begin(order, now)
            else:
                order()

    def _sleep(self, wait_s: float, now: float) -> None:
        until = min(now + wait_s, self._deadlines.next)
        for link in tuple(self._links):
            self._await_writing(link)
            until = min(until, self._tend(link, now))
        if self.events:
            return
        if self._link is None and self._dial is None and (self._failure or self._wanted):
            until = min(until, self._retry_at)
        self._sleeping = True
        try:
            if self._orders:
                return
            timeout_ms = None if until == math.inf else max((until - now) * 1000, 0.0)
            for descriptor, _ in self._poll.poll(timeout_ms):
                if descriptor == self._alarm:
                    os.eventfd_read(self._alarm)
        finally:
            self._sleeping = False

    def _await_writing(self, link: Link) -> None:
        """Have poll look for room in a socket while something is unsent, and only then."""
        descriptor = link.fileno()
        wanted = link.awaits != select.POLLIN
        if wanted != (descriptor in self._writable):
            self._poll.modify(descriptor, link.awaits)
            self._writable ^= {descriptor}

    def _tend(self, link: Link, now: float) -> float:
        """Keep a quiet link alive; return when it is to be looked at next."""
        connection = link.connection
        if not connection.ready:
            return link.began + _CONNECT_S
        if self._keepalive_s == math.inf:
            return math.inf
        if connection.pinged_at is not None:
            due = connection.pinged_at + self._keepalive_timeout_s
            if now >= due:
                link.lost = "keepalive: no answer to a ping"
                self._lose(link, now)
            return due
        due = link.heard_at + self._keepalive_s
        if now >= due:
            connection.ping(_PING, now)
            link.flush(now)
            return now + self._keepalive_timeout_s
        return due

    def _look_at(self, link: Link, now: float) -> None:
        """See to a link that is not simply open."""
        connection = link.connection
        if not connection.ready and not link.lost and now - link.began > _CONNECT_S:
            link.lost = "Timeout: no SETTINGS came"
        if connection.fault is not None:
            link.flush(now)  # the GOAWAY that says so
        if connection.ready and not link.established:
            link.established = True
            self._established()
        if link.lost:
            self._lose(link, now)
        elif connection.draining:
            if link is self._link:
                self._link = None
                if "too_many_pings" in connection.goaway:
                    self._keepalive_s *= 2
                self._tell("idle")
            if not connection.open_calls:
                connection.close()
                link.flush(now)
                self._drop(link)

    def _lose(self, link: Link, now: float) -> None:
        connection = link.connection
        was_ready, was_current = connection.ready, link is self._link
        connection.lose(link.lost, now)
        self._drop(link)
        if not was_current:
            return
        self._link = None
        if was_ready:
            self._lost_at = now
            self._tell("idle")
        else:
            self._attempt_failed(f"{link.lost} before receiving SETTINGS", now)

    def _drop(self, link: Link) -> None:
        self._poll.unregister(link.fileno())
        self._writable.discard(link.fileno())
        self._links.remove(link)
        self._past = self._past.plus(link)
        link.close()

    def _reconnect(self, now: float) -> None:
        """Begin an attempt to connect where one is due, or see how one ended."""
        dial = self._dial
        if dial is None:
            if (self._wanted or self._waiting or self._failure) and now >= self._retry_at:
                self._wanted = False
                self._dialled_at = now
                self._tell("connecting")
                self._dial = Dial(self._target, _CONNECT_S, self._wake_driver)
            return
        if not dial.is_done:
            return
        self._dial = None
        if dial.socket is None:
            self._attempt_failed(dial.failure, now)
            return
        connection = Connection(self.events, self._limits)
        self._link = link = Link(connection, dial.socket, now)
        self._links.append(link)
        self._poll.register(link.fileno(), select.POLLIN)

    def _attempt_failed(self, why: str, now: float) -> None:
        self._failure = f"failed to connect to {self._target.address}; last error: {why}"
        self._retry_at = max(self._dialled_at + self._backoff.failed(), now)
        self._tell("transient failure")
        if not self._target.wait_for_ready:
            for call in tuple(self._waiting):
                self.end(call, Status.UNAVAILABLE, self._failure)

    def _established(self) -> None:
        self._connections += 1
        self._failure = ""
        self._retry_at = 0.0
        self._backoff.reset()
        self._tell("ready")

    def _tell(self, state: str) -> None:
        if self._tell_state is not None:
            self._tell_state(state)

    def _begin(self, call: Call, now: float) -> None:
        """Give a call a stream, or let it wait for one."""
        if call.is_over:
            return
        if call.timeout_s is not None:
            self._deadlines.add(call)
        link = self._link
        if link is not None and not self._waiting and link.connection.may_start():
            link.connection.start(call, now)
            return
        if link is None and self._failure and not self._target.wait_for_ready:
            self.end(call, Status.UNAVAILABLE, self._failure)
            return
        call.waits_since = now
        self._waiting[call] = None

    def _start_waiting(self, now: float) -> None:
        link = self._link
        if link is None:
            return
        connection = link.connection
        while self._waiting and connection.may_start():
            call = next(iter(self._waiting))
            del self._waiting[call]
            self._queued += 1
            self._queued_s += now - call.waits_since
            connection.start(call, now)

    def _expire(self, now: float) -> None:
        for call in self._deadlines.take_over(now):
            self.end(call, Status.DEADLINE_EXCEEDED, _DEADLINE)

    def end(self, call: Call, status: Status, details: str) -> None:
        """End a call from this side; only the driver may."""
        if call.is_over:
            return
        self._waiting.pop(call, None)
        if call.connection is not None:
            call.connection.reset(call, ErrorCode.CANCEL)
        outcome = Outcome(call.tag, _clock(), status, details, None, call.headers, (), False)
        end_call(call, outcome, self.events)

    def cancel(self, call: Call) -> None:
        """End a call because it is not wanted any more; only the driver may."""
        self.end(call, Status.CANCELLED, CANCELLED_HERE)

    def _cancel_all(self) -> None:
        open_calls = (call for link in self._links for call in link.connection.calls())
        for call in (*self._waiting, *open_calls):
            if not isinstance(call, WireStream):
                self.cancel(call)
        for stream in tuple(self.streams):
            stream.give_up()

    def _woken(self) -> None:
        self.events.append(Woken(_clock()))

    def _ping(self) -> None:
        if self._link is not None:
            self._link.connection.ping(_PING, _clock())


def _origin(target: Target) -> Origin:
    settings = target.channel
    # A relay that speaks TLS for us says so by this argument.
    scheme = dict(settings.arguments).get("grpc.http2_scheme")
    authority = settings.authority
    if authority is None and target.tls is not None and target.tls.server_name is not None:
        authority = target.tls.server_name
    if authority is None:
        authority = _UNIX_AUTHORITY if target.socket_path is not None else _authority(target)
    agent = f"rpcx/{__version__}"
    if settings.user_agent is not None:
        agent = f"{settings.user_agent} {agent}"
    compression = settings.compression
    return Origin(
        str(scheme) if scheme else ("http" if target.tls is None else "https"),
        authority,
        agent,
        None if compression is None or compression == "identity" else str(compression),
    )


def _authority(target: Target) -> str:
    """Return `host:port` of an address with or without a scheme."""
    if not target.hosts:
        return target.address
    host, port = target.hosts[0]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
