"""What messages and enums keep free: `reserved` numbers and names, `extensions`.

Descriptors end a range before its end, but those of enums at it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rpcx.schema.proto_text.options import bracketed, string_literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Before = Callable[[int], list[str]]
    """Gives the comments of the statement that a descriptor has under a field number."""

_LAST_FIELD: Final = 536_870_911
_LAST_INT32: Final = 2_147_483_647

# Numbers of the fields of DescriptorProto and EnumDescriptorProto that hold them.
_EXTENSION_RANGE: Final = 5
_MESSAGE_RANGE, _MESSAGE_NAME = 9, 10
_ENUM_RANGE, _ENUM_NAME = 4, 5


def extensible(message: Any, before: Before, settings: Callable[[Any], list[str]]) -> list[str]:
    """Return the `extensions` of a message; `settings` writes the options of each range."""
    last = _LAST_INT32 - 1 if message.options.message_set_wire_format else _LAST_FIELD
    lines = [
        f"extensions {_span(one.start, one.end - 1, last)}{bracketed(settings(one.options))};"
        for one in message.extension_range
    ]
    return [*before(_EXTENSION_RANGE), *lines] if lines else []


def reserved_in_message(message: Any, before: Before, *, as_words: bool) -> list[str]:
    """Return what a message reserves; `as_words` says that names are no strings."""
    spans = [_span(one.start, one.end - 1, _LAST_FIELD) for one in message.reserved_range]
    names = _names(message.reserved_name, as_words=as_words)
    return [*_reserved(spans, before, _MESSAGE_RANGE), *_reserved(names, before, _MESSAGE_NAME)]


def reserved_in_enum(enum: Any, before: Before, *, as_words: bool) -> list[str]:
    """Return what an enum reserves; `as_words` says that names are no strings."""
    spans = [_span(one.start, one.end, _LAST_INT32) for one in enum.reserved_range]
    names = _names(enum.reserved_name, as_words=as_words)
    return [*_reserved(spans, before, _ENUM_RANGE), *_reserved(names, before, _ENUM_NAME)]


def _reserved(parts: list[str], before: Before, number: int) -> list[str]:
    return [*before(number), f"reserved {', '.join(parts)};"] if parts else []


def _names(names: Iterable[str], *, as_words: bool) -> list[str]:
    return [name if as_words else string_literal(name) for name in names]


def _span(first: int, last: int, greatest: int) -> str:
    if first == last:
        return str(first)
    return f"{first} to {'max' if last >= greatest else last}"
