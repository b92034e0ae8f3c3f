"""What the codec asks of descriptors, the same for every version of protobuf."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from google.protobuf.descriptor import FieldDescriptor

from rpcx.codec import builtin

if TYPE_CHECKING:
    from google.protobuf.descriptor import Descriptor, EnumDescriptor

_LABEL_REQUIRED, _LABEL_REPEATED = 2, 3


def is_repeated(field: FieldDescriptor) -> bool:
    """Return whether `field` holds several values; maps do too."""
    if hasattr(field, "is_repeated"):  # since protobuf 6.31, which deprecates `label`
        return bool(field.is_repeated)
    return bool(getattr(field, "label") == _LABEL_REPEATED)  # noqa: B009 - unknown to its types


def is_required(field: FieldDescriptor) -> bool:
    """Return whether a message without `field` is incomplete (proto2, LEGACY_REQUIRED)."""
    if hasattr(field, "is_required"):
        return bool(field.is_required)
    return bool(getattr(field, "label") == _LABEL_REQUIRED)  # noqa: B009 - unknown to its types


def is_message(field: FieldDescriptor) -> bool:
    """Return whether the value of `field` is a message; groups are, and maps' entries."""
    return bool(field.cpp_type == FieldDescriptor.CPPTYPE_MESSAGE)


def message_type(field: FieldDescriptor) -> Descriptor:
    """Return the type of a message field."""
    return cast("Descriptor", field.message_type)


def enum_type(field: FieldDescriptor) -> EnumDescriptor:
    """Return the type of an enum field."""
    return cast("EnumDescriptor", field.enum_type)


def is_map(field: FieldDescriptor) -> bool:
    """Return whether `field` is declared as `map<K, V>`."""
    return (
        field.type == FieldDescriptor.TYPE_MESSAGE
        and message_type(field).has_options
        and bool(message_type(field).GetOptions().map_entry)
    )


def has_presence(field: FieldDescriptor) -> bool:
    """Return whether an unset `field` differs from one with its default value."""
    return bool(field.has_presence)


def json_key(field: FieldDescriptor) -> str:
    """Return the key that `field` has in ProtoJSON."""
    return f"[{field.full_name}]" if field.is_extension else str(field.json_name)


def is_wrapper(message: Descriptor) -> bool:
    """Return whether `message` is one of google/protobuf/wrappers.proto."""
    return builtin.file_of(message.full_name) == _WRAPPERS and is_well_known(message)


def is_bare(message: Descriptor) -> bool:
    """Return whether the JSON of `message` is no object with a key for each of its fields."""
    return is_wrapper(message) or (message.full_name in _BARE and is_well_known(message))


def is_value_in_any(message: Descriptor) -> bool:
    """Return whether `message` stands under "value" in an Any, and not beside its type.

    Those are the types that ProtoJSON has a form for. Empty is one of them, though its form is
    that of any other message without fields.
    """
    return is_bare(message) or (message.full_name == _EMPTY and is_well_known(message))


def is_well_known(message: Descriptor) -> bool:
    """Return whether `message` is a type of protobuf's own, and not just named like one.

    A server describes its types itself, and some describe these with other fields.
    """
    own = builtin.message_type(message.full_name)
    return own is not None and _shape(message) == _shape(own)


def _shape(message: Descriptor) -> dict[str, list[tuple[Any, ...]]]:
    """Return the fields of a message, and of those in it, as far as values depend on them."""
    shape: dict[str, list[tuple[Any, ...]]] = {}
    waiting = [message]
    while waiting:
        current = waiting.pop()
        if current.full_name in shape:
            continue
        fields = sorted(current.fields, key=lambda field: int(field.number))
        shape[current.full_name] = [
            (field.number, field.name, field.type, is_repeated(field), is_map(field))
            for field in fields
        ]
        waiting += [message_type(field) for field in fields if is_message(field)]
    return shape


_EMPTY = "google.protobuf.Empty"
_WRAPPERS = "google/protobuf/wrappers.proto"
_BARE = frozenset(
    f"google.protobuf.{name}"
    for name in ("Any", "Duration", "FieldMask", "ListValue", "Struct", "Timestamp", "Value")
)
