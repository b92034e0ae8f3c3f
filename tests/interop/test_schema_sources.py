"""Where message types come from, with servers that this project did not write."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from listening import listening_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
NODE = Path(__file__).parent / "node"
ROUTE_GUIDE = "routeguide.RouteGuide"
ECHO = "grpc.examples.echo.Echo"
PLACE = {
    "name": "x",
    "kind": "KIND_TOWN",
    "people": "9007199254740993",
    "position": [1.5, -2.0],
    "near": {"a": {"name": "y"}},
    "picture": "AAH/",
    "rating": 0,
    "at": "2026-01-02T03:04:05.600Z",
    "extra": {"a": [1.0, None, "z"]},
    "note": "n",
    "attached": {"@type": "type.googleapis.com/rpcx.node.Place", "name": "in"},
}

pytestmark = pytest.mark.interop


class TestRouteGuide:
    """grpc-go's route guide, which has no reflection."""

    @pytest.fixture
    def proto(self) -> tuple[str, str]:
        """The service's .proto file, as the options that name it."""
        return ("--proto", str(ROOT / "protos" / "route_guide.proto"))

    def test_call(
        self, rpcx: Callable[..., Any], go_route_guide: str, proto: tuple[str, str]
    ) -> None:
        """With its .proto a method is called like any other."""
        where = '{"latitude":409146138,"longitude":-746188906}'
        result = rpcx(
            "call", "-p", go_route_guide, f"{ROUTE_GUIDE}/GetFeature", *proto, "-d", where
        )
        assert (result.code, result.err) == (0, "")
        assert result.json["name"].startswith("Berkshire Valley")

    def test_without_a_server(self, rpcx: Callable[..., Any], proto: tuple[str, str]) -> None:
        """Its services are listed and described with no server at all."""
        assert rpcx("list", "-", *proto).lines == [ROUTE_GUIDE]
        assert "rpc GetFeature" in rpcx("describe", "-", ROUTE_GUIDE, *proto).out

    def test_without_its_proto(self, rpcx: Callable[..., Any], go_route_guide: str) -> None:
        """Without it the sentence says what would work."""
        result = rpcx("call", "-p", go_route_guide, f"{ROUTE_GUIDE}/GetFeature")
        assert result.code == 1
        assert "--protoset or --proto" in result.err


class TestReflectionVersions:
    """grpc-go with one version of reflection, or none."""

    @pytest.mark.parametrize("version", ["v1", "v1alpha"])
    def test_one_version(
        self, rpcx: Callable[..., Any], go_echo_with: Callable[..., str], version: str
    ) -> None:
        """Either version alone is enough."""
        address = go_echo_with("-reflection", version)
        result = rpcx("call", "-p", address, f"{ECHO}/UnaryEcho", "-d", '{"message":"m"}')
        assert (result.code, result.json) == (0, {"message": "m"})
        assert f"grpc.reflection.{version}.ServerReflection" in rpcx("list", "-p", address).lines

    def test_describes_itself(self, rpcx: Callable[..., Any], go_echo: str) -> None:
        """Reflection describes its own services."""
        for version in ("v1", "v1alpha"):
            name = f"grpc.reflection.{version}.ServerReflection"
            assert "rpc ServerReflectionInfo" in rpcx("describe", "-p", go_echo, name).out


@pytest.fixture(scope="module")
def node_server() -> Iterator[str]:
    """The address of a grpc-js server with grpc-js's reflection."""
    if shutil.which("npm") is None:
        reason = "needs Node.js and npm for a grpc-js server to test against"
        if os.environ.get("RPCX_REQUIRE_INTEROP") == "1":
            pytest.fail(f"{reason}, which RPCX_REQUIRE_INTEROP=1 insists on")
        pytest.skip(reason)
    process = subprocess.Popen(
        ["node", _installed() / "server.js"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    with contextlib.ExitStack() as ending:
        ending.callback(process.wait)
        ending.callback(process.kill)
        yield f"127.0.0.1:{listening_port(process)}"


def _installed() -> Path:
    """The folder of the server with its packages, installed once for all runs, under a lock."""
    digest = hashlib.sha256()
    for path in sorted(NODE.iterdir()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    folder = ROOT / ".cache" / "interop" / f"node-{digest.hexdigest()[:16]}"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            for path in NODE.iterdir():
                shutil.copy(path, folder)
            subprocess.run(
                ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
                cwd=folder,
                check=True,
                capture_output=True,
            )
            (folder / "done").touch()
    return folder


@pytest.mark.timeout(600)
class TestGrpcJs:
    """grpc-js, whose reflection resolves no names and keeps no imports."""

    def test_list(self, rpcx: Callable[..., Any], node_server: str) -> None:
        """Its services and methods are listed."""
        assert "rpcx.node.Places" in rpcx("list", "-p", node_server).lines
        [places] = rpcx("list", "-p", node_server, "rpcx.node.Places", "-o", "json").json
        assert [(method["name"], method["kind"]) for method in places["methods"]] == [
            ("Echo", "unary"),
            ("EchoAll", "bidi"),
        ]

    def test_describe(self, rpcx: Callable[..., Any], node_server: str) -> None:
        """A message stands as in its source, with maps, oneofs and optional fields."""
        shown = rpcx("describe", "-p", node_server, "rpcx.node.Place").out
        assert "  map<string, rpcx.node.Place> near = 5;\n" in shown
        assert "  optional int32 rating = 7;\n" in shown
        assert "  oneof when {\n    google.protobuf.Timestamp at = 8;\n" in shown

    def test_example(self, rpcx: Callable[..., Any], node_server: str) -> None:
        """The example is taken as it is."""
        example = rpcx("describe", "-p", node_server, "rpcx.node.Place", "--example").out
        result = rpcx("call", "-p", node_server, "rpcx.node.Places/Echo", "-d", example)
        assert (result.code, result.err) == (0, "")

    def test_call(self, rpcx: Callable[..., Any], node_server: str) -> None:
        """A message of every shape goes there and back."""
        result = rpcx("call", "-p", node_server, "rpcx.node.Places/Echo", "-d", json.dumps(PLACE))
        assert (result.code, result.err) == (0, "")
        assert result.json == PLACE

    def test_stream(self, rpcx: Callable[..., Any], node_server: str) -> None:
        """Streams too."""
        lines = "".join(f'{{"name":"{number}"}}\n' for number in range(5))
        result = rpcx("stream", "-p", node_server, "rpcx.node.Places/EchoAll", input=lines)
        assert (result.code, result.out) == (0, lines)
