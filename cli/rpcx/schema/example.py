"""`rpcx describe --example`: a JSON request to fill in, which `rpcx call` takes as it is.

Every field is there with a value of its type, so that nothing has to be looked up; of a oneof
only the first field, since more would be refused. A message inside itself is cut where it
would come again; a type with hundreds of fields beneath it is cut there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from rpcx.codec.descriptors import (
    enum_type,
    is_bare,
    is_map,
    is_message,
    is_repeated,
    is_required,
    message_type,
)
from rpcx.errors import SchemaError
from rpcx.words.printable import quoted
from rpcx.words.suggestions import listed

if TYPE_CHECKING:
    from collections.abc import Callable

_F = FieldDescriptor
_MOST_FIELDS: Final = 500  # beyond which no further message is opened
_MOST_REQUIRED: Final = 20 * _MOST_FIELDS
_WELL_KNOWN: Final[dict[str, Any]] = {
    "google.protobuf.Any": {
        "@type": "type.googleapis.com/google.protobuf.StringValue",
        "value": "",
    },
    "google.protobuf.Duration": "1.5s",
    "google.protobuf.FieldMask": "",
    "google.protobuf.ListValue": [],
    "google.protobuf.Struct": {},
    "google.protobuf.Timestamp": "2026-01-02T03:04:05Z",
    "google.protobuf.Value": "",
    "google.protobuf.BoolValue": False,
    "google.protobuf.BytesValue": "",
    "google.protobuf.DoubleValue": 0.0,
    "google.protobuf.FloatValue": 0.0,
    "google.protobuf.Int32Value": 0,
    "google.protobuf.Int64Value": "0",
    "google.protobuf.StringValue": "",
    "google.protobuf.UInt32Value": 0,
    "google.protobuf.UInt64Value": "0",
}
_SCALARS: Final[dict[int, Any]] = {
    _F.TYPE_STRING: "",
    _F.TYPE_BYTES: "",
    _F.TYPE_BOOL: False,
    **dict.fromkeys((_F.TYPE_DOUBLE, _F.TYPE_FLOAT), 0.0),
    **dict.fromkeys(
        (_F.TYPE_INT32, _F.TYPE_SINT32, _F.TYPE_SFIXED32, _F.TYPE_UINT32, _F.TYPE_FIXED32), 0
    ),
    **dict.fromkeys(
        (_F.TYPE_INT64, _F.TYPE_SINT64, _F.TYPE_SFIXED64, _F.TYPE_UINT64, _F.TYPE_FIXED64), "0"
    ),
}


def example_request(
    descriptor: Any, *, indent: bool = True, on_cut: Callable[[str], None] = lambda _: None
) -> bytes:
    """Return JSON for a message, or for the request of a method; UTF-8 without a newline.

    Args:
        descriptor: A message or a method.
        indent: Whether to write it over several lines.
        on_cut: Called with the name of a required field that the example leaves out, because it
            has no end: a message that requires itself.

    Raises:
        SchemaError: It is something else, which has no JSON of its own.
    """
    message = getattr(descriptor, "input_type", descriptor)
    if not isinstance(message, Descriptor):
        methods = [one.name for one in getattr(descriptor, "methods", ())]
        name = getattr(descriptor, "full_name", descriptor.name)
        raise SchemaError(
            f"{quoted(name)} is neither a method nor a message, and only those have an example"
            f"{f'; its methods are {listed(methods)}' if methods else ''}"
        )
    example = _Example()
    value = example.message(message, ())
    if example.cut is not None:
        on_cut(example.cut)
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 if indent else None)


class _Example:
    """Makes one example, and no larger than can be read."""

    def __init__(self) -> None:
        self._fields = 0
        self.cut: str | None = None

    def message(self, message: Descriptor, outer: tuple[str, ...]) -> Any:
        if message.full_name in _WELL_KNOWN and is_bare(message):
            return _WELL_KNOWN[message.full_name]
        within = (*outer, message.full_name)
        value: dict[str, Any] = {}
        for field in message.fields:
            oneof = field.containing_oneof
            if oneof is not None and field.name != oneof.fields[0].name:
                continue
            if self._is_cut(field, within):
                continue
            self._fields += 1
            if is_map(field):
                value[field.json_name] = self._map(field, within)
            elif is_repeated(field):
                value[field.json_name] = [self._single(field, within)]
            else:
                value[field.json_name] = self._single(field, within)
        return value

    def _map(self, field: FieldDescriptor, within: tuple[str, ...]) -> dict[str, Any]:
        entry = message_type(field).fields_by_name
        if self._is_cut(entry["value"], within):
            return {}
        key = _SCALARS[entry["key"].type]
        return {"false" if key is False else str(key): self._single(entry["value"], within)}

    def _single(self, field: FieldDescriptor, within: tuple[str, ...]) -> Any:
        if is_message(field):
            return self.message(message_type(field), within)
        if field.type == _F.TYPE_ENUM:
            if enum_type(field).full_name == "google.protobuf.NullValue":
                return None
            return enum_type(field).values[0].name
        return _SCALARS[field.type]

    def _is_cut(self, field: FieldDescriptor, within: tuple[str, ...]) -> bool:
        """Return whether `field` would recur, or the example has grown beyond reading."""
        if not is_message(field):
            return False
        recurs = message_type(field).full_name in within
        if not is_required(field):
            return recurs or self._fields > _MOST_FIELDS
        if recurs or self._fields > _MOST_REQUIRED:
            self.cut = self.cut or field.full_name
            return True
        return False
