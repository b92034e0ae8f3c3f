"""Messages in a stream of bytes, and their compression.

The law (PROTOCOL-HTTP2.md): a message is a flag (0 or 1: compressed), its length in four bytes, and
that many bytes. Messages do not align with DATA frames. The length alone is enough to refuse a
message that is too large, before it arrives. A compressed message is refused while it inflates.
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Final

from rpcx.results import Status

if TYPE_CHECKING:
    from collections.abc import Callable

PREFIX_BYTES: Final = 5
DEFAULT_LARGEST: Final = 4 << 20
"""What gRPC receives unless it is told otherwise, in bytes."""

ACCEPTED_ENCODINGS: Final = b"identity,deflate,gzip"

_PREFIX: Final = struct.Struct(">BI")
_GZIP_BITS: Final = 31
_ZLIB_BITS: Final = 15
_BITS: Final = {"gzip": _GZIP_BITS, "deflate": _ZLIB_BITS}


class MessageFault(Exception):  # noqa: N818 -- the peer erred
    """What the peer sent cannot be taken as a message: the call ends with this status."""

    def __init__(self, status: Status, text: str) -> None:
        super().__init__(text)
        self.status = status


def framed(message: bytes) -> bytes:
    """Return a message with its prefix."""
    return _PREFIX.pack(0, len(message)) + message


def compressor(encoding: str | None) -> Callable[[bytes], bytes]:
    """Return what frames messages for an encoding: `gzip`, `deflate`, or none."""
    bits = _BITS.get(encoding or "")
    if bits is None:
        return framed

    def compressed(message: bytes) -> bytes:
        compress = zlib.compressobj(wbits=bits)
        packed = compress.compress(message) + compress.flush()
        # As gRPC's core: a message that does not become smaller goes as it is.
        return (
            _PREFIX.pack(1, len(packed)) + packed if len(packed) < len(message) else framed(message)
        )

    return compressed


class MessageReader:
    """Cuts the bytes of one stream into messages.

    Args:
        largest: The largest message that is taken, in bytes, also after it was inflated.

    Attributes:
        encoding: What `grpc-encoding` said; it is known before the first message.
        missing: How many bytes of a message that has begun are still to come.
    """

    __slots__ = ("_buffer", "_largest", "encoding", "missing")

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self._buffer = bytearray()
        self.encoding: str | None = None
        self.missing = 0

    @property
    def in_message(self) -> bool:
        """Whether the bytes so far end inside a message."""
        return bool(self._buffer)

    def feed(self, data: bytes) -> list[tuple[bytes, int]]:
        """Return the messages that are complete now, each with its length on the wire.

        Raises:
            MessageFault: One is too large, or cannot be decompressed.
        """
        buffer = self._buffer
        buffer += data
        found = []
        at, end = 0, len(buffer)
        self.missing = 0
        while at + PREFIX_BYTES <= end:
            flag, length = _PREFIX.unpack_from(buffer, at)
            self.check(length)
            if flag > 1:
                raise MessageFault(
                    Status.INTERNAL, f"a message with the flag {flag}; 0 or 1 is due"
                )
            stop = at + PREFIX_BYTES + length
            if stop > end:
                self.missing = stop - end
                break
            message = bytes(buffer[at + PREFIX_BYTES : stop])
            found.append((self._inflated(message) if flag else message, stop - at))
            at = stop
        del buffer[:at]
        return found

    def check(self, length: int) -> None:
        """Refuse a message of this length.

        Raises:
            MessageFault: It is too large.
        """
        if length > self._largest:
            raise MessageFault(
                Status.RESOURCE_EXHAUSTED,
                f"CLIENT: Received message larger than max ({length} vs. {self._largest})",
            )

    def _inflated(self, message: bytes) -> bytes:
        encoding = self.encoding
        if encoding is None or encoding == "identity":
            raise MessageFault(
                Status.INTERNAL, "a compressed message, and no grpc-encoding that says how"
            )
        bits = _BITS.get(encoding)
        if bits is None:
            raise MessageFault(
                Status.INTERNAL, f"a message compressed by {encoding}, which was not asked for"
            )
        inflate = zlib.decompressobj(bits)
        try:
            plain = inflate.decompress(message, self._largest + 1)
        except zlib.error as error:
            raise MessageFault(
                Status.INTERNAL, f"a message that is not {encoding}: {error}"
            ) from None
        if len(plain) > self._largest:
            raise MessageFault(
                Status.RESOURCE_EXHAUSTED,
                f"CLIENT: Received message larger than max (inflated vs. {self._largest})",
            )
        if not inflate.eof or inflate.unused_data:
            raise MessageFault(
                Status.INTERNAL, f"a message that is not one whole {encoding} stream"
            )
        return plain
