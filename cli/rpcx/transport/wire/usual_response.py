"""The usual response of a unary call, taken as one piece instead of three frames.

The law: it is HEADERS, DATA with one whole message, and HEADERS that end the stream, one behind the
other and all of the same stream. Both header blocks are those of the response before, byte by byte,
so they mean the same. Whatever differs in any byte that is not the stream's number, the length of
the message or the message is left to the frames' own rules.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from rpcx.transport.wire.frames import (
    DATA,
    END_HEADERS,
    END_STREAM,
    HEADER_BYTES,
    HEADERS,
    SMALLEST_MAX_FRAME,
    head_before_stream,
)
from rpcx.transport.wire.messages import PREFIX_BYTES, framed

if TYPE_CHECKING:
    from collections.abc import Callable

    from rpcx.transport.wire.responses import Block

    Parts = tuple[bytes, int, bytes, bytes, int, bytes, bytes, bytes, int, bytes]
    """Head, stream and block of HEADERS; head, stream, prefix and message of DATA; head, stream and
    block of the last HEADERS. A head is without its stream."""

_MOST_LENGTHS: Final = 256


class UsualResponse:
    """What responses look like that have these two header blocks.

    Args:
        first: The block of the response headers, as it came.
        last: The block of the trailers, as it came.
        headers: What the first says.
        trailers: What the last says.
        largest: The largest message that is taken, in bytes.

    Attributes:
        headers: As given.
        trailers: As given.
        data_at: Where the head of DATA is, behind the beginning of the response.
        head: The head of the first HEADERS, and its block.
        end: The head of the last HEADERS, and its block.
        of_length: How to read a response, by the head of its DATA: what cuts it into `Parts`, how
            long it is, and the prefix of its message.
    """

    def __init__(
        self, first: bytes, last: bytes, headers: Block, trailers: Block, largest: int
    ) -> None:
        self._largest = largest
        self.headers = headers
        self.trailers = trailers
        self.data_at = HEADER_BYTES + len(first)
        self.head = head_before_stream(HEADERS, END_HEADERS, len(first)), first
        self.end = head_before_stream(HEADERS, END_HEADERS | END_STREAM, len(last)), last
        self.of_length: dict[bytes, tuple[Callable[[bytes, int], Parts], int, bytes]] = {}

    def learn(self, length: int) -> None:
        """Have responses with a message of this length, in bytes, read as one piece."""
        size = PREFIX_BYTES + length
        head = head_before_stream(DATA, 0, size)
        if size > SMALLEST_MAX_FRAME or length > self._largest or head in self.of_length:
            return
        if len(self.of_length) >= _MOST_LENGTHS:
            self.of_length.clear()
        first, last = len(self.head[1]), len(self.end[1])
        layout = struct.Struct(f">5sI{first}s5sI5s{length}s5sI{last}s")
        prefix = framed(b"\0" * length)[:PREFIX_BYTES]
        self.of_length[head] = layout.unpack_from, layout.size, prefix
