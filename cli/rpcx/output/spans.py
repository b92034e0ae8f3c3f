"""Lines of text in parts that have a style each; cut to a width, in colour or without."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

GOOD: Final = "32"
BAD: Final = "1;31"
WARNING: Final = "33"
QUIET: Final = "2"
HEAD: Final = "1"


class Span(NamedTuple):
    """A part of a line.

    Attributes:
        text: Printable characters.
        style: The numbers of an escape sequence (SGR, ECMA-48); empty for none.
    """

    text: str
    style: str = ""


Line = tuple[Span, ...]


def plain(line: Sequence[Span]) -> str:
    """Return the text of a line."""
    return "".join(span.text for span in line)


def painted(line: Sequence[Span], columns: int, *, colour: bool) -> str:
    """Return a line as a terminal takes it, cut to at most `columns` cells.

    Args:
        line: Its parts.
        columns: The room there is.
        colour: Whether escape sequences may be used.
    """
    parts = []
    for text, style in line:
        kept, columns = _cut(text, columns)
        parts.append(f"\x1b[{style}m{kept}\x1b[0m" if colour and style and kept else kept)
    return "".join(parts)


def _cut(text: str, columns: int) -> tuple[str, int]:
    """Return as much of a text as fits, and how many cells are left."""
    if text.isascii():
        return text[:columns], max(columns - len(text), 0)
    for index, character in enumerate(text):
        # Letters of East Asia and most emoji take two cells; a terminal would break the line.
        cells = 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if cells > columns:
            return text[:index], 0
        columns -= cells
    return text, columns
