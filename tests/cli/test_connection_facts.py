"""What only a transport of our own knows, in JSON, in records and in the summary."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import listeners
import pytest
from wire_peer import answer, message, trailers, window
from wire_server import Peer, ScriptedServer

from rpcx.transport.wire.frames import DATA, HEADERS, Setting

if TYPE_CHECKING:
    from collections.abc import Callable

    from certificates import Authority, Pair

HELLO = "helloworld.Greeter/SayHello"


def test_a_run_tells_what_its_connection_was(rpcx: Callable[..., Any], demo_server: str) -> None:
    """The server's settings, a round trip, and bytes of HTTP/2 beside those of messages."""
    result = rpcx(
        "call", "-p", demo_server, HELLO, "-n", "50", "-d", '{"name":"Ada"}', "-o", "json"
    )
    found = result.json["connection"]
    assert (found["made"], found["addresses"]) == (1, [demo_server.replace(":", " port ")])
    assert found["tls"] is None
    assert 0 < found["rtt_ms"] < 10_000
    assert found["peer_settings"]["initial_window_size"] > 0
    for way, size in result.json["bytes"].items():
        # At least two frame heads and the prefix of a message, for each call.
        assert size + 50 * 23 <= found["wire_bytes"][way] < size + 50 * 500
    assert (found["queued"], found["queued_s"]) == (0, 0)
    assert set(found["blocked_by"].values()) == {0}


def test_only_what_passed_in_the_run_is_counted(rpcx: Callable[..., Any], demo_server: str) -> None:
    """A warm-up and reflection are not in its bytes; several processes are added up."""
    arguments = ("call", "-p", demo_server, HELLO, "-n", "40", "-c", "4", "-o", "json")
    plain = rpcx(*arguments).json["connection"]["wire_bytes"]["received_bytes"]
    warmed = rpcx(*arguments, "--warmup", "40").json["connection"]["wire_bytes"]["received_bytes"]
    assert abs(warmed - plain) < plain / 4
    spread = rpcx(*arguments, "--processes", "2").json["connection"]
    assert spread["made"] == 2
    assert abs(spread["wire_bytes"]["received_bytes"] - plain) < plain / 4


def test_the_certificate_of_the_connection(
    rpcx: Callable[..., Any],
    authority: Authority,
    server_pair: Pair,
    t_schema: tuple[str, ...],
) -> None:
    """TLS as it was agreed on, and whom the certificate is for."""
    with listeners.grpc_server(pair=server_pair) as address:
        trust = ("--cacert", str(authority.certificate))
        result = rpcx("call", address, *trust, *t_schema, "t.S/One", "-o", "json")
    assert result.json["statuses"] == {"UNIMPLEMENTED": 1}
    tls = result.json["connection"]["tls"]
    assert (tls["version"], tls["alpn"]) == ("TLSv1.3", "h2")
    assert tls["cipher"].startswith("TLS_")
    assert tls["certificate"]["names"] == ["localhost", "127.0.0.1", "::1"]
    assert tls["certificate"]["issuer"] == "rpcx test CA"
    assert tls["certificate"]["not_before"] < tls["certificate"]["not_after"]


def test_a_condition_may_be_about_the_connection(
    rpcx: Callable[..., Any], demo_server: str
) -> None:
    """--fail-if takes its numbers; one that gRPC's core hides is met, as nothing shows it."""
    call = ("call", "-p", demo_server, HELLO, "--fail-if", "connection.rtt_ms>60000", "-o", "json")
    assert rpcx(*call).code == 0
    hidden = rpcx(*call, "--transport", "grpc")
    assert hidden.code == 99
    assert hidden.json["fail_if"][0]["value"] is None


def test_grpc_hides_all_of_it(rpcx: Callable[..., Any], demo_server: str) -> None:
    """Over gRPC's core nothing is known, and nothing is made up."""
    result = rpcx("call", "-p", demo_server, HELLO, "-o", "json", "--transport", "grpc")
    assert result.json["connection"] is None


def one_at_a_time(peer: Peer) -> None:
    """Take one call at a time, and answer each."""
    peer.greet({Setting.MAX_CONCURRENT_STREAMS: 1})
    while True:
        stream, _ = peer.request()
        peer.send(answer(stream, b""))


def test_the_wait_for_a_stream_is_told(rpcx: Callable[..., Any], t_schema: tuple[str, ...]) -> None:
    """In each record, in the JSON, and as a sentence that says what to do about it."""
    with ScriptedServer(one_at_a_time) as server:
        load = (
            "call",
            "-p",
            server.address,
            *t_schema,
            "t.S/One",
            "-n",
            "20",
            "-c",
            "4",
            "-o",
        )
        records = [json.loads(line) for line in rpcx(*load, "record").out.splitlines()]
        found = rpcx(*load, "json").json["connection"]
        summary = rpcx(*load, "summary").out
    waited = [one for one in records if "queued_ms" in one]
    # The first call of a method goes alone, and the last may find the stream free.
    assert 10 <= len(waited) <= 19
    assert all(0 < one["queued_ms"] <= one["service_ms"] for one in waited)
    assert all(one["blocked_ms"] == 0 for one in waited)
    assert found["peer_settings"]["max_concurrent_streams"] == 1
    assert 10 <= found["queued"] <= 19
    assert found["queued_s"] > 0
    assert "calls waited for a stream, " in summary
    assert "the server takes 1 call at once on a connection; --connections gives" in summary


def test_the_window_that_held_a_request_back(
    rpcx: Callable[..., Any], t_schema: tuple[str, ...]
) -> None:
    """A request larger than the window of its stream waits until the server widens that."""

    def script(peer: Peer) -> None:
        peer.greet({Setting.INITIAL_WINDOW_SIZE: 10})
        while True:
            frame = peer.read()
            if frame.kind == DATA and not frame.flags & 1:
                peer.send(window(frame.stream, 1000))
            elif frame.kind == DATA:
                peer.send(answer(frame.stream, b""))

    with ScriptedServer(script) as server:
        call = (
            "call",
            "-p",
            server.address,
            *t_schema,
            "t.S/One",
            "-d",
            f'{{"text":"{"x" * 500}"}}',
        )
        record = rpcx(*call, "-o", "record").json
        found = rpcx(*call, "-n", "5", "-o", "json").json["connection"]["blocked_by"]
    assert 0 < record["blocked_ms"] <= record["service_ms"]
    assert found["stream_window_s"] > 0
    assert (found["connection_window_s"], found["socket_s"]) == (0, 0)


@pytest.mark.parametrize(
    ("stream_window", "held_by"), [(1000, "stream_window_s"), (1 << 20, "connection_window_s")]
)
def test_a_stream_tells_what_blocked_it(
    rpcx: Callable[..., Any], t_schema: tuple[str, ...], stream_window: int, held_by: str
) -> None:
    """Its own window, or the connection's, with the seconds of each."""

    def script(peer: Peer) -> None:
        peer.greet({Setting.INITIAL_WINDOW_SIZE: stream_window})
        stream, taken = 0, 0
        while True:
            frame = peer.read()
            if frame.kind == HEADERS:
                stream = frame.stream
            if frame.kind == DATA:
                taken += len(frame.payload)
            if frame.kind == DATA and taken == min(stream_window, 65_535):
                peer.send(window(stream, 1 << 20) + window(0, 1 << 20))
            if frame.kind == DATA and frame.flags & 1:
                peer.send(message(stream, b"") + trailers(stream))

    with ScriptedServer(script) as server:
        found = rpcx(
            "stream", "-p", server.address, *t_schema, "t.S/Many", "-o", "json",
            "-d", f'{{"text":"{"x" * 70_000}"}}',
        ).json  # fmt: skip
    blocked = found["sent"]["blocked_by"]
    assert blocked.pop(held_by) > 0
    assert set(blocked.values()) == {0}
    assert found["connection"]["blocked_by"][held_by] > 0
