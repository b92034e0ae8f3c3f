"""Symbols in proto syntax, examples, listings."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto

from rpcx.codec import encoder
from rpcx.documents.json_documents import Document
from rpcx.errors import SchemaError
from rpcx.schema.example import example_request
from rpcx.schema.listing import as_objects, as_text
from rpcx.schema.proto_text.symbol import source_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from google.protobuf.descriptor_pb2 import FileDescriptorSet
    from google.protobuf.descriptor_pool import DescriptorPool

FILES = (
    *("options.proto", "two.proto", "three.proto", "edition.proto", "shadow.proto"),
    "remarks.proto",
)


def bare(file: FileDescriptorProto) -> FileDescriptorProto:
    """A file without its comments."""
    copy = FileDescriptorProto()
    copy.CopyFrom(file)
    copy.ClearField("source_code_info")
    return copy


def test_protoc_takes_it_back(
    compiled: FileDescriptorSet,
    pool: DescriptorPool,
    recompile: Callable[[Path], FileDescriptorSet],
    tmp_path: Path,
) -> None:
    """A described file compiles to the very same descriptor, whatever is in it."""
    files = {file.name: file for file in compiled.file}
    for name in (*FILES, "google/protobuf/descriptor.proto", "google/protobuf/struct.proto"):
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(source_of(pool.FindFileByName(name), files[name]), encoding="utf-8")
    again = {file.name: file for file in recompile(tmp_path).file}
    for name in FILES:
        assert bare(again[name]) == bare(files[name])
    for name in ("google/protobuf/descriptor.proto", "google/protobuf/struct.proto"):
        assert bare(again[name]) == bare(files[name])


def test_comments_are_kept(
    compiled: FileDescriptorSet,
    pool: DescriptorPool,
    recompile: Callable[[Path], FileDescriptorSet],
    tmp_path: Path,
) -> None:
    """Comments stay with what they belong to: compiled again, they are at the same elements."""
    files = {file.name: file for file in compiled.file}
    for name in FILES:
        text = source_of(pool.FindFileByName(name), files[name])
        (tmp_path / name).write_text(text, encoding="utf-8")

    def comments(file: FileDescriptorProto) -> dict[tuple[int, ...], tuple[str, str]]:
        return {
            tuple(at.path): (at.leading_comments, at.trailing_comments)
            for at in file.source_code_info.location
            if at.leading_comments or at.trailing_comments
        }

    for file in recompile(tmp_path).file:
        if file.name in FILES:
            assert comments(file) == comments(files[file.name])
    assert len(comments(files["two.proto"])) >= 5


def test_without_the_file(pool: DescriptorPool) -> None:
    """From the descriptor alone the source is the same, but for the comments."""
    assert source_of(pool.FindMessageTypeByName("rpcx.test.three.Plain")) == (
        "message Plain {\n  string message = 1;\n}\n"
    )


@pytest.mark.parametrize(
    ("find", "name", "source"),
    [
        ("FindServiceByName", "rpcx.test.shadow.Empty", "service Empty {}\n"),
        (
            "FindMethodByName",
            "rpcx.test.three.ThreeService.Both",
            "rpc Both(stream rpcx.test.three.Three) returns (stream rpcx.test.three.Three);\n",
        ),
        (
            "FindEnumTypeByName",
            "rpcx.test.three.Colour",
            "enum Colour {\n  COLOUR_UNSPECIFIED = 0;\n  COLOUR_RED = 1;\n  COLOUR_BLUE = -2;\n}\n",
        ),
        (
            "FindFieldByName",
            "rpcx.test.two.Two.name",
            (
                "// A detached comment.\n\n// The leading comment\n// of two lines.\n"
                'required string name = 1 [default = "tab\\011\\"x\\" \\\\ ☺"];  // Trailing.\n'
            ),
        ),
        (
            "FindFieldByName",
            "rpcx.test.three.Three.m_value",
            "map<uint64, google.protobuf.Value> m_value = 47;\n",
        ),
        (
            "FindExtensionByName",
            "rpcx.test.two.label",
            'extend rpcx.test.two.Two {\n  optional string label = 102 [default = "none"];\n}\n',
        ),
        (
            "FindOneofByName",
            "rpcx.test.shadow.Outer.later",
            "oneof later {\n  .rpcx.test.three.Colour colour = 3;\n}\n",
        ),
    ],
)
def test_symbols(
    compiled: FileDescriptorSet, pool: DescriptorPool, find: str, name: str, source: str
) -> None:
    """Every kind of symbol is cut out of its file, with the comments that belong to it."""
    descriptor = getattr(pool, find)(name)
    owner = getattr(descriptor, "containing_service", None) or descriptor
    owner = owner if hasattr(owner, "file") else owner.containing_type
    [file] = [file for file in compiled.file if file.name == owner.file.name]
    assert source_of(descriptor, file) == source


def test_comments_are_data(pool: DescriptorPool, compiled: FileDescriptorSet) -> None:
    """A comment from a server reaches no terminal as a command."""
    [original] = [file for file in compiled.file if file.name == "three.proto"]
    file = bare(original)
    file.source_code_info.location.add(path=[4, 0], leading_comments=" \x1b[2J\ttab\r\n")
    shown = source_of(pool.FindMessageTypeByName("rpcx.test.three.Three"), file)
    assert shown.startswith("// \\u001b[2J")
    assert "\r" not in shown
    assert "\t" not in shown


def test_what_is_no_name_is_data(reflection: Any) -> None:
    """Reserved names and defaults that a server made up reach no terminal as commands."""
    file = FileDescriptorProto(name='x"\x1b.proto', package="x", syntax="proto2")
    message = file.message_type.add(name="M", reserved_name=["\x1b[2J"])
    field = message.field.add(name="f", number=1, type=12, label=1)
    field.default_value = "\x1b[2J"
    reflection.files[file.name] = file
    schema = reflection.schema()
    assert source_of(schema.symbol("x.M")) == (
        'message M {\n  optional bytes f = 1 [default = "\\033[2J"];\n\n  reserved "\\033[2J";\n}\n'
    )


def test_schema_gives_the_file(reflection: Any) -> None:
    """The schema hands out the file of any descriptor, comments and all."""
    schema = reflection.schema()
    for name in (
        "rpcx.test.two.TwoService",
        "rpcx.test.two.TwoService/One",
        "rpcx.test.two.Two",
        "rpcx.test.two.Two.Kind",
        "rpcx.test.two.Two.name",
        "rpcx.test.two.Two.choice",
        "rpcx.test.two.label",
        "two.proto",
    ):
        descriptor = schema.symbol(name)
        assert schema.file_of(descriptor).name == "two.proto"
        source_of(descriptor, schema.file_of(descriptor))
    with pytest.raises(SchemaError, match=r'the server has no file "gone.proto"'):
        schema.symbol("gone.proto")


class TestExample:
    """JSON to fill in."""

    @pytest.mark.parametrize(
        "name",
        ["two.Two", "two.Old", "three.Three", "three.Plain", "edition.Edition", "shadow.Outer"],
    )
    @pytest.mark.parametrize("indent", [True, False])
    def test_is_taken(
        self, codec: Callable[[str], Any], pool: DescriptorPool, name: str, *, indent: bool
    ) -> None:
        """An example is taken as it is, and without indentation is one line."""
        descriptor = codec(name).descriptor
        example = example_request(descriptor, indent=indent)
        encoder(descriptor, pool)(Document(example))
        assert indent or b"\n" not in example

    def test_of_a_method(self, pool: DescriptorPool) -> None:
        """The example of a method is that of its request."""
        method = pool.FindMethodByName("rpcx.test.three.ThreeService.Server")
        assert json.loads(example_request(method)) == {"message": ""}

    @pytest.mark.parametrize(
        ("name", "end"),
        [
            ("rpcx.test.three.ThreeService", "; its methods are Unary, Server, Client, Both"),
            ("rpcx.test.three.Colour", "only those have an example"),
            ("rpcx.test.three.Three.f_int32", "only those have an example"),
            ("rpcx.test.three.Three.choice", "only those have an example"),
            ("three.proto", "only those have an example"),
        ],
    )
    def test_of_nothing_else(self, reflection: Any, name: str, end: str) -> None:
        """What has no JSON of its own has no example, and that is a sentence."""
        with pytest.raises(SchemaError) as caught:
            example_request(reflection.schema().symbol(name))
        assert str(caught.value).startswith(f'"{name}" is neither a method nor a message')
        assert str(caught.value).endswith(end)

    def test_has_every_field(self, codec: Callable[[str], Any]) -> None:
        """Every field is there but the rest of a oneof, and what would recur."""
        descriptor = codec("three.Three").descriptor
        example = json.loads(example_request(descriptor))
        left_out = {field.json_name for field in descriptor.fields} - example.keys()
        assert left_out == {"fMessage", "rMessage", "cInt64", "cMessage", "cNull", "cValue"}

    def test_is_never_too_large(self, reflection: Any) -> None:
        """Types that refer to each other in all ways are cut long before they fill a disk."""
        file = FileDescriptorProto(name="web.proto", package="web", syntax="proto3")
        for one in range(30):
            message = file.message_type.add(name=f"M{one}")
            for other in range(30):
                message.field.add(
                    name=f"f{other}", number=other + 1, type=11, label=1, type_name=f".web.M{other}"
                )
        reflection.files["web.proto"] = file
        example = example_request(reflection.schema().symbol("web.M0"))
        assert len(example) < 200_000


class TestListing:
    """Services and methods."""

    def test_services(self, reflection: Any) -> None:
        """Services stand one a line in the server's order."""
        assert as_text(reflection.schema(), None) == (
            "rpcx.test.three.ThreeService\nrpcx.test.shadow.Empty\nrpcx.test.two.TwoService\n"
        )

    def test_methods(self, reflection: Any) -> None:
        """The methods of a service stand with their kind and types."""
        rows = as_text(reflection.schema(), "rpcx.test.three.ThreeService").splitlines()
        assert [row.split()[:2] for row in rows] == [
            ["rpcx.test.three.ThreeService.Unary", "unary"],
            ["rpcx.test.three.ThreeService.Server", "server_stream"],
            ["rpcx.test.three.ThreeService.Client", "client_stream"],
            ["rpcx.test.three.ThreeService.Both", "bidi"],
        ]

    def test_json(self, reflection: Any) -> None:
        """The JSON has every service with its methods; null where they cannot be had."""
        reflection.listed = ["ghost.S", "rpcx.test.shadow.Empty"]
        assert as_objects(reflection.schema(), None) == [
            {"service": "ghost.S", "methods": None},
            {"service": "rpcx.test.shadow.Empty", "methods": []},
        ]
        [one] = as_objects(reflection.schema(), "rpcx.test.three.ThreeService")
        assert one["methods"][1] == {
            "name": "Server",
            "kind": "server_stream",
            "input": "rpcx.test.three.Plain",
            "output": "rpcx.test.three.Three",
        }

    def test_no_service(self, reflection: Any) -> None:
        """What is no service is told so."""
        with pytest.raises(SchemaError, match="is no service"):
            as_text(reflection.schema(), "rpcx.test.three.Three")
