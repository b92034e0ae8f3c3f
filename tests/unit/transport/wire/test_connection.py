"""The rules of an HTTP/2 connection, one by one (RFC 9113)."""

from __future__ import annotations

import struct

import pytest
from wire_peer import (
    OK_HEADERS,
    Bench,
    answer,
    block,
    cut_headers,
    data,
    goaway,
    headers,
    message,
    reset,
    trailers,
    window,
)

from rpcx.results import Status
from rpcx.transport.protocol import Headers
from rpcx.transport.wire.calls import StreamCall
from rpcx.transport.wire.frames import (
    ACK,
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    GOAWAY,
    HAS_PRIORITY,
    HEADERS,
    PADDED,
    PING,
    PREFACE,
    PRIORITY,
    PUSH_PROMISE,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
    ErrorCode,
    Setting,
    frame,
    settings_frame,
)
from rpcx.transport.wire.messages import framed
from rpcx.transport.wire.peer import Limits

UNKNOWN_TYPE = 0xBE
LENGTHS = (("content-length", "11"), ("content-length", "12"))


def measured(length: int | str, *, ends: bool = False) -> bytes:
    """Return response headers with a `content-length`."""
    return headers(1, (*OK_HEADERS, ("content-length", str(length))), ends=ends)


def test_the_client_speaks_first() -> None:
    """The preface, SETTINGS without push and without a header table, and a large window."""
    bench = Bench()
    settings, update = bench.greeting
    assert (settings.kind, settings.stream) == (SETTINGS, 0)
    values = dict(struct.iter_unpack(">HI", settings.payload))
    assert (values[Setting.ENABLE_PUSH], values[Setting.HEADER_TABLE_SIZE]) == (0, 0)
    assert (update.kind, update.stream) == (WINDOW_UPDATE, 0)


def test_settings_are_acknowledged() -> None:
    """Each SETTINGS has its acknowledgement, an acknowledgement has none."""
    bench = Bench()
    bench.feed(settings_frame({3: 7}) + frame(SETTINGS, ACK, 0))
    assert [(one.kind, one.flags) for one in bench.sent()] == [(SETTINGS, ACK)]
    assert bench.connection.peer.max_streams == 7


def test_a_call_is_two_frames() -> None:
    """Headers and one DATA with the message, which ends the stream."""
    bench = Bench()
    bench.call(request=b"hello")
    first, second = bench.sent()
    assert (first.kind, first.flags, first.stream) == (HEADERS, END_HEADERS, 1)
    assert (second.kind, second.flags, second.payload) == (DATA, END_STREAM, framed(b"hello"))
    fields = dict(bench.fields(first.payload))
    assert fields[":path"] == "/t/Echo"
    assert fields["te"] == "trailers"
    bench.call()
    assert {one.stream for one in bench.sent()} == {3}


def test_an_answer_is_an_outcome() -> None:
    """Message, headers and trailers come together in one Outcome."""
    bench = Bench()
    bench.call("one")
    bench.feed(
        headers(1, (*OK_HEADERS, ("x-a", "1"), ("x-a", "2")))
        + message(1)
        + trailers(1, (("grpc-status", "0"), ("t-bin", "AAE")))
    )
    outcome = bench.outcome()
    assert outcome[0] == "one"
    assert (outcome.status, outcome.message) == (Status.OK, b"answer")
    assert outcome.headers == (("x-a", "1"), ("x-a", "2"))
    assert outcome.trailers == (("t-bin", b"\0\1"),)


RULES = [
    # What the server sends while stream 1 is open, and the error code of the GOAWAY it gets.
    ("DATA on stream 0", data(0, b"x"), ErrorCode.PROTOCOL_ERROR),
    ("HEADERS on stream 0", headers(0), ErrorCode.PROTOCOL_ERROR),
    ("CONTINUATION on stream 0", frame(CONTINUATION, 4, 0), ErrorCode.PROTOCOL_ERROR),
    ("RST_STREAM on stream 0", reset(0, 8), ErrorCode.PROTOCOL_ERROR),
    ("PRIORITY on stream 0", frame(PRIORITY, 0, 0, bytes(5)), ErrorCode.PROTOCOL_ERROR),
    ("SETTINGS on a stream", frame(SETTINGS, 0, 1), ErrorCode.PROTOCOL_ERROR),
    ("PING on a stream", frame(PING, 0, 1, bytes(8)), ErrorCode.PROTOCOL_ERROR),
    ("GOAWAY on a stream", frame(GOAWAY, 0, 1, bytes(8)), ErrorCode.PROTOCOL_ERROR),
    ("DATA on an idle stream", data(3, b"x"), ErrorCode.PROTOCOL_ERROR),
    ("HEADERS on an idle stream", headers(3), ErrorCode.PROTOCOL_ERROR),
    ("HEADERS on a stream of a server", headers(2), ErrorCode.PROTOCOL_ERROR),
    ("RST_STREAM on an idle stream", reset(3, 8), ErrorCode.PROTOCOL_ERROR),
    ("WINDOW_UPDATE on an idle stream", window(3, 1), ErrorCode.PROTOCOL_ERROR),
    ("DATA on a stream that ended", answer(1) + data(1, b"x"), ErrorCode.STREAM_CLOSED),
    ("HEADERS on a stream that ended", answer(1) + headers(1), ErrorCode.STREAM_CLOSED),
    ("DATA after RST_STREAM", reset(1, 8) + data(1, b"x"), ErrorCode.STREAM_CLOSED),
    ("a push", frame(PUSH_PROMISE, 4, 1, bytes(4)), ErrorCode.PROTOCOL_ERROR),
    ("push announced", settings_frame({2: 1}), ErrorCode.PROTOCOL_ERROR),
    ("CONTINUATION alone", frame(CONTINUATION, 4, 1), ErrorCode.PROTOCOL_ERROR),
    ("a frame inside a block", frame(HEADERS, 0, 1) + frame(PING, 0, 0, bytes(8)),
     ErrorCode.PROTOCOL_ERROR),
    ("DATA inside a block", headers(1) + frame(HEADERS, 0, 1) + message(1),
     ErrorCode.PROTOCOL_ERROR),
    ("HEADERS inside a block", headers(1) + frame(HEADERS, 0, 1) + trailers(1),
     ErrorCode.PROTOCOL_ERROR),
    ("CONTINUATION of another stream", frame(HEADERS, 0, 1) + frame(CONTINUATION, 4, 3),
     ErrorCode.PROTOCOL_ERROR),
    ("DATA with too much padding", headers(1) + frame(DATA, PADDED, 1, b"\5abc"),
     ErrorCode.PROTOCOL_ERROR),
    ("DATA of padding without its length", headers(1) + frame(DATA, PADDED, 1),
     ErrorCode.PROTOCOL_ERROR),
    ("HEADERS with too much padding", frame(HEADERS, PADDED | 4, 1, b"\x09abc"),
     ErrorCode.PROTOCOL_ERROR),
    ("HEADERS too short for a priority", frame(HEADERS, HAS_PRIORITY | 4, 1, b"abc"),
     ErrorCode.FRAME_SIZE_ERROR),
    ("a long DATA", headers(1) + data(1, bytes(16_385)), ErrorCode.FRAME_SIZE_ERROR),
    ("a long HEADERS", frame(HEADERS, 4, 1, bytes(16_385)), ErrorCode.FRAME_SIZE_ERROR),
    ("the head of a frame that is too long", struct.pack(">IBI", 16_385 << 8, 0, 1),
     ErrorCode.FRAME_SIZE_ERROR),
    ("SETTINGS of 5 bytes", frame(SETTINGS, 0, 0, bytes(5)), ErrorCode.FRAME_SIZE_ERROR),
    ("an acknowledgement with a payload", frame(SETTINGS, ACK, 0, bytes(6)),
     ErrorCode.FRAME_SIZE_ERROR),
    ("PING of 7 bytes", frame(PING, 0, 0, bytes(7)), ErrorCode.FRAME_SIZE_ERROR),
    ("GOAWAY of 7 bytes", frame(GOAWAY, 0, 0, bytes(7)), ErrorCode.FRAME_SIZE_ERROR),
    ("RST_STREAM of 5 bytes", frame(RST_STREAM, 0, 1, bytes(5)), ErrorCode.FRAME_SIZE_ERROR),
    ("WINDOW_UPDATE of 3 bytes", frame(WINDOW_UPDATE, 0, 0, bytes(3)), ErrorCode.FRAME_SIZE_ERROR),
    ("WINDOW_UPDATE of 0", window(0, 0), ErrorCode.PROTOCOL_ERROR),
    ("a connection's window too large", window(0, (1 << 31) - 1), ErrorCode.FLOW_CONTROL_ERROR),
    ("an initial window too large", settings_frame({4: 1 << 31}), ErrorCode.FLOW_CONTROL_ERROR),
    ("a largest frame too small", settings_frame({5: 16_383}), ErrorCode.PROTOCOL_ERROR),
    ("a largest frame too large", settings_frame({5: 1 << 24}), ErrorCode.PROTOCOL_ERROR),
    ("HPACK index 0", frame(HEADERS, 4, 1, b"\x80"), ErrorCode.COMPRESSION_ERROR),
    ("HPACK index past the table", frame(HEADERS, 4, 1, b"\xbe"), ErrorCode.COMPRESSION_ERROR),
    ("HPACK cut short", frame(HEADERS, 4, 1, b"\x00\x05ab"), ErrorCode.COMPRESSION_ERROR),
    ("HPACK integer without end", frame(HEADERS, 4, 1, b"\xff" * 20), ErrorCode.COMPRESSION_ERROR),
    ("HPACK table above the limit", frame(HEADERS, 4, 1, b"\x3f\xe1\x1f"),
     ErrorCode.COMPRESSION_ERROR),
    ("HPACK Huffman with EOS", frame(HEADERS, 4, 1, b"\x00\x84\xff\xff\xff\xff\x00"),
     ErrorCode.COMPRESSION_ERROR),
    ("HPACK Huffman padded with 8 bits", frame(HEADERS, 4, 1, b"\x00\x82\x1f\xff\x00"),
     ErrorCode.COMPRESSION_ERROR),
]  # fmt: skip


@pytest.mark.parametrize(
    ("received", "code"), [rule[1:] for rule in RULES], ids=[r[0] for r in RULES]
)
def test_what_ends_the_connection(received: bytes, code: ErrorCode) -> None:
    """A GOAWAY with the code of the RFC goes out, and every call ends; none is OK."""
    bench = Bench()
    bench.call("one")
    bench.call("two") if b"" else None
    bench.sent()
    bench.feed(received)
    assert bench.connection.fault is not None
    assert bench.connection.fault.code is code
    last = bench.sent()[-1]
    assert (last.kind, last.stream) == (GOAWAY, 0)
    assert last.payload[:8] == struct.pack(">II", 0, code)
    assert bench.connection.open_calls == 0
    bench.feed(answer(1))  # whatever follows is ignored
    (outcome,) = bench.outcomes()
    if outcome.status is not Status.OK:
        assert outcome.status in (Status.UNAVAILABLE, Status.CANCELLED)
    else:
        assert received.startswith(answer(1))  # it had ended before


STREAM_RULES = [
    ("PRIORITY of 4 bytes", frame(PRIORITY, 0, 1, bytes(4)), ErrorCode.FRAME_SIZE_ERROR),
    ("WINDOW_UPDATE of 0", window(1, 0), ErrorCode.PROTOCOL_ERROR),
    ("a window too large", window(1, (1 << 31) - 1), ErrorCode.FLOW_CONTROL_ERROR),
    ("DATA before headers", data(1, b"x"), ErrorCode.PROTOCOL_ERROR),
    ("trailers first", headers(1, (("grpc-status", "0"),)), ErrorCode.PROTOCOL_ERROR),
    ("no :status", headers(1, (("content-type", "application/grpc"),), ends=True),
     ErrorCode.PROTOCOL_ERROR),
    ("two :status", headers(1, ((":status", "200"), (":status", "200"))), ErrorCode.PROTOCOL_ERROR),
    (":status behind a header", headers(1, (("a", "b"), (":status", "200"))),
     ErrorCode.PROTOCOL_ERROR),
    (":path in a response", headers(1, ((":status", "200"), (":path", "/"))),
     ErrorCode.PROTOCOL_ERROR),
    (":status of two digits", headers(1, ((":status", "20"),)), ErrorCode.PROTOCOL_ERROR),
    (":status 101", headers(1, ((":status", "101"),)), ErrorCode.PROTOCOL_ERROR),
    (":status in trailers", headers(1) + trailers(1, OK_HEADERS), ErrorCode.PROTOCOL_ERROR),
    ("trailers that go on", headers(1) + headers(1, (("grpc-status", "0"),)),
     ErrorCode.PROTOCOL_ERROR),
    ("1xx that ends the stream", headers(1, ((":status", "100"),), ends=True),
     ErrorCode.PROTOCOL_ERROR),
    ("upper case", headers(1, ((":status", "200"), ("X-A", "1"))), ErrorCode.PROTOCOL_ERROR),
    ("a blank in a name", headers(1, ((":status", "200"), ("x a", "1"))), ErrorCode.PROTOCOL_ERROR),
    ("a line end in a value", headers(1, ((":status", "200"), ("x", "a\nb"))),
     ErrorCode.PROTOCOL_ERROR),
    ("a connection header", headers(1, ((":status", "200"), ("connection", "close"))),
     ErrorCode.PROTOCOL_ERROR),
    ("-bin that is not base64", headers(1, ((":status", "200"), ("x-bin", "?"))),
     ErrorCode.PROTOCOL_ERROR),
    ("less than its content-length", measured(12) + message(1) + trailers(1),
     ErrorCode.PROTOCOL_ERROR),
    ("more than its content-length", measured(10) + message(1), ErrorCode.PROTOCOL_ERROR),
    ("a content-length and nothing", measured(11) + trailers(1), ErrorCode.PROTOCOL_ERROR),
    ("a content-length in trailers only", measured(11, ends=True), ErrorCode.PROTOCOL_ERROR),
    ("a content-length of pieces", measured(8) + data(1, framed(b"answer")[:7]) + trailers(1),
     ErrorCode.PROTOCOL_ERROR),
    ("less than the content-length of a page",
     headers(1, ((":status", "404"), ("content-length", "9"))) + data(1, b"not here", ends=True),
     ErrorCode.PROTOCOL_ERROR),
    ("a content-length that is no number", measured("-1"), ErrorCode.PROTOCOL_ERROR),
    ("two content-lengths", headers(1, (*OK_HEADERS, *LENGTHS)), ErrorCode.PROTOCOL_ERROR),
]  # fmt: skip


def test_headers_come_before_what_their_stream_reports() -> None:
    """Also if the stream is in the queue already, since its message was written."""
    bench = Bench()
    stream = bench.stream()
    bench.connection.write(stream, framed(b"hello"), bench.now, more=False)
    bench.sent()
    assert [type(event) for event in bench.events] == [StreamCall]
    bench.feed(headers(1))
    assert [type(event) for event in bench.events] == [Headers, StreamCall]


def test_a_status_message_may_end_with_a_space() -> None:
    """RFC 9113 forbids it, servers send it, and every gRPC client takes it."""
    bench = Bench()
    bench.call("one")
    failed = ((":status", "200"), ("grpc-status", "5"), ("grpc-message", "no such thing "))
    bench.feed(headers(1, failed, ends=True))
    outcome = bench.outcome()
    assert (outcome.status, outcome.details) == (Status.NOT_FOUND, "no such thing ")


@pytest.mark.parametrize(
    ("received", "code"),
    [rule[1:] for rule in STREAM_RULES],
    ids=[rule[0] for rule in STREAM_RULES],
)
def test_what_ends_a_stream(received: bytes, code: ErrorCode) -> None:
    """A RST_STREAM with the code of the RFC goes out; the connection and other calls go on."""
    bench = Bench()
    bench.call("broken")
    bench.call("other")
    bench.sent()
    bench.feed(received)
    assert bench.connection.fault is None
    resets = [one for one in bench.sent() if one.kind == RST_STREAM]
    assert [(one.stream, one.payload) for one in resets] == [(1, struct.pack(">I", code))]
    assert bench.outcome().status is Status.INTERNAL
    bench.feed(answer(3))
    assert [one.status for one in bench.outcomes()] == [Status.INTERNAL, Status.OK]


HARMLESS = [
    ("a frame of an unknown type", frame(UNKNOWN_TYPE, 0xFF, 1, b"whatever")),
    ("one on stream 0", frame(UNKNOWN_TYPE, 0, 0)),
    ("unknown flags", frame(PING, 0xFE, 0, bytes(8))),
    ("the reserved bit", frame(WINDOW_UPDATE, 0, 1 << 31, b"\x80\0\0\1")),
    ("an unknown setting", settings_frame({0xFFFF: 1})),
    ("PRIORITY on an idle stream", frame(PRIORITY, 0, 99, bytes(5))),
    ("an answer to a PING that was never sent", frame(PING, ACK, 0, bytes(8))),
    ("1xx before the headers", headers(1, ((":status", "103"), ("link", "x")))),
    ("an empty DATA", b""),
    ("WINDOW_UPDATE of the stream", window(1, 10)),
]  # fmt: skip


@pytest.mark.parametrize("received", [one[1] for one in HARMLESS], ids=[one[0] for one in HARMLESS])
def test_what_is_ignored(received: bytes) -> None:
    """Such frames change nothing for the call that is open."""
    bench = Bench()
    bench.call()
    bench.feed(received + headers(1) + data(1, b"") + message(1) + trailers(1))
    assert bench.connection.fault is None
    assert (bench.outcome().status, bench.outcome().message) == (Status.OK, b"answer")


def test_padding_priority_and_continuation() -> None:
    """Frames with padding and priority, and blocks in pieces, mean what they mean without."""
    bench = Bench()
    bench.call()
    head = block(OK_HEADERS)
    bench.feed(
        frame(HEADERS, PADDED | HAS_PRIORITY | END_HEADERS, 1, b"\4" + bytes(5) + head + bytes(4))
        + frame(DATA, PADDED, 1, b"\7" + framed(b"answer") + bytes(7))
        + cut_headers(1, (("grpc-status", "0"), ("x", "y")), ends=True)
    )
    outcome = bench.outcome()
    assert (outcome.status, outcome.message) == (Status.OK, b"answer")
    assert outcome.trailers == (("x", "y"),)


@pytest.mark.parametrize(
    ("head", "content"),
    [
        (measured(11), message(1)),
        (measured(11), frame(DATA, PADDED, 1, b"\7" + framed(b"answer") + bytes(7))),
        (measured(11), data(1, framed(b"answer")[:3]) + data(1, framed(b"answer")[3:])),
        (headers(1, (*OK_HEADERS, LENGTHS[0], LENGTHS[0])), message(1)),
        (headers(1), message(1)),
    ],
    ids=["whole", "padding does not count", "pieces", "said twice", "not said"],
)
def test_a_content_length_that_is_right(head: bytes, content: bytes) -> None:
    """The call is OK; a content-length in trailers means nothing."""
    bench = Bench()
    bench.call()
    bench.feed(head + content + trailers(1, (("grpc-status", "0"), ("content-length", "x"))))
    assert (bench.outcome().status, bench.outcome().message) == (Status.OK, b"answer")


def test_a_stream_may_say_the_length_of_all_its_messages() -> None:
    """The sum of their frames counts; one byte more ends it, and what came before it counts."""
    bench = Bench()
    stream = bench.stream()
    bench.connection.half_close(stream, bench.now)
    bench.feed(measured(22) + message(1) + message(1))
    assert (len(stream.inbox), stream.outcome) == (2, None)
    bench.feed(message(1))
    assert len(stream.inbox) == 2
    assert bench.outcome().status is Status.INTERNAL
    assert "a content-length of 22 and 33 bytes" in bench.outcome().details


def test_a_response_without_content_may_say_a_length() -> None:
    """204 and 304 do not have the content that they speak of (RFC 9113, section 8.1.1)."""
    bench = Bench()
    bench.call()
    bench.feed(headers(1, ((":status", "304"), ("content-length", "9")), ends=True))
    assert bench.outcome().status is Status.UNKNOWN
    assert "status: 304" in bench.outcome().details


def test_what_comes_late_for_a_stream_that_we_reset_is_ignored() -> None:
    """Until the server knows, it goes on; its bytes are credited to the connection all the same."""
    bench = Bench()
    call = bench.call()
    bench.connection.reset(call)
    left = bench.connection._window.left
    bench.feed(headers(1) + data(1, bytes(1000)) + window(1, 5) + reset(1, 8) + trailers(1))
    assert bench.connection.fault is None
    assert bench.connection._window.left + bench.connection._window._owed == left


@pytest.mark.parametrize(
    ("code", "status", "unprocessed"),
    [
        (0, Status.INTERNAL, False),
        (1, Status.INTERNAL, False),
        (2, Status.INTERNAL, False),
        (3, Status.INTERNAL, False),
        (4, Status.INTERNAL, False),
        (5, Status.UNKNOWN, False),
        (6, Status.INTERNAL, False),
        (7, Status.UNAVAILABLE, True),
        (8, Status.CANCELLED, False),
        (9, Status.INTERNAL, False),
        (10, Status.INTERNAL, False),
        (11, Status.RESOURCE_EXHAUSTED, False),
        (12, Status.PERMISSION_DENIED, False),
        (13, Status.UNKNOWN, False),
        (99, Status.UNKNOWN, False),
    ],
)
def test_resets_become_statuses(code: int, status: Status, unprocessed: bool) -> None:
    """As gRPC's PROTOCOL-HTTP2.md maps them; only REFUSED_STREAM proves that nothing was done."""
    bench = Bench()
    bench.call()
    bench.feed(reset(1, code))
    assert (bench.outcome().status, bench.outcome().unprocessed) == (status, unprocessed)


def test_a_goaway_gives_back_what_the_server_will_not_do() -> None:
    """Calls above its last stream are unprocessed, those below go on; none is started any more."""
    bench = Bench()
    for tag in range(3):
        bench.call(tag)
    bench.feed(goaway((1 << 31) - 1))
    assert not bench.outcomes()
    assert not bench.connection.may_start()
    bench.feed(goaway(1, 0, b"bye"))
    assert [(one[0], one.unprocessed) for one in bench.outcomes()] == [(1, True), (2, True)]
    assert "bye" in bench.outcomes()[0].details
    bench.feed(answer(1))
    assert bench.outcomes()[-1].status is Status.OK


def test_a_lost_connection_ends_every_call() -> None:
    """Calls that no byte of was handed out are unprocessed, others are not."""
    bench = Bench()
    bench.call("written")
    bench.sent()
    bench.call("unwritten")
    bench.connection.lose("Socket closed", bench.now)
    assert [(one[0], one.unprocessed) for one in bench.outcomes()] == [
        ("written", False),
        ("unwritten", True),
    ]


def test_pings_are_answered_and_measured() -> None:
    """A PING comes back with its bytes; the answer to ours gives the round trip."""
    bench = Bench()
    bench.feed(frame(PING, 0, 0, b"12345678"))
    assert [(one.flags, one.payload) for one in bench.sent()] == [(ACK, b"12345678")]
    bench.connection.ping(b"87654321", bench.now)
    bench.now += 0.25
    bench.feed(frame(PING, ACK, 0, b"87654321"))
    assert bench.connection.rtt_s == 0.25


@pytest.mark.parametrize(
    "flood",
    [
        frame(PING, 0, 0, bytes(8)),
        frame(SETTINGS, 0, 0),
        frame(PRIORITY, 0, 1, bytes(4)) * 0 + settings_frame({3: 1}),
    ],
    ids=["PING", "SETTINGS", "SETTINGS with values"],
)
def test_a_flood_ends_the_connection(flood: bytes) -> None:
    """A server that wants replies and does not read them is left before memory is full."""
    bench = Bench()
    bench.feed(flood * 200_000)
    assert bench.connection.fault is not None
    assert bench.connection.fault.code is ErrorCode.ENHANCE_YOUR_CALM
    assert bench.connection._output.size < 2 << 20


@pytest.mark.parametrize("piece", [b"", bytes(1000)], ids=["empty", "full"])
def test_a_block_without_end_ends_the_connection(piece: bytes) -> None:
    """A flood of CONTINUATION is bounded, also of empty ones."""
    bench = Bench(limits=Limits(metadata=8192))
    bench.call()
    bench.feed(frame(HEADERS, 0, 1))
    bench.feed(frame(CONTINUATION, 0, 1, piece) * 10_000)
    assert bench.connection.fault is not None
    assert bench.connection.fault.code is ErrorCode.ENHANCE_YOUR_CALM


def test_empty_data_without_end_costs_nothing() -> None:
    """A flood of empty DATA leaves nothing behind."""
    bench = Bench()
    bench.call()
    bench.feed(headers(1) + data(1, b"") * 100_000 + message(1) + trailers(1))
    assert bench.outcome().status is Status.OK


@pytest.mark.parametrize("first", [frame(PING, 0, 0, bytes(8)), frame(SETTINGS, ACK, 0)])
def test_the_first_frame_is_settings(first: bytes) -> None:
    """Anything else ends the connection."""
    bench = Bench.__new__(Bench)
    from collections import deque  # noqa: PLC0415 -- a bench without its SETTINGS

    from rpcx.transport.wire.connection import Connection  # noqa: PLC0415 -- likewise

    bench.events = deque()
    bench.connection = Connection(bench.events)
    bench.connection.receive(first, 0.0)
    assert bench.connection.fault is not None
    assert bench.connection.fault.code is ErrorCode.PROTOCOL_ERROR


def test_a_server_of_http1_is_recognised() -> None:
    """Its first line is in the text."""
    from collections import deque  # noqa: PLC0415 -- a connection without SETTINGS

    from rpcx.transport.wire.connection import Connection  # noqa: PLC0415 -- likewise

    connection = Connection(deque())
    assert connection.take_out(0.0).startswith(PREFACE)
    for byte in b"HTTP/1.1 400 Bad Request\r\n\r\n":
        connection.receive(bytes((byte,)), 0.0)
    assert 'HTTP/1.1"' in str(connection.fault) or "HTTP/1.1" in str(connection.fault)


def test_stream_numbers_end_before_they_are_used_up() -> None:
    """New calls go to another connection, and those that are open go on."""
    bench = Bench()
    bench.connection._streams.next = (1 << 31) - 200_001
    bench.call()
    assert bench.connection.draining
    bench.feed(answer((1 << 31) - 200_001))
    assert bench.outcome().status is Status.OK


def test_the_servers_limit_of_streams_is_kept() -> None:
    """A call may start when another has ended; the limit may fall, and be 0."""
    bench = Bench({Setting.MAX_CONCURRENT_STREAMS: 1})
    assert bench.connection.may_start()
    bench.call()
    assert not bench.connection.may_start()
    bench.feed(answer(1))
    assert bench.connection.may_start()
    bench.feed(settings_frame({Setting.MAX_CONCURRENT_STREAMS: 0}))
    assert not bench.connection.may_start()


@pytest.mark.parametrize("texts", [(b"abc",) * 6, (b"", b"abc", b"x" * 900) * 3])
def test_responses_like_those_before_say_the_same(texts: tuple[bytes, ...]) -> None:
    """What is read frame by frame and what is read in one piece have equal outcomes."""
    ok = (("grpc-status", "0"), ("grpc-message", "fine"), ("x", "1"))
    bench = Bench()
    for _ in texts:
        bench.call()
    pieces = [
        headers(1 + 2 * number) + message(1 + 2 * number, text) + trailers(1 + 2 * number, ok)
        for number, text in enumerate(texts)
    ]
    bench.feed(b"".join(pieces))
    found = bench.outcomes()
    assert [one.message for one in found] == list(texts)
    assert {(one.status, one.details, one.trailers) for one in found} == {
        (Status.OK, "fine", (("x", "1"),))
    }
