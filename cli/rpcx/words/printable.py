"""Other people's text, made safe to show: what a server sends is data, never a terminal command."""

from __future__ import annotations

import re

DEFAULT_LIMIT = 200
"""Characters of a quoted text that a sentence keeps."""

_UNSAFE = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # C0, DEL, C1: what terminals obey
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # marks that reorder what is read
    "\u2028\u2029\ufeff"  # line ends that are not \n, and the byte order mark
    "\ud800-\udfff"  # lone surrogates: no encoding can write them
    "]"
)


def _escape(match: re.Match[str]) -> str:
    return f"\\u{ord(match.group()):04x}"


def printable(text: str, limit: int | None = DEFAULT_LIMIT) -> str:
    r"""Return `text` on one line with nothing in it that a terminal would obey.

    Control characters, bidirectional overrides, line separators and lone surrogates become
    `\uXXXX`. Beyond `limit` characters (None: never) the rest is cut and its length told.
    """
    if limit is not None and len(text) > limit:
        cut = len(text) - limit
        return f"{_UNSAFE.sub(_escape, text[:limit])}… ({cut:,} more characters)"
    return _UNSAFE.sub(_escape, text)


def quoted(text: str, limit: int | None = DEFAULT_LIMIT) -> str:
    """Return `printable(text)` between double quotes."""
    return f'"{printable(text, limit)}"'
