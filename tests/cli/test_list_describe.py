"""`rpcx list` and `rpcx describe`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

SERVICES = [
    "grpc.examples.echo.Echo",
    "grpc.health.v1.Health",
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
    "helloworld.Greeter",
    "routeguide.RouteGuide",
    "rpcx.demo.Stats",
]


class TestList:
    """What a server offers."""

    def test_services(self, rpcx: Callable[..., Any]) -> None:
        """Their full names, one a line."""
        result = rpcx("list", "demo")
        assert (result.code, result.lines, result.err) == (0, SERVICES, "")

    def test_methods_of_a_service(self, rpcx: Callable[..., Any], demo_server: str) -> None:
        """Each with its kind and its two types."""
        result = rpcx("list", "-p", demo_server, "grpc.examples.echo.Echo")
        assert result.code == 0
        assert [line.split()[:2] for line in result.lines] == [
            ["grpc.examples.echo.Echo.UnaryEcho", "unary"],
            ["grpc.examples.echo.Echo.ServerStreamingEcho", "server_stream"],
            ["grpc.examples.echo.Echo.ClientStreamingEcho", "client_stream"],
            ["grpc.examples.echo.Echo.BidirectionalStreamingEcho", "bidi"],
        ]
        assert "grpc.examples.echo.EchoRequest → grpc.examples.echo.EchoResponse" in result.lines[0]

    def test_a_terminal_is_not_overflowed(
        self, rpcx_tty: Callable[..., Any], demo_server: str
    ) -> None:
        """Where a method with its types is longer than a line, the types are on the next."""
        terminal = rpcx_tty("list", "-p", demo_server, "grpc.examples.echo.Echo")
        assert terminal.wait() == 0
        lines = terminal.plain.replace("\r", "").splitlines()
        assert max(map(len, lines)) <= 80
        assert "grpc.examples.echo.Echo.BidirectionalStreamingEcho  bidi" in lines
        assert "    grpc.examples.echo.EchoRequest → grpc.examples.echo.EchoResponse" in lines

    def test_an_error_is_broken_at_words(
        self, rpcx_tty: Callable[..., Any], demo_server: str
    ) -> None:
        """A terminal of 60 columns gets lines of 60 at most, and every word whole."""
        terminal = rpcx_tty("list", "-p", demo_server, "grpc.examples.echo.Ecko", columns=60)
        assert terminal.wait() != 0
        lines = terminal.plain.replace("\r", "").splitlines()
        assert len(lines) > 1
        assert max(map(len, lines)) <= 60

    def test_json(self, rpcx: Callable[..., Any], demo_server: str) -> None:
        """One document with all services and all methods."""
        listed = rpcx("list", "-p", demo_server, "-o", "json").json
        assert [service["service"] for service in listed] == SERVICES
        greeter = listed[SERVICES.index("helloworld.Greeter")]
        assert greeter["methods"][0] == {
            "name": "SayHello",
            "kind": "unary",
            "input": "helloworld.HelloRequest",
            "output": "helloworld.HelloReply",
        }

    def test_json_of_a_service(self, rpcx: Callable[..., Any], demo_server: str) -> None:
        """The same form, with that service alone."""
        [service] = rpcx("list", "-p", demo_server, "helloworld.Greeter", "-o", "json").json
        assert [method["kind"] for method in service["methods"]] == [
            "unary",
            "server_stream",
            "bidi",
        ]

    def test_unknown_service(self, rpcx: Callable[..., Any], demo_server: str) -> None:
        """The nearest there is stands beside what was typed."""
        result = rpcx("list", "-p", demo_server, "helloworld.Greter")
        assert (result.code, result.out) == (1, "")
        assert "helloworld.Greter" in result.err
        assert "did you mean helloworld.Greeter" in result.err

    def test_a_message_is_no_service(self, rpcx: Callable[..., Any], demo_server: str) -> None:
        """What is there and no service is told so."""
        result = rpcx("list", "-p", demo_server, "helloworld.HelloRequest")
        assert result.code == 1
        assert "helloworld.HelloRequest" in result.err
        assert "is no service" in result.err


class TestDescribe:
    """A symbol in its source form."""

    @pytest.mark.parametrize(
        ("symbol", "first", "within"),
        [
            ("helloworld.Greeter", "service Greeter {", "rpc SayHello"),
            ("helloworld.HelloRequest", "message HelloRequest {", "string name = 1;"),
            ("helloworld.Greeter.SayHello", "rpc SayHello", "HelloReply"),
            ("helloworld.Greeter/SayHello", "rpc SayHello", "HelloReply"),
            ("rpcx.demo.Snapshot", "message Snapshot {", "map<string"),
            ("grpc.health.v1.HealthCheckResponse.ServingStatus", "enum ServingStatus {", "SERVING"),
        ],
    )
    def test_symbols(
        self, rpcx: Callable[..., Any], demo_server: str, symbol: str, first: str, within: str
    ) -> None:
        """Services, methods, messages and enums as they stand in a .proto file."""
        result = rpcx("describe", "-p", demo_server, symbol)
        assert (result.code, result.err) == (0, "")
        assert first in result.out
        assert within in result.out

    def test_comments_are_shown(self, rpcx: Callable[..., Any], demo_server: str) -> None:
        """What the source says about a symbol comes with it: how to make the demo misbehave."""
        shown = rpcx("describe", "-p", demo_server, "rpcx.demo.Stats").out
        assert "rpcx-status-message: TEXT" in shown

    @pytest.mark.parametrize("symbol", ["helloworld.Greeter.SayHello", "helloworld.HelloRequest"])
    def test_example_can_be_sent(
        self, rpcx: Callable[..., Any], demo_server: str, symbol: str
    ) -> None:
        """--example is JSON that the method takes as it is."""
        result = rpcx("describe", "-p", demo_server, symbol, "--example")
        assert result.code == 0
        assert list(json.loads(result.out)) == ["name"]
        sent = rpcx("call", "-p", demo_server, "helloworld.Greeter/SayHello", "-d", result.out)
        assert sent.code == 0

    def test_unknown_symbol(self, rpcx: Callable[..., Any], demo_server: str) -> None:
        """The nearest service is named, with exit status 1."""
        result = rpcx("describe", "-p", demo_server, "helloworld.Greater")
        assert (result.code, result.out) == (1, "")
        assert "helloworld.Greater" in result.err
        assert "helloworld.Greeter" in result.err
