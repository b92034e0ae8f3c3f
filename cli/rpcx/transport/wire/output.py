"""The bytes that a connection has to send, until the socket took them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rpcx.transport.wire.frames import ConnectionFault, ErrorCode

if TYPE_CHECKING:
    from rpcx.transport.wire.calls import StreamCall

_MOST_REPLIES: Final = 1 << 20
"""Bytes of replies that may wait for the peer to read them: what floods it may cause us."""

_FULL: Final = 1 << 16
_READ_AHEAD: Final = 1 << 18


class Output:
    """Bytes to send, in order.

    Attributes:
        size: How many there are.
    """

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._replies = 0
        self._to_tell: list[StreamCall] = []
        self._telling: list[StreamCall] = []
        self.size = 0

    @property
    def is_full(self) -> bool:
        """Whether the socket should take some before more counts as sent."""
        return self.size >= _FULL

    @property
    def is_overfull(self) -> bool:
        """Whether nothing more of a request may be added."""
        return self.size >= _READ_AHEAD

    def add(self, data: bytes) -> None:
        """Send this."""
        self._pieces.append(data)
        self.size += len(data)

    def reply(self, data: bytes) -> None:
        """Send what the peer caused.

        Raises:
            ConnectionFault: The peer causes more than it reads.
        """
        self._replies += len(data)
        if self._replies > _MOST_REPLIES:
            raise ConnectionFault(
                ErrorCode.ENHANCE_YOUR_CALM, "more frames that want a reply than it reads replies"
            )
        self.add(data)

    def tell(self, call: StreamCall) -> None:
        """Let a call know once the socket took everything up to here."""
        self._to_tell.append(call)

    def take(self) -> bytes:
        """Return all of it; it is gone from here."""
        pieces = self._pieces
        data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        pieces.clear()
        self.size = self._replies = 0
        if self._to_tell:
            self._telling += self._to_tell
            self._to_tell.clear()
        return data

    def taken(self) -> list[StreamCall]:
        """Return the calls to tell that the socket took what they sent."""
        told = self._telling
        if told:
            self._telling = []
        return told
