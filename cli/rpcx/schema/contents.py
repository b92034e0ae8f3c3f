"""What a file descriptor defines: its messages, enums, fields and types, however deeply nested."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.protobuf.descriptor_pb2 import (
        DescriptorProto,
        EnumDescriptorProto,
        FieldDescriptorProto,
        FileDescriptorProto,
    )


def prefix(file: FileDescriptorProto) -> str:
    """Return what the names of a file's definitions begin with: its package and a dot."""
    return f"{file.package}." if file.package else ""


def messages(file: FileDescriptorProto) -> Iterator[tuple[DescriptorProto, str]]:
    """Yield every message of a file with its full name."""
    waiting = [(message, prefix(file) + message.name) for message in file.message_type]
    while waiting:
        message, name = waiting.pop()
        yield message, name
        waiting += [(nested, f"{name}.{nested.name}") for nested in message.nested_type]


def enums(file: FileDescriptorProto) -> Iterator[EnumDescriptorProto]:
    """Yield every enum of a file."""
    yield from file.enum_type
    for message, _ in messages(file):
        yield from message.enum_type


def fields(file: FileDescriptorProto) -> Iterator[tuple[FieldDescriptorProto, str]]:
    """Yield every field and extension of a file with the scope that it is in."""
    for extension in file.extension:
        yield extension, file.package
    for message, name in messages(file):
        for field in (*message.field, *message.extension):
            yield field, name


def extensions(file: FileDescriptorProto) -> Iterator[FieldDescriptorProto]:
    """Yield every extension of a file."""
    yield from file.extension
    for message, _ in messages(file):
        yield from message.extension


def types(file: FileDescriptorProto) -> Iterator[str]:
    """Yield the full name of every message and enum of a file."""
    yield from (prefix(file) + enum.name for enum in file.enum_type)
    for message, name in messages(file):
        yield name
        yield from (f"{name}.{enum.name}" for enum in message.enum_type)
