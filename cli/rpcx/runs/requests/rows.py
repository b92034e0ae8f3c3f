"""`--rows FILE`: a table whose columns templates can name, a row for each call."""

from __future__ import annotations

import os
import stat
from typing import IO, TYPE_CHECKING, Any

from rpcx.documents.textfiles import chunks_of, open_binary
from rpcx.errors import DataError
from rpcx.words.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rpcx.documents.json_documents import Document


class Rows:
    """The rows of a file, read as they are needed.

    Args:
        path: A CSV file if the name ends in .csv, else JSON objects one after another.
        again: Whether to repeat the rows at the end.

    Raises:
        DataError: It cannot be read, or cannot be read twice.
    """

    def __init__(self, path: str, *, again: bool) -> None:
        self._name = f"--rows {printable(path)!r}"
        self._is_table = path.lower().endswith(".csv")
        self._again = again
        self._any = False
        self._stream = self._open(path)
        self._rows = self._read()

    def take(self) -> Mapping[str, Any] | None:
        """Return the next row; None after the last, unless they repeat.

        Raises:
            DataError: It is not a row, or there are none.
        """
        while True:
            row = next(self._rows, None)
            if row is not None:
                self._any = True
                return row
            if not self._any:
                raise DataError(f"{self._name} has no rows; give at least one")
            if not self._again:
                return None
            self._rows = self._read()

    def close(self) -> None:
        """Close the file."""
        self._stream.close()

    def _open(self, path: str) -> IO[bytes]:
        stream = open_binary(path, self._name, DataError)
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            stream.close()
            raise DataError(f"{self._name} is not a regular file; rows are read several times")
        return stream

    def _read(self) -> Iterator[Mapping[str, Any]]:
        self._stream.seek(0)
        try:
            yield from self._of_table() if self._is_table else self._of_documents()
        except DataError as error:
            raise DataError(f"{self._name}: {error}") from None

    def _of_table(self) -> Iterator[Mapping[str, Any]]:
        from rpcx.documents.csv_tables import TableReader

        reader = TableReader()
        for chunk in chunks_of(self._stream, "it"):
            for row in reader.feed(chunk):
                yield row.cells
        for row in reader.finish():
            yield row.cells

    def _of_documents(self) -> Iterator[Mapping[str, Any]]:
        from rpcx.documents.json_documents import JsonSplitter

        splitter = JsonSplitter()
        for chunk in chunks_of(self._stream, "it"):
            yield from map(_object, splitter.feed(chunk))
        yield from map(_object, splitter.finish())


def _object(document: Document) -> Mapping[str, Any]:
    from rpcx.codec.json import parse_json

    value = parse_json(document)
    if not isinstance(value, dict):
        raise DataError(
            f"line {document.line}: a row is a JSON object, with the columns as its keys"
        )
    return value
