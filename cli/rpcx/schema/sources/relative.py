"""Files whose types are named relatively, as grpc-js's reflection sends them.

protobuf.js does not resolve the names of types, and keeps no list of imports: it makes one
file of all that has the same package (https://github.com/grpc/grpc-node/issues/2595). What
protoc would have done is made up for here: names are looked for from the innermost scope
outwards, the files in which they are found become imports, and the oneofs that stand for
`optional` in proto3 are marked as such. Well-known types are taken from
protobuf's own files: protobuf.js has some with other field names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rpcx.codec import builtin
from rpcx.schema.contents import fields, messages, types

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from google.protobuf.descriptor_pb2 import (
        DescriptorProto,
        FieldDescriptorProto,
        FileDescriptorProto,
    )


def is_relative(file: FileDescriptorProto) -> bool:
    """Return whether a file's types are named relatively: all are, or none is."""
    for field, _ in fields(file):
        if field.type_name:
            return not field.type_name.startswith(".")
    return False


def make_absolute(
    files: Iterable[FileDescriptorProto], others: Iterable[FileDescriptorProto]
) -> None:
    """Name every type in `files` in full, and import the files that define them.

    Args:
        files: Changed in place.
        others: What else there is that may define a type.
    """
    files = list(files)
    defined_in = {
        name: builtin.file_of(name) or file.name
        for file in (*others, *files)
        for name in types(file)
    }
    for file in files:
        imports = [*file.dependency, *_resolved(file, defined_in)]
        file.dependency[:] = [name for name in dict.fromkeys(imports) if name != file.name]
        if file.syntax == "proto3":
            for message, _ in messages(file):
                _mark_optional(message)


def _resolved(file: FileDescriptorProto, defined_in: dict[str, str]) -> Iterator[str]:
    """Name every type of a file in full, and yield the files that define them."""
    for field, scope in fields(file):
        for part in ("type_name", "extendee"):
            full = _resolve(getattr(field, part), scope, defined_in)
            if full is not None:
                setattr(field, part, f".{full}")
                yield defined_in[full]
    for service in file.service:
        for method in service.method:
            for name in (method.input_type, method.output_type):
                full = _resolve(name, file.package, defined_in)
                if full is not None:
                    yield defined_in[full]


def _mark_optional(message: DescriptorProto) -> None:
    """Mark the fields that protobuf.js has alone in a oneof with an underscore: `optional` ones.

    Their oneofs stand after all others, as protobuf demands.
    """
    members: dict[int, list[FieldDescriptorProto]] = {}
    for field in message.field:
        if field.HasField("oneof_index"):
            members.setdefault(field.oneof_index, []).append(field)
    oneofs = list(message.oneof_decl)
    for index, own in members.items():
        if [f"_{field.name}" for field in own] == [oneofs[index].name]:
            own[0].proto3_optional = True
    order = sorted(members, key=lambda index: members[index][0].proto3_optional)
    del message.oneof_decl[:]
    for place, index in enumerate(order):
        message.oneof_decl.append(oneofs[index])
        for field in members[index]:
            field.oneof_index = place


def _resolve(name: str, scope: str, defined: dict[str, str]) -> str | None:
    """Return the full name of the type that `name` leads to from `scope`, if there is one."""
    if not name or name.startswith("."):
        return name[1:] if name[1:] in defined else None
    while scope:
        full = f"{scope}.{name}"
        if full in defined:
            return full
        scope = scope.rpartition(".")[0]
    return name if name in defined else None
