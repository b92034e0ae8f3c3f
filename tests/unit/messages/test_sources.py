"""One test body over every source of files, and what only files can do wrong."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet

from rpcx.codec import encoder, json_decoder
from rpcx.documents.json_documents import Document
from rpcx.errors import SchemaError
from rpcx.schema.example import example_request
from rpcx.schema.listing import as_objects
from rpcx.schema.proto_text.symbol import source_of
from rpcx.schema.sources.opening import open_schema

if TYPE_CHECKING:
    from collections.abc import Callable

    from rpcx.schema import Schema

PROTOS = Path(__file__).parent / "protos"
SOURCES = ("v1", "v1alpha", "imports_apart", "protoset", "protosets", "proto", "saved", "mixed")


@pytest.fixture(scope="session")
def proto_schema() -> Schema:
    """The schema of the .proto files, compiled once."""
    names = [str(PROTOS / name) for name in ("two.proto", "three.proto", "shadow.proto")]
    return open_schema(protos=[*names, str(PROTOS / "edition.proto")])


@pytest.fixture
def schema(
    request: pytest.FixtureRequest,
    reflection: Any,
    compiled: FileDescriptorSet,
    proto_schema: Schema,
    tmp_path: Path,
) -> Schema:
    """The test schemas out of each source."""
    path = tmp_path / "set.binpb"
    path.write_bytes(compiled.SerializeToString())
    match request.param:
        case "v1":
            return open_schema(reflection.open)
        case "v1alpha":
            reflection.versions = ["v1alpha"]
            return open_schema(reflection.open)
        case "imports_apart":
            reflection.transitive = False
            return open_schema(reflection.open)
        case "protoset":
            return open_schema(protosets=[str(path)])
        case "protosets":
            paths = []
            for number, file in enumerate(compiled.file):
                paths.append(str(tmp_path / f"{number}.binpb"))
                Path(paths[-1]).write_bytes(FileDescriptorSet(file=[file]).SerializeToString())
            return open_schema(protosets=paths)
        case "proto":
            return proto_schema
        case "saved":
            found = open_schema(reflection.open)
            found.build_all()
            found.symbol("rpcx.test.edition.Edition")
            found.save(str(path))
            return open_schema(protosets=[str(path)])
        case _:
            del reflection.files["three.proto"]
            return open_schema(reflection.open, protos=[str(PROTOS / "three.proto")])


@pytest.mark.parametrize("schema", SOURCES, indirect=True)
def test_every_source_serves_the_same(schema: Schema) -> None:
    """Listing, describing, examples, requests and responses are the same from every source."""
    assert set(schema.services()) == {
        "rpcx.test.two.TwoService",
        "rpcx.test.three.ThreeService",
        "rpcx.test.shadow.Empty",
    }
    method = schema.method("rpcx.test.two.TwoService/Many")
    assert (method.client_streaming, method.server_streaming) == (True, True)
    text = b'{"name":"n","byName":{"a":{"id":"7"}},"[rpcx.test.two.label]":"l"}'
    data = encoder(method.input_type, schema.pool)(Document(text))
    assert json_decoder(method.input_type, schema.pool)(data) == text

    edition = schema.symbol("rpcx.test.edition.Edition")
    example = example_request(edition)
    encoder(edition, schema.pool)(Document(example))

    message = schema.symbol("rpcx.test.two.Two")
    source = source_of(message, schema.file_of(message))
    assert source.startswith("// Everything that proto2 has.\nmessage Two {\n")
    assert "(rpcx.test.options.message_rule) = {" in source

    [listed] = as_objects(schema, "rpcx.test.three.ThreeService")
    assert [method["kind"] for method in listed["methods"]] == [
        "unary", "server_stream", "client_stream", "bidi"
    ]  # fmt: skip
    with pytest.raises(SchemaError, match=r"did you mean rpcx\.test\.two\.TwoService"):
        schema.method("rpcx.test.two.TwoServics/One")
    schema.close()


class TestBoth:
    """Files first, reflection for what they lack."""

    def test_files_need_no_server(self, reflection: Any) -> None:
        """What files have is never asked for."""
        schema = open_schema(reflection.open, protos=[str(PROTOS / "two.proto")])
        schema.method("rpcx.test.two.TwoService/One")
        assert reflection.paths == []

    def test_reflection_fills_the_gaps(self, reflection: Any) -> None:
        """What files lack comes from the server, with imports from either."""
        del reflection.files["three.proto"]
        schema = open_schema(reflection.open, protos=[str(PROTOS / "three.proto")])
        outer = schema.symbol("rpcx.test.shadow.Outer")
        plain = schema.symbol("rpcx.test.three.Plain")
        assert outer.fields_by_name["plain"].message_type is plain

    def test_files_for_a_server_without_reflection(self, reflection: Any) -> None:
        """A server without reflection is served by files, and its absence is told else."""
        reflection.versions = []
        schema = open_schema(reflection.open, protos=[str(PROTOS / "two.proto")])
        assert schema.method("rpcx.test.two.TwoService/One").name == "One"
        assert schema.services() == ["rpcx.test.two.TwoService"]
        with pytest.raises(SchemaError) as caught:
            schema.method("no.Such/Method")
        assert str(caught.value) == (
            f'the file "{PROTOS / "two.proto"}" has no service "no.Such"; '
            "its only service is rpcx.test.two.TwoService; "
            "the server has no reflection, neither v1 nor v1alpha (unknown service); "
            "give its schema with --protoset or --proto"
        )

    def test_neither_has_any(self, reflection: Any, tmp_path: Path) -> None:
        """Where files have no service and the server has no reflection, that is told."""
        reflection.versions = []
        path = tmp_path / "x.binpb"
        path.write_bytes(
            FileDescriptorSet(file=[FileDescriptorProto(name="x")]).SerializeToString()
        )
        with pytest.raises(SchemaError, match="the server has no reflection"):
            open_schema(reflection.open, protosets=[str(path)]).services()

    def test_import_that_is_nowhere(self, reflection: Any, tmp_path: Path) -> None:
        """An import that neither has is told as such, whatever the server's reflection says."""
        reflection.versions = []
        file = FileDescriptorProto(name="x", dependency=["gone.proto"])
        file.message_type.add(name="M").field.add(
            name="f", number=1, type=11, label=1, type_name=".gone.M"
        )
        path = tmp_path / "x.binpb"
        path.write_bytes(FileDescriptorSet(file=[file]).SerializeToString())
        with pytest.raises(SchemaError, match=r'imports "gone\.proto", which is nowhere to be had'):
            open_schema(reflection.open, protosets=[str(path)]).symbol("M")

    def test_both_are_named(self, reflection: Any) -> None:
        """A sentence names every source that was looked at."""
        schema = open_schema(reflection.open, protos=[str(PROTOS / "two.proto")])
        with pytest.raises(SchemaError, match=r'two\.proto" and the server have no service "x\.Y"'):
            schema.method("x.Y/Z")


class TestFiles:
    """What can be wrong with files."""

    @pytest.mark.parametrize(
        ("content", "sentence"),
        [
            (None, "cannot be read: No such file or directory"),
            (b"", "is no descriptor set; make one by protoc --include_imports"),
            (b"\xff\xff", "is no descriptor set"),
            (b'syntax = "proto3";', "is no descriptor set"),
            (FileDescriptorProto(name="a.proto").SerializeToString(), "is no descriptor set"),
        ],
    )
    def test_bad_set(self, tmp_path: Path, content: bytes | None, sentence: str) -> None:
        """A descriptor set that is none is told with how to make one."""
        path = tmp_path / "x.binpb"
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(SchemaError) as caught:
            open_schema(protosets=[str(path)])
        assert sentence in str(caught.value)

    def test_proto_for_a_set(self) -> None:
        """A .proto file given for a descriptor set is told its option."""
        with pytest.raises(SchemaError, match=r"two\.proto.* is no descriptor set; .*--proto$"):
            open_schema(protosets=[str(PROTOS / "two.proto")])

    def test_strange_path(self) -> None:
        """A path that can be no path is a sentence."""
        with pytest.raises(SchemaError, match="cannot be read"):
            open_schema(protosets=["a\0b"])

    def test_set_without_imports(self, compiled: FileDescriptorSet, tmp_path: Path) -> None:
        """A set that was made without its imports names the one it needs."""
        [shadow] = [file for file in compiled.file if file.name == "shadow.proto"]
        path = tmp_path / "x.binpb"
        path.write_bytes(FileDescriptorSet(file=[shadow]).SerializeToString())
        with pytest.raises(SchemaError, match=r'"shadow\.proto" imports "three\.proto", which is'):
            open_schema(protosets=[str(path)]).symbol("rpcx.test.shadow.Outer")

    def test_save_where_it_cannot(self, reflection: Any, tmp_path: Path) -> None:
        """A set that cannot be written is told."""
        with pytest.raises(SchemaError, match="cannot be written: Is a directory"):
            open_schema(reflection.open).save(str(tmp_path))


class TestProtoc:
    """.proto files, compiled."""

    def test_its_errors_are_shown(self, tmp_path: Path) -> None:
        """Protoc's errors stand as it gives them, a line each, made safe."""
        path = tmp_path / "bad.proto"
        path.write_text('syntax = "proto3";\nmessage A {\n  B b = 1;\n  \x1b\n}\n')
        with pytest.raises(SchemaError) as caught:
            open_schema(protos=[str(path)])
        first, *lines = str(caught.value).splitlines()
        assert first == f'protoc refuses the file "{path}":'
        assert "bad.proto:4:3: Invalid control characters encountered in text." in lines[0]

    def test_no_such_file(self) -> None:
        """A file that is not there is told by protoc."""
        with pytest.raises(SchemaError, match=r"nope\.proto: No such file or directory"):
            open_schema(protos=["nope.proto"])

    @pytest.mark.parametrize("name", ["two.proto", str(PROTOS / "two.proto")])
    def test_import_path(self, name: str) -> None:
        """A file is named beneath an import path, or by its own path."""
        schema = open_schema(protos=[name], import_paths=[str(PROTOS)])
        assert schema.services() == ["rpcx.test.two.TwoService"]

    def test_imports_elsewhere(self, tmp_path: Path) -> None:
        """Imports are looked for beneath the import paths, then beside the file."""
        (tmp_path / "lib" / "deep").mkdir(parents=True)
        (tmp_path / "lib" / "deep" / "a.proto").write_text(
            'syntax = "proto3"; package a; message A {}'
        )
        (tmp_path / "b.proto").write_text('syntax = "proto3"; package b; message B {}')
        (tmp_path / "-c.proto").write_text(
            'syntax = "proto3"; import "deep/a.proto"; import "b.proto"; '
            "service C { rpc Do(a.A) returns (b.B); }"
        )
        schema = open_schema(
            protos=[str(tmp_path / "-c.proto")], import_paths=[str(tmp_path / "lib")]
        )
        assert schema.method("C/Do").output_type.full_name == "b.B"

    def test_common_imports(self, tmp_path: Path) -> None:
        """Google's common files are there without an import path."""
        path = tmp_path / "x.proto"
        path.write_text(
            'syntax = "proto3"; import "google/rpc/status.proto"; '
            'import "google/api/annotations.proto"; '
            "service S { rpc Do(google.rpc.Status) returns (google.rpc.Status) "
            '{ option (google.api.http) = { get: "/x" }; } }'
        )
        schema = open_schema(protos=[str(path)])
        assert 'option (google.api.http) = { get: "/x" };' in source_of(schema.symbol("S"))

    def test_a_name_like_an_option(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A name that begins with a dash is still a name."""
        (tmp_path / "-x.proto").write_text('syntax = "proto3"; service S {}')
        monkeypatch.chdir(tmp_path)
        assert open_schema(protos=["-x.proto"]).services() == ["S"]

    def test_without_grpcio_tools(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where protoc is not installed, the sentence says what is to be."""

        def find_spec(name: str) -> None:
            assert name == "grpc_tools"

        monkeypatch.setattr("importlib.util.find_spec", find_spec)
        with pytest.raises(SchemaError, match="pip install grpcio-tools"):
            open_schema(protos=["x.proto"])

    def test_protoc_is_a_process(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Protoc does not run in rpcx itself, where it would write to standard error."""
        ran: list[Any] = []
        run: Callable[..., Any] = subprocess.run

        def record(*arguments: Any, **options: Any) -> Any:
            ran.append(arguments[0])
            return run(*arguments, **options)

        monkeypatch.setattr("subprocess.run", record)
        open_schema(protos=[str(PROTOS / "three.proto")])
        assert ran[0][1:3] == ["-m", "grpc_tools.protoc"]
