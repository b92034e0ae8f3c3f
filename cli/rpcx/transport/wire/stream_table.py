"""The streams of a connection, by their numbers (RFC 9113, section 5.1).

The law: what a number means, as a client sees it that has switched off push:

    0, even, or not used yet      idle: only PRIORITY is legal, all else ends the connection
    in `open`                     open, or half-closed on either side
    reset by us, not long ago     closed: what the server sent before it knew is ignored
    all others                    closed by the server: HEADERS or DATA end the connection
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rpcx.transport.wire.frames import LARGEST_STREAM, ConnectionFault, ErrorCode

if TYPE_CHECKING:
    from rpcx.transport.wire.calls import Call

_MOST_RESETS_KEPT: Final = 10_000
_LAST_STREAM: Final = LARGEST_STREAM - 2 * 100_000
"""New calls go to another connection some time before the numbers end (section 5.1.1)."""


class StreamTable:
    """The streams that are open, and what is remembered of others.

    Attributes:
        open: Calls by the numbers of their streams.
        next: The number of the next stream.
    """

    def __init__(self) -> None:
        self.open: dict[int, Call] = {}
        self.next = 1
        self._resets: dict[int, None] = {}
        self._forgotten = 0

    @property
    def is_used_up(self) -> bool:
        """Whether the numbers come to their end."""
        return self.next > _LAST_STREAM

    def add(self, call: Call) -> int:
        """Give a call the next number, and return that."""
        stream = call.stream_id = self.next
        self.next = stream + 2
        self.open[stream] = call
        return stream

    def check_known(self, stream: int, what: str) -> None:
        """Refuse a frame for a stream that was never opened.

        Raises:
            ConnectionFault: It is for one.
        """
        if not stream & 1 or stream >= self.next:
            raise ConnectionFault(
                ErrorCode.PROTOCOL_ERROR, f"{what} on stream {stream}, which was not opened"
            )

    def living(self, stream: int, what: str) -> Call | None:
        """Return the call that DATA or HEADERS are for; None where they are to be ignored.

        Raises:
            ConnectionFault: They may not come for this stream.
        """
        call = self.open.get(stream)
        if call is None:
            self.check_known(stream, what)
            if stream > self._forgotten and stream not in self._resets:
                raise ConnectionFault(
                    ErrorCode.STREAM_CLOSED, f"{what} on stream {stream}, which had ended"
                )
        return call

    def remember_reset(self, stream: int) -> None:
        """Note that something may still come for a stream that is closed here."""
        self._resets[stream] = None
        if len(self._resets) > _MOST_RESETS_KEPT:
            oldest = next(iter(self._resets))
            del self._resets[oldest]
            self._forgotten = max(self._forgotten, oldest)
