"""Where one JSON document ends and the next begins.

The law: documents are taken out of a byte stream one after the other, whatever stands
between them being white space only. Their boundaries are found by counting brackets outside
strings, so one document a line, several on a line and one over many lines are all the same.
An object, an array and a string end with their last byte, and are handed out as soon as that
byte has come; a number, `true`, `false` and `null` end where something else begins. Whether
the inside is well-formed is the encoder's to say: it can name the line and the column.

Every byte is looked at a bounded number of times, however the input was cut into chunks.
"""

from __future__ import annotations

import enum
import re
from typing import TYPE_CHECKING, NamedTuple

from rpcx.errors import DataError
from rpcx.words.printable import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'


def _skipping(inner: bytes) -> bytes:
    """Return a pattern for a run of anything but brackets, which takes `inner` as well."""
    return rb'(?:[^"{}\[\]]++|' + inner + rb")*+"


def _bracketed(levels: int) -> bytes:
    """Return a pattern for what stands between brackets nested up to `levels` deep."""
    inner = _STRING if levels == 1 else _STRING + rb"|" + _bracketed(levels - 1)
    return rb"[{\[]" + _skipping(inner) + rb"[}\]]"


# What is nested deeper than this goes bracket by bracket. A pattern is tried once for each
# level that a chunk leaves open, and stops where that chain is four deep: hence the law.
_LEVELS = 4
_NEXT = re.compile(rb"[ \t\r\n]*+(" + _bracketed(_LEVELS) + rb"|)", re.DOTALL)
"""White space, and a usual document from its first byte to its last, or nothing."""
_TO_BRACKET = re.compile(_skipping(_STRING + rb"|" + _bracketed(_LEVELS)), re.DOTALL)
"""Up to a bracket that matters, or up to a string that does not end."""
_TO_QUOTE = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
"""The rest of a string, without the quote that ends it."""
_WHOLE_STRING = re.compile(_STRING, re.DOTALL)
_BLANK = re.compile(rb"[ \t\r\n]*+")
_WORD = re.compile(rb"[-+.0-9A-Za-z]*+")
_OPEN, _QUOTE = frozenset(b"{["), ord('"')
_WORD_START = frozenset(b"-0123456789tfn")
CURLY_QUOTES = frozenset("“”„‟«»‘’‚‛′″")
"""What word processors and chats make of straight quotes."""
_SHOWN = 20  # bytes of garbage that an error quotes


class Document(NamedTuple):
    """One document of the input, as it was written, and where it begins."""

    data: bytes
    line: int = 1
    """Line of its first byte, from 1."""
    column: int = 1
    """Byte of that line at which it begins, from 1; 0 where the line was not written as JSON."""


class _Inside(enum.Enum):
    """What the scanner stands in."""

    NOTHING = enum.auto()
    BRACKETS = enum.auto()
    STRING = enum.auto()
    WORD = enum.auto()


class JsonSplitter:
    """Takes JSON documents out of chunks of bytes, each as soon as it is whole."""

    def __init__(self) -> None:
        self._buffer = bytearray()  # what has not been handed out
        self._at = 0  # the scanner's place in it
        self._inside = _Inside.NOTHING
        self._depth = 0  # brackets open at the scanner's place
        self._line = 1  # of the first byte that has not been handed out
        self._column = 1

    def feed(self, chunk: bytes) -> Iterator[Document]:
        """Yield the documents that `chunk` completes; use them up before the next `feed`.

        Raises:
            DataError: Something between two documents is neither white space nor the
                beginning of JSON. What was whole before it has been yielded by then.
        """
        self._buffer += chunk
        return self._documents(ended=False)

    def finish(self) -> Iterator[Document]:
        """Yield the document that only the end of the input completes, if there is one.

        Raises:
            DataError: The input ends inside a document.
        """
        return self._documents(ended=True)

    def _documents(self, *, ended: bool) -> Iterator[Document]:
        buffer, start = self._buffer, 0
        try:
            while True:
                if self._inside is _Inside.NOTHING:
                    begin, end = _NEXT.match(buffer, start).span(1)  # type: ignore[union-attr] # it also matches nothing
                    self._pass(start, begin)
                    start = begin
                    if start == len(buffer):
                        return
                    if end == start:
                        end = self._begin(start)
                else:
                    end = self._scan(ended=ended)
                if end > start:
                    document = Document(bytes(buffer[start:end]), self._line, self._column)
                    self._pass(start, end)
                    self._inside = _Inside.NOTHING
                    start = self._at = end
                    yield document
                elif end == _UNFINISHED:
                    if ended:
                        raise DataError(self._cut_off())
                    return
        finally:
            del buffer[:start]
            self._at -= start

    def _pass(self, start: int, end: int) -> None:
        """Count the lines and columns of bytes that are done with."""
        lines = self._buffer.count(b"\n", start, end)
        if lines:
            self._line += lines
            self._column = end - self._buffer.rfind(b"\n", start, end)
        else:
            self._column += end - start

    def _begin(self, start: int) -> int:
        """Enter the document that begins at `start`.

        Raises:
            DataError: No document begins like that.
        """
        first = self._buffer[start]
        if first in _OPEN:
            self._inside, self._depth, self._at = _Inside.BRACKETS, 1, start + 1
        elif first == _QUOTE:
            self._inside, self._depth, self._at = _Inside.STRING, 0, start + 1
        elif first in _WORD_START:
            self._inside, self._at = _Inside.WORD, start
        else:
            raise DataError(self._garbage(start))
        return _ENTERED

    def _scan(self, *, ended: bool) -> int:
        """Return the end of the document that the scanner is in, or `_UNFINISHED`."""
        buffer = self._buffer
        if self._inside is _Inside.WORD:
            self._at = _end(_WORD, buffer, self._at)
            return self._at if ended or self._at < len(buffer) else _UNFINISHED
        while self._at < len(buffer):
            in_string = self._inside is _Inside.STRING
            self._at = _end(_TO_QUOTE if in_string else _TO_BRACKET, buffer, self._at)
            if self._at == len(buffer):
                break
            mark = buffer[self._at]
            if in_string and mark != _QUOTE:
                break  # a backslash whose second byte has not come
            self._at += 1
            if in_string:
                self._inside = _Inside.BRACKETS
            elif mark == _QUOTE:
                self._inside = _Inside.STRING
            else:
                self._depth += 1 if mark in _OPEN else -1
            if self._depth == 0 and self._inside is _Inside.BRACKETS:
                return self._at
        return _UNFINISHED

    def _garbage(self, start: int) -> str:
        shown = bytes(self._buffer[start : start + _SHOWN]).split(maxsplit=1)[0]
        text = shown.decode("utf-8", "backslashreplace")
        hint = "; JSON takes straight quotes" if CURLY_QUOTES & set(text) else ""
        return (
            f"line {self._line}, column {self._column}: expected the beginning of a JSON "
            f"document, found {quoted(text)}{hint}"
        )

    def _cut_off(self) -> str:
        missing = (
            "a string is not closed"
            if self._inside is _Inside.STRING
            else (f"{self._depth} bracket{'s are' if self._depth > 1 else ' is'} not closed")
        )
        return (
            f"line {self._line}, column {self._column}: the JSON document that begins here "
            f"is cut off at the end of the input: {missing}"
        )


_ENTERED, _UNFINISHED = -1, -2


def _end(pattern: re.Pattern[bytes], buffer: bytearray, at: int) -> int:
    match = pattern.match(buffer, at)
    return match.end() if match else at  # every pattern here also matches nothing at all


def elements(document: Document) -> Iterator[Document]:
    """Yield the elements of an array as documents of their own, and anything else as it is.

    An array that is not well-formed is yielded whole: the encoder says what is wrong with it.
    """
    found = _elements(document.data) if document.data.startswith(b"[") else None
    if found is None:
        yield document
        return
    line, column, at = document.line, document.column, 0
    for begin, end in found:
        lines = document.data.count(b"\n", at, begin)
        line += lines
        column = begin - document.data.rfind(b"\n", at, begin) if lines else column + begin - at
        at = begin
        yield Document(document.data[begin:end], line, column)


def _elements(array: bytes) -> list[tuple[int, int]] | None:
    """Return where the elements of an array begin and end; None where that cannot be said."""
    found: list[tuple[int, int]] = []
    at = _BLANK.match(array, 1).end()  # type: ignore[union-attr] # it also matches nothing
    while array[at : at + 1] != b"]" or found:
        end = _end_of_element(array, at)
        if end == at:
            return None
        found.append((at, end))
        at = _BLANK.match(array, end).end()  # type: ignore[union-attr] # as above
        if array[at : at + 1] == b"]":
            break
        if array[at : at + 1] != b",":
            return None
        at = _BLANK.match(array, at + 1).end()  # type: ignore[union-attr] # as above
    return found if at == len(array) - 1 else None


def _end_of_element(array: bytes, at: int) -> int:
    """Return the end of the value that begins there; its beginning where none does."""
    for pattern in (_NEXT, _WHOLE_STRING, _WORD):
        match = pattern.match(array, at)
        if match is not None and match.end() > at:
            return match.end()
    splitter = JsonSplitter()
    try:
        first = next(splitter.feed(array[at:]), None)
    except DataError:
        return at
    return at if first is None else at + len(first.data)


def json_documents(data: bytes) -> Iterator[Document]:
    """Yield the documents of input that is there as a whole.

    Raises:
        DataError: As `JsonSplitter.feed` and `JsonSplitter.finish`.
    """
    splitter = JsonSplitter()
    yield from splitter.feed(data)
    yield from splitter.finish()
