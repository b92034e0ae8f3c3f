"""rpcx against servers that this project did not write: grpc-go's examples, and its core.

The echo server is ours, but it is grpc-go that serves: the examples have no bidi echo with
reflection.
"""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING, Any

import pytest
from port_fixtures import TLS

if TYPE_CHECKING:
    from collections.abc import Callable

HELLO = "helloworld.Greeter/SayHello"
ECHO = "grpc.examples.echo.Echo"
BIDI = f"{ECHO}/BidirectionalStreamingEcho"


def lines(*words: object) -> str:
    """Words as NDJSON messages of the echo service."""
    return "".join(json.dumps({"message": str(word)}) + "\n" for word in words)


class TestReflectionExample:
    """grpc-go's own example of a server with reflection."""

    def test_ten_thousand_calls(self, rpcx: Callable[..., Any], go_reflection: str) -> None:
        """10,000 calls, 50 at a time, are 10,000 OK."""
        result = rpcx(
            "call", "-p", go_reflection, HELLO,
            "-d", '{"name":"world"}', "-n", "10000", "-c", "50", "-o", "json",
        )  # fmt: skip
        assert (result.code, result.err) == (0, "")
        assert result.json["statuses"] == {"OK": 10_000}
        assert result.json["client"]["transport"] == "wire"

    def test_list(self, rpcx: Callable[..., Any], go_reflection: str) -> None:
        """Its services, its methods with their kinds."""
        listed = rpcx("list", "-p", go_reflection).lines
        assert {"helloworld.Greeter", ECHO} <= set(listed)
        methods = rpcx("list", "-p", go_reflection, ECHO, "-o", "json").json[0]["methods"]
        assert {method["name"]: method["kind"] for method in methods} == {
            "UnaryEcho": "unary",
            "ServerStreamingEcho": "server_stream",
            "ClientStreamingEcho": "client_stream",
            "BidirectionalStreamingEcho": "bidi",
        }

    def test_describe(self, rpcx: Callable[..., Any], go_reflection: str) -> None:
        """A message in its source form, though Go sends no comments."""
        shown = rpcx("describe", "-p", go_reflection, "helloworld.HelloRequest").out
        assert "message HelloRequest {" in shown
        assert "string name = 1;" in shown

    def test_call_by_name(self, rpcx: Callable[..., Any], go_reflection: str) -> None:
        """The greeting is Go's."""
        result = rpcx("call", "-p", go_reflection, HELLO, "-d", '{"name":"Go"}')
        assert (result.code, result.json) == (0, {"message": "Hello Go"})

    def test_stream_that_is_not_there(self, rpcx: Callable[..., Any], go_reflection: str) -> None:
        """The example answers its streaming methods with UNIMPLEMENTED: 76."""
        result = rpcx("stream", "-p", go_reflection, BIDI, input=lines("a"))
        assert (result.code, result.out) == (76, "")
        assert result.err.startswith("rpcx: UNIMPLEMENTED: method BidirectionalStreamingEcho not")


class TestWithoutReflection:
    """grpc-go's examples that have none: one clear sentence each."""

    @pytest.mark.parametrize(
        ("server", "method"),
        [
            ("go_helloworld", HELLO),
            ("go_route_guide", "routeguide.RouteGuide/GetFeature"),
            ("go_multiplex", f"{ECHO}/UnaryEcho"),
        ],
    )
    @pytest.mark.parametrize("command", ["call", "stream", "list", "describe"])
    def test_it_is_said(
        self,
        rpcx: Callable[..., Any],
        request: pytest.FixtureRequest,
        server: str,
        method: str,
        command: str,
    ) -> None:
        """Neither version is there, and what would help is named."""
        address = request.getfixturevalue(server)
        result = rpcx(command, "-p", address, *([] if command == "list" else [method]))
        assert (result.code, result.out) == (1, "")
        [line] = result.err.splitlines()
        assert "no reflection" in line
        assert "v1alpha" in line


class TestEcho:
    """All four kinds, and what flags make of the server."""

    def test_bidi_echoes_five_lines(self, rpcx: Callable[..., Any], go_echo: str) -> None:
        """Five messages in are five lines out, in order."""
        result = rpcx("stream", "-p", go_echo, BIDI, "-d", "@-", "-o", "message",
                      input=lines(*range(1, 6)))  # fmt: skip
        assert (result.code, result.err) == (0, "")
        assert result.lines == [f'{{"message":"{number}"}}' for number in range(1, 6)]

    def test_replies_come_while_the_sender_waits(
        self, rpcx_start: Callable[..., Any], go_echo: str
    ) -> None:
        """A sender that pauses between lines gets each reply before it sends the next."""
        run = rpcx_start("stream", "-p", go_echo, BIDI)
        for number in range(5):
            run.write(lines(number))
            assert json.loads(run.read_line()) == {"message": str(number)}
        run.end_input()
        assert run.wait() == 0

    def test_the_other_kinds(self, rpcx: Callable[..., Any], go_echo: str) -> None:
        """Unary, server and client streams."""
        result = rpcx("call", "-p", go_echo, f"{ECHO}/UnaryEcho", "-d", lines("x"))
        assert result.json == {"message": "x"}
        result = rpcx("stream", "-p", go_echo, f"{ECHO}/ServerStreamingEcho", "-d", lines("x"))
        assert result.documents == [{"message": "x"}] * 10
        result = rpcx("stream", "-p", go_echo, f"{ECHO}/ClientStreamingEcho", input=lines("a", "b"))
        assert result.json == {"message": "b"}

    @pytest.mark.parametrize("transport", ["wire", "grpc"])
    @pytest.mark.parametrize("concurrency", ["1", "10"])
    def test_one_stream_at_a_time_is_enough(
        self,
        rpcx: Callable[..., Any],
        go_echo_with: Callable[..., str],
        transport: str,
        concurrency: str,
    ) -> None:
        """With one concurrent stream allowed nothing hangs: reflection's is closed first."""
        address = go_echo_with("-max-streams", "1")
        env = {"RPCX_TRANSPORT": transport}
        result = rpcx("call", "-p", address, f"{ECHO}/UnaryEcho", "-n", "20", "-c", concurrency,
                      "-o", "json", env=env)  # fmt: skip
        assert (result.code, result.json["statuses"]) == (0, {"OK": 20})
        result = rpcx("stream", "-p", address, BIDI, input=lines("a"), env=env)
        assert (result.code, result.json) == (0, {"message": "a"})

    @pytest.mark.parametrize("version", ["v1", "v1alpha"])
    def test_either_reflection_will_do(
        self, rpcx: Callable[..., Any], go_echo_with: Callable[..., str], version: str
    ) -> None:
        """A server with only one of the two versions is asked in that."""
        address = go_echo_with("-reflection", version)
        assert rpcx("call", "-p", address, f"{ECHO}/UnaryEcho", "-d", lines("x")).code == 0
        assert ECHO in rpcx("list", "-p", address).lines

    def test_statuses(self, rpcx: Callable[..., Any], go_echo: str) -> None:
        """A Go status is a status: its words, and 64 + code."""
        result = rpcx("call", "-p", go_echo, f"{ECHO}/UnaryEcho", "-H", "rpcx-status: NOT_FOUND",
                      "-H", "rpcx-status-message: no such [/x]")  # fmt: skip
        assert (result.code, result.err) == (69, "rpcx: NOT_FOUND: no such [/x]\n")

    def test_deadline(self, rpcx: Callable[..., Any], go_echo: str) -> None:
        """A server that takes too long ends in 68, whoever noticed first."""
        result = rpcx("call", "-p", go_echo, f"{ECHO}/UnaryEcho", "-H", "rpcx-delay: 60s",
                      "-t", "100ms")  # fmt: skip
        assert result.code == 68

    def test_interrupt_during_a_stream(self, rpcx_start: Callable[..., Any], go_echo: str) -> None:
        """Ctrl-C while both sides wait: 130, and the reply that came stays."""
        run = rpcx_start("stream", "-p", go_echo, BIDI)
        run.write(lines("a"))
        assert run.read_line() == '{"message":"a"}'
        run.signal(signal.SIGINT)
        assert run.wait() == 130
        assert run.err == ""

    def test_connections_that_are_ended_by_age_lose_no_call(
        self, rpcx: Callable[..., Any], go_echo_with: Callable[..., str]
    ) -> None:
        """A graceful GOAWAY fails no call, and none runs twice: the server counted."""
        address = go_echo_with("-max-connection-age", "400ms", "-max-connection-age-grace", "10s")
        result = rpcx("call", "-p", address, f"{ECHO}/UnaryEcho", "-z", "1500ms", "-c", "20",
                      "-o", "json")  # fmt: skip
        calls = result.json["calls"]
        assert (calls["failed"], calls["ok"]) == (0, calls["started"]), result.out
        counted = rpcx("call", "-p", address, f"{ECHO}/UnaryEcho", "-H", "want: counts").json
        assert json.loads(counted["message"])["runs"] == calls["ok"]

    def test_tls(self, rpcx: Callable[..., Any], go_echo_with: Callable[..., str]) -> None:
        """With a root that vouches for it a TLS server is called like any other."""
        address = go_echo_with("-cert", str(TLS / "certificate.pem"), "-key", str(TLS / "key.pem"))
        env = {"GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": str(TLS / "certificate.pem")}
        result = rpcx("call", address, f"{ECHO}/UnaryEcho", "-d", lines("x"), env=env)
        assert (result.code, result.json) == (0, {"message": "x"})
        told = rpcx("call", "-p", address, f"{ECHO}/UnaryEcho").err
        assert told == f"rpcx: {address} speaks TLS; leave out --plaintext (and http://)\n"
        told = rpcx("call", address, f"{ECHO}/UnaryEcho").err
        assert told.startswith(f"rpcx: the certificate of {address} is not trusted")
