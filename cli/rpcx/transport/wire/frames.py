"""HTTP/2 frames as bytes: their header, their numbers, and those that a client sends.

The law (RFC 9113, section 4.1): a frame is a header of nine bytes, then its payload. The
header has the length (24 bits), the type (8), the flags (8), a reserved bit that is ignored,
and the stream (31). Types and flags that are not known are ignored. Stream 0 is the connection.

Two kinds of errors end something, and both come from here: a `ConnectionFault` ends the
connection with a GOAWAY (section 5.4.1), a `StreamFault` one stream with an RST_STREAM (5.4.2).
"""

from __future__ import annotations

import enum
import struct
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
"""What a client says first (section 3.4); a SETTINGS frame follows at once."""

HEADER_BYTES: Final = 9
LARGEST_STREAM: Final = (1 << 31) - 1
SMALLEST_MAX_FRAME: Final = 16_384
LARGEST_MAX_FRAME: Final = (1 << 24) - 1

# Types (section 6).
DATA: Final = 0
HEADERS: Final = 1
PRIORITY: Final = 2
RST_STREAM: Final = 3
SETTINGS: Final = 4
PUSH_PROMISE: Final = 5
PING: Final = 6
GOAWAY: Final = 7
WINDOW_UPDATE: Final = 8
CONTINUATION: Final = 9

# Flags.
ACK: Final = 0x1
END_STREAM: Final = 0x1
END_HEADERS: Final = 0x4
PADDED: Final = 0x8
HAS_PRIORITY: Final = 0x20


class Setting(enum.IntEnum):
    """The parameters of a SETTINGS frame (section 6.5.2)."""

    HEADER_TABLE_SIZE = 1
    ENABLE_PUSH = 2
    MAX_CONCURRENT_STREAMS = 3
    INITIAL_WINDOW_SIZE = 4
    MAX_FRAME_SIZE = 5
    MAX_HEADER_LIST_SIZE = 6


class ErrorCode(enum.IntEnum):
    """The error codes of RST_STREAM and GOAWAY (section 7)."""

    NO_ERROR = 0x0
    PROTOCOL_ERROR = 0x1
    INTERNAL_ERROR = 0x2
    FLOW_CONTROL_ERROR = 0x3
    SETTINGS_TIMEOUT = 0x4
    STREAM_CLOSED = 0x5
    FRAME_SIZE_ERROR = 0x6
    REFUSED_STREAM = 0x7
    CANCEL = 0x8
    COMPRESSION_ERROR = 0x9
    CONNECT_ERROR = 0xA
    ENHANCE_YOUR_CALM = 0xB
    INADEQUATE_SECURITY = 0xC
    HTTP_1_1_REQUIRED = 0xD


class ConnectionFault(Exception):  # noqa: N818 -- the peer erred: h11's RemoteProtocolError
    """The peer broke a rule, or a limit of ours, such that the connection has to end.

    Attributes:
        code: What the GOAWAY says.
    """

    def __init__(self, code: ErrorCode, text: str) -> None:
        super().__init__(text)
        self.code = code


class StreamFault(Exception):  # noqa: N818 -- as above
    """The peer broke a rule such that one stream has to end.

    Attributes:
        code: What the RST_STREAM says.
    """

    def __init__(self, code: ErrorCode, text: str) -> None:
        super().__init__(text)
        self.code = code


_HEAD: Final = struct.Struct(">IBI")
_SETTING: Final = struct.Struct(">HI")
_NUMBER: Final = struct.Struct(">I")

pack_head: Final = _HEAD.pack
"""`pack_head(length << 8 | type, flags, stream)`."""

unpack_head: Final = _HEAD.unpack_from
"""The same three numbers at a position of received bytes; the last has the reserved bit."""

BEFORE_STREAM: Final = HEADER_BYTES - 4
"""Where the number of the stream is in the head of a frame."""


def head_before_stream(kind: int, flags: int, length: int) -> bytes:
    """Return the head of a frame as far as the number of its stream, which follows."""
    return pack_head(length << 8 | kind, flags, 0)[:BEFORE_STREAM]


pack_number: Final = _NUMBER.pack


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """Return one frame."""
    return pack_head(len(payload) << 8 | kind, flags, stream) + payload


def settings_frame(values: Mapping[int, int]) -> bytes:
    """Return a SETTINGS frame (section 6.5)."""
    return frame(SETTINGS, 0, 0, b"".join(_SETTING.pack(*pair) for pair in values.items()))


SETTINGS_ACK: Final = frame(SETTINGS, ACK, 0)


def read_settings(payload: bytes) -> list[tuple[int, int]]:
    """Return the parameters of a SETTINGS frame in order.

    Raises:
        ConnectionFault: The length is not a multiple of six (section 6.5).
    """
    if len(payload) % _SETTING.size:
        raise ConnectionFault(
            ErrorCode.FRAME_SIZE_ERROR, f"a SETTINGS frame of {len(payload)} bytes"
        )
    return list(_SETTING.iter_unpack(payload))


def ping_frame(opaque: bytes, *, ack: bool = False) -> bytes:
    """Return a PING with its eight bytes (section 6.7)."""
    return frame(PING, ACK if ack else 0, 0, opaque)


def reset_frame(stream: int, code: ErrorCode) -> bytes:
    """Return a RST_STREAM (section 6.4)."""
    return frame(RST_STREAM, 0, stream, pack_number(code))


def window_frame(stream: int, increment: int) -> bytes:
    """Return a WINDOW_UPDATE (section 6.9)."""
    return frame(WINDOW_UPDATE, 0, stream, pack_number(increment))


def goaway_frame(code: ErrorCode, text: str = "") -> bytes:
    """Return a GOAWAY of ours (section 6.8): servers open no streams here, so the last is 0."""
    return frame(GOAWAY, 0, 0, pack_number(0) + pack_number(code) + text.encode())


def header_frames(stream: int, block: bytes, max_frame: int, *, end_stream: bool) -> bytes:
    """Return a header block as HEADERS and as many CONTINUATION as it takes (section 6.10)."""
    ends = END_STREAM if end_stream else 0
    if len(block) <= max_frame:
        return frame(HEADERS, END_HEADERS | ends, stream, block)
    pieces = [block[at : at + max_frame] for at in range(0, len(block), max_frame)]
    frames = [frame(HEADERS, ends, stream, pieces[0])]
    frames += [frame(CONTINUATION, 0, stream, piece) for piece in pieces[1:-1]]
    frames.append(frame(CONTINUATION, END_HEADERS, stream, pieces[-1]))
    return b"".join(frames)


def unpadded(payload: bytes, *, priority: bool = False) -> bytes:
    """Return the payload of a PADDED frame without its padding (sections 6.1, 6.2).

    Args:
        payload: All of it, the length of the padding first.
        priority: Whether five bytes of priority follow that length: they go too.

    Raises:
        ConnectionFault: The padding is as long as the payload, or longer.
    """
    start = 6 if priority else 1
    end = len(payload) - payload[0] if payload else -1
    if end < start:
        raise ConnectionFault(ErrorCode.PROTOCOL_ERROR, "a frame with more padding than payload")
    return payload[start:end]


def without_priority(payload: bytes) -> bytes:
    """Return the payload of HEADERS without its priority, which is ignored (section 5.3.2).

    Raises:
        ConnectionFault: It is too short for one.
    """
    if len(payload) < 5:  # noqa: PLR2004 -- section 6.2
        raise ConnectionFault(ErrorCode.FRAME_SIZE_ERROR, "HEADERS that end in their priority")
    return payload[5:]


def check_length(what: str, payload: bytes, due: int) -> None:
    """Refuse a frame whose payload has another length than its type demands.

    Raises:
        ConnectionFault: It has.
    """
    if len(payload) != due:
        raise ConnectionFault(ErrorCode.FRAME_SIZE_ERROR, f"{what} of {len(payload)} bytes")
