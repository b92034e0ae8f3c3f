"""JSON values to the values of scalar fields.

The rules are ProtoJSON's (https://protobuf.dev/programming-guides/json/). Where protobuf's
own Python is laxer than they are, as with "1_000" for a number or any rubbish between the
characters of base64, what they do not allow is refused.
"""

from __future__ import annotations

import binascii
import math
import re
from typing import TYPE_CHECKING, Any

from google.protobuf.descriptor import FieldDescriptor

from rpcx.codec import descriptors
from rpcx.codec.misfit import Misfit, found, wrong
from rpcx.codec.numbers import DOUBLE, FLOAT, Number, RoundedError, held, whole
from rpcx.words.printable import printable, quoted
from rpcx.words.suggestions import alternatives, listed

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.protobuf.descriptor import EnumDescriptor

    from rpcx.codec.numbers import Kind

    Read = Callable[[Any], Any]
    """Takes a JSON value and returns a field's; raises `Misfit`."""

SKIP = object()
"""What a reader returns for an enum name that is unknown and may be."""

NULL_VALUE = "google.protobuf.NullValue"

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_KEY = re.compile(r"0|-?[1-9][0-9]*")
_WORDS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_DOUBLES_INTEGERS, _FLOATS_INTEGERS = DOUBLE.integers, FLOAT.integers
_LONGEST_INTEGER = 20  # characters of the integers of 64 bits
_FLOATS_LEAST = FLOAT.least
_SHOWN = 60  # characters of an offending value that a sentence quotes
_F = FieldDescriptor
_SIGNED_32 = (_F.TYPE_INT32, _F.TYPE_SINT32, _F.TYPE_SFIXED32)
_SIGNED_64 = (_F.TYPE_INT64, _F.TYPE_SINT64, _F.TYPE_SFIXED64)
_UNSIGNED_32 = (_F.TYPE_UINT32, _F.TYPE_FIXED32)
_UNSIGNED_64 = (_F.TYPE_UINT64, _F.TYPE_FIXED64)


def reader(
    field: FieldDescriptor, *, skip_unknown_names: bool = False, zeros: bool = False
) -> Read:
    """Return the function that reads one value of a scalar or enum `field`.

    Args:
        field: A field of any type but message and group.
        skip_unknown_names: Read an enum name that does not exist as `SKIP`.
        zeros: Take a float that is 0 for 0; else something tiny may have been written.
    """
    if zeros and field.type in _OR_ZERO:
        return _OR_ZERO[field.type]
    if field.type == _F.TYPE_ENUM:
        return _enum_reader(descriptors.enum_type(field), skip_unknown_names=skip_unknown_names)
    return _READERS[field.type]


def key_reader(field: FieldDescriptor) -> Read:
    """Return the function that reads a map's key, which JSON always writes as a string."""
    if field.type == _F.TYPE_BOOL:
        return _bool_key
    read = _READERS[field.type]
    if field.type == _F.TYPE_STRING:
        return read

    def integer_key(key: str) -> Any:
        if not _KEY.fullmatch(key):
            raise wrong("an integer as the key", key)
        return read(key)

    return integer_key


def read_string(value: Any) -> str:
    """Read a string that UTF-8 can write."""
    if type(value) is not str:
        raise wrong("a string", value)
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            lone = printable(value[error.start])
            raise Misfit(
                f"the string holds {lone}, half of a surrogate pair, which UTF-8 cannot write"
            ) from None
    return value


def _bool(value: Any) -> bool:
    if value is True or value is False:
        return bool(value)
    raise wrong("true or false", value)


def _bool_key(key: str) -> bool:
    if key in {"true", "false"}:
        return key == "true"
    raise wrong('"true" or "false" as the key', key)


def decode_base64(text: str) -> bytes:
    """Return the bytes of base64 in either alphabet, with or without padding.

    Raises:
        ValueError: `text` is not base64.
    """
    stripped = text.rstrip("=").replace("-", "+").replace("_", "/")
    if len(text) - len(stripped) > 2:  # noqa: PLR2004 - the most padding there can be
        raise ValueError("too much padding")
    padded = stripped + "=" * (-len(stripped) % 4)
    return binascii.a2b_base64(padded.encode("ascii"), strict_mode=True)


def read_bytes(value: Any) -> bytes:
    """Read base64 in either alphabet, with or without padding."""
    if type(value) is not str:
        raise wrong("bytes as a base64 string", value)
    try:
        return decode_base64(value)
    except ValueError:  # UnicodeEncodeError and binascii.Error are both
        raise wrong("bytes as a base64 string", value) from None


def _integer(name: str, low: int, high: int) -> Read:
    expected = f"an integer from {low} to {high} ({name})"

    def read(value: Any) -> int:
        number = value if type(value) is int else _whole(value)
        if number is None or not low <= number <= high:
            raise wrong(expected, value)
        return number

    return read


def _whole(value: Any) -> int | None:
    """Return the integer that a JSON number or a string of one stands for, if it does."""
    if type(value) is str:
        if len(value) <= _LONGEST_INTEGER and _INTEGER.fullmatch(value):
            return int(value)
        return whole(value) if _NUMBER.fullmatch(value) else None
    if type(value) is float:
        raise RoundedError
    return whole(value.text) if type(value) is Number else None


def read_double(value: Any) -> float:
    """Read a number, a string of one, or the word for one that JSON lacks."""
    kind = type(value)
    if kind is float:
        if 0 < value < _DOUBLES_INTEGERS or -_DOUBLES_INTEGERS < value < 0:
            return float(value)
    elif kind is int and -_DOUBLES_INTEGERS < value < _DOUBLES_INTEGERS:
        return float(value)
    return _floating(DOUBLE, value)


def _float(value: Any) -> float:
    kind = type(value)
    if kind is float:
        if _FLOATS_LEAST <= value < _FLOATS_INTEGERS or -_FLOATS_INTEGERS < value <= -_FLOATS_LEAST:
            return float(value)
    elif kind is int and -_FLOATS_INTEGERS < value < _FLOATS_INTEGERS:
        return float(value)
    return _floating(FLOAT, value)


def _floating(kind: Kind, value: Any) -> float:
    """Read what is not simply a float: its text has to say whether the field can hold it."""
    if type(value) is float:
        raise RoundedError
    if type(value) is Number:
        if kind.least <= abs(value) < kind.integers:
            return float(value)
        text = value.text
    elif type(value) is int:
        text = str(value)
    elif type(value) is str and _NUMBER.fullmatch(value):
        text = value
    elif type(value) is str and value in _WORDS:
        return _WORDS[value]
    else:
        raise wrong('a number, "NaN", "Infinity" or "-Infinity"', value)
    read = held(kind, text)
    if isinstance(read, str):
        raise Misfit(f"{found(value)} {read}")
    return read


def _or_zero(read: Read) -> Read:
    def read_or_zero(value: Any) -> Any:
        return value if type(value) is float and not value else read(value)

    return read_or_zero


def _enum_reader(enum: EnumDescriptor, *, skip_unknown_names: bool) -> Read:
    numbers = {value.name: value.number for value in enum.values}
    known = set(numbers.values())
    accepts_null = enum.full_name == NULL_VALUE
    closed = enum.is_closed

    def read(value: Any) -> Any:
        if type(value) is str:
            number = numbers.get(value)
            if number is not None:
                return number
            if not _INTEGER.fullmatch(value):
                if skip_unknown_names:
                    return SKIP
                raise Misfit(
                    f"the enum {enum.full_name} has no {quoted(value, _SHOWN)}"
                    f"{alternatives(value, numbers, 'values')}"
                )
        elif value is None and accepts_null:
            return 0
        whole = value if type(value) is int else _whole(value)
        if whole is None or not -(2**31) <= whole < 2**31 or (closed and whole not in known):
            raise wrong(f"a value of the enum {enum.full_name} ({listed(numbers)})", value)
        return whole

    return read


_INT32 = _integer("int32", -(2**31), 2**31 - 1)
_INT64 = _integer("int64", -(2**63), 2**63 - 1)
_UINT32 = _integer("uint32", 0, 2**32 - 1)
_UINT64 = _integer("uint64", 0, 2**64 - 1)
_READERS: dict[int, Read] = {
    _F.TYPE_STRING: read_string,
    _F.TYPE_BYTES: read_bytes,
    _F.TYPE_BOOL: _bool,
    _F.TYPE_DOUBLE: read_double,
    _F.TYPE_FLOAT: _float,
    **dict.fromkeys(_SIGNED_32, _INT32),
    **dict.fromkeys(_SIGNED_64, _INT64),
    **dict.fromkeys(_UNSIGNED_32, _UINT32),
    **dict.fromkeys(_UNSIGNED_64, _UINT64),
}
_OR_ZERO: dict[int, Read] = {
    _F.TYPE_DOUBLE: _or_zero(read_double),
    _F.TYPE_FLOAT: _or_zero(_float),
}
