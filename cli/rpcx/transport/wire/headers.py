"""The header blocks that we receive: HPACK (RFC 7541) without a dynamic table.

The law: we announce a table of size 0, so every block that we receive stands alone. Equal
blocks mean equal headers, and a text that was decoded once need not be decoded again. A
reference past the static table is an error of the peer (section 2.3.3), and so is a size
update above 0 or one that is not at the start of a block (section 4.2).

A peer says by a size update that it has made its table smaller. Some never do, and go on to use a
table of 4,096 bytes. Such blocks depend on those before, so the `hpack` library decodes them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from hpack import Decoder
from hpack.exceptions import HPACKError, OversizedHeaderListError
from hpack.table import HeaderTable

from rpcx.transport.wire.frames import ConnectionFault, ErrorCode, StreamFault
from rpcx.transport.wire.huffman import decode_huffman

if TYPE_CHECKING:
    from collections.abc import Iterable

Fields = list[tuple[str, str]]

FIELD_OVERHEAD: Final = 32
"""What a field counts beside its name and value (RFC 9113, section 6.5.2)."""

_STATIC: Final = ((b"", b""), *HeaderTable.STATIC_TABLE)
_STATIC_FIELDS: Final = tuple((name.decode(), value.decode()) for name, value in _STATIC)
_STATIC_LENGTHS: Final = tuple(len(n) + len(v) + FIELD_OVERHEAD for n, v in _STATIC)
LAST_STATIC: Final = 61
NAMES: Final = {name: index for index, (name, _) in reversed(list(enumerate(_STATIC))) if index}
PAIRS: Final = {pair: index for index, pair in enumerate(_STATIC) if index and pair[1]}

_NAME: Final = re.compile(rb":?[!-9;-@\[-~]+")
"""No blank, no control, no upper case, and a colon at the start alone (RFC 9113, 8.2.1)."""

_BAD_VALUE: Final = re.compile(rb"[\0\r\n]")
"""RFC 9113, 8.2.1, also forbids a space at either end. Servers send such a `grpc-message` (its
percent-encoding keeps spaces), and every gRPC client takes it: so does this one."""


SIZE_UPDATE: Final = 0x20
MORE: Final = 0x80
"""What an octet of an integer has where another follows (section 5.1)."""

_MOST_TEXTS: Final = 4096
_SHORTEST_LONG: Final = 1 + 0x7F
"""From this length on a text's own length takes more than one octet."""
_LARGEST_SHIFT: Final = 28


def list_size(fields: Iterable[tuple[bytes, bytes]]) -> int:
    """Return how large a list of fields is, in bytes as RFC 9113, section 6.5.2 counts."""
    return sum(len(name) + len(value) + FIELD_OVERHEAD for name, value in fields)


class _TableNeededError(Exception):
    """The block puts something into a table that the peer has not made smaller."""


class HeaderDecoder:
    """Decodes the header blocks of one connection.

    Args:
        most: How large a list of headers may be, in bytes as RFC 9113, section 6.5.2 counts.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._shrunk = False
        self._library: Decoder | None = None
        self._names: dict[bytes, str] = {}
        self._values: dict[bytes, str] = {}

    def decode(self, block: bytes) -> Fields | None:
        """Return the fields of a block in order; None where the list is too large.

        Raises:
            ConnectionFault: The block is not HPACK, or uses a table that it may not use.
            StreamFault: A name or a value has a character that it may not have.
        """
        if self._library is not None:
            return self._decode_by_table(self._library, block)
        fields: Fields = []
        try:
            complete = self._walk(block, fields)
        except IndexError:
            raise _bad("a header block that ends too early") from None
        except (_TableNeededError, StreamFault):
            if self._shrunk:
                raise
            complete = False
        if complete:
            return fields
        if self._shrunk:
            return None
        # The rest of the block may fill a table: from now on the library knows it.
        self._library = Decoder(max_header_list_size=self._most)
        return self._decode_by_table(self._library, block)

    @property
    def is_stateless(self) -> bool:
        """Whether equal blocks mean equal headers; it may become false."""
        return self._library is None

    def _decode_by_table(self, library: Decoder, block: bytes) -> Fields:
        try:
            decoded = library.decode(block, raw=True)
        except OversizedHeaderListError:
            # It stopped in mid-block, so its table is not the peer's any more.
            raise ConnectionFault(
                ErrorCode.ENHANCE_YOUR_CALM, f"more than {self._most} bytes of headers"
            ) from None
        except HPACKError as error:
            raise _bad(f"a header block: {error}") from None
        return [(_checked_name(name), _checked_value(value)) for name, value in decoded]

    def _walk(self, block: bytes, fields: Fields) -> bool:
        at, end, left = 0, len(block), self._most
        names, values = self._names, self._values
        while at < end:
            first = block[at]
            if first & 0x80:  # section 6.1: an indexed field
                index, at = _integer(block, at, 0x7F)
                _check_index(index)
                left -= _STATIC_LENGTHS[index]
                if left < 0:
                    return False
                fields.append(_STATIC_FIELDS[index])
                continue
            if first & 0xE0 == SIZE_UPDATE:  # section 6.3: a size update
                size, at = _integer(block, at, 0x1F)
                if size or fields:
                    raise _bad("a dynamic table size update above the limit, or in mid-block")
                self._shrunk = True
                continue
            if first & 0x40 and not self._shrunk:
                raise _TableNeededError
            # Sections 6.2.1 to 6.2.3: a literal; with a table of size 0 they are all the same.
            mask = 0x3F if first & 0x40 else 0x0F
            if not first & mask:
                at += 1
                raw = block[at : at + 1 + (block[at] & 0x7F)]
                name = names.get(raw) or self._name(raw := _text(block, at))
                at += len(raw)
            else:
                index, at = _integer(block, at, mask)
                _check_index(index)
                name = _STATIC_FIELDS[index][0]
            # A longer text begins like a short one of 127 octets, but none like that is kept.
            raw = block[at : at + 1 + (block[at] & 0x7F)]
            value = values.get(raw)
            if value is None:
                raw = _text(block, at)
                value = self._value(raw)
            at += len(raw)
            left -= len(name) + len(value) + FIELD_OVERHEAD
            if left < 0:
                return False
            fields.append((name, value))
        return True

    def _name(self, raw: bytes) -> str:
        name = _checked_name(_plain(raw))
        _keep(self._names, raw, name)
        return name

    def _value(self, raw: bytes) -> str:
        value = _checked_value(_plain(raw))
        _keep(self._values, raw, value)
        return value


def _checked_name(plain: bytes) -> str:
    if not _NAME.fullmatch(plain):
        raise StreamFault(ErrorCode.PROTOCOL_ERROR, f"a header that may not be named {plain!r}")
    return plain.decode("ascii")


def _checked_value(plain: bytes) -> str:
    value = plain.decode("utf-8", "replace")
    if not value.isprintable() and _BAD_VALUE.search(plain):
        raise StreamFault(
            ErrorCode.PROTOCOL_ERROR, f"a header with a value that may not be: {plain[:80]!r}"
        )
    return value


def _keep(texts: dict[bytes, str], raw: bytes, text: str) -> None:
    # What comes first is kept: values that differ with every response would push it out.
    if len(raw) < _SHORTEST_LONG and len(texts) < _MOST_TEXTS:
        texts[raw] = text


def _bad(text: str) -> ConnectionFault:
    return ConnectionFault(ErrorCode.COMPRESSION_ERROR, text)


def _check_index(index: int) -> None:
    if not index:
        raise _bad("a header with index 0")
    if index > LAST_STATIC:
        raise _bad(f"header index {index} of a dynamic table, which has size 0")


def _integer(block: bytes, at: int, mask: int) -> tuple[int, int]:
    """Return an integer (section 5.1) and the position after it."""
    value = block[at] & mask
    at += 1
    if value < mask:
        return value, at
    shift = 0
    while True:
        byte = block[at]
        at += 1
        value += (byte & 0x7F) << shift
        if byte < MORE:
            return value, at
        shift += 7
        if shift > _LARGEST_SHIFT:
            raise _bad("an integer in a header block without an end")


def _text(block: bytes, at: int) -> bytes:
    """Return a string literal as it came: its flag and length, and its octets (section 5.2)."""
    short = block[at] & 0x7F
    if short < 0x7F:  # noqa: PLR2004 -- as in section 5.1
        stop = at + 1 + short
    else:
        length, start = _integer(block, at, 0x7F)
        stop = start + length
    if stop > len(block):
        raise IndexError
    return block[at:stop]


def _plain(raw: bytes) -> bytes:
    """Return the octets of a string literal, decoded."""
    start = 1 if len(raw) < _SHORTEST_LONG else _integer(raw, 0, 0x7F)[1]
    if not raw[0] & 0x80:
        return raw[start:]
    try:
        return decode_huffman(raw[start:])
    except ValueError as error:
        raise _bad(f"a header text: {error}") from None
