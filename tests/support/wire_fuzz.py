"""Conversations for the wire transport's heart, cut, mutated and shuffled.

As a command it tries many more than a test may:

    python tests/support/wire_fuzz.py 1000000
"""

from __future__ import annotations

import random
import struct
import sys

from wire_peer import (
    OK_HEADERS,
    Bench,
    cut_headers,
    data,
    goaway,
    headers,
    message,
    reset,
    trailers,
    window,
)

from rpcx.results import Outcome, Status
from rpcx.transport.protocol import Headers
from rpcx.transport.wire.calls import StreamCall
from rpcx.transport.wire.frames import PADDED, PING, PRIORITY, SETTINGS, frame, settings_frame
from rpcx.transport.wire.messages import framed
from rpcx.transport.wire.peer import Limits

UNARY, STREAMING, FAILED = 1, 3, 5
LIMITS = Limits(message=4096, metadata=4096, window=8192)
MOST_BYTES = 1 << 20

FRAMES = (
    headers(UNARY),
    headers(STREAMING),
    headers(FAILED),
    message(UNARY),
    message(STREAMING),
    message(STREAMING, b"x" * 3000),
    data(STREAMING, framed(b"in pieces")[:7]),
    data(STREAMING, framed(b"in pieces")[7:]),
    trailers(UNARY),
    trailers(STREAMING, (("grpc-status", "0"), ("x-bin", "AAE"))),
    trailers(FAILED, (("grpc-status", "9"), ("grpc-message", "no%20way"))),
    trailers(FAILED, (*OK_HEADERS, ("grpc-status", "5"))),
    headers(FAILED, ((":status", "502"), ("content-type", "text/html"))),
    cut_headers(STREAMING, OK_HEADERS),
    headers(UNARY, ((":status", "103"),)),
    frame(0, PADDED, STREAMING, b"\3" + framed(b"padded") + bytes(3)),
    frame(PING, 0, 0, b"12345678"),
    frame(PRIORITY, 0, 1, bytes(5)),
    frame(SETTINGS, 1, 0),
    settings_frame({3: 100, 4: 100_000, 5: 20_000}),
    settings_frame({1: 0, 4: 0}),
    window(0, 1000),
    window(STREAMING, 1000),
    reset(FAILED, 8),
    reset(UNARY, 7),
    goaway(5, 0, b"bye"),
    goaway(1),
    frame(0xEE, 0xFF, 77, b"unknown"),
)
"""Frames of a server, good ones and rare ones."""

GOOD = (
    headers(UNARY) + headers(STREAMING) + message(STREAMING) + message(UNARY) + trailers(UNARY)
    + settings_frame({4: 70_000}) + data(STREAMING, framed(b"x" * 2000)[:900])
    + data(STREAMING, framed(b"x" * 2000)[900:]) + window(0, 10)
    + trailers(FAILED, (*OK_HEADERS, ("grpc-status", "5")))
    + trailers(STREAMING) + frame(PING, 0, 0, bytes(8))
)  # fmt: skip
"""A conversation in which everything is right."""


def opened() -> Bench:
    """Return a client with two unary calls and one stream, which nobody reads."""
    bench = Bench(limits=LIMITS)
    bench.call(UNARY)
    bench.stream(STREAMING)
    bench.call(FAILED)
    bench.sent()
    return bench


def told(bench: Bench) -> list[object]:
    """Return what the client was told, in order, as values that compare."""
    seen: list[object] = []
    for event in bench.events:
        if isinstance(event, StreamCall):
            seen.append([[text for text, _ in event.inbox], event.outcome])
        else:
            seen.append(tuple(event))
    return [*seen, repr(bench.connection.fault)]


def check(bench: Bench) -> None:
    """Check what holds whatever came: each call ends once at most, and memory is bounded.

    A unary call may be OK only with the one message that a server sent.
    """
    ended = [event for event in bench.events if isinstance(event, Outcome)]
    tags = [event[0] for event in ended]
    assert len(tags) == len(set(tags))
    for outcome in ended:
        assert (outcome.status is Status.OK) or outcome.message is None
    assert all(isinstance(event, Outcome | Headers | StreamCall) for event in bench.events)
    connection = bench.connection
    assert connection._output.size < 4 * MOST_BYTES
    assert len(connection._rest) <= 16_384 + 9
    for call in connection.calls():
        if call.reader is not None:
            assert len(call.reader._buffer) <= LIMITS.message + LIMITS.window + 5
        if isinstance(call, StreamCall):
            assert sum(length for _, length in call.inbox) <= LIMITS.window + LIMITS.message
    if connection.fault is not None:
        assert not connection.calls()
    connection.lose("over", bench.now)
    assert len(bench.outcomes()) == 3


def mutated(source: random.Random) -> bytes:
    """Return frames in any order, some of their bytes changed."""
    stream = bytearray(b"".join(source.choices(FRAMES, k=source.randrange(1, 12))))
    for _ in range(source.choice((0, 0, 1, 2, 8))):
        at = source.randrange(len(stream))
        change = source.randrange(4)
        if change == 0:
            stream[at] ^= 1 << source.randrange(8)
        elif change == 1:
            stream[at] = source.randrange(256)
        elif change == 2:
            del stream[at : at + source.randrange(1, 9)]
        else:
            stream[at:at] = struct.pack(">Q", source.getrandbits(64))[: source.randrange(1, 9)]
        if not stream:
            break
    return bytes(stream)


def main() -> None:
    """Try as many conversations as the command line says."""
    source = random.Random(20260101)  # noqa: S311 -- no secret
    count = int(sys.argv[1])
    for number in range(count):
        received = mutated(source)
        bench = opened()
        try:
            at = 0
            while at < len(received):
                size = source.choice((1, 7, 9, 100, 100_000))
                bench.feed(received[at : at + size])
                at += size
            check(bench)
        except BaseException:
            print(f"conversation {number}: {received.hex()}", file=sys.stderr)  # noqa: T201 -- a command
            raise
    print(f"{count} conversations: no crash, no call that ended twice, memory bounded")  # noqa: T201 -- a command


if __name__ == "__main__":
    main()
