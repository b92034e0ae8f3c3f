"""The server's end of an HTTP/2 connection, frame by frame, for tests of the client's end."""

from __future__ import annotations

import struct
from collections import deque
from typing import TYPE_CHECKING, Any

from hpack import Decoder, Encoder

from rpcx.results import Outcome
from rpcx.transport.wire.calls import Call, StreamCall
from rpcx.transport.wire.connection import Connection
from rpcx.transport.wire.frames import (
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    GOAWAY,
    HEADERS,
    PREFACE,
    RST_STREAM,
    WINDOW_UPDATE,
    frame,
    pack_number,
    settings_frame,
)
from rpcx.transport.wire.messages import framed
from rpcx.transport.wire.peer import Limits
from rpcx.transport.wire.requests import Origin, RequestHead

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

HEAD = RequestHead(Origin("http", "host:1", "tests", None), "/t/Echo", ())
OK_HEADERS = ((":status", "200"), ("content-type", "application/grpc"))
OK_TRAILERS = (("grpc-status", "0"),)


def text_fields(decoder: Decoder, encoded: bytes) -> list[tuple[str, str]]:
    """Return a header block as the hpack library reads it, as text."""
    read = decoder.decode(encoded, raw=True)
    return [(bytes(name).decode(), bytes(value).decode("utf-8", "replace")) for name, value in read]


def block(fields: Iterable[tuple[str, str]]) -> bytes:
    """Return a header block that stands alone, as an encoder without a table writes it."""
    encoder = Encoder()
    encoder.header_table_size = 0
    return encoder.encode(fields)


def headers(
    stream: int, fields: Iterable[tuple[str, str]] = OK_HEADERS, *, ends: bool = False
) -> bytes:
    """Return a HEADERS frame."""
    flags = END_HEADERS | (END_STREAM if ends else 0)
    return frame(HEADERS, flags, stream, block(fields))


def cut_headers(stream: int, fields: Iterable[tuple[str, str]], *, ends: bool = False) -> bytes:
    """Return the same as HEADERS and two CONTINUATION."""
    whole = block(fields)
    flags = END_STREAM if ends else 0
    return (
        frame(HEADERS, flags, stream, whole[:3])
        + frame(CONTINUATION, 0, stream, whole[3:5])
        + frame(CONTINUATION, END_HEADERS, stream, whole[5:])
    )


def trailers(stream: int, fields: Iterable[tuple[str, str]] = OK_TRAILERS) -> bytes:
    """Return the HEADERS frame that ends a call."""
    return headers(stream, fields, ends=True)


def data(stream: int, payload: bytes, *, ends: bool = False) -> bytes:
    """Return a DATA frame."""
    return frame(DATA, END_STREAM if ends else 0, stream, payload)


def message(stream: int, text: bytes = b"answer") -> bytes:
    """Return a DATA frame with one message."""
    return data(stream, framed(text))


def answer(stream: int, text: bytes = b"answer") -> bytes:
    """Return a whole answer: headers, one message, trailers."""
    return headers(stream) + message(stream, text) + trailers(stream)


def reset(stream: int, code: int) -> bytes:
    """Return a RST_STREAM."""
    return frame(RST_STREAM, 0, stream, pack_number(code))


def goaway(last: int, code: int = 0, text: bytes = b"") -> bytes:
    """Return a GOAWAY."""
    return frame(GOAWAY, 0, 0, pack_number(last) + pack_number(code) + text)


def window(stream: int, increment: int) -> bytes:
    """Return a WINDOW_UPDATE."""
    return frame(WINDOW_UPDATE, 0, stream, pack_number(increment))


class Frame:
    """One frame that the client sent."""

    def __init__(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        self.kind = kind
        self.flags = flags
        self.stream = stream
        self.payload = payload

    def __repr__(self) -> str:
        return f"Frame({self.kind}, {self.flags}, {self.stream}, {self.payload!r})"


def frames(sent: bytes) -> list[Frame]:
    """Return the frames of what a client sent."""
    sent = sent.removeprefix(PREFACE)
    found = []
    while sent:
        first, flags, stream = struct.unpack_from(">IBI", sent)
        end = 9 + (first >> 8)
        found.append(Frame(first & 0xFF, flags, stream, sent[9:end]))
        sent = sent[end:]
    return found


class Bench:
    """A client's connection whose server is the test.

    Attributes:
        connection: The connection.
        events: What happened.
        now: The time, in seconds.
    """

    def __init__(
        self,
        settings: Mapping[int, int] | None = None,
        limits: Limits = Limits(),  # noqa: B008 -- immutable
        *,
        greets: bool = True,
    ) -> None:
        self.events: deque[Any] = deque()
        self.connection = Connection(self.events, limits)
        self.decoder = Decoder()
        self.now = 1.0
        self.greeting = self.sent()
        if greets:
            self.feed(settings_frame(settings or {}))
            self.sent()

    def feed(self, received: bytes) -> None:
        """Let the client receive this."""
        self.connection.receive(received, self.now)

    def sent(self) -> list[Frame]:
        """Return the frames that the client has sent since."""
        taken = self.connection.take_out(self.now)
        self.connection.sent()
        return frames(taken)

    def call(
        self, tag: object = "tag", request: bytes = b"hello", timeout_s: float | None = None
    ) -> Call:
        """Start a unary call."""
        call = Call(tag, HEAD, None, framed(request), timeout_s)
        self.connection.start(call, self.now)
        return call

    def stream(self, tag: object = "tag") -> StreamCall:
        """Start a streaming call."""
        call = StreamCall(tag, HEAD)
        self.connection.start(call, self.now)
        return call

    def fields(self, encoded: bytes) -> list[tuple[str, str]]:
        """Return what a header block of the client says, as the hpack library reads it."""
        return text_fields(self.decoder, encoded)

    def outcome(self) -> Outcome:
        """Return the one Outcome that there is, of a unary or a streaming call."""
        (found,) = self.outcomes()
        return found

    def outcomes(self) -> list[Outcome]:
        """Return the Outcomes so far."""
        found = []
        for event in self.events:
            if isinstance(event, Outcome):
                found.append(event)
            elif isinstance(event, StreamCall) and event.outcome is not None:
                found.append(event.outcome)
        return found
