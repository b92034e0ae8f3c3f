"""Where in the input something stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rpcx.errors import DataError

if TYPE_CHECKING:
    from rpcx.documents.json_documents import Document


def place(document: Document, lines: int, column: int) -> str:
    """Return `line …, column …` of the input.

    Args:
        document: The document that it is in.
        lines: Lines of the document before its own.
        column: Its column in that line, from 1.
    """
    if not lines:
        column += document.column - 1
    return f"line {document.line + lines}, column {column}"


def place_after(document: Document, before: str) -> str:
    """Return the place of what follows `before` at the document's beginning."""
    return place(document, before.count("\n"), len(before) - before.rfind("\n"))


def not_utf8(document: Document, error: UnicodeDecodeError) -> DataError:
    """Return the error for a document that is no UTF-8."""
    before = document.data[: error.start].decode()
    byte = document.data[error.start]
    return DataError(f"{place_after(document, before)}: byte 0x{byte:02x} is no UTF-8")
