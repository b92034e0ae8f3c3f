"""Messages to values that JSON can write.

As when reading, a type is compiled once: each of its fields leads to its key and to the
function that turns its value, or to None where the value is JSON's already. What a server
sent is always shown: what ProtoJSON has no form for is shown in the plain form of its fields.
"""

from __future__ import annotations

import math
import struct
from base64 import b64encode
from typing import TYPE_CHECKING, Any

from google.protobuf.descriptor import FieldDescriptor

from rpcx.codec import descriptors, wellknown
from rpcx.codec.repair import BrokenError, Repair
from rpcx.codec.scalars import NULL_VALUE

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.protobuf.descriptor import Descriptor, EnumDescriptor

    from rpcx.codec.types import Types

    Show = Callable[[Any], Any]
    """Takes a message or a field's value and returns what JSON writes for it."""

_F = FieldDescriptor
_PACK_FLOAT = struct.Struct("<f")


class JsonPrinter:
    """Turns messages into JSON values, by functions that it compiles for each type.

    Args:
        types: Finds the types in an Any.
        emit_defaults: Show fields without presence when they are unset too.
        repair: Parses what is in an Any.
        open_any: Show what is in an Any; else its bytes.
        note: Given a sentence where JSON cannot say what was sent.
    """

    def __init__(
        self,
        types: Types,
        *,
        emit_defaults: bool = False,
        repair: Repair | None = None,
        open_any: bool = True,
        note: Callable[[str], None] = lambda _sentence: None,
    ) -> None:
        self._types = types
        self._emit_defaults = emit_defaults
        self._repair = repair or Repair()
        self._open_any = open_any
        self._note = note
        self._shows: dict[str, Show] = {}

    def show(self, descriptor: Descriptor) -> Show:
        """Return the function that shows messages of this type."""
        show = self._shows.get(descriptor.full_name)
        if show is None:
            show = self._compile(descriptor)
            self._shows[descriptor.full_name] = show
        return show

    def _compile(self, descriptor: Descriptor) -> Show:
        plain = self._object_show(descriptor)
        if not descriptors.is_bare(descriptor):
            return plain
        special: dict[str, Show] = {
            "google.protobuf.Any": self.show_any,
            "google.protobuf.Duration": _or_plain(wellknown.show_duration, plain),
            "google.protobuf.FieldMask": _or_plain(wellknown.show_field_mask, plain),
            "google.protobuf.ListValue": self._show_list_value,
            "google.protobuf.Struct": self._show_struct,
            "google.protobuf.Timestamp": _or_plain(wellknown.show_timestamp, plain),
            "google.protobuf.Value": self._show_value,
        }
        return special.get(descriptor.full_name) or _wrapper_show(descriptor)

    def _object_show(self, descriptor: Descriptor) -> Show:
        """Return the function that shows a message as an object with a key for each field."""
        known: dict[int, tuple[str, Show | None]] = {}

        def show(message: Any) -> dict[str, Any]:
            shown = {}
            for field, value in type(message).ListFields(message):
                number = field.number
                if number not in known:
                    known[number] = descriptors.json_key(field), self._field_show(field)
                key, convert = known[number]
                shown[key] = value if convert is None else convert(value)
            return shown

        return self._with_defaults(descriptor, show) if self._emit_defaults else show

    def _with_defaults(self, descriptor: Descriptor, show: Show) -> Show:
        """Return `show`, with the fields that have no presence there even when unset."""
        defaults: list[tuple[str, Any]] = []
        for field in descriptor.fields:
            if descriptors.is_map(field):
                empty: Any = {}
            elif descriptors.is_repeated(field):
                empty = []
            elif descriptors.has_presence(field):
                continue
            else:
                convert = self._field_show(field)
                empty = convert(field.default_value) if convert else field.default_value
            defaults.append((descriptors.json_key(field), empty))

        def show_all(message: Any) -> dict[str, Any]:
            shown: dict[str, Any] = show(message)
            for key, empty in defaults:
                shown.setdefault(key, empty)
            return shown

        return show_all

    def _field_show(self, field: FieldDescriptor) -> Show | None:
        if descriptors.is_map(field):
            return self._map_show(field)
        convert = self._value_show(field)
        if not descriptors.is_repeated(field):
            return convert
        return list if convert is None else lambda items: [convert(item) for item in items]

    def _value_show(self, field: FieldDescriptor) -> Show | None:
        """Return the function for one value of `field`, or None if it is JSON's already."""
        if descriptors.is_message(field):
            return self._later(descriptors.message_type(field))
        return _scalar_show(field)

    def _map_show(self, field: FieldDescriptor) -> Show:
        entry = descriptors.message_type(field).fields_by_name
        convert = self._value_show(entry["value"])
        show_key = _KEY_SHOWS.get(entry["key"].type, str)

        def show(entries: Any) -> dict[str, Any]:
            return {
                show_key(key): entries[key] if convert is None else convert(entries[key])
                for key in sorted(entries)
            }

        return show

    def _later(self, descriptor: Descriptor) -> Show:
        """Return `show(descriptor)`, compiled when first used: a type may contain itself."""
        compiled: list[Show] = []

        def show(message: Any) -> Any:
            if not compiled:
                compiled.append(self.show(descriptor))
            return compiled[0](message)

        return show

    def show_any(self, message: Any) -> dict[str, Any]:
        """Return an Any as ProtoJSON has it, or with its bytes where its type is no help."""
        if not message.type_url and not message.value:
            return {}
        shown: dict[str, Any] = {"@type": message.type_url}
        descriptor = self._types.message(message.type_url.rpartition("/")[2])
        if descriptor is not None and self._open_any:
            try:
                inner = self._repair.parse(descriptor, message.value)
            except BrokenError:
                pass
            else:
                value = self.show(descriptor)(inner)
                if descriptors.is_value_in_any(descriptor):
                    return {**shown, "value": value}
                return {**shown, **value}
        return {**shown, "@value": base64_text(message.value)}

    def _show_value(self, message: Any) -> Any:
        kind = type(message).WhichOneof(message, "kind")
        if kind is None or kind == "null_value":
            return None
        value = getattr(message, kind)
        if kind == "number_value":
            return value if math.isfinite(value) else self._show_word(value)
        if kind == "list_value":
            return self._show_list_value(value)
        return self._show_struct(value) if kind == "struct_value" else value

    def _show_word(self, value: float) -> float | str:
        word = _show_double(value)
        self._note(f"a google.protobuf.Value holds the number {word}; it is shown as a string")
        return word

    def _show_list_value(self, message: Any) -> list[Any]:
        return [self._show_value(item) for item in message.values]

    def _show_struct(self, message: Any) -> dict[str, Any]:
        fields = message.fields
        return {key: self._show_value(fields[key]) for key in sorted(fields)}


def _or_plain(show: Callable[[Any], str | None], plain: Show) -> Show:
    def show_or_plain(message: Any) -> Any:
        text = show(message)
        return plain(message) if text is None else text

    return show_or_plain


def _wrapper_show(descriptor: Descriptor) -> Show:
    convert = _scalar_show(descriptor.fields_by_name["value"])
    if convert is None:
        return lambda message: message.value
    return lambda message: convert(message.value)


def _scalar_show(field: FieldDescriptor) -> Show | None:
    if field.type == _F.TYPE_ENUM:
        return _enum_show(descriptors.enum_type(field))
    return _SCALAR_SHOWS.get(field.type)


def _enum_show(enum: EnumDescriptor) -> Show:
    if enum.full_name == NULL_VALUE:
        return lambda number: number or None  # 0 is null; a server may send another number
    names: dict[int, str] = {}
    for value in enum.values:
        names.setdefault(value.number, value.name)  # of aliases, the first
    return lambda number: names.get(number, number)


def base64_text(value: bytes) -> str:
    """Return bytes as ProtoJSON has them."""
    return b64encode(value).decode("ascii")


def _show_double(value: float) -> float | str:
    if math.isfinite(value):
        return value
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def _show_float(value: float) -> float | str:
    """Return the shortest decimal that reads back as the same 32-bit number."""
    if not math.isfinite(value):
        return _show_double(value)
    for digits in (6, 7, 8):
        shorter = float(f"{value:.{digits}g}")
        try:
            same = _PACK_FLOAT.unpack(_PACK_FLOAT.pack(shorter))[0] == value
        except OverflowError:  # rounded up beyond the largest
            continue
        if same:
            return shorter
    return float(f"{value:.9g}")


_KEY_SHOWS: dict[int, Callable[[Any], Any]] = {
    _F.TYPE_BOOL: lambda key: "true" if key else "false",
    _F.TYPE_STRING: lambda key: key,
}
_SCALAR_SHOWS: dict[int, Show] = {
    _F.TYPE_BYTES: base64_text,
    _F.TYPE_DOUBLE: _show_double,
    _F.TYPE_FLOAT: _show_float,
    **dict.fromkeys(
        (_F.TYPE_INT64, _F.TYPE_SINT64, _F.TYPE_SFIXED64, _F.TYPE_UINT64, _F.TYPE_FIXED64), str
    ),
}
