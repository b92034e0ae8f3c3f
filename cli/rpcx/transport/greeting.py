"""The first words of an HTTP/2 connection, said by hand (RFC 9113, 3.4, 4.1 and 6.5)."""

from __future__ import annotations

import enum
import struct
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    import socket

PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
"""What a client says first: the preface and empty SETTINGS."""

_HEAD_BYTES: Final = 9
_LONGEST_FRAME: Final = 16384
_SETTINGS: Final = 4
_GOAWAY: Final = 7
_TLS_ALERT: Final = b"\x15\x03"
_MAX_CONCURRENT_STREAMS: Final = 3
_INITIAL_WINDOW_SIZE: Final = 4
_DEFAULT_WINDOW: Final = 65535
# Python's own web server answers a version it does not know without a status line.
_HTTP1: Final = (b"HTTP/1", b"<!DOCTYPE", b"<html", b"<HTML")


class Language(enum.Enum):
    """What the other side seems to speak."""

    HTTP2 = enum.auto()
    HTTP1 = enum.auto()
    TLS = enum.auto()
    OTHER = enum.auto()
    NOTHING = enum.auto()
    """It closed the connection without a word."""


class Greeting(NamedTuple):
    """The answer to a client's first words.

    Attributes:
        language: What it is.
        max_streams: Calls that the server lets one connection have open; None for no limit.
        window: Bytes that may be sent on a stream before the server has read any.
        goaway: The server's reason to end the connection at once; None where it goes on.
        said: The beginning of an answer that is not HTTP/2.
    """

    language: Language
    max_streams: int | None = None
    window: int = _DEFAULT_WINDOW
    goaway: str | None = None
    said: bytes = b""


def read_greeting(connection: socket.socket) -> Greeting:
    """Read what the server says first.

    Raises:
        TimeoutError: It says nothing.
        OSError: The connection broke.
    """
    head = _read(connection, _HEAD_BYTES)
    length = int.from_bytes(head[:3])
    kind = head[3] if len(head) == _HEAD_BYTES else None
    if kind not in (_SETTINGS, _GOAWAY) or length > _LONGEST_FRAME or any(head[5:]):
        return _misread(head)
    payload = _read(connection, length)
    if kind == _GOAWAY:
        return Greeting(Language.HTTP2, goaway=payload[8:].decode(errors="replace") or "no reason")
    settings = dict(struct.iter_unpack(">HI", payload[: len(payload) // 6 * 6]))
    return Greeting(
        Language.HTTP2,
        settings.get(_MAX_CONCURRENT_STREAMS),
        settings.get(_INITIAL_WINDOW_SIZE, _DEFAULT_WINDOW),
    )


def _misread(head: bytes) -> Greeting:
    if not head:
        return Greeting(Language.NOTHING)
    if head.startswith(_HTTP1):
        return Greeting(Language.HTTP1, said=head)
    return Greeting(Language.TLS if head.startswith(_TLS_ALERT) else Language.OTHER, said=head)


def _read(connection: socket.socket, size: int) -> bytes:
    """So many bytes, or fewer where the other side ends before."""
    data = b""
    while len(data) < size:
        more = connection.recv(size - len(data))
        if not more:
            break
        data += more
    return data
