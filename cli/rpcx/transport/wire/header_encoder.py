"""The header blocks that we send: HPACK (RFC 7541) with the table that the peer keeps for us.

The law: a field enters the peer's table as long as there is room, and none ever leaves it (section
4.4). So the index of a field changes only when another one enters, and equal fields have equal
blocks until then. Every gRPC client uses the table: without it a server decodes the same texts for
each call, which costs it a seventh of its time (measured with grpc-go).

Secrets are literals that are never indexed, so no proxy may put them into a table of its own
(section 7.1.3). If the peer makes its table smaller than what is in it, we give the table up. Where
the peer allows a table of fewer than 4,096 bytes, the next block begins with a size update (4.2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rpcx.transport.wire.headers import (
    FIELD_OVERHEAD,
    LAST_STATIC,
    MORE,
    NAMES,
    PAIRS,
    SIZE_UPDATE,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

_SECRETS: Final = frozenset({b"authorization", b"cookie", b"proxy-authorization", b"x-api-key"})
_INDEXED: Final = 0x80
_KEPT: Final = 0x40
_NEVER_INDEXED: Final = 0x10
_DEFAULT_TABLE: Final = 4096


class HeaderEncoder:
    """Encodes the header blocks of one connection, in the order in which they are sent.

    Attributes:
        stamp: Another object whenever equal fields may have another block than before.
    """

    def __init__(self) -> None:
        self._limit = _DEFAULT_TABLE
        self._size = 0
        self._entries: dict[tuple[bytes, bytes], int] = {}
        self._names: dict[bytes, int] = {}
        self._update = b""
        self.stamp = object()

    def resize(self, limit: int) -> None:
        """Take in how large the peer's table may be from now on, in bytes."""
        if limit < self._size:
            limit = self._size = 0
            self._entries.clear()
            self._names.clear()
        if limit < self._limit:
            self._limit = limit
            self._update = _integer(limit, 0x1F, SIZE_UPDATE)
            self.stamp = object()

    def knows(self, name: bytes) -> bool:
        """Return whether a field of this name is in the peer's table."""
        return name in self._names

    def encode(self, fields: Iterable[tuple[bytes, bytes]], *, keep: bool = True) -> bytes:
        """Return fields as a header block, or as the next part of one.

        What this returns has to be sent, and before what it returns next.

        Args:
            fields: Names in lower case, and values.
            keep: Whether they may enter the peer's table: they come again.
        """
        block = self._update
        if block:
            self._update = b""
            self.stamp = object()
        return block + b"".join([self._field(name, value, keep) for name, value in fields])

    def _field(self, name: bytes, value: bytes, keep: bool) -> bytes:
        if name in _SECRETS:
            return self._literal(name, value, 0x0F, _NEVER_INDEXED)
        index = PAIRS.get((name, value)) or self._index(self._entries.get((name, value)))
        if index:
            return _integer(index, 0x7F, _INDEXED)
        size = len(name) + len(value) + FIELD_OVERHEAD
        if not keep or self._size + size > self._limit:
            return self._literal(name, value, 0x0F, 0)
        field = self._literal(name, value, 0x3F, _KEPT)
        self._size += size
        self._entries[name, value] = self._names[name] = len(self._entries)
        self.stamp = object()
        return field

    def _index(self, entry: int | None) -> int:
        """Return the index of an entry by its number: the youngest has the lowest (section 2.3)."""
        return 0 if entry is None else LAST_STATIC + len(self._entries) - entry

    def _literal(self, name: bytes, value: bytes, mask: int, first: int) -> bytes:
        """Return a literal field; Huffman coding would save bytes, and cost the server more."""
        known = NAMES.get(name) or self._index(self._names.get(name))
        head = _integer(known, mask, first)
        if not known:
            head += _integer(len(name), 0x7F) + name
        return head + _integer(len(value), 0x7F) + value


def _integer(value: int, mask: int, first: int = 0) -> bytes:
    """Return an integer (section 5.1) in the bits of `mask`, the others as in `first`."""
    if value < mask:
        return bytes((first | value,))
    encoded = bytearray((first | mask,))
    value -= mask
    while value >= MORE:
        encoded.append(value & 0x7F | MORE)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
