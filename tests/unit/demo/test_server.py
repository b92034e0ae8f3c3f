"""The demo server, called with plain grpcio."""

from __future__ import annotations

import queue
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2
from grpc_health.v1 import health_pb2

from rpcx.demo.settings import DETAIL_TYPES
from rpcx.results import Status

if TYPE_CHECKING:
    from collections.abc import Callable

    Connect = Callable[[str], Any]
    DemoWith = Callable[..., str]

HELLO = "helloworld.Greeter/SayHello"
UNARY = "grpc.examples.echo.Echo/UnaryEcho"
SERVER = "grpc.examples.echo.Echo/ServerStreamingEcho"
CLIENT = "grpc.examples.echo.Echo/ClientStreamingEcho"
BIDI = "grpc.examples.echo.Echo/BidirectionalStreamingEcho"
WORDS = [{"message": "a"}, {"message": "b"}, {"message": "c"}]
DEADLINE_S = 20.0


@pytest.fixture
def client(demo_server: str, demo_client: Connect) -> Any:
    """A client of the shared server, which has no settings."""
    return demo_client(demo_server)


def pairs(metadata: Any) -> dict[str, Any]:
    """Metadata as a dictionary."""
    return {entry.key: entry.value for entry in metadata}


def failure(call: Callable[[], Any]) -> Any:
    """The error that a call, read to its end, ends with."""
    with pytest.raises(grpc.RpcError) as raised:
        list(call())
    return raised.value


def test_all_four_kinds_echo(client: Any) -> None:
    """Each kind answers in its own way: once, ten times, the last, every one."""
    assert client.call(UNARY, message="x").message == "x"
    assert [reply.message for reply in client.call(SERVER, message="x")] == ["x"] * 10
    assert client.stream(CLIENT, WORDS).message == "c"
    assert [reply.message for reply in client.stream(BIDI, WORDS)] == ["a", "b", "c"]


def test_bidi_answers_before_the_next_message(client: Any) -> None:
    """Replies come at once: a client in lock-step gets each before it sends the next."""
    waiting: queue.SimpleQueue[Any] = queue.SimpleQueue()
    replies = client.callable(BIDI)(iter(waiting.get, None), timeout=DEADLINE_S)
    for word in ("a", "b"):
        waiting.put(client.request(BIDI, message=word))
        assert next(replies).message == word
    waiting.put(None)
    assert list(replies) == []


def test_route_guide_answers_over_the_wire(client: Any) -> None:
    """The four kinds of the route guide, as gRPC's tutorials call them."""
    spot = {"latitude": 409146138, "longitude": -746188906}
    assert client.call("routeguide.RouteGuide/GetFeature", **spot).name
    features = client.call("routeguide.RouteGuide/ListFeatures", lo=spot, hi=spot)
    assert [feature.location.latitude for feature in features] == [409146138]
    assert client.stream("routeguide.RouteGuide/RecordRoute", [spot, spot]).feature_count == 2
    notes = [{"location": spot, "message": "1"}, {"location": spot, "message": "2"}]
    replies = client.stream("routeguide.RouteGuide/RouteChat", notes)
    assert [reply.message for reply in replies] == ["1", "1", "2"]


@pytest.mark.parametrize("status", [status for status in Status if status])
def test_any_status_can_be_asked_for(client: Any, status: Status) -> None:
    """A header gives one call any failing status, with its message."""
    headers = [("rpcx-status", status.name), ("rpcx-status-message", "as asked")]
    error = failure(lambda: client.call(UNARY, headers))
    assert (error.code().value[0], error.details()) == (status.value, "as asked")


def test_status_message_may_be_any_text(client: Any) -> None:
    """Escape sequences and other scripts go through the -bin header."""
    text = "\x1b[31m[/x] ünïcode\n"
    headers = [("rpcx-status", "internal"), ("rpcx-status-message-bin", text.encode())]
    assert failure(lambda: client.call(UNARY, headers)).details() == text


@pytest.mark.parametrize("name", DETAIL_TYPES)
def test_details_can_be_unpacked(client: Any, name: str) -> None:
    """Each kind of detail arrives as google.rpc.Status, whole and of its type."""
    headers = [("rpcx-status", "NOT_FOUND"), ("rpcx-status-details", name)]
    error = failure(lambda: client.call(HELLO, headers))
    data = pairs(error.trailing_metadata())["grpc-status-details-bin"]
    status = status_pb2.Status.FromString(data)
    assert status.code == 5
    detail = getattr(error_details_pb2, name)()
    assert status.details[0].Unpack(detail)
    assert detail.ByteSize()


def test_details_can_be_left_out(client: Any) -> None:
    """`none` gives the bare status."""
    headers = [("rpcx-status", "NOT_FOUND"), ("rpcx-status-details", "none")]
    error = failure(lambda: client.call(HELLO, headers))
    assert "grpc-status-details-bin" not in pairs(error.trailing_metadata())


@pytest.mark.parametrize("kind", [SERVER, BIDI])
@pytest.mark.parametrize("after", [0, 2, 100])
def test_a_stream_fails_after_so_many_responses(client: Any, kind: str, after: int) -> None:
    """What came before the failure is received; a failure beyond the end comes at the end."""
    headers = [
        ("rpcx-status", "ABORTED"),
        ("rpcx-status-after", str(after)),
        ("rpcx-responses", "3"),
    ]
    call = (
        client.call(kind, headers, message="a")
        if kind == SERVER
        else client.stream(kind, WORDS, headers)
    )
    received: list[str] = []
    with pytest.raises(grpc.RpcError) as raised:
        received.extend(reply.message for reply in call)
    assert raised.value.code() is grpc.StatusCode.ABORTED


def test_a_failing_stream_delivers_what_it_sent(client: Any) -> None:
    """Two responses come, then the failure."""
    headers = [("rpcx-status", "ABORTED"), ("rpcx-status-after", "2")]
    replies = client.call(SERVER, headers, message="a")
    assert [next(replies).message, next(replies).message] == ["a", "a"]
    with pytest.raises(grpc.RpcError):
        next(replies)


def test_client_stream_fails_too(client: Any) -> None:
    """A client-streaming call gets its failure without its messages being waited for."""
    headers = [("rpcx-status", "ABORTED")]
    with pytest.raises(grpc.RpcError) as raised:
        client.stream(CLIENT, WORDS, headers)
    assert raised.value.code() is grpc.StatusCode.ABORTED


def test_headers_and_trailers_come_back(client: Any) -> None:
    """What is asked for as header or trailer is sent, text and bytes."""
    _, call = client.callable(UNARY).with_call(
        client.request(UNARY),
        metadata=(
            ("rpcx-header-colour", "red"),
            ("rpcx-header-raw-bin", b"\x00\xff"),
            ("rpcx-trailer-shape", "round"),
        ),
        timeout=DEADLINE_S,
    )
    assert pairs(call.initial_metadata()) == {"colour": "red", "raw-bin": b"\x00\xff"}
    assert pairs(call.trailing_metadata()) == {"shape": "round"}


@pytest.mark.parametrize(
    "header", [("rpcx-delay", "soon"), ("rpcx-dealy", "1s"), ("rpcx-status", "99")]
)
def test_headers_that_make_no_sense_are_refused(client: Any, header: tuple[str, str]) -> None:
    """A misspelt control is told so, not ignored."""
    error = failure(lambda: client.call(UNARY, [header]))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert header[0] in error.details()


def test_never_read_leaves_the_client_waiting(client: Any) -> None:
    """A handler that reads nothing ends with the client's deadline, and counts as cancelled."""
    headers = [("rpcx-never-read", "true")]
    call = client.callable(BIDI)(
        iter([client.request(BIDI, message="a")]), metadata=headers, timeout=0.05
    )
    assert failure(lambda: call).code() is grpc.StatusCode.DEADLINE_EXCEEDED


def test_delay_is_at_least_so_long(demo_with: DemoWith, demo_client: Connect) -> None:
    """The server's own clock saw the handler run for the delay; a header overrides it."""
    client = demo_client(demo_with(delay=0.03))
    client.call(UNARY)
    client.call(HELLO, [("rpcx-delay", "0")])
    methods = client.stats().methods
    assert methods[UNARY].handler_time.min_ms >= 29
    assert methods[HELLO].handler_time.max_ms < 29


def test_excess_handlers_queue(demo_with: DemoWith, demo_client: Connect) -> None:
    """Of 12 calls at once 3 run; all are answered, and the truth says 3."""
    client = demo_client(demo_with(max_handlers=3, delay=0.01))
    method = client.callable(UNARY)
    calls = [method.future(client.request(UNARY), timeout=DEADLINE_S) for _ in range(12)]
    for call in calls:
        call.result()
    total = client.stats().total
    assert (total.peak_in_flight, total.started, total.finished) == (3, 12, 12)
    assert (total.in_flight, total.waiting, total.cancelled) == (0, 0, 0)


def test_streams_run_beside_one_another(client: Any) -> None:
    """Several open streams of a client are as many handlers in flight: each runs on its own."""
    waiting = [queue.SimpleQueue[Any]() for _ in range(3)]
    method = client.callable(BIDI)
    streams = [method(iter(source.get, None), timeout=DEADLINE_S) for source in waiting]
    for source, stream in zip(waiting, streams, strict=True):
        source.put(client.request(BIDI, message="x"))
        next(stream)
    assert client.stats().methods[BIDI].in_flight >= 3
    for source, stream in zip(waiting, streams, strict=True):
        source.put(None)
        assert list(stream) == []


def test_cancelled_calls_are_counted_as_such(demo_with: DemoWith, demo_client: Connect) -> None:
    """The handler of a call that its client gave up is cut short: it never counts as finished."""
    client = demo_client(demo_with())
    method = client.callable(BIDI)
    for _ in range(100):
        source: queue.SimpleQueue[Any] = queue.SimpleQueue()
        stream = method(iter(source.get, None), timeout=DEADLINE_S)
        source.put(client.request(BIDI))
        next(stream)
        stream.cancel()
        source.put(None)
    while (counts := client.stats().methods[BIDI]).in_flight:
        pass
    assert (counts.started, counts.cancelled, counts.finished) == (100, 100, 0)


def test_max_streams_holds_back_further_calls(demo_with: DemoWith, demo_client: Connect) -> None:
    """While one stream is open on a connection that may have one, no other call is served."""
    client = demo_client(demo_with(max_streams=1))
    source: queue.SimpleQueue[Any] = queue.SimpleQueue()
    stream = client.callable(BIDI)(iter(source.get, None), timeout=DEADLINE_S)
    source.put(client.request(BIDI))
    next(stream)
    held_back = client.callable(UNARY).future(client.request(UNARY), timeout=DEADLINE_S)
    with pytest.raises(grpc.FutureTimeoutError):
        held_back.result(timeout=0.1)
    source.put(None)
    assert list(stream) == []
    held_back.result()
    assert client.stats().total.peak_in_flight == 1


def test_one_call_in_so_many_fails(demo_with: DemoWith, demo_client: Connect) -> None:
    """With status-every 3, one call in three gets the status."""
    client = demo_client(demo_with(status=Status.UNAVAILABLE, status_every=3))
    method = client.callable(UNARY)
    codes = [
        method.future(client.request(UNARY), timeout=DEADLINE_S).code().value[0] for _ in range(6)
    ]
    assert codes == [0, 0, 14, 0, 0, 14]


def test_stall_holds_all_calls_once(demo_with: DemoWith, demo_client: Connect) -> None:
    """Calls wait while the stall lasts, and no longer."""
    client = demo_client(demo_with(stall=0.1))
    client.call(UNARY)
    client.call(HELLO)
    methods = client.stats().methods
    assert methods[UNARY].handler_time.max_ms >= 99
    assert methods[HELLO].handler_time.max_ms < 99


def test_reset_returns_the_counts_and_starts_anew(
    demo_with: DemoWith, demo_client: Connect
) -> None:
    """Reset says what there was; after it only what came later is counted."""
    client = demo_client(demo_with())
    client.call(UNARY)
    client.call(UNARY)
    assert client.call("rpcx.demo.Stats/Reset").total.finished == 2
    client.call(HELLO)
    after = client.stats()
    assert after.total.finished == 1
    assert list(after.methods) == [HELLO]


def test_stats_do_not_count_themselves(demo_with: DemoWith, demo_client: Connect) -> None:
    """Asking changes nothing, and no setting fails or delays the asking."""
    client = demo_client(demo_with(status=Status.INTERNAL, max_handlers=1, delay=60.0))
    assert client.stats().total.started == client.stats().total.started == 0


@pytest.mark.parametrize("service", ["", "helloworld.Greeter", "rpcx.demo.Stats"])
def test_health_is_serving(client: Any, service: str) -> None:
    """The server as a whole and each of its services are healthy."""
    answer = client.call("grpc.health.v1.Health/Check", service=service)
    assert answer.status == health_pb2.HealthCheckResponse.SERVING
