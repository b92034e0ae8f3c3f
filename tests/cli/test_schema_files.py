"""Types from files: `--protoset`, `--proto` and `--import-path`, with a server and without."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import rpcx.demo

if TYPE_CHECKING:
    from collections.abc import Callable

    from schema_server import SchemaServer

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


def test_from_the_environment(rpcx: Callable[..., Any]) -> None:
    """What is repeatable has one value a line in the environment; options take its place."""
    env = {"RPCX_PROTO": "route_guide.proto\nhelloworld.proto\n", "RPCX_IMPORT_PATH": PROTOS}
    assert sorted(rpcx("list", "-", env=env).lines) == [
        "helloworld.Greeter",
        "routeguide.RouteGuide",
    ]
    assert "rpcx.demo.Stats" in rpcx("list", "-", env={"RPCX_PROTOSET": PROTOSET}).lines
    assert rpcx("list", "-", "--proto", "echo.proto", env=env).lines == ["grpc.examples.echo.Echo"]


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


BOX = """
syntax = "proto3";
package box;
message Box { string name = 1; }
service Boxes { rpc Echo(Box) returns (Box); rpc Watch(Box) returns (stream Box); }
"""


@pytest.fixture
def boxes(serve_schema: Callable[..., SchemaServer]) -> SchemaServer:
    """A server whose schema nobody else has."""
    return serve_schema({"box.proto": BOX}, Echo=lambda request, _: request)


class TestSaving:
    """--protoset-out: taken from the server once, good without it from then on."""

    @pytest.mark.parametrize(
        "command",
        [
            ("list",),
            ("list", "box.Boxes"),
            ("describe", "box.Boxes"),
            ("describe", "box.Boxes.Echo", "--example"),
            ("call", "box.Boxes/Echo"),
            ("stream", "box.Boxes/Watch"),
        ],
        ids=" ".join,
    )
    def test_serves_without_reflection(
        self,
        rpcx: Callable[..., Any],
        boxes: SchemaServer,
        tmp_path: Path,
        command: tuple[str, ...],
    ) -> None:
        """What any command saved lists, describes and calls when reflection is off."""
        schema = str(tmp_path / "schema.binpb")
        name, *rest = command
        rpcx(name, boxes.address, *rest, "-p", "--protoset-out", schema)
        boxes.reflection.versions = []
        assert rpcx("list", "-", "--protoset", schema).lines == ["box.Boxes"]
        assert "string name = 1;" in rpcx("describe", "-", "box.Box", "--protoset", schema).out
        called = rpcx(
            "call", boxes.address, "box.Boxes/Echo", "-p", "-d", '{"name":"x"}',
            "--protoset", schema,
        )  # fmt: skip
        assert (called.code, called.json) == (0, {"name": "x"}), called.err

    def test_everything(self, rpcx: Callable[..., Any], demo_server: str, tmp_path: Path) -> None:
        """What list saves has every service, so that the whole server can be described."""
        schema = str(tmp_path / "schema.binpb")
        listed = rpcx("list", demo_server, "-p", "-o", "json", "--protoset-out", schema)
        offline = rpcx("list", "-", "-o", "json", "--protoset", schema)
        assert sorted(offline.json, key=lambda one: one["service"]) == listed.json

    def test_from_files(self, rpcx: Callable[..., Any], tmp_path: Path) -> None:
        """A .proto file is compiled into a set as well, with no server at all."""
        schema = str(tmp_path / "schema.binpb")
        source = str(tmp_path / "box.proto")
        (tmp_path / "box.proto").write_text(BOX)
        saved = rpcx("list", "-", "--proto", source, "--protoset-out", schema)
        assert (saved.code, saved.lines) == (0, ["box.Boxes"]), saved.err
        assert rpcx("list", "-", "--protoset", schema).lines == ["box.Boxes"]

    def test_where_it_cannot(self, rpcx: Callable[..., Any], boxes: SchemaServer) -> None:
        """A file that cannot be written is an error before anything is called."""
        called = rpcx("call", boxes.address, "box.Boxes/Echo", "-p", "--protoset-out", "/nowhere/x")
        assert (called.code, called.out) == (1, "")
        assert '"/nowhere/x" cannot be written: No such file or directory' in called.err


class TestReflectionHeaders:
    """-H goes to reflection too; --reflect-header goes there alone, and comes first."""

    @pytest.mark.parametrize(
        "command", [("list",), ("describe", "box.Box"), ("call", "box.Boxes/Echo")], ids=" ".join
    )
    def test_both(
        self, rpcx: Callable[..., Any], boxes: SchemaServer, command: tuple[str, ...]
    ) -> None:
        """Of a key that both have, reflection gets that of --reflect-header."""
        name, *rest = command
        # fmt: off
        result = rpcx(
            name, boxes.address, *rest, "-p", "-H", "who: me", "-H", "key: calls",
            "--reflect-header", "Key: reflection",
        )
        # fmt: on
        assert result.code == 0, result.err
        assert [(one["who"], one["key"]) for one in boxes.headers] == [("me", "reflection")]

    def test_calls_get_their_own(
        self, rpcx: Callable[..., Any], serve_schema: Callable[..., SchemaServer]
    ) -> None:
        """A call does not see the headers of reflection."""
        seen: list[dict[str, Any]] = []

        def echo(request: bytes, context: Any) -> bytes:
            seen.append(dict(context.invocation_metadata()))
            return request

        server = serve_schema({"box.proto": BOX}, Echo=echo)
        rpcx("call", server.address, "box.Boxes/Echo", "-p", "--reflect-header", "key: secret")
        assert "key" not in seen[0]
        assert server.headers[0]["key"] == "secret"

    def test_no_header(self, rpcx: Callable[..., Any]) -> None:
        """The sentence names the option that was given."""
        result = rpcx("list", "demo", "--reflect-header", "x")
        assert result.code == 2
        assert "--reflect-header 'x' has no colon" in result.err
