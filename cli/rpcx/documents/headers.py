"""Request metadata as people write it: lines such as `key: value`, typed or in a file."""

from __future__ import annotations

import base64
import binascii
import os
import re
from typing import TYPE_CHECKING

from rpcx.documents.textfiles import read_text, split_lines
from rpcx.errors import DataError, UsageError
from rpcx.words.masking import MASK, is_secret
from rpcx.words.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rpcx.results import Metadata

_KEY = re.compile(r"[a-z0-9_.-]+")
_VALUE = re.compile(r"[\x20-\x7e]*")
_OF_CONNECTIONS = frozenset(
    {
        *("connection", "http2-settings", "keep-alive", "proxy-connection", "te"),
        *("trailer", "transfer-encoding", "upgrade"),
    }
)
"""Headers that are about one HTTP/1.1 connection; HTTP/2 forbids them (RFC 9113, 8.2.2)."""
_SET_OTHERWISE = {
    ":authority": "give --authority NAME",
    "content-length": "leave it out: gRPC sets it",
    "content-type": "leave it out: gRPC sets it",
    "grpc-encoding": "give --compression",
    "grpc-timeout": "give --timeout",
    "host": "give --authority NAME",
    "user-agent": "give --user-agent TEXT",
}
"""Headers that gRPC itself sets, and what has the same effect."""
_PSEUDO_HEADER = re.compile(r"\s*(:[A-Za-z]+)\s*:")
_VARIABLE = re.compile(r"\$\{([^}]*)\}")


def parse_headers(lines: Iterable[str], *, expand: bool = False, what: str = "-H") -> Metadata:
    """Return request metadata from lines; keys become lower case, `-bin` values take base64.

    The rules are those of gRPC over HTTP/2 (PROTOCOL-HTTP2.md, "Custom-Metadata").

    Args:
        lines: `key: value`, or `@file` for a file of such lines, where `#` begins a comment.
        expand: Whether `${NAME}` in a value is replaced by an environment variable.
        what: Where they come from, for an error.

    Raises:
        UsageError: A line has no colon, or a key or value that HTTP/2 cannot carry.
        DataError: A file cannot be read.
    """
    return tuple(_parse(line, place, expand=expand) for place, line in _with_files(lines, what))


def _with_files(lines: Iterable[str], what: str) -> Iterator[tuple[str, str]]:
    """Yield each line with its place."""
    for line in lines:
        if not line.startswith("@"):
            yield what, line
            continue
        where = f"{what} '{printable(line)}'"
        text = read_text(line[1:], where, DataError)
        for number, one in enumerate(split_lines(text), 1):
            if one.strip() and not one.startswith("#"):
                yield f"{where}, line {number}:", one


def _parse(line: str, place: str, *, expand: bool) -> tuple[str, str | bytes]:
    pseudo = _PSEUDO_HEADER.match(line)
    if pseudo is not None:
        _refuse_reserved(pseudo[1].lower(), f"{place} {_quoted(line)}")
    key, colon, value = line.partition(":")
    key, value = key.strip().lower(), value.strip()
    # A value that may be a secret is not repeated in an error.
    shown = f"{place} {_quoted(f'{key}: {MASK}' if colon and is_secret(key) else line)}"
    if not colon:
        raise UsageError(f"{_without_value(line, place)} has no colon; write 'key: value'")
    _refuse_reserved(key, shown)
    if not _KEY.fullmatch(key):
        raise UsageError(
            f"{shown}: {printable(key)!r} is not a valid metadata key; use letters, digits, '-',"
            " '_' and '.'"
        )
    if expand:
        value = _VARIABLE.sub(lambda match: _variable(match[1], shown), value)
    if key.endswith("-bin"):
        try:
            return key, base64.b64decode(value + "=" * (-len(value) % 4), validate=True)
        except (binascii.Error, ValueError):
            raise UsageError(
                f"{shown}: keys that end in -bin take base64, and this value is not base64"
            ) from None
    if not _VALUE.fullmatch(value):
        raise UsageError(
            f"{shown}: the value is not printable ASCII; use a key that ends in -bin, with base64"
        )
    return key, value


def _refuse_reserved(key: str, shown: str) -> None:
    """Refuse a header that is not metadata: a server would refuse it, or never see it."""
    hint = _SET_OTHERWISE.get(key)
    if hint is not None:
        raise UsageError(f"{shown}: gRPC sets this header itself; {hint}")
    if key in _OF_CONNECTIONS:
        raise UsageError(
            f"{shown}: HTTP/2 does not allow headers about the connection; leave it out"
        )
    if key.startswith(":"):
        raise UsageError(f"{shown}: keys that begin with ':' belong to HTTP/2; leave it out")
    if key.startswith("grpc-"):
        raise UsageError(f"{shown}: keys that begin with 'grpc-' belong to gRPC; leave it out")


def _variable(name: str, shown: str) -> str:
    value = os.environ.get(name)
    if value is None:
        raise UsageError(
            f"{shown}: there is no environment variable {printable(name)!r}; set it, or leave"
            " out --expand-headers"
        )
    return value


def _without_value(line: str, place: str) -> str:
    """Return the line for an error; only its first word if a secret may follow."""
    first, _, rest = line.strip().partition(" ")
    return f"{place} {_quoted(f'{first} {MASK}' if rest and is_secret(first.lower()) else line)}"


def _quoted(text: str) -> str:
    return repr(printable(text))
