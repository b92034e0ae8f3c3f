"""The transport on gRPC's completion queue, by way of grpcio's private `cygrpc`.

The law of the queue: whatever was started brings one event, and a channel can be
closed only when each was fetched (`Channel.close` waits for ever otherwise). So
every operation is counted, and `close` cancels, fetches the rest and closes then.
The `grpc.Channel` object must outlive its calls ("Channel deallocated!").

This is the only module that knows `cygrpc`; `fits` says whether the installed grpcio
still has what it needs.
"""

from __future__ import annotations

import _thread
import inspect
import itertools
import math
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from grpc import _observability as grpc_observability
from grpc._cython import cygrpc  # type: ignore[attr-defined] # types-grpcio has no private modules

from rpcx.results import Metadata, Outcome, Status, record
from rpcx.transport.alarm import ThreadAlarm
from rpcx.transport.channel import Watch, encoding_of, last_error, open_channel
from rpcx.transport.connection import Connection
from rpcx.transport.protocol import (
    Event,
    Headers,
    OutstandingError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rpcx.target.target import Target
    from rpcx.transport.protocol import OnReceived, OnSent

_STATUSES = tuple(Status)
_READY = cygrpc.ConnectivityState.ready
_FAILED = (cygrpc.ConnectivityState.transient_failure, cygrpc.ConnectivityState.shutdown)
_WATCH_S = 0.1
_LOOK_AGAIN_S = 0.001
_BUFFER_HINT = cygrpc.WriteFlag.buffer_hint
_WAIT_FOR_READY = (
    cygrpc.InitialMetadataFlags.wait_for_ready
    | cygrpc.InitialMetadataFlags.wait_for_ready_explicitly_set
)
_PROPAGATE = cygrpc.PropagationConstants.GRPC_PROPAGATE_DEFAULTS
_CANCELLED = cygrpc.StatusCode.cancelled
_CANCELLED_BY_RPCX = "cancelled by rpcx"
_INTEGRATED_CALL = (
    "flags",
    "method",
    "host",
    "deadline",
    "metadata",
    "credentials",
    "operationses_and_tags",
    "context",
)

_OK = Status.OK

_clock = time.perf_counter
_wall = time.time
_SendInitialMetadata = cygrpc.SendInitialMetadataOperation
_SendMessage = cygrpc.SendMessageOperation
_SendClose = cygrpc.SendCloseFromClientOperation
_ReceiveInitialMetadata = cygrpc.ReceiveInitialMetadataOperation
_ReceiveMessage = cygrpc.ReceiveMessageOperation
_ReceiveStatus = cygrpc.ReceiveStatusOnClientOperation


def fits() -> bool:
    """Whether the installed grpcio has the private interface that this module drives."""
    try:
        parameters = tuple(inspect.signature(cygrpc.Channel.integrated_call).parameters)
    except (AttributeError, ValueError):
        return False
    return parameters[1 : 1 + len(_INTEGRATED_CALL)] == _INTEGRATED_CALL and all(
        hasattr(cygrpc.Channel, name)
        for name in ("next_call_event", "check_connectivity_state", "watch_connectivity_state")
    )


class _LightCondition(_thread.RLock):  # type: ignore[misc] # final in typeshed, not in CPython
    """What cygrpc needs of the condition that it takes and notifies for every operation.

    Python's own costs 1 µs each time. Nobody waits on this one but `Channel.close`, for
    events that this module has fetched before it closes; a wait that polls is enough.
    """

    notify_all = bool
    """Wakes nobody (see `wait`), at the price of no Python frame."""

    def wait(self, timeout: float | None = None) -> bool:  # noqa: ARG002 -- as threading.Condition has it
        """Give way for a moment; the caller looks again, as after a spurious wake-up."""
        self.release()
        time.sleep(_LOOK_AGAIN_S)
        self.acquire()
        return True


class _Threading:
    """The `threading` that cygrpc sees.

    For every event it asks whether this is the main thread, which alone looks for signals
    while it waits: three Python frames. The queue is no work of the main thread's here but
    for the tenth of a second in which it watches a connection come up.
    """

    Condition = _LightCondition
    current_thread = _thread.get_ident
    main_thread = object

    def __getattr__(self, name: str) -> Any:
        return getattr(threading, name)


class _NoObservability:
    """The `grpc._observability` that cygrpc asks for a plugin with every call.

    There is none here. To hear so takes a generator and a lock, unless the method's service
    is one of those to leave out: every name has the empty one in it.
    """

    _SERVICES_TO_EXCLUDE = (b"",)

    def __getattr__(self, name: str) -> Any:
        return getattr(grpc_observability, name)


def lighten() -> None:
    """Spare every call of this process what cygrpc does for others in Python."""
    cygrpc.threading = _Threading()
    if hasattr(cygrpc, "_observability"):
        cygrpc._observability = _NoObservability()  # noqa: SLF001 -- this module knows it


def _outcome(
    tag: object, message: bytes | None, headers: Metadata, status: Any, connection: Connection
) -> Outcome:
    code = status.code()
    trailers = status.trailing_metadata() or ()
    if code == 0:
        return Outcome(tag, _clock(), Status.OK, "", message, headers, trailers, False)
    at = _clock()
    failure = _STATUSES[code] if 0 <= code < len(_STATUSES) else Status.UNKNOWN
    details = status.details() or ""
    unprocessed = connection.unprocessed(failure, details, trailers)
    return Outcome(tag, at, failure, details, None, headers, trailers, unprocessed)


class _Call:
    """A unary call: all six operations in one batch, one start, one event.

    Making the operations costs more than anything else here, so a call that has ended OK is
    used again. (After a failure it is not: core leaves an error text behind in one of them.)
    """

    __slots__ = ("_unary", "batches", "handle", "metadata", "request", "tag")

    def __init__(self, unary: _CoreUnary) -> None:
        self._unary = unary
        self.tag: object = None
        self.request: bytes | None = None
        self.metadata: Metadata | None = None
        self.batches: tuple[Any, ...] = ()
        self.handle: Any = None

    def prepare(self, request: bytes, metadata: Metadata | None) -> None:
        """Make the operations."""
        self.request = request
        self.metadata = metadata
        operations = (
            _SendInitialMetadata(metadata, self._unary.flags),
            _SendMessage(request, 0),
            _SendClose(0),
            _ReceiveInitialMetadata(0),
            _ReceiveMessage(0),
            _ReceiveStatus(0),
        )
        self.batches = ((operations, self),)

    def __call__(self, event: Any) -> Outcome:
        self.handle = None
        _, _, _, headers, message, status = event.batch_operations
        if status.code():
            self._unary.calls.discard(self)
            sent = headers.initial_metadata() or ()
            return _outcome(self.tag, message.message(), sent, status, self._unary.connection)
        outcome = record(
            Outcome,
            (
                self.tag,
                _clock(),
                _OK,
                "",
                message.message(),
                headers.initial_metadata(),
                status.trailing_metadata(),
                False,
            ),
        )
        # Whoever takes it from there, maybe at once, overwrites what was read just now.
        self._unary.free.append(self)
        return outcome


class _CoreUnary:
    """The calls of one method; there are as many as were ever in flight at once."""

    def __init__(self, transport: CoreTransport, method: str, metadata: Metadata) -> None:
        self.connection = transport.connection
        self.flags = transport.flags
        self.calls: set[_Call] = set()
        self.free: list[_Call] = []
        self._integrated_call = transport.channel.integrated_call
        self._method = method.encode()
        self._encoding = encoding_of(transport.compression, method)
        self._metadata = (*metadata, *self._encoding) or None
        self._issued = transport.issued

    def start(
        self,
        tag: object,
        request: bytes,
        timeout_s: float | None,
        metadata: Metadata | None = None,
    ) -> None:
        metadata = self._metadata if metadata is None else (*metadata, *self._encoding) or None
        try:
            call = self.free.pop()
        except IndexError:
            call = _Call(self)
            self.calls.add(call)
        if request is not call.request or metadata is not call.metadata:
            call.prepare(request, metadata)
        call.tag = tag
        next(self._issued)
        call.handle = self._integrated_call(
            _PROPAGATE,
            self._method,
            None,
            None if timeout_s is None else _wall() + timeout_s,
            None,
            None,
            call.batches,
            None,
        )

    def cancel(self) -> None:
        """Cancel every call in flight."""
        for call in tuple(self.calls):
            handle = call.handle
            if handle is not None:
                handle.cancel(_CANCELLED, _CANCELLED_BY_RPCX)


class _CoreStream:
    """A stream; its Outcome is held back until what was outstanding has been told.

    Each flag is set by the one thread that starts the operation and cleared by the one
    that fetches its event, so none needs a lock.
    """

    def __init__(
        self,
        transport: CoreTransport,
        tag: object,
        method: str,
        metadata: Metadata,
        timeout_s: float | None,
        on_sent: OnSent,
        on_received: OnReceived,
    ) -> None:
        self._transport = transport
        self._tag = tag
        self._tell_sent = on_sent
        self._tell_received = on_received
        self._headers: Metadata = ()
        self._outcome: Outcome | None = None
        self._awaiting_headers = True
        self._sending = False
        self._closing = False
        self._receiving = False
        self._issued = transport.issued
        next(self._issued)
        next(self._issued)
        metadata = (*metadata, *encoding_of(transport.compression, method))
        self._call = transport.channel.integrated_call(
            _PROPAGATE,
            method.encode(),
            None,
            None if timeout_s is None else _wall() + timeout_s,
            metadata or None,
            None,
            (
                (
                    (_SendInitialMetadata(metadata or None, transport.flags), _ReceiveStatus(0)),
                    self._on_status,
                ),
                ((_ReceiveInitialMetadata(0),), self._on_headers),
            ),
            None,
        )
        self._operate = self._call.operate
        # One receive is outstanding at a time, so one operation serves them all; and one
        # send, which serves for as long as the same message is sent in the same way.
        self._receive = (_ReceiveMessage(0),)
        self._message: bytes | None = None
        self._more = False
        self._send: tuple[Any, ...] = ()
        self._sent, self._received = self._on_sent, self._on_received
        transport.live[self] = self._call

    def send(self, message: bytes, *, more: bool = False) -> None:
        if self._sending:
            raise OutstandingError("a second send while one is outstanding on this stream")
        self._sending = True
        next(self._issued)
        if message is not self._message or more is not self._more:
            self._message, self._more = message, more
            self._send = (_SendMessage(message, _BUFFER_HINT if more else 0),)
        if not self._operate(self._send, self._sent):
            self._sending = False
            self._refused()

    def half_close(self) -> None:
        if self._sending:
            raise OutstandingError("half-close while a send is outstanding on this stream")
        self._closing = True
        next(self._issued)
        if not self._operate((_SendClose(0),), self._on_half_closed):
            self._closing = False
            self._refused()

    def receive(self) -> None:
        if self._receiving:
            raise OutstandingError("a second receive while one is outstanding on this stream")
        self._receiving = True
        next(self._issued)
        if not self._operate(self._receive, self._received):
            self._receiving = False
            self._refused()

    def cancel(self) -> None:
        self._call.cancel(_CANCELLED, _CANCELLED_BY_RPCX)

    def _refused(self) -> None:
        """Core took nothing because the call is over; its Outcome may have waited for this."""
        self._transport.nudge(self._on_refused)

    def _on_sent(self, event: Any) -> Any:
        self._sending = False
        self._tell_sent(_clock(), event.success)
        return None if self._outcome is None else self._told(None)

    def _on_received(self, event: Any) -> Any:
        self._receiving = False
        self._tell_received(_clock(), event.batch_operations[0].message())
        return None if self._outcome is None else self._told(None)

    def _on_headers(self, event: Any) -> Any:
        self._awaiting_headers = False
        self._headers = event.batch_operations[0].initial_metadata() or ()
        return self._told(Headers(self._tag, _clock(), self._headers) if event.success else None)

    def _on_half_closed(self, _event: Any) -> Any:
        self._closing = False
        return self._told(None)

    def _on_refused(self, _event: Any) -> Any:
        # One operation that was counted brought no event; this nudge brought one uncounted.
        return self._told(None)

    def _on_status(self, event: Any) -> Any:
        self._outcome = _outcome(
            self._tag, None, (), event.batch_operations[1], self._transport.connection
        )
        return self._told(None)

    def _told(self, event: Any) -> Any:
        """The event, or the Outcome behind it once nothing is outstanding any more."""
        outcome = self._outcome
        if outcome is None or (
            self._awaiting_headers or self._sending or self._closing or self._receiving
        ):
            return event
        self._outcome = None
        self._transport.live.pop(self, None)
        last = outcome._replace(headers=self._headers)
        if event is None:
            return last
        self._transport.later.append(last)
        return event


class CoreTransport:
    """The completion queue behind the `Transport` Protocol."""

    name = "core"

    def __init__(self, target: Target, index: int = 0) -> None:
        lighten()
        self._public = open_channel(target, index)
        self.channel: Any = self._public._channel  # type: ignore[attr-defined] # noqa: SLF001 -- the completion queue is private
        self.connection = Connection(self.ready)
        self.compression = target.channel.compression
        self.flags = _WAIT_FOR_READY if target.wait_for_ready else 0
        self.live: dict[object, Any] = {}
        self._methods: list[_CoreUnary] = []
        self.issued = itertools.count()
        self._fetched = 0
        self._wait = self.channel.next_call_event
        self.later: deque[Event] = deque()
        self._watch: Watch | None = None
        self._alarm = ThreadAlarm(self.wake)

    def connect(self, timeout_s: float, keep_waiting: Callable[[], bool]) -> bool:
        end = _clock() + timeout_s
        state = self.channel.check_connectivity_state(True)
        while state != _READY:
            left = end - _clock()
            if state in _FAILED or left <= 0 or not keep_waiting():
                return False
            self.channel.watch_connectivity_state(state, _wall() + min(left, _WATCH_S))
            state = self.channel.check_connectivity_state(True)
        self.connection.established()
        return True

    def why_not(self) -> str:
        return last_error(self._public)

    def watch(self, tell: Callable[[str], None]) -> None:
        self._watch = Watch(self._public, tell)

    def ready(self) -> bool:
        return bool(self.channel.check_connectivity_state(True) == _READY)

    def refusal(self) -> str:
        failed = self.channel.check_connectivity_state(False) in _FAILED
        return last_error(self._public) if failed else ""

    def lately_lost(self) -> bool:
        return self.connection.lately_lost()

    def unary(self, method: str, metadata: Metadata) -> _CoreUnary:
        prepared = _CoreUnary(self, method, metadata)
        self._methods.append(prepared)
        return prepared

    def stream(
        self,
        tag: object,
        method: str,
        metadata: Metadata,
        timeout_s: float | None,
        on_sent: OnSent,
        on_received: OnReceived,
    ) -> _CoreStream:
        return _CoreStream(self, tag, method, metadata, timeout_s, on_sent, on_received)

    def events(self, until: float = math.inf) -> Sequence[Event]:
        if until < math.inf:
            self._alarm.set(until)
        event = self._wait()
        self._fetched += 1
        batch: list[Event] = []
        told: Event | None = event.tag(event)
        if told is not None:
            batch.append(told)
        while self.later:
            batch.append(self.later.popleft())
        return batch

    def wake(self) -> None:
        next(self.issued)
        self.nudge(_nothing)

    def nudge(self, handler: Callable[[Any], Event | None]) -> None:
        """Put an event on the queue: start a call that sends nothing, and cancel it.

        Without initial metadata nothing of it ever reaches the wire.
        """
        call = self.channel.integrated_call(
            _PROPAGATE, b"/", None, None, None, None, (((_ReceiveStatus(0),), handler),), None
        )
        call.cancel(_CANCELLED, "")

    def cancel_all(self) -> None:
        for method in self._methods:
            method.cancel()
        for call in tuple(self.live.values()):
            call.cancel(_CANCELLED, _CANCELLED_BY_RPCX)

    def close(self) -> None:
        self._alarm.close()
        self.cancel_all()
        issued = next(self.issued)
        while self._fetched < issued:
            self._wait()
            self._fetched += 1
        if self._watch is not None:
            self._watch.close()
        self._public.close()


def _nothing(_event: Any) -> None:
    """Have nothing to report: a wake-up."""
