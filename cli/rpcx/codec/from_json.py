"""JSON values to messages.

A message type is compiled once: each key it knows, in both spellings, leads to a function
that puts a JSON value into the message. What a document costs is then a look-up and a call
for each of its keys. Types refer to each other, so a type's functions are made when the type
is first met.
"""

from __future__ import annotations

import functools
import operator
from typing import TYPE_CHECKING, Any

from google.protobuf.message import EncodeError
from google.protobuf.message_factory import GetMessageClass

from rpcx.codec import builtin, descriptors, wellknown
from rpcx.codec.misfit import Misfit, wrong
from rpcx.codec.scalars import (
    NULL_VALUE,
    SKIP,
    key_reader,
    read_bytes,
    read_string,
    reader,
)
from rpcx.words.printable import quoted
from rpcx.words.suggestions import alternatives, listed

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.protobuf.descriptor import Descriptor, FieldDescriptor, OneofDescriptor

    from rpcx.codec.types import Types

    Fill = Callable[[Any, Any], None]
    """Takes a message and a JSON value, and puts the one into the other; raises `Misfit`."""

_VALUE = "google.protobuf.Value"


class JsonReader:
    """Fills messages from JSON values, by functions that it compiles for each type."""

    def __init__(
        self, types: Types, *, allow_unknown_fields: bool = False, zeros: bool = False
    ) -> None:
        self._types = types
        self._allow_unknown = allow_unknown_fields
        self._reader = functools.partial(
            reader, skip_unknown_names=allow_unknown_fields, zeros=zeros
        )
        value = builtin.message_type(_VALUE)
        assert value is not None  # noqa: S101 - protobuf's own
        self._read_double = self._reader(value.fields_by_name["number_value"])
        self._fills: dict[str, Fill] = {}

    def fill(self, descriptor: Descriptor) -> Fill:
        """Return the function that fills messages of this type."""
        fill = self._fills.get(descriptor.full_name)
        if fill is None:
            fill = self._compile(descriptor)
            self._fills[descriptor.full_name] = fill
        return fill

    def _compile(self, descriptor: Descriptor) -> Fill:
        plain = self._object_fill(descriptor)
        if not descriptors.is_bare(descriptor):
            return plain
        special: dict[str, Fill] = {
            "google.protobuf.Any": self._fill_any,
            "google.protobuf.Duration": _or_plain(wellknown.fill_duration, plain),
            "google.protobuf.FieldMask": _or_plain(wellknown.fill_field_mask, plain),
            "google.protobuf.ListValue": self._fill_list_value,
            "google.protobuf.Struct": self._fill_struct,
            "google.protobuf.Timestamp": _or_plain(wellknown.fill_timestamp, plain),
            _VALUE: self._fill_value,
        }
        return special.get(descriptor.full_name) or self._fill_wrapper(descriptor)

    def _object_fill(self, descriptor: Descriptor) -> Fill:
        """Return the function that fills a message from an object with a key for each field."""
        puts: dict[str, Fill] = {}
        spellings = {
            field.name: field.json_name
            for field in descriptor.fields
            if field.name != field.json_name
        }
        other_spellings = spellings.keys()

        def fill(message: Any, value: Any) -> None:
            if type(value) is not dict:
                raise wrong(f"an object ({descriptor.full_name})", value)
            for key, item in value.items():
                put = puts.get(key)
                if put is None:
                    put = self._put(descriptor, key)
                    if put is not _ignore:  # unknown keys may go on for ever
                        puts[key] = put
                try:
                    put(message, item)
                except Misfit as misfit:
                    raise misfit.within(key) from None
            if spellings and not other_spellings.isdisjoint(value):
                _refuse_both_spellings(spellings, value)

        return fill

    def _put(self, descriptor: Descriptor, key: str) -> Fill:
        """Return the function for one key of an object.

        Raises:
            Misfit: The message has no such field.
        """
        field = self._field(descriptor, key)
        if field is None:
            if self._allow_unknown:
                return _ignore
            names = [descriptors.json_key(field) for field in descriptor.fields]
            raise Misfit(
                f"{quoted(key)} is no field of {descriptor.full_name}"
                f"{alternatives(key, names, 'fields')}",
                key,
            )
        if descriptors.is_map(field):
            return self._put_map(field)
        if descriptors.is_repeated(field):
            return self._put_repeated(field)
        put = self._put_message(field) if descriptors.is_message(field) else self._put_scalar(field)
        oneof = field.containing_oneof
        return put if oneof is None or len(oneof.fields) == 1 else _put_once(oneof, put, field)

    def _field(self, descriptor: Descriptor, key: str) -> FieldDescriptor | None:
        if key.startswith("[") and key.endswith("]"):
            return self._types.extension(descriptor, key[1:-1])
        for field in descriptor.fields:
            if field.json_name == key:
                return field
        return descriptor.fields_by_name.get(key)

    def _put_scalar(self, field: FieldDescriptor) -> Fill:
        read = self._reader(field)
        name, is_extension = field.name, field.is_extension
        skips = not _takes_null(field)

        def put(message: Any, value: Any) -> None:
            if value is None and skips:
                return
            item = read(value)
            if item is SKIP:
                return
            if is_extension:
                message.Extensions[field] = item
            else:
                setattr(message, name, item)

        return put

    def _put_message(self, field: FieldDescriptor) -> Fill:
        get, fill = _getter(field), self._later(descriptors.message_type(field))
        skips = not _takes_null(field)

        def put(message: Any, value: Any) -> None:
            if value is None and skips:
                return
            target = get(message)
            type(target).SetInParent(target)
            fill(target, value)

        return put

    def _put_repeated(self, field: FieldDescriptor) -> Fill:
        get = _getter(field)
        if descriptors.is_message(field):
            fill = self._later(descriptors.message_type(field))

            def add(items: Any, value: Any) -> None:
                fill(items.add(), value)
        else:
            read = self._reader(field)

            def add(items: Any, value: Any) -> None:
                item = read(value)
                if item is not SKIP:
                    items.append(item)

        def put(message: Any, value: Any) -> None:
            if value is None:
                return
            if type(value) is not list:
                raise wrong("an array", value)
            items = get(message)
            index = 0
            try:
                for index, item in enumerate(value):  # noqa: B007 - it is part of the path
                    add(items, item)
            except Misfit as misfit:
                raise misfit.within_key(index) from None

        return put

    def _put_map(self, field: FieldDescriptor) -> Fill:
        get = _getter(field)
        entry = descriptors.message_type(field).fields_by_name
        read_key, value_field = key_reader(entry["key"]), entry["value"]
        if descriptors.is_message(value_field):
            fill = self._later(descriptors.message_type(value_field))

            def add(entries: Any, key: Any, value: Any) -> None:
                fill(entries[key], value)
        else:
            read = self._reader(value_field)

            def add(entries: Any, key: Any, value: Any) -> None:
                item = read(value)
                if item is not SKIP:
                    entries[key] = item

        def put(message: Any, value: Any) -> None:
            if value is None:
                return
            if type(value) is not dict:
                raise wrong("an object (a map)", value)
            entries = get(message)
            for key, item in value.items():
                try:
                    add(entries, read_key(key), item)
                except Misfit as misfit:
                    raise misfit.within_key(key) from None

        return put

    def _later(self, descriptor: Descriptor) -> Fill:
        """Return `fill(descriptor)`, compiled when first used: a type may contain itself."""
        compiled: list[Fill] = []

        def fill(message: Any, value: Any) -> None:
            if not compiled:
                compiled.append(self.fill(descriptor))
            compiled[0](message, value)

        return fill

    def _fill_any(self, message: Any, value: Any) -> None:
        if type(value) is not dict:
            raise wrong('an object with "@type" (google.protobuf.Any)', value)
        if not value:
            return
        url = value.get("@type")
        rest = {key: item for key, item in value.items() if key != "@type"}
        has_bytes = rest.keys() == {"@value"}
        if type(url) is not str or not (has_bytes or url.rpartition("/")[2]):
            raise Misfit(
                'google.protobuf.Any needs "@type", as in "type.googleapis.com/package.Message"'
            )
        if has_bytes:
            message.value = read_bytes(rest["@value"])
        else:
            descriptor = self._types.message(url.rpartition("/")[2])
            if descriptor is None:
                raise Misfit(
                    f"the type {quoted(url)} is not known here; give its bytes as base64 in"
                    ' "@value"',
                    "@type",
                )
            message.value = self._packed(descriptor, rest)
        message.type_url = read_string(url)

    def _packed(self, descriptor: Descriptor, rest: dict[str, Any]) -> bytes:
        """Return the bytes of a message inside an Any, from the keys beside its type."""
        inner = GetMessageClass(descriptor)()
        if descriptors.is_value_in_any(descriptor) and (rest or descriptors.is_bare(descriptor)):
            if rest.keys() != {"value"}:
                raise Misfit(f'{descriptor.full_name} in an Any has "@type" and "value" alone')
            try:
                self.fill(descriptor)(inner, rest["value"])
            except Misfit as misfit:
                raise misfit.within("value") from None
        else:
            self.fill(descriptor)(inner, rest)
        return serialized(inner)

    def _fill_wrapper(self, descriptor: Descriptor) -> Fill:
        read = self._reader(descriptor.fields_by_name["value"])

        def fill(message: Any, value: Any) -> None:
            message.value = read(value)
            type(message).SetInParent(message)

        return fill

    def _fill_value(self, message: Any, value: Any) -> None:
        kind = type(value)
        if value is None:
            message.null_value = 0
        elif kind is dict:
            self._fill_struct(message.struct_value, value)
        elif kind is list:
            self._fill_list_value(message.list_value, value)
        elif kind is bool:
            message.bool_value = value
        elif kind is str:
            message.string_value = read_string(value)
        else:
            message.number_value = self._read_double(value)

    def _fill_list_value(self, message: Any, value: Any) -> None:
        if type(value) is not list:
            raise wrong("an array (google.protobuf.ListValue)", value)
        type(message).SetInParent(message)
        for index, item in enumerate(value):
            try:
                self._fill_value(message.values.add(), item)
            except Misfit as misfit:
                raise misfit.within_key(index) from None

    def _fill_struct(self, message: Any, value: Any) -> None:
        if type(value) is not dict:
            raise wrong("an object (google.protobuf.Struct)", value)
        type(message).SetInParent(message)
        for key, item in value.items():
            try:
                self._fill_value(message.fields[read_string(key)], item)
            except Misfit as misfit:
                raise misfit.within(key) from None


def serialized(message: Any) -> bytes:
    """Return a filled message's bytes.

    Raises:
        Misfit: Required fields are missing, or it is nested too deep for protobuf.
    """
    try:
        return bytes(type(message).SerializeToString(message))
    except EncodeError:
        missing = type(message).FindInitializationErrors(message)
        if not missing:
            raise Misfit("its messages are nested too deep for protobuf") from None
        plural = "s" if len(missing) > 1 else ""
        raise Misfit(f"required field{plural} missing: {listed(missing)}") from None


def _ignore(_message: Any, _value: Any) -> None:
    """Put nothing: the field is unknown and may be."""


def _getter(field: FieldDescriptor) -> Callable[[Any], Any]:
    """Return the function that gets a message's sub-message or container."""
    if field.is_extension:
        return lambda message: message.Extensions[field]
    return operator.attrgetter(field.name)


def _takes_null(field: FieldDescriptor) -> bool:
    """Return whether null is a value of `field`, where for others it means unset."""
    if descriptors.is_message(field):
        message = descriptors.message_type(field)
        return message.full_name == _VALUE and descriptors.is_bare(message)
    return field.enum_type is not None and field.enum_type.full_name == NULL_VALUE


def _put_once(oneof: OneofDescriptor, put: Fill, field: FieldDescriptor) -> Fill:
    """Return `put`, refusing what would replace another field of the same oneof."""
    skips = not _takes_null(field)

    def put_once(message: Any, value: Any) -> None:
        if value is None and skips:
            return
        other = type(message).WhichOneof(message, oneof.name)
        if other is not None:
            raise Misfit(
                f"the oneof {quoted(oneof.name)} is set already, by {quoted(other)}; "
                "it takes one field at most"
            )
        put(message, value)

    return put_once


def _or_plain(fill: Fill, plain: Fill) -> Fill:
    """Return `fill`, or `plain` for the form that is shown where a type's own has no words."""

    def fill_either(message: Any, value: Any) -> None:
        (plain if type(value) is dict else fill)(message, value)

    return fill_either


def _refuse_both_spellings(spellings: dict[str, str], value: dict[str, Any]) -> None:
    for name, json_name in spellings.items():
        if name in value and json_name in value:
            raise Misfit(
                f"the field {quoted(name)} is there twice, also as {quoted(json_name)}", name
            )
