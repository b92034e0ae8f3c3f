"""CSV: a header that names the columns, then rows (RFC 4180, in UTF-8).

The law: a row is taken out of a byte stream as soon as it is whole, whatever the chunks; a
line end inside quotes belongs to its cell. No more than one row is in memory.
"""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any, NamedTuple

from rpcx.documents.json_documents import Document
from rpcx.documents.textfiles import place_of
from rpcx.errors import DataError
from rpcx.words.printable import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

_QUOTE = b'"'


class Row(NamedTuple):
    """One row.

    Attributes:
        line: The line of its first byte, from 1.
        cells: Its texts by column.
    """

    line: int
    cells: dict[str, str]


class TableReader:
    """Takes rows out of chunks of bytes."""

    def __init__(self) -> None:
        self._buffer = b""
        self._record = b""  # the lines of a row whose quotes are still open
        self._line = 1  # of the record's first byte
        self._lines = 0  # in the record so far
        self.columns: list[str] | None = None

    def feed(self, chunk: bytes) -> Iterator[Row]:
        """Yield the rows that `chunk` completes.

        Raises:
            DataError: A row that has not as many cells as the header, or no CSV.
        """
        *lines, self._buffer = (self._buffer + chunk).split(b"\n")
        for line in lines:
            yield from self._take(line + b"\n")

    def finish(self) -> Iterator[Row]:
        """Yield the last row, if the input does not end with a line end.

        Raises:
            DataError: As `feed`, or the input ends inside quotes.
        """
        if self._buffer:
            last, self._buffer = self._buffer, b""
            yield from self._take(last)
        if self._record:
            raise DataError(f"line {self._line}: a quoted cell of the CSV is not closed")

    def _take(self, line: bytes) -> Iterator[Row]:
        self._record += line
        self._lines += 1
        if self._record.count(_QUOTE) % 2:
            return
        record, at = self._record, self._line
        self._record = b""
        self._line += self._lines
        self._lines = 0
        cells = _cells(record, at)
        if not cells:
            return
        if self.columns is None:
            self.columns = _header(cells, at)
        elif len(cells) != len(self.columns):
            raise DataError(
                f"line {at}: the row has {len(cells)} cells, and the header of the CSV names"
                f" {len(self.columns)} columns"
            )
        else:
            yield Row(at, dict(zip(self.columns, cells, strict=True)))


class TableSplitter:
    """Makes a JSON document of each row: its columns are the fields, all texts.

    A column `a.b` is the field b of the message in field a; an empty cell leaves it out.
    """

    def __init__(self) -> None:
        self._reader = TableReader()

    def feed(self, chunk: bytes) -> Iterator[Document]:
        """Yield the documents that `chunk` completes.

        Raises:
            DataError: As `TableReader.feed`.
        """
        return map(_document, self._reader.feed(chunk))

    def finish(self) -> Iterator[Document]:
        """Yield what only the end of the input completes.

        Raises:
            DataError: As `TableReader.finish`.
        """
        return map(_document, self._reader.finish())


def _cells(record: bytes, line: int) -> list[str]:
    try:
        rows = list(csv.reader([record.decode()], strict=True))
    except UnicodeDecodeError as error:
        place, byte = place_of(record, error.start, line), record[error.start]
        raise DataError(f"{place}: byte 0x{byte:02x} of the CSV is not UTF-8") from None
    except csv.Error as error:
        raise DataError(f"line {line}: malformed CSV: {error}") from None
    return rows[0] if rows else []


def _header(cells: list[str], line: int) -> list[str]:
    names = [cell.strip() for cell in cells]
    for index, name in enumerate(names):
        if not name:
            raise DataError(f"line {line}: column {index + 1} of the CSV has no name")
        if name in names[:index]:
            raise DataError(f"line {line}: the CSV has two columns {quoted(name)}")
    return names


def _document(row: Row) -> Document:
    value: dict[str, Any] = {}
    for column, text in row.cells.items():
        if not text:
            continue
        # [package.extension] is one name, dots and all.
        *outer, name = [column] if column.startswith("[") else column.split(".")
        place = value
        for part in outer:
            place = place.setdefault(part, {})
            if not isinstance(place, dict):
                raise DataError(
                    f"line {row.line}: column {quoted(column)} is inside {quoted(part)}, which is"
                    " a column itself"
                )
        place[name] = text
    return Document(json.dumps(value, ensure_ascii=False).encode(), row.line, 0)
