"""The contract of `transport/`, over every implementation and a real server."""

from __future__ import annotations

import dataclasses
import ssl
import threading
from concurrent import futures
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from byte_counter import ByteCounter
from fetching import fetch, until_outcome

from rpcx.results import Metadata, Outcome, Status
from rpcx.target.channel import Carrier, ChannelSettings, Compression
from rpcx.target.target import Target
from rpcx.target.tls import Tls
from rpcx.transport import open_transport
from rpcx.transport.protocol import (
    Headers,
    OutstandingError,
    Stream,
    Transport,
)
from rpcx.transport.wire.transport import WireTransport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TLS = Path(__file__).parents[2] / "support" / "tls"
DEADLINE_S = 30.0
"""No test waits longer for anything; none is expected to wait at all."""


class Handlers(grpc.GenericRpcHandler):
    """Handlers on raw bytes, one for each thing that a server can do to a client."""

    def __init__(self) -> None:
        self.release = threading.Event()
        self.peers: set[str] = set()

    def service(self, details: grpc.HandlerCallDetails) -> Any:
        """The handler of a path such as `/t/Echo`."""
        streaming = {"Echo": False, "Meta": False, "Fail": False, "Slow": False, "Large": False}
        name = details.method.rpartition("/")[2]
        handler: Any = getattr(self, name.lower(), None)
        if handler is None:
            return None
        if name in streaming:
            return grpc.unary_unary_rpc_method_handler(handler)
        return grpc.stream_stream_rpc_method_handler(handler)

    def echo(self, request: bytes, context: Any) -> bytes:
        self.peers.add(context.peer())
        return request

    def meta(self, request: bytes, context: Any) -> bytes:
        sent = [(k, v) for k, v in context.invocation_metadata() if k.startswith("x-")]
        context.send_initial_metadata(sent)
        context.set_trailing_metadata([("t-" + k, v) for k, v in sent])
        return request

    def fail(self, _request: bytes, context: Any) -> bytes:
        context.set_trailing_metadata((("why", "because"),))
        context.abort(grpc.StatusCode.NOT_FOUND, "no such thing")
        raise AssertionError

    def slow(self, request: bytes, context: Any) -> bytes:
        gone = threading.Event()
        context.add_callback(gone.set)
        gone.wait(DEADLINE_S)
        return request

    def large(self, request: bytes, _context: Any) -> bytes:
        return b"x" * int(request)

    def chat(self, requests: Iterator[bytes], _context: Any) -> Iterator[bytes]:
        yield from requests

    def count(self, requests: Iterator[bytes], _context: Any) -> Iterator[bytes]:
        yield str(sum(1 for _ in requests)).encode()

    def upto(self, requests: Iterator[bytes], _context: Any) -> Iterator[bytes]:
        for number in range(int(next(requests))):
            yield str(number).encode()

    def halfway(self, requests: Iterator[bytes], context: Any) -> Iterator[bytes]:
        yield next(requests)
        context.abort(grpc.StatusCode.DATA_LOSS, "lost")

    def nothing(self, requests: Iterator[bytes], _context: Any) -> Iterator[bytes]:
        for _ in requests:
            pass
        yield from ()

    def forever(self, _requests: Iterator[bytes], context: Any) -> Iterator[bytes]:
        gone = threading.Event()
        context.add_callback(gone.set)
        gone.wait(DEADLINE_S)
        yield from ()


class Server:
    """A server on a port of its own."""

    def __init__(self, *, tls: bool = False, compression: grpc.Compression | None = None) -> None:
        options = (
            ("grpc.so_reuseport", 0),
            ("grpc.max_receive_message_length", 1 << 20),
            # Beyond these core cancels calls that wait for a thread.
            ("grpc.server.max_pending_requests", 100_000),
            ("grpc.server.max_pending_requests_hard_limit", 100_000),
        )
        self.handlers = Handlers()
        self._server = grpc.server(
            futures.ThreadPoolExecutor(16), options=options, compression=compression
        )
        self._server.add_generic_rpc_handlers((self.handlers,))
        if tls:
            pair = ((TLS / "key.pem").read_bytes(), (TLS / "certificate.pem").read_bytes())
            credentials = grpc.ssl_server_credentials([pair])
            self.port = self._server.add_secure_port("127.0.0.1:0", credentials)
        else:
            self.port = self._server.add_insecure_port("127.0.0.1:0")
        self._server.start()

    def stop(self) -> None:
        self._server.stop(0).wait(DEADLINE_S)

    def stop_gracefully(self) -> threading.Event:
        """Send GOAWAY: what is in flight goes on, nothing new is taken."""
        stopped: threading.Event = self._server.stop(DEADLINE_S)
        return stopped


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server that many tests share."""
    running = Server()
    yield running
    running.stop()


Open = "Callable[..., Transport]"


@pytest.fixture(params=["wire", "grpc"])
def opened(request: pytest.FixtureRequest) -> Iterator[Callable[..., Transport]]:
    """A function that opens a transport of each implementation; closed with the test."""
    transports: list[Transport] = []

    def open_one(
        port: int, index: int = 0, channel: ChannelSettings | None = None, **fields: Any
    ) -> Transport:
        address = f"127.0.0.1:{port}"
        carrier = Carrier(request.param)
        channel = dataclasses.replace(channel or ChannelSettings(), transport=carrier)
        transport = open_transport(Target(address, address, channel=channel, **fields), index)
        assert transport.name == request.param
        transports.append(transport)
        return transport

    yield open_one
    for transport in transports:
        transport.close()


@pytest.fixture
def transport(opened: Callable[..., Transport], server: Server) -> Transport:
    """A connected transport to the shared server."""
    one = opened(server.port)
    assert one.connect(DEADLINE_S, lambda: True)
    return one


class Ears:
    """What a stream tells, each side in its order.

    Attributes:
        stream: The stream.
        sent: Of each send, whether core has the message.
        received: The messages; None once there are no more.
    """

    stream: Stream

    def __init__(self) -> None:
        self.sent: list[bool] = []
        self.received: list[bytes | None] = []

    def on_sent(self, _at: float, ok: bool) -> None:
        self.sent.append(ok)

    def on_received(self, _at: float, message: bytes | None) -> None:
        self.received.append(message)


def opened_stream(
    transport: Transport, method: str, *, tag: str = "s", timeout_s: float | None = DEADLINE_S
) -> Ears:
    """Open a stream and listen to it."""
    ears = Ears()
    ears.stream = transport.stream(
        tag, f"/t/{method}", (), timeout_s, ears.on_sent, ears.on_received
    )
    return ears


def unary(
    transport: Transport, method: str, request: bytes = b"hello", metadata: Metadata = ()
) -> Outcome:
    """One call, to its end."""
    transport.unary(f"/t/{method}", metadata).start("tag", request, DEADLINE_S)
    return until_outcome(transport)


def test_a_unary_call_brings_one_outcome_with_its_tag(transport: Transport) -> None:
    """A call ends in exactly one event, which carries tag, status and message."""
    outcome = unary(transport, "Echo", b"one")
    assert (outcome.tag, outcome.status, outcome.message) == ("tag", Status.OK, b"one")
    transport.wake()
    assert not transport.events()


def test_an_empty_message_is_a_message(transport: Transport) -> None:
    """A response of no bytes is b"", not None: only a missing message is None."""
    assert unary(transport, "Echo", b"").message == b""


def test_metadata_goes_both_ways(transport: Transport) -> None:
    """Text and -bin keys reach the server and come back as headers and as trailers."""
    sent: Metadata = (("x-a", "1"), ("x-a", "2"), ("x-b-bin", b"\x00\xff"))
    outcome = unary(transport, "Meta", metadata=sent)
    assert outcome.headers == sent
    assert outcome.trailers == tuple((f"t-{key}", value) for key, value in sent)


def test_a_call_may_have_metadata_of_its_own(transport: Transport) -> None:
    """In place of the method's, for that call alone, however calls are used again."""
    method = transport.unary("/t/Meta", (("x-a", "method"),))
    seen = []
    for own in (None, (("x-a", "one"), ("x-b", "two")), (), None):
        method.start("tag", b"hello", DEADLINE_S, own)
        outcome = until_outcome(transport)
        seen.append([value for key, value in outcome.headers if key.startswith("x-")])
    assert seen == [["method"], ["one", "two"], [], ["method"]]


def test_a_status_of_the_server_is_told_with_text_and_trailers(transport: Transport) -> None:
    """A failure comes with the server's words and trailers, and without a message."""
    outcome = unary(transport, "Fail")
    assert (outcome.status, outcome.details) == (Status.NOT_FOUND, "no such thing")
    assert outcome.message is None
    assert ("why", "because") in outcome.trailers
    assert not outcome.unprocessed


def test_an_unknown_method_is_unimplemented(transport: Transport) -> None:
    """A path that no handler serves ends in UNIMPLEMENTED."""
    assert unary(transport, "Nope").status is Status.UNIMPLEMENTED


def test_a_deadline_ends_a_call(transport: Transport) -> None:
    """A call that outlives its deadline ends in DEADLINE_EXCEEDED."""
    transport.unary("/t/Slow", ()).start(1, b"", 0.05)
    assert until_outcome(transport).status is Status.DEADLINE_EXCEEDED


def test_cancel_all_ends_calls_and_streams(transport: Transport) -> None:
    """What is open when everything is cancelled ends in CANCELLED."""
    transport.unary("/t/Slow", ()).start("call", b"", DEADLINE_S)
    opened_stream(transport, "Forever", tag="stream").stream.receive()
    transport.cancel_all()
    outcomes = {outcome.tag: outcome for outcome in (until_outcome(transport) for _ in "ab")}
    assert {outcome.status for outcome in outcomes.values()} == {Status.CANCELLED}
    assert set(outcomes) == {"call", "stream"}


def test_a_request_over_the_servers_limit_is_refused(transport: Transport) -> None:
    """A message beyond the server's limit ends in RESOURCE_EXHAUSTED."""
    assert unary(transport, "Echo", b"x" * (2 << 20)).status is Status.RESOURCE_EXHAUSTED


def test_thousands_of_calls_in_flight_each_end_once(transport: Transport) -> None:
    """5,000 calls that are open at once bring 5,000 outcomes, each with its own message."""
    echo = transport.unary("/t/Echo", ())
    for number in range(5000):
        echo.start(number, str(number).encode(), DEADLINE_S * 2)
    seen: dict[Any, bytes | None] = {}
    while len(seen) < 5000:
        outcome = until_outcome(transport)
        assert outcome.tag not in seen
        assert outcome.status is Status.OK
        seen[outcome.tag] = outcome.message
    assert all(message == str(number).encode() for number, message in seen.items())


def drive(transport: Transport, method: str, messages: list[bytes]) -> tuple[Outcome, list[bytes]]:
    """Send these, half-close, receive to the end."""
    left = list(reversed(messages))
    received: list[bytes] = []

    def on_sent(_at: float, ok: bool) -> None:
        if ok and left:
            message = left.pop()
            stream.send(message, more=bool(left))
        elif ok:
            stream.half_close()

    def on_received(_at: float, message: bytes | None) -> None:
        if message is not None:
            received.append(message)
            stream.receive()

    stream = transport.stream("s", f"/t/{method}", (), DEADLINE_S, on_sent, on_received)
    stream.receive()
    on_sent(0.0, True)
    return until_outcome(transport), received


def test_a_bidi_stream_echoes_in_order(transport: Transport) -> None:
    """Every message of a stream comes back once and in order, the outcome last."""
    messages = [b"%d" % number for number in range(300)]
    outcome, received = drive(transport, "Chat", messages)
    assert (outcome.status, received) == (Status.OK, messages)


def test_a_client_stream_gets_its_one_answer(transport: Transport) -> None:
    """A client-streaming method answers once, after the half-close."""
    outcome, received = drive(transport, "Count", [b""] * 7)
    assert (outcome.status, received) == (Status.OK, [b"7"])


def test_a_server_stream_is_received_to_its_end(transport: Transport) -> None:
    """A server-streaming method sends as many as it likes."""
    outcome, received = drive(transport, "UpTo", [b"50"])
    assert (outcome.status, received) == (Status.OK, [b"%d" % n for n in range(50)])


def test_messages_before_a_failure_are_kept(transport: Transport) -> None:
    """What the server sent before it failed is received before the outcome."""
    outcome, received = drive(transport, "Halfway", [b"one", b"two"])
    assert (outcome.status, outcome.details, received) == (Status.DATA_LOSS, "lost", [b"one"])


def test_lock_step_never_stalls(transport: Transport) -> None:
    """Each reply comes before the next message is sent, whatever the buffers."""
    ears = opened_stream(transport, "Chat")
    for number in range(50):
        ears.stream.send(b"%d" % number)
        ears.stream.receive()
        while not (len(ears.sent) > number and len(ears.received) > number):
            assert not isinstance(fetch(transport), Outcome)
    assert ears.received == [b"%d" % number for number in range(50)]
    ears.stream.cancel()
    assert until_outcome(transport).status is Status.CANCELLED


def test_a_second_send_or_receive_is_refused(transport: Transport) -> None:
    """The law of streams: one send and one receive at a time, and the stream goes on."""
    ears = opened_stream(transport, "Forever")
    stream = ears.stream
    stream.receive()
    with pytest.raises(OutstandingError):
        stream.receive()
    stream.send(b"one")
    with pytest.raises(OutstandingError):
        stream.send(b"two")
    stream.cancel()
    assert until_outcome(transport).status is Status.CANCELLED
    assert (len(ears.received), len(ears.sent)) == (1, 1)


def test_operations_on_an_ended_stream_do_nothing(transport: Transport) -> None:
    """After its outcome a stream brings no event any more, whatever is asked of it."""
    ears = opened_stream(transport, "Nothing")
    stream = ears.stream
    stream.half_close()
    stream.receive()
    assert until_outcome(transport).status is Status.OK
    stream.send(b"late")
    stream.receive()
    stream.cancel()
    transport.wake()
    assert not transport.events()
    assert (ears.sent, ears.received) == ([], [None])


def test_a_stream_without_a_message_ends_ok(transport: Transport) -> None:
    """An OK without messages is an OK of the stream; the receive says that none came."""
    outcome, received = drive(transport, "Nothing", [b"one"])
    assert (outcome.status, received) == (Status.OK, [])


@pytest.mark.parametrize("everything", [False, True], ids=["the stream", "everything"])
def test_a_stream_that_the_server_has_ended_can_be_cancelled(
    transport: Transport, everything: bool
) -> None:
    """Messages that nobody took are dropped, and the Outcome comes: it is not an OK."""
    ears = opened_stream(transport, "UpTo")
    ears.stream.send(b"50")
    ears.stream.receive()
    while not (ears.sent and ears.received):
        fetch(transport)
    assert unary(transport, "Echo").status is Status.OK  # the rest has come meanwhile
    if everything:
        transport.cancel_all()
    else:
        ears.stream.cancel()
    assert until_outcome(transport).status is Status.CANCELLED
    assert ears.received == [b"0"]


def test_headers_come_before_the_messages(transport: Transport) -> None:
    """A stream tells its headers at the latest with its first message."""
    ears = opened_stream(transport, "Chat")
    ears.stream.send(b"one")
    ears.stream.receive()
    while not isinstance(event := fetch(transport), Headers):
        pass
    assert event.tag == "s"
    while not ears.received:
        fetch(transport)
    ears.stream.cancel()
    until_outcome(transport)


def test_a_deadline_ends_a_stream_that_nobody_answers(transport: Transport) -> None:
    """A stream ends at its deadline, its outstanding receive told before."""
    ears = opened_stream(transport, "Forever", timeout_s=0.1)
    ears.stream.receive()
    assert until_outcome(transport).status is Status.DEADLINE_EXCEEDED
    assert ears.received == [None]


def test_a_deadline_ends_a_stream_that_nobody_reads(transport: Transport) -> None:
    """Also where the server has ended it with OK: nobody took its messages in time."""
    ears = opened_stream(transport, "UpTo", timeout_s=1.0)
    ears.stream.send(b"50")
    ears.stream.receive()
    while not ears.received:
        fetch(transport)
    assert until_outcome(transport).status is Status.DEADLINE_EXCEEDED
    assert ears.received == [b"0"]


def test_wake_interrupts_a_wait(transport: Transport) -> None:
    """A thread that waits for events wakes up when another one says so."""
    waker = threading.Thread(target=transport.wake)
    waker.start()
    assert not transport.events()
    waker.join()


def test_no_server_fails_fast(opened: Callable[..., Transport], free_port: int) -> None:
    """A port where nothing listens is told as soon as the attempt has failed."""
    transport = opened(free_port)
    assert not transport.connect(DEADLINE_S, lambda: True)
    assert not transport.ready()


def test_connecting_stops_when_it_is_told_to(
    opened: Callable[..., Transport], silent_port: int
) -> None:
    """A wait for a server that says nothing ends when the caller has had enough."""
    assert not opened(silent_port).connect(DEADLINE_S, lambda: False)


def test_the_death_of_a_server_ends_what_is_in_flight(opened: Callable[..., Transport]) -> None:
    """Calls and streams on a connection that is cut end in UNAVAILABLE or CANCELLED."""
    server = Server()
    transport = opened(server.port)
    assert transport.connect(DEADLINE_S, lambda: True)
    transport.unary("/t/Slow", ()).start("call", b"", DEADLINE_S)
    ears = opened_stream(transport, "Chat", tag="stream")
    ears.stream.send(b"one")
    ears.stream.receive()
    while not ears.received:
        fetch(transport)
    server.stop()
    outcomes = [until_outcome(transport) for _ in range(2)]
    assert {outcome.tag for outcome in outcomes} == {"call", "stream"}
    assert {outcome.status for outcome in outcomes} <= {Status.UNAVAILABLE, Status.CANCELLED}


def test_calls_go_over_tls(opened: Callable[..., Transport]) -> None:
    """A server whose certificate the given roots vouch for is spoken to over TLS."""
    server = Server(tls=True)
    roots = (TLS / "certificate.pem").read_bytes()
    transport = opened(server.port, tls=Tls(roots=roots))
    assert transport.connect(DEADLINE_S, lambda: True)
    assert unary(transport, "Echo", b"secret").message == b"secret"
    server.stop()


def test_an_untrusted_certificate_is_refused(opened: Callable[..., Transport]) -> None:
    """A certificate that no root vouches for ends the attempt to connect."""
    server = Server(tls=True)
    assert not opened(server.port, tls=Tls()).connect(DEADLINE_S, lambda: True)
    server.stop()


def test_wire_needs_no_relay_for_a_certificate_that_is_not_verified() -> None:
    """It connects all the same, and knows the TLS of the very connection."""
    server = Server(tls=True)
    address = f"127.0.0.1:{server.port}"
    transport = WireTransport(Target(address, address, tls=Tls(verified=False)))
    assert transport.connect(DEADLINE_S, lambda: True)
    assert unary(transport, "Echo", b"secret").message == b"secret"
    tls = transport.facts().tls
    assert tls is not None
    assert (tls.version, tls.alpn) == ("TLSv1.3", "h2")
    assert tls.certificate == ssl.PEM_cert_to_DER_cert((TLS / "certificate.pem").read_text())
    transport.close()
    server.stop()


def test_a_goaway_lets_what_is_in_flight_end_well(opened: Callable[..., Transport]) -> None:
    """A stream that was open when the server said GOAWAY goes on to its own end."""
    server = Server()
    transport = opened(server.port)
    assert transport.connect(DEADLINE_S, lambda: True)
    ears = opened_stream(transport, "Chat")
    stream = ears.stream
    stream.send(b"before")
    stream.receive()
    while not (ears.sent and ears.received):
        fetch(transport)
    stopped = server.stop_gracefully()
    stream.send(b"after")
    stream.receive()
    while not (len(ears.sent) == len(ears.received) == 2):
        fetch(transport)
    stream.half_close()
    stream.receive()
    assert until_outcome(transport).status is Status.OK
    assert ears.received == [b"before", b"after", None]
    assert stopped.wait(DEADLINE_S)


def test_closing_takes_what_is_open_along(opened: Callable[..., Transport], server: Server) -> None:
    """A transport can be closed with calls, streams and wakes outstanding, and does not hang."""
    transport = opened(server.port)
    assert transport.connect(DEADLINE_S, lambda: True)
    slow = transport.unary("/t/Slow", ())
    for number in range(20):
        slow.start(number, b"", DEADLINE_S)
    stream = opened_stream(transport, "Forever", timeout_s=None).stream
    stream.send(b"x")
    stream.receive()
    transport.wake()


def test_transports_of_other_indices_share_no_connection(opened: Callable[..., Transport]) -> None:
    """N channels to one address are N connections, and one stays one whatever it does."""
    server = Server()
    transports = [opened(server.port, index) for index in range(3)]
    for transport in transports:
        assert transport.connect(DEADLINE_S, lambda: True)
        for _ in range(3):
            assert unary(transport, "Echo").status is Status.OK
    assert len(server.handlers.peers) == len(transports)
    server.stop()


@pytest.mark.parametrize("compression", [Compression.GZIP, Compression.DEFLATE])
@pytest.mark.parametrize("kind", ["unary", "stream"])
def test_compression_is_seen_on_the_wire(
    opened: Callable[..., Transport], compression: Compression, kind: str
) -> None:
    """A message that compresses well takes few bytes either way, and arrives whole."""
    server = Server(compression=grpc.Compression.Gzip)
    message = b"x" * 200_000
    with ByteCounter(server.port) as counter:
        transport = opened(counter.port, channel=ChannelSettings(compression=compression))
        assert transport.connect(DEADLINE_S, lambda: True)
        if kind == "unary":
            assert unary(transport, "Echo", message).message == message
        else:
            assert drive(transport, "Chat", [message, message])[1] == [message, message]
        assert counter.sent < 20_000
        assert counter.received < 20_000
    server.stop()


def test_without_compression_bytes_are_what_they_are(opened: Callable[..., Transport]) -> None:
    """The counter counts: the same message uncompressed is all there."""
    server = Server()
    with ByteCounter(server.port) as counter:
        transport = opened(counter.port)
        assert transport.connect(DEADLINE_S, lambda: True)
        assert unary(transport, "Echo", b"x" * 200_000).status is Status.OK
        assert counter.sent > 200_000
    server.stop()


@pytest.mark.parametrize("way", ["sent", "received"])
def test_messages_beyond_the_limit_are_refused(
    opened: Callable[..., Transport], server: Server, way: str
) -> None:
    """The limit holds both ways, and the larger one that is asked for is given."""
    for limit, status in ((1000, Status.RESOURCE_EXHAUSTED), (1 << 20, Status.OK)):
        transport = opened(server.port, channel=ChannelSettings(max_message_bytes=limit))
        assert transport.connect(DEADLINE_S, lambda: True)
        method, request = ("Echo", b"x" * 5000) if way == "sent" else ("Large", b"5000")
        assert unary(transport, method, request).status is status
