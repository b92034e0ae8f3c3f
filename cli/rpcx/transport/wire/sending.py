"""Requests on their way: as much of each as the windows and the socket let through.

The law (RFC 9113, sections 4.2, 5.2 and 6.9): DATA fits the peer's largest frame, the window of its
stream and the window of the connection. The rest of a request stays with its call, and such calls
take turns. Each notes for how long its stream's window, the connection's, or the socket held it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rpcx.connections import Holder
from rpcx.transport.wire.calls import Call, StreamCall
from rpcx.transport.wire.frames import (
    END_STREAM,
    SMALLEST_MAX_FRAME,
    ConnectionFault,
    ErrorCode,
    StreamFault,
    header_frames,
    pack_head,
    pack_number,
)
from rpcx.transport.wire.header_encoder import HeaderEncoder
from rpcx.transport.wire.windows import INITIAL_WINDOW, LARGEST_WINDOW

if TYPE_CHECKING:
    from collections.abc import Callable

    from rpcx.transport.wire.output import Output
    from rpcx.transport.wire.peer import PeerSettings

_SHORTEST_S: Final = 0.000_001


class MetadataTooLargeError(Exception):
    """The headers of a request are larger than the server says it takes (RFC 9113, 10.5.1).

    Args:
        size: Of the list of headers, in bytes.
        limit: The server's SETTINGS_MAX_HEADER_LIST_SIZE.
    """

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(
            f"the request has {size} bytes of headers, and the server takes {limit}"
            " (SETTINGS_MAX_HEADER_LIST_SIZE): send less metadata"
        )


class Sending:
    """Sends the requests of one connection.

    Args:
        output: Where frames go.
        peer: What the server announced.
        written: Told of a streaming call whose message is on its way.

    Attributes:
        window: What the server lets us send on the connection, in bytes.
        blocked: Calls that are held back, in the order in which they are served.
        encoder: Encodes header blocks.
    """

    def __init__(
        self, output: Output, peer: PeerSettings, written: Callable[[StreamCall], None]
    ) -> None:
        self._output = output
        self._peer = peer
        self._written = written
        self.window = INITIAL_WINDOW
        self.blocked: dict[Call, None] = {}
        self.encoder = HeaderEncoder()

    def start(self, call: Call, stream: int, now: float) -> None:
        """Send the headers of a call, and of its request what may go.

        Raises:
            MetadataTooLargeError: The server takes no headers as large; nothing is sent.
        """
        timeout_s = call.timeout_s
        if timeout_s is not None and call.waits_since:
            timeout_s = max(call.deadline - now, _SHORTEST_S)
        head, request, peer = call.request_head, call.request, self._peer
        limit = peer.max_metadata
        if limit is not None and (call.metadata is not None or head.longest > limit):
            listed = head.list_size(timeout_s, call.metadata)
            if listed > limit:
                raise MetadataTooLargeError(listed, limit)
        size = len(request)
        if (
            call.ends
            and call.metadata is None
            and head.is_short
            and size <= SMALLEST_MAX_FRAME
            and size <= self.window
            and size <= peer.initial_window
        ):
            # The usual call: two frames, and nothing is left of the request.
            self.window -= size
            call.half_closed = True
            number = pack_number(stream)
            before, between = head.usual(self.encoder, timeout_s, request)
            self._output.add(b"".join((before, number, between, number, request)))
            return
        block = head.block(self.encoder, timeout_s, call.metadata)
        self._output.add(header_frames(stream, block, peer.max_frame, end_stream=False))
        call.send_window = peer.initial_window
        if size:
            call.unsent = memoryview(request)
        self.send(call, now)

    def write(self, call: StreamCall, framed: bytes, now: float, *, more: bool) -> None:
        """Send one message of a streaming call; see `Connection.write`."""
        size = len(framed)
        if size <= call.send_window and size <= self.window and size <= SMALLEST_MAX_FRAME:
            call.send_window -= size
            self.window -= size
            self._output.add(pack_head(size << 8, 0, call.stream_id) + framed)
            if more and not self._output.is_full:
                self._written(call)
            else:
                self._output.tell(call)
            return
        call.unsent = memoryview(framed)
        self.send(call, now)

    def send(self, call: Call, now: float) -> None:
        """Send of a call's request what may go."""
        self.blocked.pop(call, None)
        unsent = call.unsent
        at, size = 0, len(unsent)
        held_by = None
        while at < size:
            length = min(size - at, self._peer.max_frame, call.send_window, self.window)
            if length <= 0:
                held_by = (
                    Holder.STREAM_WINDOW if call.send_window <= 0 else Holder.CONNECTION_WINDOW
                )
                break
            if self._output.is_overfull:
                held_by = Holder.SOCKET
                break
            call.half_closed = call.ends and at + length == size
            flags = END_STREAM if call.half_closed else 0
            self._output.add(pack_head(length << 8, flags, call.stream_id))
            self._output.add(bytes(unsent[at : at + length]))
            call.send_window -= length
            self.window -= length
            at += length
        call.unsent = unsent[at:] if at < size else b""
        if call.blocked is not None or held_by is not None:
            call.note_blocked(held_by, now)
        if held_by is not None:
            self.blocked[call] = None
            return
        if size and isinstance(call, StreamCall):
            self._output.tell(call)
        if call.ends and not call.half_closed:
            # An empty frame needs no window (section 6.9.1).
            self._output.add(pack_head(0, END_STREAM, call.stream_id))
            call.half_closed = True

    def pump(self, now: float) -> None:
        """Send what was held back and is not any more."""
        for call in tuple(self.blocked):
            self.send(call, now)

    def widen(self, increment: int, now: float) -> None:
        """Take in a WINDOW_UPDATE of the connection (section 6.9.1).

        Raises:
            ConnectionFault: It is 0, or too much.
        """
        if not increment:
            raise ConnectionFault(ErrorCode.PROTOCOL_ERROR, "a WINDOW_UPDATE of 0")
        self.window += increment
        if self.window > LARGEST_WINDOW:
            raise ConnectionFault(
                ErrorCode.FLOW_CONTROL_ERROR, "a connection's window of more than 2^31-1 bytes"
            )
        self.pump(now)

    def widen_stream(self, call: Call, increment: int, now: float) -> None:
        """Take in a WINDOW_UPDATE of a stream.

        Raises:
            StreamFault: It is 0, or too much.
        """
        if not increment:
            raise StreamFault(ErrorCode.PROTOCOL_ERROR, "a WINDOW_UPDATE of 0")
        if call.half_closed and not call.send_window:
            # The usual call does not count its window, for nothing is left to be sent.
            call.send_window = self._peer.initial_window - len(call.request)
        call.send_window += increment
        if call.send_window > LARGEST_WINDOW:
            raise StreamFault(
                ErrorCode.FLOW_CONTROL_ERROR, "a stream's window of more than 2^31-1 bytes"
            )
        if call in self.blocked:
            self.send(call, now)

    def move_windows(self, calls: tuple[Call, ...], initial: int, now: float) -> None:
        """Take in a new initial window: those of open streams move too, even below 0 (6.9.2).

        Raises:
            ConnectionFault: It makes one too large.
        """
        if initial > LARGEST_WINDOW:
            raise ConnectionFault(
                ErrorCode.FLOW_CONTROL_ERROR, f"an initial window of {initial} bytes"
            )
        change = initial - self._peer.initial_window
        self._peer.initial_window = initial
        for call in calls:
            if call.half_closed:
                continue
            call.send_window += change
            if call.send_window > LARGEST_WINDOW:
                raise ConnectionFault(
                    ErrorCode.FLOW_CONTROL_ERROR, "an initial window that makes one too large"
                )
        self.pump(now)
