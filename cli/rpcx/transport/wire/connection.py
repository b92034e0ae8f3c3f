"""The client's side of one HTTP/2 connection: bytes in, events and bytes out (RFC 9113).

The law: frames are taken in order. A frame that breaks a rule of the connection ends it with a
GOAWAY (`fault` has the reason). A frame that breaks a rule of a stream ends that stream with a
RST_STREAM. The caller passes the time; no clock is read here. Every call that was started ends in
one Outcome.

A flood costs bounded memory: replies that the peer does not read, and header blocks without an
end, have a limit, and the connection ends beyond it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rpcx.connections import Held
from rpcx.results import Outcome, Status, record
from rpcx.transport.protocol import Headers
from rpcx.transport.wire.calls import StreamCall
from rpcx.transport.wire.frames import (
    ACK,
    BEFORE_STREAM,
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    GOAWAY,
    HAS_PRIORITY,
    HEADER_BYTES,
    HEADERS,
    LARGEST_STREAM,
    PADDED,
    PING,
    PREFACE,
    PRIORITY,
    PUSH_PROMISE,
    RST_STREAM,
    SETTINGS,
    SETTINGS_ACK,
    SMALLEST_MAX_FRAME,
    WINDOW_UPDATE,
    ConnectionFault,
    ErrorCode,
    Setting,
    StreamFault,
    check_length,
    goaway_frame,
    ping_frame,
    read_settings,
    reset_frame,
    unpack_head,
    unpadded,
    window_frame,
    without_priority,
)
from rpcx.transport.wire.grpc_rules import status_of_reset
from rpcx.transport.wire.header_blocks import HeaderBlocks
from rpcx.transport.wire.messages import PREFIX_BYTES
from rpcx.transport.wire.output import Output
from rpcx.transport.wire.peer import Limits, PeerSettings
from rpcx.transport.wire.receiving import Receiving
from rpcx.transport.wire.sending import MetadataTooLargeError, Sending
from rpcx.transport.wire.stream_table import StreamTable
from rpcx.transport.wire.usual_response import UsualResponse
from rpcx.transport.wire.windows import INITIAL_WINDOW, ReceiveWindow

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Callable

    from rpcx.results import Metadata
    from rpcx.transport.wire.calls import Call
    from rpcx.transport.wire.responses import Block

_OK: Final = Status.OK
_CONNECTION_WINDOW: Final = 1 << 30
_LONGEST_TEXT: Final = 1024
_GREETING: Final = 80
_NO_LIMIT: Final = 1 << 32


class Connection:
    """One connection, from the preface to its end.

    Args:
        events: Where what happens goes: an Outcome, Headers, or a streaming call to look at.
        limits: What is taken of the peer.

    Attributes:
        peer: The settings of the server.
        ready: Whether its first SETTINGS came.
        draining: Whether no call may be started any more: the server said GOAWAY, or the
            numbers of streams are used up.
        said: The first bytes that the server sent, as many as tell what it speaks.
        goaway: What the server's GOAWAY said; empty before.
        goaway_text: The server's own words in it; None before.
        fault: What the server did wrong such that the connection has to end; None for nothing.
        pinged_at: When the PING that is unanswered was sent, in seconds; None for none.
        rtt_s: The shortest round trip of a PING, in seconds; None before.
        held: For how long calls were held back, all together.
        queued: Calls that waited for a stream, because the server takes only so many at once.
    """

    def __init__(self, events: deque[Any], limits: Limits = Limits()) -> None:  # noqa: B008 -- immutable
        self._events = events
        self._limits = limits
        self.peer = PeerSettings()
        self._output = Output()
        self._streams = StreamTable()
        self._sending = Sending(self._output, self.peer, self._written)
        self._receiving = Receiving(events, limits, self._streams, self._output, self._sending)
        self._headers = HeaderBlocks(limits.metadata)
        self._window = ReceiveWindow(_CONNECTION_WINDOW)
        self._max_streams = _NO_LIMIT
        self._unwritten_from = 1
        self._rest = b""
        self._usual: UsualResponse | None = None
        self._begun_by: tuple[bytes, Block | None] = (b"", None)
        self._candidate = b"", b""
        self._on_frame: dict[int, Callable[[int, int, bytes, float], None]] = {
            DATA: self._on_data,
            HEADERS: self._on_headers,
            PRIORITY: self._on_priority,
            RST_STREAM: self._on_reset,
            SETTINGS: self._on_settings,
            PUSH_PROMISE: self._on_push,
            PING: self._on_ping,
            GOAWAY: self._on_goaway,
            WINDOW_UPDATE: self._on_window,
            CONTINUATION: self._on_continuation,
        }
        self.ready = False
        self.draining = False
        self.said = b""
        self.goaway = ""
        self.goaway_text: str | None = None
        self.fault: ConnectionFault | None = None
        self.pinged_at: float | None = None
        self.rtt_s: float | None = None
        self.held = Held()
        self.queued = 0
        self._output.add(PREFACE + limits.announced())
        self._output.add(window_frame(0, _CONNECTION_WINDOW - INITIAL_WINDOW))

    # What the caller asks for.

    @property
    def open_calls(self) -> int:
        """Calls that have a stream and are not over."""
        return len(self._streams.open)

    def calls(self) -> tuple[Call, ...]:
        """Return the calls that have a stream and are not over."""
        return tuple(self._streams.open.values())

    @property
    def wants_to_send(self) -> bool:
        """Whether there may be bytes to send."""
        return bool(self._output.size or self._sending.blocked)

    @property
    def is_full(self) -> bool:
        """Whether the socket should take what there is before more is written."""
        return self._output.is_full

    @property
    def was_used(self) -> bool:
        """Whether any call has had a stream."""
        return self._streams.next > 1

    def may_start(self) -> bool:
        """Whether a call can have a stream now."""
        return self.ready and not self.draining and len(self._streams.open) < self._max_streams

    def start(self, call: Call, now: float) -> None:
        """Give a call a stream, and send as much of its request as the windows let through.

        Args:
            call: A call that waits; `may_start` says that it may.
            now: The time, in seconds.
        """
        call.connection = self
        if not call.is_unary:
            call.window = ReceiveWindow(self._limits.window)
        try:
            self._sending.start(call, self._streams.add(call), now)
        except MetadataTooLargeError as refusal:
            # The status is grpc-go's. gRPC's core (1.85) sends such headers all the same.
            self._receiving.fail(call, Status.INTERNAL, str(refusal), now)
        if self._streams.is_used_up:
            self.draining = True

    def write(self, call: StreamCall, framed: bytes, now: float, *, more: bool) -> None:
        """Send one message of a streaming call.

        Args:
            call: It has no message that is still to be sent.
            framed: The message with its prefix.
            now: The time, in seconds.
            more: Whether another follows at once: then a place in a buffer counts as sent.
        """
        self._sending.write(call, framed, now, more=more)

    def half_close(self, call: Call, now: float) -> None:
        """End the request of a call behind what is still to be sent of it."""
        call.ends = True
        if not call.unsent and not call.half_closed:
            self._sending.send(call, now)

    def reset(self, call: Call, code: ErrorCode = ErrorCode.CANCEL) -> None:
        """End a call's stream from this side; its Outcome is the caller's."""
        self._receiving.reset(call, code)

    def taken(self, call: StreamCall, length: int) -> None:
        """Credit a message that the application took from a streaming call's inbox.

        Args:
            call: The call.
            length: The length of the message on the wire, in bytes.
        """
        self._receiving.taken(call, length)

    def wanted(self, call: StreamCall) -> None:
        """Make room for the rest of a message that the application waits for."""
        self._receiving.make_room(call)

    def ping(self, opaque: bytes, now: float) -> None:
        """Send a PING with these eight bytes; its answer sets `rtt_s`."""
        self.pinged_at = now
        self._output.add(ping_frame(opaque))

    def take_out(self, now: float) -> bytes:
        """Return the bytes to send now; they are gone from here."""
        if self._sending.blocked:
            self._sending.pump(now)
        self._unwritten_from = self._streams.next
        return self._output.take()

    def sent(self) -> None:
        """Note that the socket took all that `take_out` returned."""
        for call in self._output.taken():
            self._written(call)

    def lose(self, text: str, now: float) -> None:
        """End every call because the connection is gone.

        Those of which no byte was handed out are unprocessed: they may be issued again.

        Args:
            text: Why, for their status text.
            now: The time, in seconds.
        """
        if self.goaway:
            text = f"{text}; {self.goaway}"
        for call in self.calls():
            unwritten = call.stream_id >= self._unwritten_from
            self._receiving.fail(call, Status.UNAVAILABLE, text, now, unprocessed=unwritten)
        self.draining = True

    def close(self) -> None:
        """Say that the connection ends, without an error."""
        if self.fault is None:
            self._output.add(goaway_frame(ErrorCode.NO_ERROR))

    # What the peer says.

    def receive(self, data: bytes, now: float) -> None:
        """Take in what came from the peer.

        Where it breaks a rule of the connection, that is noted in `fault`, a GOAWAY is made
        ready, and what follows is ignored.

        Args:
            data: Any number of bytes.
            now: When they came, in seconds.
        """
        if self.fault is not None:
            return
        try:
            self._receive(data, now)
        except ConnectionFault as fault:
            self.fault = fault
            self._output.add(goaway_frame(fault.code, str(fault)))
            self.lose(f"the server broke HTTP/2: {fault}", now)

    def _receive(self, data: bytes, now: float) -> None:  # noqa: C901, PLR0912, PLR0915 -- each call passes here twice: a function more is 3 % of its cost
        if self._rest:
            data = self._rest + data
        at, end = 0, len(data)
        if not self.ready:
            self.said = data[:_GREETING]
            _check_greeting(data)
        calls, events = self._streams.open, self._events
        headers = self._headers
        blocks = headers.known
        largest = self._limits.message
        flow = 0
        while at + HEADER_BYTES <= end:
            first, flags, stream = unpack_head(data, at)
            start = at + HEADER_BYTES
            at = start + (first >> 8)
            if at > end:
                if first >> 8 > SMALLEST_MAX_FRAME:
                    raise _too_long(first >> 8)
                at = start - HEADER_BYTES
                break
            kind = first & 0xFF
            if kind == DATA and not flags:
                call = calls.get(stream)
                size = at - start
                if (
                    # The usual DATA: one whole message of a response of gRPC.
                    call is not None
                    and (head := call.head) is not None
                    and head.is_usual
                    and PREFIX_BYTES <= size <= SMALLEST_MAX_FRAME
                    and not data[start]
                    and size - PREFIX_BYTES
                    == int.from_bytes(data[start + 1 : start + PREFIX_BYTES])
                    <= largest
                    and not headers.unfinished
                ):
                    window = call.window
                    if window is None:
                        if call.is_unary and call.answer is None:
                            flow += size
                            call.answer = data[start + PREFIX_BYTES : at]
                            continue
                    elif (
                        isinstance(call, StreamCall)
                        and window.left >= size
                        and (call.reader is None or not call.reader.in_message)
                    ):
                        flow += size
                        window.left -= size
                        call.inbox.append((data[start + PREFIX_BYTES : at], size))
                        if not call.listed:
                            call.listed = True
                            events.append(call)
                        continue
            elif kind == HEADERS and flags & ~END_STREAM == END_HEADERS:
                if self._usual is not None and flags == END_HEADERS and not headers.unfinished:
                    behind, size = self._take_usual(self._usual, data, start - HEADER_BYTES, now)
                    if size:
                        at = behind
                        flow += size
                        continue
                call = calls.get(stream)
                block = blocks.get(data[start:at])
                if call is None or block is None or headers.unfinished:
                    pass
                elif flags == END_HEADERS:
                    # The usual beginning: headers of a response of gRPC, as they were before.
                    if call.head is None and block.is_grpc:
                        call.head = block
                        call.headers = block.metadata
                        self._begun_by = data[start:at], block
                        if not call.is_unary:
                            # First: the stream may be in the queue for what was sent.
                            events.appendleft(Headers(call.tag, now, block.metadata))
                        continue
                elif (
                    # The usual end: trailers with OK behind one whole message.
                    block.status is _OK
                    and call.answer is not None
                    and call.half_closed
                    and call.reader is None
                    and not block.http
                ):
                    self._succeed(call, call.answer, call.headers, block, now)
                    self._learn(call.head, data[start:at], block, len(call.answer))
                    continue
            self._frame(kind, flags, stream & LARGEST_STREAM, data[start:at], now)
        self._rest = data[at:]
        if flow:
            self._count(flow)

    def _take_usual(
        self, usual: UsualResponse, data: bytes, at: int, now: float
    ) -> tuple[int, int]:
        """Take responses that are as those before, as many as follow one another.

        Returns:
            Where they end, and the bytes of DATA in them.
        """
        calls, succeed = self._streams.open, self._succeed
        of_length, data_at = usual.of_length, usual.data_at
        (head, first), (tail, last) = usual.head, usual.end
        headers, trailers = usual.headers.metadata, usual.trailers
        end, flow = len(data), 0
        while True:
            form = of_length.get(data[at + data_at : at + data_at + BEFORE_STREAM])
            if form is None or at + form[1] > end:
                break
            h, stream, b, _, s, prefix, message, t, e, c = form[0](data, at)
            if not (
                s == stream == e
                and h == head
                and b == first
                and c == last
                and t == tail
                and prefix == form[2]
            ):
                break
            call = calls.get(stream)
            if call is None or call.head is not None or not call.half_closed or not call.is_unary:
                break
            succeed(call, message, headers, trailers, now)
            at += form[1]
            flow += PREFIX_BYTES + len(message)
        return at, flow

    def _succeed(
        self, call: Call, answer: bytes, headers: Metadata, trailers: Block, now: float
    ) -> None:
        """End a unary call with OK."""
        del self._streams.open[call.stream_id]
        call.connection = None
        call.is_over = True
        due = call.due
        if due is not None:
            del due[call]
        said, metadata = trailers.details, trailers.metadata
        ended = (call.tag, now, _OK, said, answer, headers, metadata, False, call.held)
        self._events.append(record(Outcome, ended))

    def _learn(self, headers: Block | None, last: bytes, trailers: Block, length: int) -> None:
        """Note what a usual response looked like, to know the next at once."""
        first, before = self._begun_by
        if headers is None or before is not headers:
            return
        usual = self._usual
        if usual is None or usual.headers is not headers or usual.trailers is not trailers:
            # Only at the second time: headers may differ with every response.
            if self._candidate != (first, last):
                self._candidate = first, last
                return
            largest = self._limits.message
            usual = self._usual = UsualResponse(first, last, headers, trailers, largest)
        usual.learn(length)

    def _frame(self, kind: int, flags: int, stream: int, payload: bytes, now: float) -> None:
        if len(payload) > SMALLEST_MAX_FRAME:
            raise _too_long(len(payload))
        if not self.ready and (kind != SETTINGS or flags & ACK):
            if kind == GOAWAY:
                self._on_goaway(flags, stream, payload, now)  # it says why
            raise _wrong("a first frame that is not SETTINGS")
        if self._headers.unfinished and kind != CONTINUATION:
            raise _wrong("another frame inside a header block")
        handle = self._on_frame.get(kind)
        if handle is None:
            return
        try:
            handle(flags, stream, payload, now)
        except StreamFault as fault:
            call = self._streams.open.get(stream)
            if call is None:
                self._output.reply(reset_frame(stream, fault.code))
                return
            self.reset(call, fault.code)
            self._receiving.fail(call, Status.INTERNAL, f"the server broke HTTP/2: {fault}", now)

    def _count(self, size: int) -> None:
        """Count bytes against the window of the connection, and give them back."""
        window = self._window
        window.left -= size
        if window.left < 0:
            raise ConnectionFault(
                ErrorCode.FLOW_CONTROL_ERROR, "more data than the connection's window allows"
            )
        increment = window.credit(size)
        if increment:
            self._output.reply(window_frame(0, increment))

    def _on_data(self, flags: int, stream: int, payload: bytes, now: float) -> None:
        call = self._streams.living(stream, "DATA")
        size = len(payload)
        # Also where nobody wants it: else the window of the connection would shrink.
        self._count(size)
        if flags & PADDED:
            payload = unpadded(payload)
        if call is not None:
            ends = bool(flags & END_STREAM)
            self._receiving.take_data(call, payload, size - len(payload), now, ends=ends)

    def _on_headers(self, flags: int, stream: int, payload: bytes, now: float) -> None:
        if flags & PADDED:
            payload = unpadded(payload, priority=bool(flags & HAS_PRIORITY))
        elif flags & HAS_PRIORITY:
            payload = without_priority(payload)
        self._streams.check_known(stream, "HEADERS")
        if flags & END_HEADERS:
            self._take_block(flags, stream, payload, now)
        else:
            self._headers.begin(stream, flags, payload)

    def _on_continuation(self, flags: int, stream: int, payload: bytes, now: float) -> None:
        first_flags = self._headers.go_on(stream, payload)
        if flags & END_HEADERS:
            self._take_block(first_flags, stream, self._headers.finish(), now)

    def _take_block(self, flags: int, stream: int, encoded: bytes, now: float) -> None:
        block = self._headers.decode(encoded)
        if not self._headers.known:
            self._usual = None  # the same bytes may mean another thing next time
        call = self._streams.living(stream, "HEADERS")
        if call is None:
            return
        if block is None:
            self.reset(call)
            text = f"the server sent more than {self._limits.metadata} bytes of metadata"
            self._receiving.fail(call, Status.RESOURCE_EXHAUSTED, text, now)
            return
        self._receiving.take_block(call, block, now, ends=bool(flags & END_STREAM))

    def _on_priority(self, _flags: int, stream: int, payload: bytes, _now: float) -> None:
        if not stream:
            raise _wrong("PRIORITY on stream 0")
        if len(payload) != 5:  # noqa: PLR2004 -- section 6.3
            raise StreamFault(ErrorCode.FRAME_SIZE_ERROR, f"a PRIORITY of {len(payload)} bytes")

    def _on_reset(self, _flags: int, stream: int, payload: bytes, now: float) -> None:
        self._streams.check_known(stream, "RST_STREAM")
        check_length("RST_STREAM", payload, 4)
        call = self._streams.open.get(stream)
        if call is None:
            return
        code = int.from_bytes(payload)
        refused = code == ErrorCode.REFUSED_STREAM
        text = f"Received RST_STREAM with error code {code}"
        self._receiving.fail(call, status_of_reset(code), text, now, unprocessed=refused)

    def _on_settings(self, flags: int, stream: int, payload: bytes, now: float) -> None:
        _check_connection_alone("SETTINGS", stream)
        if flags & ACK:
            check_length("acknowledgement of SETTINGS", payload, 0)
            return
        for setting, value in read_settings(payload):
            if setting == Setting.INITIAL_WINDOW_SIZE:
                self._sending.move_windows(self.calls(), value, now)
                continue
            self.peer.note(setting, value)
            if setting == Setting.HEADER_TABLE_SIZE:
                self._sending.encoder.resize(value)
            elif setting == Setting.MAX_CONCURRENT_STREAMS:
                self._max_streams = value
        self.ready = True
        self._output.reply(SETTINGS_ACK)

    def _on_push(self, _flags: int, _stream: int, _payload: bytes, _now: float) -> None:
        raise _wrong("PUSH_PROMISE, which was switched off")

    def _on_ping(self, flags: int, stream: int, payload: bytes, now: float) -> None:
        _check_connection_alone("PING", stream)
        check_length("PING", payload, 8)
        if not flags & ACK:
            self._output.reply(ping_frame(payload, ack=True))
        elif self.pinged_at is not None:
            rtt_s = now - self.pinged_at
            self.rtt_s = rtt_s if self.rtt_s is None else min(self.rtt_s, rtt_s)
            self.pinged_at = None

    def _on_goaway(self, _flags: int, stream: int, payload: bytes, now: float) -> None:
        _check_connection_alone("GOAWAY", stream)
        if len(payload) < 8:  # noqa: PLR2004 -- section 6.8
            raise ConnectionFault(ErrorCode.FRAME_SIZE_ERROR, f"a GOAWAY of {len(payload)} bytes")
        last = int.from_bytes(payload[:4]) & LARGEST_STREAM
        code = int.from_bytes(payload[4:8])
        text = payload[8 : 8 + _LONGEST_TEXT].decode("utf-8", "replace")
        said = f"; Debug Text: {text}" if text else ""
        self.goaway = f"GOAWAY received; Error code: {code}{said}"
        self.goaway_text = text
        self.draining = True
        for call in self.calls():
            if call.stream_id > last:
                self._receiving.fail(call, Status.UNAVAILABLE, self.goaway, now, unprocessed=True)
                self._streams.remember_reset(call.stream_id)

    def _on_window(self, _flags: int, stream: int, payload: bytes, now: float) -> None:
        check_length("WINDOW_UPDATE", payload, 4)
        increment = int.from_bytes(payload) & LARGEST_STREAM
        if not stream:
            self._sending.widen(increment, now)
            return
        self._streams.check_known(stream, "WINDOW_UPDATE")
        call = self._streams.open.get(stream)
        if call is not None:
            self._sending.widen_stream(call, increment, now)

    def _written(self, call: StreamCall) -> None:
        call.is_written = True
        self._receiving.list(call)


def _wrong(text: str) -> ConnectionFault:
    return ConnectionFault(ErrorCode.PROTOCOL_ERROR, text)


def _too_long(length: int) -> ConnectionFault:
    return ConnectionFault(ErrorCode.FRAME_SIZE_ERROR, f"a frame of {length} bytes")


def _check_connection_alone(what: str, stream: int) -> None:
    if stream:
        raise _wrong(f"{what} on stream {stream}")


def _check_greeting(data: bytes) -> None:
    """Recognise a server of HTTP/1.1 by its first words."""
    if data[:5] == b"HTTP/":
        line = data[:_GREETING].partition(b"\r")[0].decode("latin-1")
        raise _wrong(f'it answers "{line}", which is HTTP/1.1')
