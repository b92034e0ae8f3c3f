"""The header blocks of a connection: put together, decoded, and known when they come again.

The law (RFC 9113, sections 4.3 and 6.10): HEADERS and the CONTINUATION behind it are one unit;
nothing comes between them. Their sum is bounded, and so is the number of empty ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rpcx.transport.wire.frames import (
    HEADER_BYTES,
    SMALLEST_MAX_FRAME,
    ConnectionFault,
    ErrorCode,
)
from rpcx.transport.wire.headers import HeaderDecoder
from rpcx.transport.wire.responses import read_block

if TYPE_CHECKING:
    from rpcx.transport.wire.responses import Block

_MOST_KNOWN: Final = 1000
_LONGEST_KNOWN: Final = 1024


class HeaderBlocks:
    """Reads the header blocks of one connection.

    Args:
        most: How large a list of headers may be, in bytes.

    Attributes:
        known: What blocks mean that came before.
        unfinished: The stream whose block is not complete; 0 for none.
    """

    def __init__(self, most: int) -> None:
        self._longest = 2 * most + SMALLEST_MAX_FRAME
        self._decoder = HeaderDecoder(most)
        self._flags = 0
        self._pieces: list[bytes] = []
        self._size = 0
        self.known: dict[bytes, Block] = {}
        self.unfinished = 0

    def begin(self, stream: int, flags: int, piece: bytes) -> None:
        """Take HEADERS behind which a CONTINUATION follows."""
        self.unfinished, self._flags = stream, flags
        self._pieces = [piece]
        self._size = len(piece)

    def go_on(self, stream: int, piece: bytes) -> int:
        """Take a CONTINUATION; return the flags of its HEADERS.

        Raises:
            ConnectionFault: It does not belong to HEADERS, or there are too many.
        """
        if not stream or self.unfinished != stream:
            raise ConnectionFault(
                ErrorCode.PROTOCOL_ERROR, "CONTINUATION without the HEADERS before it"
            )
        self._size += len(piece) + HEADER_BYTES
        if self._size > self._longest:
            raise ConnectionFault(ErrorCode.ENHANCE_YOUR_CALM, "a header block without an end")
        self._pieces.append(piece)
        return self._flags

    def finish(self) -> bytes:
        """Return the block that is complete now."""
        self.unfinished = 0
        block = b"".join(self._pieces)
        self._pieces.clear()
        return block

    def decode(self, encoded: bytes) -> Block | None:
        """Return what a block says; None where it is too large.

        Raises:
            ConnectionFault: It cannot be decoded.
            StreamFault: It is malformed.
        """
        block = self.known.get(encoded)
        if block is not None:
            return block
        fields = self._decoder.decode(encoded)
        if fields is None:
            return None
        block = read_block(fields)
        if not self._decoder.is_stateless:
            self.known.clear()  # the same bytes may mean another thing next time
        elif len(encoded) <= _LONGEST_KNOWN and len(self.known) < _MOST_KNOWN:
            # What comes first stays: blocks that differ with every response would push it out.
            self.known[encoded] = block
        return block
