"""`-H 'key: value'`."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING

from rpcx.errors import UsageError
from rpcx.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rpcx.results import Metadata

_KEY = re.compile(r"[a-z0-9_.-]+")
_VALUE = re.compile(r"[\x20-\x7e]*")


def parse_headers(lines: Iterable[str]) -> Metadata:
    """Request metadata from the options; keys become lower case, `-bin` values take base64.

    The rules are those of gRPC over HTTP/2 (PROTOCOL-HTTP2.md, "Custom-Metadata").

    Raises:
        UsageError: A line has no colon, or a key or value that HTTP/2 can't carry.
    """
    return tuple(_parse(line) for line in lines)


def _parse(line: str) -> tuple[str, str | bytes]:
    key, colon, value = line.partition(":")
    key, value = key.strip().lower(), value.strip()
    if not colon:
        raise UsageError(f"-H {printable(line)!r} has no colon; write it -H 'key: value'")
    if not _KEY.fullmatch(key):
        raise UsageError(
            f"-H {printable(line)!r}: {printable(key)!r} is no metadata key; letters, digits,"
            " '-', '_' and '.' will do"
        )
    if key.startswith("grpc-"):
        raise UsageError(f"-H {printable(line)!r}: keys that begin with grpc- are gRPC's own")
    if key.endswith("-bin"):
        try:
            return key, base64.b64decode(value + "=" * (-len(value) % 4), validate=True)
        except (binascii.Error, ValueError):
            raise UsageError(
                f"-H {printable(line)!r}: the key ends in -bin, so the value is base64, and"
                " this is none"
            ) from None
    if not _VALUE.fullmatch(value):
        raise UsageError(
            f"-H {printable(line)!r}: the value is not printable ASCII; use a key that ends in"
            " -bin, with base64"
        )
    return key, value
