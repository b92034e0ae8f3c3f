"""The transport on grpcio's public, synchronous API.

It serves where only gRPC's own core can: service config, channel arguments, xDS. Unary calls are
futures whose callbacks fill the event queue. A stream costs two threads: grpcio's own, which asks
for the next message to send once the one before is complete, and one that receives a message each
time it is asked to.
"""

from __future__ import annotations

import contextlib
import math
import threading
import time
from functools import partial
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

import grpc

from rpcx.results import Metadata, Outcome, Status
from rpcx.transport.grpcio.channel import Watch, encoding_of, last_error, open_channel
from rpcx.transport.grpcio.loss import Connection
from rpcx.transport.protocol import Event, Headers, OutstandingError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rpcx.connections import Holder
    from rpcx.target.target import Target
    from rpcx.transport.protocol import OnReceived, OnSent

_clock = time.perf_counter
_OK = grpc.StatusCode.OK
_STATUSES = {code: Status(code.value[0]) for code in grpc.StatusCode}
_CLOSED_WAIT_S = 2.0
_LOOK_S = 0.01
_WATCH_S = 0.1
_STALE_S = 0.3
"""How long after a loss the state may still be READY: grpcio looks at it every 0.2 s."""

_FAILED = (grpc.ChannelConnectivity.TRANSIENT_FAILURE, grpc.ChannelConnectivity.SHUTDOWN)


def _outcome(tag: object, call: Any, connection: Connection, *, unary: bool) -> Outcome:
    """Read an ended call; none of these waits any more, but each takes a lock in Python."""
    at = _clock()
    code = call.code()
    headers, trailers = call.initial_metadata() or (), call.trailing_metadata() or ()
    if code is _OK:
        message = call.result() if unary else None
        return Outcome(tag, at, Status.OK, "", message, headers, trailers, False)
    status, details = _STATUSES[code], call.details() or ""
    unprocessed = connection.unprocessed(status, details, trailers)
    return Outcome(tag, at, status, details, None, headers, trailers, unprocessed)


class _GrpcUnary:
    """A multicallable whose futures announce themselves."""

    def __init__(self, transport: GrpcTransport, method: str, metadata: Metadata) -> None:
        self._transport = transport
        self._encoding = encoding_of(transport.compression, method)
        self._metadata = (*metadata, *self._encoding) or None
        self._call: Any = transport.channel.unary_unary(method)

    def start(
        self,
        tag: object,
        request: bytes,
        timeout_s: float | None,
        metadata: Metadata | None = None,
    ) -> None:
        metadata = self._metadata if metadata is None else (*metadata, *self._encoding) or None
        future = self._call.future(
            request,
            timeout=timeout_s,
            metadata=metadata,
            wait_for_ready=self._transport.wait_for_ready,
        )
        queue, live = self._transport.queue, self._transport.live
        connection = self._transport.connection
        live.add(future)

        def done(call: Any) -> None:
            live.discard(call)
            queue.put(_outcome(tag, call, connection, unary=True))

        future.add_done_callback(done)


class _GrpcStream:
    """A stream between two threads; its Outcome follows what was outstanding."""

    def __init__(
        self,
        transport: GrpcTransport,
        tag: object,
        method: str,
        metadata: Metadata,
        timeout_s: float | None,
        on_sent: OnSent,
        on_received: OnReceived,
    ) -> None:
        self._tag = tag
        self._tell_sent = on_sent
        self._tell_received = on_received
        self._queue = transport.queue
        self._live = transport.live
        self._connection = transport.connection
        self._lock = threading.Lock()
        self._to_send: SimpleQueue[bytes | None] = SimpleQueue()
        self._permits: SimpleQueue[bool] = SimpleQueue()
        self._sending = False
        self._receiving = False
        self._headers_told = False
        self._ended = False
        open_stream: Any = transport.channel.stream_stream(method)
        self.holder: Holder | None = None
        self._call: Any = open_stream(
            self._requests(),
            timeout=timeout_s,
            metadata=(*metadata, *encoding_of(transport.compression, method)) or None,
            wait_for_ready=transport.wait_for_ready,
        )
        self._live.add(self._call)
        threading.Thread(target=self._receive_each, name="rpcx-receive", daemon=True).start()
        if not self._call.add_callback(self._terminated):
            self._terminated()

    def send(self, message: bytes, *, more: bool = False) -> None:  # noqa: ARG002 -- no such hint in the public API
        with self._lock:
            if self._sending:
                raise OutstandingError("a second send while one is outstanding on this stream")
            if self._ended:
                return
            self._sending = True
        self._to_send.put(message)

    def half_close(self) -> None:
        with self._lock:
            if self._sending:
                raise OutstandingError("half-close while a send is outstanding on this stream")
        self._to_send.put(None)

    def receive(self) -> None:
        with self._lock:
            if self._receiving:
                raise OutstandingError("a second receive while one is outstanding on this stream")
            if self._ended:
                return
            self._receiving = True
        self._permits.put(True)

    def cancel(self) -> None:
        self._call.cancel()

    def _requests(self) -> Iterator[bytes]:
        """What grpcio's thread sends: it asks again once the message before is complete."""
        while (message := self._to_send.get()) is not None:
            yield message
            self._sent(ok=True)

    def _sent(self, *, ok: bool) -> None:
        with self._lock:
            if not self._sending:
                return
            self._sending = False
            self._queue.put(partial(self._tell_sent, _clock(), ok))

    def _receive_each(self) -> None:
        while self._permits.get():
            try:
                message = next(self._call)
            except (StopIteration, grpc.RpcError):
                message = None
            self._tell_headers()
            with self._lock:
                self._receiving = False
                self._queue.put(partial(self._tell_received, _clock(), message))
                ended = self._ended
            if ended:
                break
        self._tell_outcome()

    def _tell_headers(self) -> None:
        if not self._headers_told:
            self._headers_told = True
            headers = self._call.initial_metadata() or ()
            self._queue.put(Headers(self._tag, _clock(), headers))

    def _terminated(self) -> None:
        with self._lock:
            self._ended = True
            receiving = self._receiving
        if not receiving:
            # The other thread tells: this one is grpcio's, which has yet to bring the headers
            # where a deadline came before them, and the outcome waits for those.
            self._permits.put(False)

    def _tell_outcome(self) -> None:
        self._to_send.put(None)
        self._sent(ok=False)
        self._live.discard(self._call)
        self._queue.put(_outcome(self._tag, self._call, self._connection, unary=False))


class GrpcTransport:
    """grpcio's public API behind the `Transport` Protocol."""

    name = "grpc"

    def __init__(self, target: Target, index: int = 0) -> None:
        self._target = target
        self.channel = open_channel(target, index)
        self.queue: SimpleQueue[Event | partial[None]] = SimpleQueue()
        self.live: set[Any] = set()
        self.connection = Connection(self.ready)
        self.compression = target.channel.compression
        self.wait_for_ready = target.wait_for_ready
        self._held: partial[None] | None = None
        self._watch: Watch | None = None
        self._tell: Callable[[str], None] | None = None

    def connect(self, timeout_s: float, keep_waiting: Callable[[], bool]) -> bool:
        states: SimpleQueue[grpc.ChannelConnectivity] = SimpleQueue()
        end = _clock() + timeout_s
        state = grpc.ChannelConnectivity.IDLE
        self.channel.subscribe(states.put, try_to_connect=True)
        try:
            while state is not grpc.ChannelConnectivity.READY:
                left = end - _clock()
                failed = state in _FAILED and not self.wait_for_ready
                if failed or left <= 0 or not keep_waiting():
                    return False
                with contextlib.suppress(Empty):
                    state = states.get(timeout=min(left, _WATCH_S))
        finally:
            self.channel.unsubscribe(states.put)
        self.connection.established()
        if self._tell is not None:
            from rpcx.transport.grpcio.diagnosis import (  # noqa: PLC0415 -- for -v alone
                attempted_beside,
            )

            self._tell("connected")
            attempted_beside(self._target, self._tell)
        return True

    def why_not(self) -> str:
        from rpcx.transport.grpcio.diagnosis import why_not  # noqa: PLC0415 -- for a failure alone

        return why_not(self.channel, self._target, self._tell)

    def watch(self, tell: Callable[[str], None], *, states: bool = False) -> None:
        self._tell = tell
        if states:
            self._watch = Watch(self.channel, lambda state: tell(f"channel is {state}"))

    def ready(self) -> bool:
        ready = self._state() is grpc.ChannelConnectivity.READY
        return ready and _clock() - self.connection.lost_at > _STALE_S

    def _state(self) -> grpc.ChannelConnectivity | None:
        """The channel's state; None where it is not said in time.

        To subscribe is the public way to ask, and to make an idle channel connect.
        """
        states: SimpleQueue[grpc.ChannelConnectivity] = SimpleQueue()
        self.channel.subscribe(states.put, try_to_connect=True)
        try:
            return states.get(timeout=_WATCH_S)
        except Empty:
            return None
        finally:
            self.channel.unsubscribe(states.put)

    def refusal(self) -> str:
        return last_error(self.channel) if self._state() in _FAILED else ""

    def lately_lost(self) -> bool:
        return self.connection.lately_lost()

    def facts(self) -> None:
        return None

    def ping(self) -> None:
        """Do nothing: gRPC's core pings when it wants."""

    def unary(self, method: str, metadata: Metadata) -> _GrpcUnary:
        return _GrpcUnary(self, method, metadata)

    def stream(
        self,
        tag: object,
        method: str,
        metadata: Metadata,
        timeout_s: float | None,
        on_sent: OnSent,
        on_received: OnReceived,
    ) -> _GrpcStream:
        return _GrpcStream(self, tag, method, metadata, timeout_s, on_sent, on_received)

    def events(self, until: float = math.inf) -> Sequence[Event]:
        batch: list[Event] = []
        wait_s = None if until == math.inf else max(until - _clock(), 0.0)
        with contextlib.suppress(Empty):
            event = self._held or self.queue.get(timeout=wait_s)
            self._held = None
            while True:
                if not isinstance(event, partial):
                    batch.append(event)
                elif batch:  # these events came before that report
                    self._held = event
                    break
                else:
                    event()
                event = self.queue.get_nowait()
        return batch

    def wake(self) -> None:
        self.queue.put(partial(_nothing))

    def cancel_all(self) -> None:
        for call in tuple(self.live):
            call.cancel()

    def close(self) -> None:
        self.cancel_all()
        if self._watch is not None:
            self._watch.close()
        end = _clock() + _CLOSED_WAIT_S
        while self.live and _clock() < end:
            self.queue.get()
        self._await_poller()
        self.channel.close()

    def _await_poller(self) -> None:
        """Wait for grpcio's thread that polls the state: it fails loudly on a closed channel."""
        state = getattr(self.channel, "_connectivity_state", None)  # private, and may be gone
        end = _clock() + _CLOSED_WAIT_S
        while getattr(state, "polling", False) and _clock() < end:
            time.sleep(_LOOK_S)


def _nothing() -> None:
    """Do nothing: what a wake-up has to report."""
