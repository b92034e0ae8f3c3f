"""The transport `wire` with servers that do one thing each, frame by frame."""

from __future__ import annotations

import socket
import threading
import time
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import pytest
from fetching import until_outcome
from hpack import Decoder
from wire_peer import answer, goaway, headers, message, reset, text_fields, trailers
from wire_server import TIMEOUT_S, Peer, ScriptedServer

from rpcx.results import Status
from rpcx.target.channel import ChannelSettings
from rpcx.target.target import Target
from rpcx.transport.wire import dial
from rpcx.transport.wire.frames import PING, Setting, frame
from rpcx.transport.wire.transport import WireTransport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def opened() -> Iterator[Callable[..., WireTransport]]:
    """A function that opens a transport to an address; closed with the test."""
    transports: list[WireTransport] = []

    def open_one(address: str, **fields: Any) -> WireTransport:
        transport = WireTransport(Target(address, address, **fields))
        transports.append(transport)
        return transport

    yield open_one
    for transport in transports:
        transport.close()


def connected(transport: WireTransport) -> WireTransport:
    """Connect a transport."""
    assert transport.connect(TIMEOUT_S, lambda: True), transport.why_not()
    return transport


def start(transport: WireTransport, tag: object = "tag", timeout_s: float = TIMEOUT_S) -> None:
    """Start a call."""
    transport.unary("/t/Echo", ()).start(tag, b"hello", timeout_s)


def test_a_draining_connection_and_a_new_one(opened: Callable[..., WireTransport]) -> None:
    """After a GOAWAY what is open goes on where it is, and new calls go over another connection."""
    seen_two = threading.Event()

    def script(peer: Peer) -> None:
        peer.greet()
        stream, _ = peer.request()
        if peer.number == 0:
            peer.send(goaway(stream) + headers(stream))
            assert seen_two.wait(TIMEOUT_S)
            peer.send(message(stream, b"from the old one") + trailers(stream))
        else:
            seen_two.set()
            peer.send(answer(stream, b"from the new one"))
        peer.until_closed()

    with ScriptedServer(script) as server:
        transport = connected(opened(server.address))
        start(transport, "old")
        while (link := transport._links.current) is not None and not link.connection.draining:
            transport.ready()
        start(transport, "new")
        found = {
            one[0]: one.message for one in (until_outcome(transport), until_outcome(transport))
        }
        assert found == {"old": b"from the old one", "new": b"from the new one"}
        assert transport.facts().made == 2


def test_what_the_server_turned_away_is_unprocessed(opened: Callable[..., WireTransport]) -> None:
    """By a GOAWAY whose last stream is below, or by REFUSED_STREAM."""

    def script(peer: Peer) -> None:
        peer.greet()
        stream, _ = peer.request()
        peer.send(goaway(0, 0, b"bye") if peer.number == 0 else reset(stream, 7))
        peer.until_closed()

    with ScriptedServer(script) as server:
        transport = connected(opened(server.address))
        for words in ("bye", "RST_STREAM"):
            start(transport)
            one = until_outcome(transport)
            assert (one.status, one.unprocessed) == (Status.UNAVAILABLE, True)
            assert words in one.details


def test_calls_wait_for_a_stream_that_the_server_allows(
    opened: Callable[..., WireTransport],
) -> None:
    """With one stream at a time each call has its turn, and the wait is known."""

    def script(peer: Peer) -> None:
        peer.greet({Setting.MAX_CONCURRENT_STREAMS: 1})
        for _ in range(3):
            stream, _ = peer.request()
            peer.send(answer(stream))
        peer.until_closed()

    with ScriptedServer(script) as server:
        transport = connected(opened(server.address))
        for tag in range(3):
            start(transport, tag)
        assert [until_outcome(transport)[0] for _ in range(3)] == [0, 1, 2]
        facts = transport.facts()
        assert facts.queued == 2
        assert facts.held.queued_s > 0
        assert facts.peer is not None
        assert facts.peer.max_streams == 1
        assert facts.sent_bytes > 100
        assert facts.received_bytes > 100


def test_an_answer_is_not_older_than_its_request(opened: Callable[..., WireTransport]) -> None:
    """The moment of an Outcome is when its bytes came, also where they came at once."""

    def script(peer: Peer) -> None:
        peer.greet()
        while True:
            stream, _ = peer.request()
            sent.append(time.perf_counter())
            peer.send(answer(stream))

    sent: list[float] = []
    with ScriptedServer(script) as server:
        transport = connected(opened(server.address))
        for number in range(200):
            start(transport)
            assert until_outcome(transport).at >= sent[number]


def test_a_lost_connection_is_told_at_once(opened: Callable[..., WireTransport]) -> None:
    """The call ends UNAVAILABLE, and the next one goes over a new connection."""

    def script(peer: Peer) -> None:
        peer.greet()
        stream, _ = peer.request()
        if peer.number:
            peer.send(answer(stream))
            peer.until_closed()

    with ScriptedServer(script) as server:
        transport = connected(opened(server.address))
        start(transport)
        one = until_outcome(transport)
        assert (one.status, one.unprocessed) == (Status.UNAVAILABLE, False)
        assert transport.lately_lost()
        start(transport)
        assert until_outcome(transport).status is Status.OK


def test_a_refused_connection_fails_calls_that_do_not_wait(
    opened: Callable[..., WireTransport], free_port: int
) -> None:
    """Fail-fast is the default; the words name the cause, also while the backoff lasts."""
    transport = opened(f"127.0.0.1:{free_port}")
    for _ in range(2):
        start(transport)
        one = until_outcome(transport)
        assert one.status is Status.UNAVAILABLE
        assert "Connection refused" in one.details
        assert not one.unprocessed
    assert "Connection refused" in transport.refusal()


def test_a_call_that_waits_for_ready_is_served_late(
    opened: Callable[..., WireTransport],
) -> None:
    """With wait-for-ready a call waits for its server, under its deadline."""

    def script(peer: Peer) -> None:
        peer.greet()
        stream, _ = peer.request()
        peer.send(answer(stream))
        peer.until_closed()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        place = listener.getsockname()
    transport = opened(f"127.0.0.1:{place[1]}", wait_for_ready=True)
    start(transport, timeout_s=0.05)
    assert until_outcome(transport).status is Status.DEADLINE_EXCEEDED
    start(transport)
    with ScriptedServer(script, socket.create_server(place)):
        assert until_outcome(transport).status is Status.OK


def test_a_server_that_does_not_speak_http2(opened: Callable[..., WireTransport]) -> None:
    """What it says instead is in the words."""

    def script(peer: Peer) -> None:
        peer.send(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")

    with ScriptedServer(script) as server:
        transport = opened(server.address)
        assert not transport.connect(TIMEOUT_S, lambda: True)
        assert "HTTP/1.1 400" in transport.refusal()
        assert "is an HTTP/1.1 server, not a gRPC one" in transport.why_not()


def test_a_fault_of_the_server_is_answered_with_a_goaway(
    opened: Callable[..., WireTransport],
) -> None:
    """The server is told what it did wrong, and the call ends."""
    told: SimpleQueue[bytes] = SimpleQueue()

    def script(peer: Peer) -> None:
        peer.greet()
        stream, _ = peer.request()
        peer.send(frame(PING, 0, stream, bytes(8)))
        told.put(peer.until_closed()[-1].payload)

    with ScriptedServer(script) as server:
        transport = connected(opened(server.address))
        start(transport)
        assert until_outcome(transport).status is Status.UNAVAILABLE
        assert told.get(timeout=TIMEOUT_S)[:8] == bytes(7) + b"\1"


def test_a_ping_that_is_not_answered_ends_the_connection(
    opened: Callable[..., WireTransport],
) -> None:
    """With keepalive a silent server is lost when its time is over."""

    def script(peer: Peer) -> None:
        peer.greet()
        peer.until_closed()

    settings = ChannelSettings(keepalive_time_s=0.05, keepalive_timeout_s=0.05)
    with ScriptedServer(script) as server:
        transport = connected(opened(server.address, channel=settings))
        start(transport)
        one = until_outcome(transport)
        assert one.status is Status.UNAVAILABLE
        assert "keepalive" in one.details


def test_a_round_trip_is_measured(opened: Callable[..., WireTransport]) -> None:
    """A PING of ours that is answered gives the round trip."""

    def script(peer: Peer) -> None:
        peer.greet()
        while (got := peer.read()).kind != PING:
            pass
        peer.send(frame(PING, 1, 0, got.payload))
        stream, _ = peer.request()
        peer.send(answer(stream))
        peer.until_closed()

    with ScriptedServer(script) as server:
        transport = connected(opened(server.address))
        transport.ping()
        start(transport)
        until_outcome(transport)
        rtt_s = transport.facts().rtt_s
        assert rtt_s is not None
        assert 0 < rtt_s < TIMEOUT_S


@pytest.mark.parametrize(
    ("fields", "authority"),
    [({}, "localhost"), ({"channel": ChannelSettings(authority="own:1")}, "own:1")],
)
def test_the_authority_of_a_unix_socket(
    opened: Callable[..., WireTransport], tmp_path: Path, fields: Any, authority: str
) -> None:
    """It is what servers expect, unless another one is given."""
    blocks: list[bytes] = []

    def script(peer: Peer) -> None:
        peer.greet()
        stream, block = peer.request()
        blocks.append(block)
        peer.send(answer(stream))
        peer.until_closed()

    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "s"))
    listener.listen()
    with ScriptedServer(script, listener) as server:
        transport = connected(opened(server.address, **fields))
        start(transport)
        assert until_outcome(transport).status is Status.OK
    assert dict(text_fields(Decoder(), blocks[0]))[":authority"] == authority


def test_the_first_address_that_answers_wins() -> None:
    """One that refuses costs nothing, one that says nothing costs a quarter of a second."""
    with (
        socket.create_server(("127.0.0.1", 0)) as good,
        socket.create_server(("127.0.0.1", 0)) as refusing,
        socket.create_server(("127.0.0.1", 0), backlog=0) as silent,
    ):
        refused = refusing.getsockname()
        refusing.close()
        # A full backlog: the next connection attempt is not answered.
        full = [socket.socket() for _ in range(3)]
        for one in full:
            one.setblocking(False)
            one.connect_ex(silent.getsockname())
        addresses: Any = [
            (socket.AF_INET, place) for place in (refused, silent.getsockname(), good.getsockname())
        ]
        begun = dial._clock()
        with dial._raced(addresses, begun + TIMEOUT_S, lambda: False) as winner:
            assert winner.getpeername() == good.getsockname()
            assert dial._clock() - begun >= dial._NEXT_ATTEMPT_S
        for one in full:
            one.close()


def test_no_address_answers() -> None:
    """The words are those of the last attempt."""
    with socket.create_server(("127.0.0.1", 0)) as refusing:
        refused = refusing.getsockname()
    addresses: Any = [(socket.AF_INET, refused)]
    with pytest.raises(OSError, match="Connection refused"):
        dial._raced(addresses, dial._clock() + TIMEOUT_S, lambda: False)


def test_several_connections_go_round_the_addresses() -> None:
    """Each transport tries another address first, and falls back to those that are left."""

    def script(peer: Peer) -> None:
        peer.greet()
        peer.until_closed()

    with ScriptedServer(script) as one:
        port = one.address.rpartition(":")[2]
        with ScriptedServer(script, socket.create_server(("127.0.0.2", int(port)))):
            places = f"ipv4:127.0.0.1:{port},127.0.0.2:{port},127.0.0.3:{port}"
            found: list[str] = []
            for index in range(4):
                transport = connected(WireTransport(Target(places, places), index))
                found += transport.facts().addresses
                transport.close()
    first, second = f"127.0.0.1 port {port}", f"127.0.0.2 port {port}"
    assert found == [first, second, first, first]
