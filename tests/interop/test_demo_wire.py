"""The demo speaks as the published services do: grpc-go's clients and servers fit it.

Nothing of rpcx's command line takes part: these hold the .proto files of the demo, written
anew, against programs that were built from the published ones.
"""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import grpc
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ECHO = "grpc.examples.echo.Echo"
TIMEOUT_S = 30.0


def run(program: Path, *arguments: str) -> str:
    """Run one of grpc-go's example clients; returns its log."""
    done = subprocess.run(
        [program, *arguments], capture_output=True, text=True, timeout=TIMEOUT_S, check=True
    )
    return done.stderr


def test_go_greeter_client_is_greeted(go_binary: Callable[[str], Path], demo_server: str) -> None:
    """grpc-go's greeter client gets its greeting from the demo."""
    log = run(go_binary("helloworld_client"), "-addr", demo_server, "-name", "rpcx")
    assert "Greeting: Hello rpcx" in log


def test_go_route_guide_client_is_guided(
    go_binary: Callable[[str], Path], demo_server: str
) -> None:
    """grpc-go's route guide client goes through all four of its kinds with the demo."""
    log = run(go_binary("route_guide_client"), "-addr", demo_server)
    assert 'name:"Halfway Oak"' in log.replace(": ", ":")
    assert "Route summary" in log
    assert "Got message Sixth message" in log


def test_demo_messages_fit_go_greeter(go_helloworld: str, demo_client: Callable[..., Any]) -> None:
    """grpc-go's greeter understands the demo's messages."""
    reply = demo_client(go_helloworld).call("helloworld.Greeter/SayHello", name="Go")
    assert reply.message == "Hello Go"


def test_demo_messages_fit_go_route_guide(
    go_route_guide: str, demo_client: Callable[..., Any]
) -> None:
    """grpc-go's route guide understands them too, with every field in its place."""
    client = demo_client(go_route_guide)
    spot = {"latitude": 409146138, "longitude": -746188906}
    feature = client.call("routeguide.RouteGuide/GetFeature", **spot)
    assert (bool(feature.name), feature.location.latitude) == (True, 409146138)
    summary = client.stream("routeguide.RouteGuide/RecordRoute", [spot, spot])
    assert (summary.point_count, summary.feature_count, summary.distance) == (2, 2, 0)


def test_go_echo_speaks_all_four_kinds(go_echo: str, demo_client: Callable[..., Any]) -> None:
    """Our echo server in Go answers as the demo does."""
    client = demo_client(go_echo)
    words = [{"message": "a"}, {"message": "b"}]
    assert client.call(f"{ECHO}/UnaryEcho", message="x").message == "x"
    replies = client.call(f"{ECHO}/ServerStreamingEcho", message="x")
    assert [reply.message for reply in replies] == ["x"] * 10
    assert client.stream(f"{ECHO}/ClientStreamingEcho", words).message == "b"
    replies = client.stream(f"{ECHO}/BidirectionalStreamingEcho", words)
    assert [reply.message for reply in replies] == ["a", "b"]
    assert client.call("helloworld.Greeter/SayHello", name="Go").message == "Hello Go"


def test_go_echo_counts_runs_by_call_id(
    go_echo_with: Callable[..., str], demo_client: Callable[..., Any]
) -> None:
    """It tells which calls ran more than once: the truth about calls that are issued anew."""
    client = demo_client(go_echo_with())
    for call_id in ("a", "b", "a"):
        client.call(f"{ECHO}/UnaryEcho", [("call-id", call_id)])
    client.call(f"{ECHO}/UnaryEcho")
    counts = json.loads(client.call(f"{ECHO}/UnaryEcho", [("want", "counts")]).message)
    assert counts == {"runs": 4, "named": 2, "duplicates": {"a": 2}}


@pytest.mark.parametrize(
    ("flag", "offered"),
    [
        ("v1", {"v1"}),
        ("v1alpha", {"v1alpha"}),
        ("v1,v1alpha", {"v1", "v1alpha"}),
        ("none", set()),
    ],
)
def test_go_echo_offers_the_reflection_it_is_told(
    go_echo_with: Callable[..., str],
    demo_client: Callable[..., Any],
    flag: str,
    offered: set[str],
) -> None:
    """Each version is there, and lists the echo, where the flag names it; else UNIMPLEMENTED."""
    client = demo_client(go_echo_with("-reflection", flag))
    messages = client.messages
    question = messages.type("grpc.reflection.v1.ServerReflectionRequest")
    answer = messages.type("grpc.reflection.v1.ServerReflectionResponse")
    found = set()
    for version in ("v1", "v1alpha"):
        stream = client.channel.stream_stream(
            f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
            question.SerializeToString,
            answer.FromString,
        )
        try:
            (listed,) = stream(iter([question(list_services="")]), timeout=TIMEOUT_S)
        except grpc.RpcError as error:
            if error.code() is not grpc.StatusCode.UNIMPLEMENTED:
                raise
            continue
        assert ECHO in {service.name for service in listed.list_services_response.service}
        found.add(version)
    assert found == offered


def test_go_echo_obeys_the_demos_headers(go_echo: str, demo_client: Callable[..., Any]) -> None:
    """A status asked for by header comes, as from the demo; nonsense is refused."""
    client = demo_client(go_echo)
    for headers, code in (
        ([("rpcx-status", "NOT_FOUND")], grpc.StatusCode.NOT_FOUND),
        ([("rpcx-delay", "soon")], grpc.StatusCode.INVALID_ARGUMENT),
    ):
        with pytest.raises(grpc.RpcError) as raised:
            client.call(f"{ECHO}/UnaryEcho", headers)
        assert raised.value.code() is code
    headers = [("rpcx-responses", "3")]
    assert len(list(client.call(f"{ECHO}/ServerStreamingEcho", headers))) == 3
