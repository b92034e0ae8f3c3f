"""Types from files: `--protoset`, `--proto` and `--import-path`, with a server and without."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import rpcx.demo

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
PROTOSET = str(Path(rpcx.demo.__file__).parent / "demo.binpb")
PROTOS = str(ROOT / "protos")
POINT = '{"latitude":409146138,"longitude":-746188906}'
METHOD = "routeguide.RouteGuide/GetFeature"
SOURCES = [
    ("--protoset", PROTOSET),
    ("--proto", "route_guide.proto", "--import-path", PROTOS),
]


@pytest.mark.parametrize("source", SOURCES, ids=["protoset", "proto"])
class TestFiles:
    """The same from a descriptor set and from a .proto file."""

    def test_a_server_without_reflection_is_called(
        self, rpcx: Callable[..., Any], go_route_guide: str, source: tuple[str, ...]
    ) -> None:
        """grpc-go's route guide has no reflection: the types come from the file."""
        called = rpcx("call", go_route_guide, METHOD, "-p", "-d", POINT, *source)
        assert called.code == 0, called.err
        assert called.json["location"]["latitude"] == 409146138

    def test_no_server_is_needed_to_list_and_describe(
        self, rpcx: Callable[..., Any], source: tuple[str, ...]
    ) -> None:
        """With the target `-` services and messages are shown from the file alone."""
        listed = rpcx("list", "-", *source)
        assert "routeguide.RouteGuide" in listed.lines, listed.err
        described = rpcx("describe", "-", "routeguide.Point", *source)
        assert "int32 latitude = 1;" in described.out, described.err


def test_what_the_files_lack_comes_from_reflection(
    rpcx: Callable[..., Any], demo_server: str
) -> None:
    """A symbol that no file has is asked of the server."""
    # fmt: off
    called = rpcx(
        "call", demo_server, "helloworld.Greeter/SayHello", "-p",
        "--proto", "route_guide.proto", "--import-path", PROTOS,
    )
    # fmt: on
    assert (called.code, called.json) == (0, {"message": "Hello "}), called.err


def test_no_server_without_files_is_refused(rpcx: Callable[..., Any]) -> None:
    """The target `-` makes sense only with a schema from files."""
    for command in (["list", "-"], ["call", "-", METHOD]):
        refused = rpcx(*command)
        assert refused.code == 2
        assert "'-' means no server" in refused.err


def test_protocs_own_words_are_shown(rpcx: Callable[..., Any], tmp_path: Path) -> None:
    """A .proto file with a mistake is reported as protoc reports it."""
    broken = tmp_path / "broken.proto"
    broken.write_text('syntax = "proto3";\nmessage A { Nope b = 1; }\n')
    refused = rpcx("list", "-", "--proto", str(broken))
    assert refused.code == 1
    assert "broken.proto:2:13" in refused.err
    assert '"Nope" is not defined' in refused.err
