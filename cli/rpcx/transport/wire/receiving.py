"""Responses as they come: header blocks, messages, and how a call ends (PROTOCOL-HTTP2.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rpcx.results import Outcome, Status
from rpcx.transport.protocol import Headers
from rpcx.transport.wire.calls import Call, StreamCall
from rpcx.transport.wire.frames import ErrorCode, StreamFault, reset_frame, window_frame
from rpcx.transport.wire.messages import MessageFault, MessageReader
from rpcx.transport.wire.windows import ReceiveWindow

if TYPE_CHECKING:
    from collections import deque

    from rpcx.transport.wire.output import Output
    from rpcx.transport.wire.peer import Limits
    from rpcx.transport.wire.responses import Block
    from rpcx.transport.wire.sending import Sending
    from rpcx.transport.wire.stream_table import StreamTable

_LONGEST_BODY: Final = 1024
"""What is kept of a response that is not one of gRPC, in bytes."""


class Receiving:
    """Takes the responses of one connection.

    Args:
        events: Where Outcomes, Headers, and streaming calls to look at go.
        limits: What is taken of the server.
        streams: The streams of the connection.
        output: Where frames go.
        sending: What is left of requests.
    """

    def __init__(
        self,
        events: deque[Any],
        limits: Limits,
        streams: StreamTable,
        output: Output,
        sending: Sending,
    ) -> None:
        self._events = events
        self._limits = limits
        self._streams = streams
        self._output = output
        self._blocked = sending.blocked

    # What comes.

    def take_block(self, call: Call, block: Block, now: float, *, ends: bool) -> None:
        """Take a header block of a call: its response headers, or its trailers.

        Raises:
            StreamFault: It may not come now.
        """
        if call.head is not None:
            if block.http:
                raise StreamFault(ErrorCode.PROTOCOL_ERROR, "a :status in trailers")
            if not ends:
                raise StreamFault(ErrorCode.PROTOCOL_ERROR, "trailers that do not end the stream")
            call.head.check_length(call.content_bytes)
            self._end_by_trailers(call, call.head, block, now)
        elif not block.http:
            raise StreamFault(ErrorCode.PROTOCOL_ERROR, "a response without a :status")
        elif block.is_interim:
            if ends:
                raise StreamFault(ErrorCode.PROTOCOL_ERROR, "a 1xx response that ends the stream")
        elif ends:
            block.check_length(0)
            self._end_by_trailers(call, block, block, now)
        else:
            call.head = block
            call.headers = block.metadata
            if not block.is_grpc:
                call.body = bytearray()
            if isinstance(call, StreamCall):
                self._events.appendleft(Headers(call.tag, now, block.metadata))

    def take_data(self, call: Call, data: bytes, padding: int, now: float, *, ends: bool) -> None:
        """Take DATA of a call.

        Args:
            call: The call.
            data: The payload without its padding.
            padding: The bytes of the padding, which count too.
            now: The time, in seconds.
            ends: Whether the stream ends here.

        Raises:
            StreamFault: It may not come now, or is more than the window allows, or ends a response
                that says another length.
        """
        window = self._count(call, len(data) + padding)
        if call.head is None:
            raise StreamFault(ErrorCode.PROTOCOL_ERROR, "DATA before the response headers")
        if call.head.content_length is not None:
            call.content_bytes += len(data)
            call.head.check_length(call.content_bytes, ends=ends)
        used = padding
        if call.body is not None:
            call.body += data[: _LONGEST_BODY - len(call.body)]
            used += len(data)
        elif not self._read(call, call.head, data, now):
            return
        elif call.is_unary:
            used += len(data)  # a stream's messages count when they are taken
        if ends:
            self._end_without_trailers(call, call.head, now)
            return
        if used:
            self._announce(call, window.credit(used))
        if isinstance(call, StreamCall) and call.inbox:
            self.list(call)

    def _count(self, call: Call, size: int) -> ReceiveWindow:
        """Count DATA of this size, with its padding, against the window of its stream."""
        window = call.window
        if window is None:
            window = call.window = ReceiveWindow(self._limits.window)
        window.left -= size
        if window.left < 0:
            raise StreamFault(
                ErrorCode.FLOW_CONTROL_ERROR, "more data than the stream's window allows"
            )
        return window

    def _read(self, call: Call, head: Block, data: bytes, now: float) -> bool:
        """Cut messages out of DATA; False where that has ended the call."""
        reader = call.reader
        if reader is None:
            reader = call.reader = MessageReader(self._limits.message)
            reader.encoding = head.encoding
        try:
            for message, length in reader.feed(data):
                call.take(message, length)
        except MessageFault as fault:
            self.reset(call)
            self.fail(call, fault.status, str(fault), now)
            return False
        if reader.missing and (call.is_unary or (isinstance(call, StreamCall) and call.receives)):
            self.make_room(call)
        return True

    # What is given back.

    def taken(self, call: StreamCall, length: int) -> None:
        """Credit a message that the application took."""
        if call.window is not None:
            self._announce(call, call.window.credit(length))

    def make_room(self, call: Call) -> None:
        """Let the rest of a message come that somebody waits for, however large it is."""
        if call.reader is not None and call.reader.missing and call.window is not None:
            self._announce(call, call.window.widen(call.reader.missing))

    def _announce(self, call: Call, increment: int) -> None:
        if increment:
            self._output.reply(window_frame(call.stream_id, increment))

    # How calls end.

    def _end_by_trailers(self, call: Call, head: Block, trailers: Block, now: float) -> None:
        status, details = trailers.status, trailers.details
        if call.body is not None:
            status, details = head.refusal(bytes(call.body))
        elif status is None:
            if head.is_grpc:
                status, details = Status.UNKNOWN, "No status received"
            else:
                status, details = head.refusal()
        answer = call.answer
        if status is not Status.OK:
            answer = None
        elif call.reader is not None and call.reader.in_message:
            status, details, answer = Status.INTERNAL, "the response ended inside a message", None
        self._let_go(call)
        ended = (call.tag, now, status, details, answer, call.headers, trailers.metadata, False)
        end_call(call, Outcome(*ended), self._events)

    def _end_without_trailers(self, call: Call, head: Block, now: float) -> None:
        if call.body is not None:
            status, details = head.refusal(bytes(call.body))
        else:
            status, details = Status.INTERNAL, "Data frame with END_STREAM flag received"
        self._let_go(call)
        self.fail(call, status, details, now)

    def _let_go(self, call: Call) -> None:
        """Say that the rest of the request is not needed, if any is left (RFC 9113, 8.1)."""
        if call.half_closed:
            self.forget(call)
        else:
            self.reset(call, ErrorCode.NO_ERROR)

    def reset(self, call: Call, code: ErrorCode = ErrorCode.CANCEL) -> None:
        """End a call's stream from this side; its Outcome is the caller's."""
        self.forget(call)
        self._output.add(reset_frame(call.stream_id, code))
        self._streams.remember_reset(call.stream_id)

    def forget(self, call: Call) -> None:
        """Drop what is kept of a call's stream."""
        self._streams.open.pop(call.stream_id, None)
        self._blocked.pop(call, None)

    def fail(
        self, call: Call, status: Status, details: str, now: float, *, unprocessed: bool = False
    ) -> None:
        """End a call with a status of our own."""
        self.forget(call)
        ended = (call.tag, now, status, details, None, call.headers, (), unprocessed)
        end_call(call, Outcome(*ended), self._events)

    def list(self, call: StreamCall) -> None:
        """Have a streaming call looked at."""
        if not call.listed:
            call.listed = True
            self._events.append(call)


def end_call(call: Call, outcome: Outcome, events: deque[Any]) -> None:
    """Give a call its Outcome, which becomes an event once all before it was told."""
    call.note_blocked(None, outcome.at)
    if call.held is not None:
        outcome = outcome._replace(held=call.held)
    call.connection = None
    call.is_over = True
    if not isinstance(call, StreamCall):
        if call.due is not None:
            del call.due[call]
            call.due = None
        events.append(outcome)
        return
    # Its deadline goes on: it may still wait for somebody to take its messages.
    call.outcome = outcome
    if not call.listed:
        call.listed = True
        events.append(call)
