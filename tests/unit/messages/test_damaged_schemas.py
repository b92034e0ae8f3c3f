"""Damage to one file of a schema costs the part that is damaged, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from fake_reflection import FakeReflection
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
)
from schema_server import compile_protos

from rpcx.codec import encoder, json_decoder
from rpcx.documents.json_documents import Document
from rpcx.schema.listing import as_text
from rpcx.schema.sources.opening import open_schema

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Damage = Callable[[FileDescriptorProto], Any]

ZOO = """\
syntax = "proto3"; package zoo;
service Keeper { rpc Feed(Food) returns (Food); rpc Wash(Animal) returns (Animal); }
service Guard { rpc Watch(Animal) returns (Animal); }
message Food { string name = 1; int32 grams = 2; }
message Animal {
  string name = 1; Kind kind = 2; oneof age { int32 years = 3; int32 months = 4; }
  map<string, int32> weights = 5; optional int32 legs = 6; repeated Part parts = 7;
  message Part { string title = 1; enum Side { LEFT = 0; RIGHT = 1; } Side side = 2; }
  reserved 20 to 30; reserved "old";
}
enum Kind { CAT = 0; DOG = 1; }
"""
STRING, INT32, MESSAGE, ENUM = 9, 5, 11, 14
REPEATED, OPTIONAL, REQUIRED = 3, 1, 2


@pytest.fixture(scope="session")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> FileDescriptorSet:
    """The file, compiled once."""
    return compile_protos({"zoo.proto": ZOO}, tmp_path_factory.mktemp("zoo"))


def animal(file: FileDescriptorProto) -> DescriptorProto:
    """The message that is damaged."""
    return file.message_type[1]


def field(file: FileDescriptorProto, **values: Any) -> FieldDescriptorProto:
    """One more field of it, valid but for what is given."""
    made = animal(file).field.add()
    usual = {"name": "extra", "number": 99, "type": STRING, "label": OPTIONAL}
    for name, value in (usual | values).items():
        setattr(made, name, value)
    return made


def change(number: int, **values: Any) -> Damage:
    """Damage to a field of it that is there."""

    def damage(file: FileDescriptorProto) -> None:
        for name, value in values.items():
            setattr(animal(file).field[number], name, value)

    return damage


def entry(file: FileDescriptorProto) -> DescriptorProto:
    """The message behind its map."""
    return next(one for one in animal(file).nested_type if one.options.map_entry)


DAMAGES: dict[str, Damage] = {
    "field name twice": lambda f: field(f, name="name"),
    "field number twice": lambda f: field(f, number=1),
    "field number 0": lambda f: field(f, number=0),
    "negative field number": lambda f: field(f, number=-5),
    "field number too large": lambda f: field(f, number=1 << 29),
    "field number of protobuf's own": lambda f: field(f, number=19_500),
    "reserved number": lambda f: field(f, number=25),
    "reserved name": lambda f: field(f, name="old"),
    "field without a name": lambda f: field(f, name=""),
    "field with a space in its name": lambda f: field(f, name="two words"),
    "field that begins with a digit": lambda f: field(f, name="1st"),
    "field without a type": lambda f: field(f).ClearField("type"),
    "message field without a type's name": lambda f: field(f, type=MESSAGE),
    "enum field without a type's name": lambda f: field(f, type=ENUM),
    "type's name on a string": lambda f: field(f, type_name=".zoo.Food"),
    "enum named as a message": lambda f: field(f, type=MESSAGE, type_name=".zoo.Kind"),
    "message named as an enum": lambda f: field(f, type=ENUM, type_name=".zoo.Food"),
    "type that is a service": lambda f: field(f, type=MESSAGE, type_name=".zoo.Keeper"),
    "type that is a field": lambda f: field(f, type=MESSAGE, type_name=".zoo.Food.name"),
    "type's name that is not valid": lambda f: field(f, type=MESSAGE, type_name=".zoo..Food"),
    "type's name with a space": lambda f: field(f, type=MESSAGE, type_name=".zoo.Fo od"),
    "default in proto3": lambda f: field(f, default_value="x"),
    "default that does not fit": lambda f: field(f, type=INT32, default_value="x"),
    "default of an enum that has no such value": lambda f: field(
        f, type=ENUM, type_name=".zoo.Kind", default_value="COW"
    ),
    "required in proto3": lambda f: field(f, label=REQUIRED),
    "oneof that is not there": lambda f: field(f, oneof_index=77),
    "negative oneof": lambda f: field(f, oneof_index=-1),
    "repeated in a oneof": lambda f: field(f, label=REPEATED, oneof_index=0),
    "oneof without fields": lambda f: animal(f).oneof_decl.add(name="empty"),
    "oneof name twice": lambda f: animal(f).oneof_decl.add(name="age"),
    "optional without its oneof": lambda f: field(f, proto3_optional=True),
    "optional in a oneof of several": change(2, proto3_optional=True),
    "extendee of a plain field": lambda f: field(f, extendee=".zoo.Food"),
    "json name twice": lambda f: field(f, json_name="name"),
    "json name with brackets": lambda f: field(f, json_name="[a.b]"),
    "json name with NUL": lambda f: field(f, json_name="a\0b"),
    "packed string": lambda f: setattr(field(f, label=REPEATED).options, "packed", True),
    "packed single": lambda f: setattr(field(f, type=INT32).options, "packed", True),
    "lazy string": lambda f: setattr(field(f).options, "lazy", True),
    "jstype of an int32": lambda f: setattr(field(f, type=INT32).options, "jstype", 1),
    "option that is not interpreted": lambda f: (
        field(f).options.uninterpreted_option.add().name.add(name_part="gone", is_extension=True)
    ),
    "message option that is not interpreted": lambda f: (
        animal(f).options.uninterpreted_option.add().name.add(name_part="gone", is_extension=True)
    ),
    "message set": lambda f: setattr(animal(f).options, "message_set_wire_format", True),
    "map entry by hand": lambda f: setattr(animal(f).options, "map_entry", True),
    "map entry without a value": lambda f: entry(f).field.pop(),
    "map entry with a third field": lambda f: entry(f).field.add(
        name="more", number=3, type=STRING, label=OPTIONAL
    ),
    "map with a message as key": lambda f: (
        entry(f)
        .field[0]
        .MergeFrom(
            FieldDescriptorProto(type=FieldDescriptorProto.TYPE_MESSAGE, type_name=".zoo.Food")
        )
    ),
    "map entry with another name": lambda f: setattr(entry(f), "name", "Odd"),
    "map that is single": change(4, label=OPTIONAL),
    "nested name twice": lambda f: animal(f).nested_type.add(name="Part"),
    "nested name of a field": lambda f: animal(f).nested_type.add(name="name"),
    "nested without a name": lambda f: animal(f).nested_type.add(name=""),
    "reserved range the wrong way round": lambda f: animal(f).reserved_range.add(start=9, end=8),
    "reserved ranges that overlap": lambda f: animal(f).reserved_range.add(start=25, end=40),
    "reserved name twice": lambda f: animal(f).reserved_name.append("old"),
    "extension range in proto3": lambda f: animal(f).extension_range.add(start=100, end=200),
    "extension range over a field": lambda f: animal(f).extension_range.add(start=1, end=9),
    "extension range the wrong way round": lambda f: animal(f).extension_range.add(start=9, end=1),
    "extension of what is not extendable": lambda f: f.extension.add(
        name="ext", number=100, type=STRING, label=OPTIONAL, extendee=".zoo.Animal"
    ),
    "extension without an extendee": lambda f: f.extension.add(
        name="ext", number=100, type=STRING, label=OPTIONAL
    ),
    "extension that is required": lambda f: f.extension.add(
        name="ext", number=100, type=STRING, label=REQUIRED, extendee=".zoo.Animal"
    ),
    "message name twice": lambda f: f.message_type.add(name="Animal"),
    "message named as a service": lambda f: f.message_type.add(name="Guard"),
    "message without a name": lambda f: f.message_type.add(name=""),
    "message with a dot": lambda f: f.message_type.add(name="a.b"),
    "enum name twice": lambda f: f.enum_type.add(name="Kind").value.add(name="X", number=0),
    "enum without values": lambda f: f.enum_type.add(name="Empty"),
    "enum whose value is there": lambda f: f.enum_type.add(name="Other").value.add(
        name="CAT", number=0
    ),
    "enum value twice": lambda f: f.enum_type[0].value.add(name="CAT", number=7),
    "enum number twice": lambda f: f.enum_type[0].value.add(name="PUPPY", number=1),
    "enum that does not begin with 0": lambda f: setattr(f.enum_type[0].value[0], "number", 5),
    "enum value without a name": lambda f: f.enum_type[0].value.add(name="", number=7),
    "enum with a reserved value": lambda f: f.enum_type[0].reserved_range.add(start=0, end=9),
    "enum alias without need": lambda f: setattr(f.enum_type[0].options, "allow_alias", True),
    "service name twice": lambda f: f.service.add(name="Guard"),
    "service without a name": lambda f: f.service.add(name=""),
    "method name twice": lambda f: f.service[1].method.add(
        name="Watch", input_type=".zoo.Animal", output_type=".zoo.Animal"
    ),
    "method without a type": lambda f: f.service[1].method.add(name="Bare"),
    "method with an enum as its type": lambda f: f.service[1].method.add(
        name="Bad", input_type=".zoo.Kind", output_type=".zoo.Kind"
    ),
    "method without a name": lambda f: f.service[1].method.add(
        name="", input_type=".zoo.Animal", output_type=".zoo.Animal"
    ),
    "file option that is not interpreted": lambda f: f.options.uninterpreted_option.add().name.add(
        name_part="gone", is_extension=True
    ),
    "import of itself": lambda f: f.dependency.append("zoo.proto"),
    "import twice": lambda f: f.dependency.extend(["google/protobuf/any.proto"] * 2),
    "public import that is not there": lambda f: f.public_dependency.append(7),
    "weak import that is not there": lambda f: f.weak_dependency.append(7),
    "unknown syntax": lambda f: setattr(f, "syntax", "proto9"),
    "no syntax": lambda f: f.ClearField("syntax"),
    "proto2": lambda f: setattr(f, "syntax", "proto2"),
}


@pytest.mark.parametrize("source", ["reflection", "protoset"])
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_what_is_not_damaged_can_be_used(
    damage: Damage, source: str, zoo: FileDescriptorSet, tmp_path: Path
) -> None:
    """Services are listed, the other methods can be called, and notes name the file."""
    server = FakeReflection(zoo)
    damage(server.files["zoo.proto"])
    server.listed = ["zoo.Keeper", "zoo.Guard"]
    if source == "reflection":
        schema = server.schema()
    else:
        path = tmp_path / "set.binpb"
        path.write_bytes(FileDescriptorSet(file=server.files.values()).SerializeToString())
        schema = open_schema(protosets=[str(path)])
    assert {"zoo.Keeper", "zoo.Guard"} <= set(schema.services())
    method = schema.method("zoo.Keeper/Feed")
    document = b'{"name":"hay","grams":7}'
    data = encoder(method.input_type, schema.pool)(Document(document))
    assert json_decoder(method.output_type, schema.pool)(data) == document
    assert "Feed  unary  zoo.Food → zoo.Food" in as_text(schema, "zoo.Keeper")
    other = schema.method("zoo.Keeper/Wash")
    shown = json_decoder(other.output_type, schema.pool)(
        encoder(other.input_type, schema.pool)(Document(b'{"name":"Tom"}'))
    )
    assert shown == b'{"name":"Tom"}'
    assert all(note.startswith('the schema\'s file "zoo.proto": ') for note in schema.notes)


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_file_as_the_pool_took_it_is_taken_by_every_pool(
    damage: Damage, zoo: FileDescriptorSet, tmp_path: Path
) -> None:
    """The processes of a run, and a later --protoset, need no mending."""
    server = FakeReflection(zoo)
    damage(server.files["zoo.proto"])
    schema = server.schema()
    schema.method("zoo.Keeper/Feed")
    path = tmp_path / "set.binpb"
    path.write_bytes(schema.usable())
    again = open_schema(protosets=[str(path)])
    again.method("zoo.Keeper/Feed")
    assert again.notes == []
