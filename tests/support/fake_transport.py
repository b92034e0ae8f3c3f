"""A transport that does as a test says, without a clock and without a network.

Nothing happens by itself: whenever the engine waits for an event and there is none, the
next step of the test is done. If no step is left, time passes until the moment at which the engine
wants to go on. An engine that then waits without such a moment would wait for ever, which fails
the test.
"""

from __future__ import annotations

import math
import queue
import threading
import time
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any

from rpcx.engine.source import Dry
from rpcx.results import Outcome, Status
from rpcx.transport.protocol import Event, OutstandingError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from rpcx.connections import Holder
    from rpcx.results import Metadata
    from rpcx.transport.protocol import OnReceived, OnSent

PATIENCE_S = 10.0
"""How long a step of another thread may take; none is expected to."""


class FakeClock:
    """A clock that stands still unless it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """The time now."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let the time go by."""
        self.now += seconds


class FakeCall:
    """One RPC, unary or a stream, as the server and the wire see it.

    Attributes:
        tag: What the engine called it.
        unary: Whether it was started as a unary call, in one batch.
        timeout_s: Its deadline.
        method: Its path.
        metadata: Its headers.
        sent: The messages sent, each with its `more`.
        half_closed: Whether the client side is done.
        on_sent: Told of each completed send of a stream.
        on_received: Told of each message that it receives.
        ended: Whether its Outcome was told.
    """

    def __init__(
        self, transport: FakeTransport, tag: object, timeout_s: float | None, *, unary: bool
    ) -> None:
        self._transport = transport
        self.tag = tag
        self.unary = unary
        self.timeout_s = timeout_s
        self.method = ""
        self.metadata: Metadata = ()
        self.sent: list[tuple[bytes, bool]] = []
        self.half_closed = unary
        self.ended = False
        self.holder: Holder | None = None
        self.on_sent: OnSent
        self.on_received: OnReceived
        self._sending = False
        self._receiving = False
        self._inbox: deque[bytes] = deque()
        self._outcome: Outcome | None = None

    def send(self, message: bytes, *, more: bool = False) -> None:
        """The engine sends; done at once unless the transport holds sends."""
        if self._sending:
            raise OutstandingError
        assert not self.half_closed
        self.sent.append((message, more))
        self._sending = True
        if not self._transport.holds_sends:
            self.complete_send()

    def complete_send(self, *, ok: bool = True) -> None:
        """Core has the message that was outstanding."""
        self._sending = False
        self._transport.push(partial(self.on_sent, self._transport.clock(), ok))

    def half_close(self) -> None:
        """The engine half-closes."""
        assert not self._sending
        self.half_closed = True
        if self._transport.serve is not None:
            self._transport.serve(self)

    def receive(self) -> None:
        """The engine asks for a message."""
        if self._receiving:
            raise OutstandingError
        self._receiving = True
        self._pump()

    def cancel(self) -> None:
        """The engine cancels."""
        if not self.ended:
            self._inbox.clear()
            self._outcome = self._made(Status.CANCELLED, "cancelled here")
            self._pump()

    def deliver(self, *messages: bytes) -> None:
        """The server sends messages."""
        self._inbox.extend(messages)
        self._pump()

    def answer(
        self,
        *messages: bytes,
        status: Status = Status.OK,
        details: str = "",
        unprocessed: bool = False,
    ) -> None:
        """The server sends its last messages and ends the RPC."""
        if self.unary:
            self._end(self._made(status, details, messages[0] if messages else None, unprocessed))
            return
        self._outcome = self._made(status, details, None, unprocessed)
        self.deliver(*messages)

    def _made(
        self, status: Status, details: str, message: bytes | None = None, unprocessed: bool = False
    ) -> Outcome:
        now = self._transport.clock()
        return Outcome(self.tag, now, status, details, message, (), (), unprocessed)

    def _pump(self) -> None:
        """Tell what can be told; an Outcome comes last, once all messages were asked for."""
        if self._receiving and self._inbox:
            self._receiving = False
            self._tell_received(self._inbox.popleft())
        if self._outcome is not None and not self._inbox and not self.ended:
            failed = self._outcome.status is not Status.OK
            if self._receiving or failed:
                if self._sending:
                    self.complete_send(ok=False)
                if self._receiving:
                    self._tell_received(None)
                self._end(self._outcome)

    def _tell_received(self, message: bytes | None) -> None:
        self._transport.push(partial(self.on_received, self._transport.clock(), message))

    def _end(self, outcome: Outcome) -> None:
        assert not self.ended
        self.ended = True
        self._transport.push(outcome)


class FakeUnary:
    """A unary method of the transport."""

    def __init__(self, transport: FakeTransport, method: str, metadata: Metadata) -> None:
        self._transport = transport
        self._method = method
        self._metadata = metadata

    def start(
        self,
        tag: object,
        request: bytes,
        timeout_s: float | None,
        metadata: Metadata | None = None,
    ) -> None:
        """The engine starts a unary call."""
        transport = self._transport
        call = transport.opened(FakeCall(transport, tag, timeout_s, unary=True))
        call.method = self._method
        call.metadata = self._metadata if metadata is None else metadata
        call.sent.append((request, False))
        if transport.serve is not None:
            transport.serve(call)


class FakeTransport:
    """One channel, one server, both made up.

    Args:
        serve: Called with every call whose request is complete; None leaves calls open.
        clock: Times of events.

    Attributes:
        steps: What happens next, one step each time the engine waits in vain.
        always: What happens then once there are no more steps.
        until: When the engine wants to go on at the latest; infinite for never.
        calls: All RPCs that were started, in their order.
        most_open: The most that were open at once.
        connections: What `ready` says, one answer after the other; the last one stays.
        lost: Whether a connection was lost a moment ago.
        refused: Why the last attempt to connect failed.
        engine_clock: The clock of the engine that drives it: the given one, else the real one.
        holds_sends: Whether sends stay outstanding until the test completes them.
    """

    name = "fake"

    def __init__(
        self, serve: Callable[[FakeCall], None] | None = None, clock: FakeClock | None = None
    ) -> None:
        self.serve = serve
        self.clock = clock or FakeClock()
        self.engine_clock = clock or time.perf_counter
        self.steps: deque[Callable[[], Any]] = deque()
        self.always: Callable[[], Any] | None = None
        self.calls: list[FakeCall] = []
        self.most_open = 0
        self.connections: deque[bool] = deque([True])
        self.lost = False
        self.refused = ""
        self.holds_sends = False
        self.until = math.inf
        self._events: queue.SimpleQueue[Event | partial[None]] = queue.SimpleQueue()

    def connect(self, _timeout_s: float, _keep_waiting: Callable[[], bool]) -> bool:
        """Always."""
        return True

    def watch(self, tell: Callable[[str], None], *, states: bool = False) -> None:
        """There is no channel."""

    def why_not(self) -> str:
        """Nothing."""
        return ""

    def ready(self) -> bool:
        """The next of `connections`."""
        return self.connections[0] if len(self.connections) == 1 else self.connections.popleft()

    def refusal(self) -> str:
        """What the test says."""
        return self.refused

    def lately_lost(self) -> bool:
        """What the test says."""
        return self.lost

    def facts(self) -> None:
        """Nothing."""

    def ping(self) -> None:
        """Measure nothing."""

    def unary(self, method: str, metadata: Metadata) -> FakeUnary:
        """A method, ready to be called."""
        return FakeUnary(self, method, metadata)

    def stream(
        self,
        tag: object,
        method: str,
        metadata: Metadata,
        timeout_s: float | None,
        on_sent: OnSent,
        on_received: OnReceived,
    ) -> FakeCall:
        """The engine opens a stream."""
        call = FakeCall(self, tag, timeout_s, unary=False)
        call.method, call.metadata = method, metadata
        call.on_sent, call.on_received = on_sent, on_received
        return self.opened(call)

    def opened(self, call: FakeCall) -> FakeCall:
        """Count an RPC."""
        self.calls.append(call)
        self.most_open = max(self.most_open, len(self.open))
        return call

    @property
    def open(self) -> list[FakeCall]:
        """The RPCs that have not ended, in the order of their start."""
        return [call for call in self.calls if not call.ended]

    @property
    def kinds(self) -> list[str]:
        """`unary` or `stream` for each RPC."""
        return ["unary" if call.unary else "stream" for call in self.calls]

    def events(self, until: float = math.inf) -> Sequence[Event]:
        """What has happened; while that is nothing, the test's next steps."""
        self.until = until
        while self._events.empty() and (self.steps or self.always):
            step = self.steps.popleft() if self.steps else self.always
            assert step
            step()
        if self._events.empty() and until < math.inf:
            self.pass_time()
        batch = []
        event = self._events.get(timeout=PATIENCE_S)
        while True:
            if isinstance(event, partial):
                event()
            else:
                batch.append(event)
            if self._events.empty():
                return batch
            event = self._events.get()

    def pass_time(self) -> None:
        """A step: nothing happens until the engine wants to go on."""
        if isinstance(self.engine_clock, FakeClock):
            self.clock.now = max(self.clock.now, self.until)
        else:
            time.sleep(max(self.until - time.perf_counter(), 0.0))
        self.wake()

    def push(self, event: Event | partial[None]) -> None:
        """Let something happen, or a stream be told of it."""
        self._events.put(event)

    def wake(self) -> None:
        """As the Protocol says."""
        self.push(partial(_nothing))

    def cancel_all(self) -> None:
        """As the Protocol says."""
        for call in self.open:
            if call.unary:
                call.answer(status=Status.CANCELLED, details="cancelled here")
            else:
                call.cancel()

    def close(self) -> None:
        """Nothing to give back."""


def _nothing() -> None:
    """Have nothing to report: a wake-up."""


class FakeSource:
    """Requests that are there, and others that arrive.

    Args:
        items: What `take` gives in turn: messages, an error to raise, or `Dry.NOT_YET`,
            which it says until something arrives. After the last of them END.

    Attributes:
        ran_dry: Set once `take` had to say NOT_YET.
    """

    def __init__(self, items: Iterable[bytes | Dry | Exception]) -> None:
        self._items = iter(items)
        self._wake: Callable[[], None] = lambda: None
        self._waiting = False
        self.ran_dry = threading.Event()

    def take(self) -> bytes | Dry:
        """The next item."""
        if self._waiting:
            return Dry.NOT_YET
        item = next(self._items, Dry.END)
        if isinstance(item, Exception):
            raise item
        if item is Dry.NOT_YET:
            self._waiting = True
            self.ran_dry.set()
        return item

    def skip(self) -> Dry | None:
        """Pass over the next item."""
        item = self.take()
        return item if isinstance(item, Dry) else None

    def on_arrival(self, wake: Callable[[], None]) -> None:
        """Remember whom to wake."""
        self._wake = wake

    def arrive(self) -> None:
        """What follows the last NOT_YET is there now."""
        self._waiting = False
        self._wake()


class FakeSources:
    """The same sources for every stream.

    Args:
        sources: One for each sender.

    Attributes:
        released: The streams that take no message any more.
    """

    def __init__(self, sources: Sequence[FakeSource]) -> None:
        self._sources = sources
        self.released: list[int] = []

    def of_stream(self, _number: int) -> Sequence[FakeSource]:
        """As the Protocol says."""
        return self._sources

    def release(self, number: int) -> None:
        """As the Protocol says."""
        self.released.append(number)
