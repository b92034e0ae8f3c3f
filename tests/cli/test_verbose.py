"""-v: the story of a connection and its calls on standard error, without secrets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import listeners
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from certificates import Authority, Pair

HELLO = "helloworld.Greeter/SayHello"
CHAT = "grpc.examples.echo.Echo/BidirectionalStreamingEcho"
LINE = re.compile(r"([*<>]) +\d+\.\d ms  (.*)")


def story(err: str) -> list[str]:
    """The lines as mark and text, without their times; every line has to be one of them."""
    found = [LINE.fullmatch(line) for line in err.splitlines()]
    assert all(found), err
    return [f"{match[1]} {match[2]}" for match in found if match]


def in_order(lines: list[str], *wanted: str) -> None:
    """Each pattern matches a line behind the one that the pattern before matched."""
    rest = iter(lines)
    for pattern in wanted:
        assert any(re.search(pattern, line) for line in rest), (pattern, lines)


_SHOWN = {
    "wire": (
        r"\* connected to 127\.0\.0\.1 port \d+ \(\d+\.\d ms\)$",
        r"\* HTTP/2; calls at once on a connection: .*; window of a stream: [\d,]+ bytes",
    ),
    "grpc": (
        r"\* connected$",
        r"\* on a second, diagnostic connection, since gRPC hides this",
        r"\*   connected to 127\.0\.0\.1 port \d+ \(",
        r"\*   HTTP/2; calls at once on a connection: .*; window of a stream: [\d,]+ bytes",
    ),
}
"""What each transport shows of a connection: gRPC's core shows nothing of its own."""


@pytest.fixture(params=["wire", "grpc"])
def env(request: pytest.FixtureRequest) -> dict[str, str]:
    """Each transport in turn."""
    return {"RPCX_TRANSPORT": request.param}


def test_the_story_of_a_call(
    rpcx: Callable[..., Any], demo_server: str, env: dict[str, str]
) -> None:
    """Connection, the server's limits, headers, messages, trailers and status, in order."""
    result = rpcx(
        "call", "-v", "-p", demo_server, HELLO, "-d", '{"name":"Ada"}',
        "-H", "rpcx-header-x: 1", "-H", "rpcx-trailer-y: 2", env=env,
    )  # fmt: skip
    assert result.json == {"message": "Hello Ada"}
    in_order(
        story(result.err),
        rf"\* connecting to {demo_server} in plaintext \(transport {env['RPCX_TRANSPORT']},",
        *_SHOWN[env["RPCX_TRANSPORT"]],
        r"> \[1\] /grpc\.reflection\.v1\.ServerReflection/ServerReflectionInfo",
        r"> \[2\] /helloworld\.Greeter/SayHello, for at most 20 s",
        r"> \[2\] rpcx-header-x: 1",
        r"> \[2\] message of 5 bytes",
        r"< \[2\] headers",
        r"< \[2\]   x: 1",
        r"< \[2\] message of 11 bytes",
        r"< \[2\] trailers",
        r"< \[2\]   y: 2",
        r"< \[2\] OK after \d",
    )


def test_the_story_of_a_stream(rpcx: Callable[..., Any], demo_server: str) -> None:
    """Every message both ways, and the half-close."""
    data = '{"message":"a"} {"message":"b"}'
    result = rpcx("stream", "-v", "-p", demo_server, CHAT, "-d", data)
    lines = [line for line in story(result.err) if "[2]" in line]
    assert sum(line.startswith("> [2] message of 3 bytes") for line in lines) == 2
    assert sum(line.startswith("< [2] message of 3 bytes") for line in lines) == 2
    assert "> [2] half-close" in lines


def test_the_tls_of_the_connection_is_shown(
    rpcx: Callable[..., Any], authority: Authority, server_pair: Pair
) -> None:
    """Version, cipher, ALPN, the certificate's names and its end."""
    with listeners.grpc_server(pair=server_pair) as address:
        result = rpcx("list", "-v", address, "--cacert", str(authority.certificate))
    lines = story(result.err.partition("rpcx: ")[0])
    in_order(
        lines,
        r"\* connecting to .* with TLS",
        r"\* TLSv1\.3, TLS_\w+, ALPN h2 \(\d+\.\d ms\)$",
        r"\* certificate for localhost, 127\.0\.0\.1, ::1, signed by rpcx test CA, valid until"
        r" \d{4}-\d\d-\d\d \d\d:\d\d UTC, for \d+ days \(",
    )


def test_channel_states(rpcx: Callable[..., Any], demo_server: str, env: dict[str, str]) -> None:
    """-vv adds gRPC's own, and ends without a word of grpcio's."""
    result = rpcx("list", "-vv", "-p", demo_server, env=env)
    in_order(story(result.err), r"\* channel is (idle|connecting|ready)", r"\* channel is ready")
    assert not any("channel is" in line for line in story(rpcx("list", "-v", "demo").err))


def test_a_story_without_a_connection(rpcx: Callable[..., Any], free_port: int) -> None:
    """How far it came is told before the verdict."""
    result = rpcx("list", "-v", "-p", f"localhost:{free_port}")
    *lines, verdict = result.err.splitlines()
    in_order(story("\n".join(lines)), r"\* localhost is ")
    assert verdict.startswith("rpcx: nothing listens at localhost")


SECRETS = (
    "-H", "authorization: Bearer s3cret", "-H", "cookie: id=s3cret", "-H", "trace-bin: czNjcmV0",
    "-H", "rpcx-header-set-cookie: id=s3cret", "-H", "x-plain: hello",
)  # fmt: skip


def test_secrets_are_masked(rpcx: Callable[..., Any], demo_server: str) -> None:
    """Credentials, cookies and request bytes are in no story and in no record."""
    result = rpcx("call", "-vv", "-p", demo_server, HELLO, *SECRETS, "-o", "record")
    shown = result.out + result.err
    assert "s3cret" not in shown
    assert "czNjcmV0" not in shown
    assert "authorization: ***" in shown
    assert "x-plain: hello" in shown
    assert result.json["headers"] == [["set-cookie", "***"]]


def test_secrets_are_shown_where_asked_for(rpcx: Callable[..., Any], demo_server: str) -> None:
    """--show-secrets shows them all."""
    result = rpcx(
        "call", "-v", "--show-secrets", "-p", demo_server, HELLO, *SECRETS, "-o", "record"
    )
    for line in ("authorization: Bearer s3cret", "cookie: id=s3cret", "trace-bin: czNjcmV0"):
        assert line in result.err
    assert result.json["headers"] == [["set-cookie", "id=s3cret"]]


def test_a_stream_record_masks_cookies(rpcx: Callable[..., Any], demo_server: str) -> None:
    """The last record of a stream has the same headers as a call's."""
    result = rpcx(
        "stream", "-p", demo_server, CHAT, "-d", "{}", "-H", "rpcx-header-set-cookie: a=s3cret",
        "-o", "record",
    )  # fmt: skip
    assert result.documents[-1]["headers"] == [["set-cookie", "***"]]


def test_a_load_is_told_only_at_its_beginning(rpcx: Callable[..., Any], demo_server: str) -> None:
    """After ten calls the story says that it ends, and the run goes on."""
    result = rpcx("call", "-v", "-p", demo_server, HELLO, "-n", "200", "-c", "5", "-o", "json")
    assert result.json["calls"]["ok"] == 200
    lines = story(result.err)
    assert "* calls after these are not told; -o record shows them all" in lines
    assert {int(found[1]) for line in lines if (found := re.search(r"\[(\d+)\]", line))} == set(
        range(1, 11)
    )
