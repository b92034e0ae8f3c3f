"""gRPC on HTTP/2: statuses, timeouts, metadata, messages (PROTOCOL-HTTP2.md)."""

from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wire_peer import HEAD, OK_HEADERS, Bench, answer, block, data, headers, message, trailers

from rpcx.results import Status
from rpcx.transport.wire.calls import Call
from rpcx.transport.wire.frames import (
    DATA,
    HEADERS,
    RST_STREAM,
    SMALLEST_MAX_FRAME,
    Setting,
    header_frames,
    settings_frame,
)
from rpcx.transport.wire.grpc_rules import (
    binary_values,
    metadata_fields,
    status_of_http,
    status_text,
    timeout_text,
)
from rpcx.transport.wire.header_encoder import HeaderEncoder
from rpcx.transport.wire.messages import MessageFault, MessageReader, compressor, framed
from rpcx.transport.wire.peer import Limits
from rpcx.transport.wire.requests import Origin, RequestHead

UNIT_S = {"H": 3600, "M": 60, "S": 1, "m": 1e-3, "u": 1e-6, "n": 1e-9}


@pytest.mark.parametrize(
    ("code", "status"),
    [
        (200, Status.UNKNOWN),
        (400, Status.INTERNAL),
        (401, Status.UNAUTHENTICATED),
        (403, Status.PERMISSION_DENIED),
        (404, Status.UNIMPLEMENTED),
        (418, Status.UNKNOWN),
        (429, Status.UNAVAILABLE),
        (431, Status.UNKNOWN),
        (500, Status.UNKNOWN),
        (502, Status.UNAVAILABLE),
        (503, Status.UNAVAILABLE),
        (504, Status.UNAVAILABLE),
    ],
)
def test_http_statuses(code: int, status: Status) -> None:
    """As gRPC's http-grpc-status-mapping.md has them, with the first words of the body."""
    assert status_of_http(code) is status
    bench = Bench()
    bench.call()
    if code != 200:
        bench.feed(
            headers(1, ((":status", str(code)), ("content-type", "text/html")))
            + data(1, b"<h1>no such page</h1>", ends=True)
        )
        outcome = bench.outcome()
        assert outcome.status is status
        assert f"http2 header with status: {code}" in outcome.details
        assert "no such page" in outcome.details


@given(st.floats(min_value=1e-9, max_value=1e9))
def test_timeouts_are_never_longer_than_asked_for(seconds: float) -> None:
    """At most eight digits and a unit; what is lost by rounding is less than a part in 10^6."""
    text = timeout_text(seconds).decode()
    assert len(text) <= 9
    value = int(text[:-1]) * UNIT_S[text[-1]]
    assert value <= seconds * (1 + 1e-9) or text == "1n"
    assert value >= min(seconds, 99_999_999 * 3600) * (1 - 2e-5) - 1e-9


@pytest.mark.parametrize(
    ("encoded", "text"),
    [
        ("plain", "plain"),
        ("a%20b", "a b"),
        ("%E2%82%AC", "€"),
        ("100%", "100%"),
        ("%zz%20", "%zz "),
        ("%FF", "\ufffd"),
        ("%", "%"),
    ],
)
def test_status_texts_are_decoded_whatever_they_are(encoded: str, text: str) -> None:
    """What is not percent-encoding stays, what is not UTF-8 is replaced."""
    assert status_text(encoded) == text


@pytest.mark.parametrize(
    ("encoded", "values"),
    [("AAE=", [b"\0\1"]), ("AAE", [b"\0\1"]), ("AAE=,AA", [b"\0\1", b"\0"]), ("", [b""])],
)
def test_binary_values(encoded: str, values: list[bytes]) -> None:
    """Padded or not, and several joined by commas."""
    assert binary_values(encoded) == values


def test_metadata_is_sent_without_padding() -> None:
    """`-bin` values go as base64 without padding, others as they are."""
    assert metadata_fields((("a-bin", b"\0\1"), ("b", "x"))) == [(b"a-bin", b"AAE"), (b"b", b"x")]


@pytest.mark.parametrize(
    ("received", "status", "words"),
    [
        (trailers(1, (*OK_HEADERS, ("grpc-status", "5"), ("grpc-message", "no%20such"))),
         Status.NOT_FOUND, "no such"),
        (headers(1) + trailers(1, (("grpc-status", "99"),)), Status.UNKNOWN, ""),
        (headers(1) + trailers(1, (("grpc-status", "x"),)), Status.UNKNOWN, ""),
        (headers(1) + message(1) + trailers(1, (("x", "y"),)), Status.UNKNOWN, "No status"),
        (headers(1) + data(1, framed(b"answer"), ends=True), Status.INTERNAL, "END_STREAM"),
        (headers(1, (*OK_HEADERS, ("grpc-status", "0"))) + trailers(1, (("grpc-status", "7"),)),
         Status.PERMISSION_DENIED, ""),
        (headers(1, ((":status", "200"), ("content-type", "application/grpc-web")))
         + message(1) + trailers(1), Status.INTERNAL, "content-type"),
        (headers(1, ((":status", "200"), ("content-type", "text/plain")))
         + data(1, b"hello", ends=True), Status.UNKNOWN, "hello"),
        (headers(1, ((":status", "200"),)) + data(1, b"hello", ends=True), Status.UNKNOWN, "hello"),
        (headers(1) + message(1) + message(1) + trailers(1), Status.INTERNAL, "more than one"),
        (headers(1) + data(1, framed(b"a") * 2) + trailers(1), Status.INTERNAL, "more than one"),
        (headers(1) + data(1, b"\0\0") + trailers(1), Status.INTERNAL, "inside a message"),
        (headers(1) + data(1, framed(b"answer")[:-1]) + trailers(1), Status.INTERNAL, "inside"),
        (headers(1) + message(1) + data(1, b"\0") + trailers(1), Status.INTERNAL, "inside"),
        (headers(1) + data(1, b"\2\0\0\0\0") + trailers(1), Status.INTERNAL, "flag 2"),
        (headers(1) + data(1, b"\1\0\0\0\1x") + trailers(1), Status.INTERNAL, "grpc-encoding"),
        (headers(1, (*OK_HEADERS, ("grpc-encoding", "snappy"))) + data(1, b"\1\0\0\0\1x")
         + trailers(1), Status.INTERNAL, "snappy"),
        (headers(1, (*OK_HEADERS, ("grpc-encoding", "gzip"))) + data(1, b"\1\0\0\0\1x")
         + trailers(1), Status.INTERNAL, "gzip"),
        (headers(1) + data(1, b"\0\xff\xff\xff\xff"), Status.RESOURCE_EXHAUSTED, "larger than max"),
        (headers(1, (*OK_HEADERS, ("x", "y" * 16_000))), Status.RESOURCE_EXHAUSTED, "metadata"),
    ],
)  # fmt: skip
def test_answers_that_are_not_right(received: bytes, status: Status, words: str) -> None:
    """None is OK, each says what is wrong, and the connection goes on."""
    bench = Bench(limits=Limits(metadata=8192))
    bench.call()
    bench.feed(received)
    outcome = bench.outcome()
    assert outcome.status is status
    assert words in outcome.details
    assert outcome.message is None
    assert bench.connection.fault is None


def test_a_status_with_large_metadata_is_not_lost() -> None:
    """By default half a mebibyte of trailers is taken, where gRPC's core takes some KiB."""
    bench = Bench()
    bench.call()
    large = block([("grpc-status", "5"), *((f"x-{number}", "y" * 1000) for number in range(500))])
    bench.feed(headers(1) + header_frames(1, large, SMALLEST_MAX_FRAME, end_stream=True))
    assert bench.outcome().status is Status.NOT_FOUND
    assert len(bench.outcome().trailers) == 500


@pytest.mark.parametrize(
    "kind",
    ["application/grpc", "application/grpc+proto", "application/grpc;charset=utf-8",
     "application/grpc+proto; a=b"],
)  # fmt: skip
def test_content_types_of_grpc(kind: str) -> None:
    """The codec that was asked for, and parameters, are fine."""
    bench = Bench()
    bench.call()
    bench.feed(headers(1, ((":status", "200"), ("content-type", kind))) + message(1) + trailers(1))
    assert bench.outcome().status is Status.OK


def test_an_answer_before_the_request_is_over() -> None:
    """The status counts, and RST_STREAM(NO_ERROR) says that the rest is not sent."""
    bench = Bench({Setting.INITIAL_WINDOW_SIZE: 5})
    bench.call(request=bytes(100))
    bench.sent()
    bench.feed(headers(1) + trailers(1, (("grpc-status", "8"),)))
    assert bench.outcome().status is Status.RESOURCE_EXHAUSTED
    assert [(one.kind, one.payload) for one in bench.sent()] == [(RST_STREAM, bytes(4))]


def test_a_size_update_begins_the_next_block() -> None:
    """A server that allows a smaller table sees it acknowledged in the block that follows."""
    bench = Bench()
    bench.feed(settings_frame({Setting.HEADER_TABLE_SIZE: 0}) + settings_frame({1: 4096}))
    bench.sent()
    bench.call()
    bench.call()
    blocks = [one.payload for one in bench.sent() if one.kind != DATA]
    assert [one[:1] == b"\x20" for one in blocks] == [True, False]


def test_metadata_above_the_servers_limit_is_not_sent() -> None:
    """Such a call fails at once with both sizes; others, and calls at the limit, go on."""
    fields = [
        (":method", "POST"), (":scheme", "http"), (":path", "/t/Echo"), (":authority", "host:1"),
        ("te", "trailers"), ("grpc-timeout", "5000000u"), ("content-type", "application/grpc"),
        ("user-agent", "tests"), ("grpc-accept-encoding", "identity,deflate,gzip"), ("x", "y" * 99),
    ]  # fmt: skip
    size = sum(len(name) + len(value) + 32 for name, value in fields)
    bench = Bench({Setting.MAX_HEADER_LIST_SIZE: size})
    for tag, length in (("at", 99), ("above", 100), ("again", 99)):
        metadata = (("x", "y" * length),)
        bench.connection.start(Call(tag, HEAD, metadata, framed(b""), 5.0), bench.now)
    sent = [one for one in bench.sent() if one.kind == HEADERS]
    assert [bench.fields(one.payload) for one in sent] == [fields] * 2
    assert (bench.outcome().tag, bench.outcome().status) == ("above", Status.INTERNAL)
    assert (
        f"has {size + 1} bytes of headers, and the server takes {size}" in bench.outcome().details
    )
    bench.feed(b"".join(answer(one.stream) for one in sent))
    assert [one.status for one in bench.outcomes()[1:]] == [Status.OK] * 2


def test_the_servers_limit_of_metadata_may_change() -> None:
    """What counts is its last SETTINGS; a stream is refused as a unary call is."""
    bench = Bench()
    bench.call("first")
    bench.feed(settings_frame({Setting.MAX_HEADER_LIST_SIZE: 100}))
    bench.sent()
    stream = bench.stream()
    assert [one.kind for one in bench.sent()] == []
    assert stream.outcome is not None
    assert stream.outcome.status is Status.INTERNAL
    assert bench.connection.open_calls == 1


@given(st.lists(st.binary(max_size=50), max_size=8), st.lists(st.integers(1, 30), max_size=40))
def test_messages_end_anywhere(messages: list[bytes], cuts: list[int]) -> None:
    """However a stream is cut, the messages are the same."""
    stream = b"".join(framed(one) for one in messages)
    reader = MessageReader(1000)
    found = []
    for size in cuts:
        found += reader.feed(stream[:size])
        stream = stream[size:]
    found += reader.feed(stream)
    assert [one for one, _ in found] == messages
    assert not reader.in_message


@pytest.mark.parametrize(
    ("encoding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)]
)
def test_compression_either_way(encoding: str, pack: object) -> None:
    """What others compress is read, and what we compress is read by others."""
    message_text = b"abc" * 1000
    sent = compressor(encoding)(message_text)
    assert sent[0] == 1
    reader = MessageReader(10_000)
    reader.encoding = encoding
    assert reader.feed(sent) == [(message_text, len(sent))]
    packed = pack(message_text)  # type: ignore[operator] # one of two functions
    theirs = b"\1" + len(packed).to_bytes(4) + packed
    assert reader.feed(theirs) == [(message_text, len(theirs))]


def test_a_bomb_is_refused() -> None:
    """A small message that inflates to a large one is stopped at the limit."""
    packed = zlib.compress(bytes(100 << 20))
    reader = MessageReader(1 << 20)
    reader.encoding = "deflate"
    with pytest.raises(MessageFault) as caught:
        reader.feed(b"\1" + len(packed).to_bytes(4) + packed)
    assert caught.value.status is Status.RESOURCE_EXHAUSTED


def test_a_request_block_has_its_fields_in_order() -> None:
    """Pseudo-headers, te, the timeout, content-type, and then what the user gave."""
    head = RequestHead(Origin("https", "host", "agent", "gzip"), "/a/B", (("x", "1"),))
    bench, encoder = Bench(), HeaderEncoder()
    read = [name for name, _ in bench.fields(head.block(encoder, 1.5))]
    assert read == [
        ":method", ":scheme", ":path", ":authority", "te", "grpc-timeout", "content-type",
        "user-agent", "grpc-encoding", "grpc-accept-encoding", "x",
    ]  # fmt: skip
    for timeout_s in (1.5, 2.5, 1.5):
        fields = dict(bench.fields(head.block(encoder, timeout_s)))
        assert list(fields) == read
        assert fields["grpc-timeout"] == f"{int(timeout_s * 1e6)}u"
    own = dict(bench.fields(head.block(encoder, None, (("y", "2"),))))
    assert "x" not in own
    assert own["y"] == "2"
