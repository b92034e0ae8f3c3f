"""What either side announces, or takes of the other (RFC 9113, section 6.5.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from rpcx.transport.wire.frames import (
    LARGEST_MAX_FRAME,
    SMALLEST_MAX_FRAME,
    ConnectionFault,
    ErrorCode,
    Setting,
    settings_frame,
)
from rpcx.transport.wire.messages import DEFAULT_LARGEST
from rpcx.transport.wire.windows import INITIAL_WINDOW


class Limits(NamedTuple):
    """What is taken of the server.

    Attributes:
        message: The largest message that is received, in bytes.
        metadata: The largest list of headers, in bytes.
        window: What a server may send on a stream before it is read, in bytes.
    """

    message: int = DEFAULT_LARGEST
    metadata: int = 1 << 20
    window: int = INITIAL_WINDOW

    def announced(self) -> bytes:
        """Return the SETTINGS that say so."""
        return settings_frame(
            {
                Setting.HEADER_TABLE_SIZE: 0,
                Setting.ENABLE_PUSH: 0,
                Setting.INITIAL_WINDOW_SIZE: self.window,
                Setting.MAX_HEADER_LIST_SIZE: self.metadata,
            }
        )


@dataclass(slots=True)
class PeerSettings:
    """What the server announced, or the protocol's initial values; None is no limit.

    Attributes:
        header_table: How large a table for header blocks it keeps, in bytes.
        max_streams: How many streams may be open at once.
        initial_window: What may be sent on a stream before it is read, in bytes.
        max_frame: The largest payload of a frame, in bytes.
        max_metadata: The largest list of headers that it says it takes, in bytes.
    """

    header_table: int = 4096
    max_streams: int | None = None
    initial_window: int = INITIAL_WINDOW
    max_frame: int = SMALLEST_MAX_FRAME
    max_metadata: int | None = None

    def note(self, setting: int, value: int) -> None:
        """Take in a setting that moves nothing else; one that is not known is ignored.

        Raises:
            ConnectionFault: The value is not valid.
        """
        if setting == Setting.HEADER_TABLE_SIZE:
            self.header_table = value
        elif setting == Setting.ENABLE_PUSH and value:
            raise ConnectionFault(ErrorCode.PROTOCOL_ERROR, "a server that announces push")
        elif setting == Setting.MAX_CONCURRENT_STREAMS:
            self.max_streams = value
        elif setting == Setting.MAX_FRAME_SIZE:
            if not SMALLEST_MAX_FRAME <= value <= LARGEST_MAX_FRAME:
                raise ConnectionFault(ErrorCode.PROTOCOL_ERROR, f"a largest frame of {value} bytes")
            self.max_frame = value
        elif setting == Setting.MAX_HEADER_LIST_SIZE:
            self.max_metadata = value
