"""A transport that tells of what passes through it: the story of `-v`.

It stands before either implementation and changes nothing. After the first calls it is
quiet, so that a load is not slowed down by its own story.
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Final

from rpcx.transport.protocol import Headers
from rpcx.words.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from rpcx.connections import Connections, Holder
    from rpcx.results import Metadata, Outcome
    from rpcx.transport.protocol import Event, OnReceived, OnSent, Stream, Transport, Unary

    Tell = Callable[[str, str], None]
    Shown = Callable[[Metadata], Iterable[tuple[str, str]]]

_CALLS_TOLD: Final = 10


class TellingTransport:
    """The `Transport` Protocol, with a story.

    Args:
        transport: What does the work.
        tell: Given a mark (`>` for what is sent, `<` for what comes, `*` else) and a line.
        request: How request metadata is shown.
        response: How response metadata is shown.
    """

    def __init__(self, transport: Transport, tell: Tell, request: Shown, response: Shown) -> None:
        self._transport = transport
        self._tell = tell
        self._request = request
        self._response = response
        self._told = 0
        self._open: dict[int, _Told] = {}
        self.name = transport.name

    def connect(self, timeout_s: float, keep_waiting: Callable[[], bool]) -> bool:
        """Wait until the channel is ready."""
        return self._transport.connect(timeout_s, keep_waiting)

    def why_not(self) -> str:
        """Return why `connect` has failed."""
        return self._transport.why_not()

    def watch(self, tell: Callable[[str], None], *, states: bool = False) -> None:
        """Tell what attempts to connect find."""
        self._transport.watch(tell, states=states)

    def ready(self) -> bool:
        """Whether the channel has a connection now."""
        return self._transport.ready()

    def refusal(self) -> str:
        """Return why the last attempt to connect failed."""
        return self._transport.refusal()

    def lately_lost(self) -> bool:
        """Whether a connection was lost within the last second."""
        return self._transport.lately_lost()

    def facts(self) -> Connections | None:
        """Return what this side knows of its connections."""
        return self._transport.facts()

    def ping(self) -> None:
        """Measure a round trip."""
        self._transport.ping()

    def unary(self, method: str, metadata: Metadata) -> Unary:
        """Prepare a unary method."""
        return _TellingUnary(self, self._transport.unary(method, metadata), method, metadata)

    def stream(
        self,
        tag: object,
        method: str,
        metadata: Metadata,
        timeout_s: float | None,
        on_sent: OnSent,
        on_received: OnReceived,
    ) -> Stream:
        """Open a stream."""
        open_stream = self._transport.stream
        told = self.begun(tag, method, metadata, timeout_s)
        if told is None:
            return open_stream(tag, method, metadata, timeout_s, on_sent, on_received)

        def tell_received(at: float, message: bytes | None) -> None:
            if message is not None:
                told.tell("<", f"message of {_size(message)}")
            on_received(at, message)

        stream = open_stream(tag, method, metadata, timeout_s, on_sent, tell_received)
        return _TellingStream(stream, told)

    def events(self, until: float = math.inf) -> Sequence[Event]:
        """Wait until something happens, and report it."""
        batch = self._transport.events(until)
        if self._open:
            for event in batch:
                told = self._open.get(id(event.tag))
                if told is not None:
                    self._tell_event(event, told)
        return batch

    def wake(self) -> None:
        """Make `events` return."""
        self._transport.wake()

    def cancel_all(self) -> None:
        """Cancel every RPC that is open."""
        for told in self._open.values():
            told.tell("*", "cancelled by rpcx")
        self._transport.cancel_all()

    def close(self) -> None:
        """Give the connection back."""
        self._transport.close()

    def begun(
        self, tag: object, method: str, metadata: Metadata, timeout_s: float | None
    ) -> _Told | None:
        """Tell of a call that begins; None for one too many."""
        if self._told >= _CALLS_TOLD:
            return None
        self._told += 1
        told = self._open[id(tag)] = _Told(self._told, self._tell)
        limit = "" if timeout_s is None else f", for at most {timeout_s:g} s"
        told.tell(">", f"{printable(method)}{limit}")
        for key, value in self._request(metadata):
            told.tell(">", f"{printable(key)}: {printable(value)}")
        return told

    def _tell_event(self, event: Outcome | Headers, told: _Told) -> None:
        if isinstance(event, Headers):
            self._tell_headers(event.headers, told)
        else:
            self._tell_end(event, told)

    def _tell_headers(self, headers: Metadata, told: _Told) -> None:
        if not told.has_headers:
            told.has_headers = True
            told.tell("<", "headers" if headers else "headers, none but gRPC's own")
            self._tell_pairs(headers, told)

    def _tell_end(self, outcome: Outcome, told: _Told) -> None:
        del self._open[id(outcome.tag)]
        if outcome.headers or outcome.message is not None:
            self._tell_headers(outcome.headers, told)
        if outcome.message is not None:
            told.tell("<", f"message of {_size(outcome.message)}")
        if outcome.trailers:
            told.tell("<", "trailers")
            self._tell_pairs(outcome.trailers, told)
        text = f": {printable(outcome.details)}" if outcome.details else ""
        took_ms = (time.perf_counter() - told.begun) * 1e3
        told.tell("<", f"{outcome.status.name}{text} after {took_ms:.1f} ms")
        if told.number == _CALLS_TOLD:
            self._tell("*", "calls after these are not told; -o record shows them all")

    def _tell_pairs(self, metadata: Metadata, told: _Told) -> None:
        for key, value in self._response(metadata):
            told.tell("<", f"  {printable(key)}: {printable(value)}")


class _Told:
    """A call that is told of, by its number."""

    def __init__(self, number: int, tell: Tell) -> None:
        self.number = number
        self.begun = time.perf_counter()
        self.has_headers = False
        self._tell = tell

    def tell(self, mark: str, line: str) -> None:
        self._tell(mark, f"[{self.number}] {line}")


class _TellingUnary:
    def __init__(
        self, transport: TellingTransport, unary: Unary, method: str, metadata: Metadata
    ) -> None:
        self._transport = transport
        self._unary = unary
        self._method = method
        self._metadata = metadata

    def start(
        self,
        tag: object,
        request: bytes,
        timeout_s: float | None,
        metadata: Metadata | None = None,
    ) -> None:
        shown = self._metadata if metadata is None else metadata
        told = self._transport.begun(tag, self._method, shown, timeout_s)
        if told is not None:
            told.tell(">", f"message of {_size(request)}")
        self._unary.start(tag, request, timeout_s, metadata)


class _TellingStream:
    def __init__(self, stream: Stream, told: _Told) -> None:
        self._stream = stream
        self._told = told
        self.receive = stream.receive

    @property
    def holder(self) -> Holder | None:
        return self._stream.holder

    def send(self, message: bytes, *, more: bool = False) -> None:
        self._told.tell(">", f"message of {_size(message)}")
        self._stream.send(message, more=more)

    def half_close(self) -> None:
        self._told.tell(">", "half-close")
        self._stream.half_close()

    def cancel(self) -> None:
        self._told.tell(">", "cancel")
        self._stream.cancel()


def _size(message: bytes) -> str:
    return f"{len(message):,} bytes" if len(message) != 1 else "1 byte"
