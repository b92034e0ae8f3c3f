"""SIGINT and SIGTERM, at any moment."""

from __future__ import annotations

import json
import re
import signal
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from port_fixtures import StuckServer

HELLO = "helloworld.Greeter/SayHello"
BIDI = "grpc.examples.echo.Echo/BidirectionalStreamingEcho"
SERVER = "grpc.examples.echo.Echo/ServerStreamingEcho"

both = pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["INT", "TERM"]
)
commands = pytest.mark.parametrize(
    "command", [("call", HELLO), ("stream", BIDI), ("list",), ("describe", HELLO)]
)


@both
@commands
def test_while_connecting(
    rpcx_start: Callable[..., Any],
    silent_listener: socket.socket,
    command: tuple[str, ...],
    number: int,
    code: int,
) -> None:
    """A listener that says nothing holds up nobody."""
    name, *rest = command
    port = silent_listener.getsockname()[1]
    run = rpcx_start(name, "-p", f"127.0.0.1:{port}", *rest, "--connect-timeout", "300s")
    connection, _ = silent_listener.accept()
    with connection:
        run.signal(number)
        assert run.wait() == code
    assert (run.seen, run.err) == (b"", "")


@both
@commands
def test_during_reflection(
    rpcx_start: Callable[..., Any],
    stuck_server: StuckServer,
    command: tuple[str, ...],
    number: int,
    code: int,
) -> None:
    """A server that never answers reflection holds up nobody."""
    name, *rest = command
    run = rpcx_start(name, "-p", stuck_server.address, *rest, "--connect-timeout", "300s")
    assert stuck_server.asked.wait(30)
    run.signal(number)
    assert run.wait() == code
    assert (run.seen, run.err) == (b"", "")


@both
def test_during_calls(
    rpcx_start: Callable[..., Any], demo_server: str, number: int, code: int
) -> None:
    """What was received is printed in whole lines, what is in flight ends."""
    run = rpcx_start("call", "-p", demo_server, HELLO, "-z", "300s", "-c", "5", "-o", "record")
    run.read_line()
    run.signal(number)
    assert run.wait() == code
    records = [json.loads(line) for line in run.seen.splitlines()]
    assert sorted(record["seq"] for record in records) == list(range(len(records)))
    assert {record["status"] for record in records} == {"OK"}
    assert "ended by interrupted" in run.err


@both
def test_the_report_is_printed_all_the_same(
    rpcx_start: Callable[..., Any], demo_with: Callable[..., str], number: int, code: int
) -> None:
    """The summary says that the run was interrupted, and its counts balance."""
    address = demo_with(delay=0.01)
    run = rpcx_start("call", "-p", address, HELLO, "-z", "300s", "-c", "5", "-o", "json")
    wait_for_calls(address, at_least=5)
    run.signal(number)
    assert run.wait() == code
    summary = json.loads(run.seen)
    calls = summary["calls"]
    assert summary["end_reason"] == "interrupted"
    assert calls["ok"] >= 5
    assert calls["due"] == calls["started"] == calls["ok"] + calls["cancelled"]
    assert calls["failed"] == 0


def test_in_an_open_loop(rpcx_start: Callable[..., Any], demo_server: str) -> None:
    """Calls that wait for a slot never start, and are counted so."""
    run = rpcx_start(
        "call", "-p", demo_server, HELLO, "-H", "rpcx-delay: 60s", "-t", "300s",
        "-r", "200", "-c", "2", "--drain", "100ms", "-o", "json",
        "-z", "300s",
    )  # fmt: skip
    wait_for_calls(demo_server, method=HELLO, in_flight=2)
    run.signal(signal.SIGINT)
    assert run.wait() == 130
    calls = json.loads(run.seen)["calls"]
    assert (calls["started"], calls["cancelled"], calls["failed"]) == (2, 2, 0)
    assert calls["due"] == calls["started"] + calls["not_started"]


def test_what_is_in_flight_has_its_time_to_drain(
    rpcx_start: Callable[..., Any], demo_with: Callable[..., str]
) -> None:
    """A call that ends within --drain is a result like any other."""
    address = demo_with(delay=0.5)
    run = rpcx_start("call", "-p", address, HELLO, "-z", "300s", "--drain", "60s", "-o", "json")
    wait_for_calls(address, in_flight=1)
    run.signal(signal.SIGINT)
    assert run.wait() == 130
    assert json.loads(run.seen)["statuses"]["OK"] >= 1


def test_a_second_signal_ends_at_once(
    rpcx_start: Callable[..., Any], demo_with: Callable[..., str]
) -> None:
    """Calls that will not end are waited for after the first, and left by the second."""
    address = demo_with(delay=300)
    run = rpcx_start(
        "call", "-p", address, HELLO, "-z", "300s", "-t", "300s", "--drain", "300s", "-c", "3"
    )
    wait_for_calls(address, in_flight=3)
    run.signal(signal.SIGINT)
    # Another number: two pending signals of one number would be one.
    run.signal(signal.SIGTERM)
    # Which of two that are pending at once is the second, the kernel says.
    assert run.wait() in (130, 143)
    assert run.err == ""


@both
def test_during_a_stream_whose_input_stays_open(
    rpcx_start: Callable[..., Any], demo_server: str, number: int, code: int
) -> None:
    """Neither the open standard input nor the open stream holds up the end."""
    run = rpcx_start("stream", "-p", demo_server, BIDI)
    run.write('{"message":"a"}\n')
    assert run.read_line() == '{"message":"a"}'
    run.signal(number)
    assert run.wait() == code
    assert run.err == ""


def test_what_a_stream_received_is_printed(
    rpcx_start: Callable[..., Any], demo_server: str
) -> None:
    """Messages up to the signal, and a last record that says who ended it."""
    run = rpcx_start(
        "stream", "-p", demo_server, SERVER, "-o", "record",
        "-H", "rpcx-responses: 1000000", "-H", "rpcx-delay: 5ms",
    )  # fmt: skip
    for _ in range(4):
        run.read_line()
    run.signal(signal.SIGINT)
    assert run.wait() == 130
    *messages, end = [json.loads(line) for line in run.seen.splitlines()]
    received = [record["seq"] for record in messages if record["direction"] == "received"]
    assert received == list(range(len(received)))
    assert (end["status"], end["ended_by"]) == ("CANCELLED", "client")
    assert run.err == ""


def test_before_the_first_line_of_input(rpcx_start: Callable[..., Any], demo_server: str) -> None:
    """`rpcx call -d @-` that waits for its first document ends too."""
    run = rpcx_start("call", "-p", demo_server, HELLO, "-d", "@-")
    run.write('{"name":"a"}\n')
    assert run.read_line() == '{"message":"Hello a"}'
    run.signal(signal.SIGINT)
    assert run.wait() == 130
    assert run.err == ""


def test_typed_on_a_terminal(rpcx_tty: Callable[..., Any], demo_server: str) -> None:
    """Ctrl-C ends the run, takes the panel away, shows the cursor again and the summary."""
    terminal = rpcx_tty("call", "-p", demo_server, HELLO, "-z", "300s", "-c", "2")
    terminal.read_until(rb"in flight")
    terminal.send("\x03")
    assert terminal.wait() == 130
    assert terminal.seen.count(b"\x1b[?25l") == terminal.seen.count(b"\x1b[?25h")
    assert "ended by interrupted" in terminal.plain
    assert "Traceback" not in terminal.plain


def test_the_demo_ends_with_its_command(rpcx_tty: Callable[..., Any]) -> None:
    """Ctrl-C does not reach the bundled server: calls end, then it does."""
    terminal = rpcx_tty("call", "demo", HELLO, "-z", "300s", "-c", "2")
    terminal.read_until(rb"in flight")
    terminal.send("\x03")
    assert terminal.wait() == 130
    assert re.search(r"failed 0", terminal.plain)
    assert "Traceback" not in terminal.plain


def wait_for_calls(
    address: str, *, method: str = HELLO, at_least: int = 0, in_flight: int = 0
) -> None:
    """Ask the demo for its own counts until they are so."""
    from demo_client import DemoClient  # noqa: PLC0415 - grpc loads late in this file

    with DemoClient(address) as client:
        while True:
            counts = client.stats().methods[method]
            if counts.finished >= at_least and counts.in_flight >= in_flight:
                return
