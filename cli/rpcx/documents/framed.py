"""Text format and binary messages out of a byte stream; for JSON see `json_documents`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rpcx.documents.json_documents import Document
from rpcx.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator


class TextSplitter:
    """Cuts text format at U+001E, the separator that grpcurl takes too.

    What is blank is no message, except between two separators.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._line = 1

    def feed(self, chunk: bytes) -> Iterator[Document]:
        """Yield the messages that `chunk` completes, each up to its separator."""
        first, *others = chunk.split(_SEPARATOR)
        self._buffer += first
        for other in others:
            yield self._take()
            self._buffer += other

    def finish(self) -> Iterator[Document]:
        """Yield what stands after the last separator, unless it is blank."""
        if self._buffer.strip():
            yield self._take()

    def _take(self) -> Document:
        document = Document(bytes(self._buffer), self._line)
        self._line += self._buffer.count(b"\n")
        self._buffer.clear()
        return document


class WholeSplitter:
    """Takes the whole input for one message, whose line is its number: 1."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, chunk: bytes) -> Iterator[Document]:
        """Yield nothing: the message ends with the input."""
        self._buffer += chunk
        return iter(())

    def finish(self) -> Iterator[Document]:
        """Yield the message."""
        yield Document(bytes(self._buffer))


class DelimitedSplitter:
    """Cuts messages by the lengths before them; a document's line is the message's number.

    The form is that of protobuf's `writeDelimitedTo`.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._number = 1

    def feed(self, chunk: bytes) -> Iterator[Document]:
        """Yield the messages that `chunk` completes.

        Raises:
            DataError: A length is no varint, or beyond protobuf's limit of 2 GiB.
        """
        self._buffer += chunk
        buffer, start = self._buffer, 0
        try:
            while (head := self._length(start)) is not None:
                length, at = head
                if at + length > len(buffer):
                    return
                document = Document(bytes(buffer[at : at + length]), self._number)
                start = at + length
                self._number += 1
                yield document
        finally:
            del buffer[:start]

    def finish(self) -> Iterator[Document]:
        """Yield nothing: each message ends by its length.

        Raises:
            DataError: The input ends inside a message.
        """
        if not self._buffer:
            return iter(())
        head = self._length(0)
        have = len(self._buffer) - (head[1] if head else 0)
        of = f"{head[0]:,} bytes" if head else "its length"
        raise DataError(
            f"message {self._number} is cut off at the end of the input: {have:,} of {of} came; "
            "one message without a length before it is --input-format binary"
        )

    def _length(self, at: int) -> tuple[int, int] | None:
        """Return the length that stands at `at` and where its message begins, once it is there."""
        length = 0
        for place, byte in enumerate(self._buffer[at : at + _LONGEST_VARINT]):
            length |= (byte & 0x7F) << (7 * place)
            if byte < _MORE:
                if length > _LARGEST:
                    break
                return length, at + place + 1
        else:
            if len(self._buffer) - at < _LONGEST_VARINT:
                return None
        raise DataError(
            f"message {self._number} has a length that is none or beyond 2 GiB; "
            "one message without a length before it is --input-format binary"
        )


_SEPARATOR: Final = b"\x1e"
_MORE: Final = 0x80  # this bit of a byte says that the varint goes on
_LONGEST_VARINT: Final = 5
_LARGEST: Final = 2**31 - 1
