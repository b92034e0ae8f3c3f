"""`--transport`, and what the choice means for a command."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

HELLO = "helloworld.Greeter/SayHello"
ECHO = "grpc.examples.echo.Echo/BidirectionalStreamingEcho"


@pytest.mark.parametrize(
    "arguments",
    [
        ("list", "TARGET"),
        ("describe", "TARGET", "helloworld.Greeter"),
        ("call", "TARGET", HELLO, "-d", '{"name":"a"}'),
        ("call", "TARGET", HELLO, "-n", "20", "-c", "4", "-o", "json"),
        ("call", "TARGET", HELLO, "-r", "200", "-n", "20", "-o", "summary"),
        ("stream", "TARGET", ECHO, "-d", '{"message":"a"}'),
    ],
    ids=" ".join,
)
def test_nothing_of_grpcio_is_loaded_where_wire_serves(
    arguments: tuple[str, ...], demo_server: str
) -> None:
    """It takes a third of the time of a single call to load."""
    command = [demo_server if one == "TARGET" else one for one in arguments]
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "rpcx", *command, "-p"],
        capture_output=True,
        check=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    loaded = set(re.findall(r"^import time:.*\| +(\S+)$", done.stderr, re.MULTILINE))
    assert "rpcx.transport.wire.transport" in loaded
    assert not {name for name in loaded if name == "grpc" or name.startswith("grpc.")}


@pytest.mark.parametrize("transport", ["wire", "grpc"])
def test_the_json_names_the_transport(
    rpcx: Callable[..., Any], demo_server: str, transport: str
) -> None:
    """Typed, or by the variable."""
    call = ("call", "-p", demo_server, HELLO, "-n", "2", "-o", "json")
    for found in (
        rpcx(*call, "--transport", transport),
        rpcx(*call, env={"RPCX_TRANSPORT": transport}),
    ):
        assert (found.code, found.json["client"]["transport"]) == (0, transport)


def test_a_contradiction_is_a_usage_error(rpcx: Callable[..., Any], demo_server: str) -> None:
    """Nothing is called on a transport that cannot do what was asked."""
    found = rpcx("list", "-p", demo_server, "--transport", "wire", "--channel-arg", "grpc.x=1")
    assert (found.code, found.out) == (2, "")
    assert "--transport wire cannot be used with --channel-arg grpc.x" in found.err
