"""The forms that requests come in (`--input-format`), and how each is cut into documents."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Final, Protocol

from rpcx.documents.textfiles import TextStart

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rpcx.documents.json_documents import Document


class InputForm(enum.StrEnum):
    """How requests are written."""

    JSON = "json"
    """Documents one after the other, a line each or over many lines."""
    TEXT = "text"
    """Protobuf's text format; messages are separated by the character U+001E."""
    BINARY = "binary"
    """One message as it goes over the wire; an empty input is an empty message."""
    DELIMITED = "delimited"
    """Messages as they go over the wire, each after its length as a varint."""
    CSV = "csv"
    """A header that names the fields, then a row for each message."""


class Splitter(Protocol):
    """Takes documents out of chunks of bytes."""

    def feed(self, chunk: bytes) -> Iterator[Document]:
        """Yield the documents that `chunk` completes; use them up before the next `feed`.

        Raises:
            DataError: What came cannot be cut into documents.
        """
        ...

    def finish(self) -> Iterator[Document]:
        """Yield what only the end of the input completes.

        Raises:
            DataError: The input ends inside a document.
        """
        ...


EMPTY: Final = {
    InputForm.JSON: "{}",
    InputForm.TEXT: "\x1e",
    InputForm.BINARY: "",
    InputForm.DELIMITED: "\0",
    InputForm.CSV: '_\n""\n',
}
"""For each form an input that holds one message without any field set."""


def splitter(form: InputForm, name: str = "the input", *, arrays: bool = False) -> Splitter:
    """Return a new splitter for input of this form.

    Args:
        form: How the input is written.
        name: The input in an error.
        arrays: Whether a JSON array is one document; else its elements are.
    """
    if form is InputForm.JSON:
        from rpcx.documents.json_documents import JsonSplitter  # noqa: PLC0415 - its patterns take time to compile

        return _TextInput(JsonSplitter() if arrays else _Elements(JsonSplitter()), name)
    if form is InputForm.CSV:
        from rpcx.documents.csv_tables import TableSplitter  # noqa: PLC0415 - only where asked for

        return _TextInput(TableSplitter(), name)
    from rpcx.documents import framed as splitters  # noqa: PLC0415 - only where asked for

    if form is InputForm.TEXT:
        return _TextInput(splitters.TextSplitter(), name)
    if form is InputForm.BINARY:
        return splitters.WholeSplitter()
    return splitters.DelimitedSplitter()


class _Elements:
    """Takes JSON documents out of bytes, and out of the arrays that hold them."""

    def __init__(self, documents: Splitter) -> None:
        self._documents = documents

    def feed(self, chunk: bytes) -> Iterator[Document]:
        """Yield the documents that `chunk` completes."""
        return _taken_out(self._documents.feed(chunk))

    def finish(self) -> Iterator[Document]:
        """Yield the document that only the end of the input completes."""
        return _taken_out(self._documents.finish())


def _taken_out(documents: Iterator[Document]) -> Iterator[Document]:
    from rpcx.documents.json_documents import elements  # noqa: PLC0415 - its patterns take time to compile

    for document in documents:
        if document.data[:1] == b"[":
            yield from elements(document)
        else:
            yield document


class _TextInput:
    """Takes documents out of text; a byte order mark before it is left out."""

    def __init__(self, documents: Splitter, name: str) -> None:
        self._documents = documents
        self._start = TextStart(name)

    def feed(self, chunk: bytes) -> Iterator[Document]:
        """Yield the documents that `chunk` completes, as the splitter of the form does."""
        return self._documents.feed(self._start.feed(chunk))

    def finish(self) -> Iterator[Document]:
        """Yield the document that only the end of the input completes."""
        yield from self._documents.feed(self._start.finish())
        yield from self._documents.finish()
