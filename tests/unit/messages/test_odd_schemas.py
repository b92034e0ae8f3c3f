"""Schemas that other tools take and Python's descriptor pool refuses: mended, and said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from fake_reflection import FakeReflection
from google.protobuf.descriptor_pb2 import Edition, FileDescriptorProto, FileDescriptorSet
from schema_server import compile_protos

from rpcx.codec import encoder, json_decoder
from rpcx.documents.json_documents import Document
from rpcx.errors import SchemaError
from rpcx.schema.listing import as_text
from rpcx.schema.sources.opening import open_schema

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Files = dict[str, FileDescriptorProto]

SHOP = """\
syntax = "proto3"; package shop;
import "shared/types.proto"; import "rules.proto"; import "google/protobuf/timestamp.proto";
service Shop { rpc Buy(Order) returns (Order); }
message Order {
  shared.Item item = 1; int64 count = 2 [(rules.least) = 3]; shared.Colour colour = 4;
  google.protobuf.Timestamp at = 3;
}
"""
TYPES = """\
syntax = "proto3"; package shared;
message Item { string name = 1; } enum Colour { RED = 0; BLUE = 1; }
"""
RULES = """\
syntax = "proto3"; package rules; import "google/protobuf/descriptor.proto";
extend google.protobuf.FieldOptions { int64 least = 50077; }
"""
ORDER = b'{"item":{"name":"x"},"count":"5","at":"2026-01-02T03:04:05Z","colour":"BLUE"}'
WITHOUT_TYPES = b'{"count":"5","at":"2026-01-02T03:04:05Z"}'


@pytest.fixture(scope="session")
def shop_files(tmp_path_factory: pytest.TempPathFactory) -> FileDescriptorSet:
    """The files of a shop, compiled once."""
    folder = tmp_path_factory.mktemp("shop")
    (folder / "shared").mkdir()
    return compile_protos(
        {"shop.proto": SHOP, "shared/types.proto": TYPES, "rules.proto": RULES}, folder
    )


def imports(files: Files, old: str, new: str | None) -> None:
    """Have the shop import something else."""
    file = files["shop.proto"]
    kept = [new if name == old else name for name in file.dependency]
    file.dependency[:] = [name for name in kept if name]


def no_types(files: Files) -> None:
    """The file of the types is gone."""
    del files["shared/types.proto"]


def types_elsewhere(files: Files) -> None:
    """They are there under another name."""
    file = files.pop("shared/types.proto")
    file.name = "types.proto"
    files["types.proto"] = file


def placeholder_of_options(files: Files) -> None:
    """What only options need is answered with grpc-go's placeholder."""
    files["rules.proto"].CopyFrom(FileDescriptorProto(name="rules.proto", syntax="<unknown:0>"))


def placeholder_of_types(files: Files) -> None:
    """So is what is needed."""
    name = "shared/types.proto"
    files[name].CopyFrom(FileDescriptorProto(name=name, syntax="<unknown:0>"))


def old_path_of_timestamp(files: Files) -> None:
    """A path of Go's, which no server has."""
    imports(files, "google/protobuf/timestamp.proto", "github.com/golang/protobuf/timestamp.proto")


def other_case(files: Files) -> None:
    """A file name in another case."""
    imports(files, "google/protobuf/timestamp.proto", "google/protobuf/Timestamp.proto")


def no_imports(files: Files) -> None:
    """Imports are not listed at all."""
    del files["shop.proto"].dependency[:]


def no_leading_dots(files: Files) -> None:
    """Full names of types without the dot that says so."""
    for field in files["shop.proto"].message_type[0].field:
        field.type_name = field.type_name.lstrip(".")
    for method in files["shop.proto"].service[0].method:
        method.input_type = method.input_type.lstrip(".")
        method.output_type = method.output_type.lstrip(".")


def imports_itself(files: Files) -> None:
    """A file imports itself."""
    files["shop.proto"].dependency.append("shop.proto")


def imports_twice(files: Files) -> None:
    """An import is listed twice."""
    files["shop.proto"].dependency.append("shared/types.proto")


def clashing_json_names(files: Files) -> None:
    """Two fields with one JSON name, and one that is another field's own name."""
    order = files["shop.proto"].message_type[0]
    order.field.add(name="eventType", number=10, type=9, label=1, json_name="eventType")
    order.field.add(name="event_type", number=11, type=9, label=1, json_name="eventType")
    order.field.add(name="heading", number=12, type=9, label=1, json_name="count")


def odd_enums(files: Files) -> None:
    """An open enum that does not begin with 0, and one with numbers given twice."""
    enum = files["shared/types.proto"].enum_type.add(name="Size")
    enum.value.add(name="SMALL", number=1)
    enum.value.add(name="TINY", number=1)


def newer_edition(files: Files) -> None:
    """An edition that this protobuf does not know."""
    files["shared/types.proto"].syntax = "editions"
    files["shared/types.proto"].edition = Edition.EDITION_99997_TEST_ONLY


def unknown_syntax(files: Files) -> None:
    """A syntax that nobody has, in a file that has something."""
    files["shared/types.proto"].syntax = "proto4"


def same_types_twice(files: Files) -> None:
    """The types are also in a second file, which is imported too."""
    copy = FileDescriptorProto()
    copy.CopyFrom(files["shared/types.proto"])
    copy.name = "vendor/shared/types.proto"
    files[copy.name] = copy
    files["shop.proto"].dependency.append(copy.name)


CHANGES: list[tuple[Callable[[Files], None], bytes, str]] = [
    (types_elsewhere, ORDER, ""),
    (placeholder_of_options, ORDER, ""),
    (old_path_of_timestamp, ORDER, ""),
    (other_case, ORDER, ""),
    (no_imports, ORDER, ""),
    (no_leading_dots, ORDER, ""),
    (imports_itself, ORDER, ""),
    (imports_twice, ORDER, ""),
    (clashing_json_names, ORDER, ""),
    (odd_enums, ORDER, ""),
    (same_types_twice, ORDER, ""),
    (newer_edition, ORDER, "its edition is newer than this protobuf, and is read as 2023"),
    (unknown_syntax, ORDER, 'its syntax "proto4" is read as proto3'),
]
LACKING: list[Callable[[Files], None]] = [no_types, placeholder_of_types]


@pytest.mark.parametrize("transitive", [True, False], ids=["transitive", "apart"])
@pytest.mark.parametrize("source", ["reflection", "protoset"])
@pytest.mark.parametrize(
    ("change", "document", "note"), CHANGES, ids=[change.__name__ for change, _, _ in CHANGES]
)
def test_an_odd_schema_is_used(
    change: Callable[[Files], None],
    document: bytes,
    note: str,
    source: str,
    transitive: bool,
    shop_files: FileDescriptorSet,
    tmp_path: Path,
) -> None:
    """The method is listed and its message goes there and back; what was changed is said."""
    server = FakeReflection(shop_files)
    server.transitive = transitive
    change(server.files)
    if source == "reflection":
        schema = server.schema()
    else:
        path = tmp_path / "set.binpb"
        path.write_bytes(FileDescriptorSet(file=server.files.values()).SerializeToString())
        schema = open_schema(protosets=[str(path)])
    method = schema.method("shop.Shop/Buy")
    data = encoder(method.input_type, schema.pool)(Document(document))
    shown = json_decoder(method.output_type, schema.pool)(data)
    assert b'"count":"5"' in shown
    assert (b'"item":{"name":"x"}' in shown) == (document is ORDER)
    assert "Buy  unary  shop.Order → shop.Order" in as_text(schema, "shop.Shop")
    assert [one for one in schema.notes if note not in one] == [] or note
    assert any(note in one for one in schema.notes) or not note


@pytest.mark.parametrize("change", LACKING, ids=lambda change: change.__name__)
def test_types_that_a_server_lacks_are_taken_as_empty(
    change: Callable[[Files], None], shop_files: FileDescriptorSet, tmp_path: Path
) -> None:
    """The rest can be used, and that is said; files that the user gives have to be whole."""
    server = FakeReflection(shop_files)
    change(server.files)
    schema = server.schema()
    method = schema.method("shop.Shop/Buy")
    data = encoder(method.input_type, schema.pool)(Document(WITHOUT_TYPES))
    assert b'"count":"5"' in json_decoder(method.output_type, schema.pool)(data)
    for name in ("Item", "Colour"):
        assert any(
            f"its type shared.{name} is nowhere to be had, and is taken as empty" in note
            for note in schema.notes
        )
    path = tmp_path / "set.binpb"
    path.write_bytes(FileDescriptorSet(file=server.files.values()).SerializeToString())
    with pytest.raises(SchemaError, match=r'imports "shared/types\.proto", which is nowhere'):
        open_schema(protosets=[str(path)]).method("shop.Shop/Buy")


def test_a_method_without_its_type_is_listed_and_not_called(shop_files: FileDescriptorSet) -> None:
    """The names of the types suffice for a list; nothing is sent for a type that is unknown."""
    server = FakeReflection(shop_files)
    server.files["shop.proto"].service[0].method[0].input_type = ".gone.Order"
    schema = server.schema()
    assert "Buy  unary  gone.Order → shop.Order" in as_text(schema, "shop.Shop")
    with pytest.raises(SchemaError, match=r'has the type "gone\.Order", which is nowhere'):
        schema.method("shop.Shop/Buy")


def test_names_of_fields_are_keys_where_json_names_clash(shop_files: FileDescriptorSet) -> None:
    """Each field is reached by its own name, and shown by a key that means it alone."""
    server = FakeReflection(shop_files)
    clashing_json_names(server.files)
    schema = server.schema()
    order = schema.symbol("shop.Order")
    document = b'{"eventType":"a","event_type":"b","heading":"c","count":"4"}'
    data = encoder(order, schema.pool)(Document(document))
    shown = json_decoder(order, schema.pool)(data)
    assert shown == b'{"count":"4","eventType":"a","event_type":"b","heading":"c"}'


def test_a_circle_is_named(shop_files: FileDescriptorSet) -> None:
    """Files that import each other are refused by protoc too; the sentence has the circle."""
    server = FakeReflection(shop_files)
    server.files["shared/types.proto"].dependency.append("shop.proto")
    with pytest.raises(SchemaError, match=r'circle: "shop\.proto" → "shared/types\.proto" → '):
        server.schema().method("shop.Shop/Buy")


def test_options_that_are_imported_alone(tmp_path: Path) -> None:
    """`import option` of edition 2024 is fetched; where it is missing, only options are lost."""
    sources = {
        "o.proto": 'edition = "2024"; package o; import "google/protobuf/descriptor.proto";'
        " extend google.protobuf.FieldOptions { string unit = 50001; }",
        "m.proto": 'edition = "2024"; package i; import option "o.proto";'
        ' message M { int32 speed = 1 [(o.unit) = "km/h"]; }',
    }
    files = compile_protos(sources, tmp_path)
    server = FakeReflection(files)
    server.transitive = False
    schema = server.schema()
    schema.symbol("i.M")
    assert schema.symbol("o.unit").number == 50001
    del server.files["o.proto"]
    assert server.schema().symbol("i.M").fields_by_name["speed"].number == 1


METHOD_NAMES = [
    "ByteSize", "Clear", "ClearExtension", "ClearField", "CopyFrom", "DESCRIPTOR",
    "DiscardUnknownFields",
    "Extensions", "FindInitializationErrors", "FromString", "HasExtension", "HasField",
    "IsInitialized", "ListFields", "MergeFrom", "MergeFromString", "ParseFromString",
    "SerializePartialToString", "SerializeToString", "SetInParent", "UnknownFields", "WhichOneof",
]  # fmt: skip


@pytest.mark.parametrize("kind", ["string", "S", "repeated string", "map<string, string>"])
def test_fields_named_as_methods_of_messages(kind: str, tmp_path: Path) -> None:
    """Whatever a field is called, it goes there and back."""
    fields = "".join(f"{kind} {name} = {n}; " for n, name in enumerate(METHOD_NAMES, 1))
    source = f'syntax = "proto3"; package f; message S {{ string a = 1; }} message M {{ {fields} }}'
    schema = FakeReflection(compile_protos({"f.proto": source}, tmp_path)).schema()
    message = schema.symbol("f.M")
    value: Any = {"string": '"x"', "S": '{"a":"x"}', "repeated string": '["x"]'}.get(
        kind, '{"k":"x"}'
    )
    document = "{" + ",".join(f'"{name}":{value}' for name in METHOD_NAMES) + "}"
    data = encoder(message, schema.pool)(Document(document.encode()))
    assert json_decoder(message, schema.pool)(data).decode() == document
