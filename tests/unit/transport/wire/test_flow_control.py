"""Windows in both directions (RFC 9113, section 5.2)."""

from __future__ import annotations

import pytest
from wire_peer import Bench, Frame, data, headers, trailers, window

from rpcx.connections import Held
from rpcx.results import Status
from rpcx.transport.wire.frames import (
    DATA,
    END_STREAM,
    RST_STREAM,
    WINDOW_UPDATE,
    ErrorCode,
    Setting,
    settings_frame,
)
from rpcx.transport.wire.messages import framed
from rpcx.transport.wire.peer import Limits


def body(sent: list[Frame]) -> bytes:
    """Return the payload of the DATA among these frames."""
    return b"".join(one.payload for one in sent if one.kind == DATA)


def test_a_large_request_waits_for_windows() -> None:
    """No frame is larger than the server takes, and no byte more goes than windows let through."""
    bench = Bench()
    request = bytes(range(256)) * 1024
    bench.call(request=request)
    sent = bench.sent()
    assert max(len(one.payload) for one in sent) <= 16_384
    assert len(body(sent)) == 65_535
    assert not sent[-1].flags & END_STREAM
    bench.feed(window(1, 1 << 20))
    assert body(bench.sent()) == b""  # the connection's window is used up as well
    bench.feed(window(0, 10))
    sent += bench.sent()
    assert len(body(sent)) == 65_545
    bench.feed(window(0, 1 << 20))
    sent += bench.sent()
    assert body(sent) == framed(request)
    assert sent[-1].flags & END_STREAM


def test_a_larger_frame_is_used_where_the_server_takes_it() -> None:
    """SETTINGS_MAX_FRAME_SIZE holds for what is sent from then on."""
    bench = Bench({Setting.MAX_FRAME_SIZE: 32_768, Setting.INITIAL_WINDOW_SIZE: 1 << 20})
    bench.feed(window(0, 1 << 20))
    bench.call(request=bytes(100_000))
    assert max(len(one.payload) for one in bench.sent()) == 32_768


def test_a_window_may_become_negative() -> None:
    """A lower initial window takes back what was let through: nothing goes until it is paid."""
    bench = Bench()
    bench.call(request=bytes(100_000))
    assert len(body(bench.sent())) == 65_535
    bench.feed(window(0, 1 << 20) + settings_frame({Setting.INITIAL_WINDOW_SIZE: 1000}))
    assert body(bench.sent()) == b""
    bench.feed(window(1, 64_535))
    assert body(bench.sent()) == b""
    bench.feed(window(1, 7))
    assert len(body(bench.sent())) == 7
    bench.feed(settings_frame({Setting.INITIAL_WINDOW_SIZE: 100_000}))
    assert len(body(bench.sent())) == 100_005 - 65_535 - 7


def test_an_end_needs_no_window() -> None:
    """An empty DATA that ends the stream goes out though the window is below 0."""
    bench = Bench({Setting.INITIAL_WINDOW_SIZE: 100})
    call = bench.stream()
    bench.connection.write(call, framed(bytes(95)), bench.now, more=False)
    bench.feed(settings_frame({Setting.INITIAL_WINDOW_SIZE: 0}))
    bench.sent()
    bench.connection.half_close(call, bench.now)
    assert [(one.kind, one.flags, one.payload) for one in bench.sent()] == [(DATA, END_STREAM, b"")]


def test_an_initial_window_may_not_make_one_too_large() -> None:
    """A stream's window above 2^31-1 ends the connection, however it came about."""
    bench = Bench()
    bench.stream()
    bench.feed(window(1, (1 << 31) - 1 - 65_535))
    assert bench.connection.fault is None
    bench.feed(settings_frame({Setting.INITIAL_WINDOW_SIZE: 65_536}))
    assert bench.connection.fault is not None
    assert bench.connection.fault.code is ErrorCode.FLOW_CONTROL_ERROR


def test_blocked_requests_take_turns_and_know_what_held_them() -> None:
    """Time is counted for the stream's window and for the connection's, each for itself."""
    bench = Bench({Setting.INITIAL_WINDOW_SIZE: 10})
    call = bench.call(request=bytes(70_000))
    bench.now += 2
    bench.feed(window(1, 1 << 20))
    bench.now += 3
    bench.feed(window(0, 1 << 20))
    assert call.held == Held(0.0, 2.0, 3.0, 0.0)
    assert bench.connection.held == Held(0.0, 2.0, 3.0, 0.0)


def test_a_stream_that_nobody_reads_holds_its_server_back() -> None:
    """Its window is given back as messages are taken, not as they come; other calls go on."""
    bench = Bench(limits=Limits(window=1000))
    stream = bench.stream()
    bench.call("other")
    bench.sent()
    message = framed(bytes(395))
    bench.feed(headers(1) + data(1, message) + data(1, message))
    assert [one for one in bench.sent() if one.stream == 1] == []
    stream.inbox.popleft()
    bench.connection.taken(stream, len(message))
    stream.inbox.popleft()
    bench.connection.taken(stream, len(message))
    (update,) = bench.sent()
    assert (update.kind, update.stream, int.from_bytes(update.payload)) == (WINDOW_UPDATE, 1, 800)


def test_more_than_the_window_ends_the_stream() -> None:
    """A server that does not keep to the window is left with FLOW_CONTROL_ERROR."""
    bench = Bench(limits=Limits(window=1000))
    bench.stream()
    bench.sent()
    bench.feed(headers(1) + data(1, bytes(5) * 100) + data(1, bytes(5) * 101))
    (reset,) = (one for one in bench.sent() if one.kind == RST_STREAM)
    assert int.from_bytes(reset.payload) == ErrorCode.FLOW_CONTROL_ERROR
    assert bench.outcome().status is Status.INTERNAL
    assert bench.connection.fault is None


@pytest.mark.parametrize("size", [10, 1000, 5000, 100_000])
def test_one_large_message_has_room(size: int) -> None:
    """Once its length is known the rest of a message may come at once, and windows add up."""
    bench = Bench(limits=Limits(window=1000))
    call = bench.call()
    bench.sent()
    message = framed(bytes(size))
    bench.feed(headers(1))
    at, allowed = 0, 1000
    while at < len(message):
        piece = message[at : at + min(allowed, 16_384)]
        assert piece, "the server may not send, and nobody reads on"
        bench.feed(data(1, piece))
        at, allowed = at + len(piece), allowed - len(piece)
        allowed += sum(
            int.from_bytes(one.payload)
            for one in bench.sent()
            if (one.kind, one.stream) == (WINDOW_UPDATE, 1)
        )
    assert call.window is None or call.window.left == allowed
    bench.feed(trailers(1))
    assert bench.outcome().message == bytes(size)


def test_the_connections_window_is_given_back_whoever_reads() -> None:
    """However much comes in all, the server may always send: a gibibyte less half of it."""
    bench = Bench()
    left = 1 << 30
    for _ in range(40):
        bench.call()
        stream = bench.connection._streams.next - 2
        bench.connection._window.left -= 1 << 24  # as if so much had come besides
        bench.connection._window._owed += 1 << 24
        bench.feed(headers(stream) + data(stream, framed(bytes(100))) + trailers(stream))
        left -= (1 << 24) + 105
        left += sum(
            int.from_bytes(one.payload) for one in bench.sent() if one.kind == WINDOW_UPDATE
        )
        assert left > 1 << 28
    assert left == bench.connection._window.left
