"""What is printed can be sent: any message that a server may send comes back equal."""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, Any

import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message_factory import GetMessageClass
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from rpcx.codec.descriptors import is_map, is_message, is_repeated, is_required, message_type
from rpcx.codec.repair import Repair
from rpcx.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.protobuf.descriptor import Descriptor
    from google.protobuf.descriptor_pool import DescriptorPool

F = FieldDescriptor
SIGNED = {F.TYPE_INT32, F.TYPE_INT64, F.TYPE_ENUM}
FIXED = {
    F.TYPE_FIXED32: "<I", F.TYPE_SFIXED32: "<i", F.TYPE_FIXED64: "<Q", F.TYPE_SFIXED64: "<q",
    F.TYPE_FLOAT: "<f", F.TYPE_DOUBLE: "<d",
}  # fmt: skip
DEEPEST = 3
URLS = (
    "", "x/", "nonsense", "x/no.Such", "type.googleapis.com/google.protobuf.Any",
    *(f"a/google.protobuf.{name}" for name in ("Duration", "Empty", "FieldMask", "Value", "Struct",
      "Timestamp", "Int64Value", "BytesValue", "FloatValue")),
    "x/rpcx.test.three.Plain", "x/rpcx.test.three.Three", "x/rpcx.test.two.Old",
)  # fmt: skip
PATHS = ("a", "a_b", "a.b_c", "A", "a b", "", "a,b", "a_", "_a", "a__b", "a_1", "*", "é", "a-b")
edges = st.sampled_from([0, 1, -1, 999_999_999, 10**9, -(10**9), 2**31 - 1, 2**53 + 1, 2**63 - 1])


def varint(value: int) -> bytes:
    """A number as it goes over the wire."""
    value %= 1 << 64
    done = bytearray()
    while value > 0x7F:
        done.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*done, value])


@st.composite
def payload(draw: st.DrawFn, field: FieldDescriptor, pool: DescriptorPool, depth: int) -> bytes:
    """One value of a field, with its tag."""
    kind = field.type
    if kind in FIXED:
        form = FIXED[kind]
        size = struct.calcsize(form)
        floating = {"f": st.floats(width=32), "d": st.floats()}.get(form[1])
        data = (
            struct.pack(form, draw(floating))
            if floating is not None
            else draw(st.binary(min_size=size, max_size=size))
        )
        return varint(field.number << 3 | (5 if size == 4 else 1)) + data
    if kind in {F.TYPE_STRING, F.TYPE_BYTES}:
        if field.full_name == "google.protobuf.FieldMask.paths":
            data = draw(st.sampled_from(PATHS)).encode()
        elif field.full_name == "google.protobuf.Any.type_url":
            data = draw(st.sampled_from(URLS)).encode()
        else:
            data = draw(
                st.binary(max_size=3)
                | st.text(max_size=3).map(lambda text: text.encode("utf-8", "replace"))
            )
        return varint(field.number << 3 | 2) + varint(len(data)) + data
    if not is_message(field):
        number = draw(edges | st.integers(-(2**63), 2**64 - 1) | st.integers(-3, 80))
        return varint(field.number << 3) + varint(number)
    inner = draw(content(message_type(field), pool, depth + 1))
    if kind == F.TYPE_GROUP:
        return varint(field.number << 3 | 3) + inner + varint(field.number << 3 | 4)
    return varint(field.number << 3 | 2) + varint(len(inner)) + inner


@st.composite
def content(draw: st.DrawFn, descriptor: Descriptor, pool: DescriptorPool, depth: int = 0) -> bytes:
    """The bytes of a message: its required fields, and some of the others in any order."""
    fields = list(descriptor.fields)
    if descriptor.is_extendable:
        fields += pool.FindAllExtensions(descriptor)
    chosen = [field for field in fields if is_required(field)]
    others = [field for field in fields if depth < DEEPEST or not is_message(field)]
    others += 2 * [
        field for field in others if is_message(field) and "google" in message_type(field).full_name
    ]
    if others:
        chosen += draw(st.lists(st.sampled_from(others), max_size=5 if not depth else 3))
    done = b"".join([draw(payload(field, pool, depth)) for field in chosen])
    if descriptor.full_name == "google.protobuf.Any" and draw(st.booleans()):
        url = draw(st.sampled_from([url for url in URLS if "." in url and "no.Such" not in url]))
        inner = draw(content(pool.FindMessageTypeByName(url.rpartition("/")[2]), pool, depth + 1))
        done = b"\x0a" + varint(len(url)) + url.encode() + b"\x12" + varint(len(inner)) + inner
    return done


def meaning(message: Any, pool: DescriptorPool) -> Any:
    """What a message says, as values that can be compared."""
    name = message.DESCRIPTOR.full_name
    if name == "google.protobuf.Any":
        try:
            inner = pool.FindMessageTypeByName(message.type_url.rpartition("/")[2])
            return message.type_url, meaning(Repair(always=True).parse(inner, message.value), pool)
        except (KeyError, ValueError):
            return message.type_url, message.value
    if name == "google.protobuf.Value":
        kind = message.WhichOneof("kind")
        if kind in {None, "null_value"}:
            return None  # JSON has one null
        if kind == "number_value" and not math.isfinite(message.number_value):
            return {math.inf: "Infinity", -math.inf: "-Infinity"}.get(message.number_value, "NaN")
        return meaning_of(getattr(message, kind), pool)
    return {
        field.full_name: (
            {key: meaning_of(value[key], pool) for key in value}
            if is_map(field)
            else [meaning_of(one, pool) for one in value]
            if is_repeated(field)
            else meaning_of(value, pool)
        )
        for field, value in message.ListFields()
    }


def meaning_of(value: Any, pool: DescriptorPool) -> Any:
    """What a field's value says; -0 is not 0, and NaN is itself."""
    if hasattr(value, "DESCRIPTOR"):
        return meaning(value, pool)
    return repr(value) if isinstance(value, float) else value


@settings(suppress_health_check=list(HealthCheck), deadline=None, max_examples=150)
@given(data=st.data())
@pytest.mark.parametrize("name", ["three.Three", "two.Two", "edition.Edition"])
def test_what_is_printed_is_taken_back(
    codec: Callable[[str], Any], pool: DescriptorPool, name: str, data: st.DataObject
) -> None:
    """The JSON of any message, however odd, reads back to a message that says the same.

    What a google.protobuf.Value says and JSON cannot is left out: NaN is read as a string.
    """
    one = codec(name)
    sent = Repair(always=True).parse(one.descriptor, data.draw(content(one.descriptor, pool)))
    shown = one.show(sent.SerializePartialToString())
    try:
        read = GetMessageClass(one.descriptor).FromString(one.encode(shown))
    except DataError as error:
        assume("required field" not in str(error))  # inside an Any, which may hold any bytes
        raise
    assert meaning(read, pool) == meaning(sent, pool)
    assert one.show(read.SerializeToString()) == shown
