"""Options in the syntax of .proto files, custom ones too where their extension is known.

Descriptors hold options as messages of protobuf's own types. A custom option is an extension
of such a type, which only the schema's pool knows: so its copy of the type reads them.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from google.protobuf import text_encoding, text_format
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message_factory import GetMessageClass

from rpcx.codec.descriptors import enum_type, is_message, is_repeated
from rpcx.words.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.protobuf.descriptor_pool import DescriptorPool

    from rpcx.schema.proto_text.references import References

_HIDDEN = {"map_entry", "uninterpreted_option"}  # what protoc writes itself


class OptionText:
    """Writes options as `name = value`."""

    def __init__(self, pool: DescriptorPool, references: References) -> None:
        self._pool = pool
        self._references = references

    def settings(self, options: Any, scope: str) -> list[str]:
        """Return `name = value` for every option that is set, in the order of their numbers."""
        return [
            f"{name} = {text}"
            for field, value in self._fields(options)
            if field.name not in _HIDDEN
            for item in (value if is_repeated(field) else (value,))
            if (text := self._value(field, item)) is not None
            for name in (self._name(field, scope),)
        ]

    def _fields(self, options: Any) -> Iterator[tuple[FieldDescriptor, Any]]:
        yield from (
            (field, value)
            for field, value in type(options).ListFields(options)
            if not field.is_extension
        )
        try:
            known = self._pool.FindMessageTypeByName(options.DESCRIPTOR.full_name)
        except KeyError:
            return
        custom = GetMessageClass(known).FromString(type(options).SerializeToString(options))
        yield from (
            (field, value) for field, value in type(custom).ListFields(custom) if field.is_extension
        )

    def _name(self, field: FieldDescriptor, scope: str) -> str:
        if field.is_extension:
            return f"({self._references.name(field.full_name, scope)})"
        return str(field.name)

    def _value(self, field: FieldDescriptor, value: Any) -> str | None:
        """Return an option's value, or None where the syntax has no word for it."""
        if is_message(field):
            inside = text_format.MessageToString(
                value, as_one_line=True, as_utf8=True, descriptor_pool=self._pool
            )
            return f"{{ {printable(inside, limit=None)} }}" if inside else "{}"
        if field.type == FieldDescriptor.TYPE_ENUM:
            named = enum_type(field).values_by_number.get(value)
            return None if named is None else str(named.name)
        if field.type in (FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES):
            return string_literal(value)
        if field.type == FieldDescriptor.TYPE_BOOL:
            return "true" if value else "false"
        return str(value) if math.isfinite(value) else str(float(value))


def bracketed(settings: list[str]) -> str:
    """Return settings as they stand behind a field, a value or a range; nothing for none."""
    return f" [{', '.join(settings)}]" if settings else ""


def string_literal(value: str | bytes) -> str:
    """Return a string of .proto syntax; what is not printable is escaped byte by byte."""
    if isinstance(value, bytes):
        return f'"{text_encoding.CEscape(value, as_utf8=False)}"'
    shown = "".join(
        character if printable(character) == character else _octal(character)
        for character in value.replace("\\", "\\\\").replace('"', '\\"')
    )
    return f'"{shown}"'


def _octal(character: str) -> str:
    return "".join(f"\\{byte:03o}" for byte in character.encode("utf-8", "surrogatepass"))
