"""Where in a JSON text a value stands, found only when there is something to say about it.

Values are read without their places, which costs nothing; a value that does not fit is looked
for afterwards, by its path. The text is well-formed: it was read before.
"""

from __future__ import annotations

import json
import re
from json.decoder import scanstring  # type: ignore[attr-defined] # typeshed leaves it out
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_BLANK: Final = re.compile(r"[ \t\r\n]*")
_TOKEN: Final = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],:]|[^\s{}\[\],:"]+')
_WORDS: Final = ("NaN", "Infinity", "-Infinity")
_scan: Final = json.JSONDecoder().scan_once  # type: ignore[attr-defined] # likewise


def seek(text: str, steps: Sequence[str | int], key: str | None = None) -> int | None:
    """Return where the value at the end of a path begins, or None if it is not there.

    Args:
        text: A JSON text.
        steps: Keys of objects and indices of arrays, from the outermost in.
        key: Look for this key of the value, and not for the value.
    """
    at = _skip(text, 0)
    try:
        for step in steps:
            at = _element(text, at, step) if isinstance(step, int) else _member(text, at, step)[1]
        return at if key is None else _member(text, at, key)[0]
    except (LookupError, ValueError, StopIteration, RecursionError):
        return None


def seek_offence(text: str) -> int | None:
    """Return where the first key that is given twice begins, or the first NaN or Infinity.

    Both are what Python's scanner takes and JSON does not; None if the text has neither.
    """
    keys: list[set[str] | None] = []  # of each object and array that is open; None for an array
    before = ""
    for match in _TOKEN.finditer(text):
        mark = match.group()
        if mark in _WORDS:
            return match.start()
        if mark in "{[":
            keys.append(set() if mark == "{" else None)
        elif mark in "}]" and keys:
            keys.pop()
        elif mark[0] == '"' and before in "{," and keys and keys[-1] is not None:
            key, _ = scanstring(text, match.start() + 1)
            if key in keys[-1]:
                return match.start()
            keys[-1].add(key)
        before = mark
    return None


def _member(text: str, at: int, key: str) -> tuple[int, int]:
    """Return where a key of the object at `at` begins, and where its value does."""
    place = _opened(text, at, "{")
    while text[place] == '"':
        name, end = scanstring(text, place + 1)
        value = _skip(text, _skip(text, end) + 1)
        if name == key:
            return place, value
        place = _skip(text, _skip(text, _scan(text, value)[1]) + 1)
    raise LookupError(key)


def _element(text: str, at: int, index: int) -> int:
    """Return where an element of the array at `at` begins."""
    place = _opened(text, at, "[")
    for _ in range(index):
        place = _skip(text, _skip(text, _scan(text, place)[1]) + 1)
    return place


def _opened(text: str, at: int, bracket: str) -> int:
    if text[at] != bracket:
        raise LookupError(bracket)
    return _skip(text, at + 1)


def _skip(text: str, at: int) -> int:
    match = _BLANK.match(text, at)
    return match.end() if match else at  # it also matches nothing at all
