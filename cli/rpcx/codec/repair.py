"""Serialized messages with strings that are not UTF-8, made into some that can be read.

protobuf refuses a whole message for one such string in proto3, and gives out bytes in its place
in proto2. A server may send either; what it meant is shown with U+FFFD for what is not UTF-8.
The wire format is that of https://protobuf.dev/programming-guides/encoding/.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass

from rpcx.codec import descriptors
from rpcx.words.printable import quoted

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.protobuf.descriptor import Descriptor

_VARINT, _FIXED64, _LENGTH, _GROUP, _END_GROUP, _FIXED32 = range(6)
_FIXED: Final = {_FIXED64: 8, _FIXED32: 4}
_MORE: Final = 0x80
_LONGEST_VARINT: Final = 10
_DEEPEST: Final = 100
"""Messages in messages, as protobuf itself takes them."""


class BrokenError(ValueError):
    """Bytes that are not a message: the text says where, and what is wrong there."""


def repaired(data: bytes, descriptor: Descriptor) -> bytes:
    """Return the message `data` with each string in UTF-8.

    Raises:
        BrokenError: It is not a message of that type.
    """
    return _Walk(data).message(descriptor, 0, len(data), 0)[0]


class Repair:
    """Parses messages, and those that protobuf refuses once they are repaired.

    Args:
        note: Called when a string was repaired.
        always: Repair also what protobuf parses: strings of proto2, which it gives out as bytes.
    """

    def __init__(self, note: Callable[[], None] = lambda: None, *, always: bool = False) -> None:
        self._note = note
        self._always = always

    def parse(self, descriptor: Descriptor, data: bytes) -> Any:
        """Return the message `data`.

        Raises:
            BrokenError: It is not a message of that type.
        """
        parse = GetMessageClass(descriptor).FromString
        if not self._always:
            try:
                return parse(data)
            except DecodeError:
                pass
        whole = repaired(data, descriptor)
        try:
            message = parse(whole)
        except DecodeError:
            raise BrokenError("protobuf refuses them") from None
        if whole != data:
            self._note()
        return message


class _Walk:
    """Walks through a message, and the messages in it."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def message(
        self, descriptor: Descriptor | None, at: int, end: int, depth: int, group: int = 0
    ) -> tuple[bytes, int]:
        """Return the repaired bytes from `at` on, and where they end.

        Args:
            descriptor: The type; None where it is unknown.
            at: The first byte.
            end: Where the message ends at the latest.
            depth: Messages that it is in.
            group: The number of the group that it is; 0 for none.
        """
        if depth > _DEEPEST:
            raise BrokenError(f"at byte {at + 1}, messages are nested more than {_DEEPEST} deep")
        done = bytearray()
        while at < end:
            begin = at
            tag, at = self._varint(at, end)
            number, kind = tag >> 3, tag & 7
            if not number or kind > _FIXED32:
                raise BrokenError(f"at byte {begin + 1}, no field begins like that")
            if kind == _END_GROUP:
                if number != group:
                    raise BrokenError(f"at byte {begin + 1}, a group ends that did not begin")
                return bytes(done) + self._data[begin:at], at
            field = _field(descriptor, number)
            done += self._data[begin:at]
            if kind == _GROUP:
                inner, at = self.message(_type(field), at, end, depth + 1, number)
                done += inner
            elif kind == _LENGTH:
                length, at = self._varint(at, end)
                if length > end - at:
                    raise BrokenError(
                        f"at byte {begin + 1}, {_name(field, number)} should have {length:,} bytes,"
                        f" and {end - at:,} follow"
                    )
                content = self._content(field, at, at + length, depth)
                at += length
                done += _as_varint(len(content)) + content
            else:
                begin, at = at, self._scalar_end(field, number, kind, at, end)
                done += self._data[begin:at]
        if group:
            raise BrokenError(f"at byte {end + 1}, a group has not ended")
        return bytes(done), at

    def _content(self, field: FieldDescriptor | None, at: int, end: int, depth: int) -> bytes:
        """Return the repaired content of a field that has a length."""
        content = self._data[at:end]
        if field is None:
            return content
        if field.type == FieldDescriptor.TYPE_STRING:
            return content.decode("utf-8", "replace").encode()
        if field.type == FieldDescriptor.TYPE_MESSAGE:
            return self.message(_type(field), at, end, depth + 1)[0]
        return content

    def _scalar_end(
        self, field: FieldDescriptor | None, number: int, kind: int, at: int, end: int
    ) -> int:
        size = _FIXED.get(kind)
        if size is None:
            return self._varint(at, end)[1]
        if size > end - at:
            raise BrokenError(f"at byte {at + 1}, {_name(field, number)} is cut off")
        return at + size

    def _varint(self, at: int, end: int) -> tuple[int, int]:
        value = 0
        for place in range(_LONGEST_VARINT):
            if at + place >= end:
                raise BrokenError(f"at byte {at + 1}, a number is cut off")
            byte = self._data[at + place]
            value |= (byte & ~_MORE) << (7 * place)
            if byte < _MORE:
                return value, at + place + 1
        raise BrokenError(f"at byte {at + 1}, a number does not end")


def _field(descriptor: Descriptor | None, number: int) -> FieldDescriptor | None:
    """Return the field or the extension of that number, if it is known."""
    if descriptor is None:
        return None
    field: FieldDescriptor | None = descriptor.fields_by_number.get(number)
    if field is None and descriptor.is_extendable:
        try:
            field = descriptor.file.pool.FindExtensionByNumber(descriptor, number)
        except KeyError:
            return None
    return field


def _type(field: FieldDescriptor | None) -> Descriptor | None:
    if field is None or not descriptors.is_message(field):
        return None
    return descriptors.message_type(field)


def _name(field: FieldDescriptor | None, number: int) -> str:
    return f"the field {number}" if field is None else f"the field {quoted(field.name)}"


def _as_varint(value: int) -> bytes:
    done = bytearray()
    while value >= _MORE:
        done.append(value & 0x7F | _MORE)
        value >>= 7
    done.append(value)
    return bytes(done)
