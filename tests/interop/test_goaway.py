"""A server that ends its connections gracefully, as grpc-go does at `max_connection_age`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

METHOD = "grpc.examples.echo.Echo/UnaryEcho"


@pytest.mark.parametrize("transport", ["wire", "grpc"])
def test_calls_the_server_never_processed_are_issued_again_and_none_runs_twice(
    go_echo_with: Callable[..., str], rpcx: Callable[..., Any], transport: str
) -> None:
    """Calls end OK through many GOAWAYs, and the server ran no handler twice."""
    address = go_echo_with("-max-connection-age", "300ms")
    # fmt: off
    run = rpcx(
        "call", address, METHOD, "-p", "-d", '{"message":"x"}', "-z", "3s", "-c", "50",
        "-o", "json", env={"RPCX_TRANSPORT": transport},
    )
    # fmt: on
    calls = run.json["calls"]
    assert (calls["cancelled"], calls["failed"]) == (0, 0), run.out
    counts = rpcx("call", address, METHOD, "-p", "-d", "{}", "-H", "want: counts")
    assert json.loads(counts.json["message"])["runs"] == calls["ok"] == calls["started"]
