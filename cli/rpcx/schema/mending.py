"""Descriptors that protoc or other tools take and Python's descriptor pool refuses, mended.

The law: what a file says of the wire (numbers, types, names of methods) is never changed. What
is changed or left out is what the pool insists on beyond that: JSON names that clash, imports
that are not listed, a first value of an enum, editions that are newer than this protobuf.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    Edition,
    EnumDescriptorProto,
    EnumValueDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
)

from rpcx.schema.contents import enums, fields, messages, prefix

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_SYNTAXES: Final = ("", "proto2", "proto3", "editions")
_NEWEST_EDITION: Final = 1001
"""EDITION_2024 (google/protobuf/descriptor.proto)."""

_MISSING: Final = "rpcx/missing/"
_ENUM: Final = FieldDescriptorProto.TYPE_ENUM
_MESSAGE: Final = FieldDescriptorProto.TYPE_MESSAGE
_GROUP: Final = FieldDescriptorProto.TYPE_GROUP


def is_placeholder(file: FileDescriptorProto) -> bool:
    """Return whether a file only stands for one that is not there (grpc-go before 1.60)."""
    empty = not (file.message_type or file.enum_type or file.service or file.extension)
    return empty and file.syntax not in _SYNTAXES


def references(file: FileDescriptorProto) -> Iterator[tuple[str, int]]:
    """Yield the full name of each type that a file refers to, with its kind as of a field."""
    for field, _ in fields(file):
        if field.type_name:
            yield field.type_name.lstrip("."), field.type or _MESSAGE
        if field.extendee:
            yield field.extendee.lstrip("."), _MESSAGE
    for service in file.service:
        for method in service.method:
            yield method.input_type.lstrip("."), _MESSAGE
            yield method.output_type.lstrip("."), _MESSAGE


def trimmed(file: FileDescriptorProto, missing: set[str]) -> FileDescriptorProto:
    """Return the file without imports that are not to be had, of itself, and given twice.

    Servers tend to leave out what only options need, such as google/api/annotations.proto.
    """
    made = FileDescriptorProto()
    made.CopyFrom(file)
    gone = {*missing, file.name}
    kept = [name for name in dict.fromkeys(file.dependency) if name not in gone]
    public = {file.dependency[index] for index in _there(file.public_dependency, file)}
    del made.dependency[:], made.public_dependency[:], made.weak_dependency[:]
    made.dependency.extend(kept)
    made.public_dependency.extend(index for index, name in enumerate(kept) if name in public)
    options = [name for name in dict.fromkeys(option_imports(file)) if name not in gone]
    if options != [*option_imports(file)]:
        del made.option_dependency[:]
        made.option_dependency.extend(options)
    return made


def _there(indexes: Iterable[int], file: FileDescriptorProto) -> list[int]:
    """Return the indexes of imports that the file has."""
    return [index for index in indexes if 0 <= index < len(file.dependency)]


def option_imports(file: FileDescriptorProto) -> list[str]:
    """Return what a file imports for its options alone (`import option`, edition 2024)."""
    return list(getattr(file, "option_dependency", ()))


def mend(file: FileDescriptorProto, elsewhere: Callable[[str], str | None]) -> list[str]:
    """Change in place what the pool refuses, and return what was done, as sentences.

    Args:
        file: The file.
        elsewhere: Returns the name of another file, in the pool, that defines a symbol.
    """
    notes: list[str] = []
    if file.syntax not in _SYNTAXES:
        notes.append(f'its syntax "{file.syntax}" is read as proto3')
        file.syntax = "proto3"
    if file.syntax == "editions" and file.edition > _NEWEST_EDITION:
        notes.append("its edition is newer than this protobuf, and is read as 2023")
        file.edition = Edition.EDITION_2023
    file.public_dependency[:] = _there(file.public_dependency, file)
    file.weak_dependency[:] = _there(file.weak_dependency, file)
    _leave_out_what_is_there(file, elsewhere)
    for message, _ in messages(file):
        _tell_json_names_apart(message)
    for field, _ in fields(file):
        _give_type(field)
    for enum in enums(file):
        _allow_values(enum, is_open=file.syntax == "proto3")
    for service in file.service:
        for method in service.method:
            method.input_type = _absolute(method.input_type)
            method.output_type = _absolute(method.output_type)
    return notes


def stand_in(symbol: str, kind: int) -> FileDescriptorProto:
    """Return a file with an empty type, for one that is nowhere to be had.

    Args:
        symbol: The full name of the type.
        kind: Of a field of it: an enum, or a message.
    """
    package, _, name = symbol.rpartition(".")
    file = FileDescriptorProto(name=f"{_MISSING}{symbol}.proto", package=package, syntax="proto3")
    if kind == _ENUM:
        file.enum_type.add(name=name).value.add(name=f"{name.upper()}_0", number=0)
    else:
        file.message_type.add(name=name)
    return file


def is_stand_in(file: str) -> bool:
    """Return whether a file of this name was made by `stand_in`."""
    return file.startswith(_MISSING)


def _leave_out_what_is_there(
    file: FileDescriptorProto, elsewhere: Callable[[str], str | None]
) -> None:
    """Leave out top-level definitions that a file in the pool has, and import that file."""
    scope = prefix(file)
    for part in (file.message_type, file.enum_type, file.service, file.extension):
        for index in reversed(range(len(part))):
            other = elsewhere(scope + part[index].name)
            if other is not None and other != file.name:
                del part[index]
                if other not in file.dependency:
                    file.dependency.append(other)


def _tell_json_names_apart(message: DescriptorProto) -> None:
    """Give fields whose JSON names clash their own names as JSON names.

    A key that is a field's own name means that field; a JSON name that another field has too
    means neither, and gives way.
    """
    own = {field.name for field in message.field}
    seen: set[str] = set()
    for field in message.field:
        name = field.json_name or _json_name(field.name)
        if name in seen or (name != field.name and name in own):
            field.json_name = name = field.name
            if name in seen:
                field.json_name = name = f"{field.name}_{field.number}"
        seen.add(name)


def _json_name(name: str) -> str:
    """Return the lowerCamelCase that protoc makes of a field's name (protobuf, "JSON")."""
    first, *rest = name.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in rest)


def _give_type(field: FieldDescriptorProto) -> None:
    """Have a type only where there is one, and name it in full."""
    if field.type_name and field.type not in (0, _ENUM, _MESSAGE, _GROUP):
        if field.type_name.strip("."):
            field.ClearField("type")
        else:
            field.ClearField("type_name")
    field.type_name = _absolute(field.type_name)
    if not field.type_name:
        field.ClearField("type_name")
    if field.extendee:
        field.extendee = _absolute(field.extendee)


def _absolute(name: str) -> str:
    return f".{name}" if name and not name.startswith(".") else name


def _allow_values(enum: EnumDescriptorProto, *, is_open: bool) -> None:
    """Allow numbers that are given twice, and have a value 0 first where an enum is open.

    An open enum has 0 on the wire, whether that has a name or not.
    """
    values = list(enum.value)
    if len({value.number for value in values}) < len(values):
        enum.options.allow_alias = True
    if not is_open or not values or values[0].number == 0:
        return
    zero = next((value for value in values if value.number == 0), None)
    first = zero or EnumValueDescriptorProto(name=f"{enum.name.upper()}_0", number=0)
    rest = [value for value in values if value is not zero]
    del enum.value[:]
    enum.value.extend([first, *rest])
