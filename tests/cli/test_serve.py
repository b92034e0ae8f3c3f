"""`rpcx serve`."""

from __future__ import annotations

import signal
import socket
from typing import TYPE_CHECKING, Any

import grpc
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HELLO = "helloworld.Greeter/SayHello"


def test_first_line_is_the_address(
    rpcx_start: Callable[..., Any], demo_client: Callable[..., Any]
) -> None:
    """A script reads one line and can call; in a pipe nothing else is said."""
    server = rpcx_start("serve", "--port", "0")
    reply = demo_client(server.read_line()).call(HELLO, name="world")
    assert reply.message == "Hello world"
    server.signal(signal.SIGTERM)
    assert server.wait() == 143
    assert server.err == ""


def test_options_and_variables_set_it(
    rpcx_start: Callable[..., Any], demo_client: Callable[..., Any]
) -> None:
    """Options do what the settings of those names do; the environment stands in for them."""
    server = rpcx_start("serve", "--delay", "30ms", env={"RPCX_PORT": "0"})
    client = demo_client(server.read_line())
    client.call(HELLO)
    assert client.stats().total.handler_time.min_ms >= 29


def test_open_calls_hold_up_the_end_for_a_moment_only(
    rpcx_start: Callable[..., Any], demo_client: Callable[..., Any]
) -> None:
    """A call that never ends is cut off by a second signal."""
    server = rpcx_start("serve", "--port", "0")
    client = demo_client(server.read_line())
    endless = client.call(
        "grpc.examples.echo.Echo/ServerStreamingEcho",
        [("rpcx-responses", "1000000"), ("rpcx-delay", "10ms")],
    )
    next(endless)
    server.signal(signal.SIGTERM)
    server.signal(signal.SIGINT)
    assert server.wait() in (143, 130)
    with pytest.raises(grpc.RpcError):
        list(endless)


def test_terminal_is_told_what_to_try(rpcx_tty: Callable[..., Any]) -> None:
    """On a terminal a hint with the address follows, and Ctrl-C ends the server."""
    server = rpcx_tty("serve", "--port", "0")
    address = server.read_line()
    server.read_until(rf"rpcx call --plaintext {address} helloworld".encode())
    server.send("\x03")
    assert server.wait() == 130
    assert "Traceback" not in server.plain


def test_hint_stays_out_of_standard_output(rpcx_tty: Callable[..., Any], tmp_path: Path) -> None:
    """Where standard output is a file it gets the address alone."""
    server = rpcx_tty("serve", "--port", "0", stdout=tmp_path / "out")
    server.read_until(b"Try it")
    server.send("\x03")
    server.wait()
    assert len((tmp_path / "out").read_text().splitlines()) == 1


def test_port_in_use_is_said_so(rpcx: Callable[..., Any]) -> None:
    """A second server on a port is one sentence that quotes the address, and exit status 1."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = rpcx("serve", "--port", str(port))
    assert (result.code, result.out) == (1, "")
    assert f"cannot listen on 127.0.0.1:{port}" in result.err
    assert len(result.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("option", "value", "quoted"),
    [
        ("--delay", "soon", "--delay: 'soon' is no duration"),
        ("--status", "LOST", "--status: 'LOST' is not a gRPC status"),
        ("--max-handlers", "0", "max-handlers: 0"),
    ],
)
def test_bad_settings_are_usage_errors(
    rpcx: Callable[..., Any], option: str, value: str, quoted: str
) -> None:
    """A value that will not do is quoted with its option, and the exit status is 2."""
    result = rpcx("serve", "--port", "0", option, value)
    assert result.code == 2
    assert quoted in result.err
    assert "Traceback" not in result.err
