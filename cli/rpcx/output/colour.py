"""JSON for eyes: indented, coloured, with nothing in it that a terminal would obey."""

from __future__ import annotations

import re
from typing import Final

import orjson

from rpcx.words.printable import printable

RESET: Final = "\x1b[0m"
_STYLES: Final = {"key": "\x1b[36m", "string": "\x1b[32m", "number": "\x1b[33m", "word": "\x1b[35m"}
_TOKEN: Final = re.compile(
    r'(?P<key>"(?:[^"\\]|\\.)*")(?=:)|(?P<string>"(?:[^"\\]|\\.)*")'
    r"|(?P<number>-?\d[\d.eE+-]*)|(?P<word>true|false|null)"
)


def paint_json(line: bytes, *, colour: bool) -> bytes:
    r"""Indent one JSON document, and colour it where `colour` says so.

    JSON escapes C0 control characters itself; C1, bidirectional overrides and the like
    are escaped here in the same `\uXXXX` form, so the result is still the same document.
    """
    # orjson would turn an integer beyond 64 bits into a float; protobuf's mapping has none.
    text = orjson.dumps(orjson.loads(line), option=orjson.OPT_INDENT_2).decode()
    safe = "\n".join([printable(part, limit=None) for part in text.split("\n")])
    if colour:
        safe = _TOKEN.sub(_painted, safe)
    return safe.encode()


def _painted(match: re.Match[str]) -> str:
    return f"{_STYLES[match.lastgroup or 'string']}{match.group()}{RESET}"
