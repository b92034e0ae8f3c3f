"""A streaming call as the Protocol has it, on the heart's `StreamCall`.

The law: the thread that drives the transport carries out every operation; other threads submit
theirs to it. The driver also calls `deliver`, which reports a finished send, then each message that
was asked for, and goes on as long as such a report brings the next. The Outcome is last, once
nothing is outstanding.
"""

from __future__ import annotations

import time
from threading import get_ident
from typing import TYPE_CHECKING

from rpcx.results import Outcome, Status
from rpcx.transport.protocol import OutstandingError
from rpcx.transport.wire.calls import CANCELLED_HERE, StreamCall

if TYPE_CHECKING:
    from rpcx.connections import Holder
    from rpcx.transport.protocol import OnReceived, OnSent
    from rpcx.transport.wire.requests import RequestHead
    from rpcx.transport.wire.transport import WireTransport

_clock = time.perf_counter


class WireStream(StreamCall):
    """One RPC of any streaming kind.

    Args:
        transport: Drives it.
        tag: What its events carry.
        request_head: Makes its request headers.
        timeout_s: Its deadline from now, in seconds; None for none.
        deadline: The same as a moment; infinite for none.
        on_sent: Told of each send.
        on_received: Told of each receive.
    """

    def __init__(
        self,
        transport: WireTransport,
        tag: object,
        request_head: RequestHead,
        timeout_s: float | None,
        deadline: float,
        on_sent: OnSent,
        on_received: OnReceived,
    ) -> None:
        super().__init__(tag, request_head, timeout_s, deadline)
        self._transport = transport
        self._frame = request_head.frame
        self._tell_sent = on_sent
        self._tell_received = on_received
        self._message = b""
        self._framed = b""
        self._more = False
        self._sending = False
        self._delivering = False
        self._ended = False

    @property
    def holder(self) -> Holder | None:
        blocked = self.blocked
        return None if blocked is None else blocked[0]

    def send(self, message: bytes, *, more: bool = False) -> None:
        if self._sending:
            raise OutstandingError("a second send while one is outstanding on this stream")
        if self._ended:
            return
        self._sending = True
        if message is not self._message or not self._framed:
            self._message = message
            self._framed = self._frame(message)
        self._more = more
        if self._transport.driver == get_ident():  # a report of it calls for the next
            self._write()
        else:
            self._transport.submit(self._write)

    def half_close(self) -> None:
        if self._sending:
            raise OutstandingError("half-close while a send is outstanding on this stream")
        self._transport.submit(self._half_close)

    def receive(self) -> None:
        if self.receives:
            raise OutstandingError("a second receive while one is outstanding on this stream")
        if self._ended:
            return
        self.receives = self.is_read = True
        if not self._delivering:
            self._transport.submit(self._ask)

    def cancel(self) -> None:
        self._transport.submit(self.give_up)

    # In the thread that drives.

    def deliver(self) -> Outcome | None:
        """Report what there is to report; return the Outcome if it is the turn of that.

        After its Outcome it has nothing to report, though a frame of it may still be written.
        """
        if self._ended:
            self.listed = False
            return None
        inbox, taken = self.inbox, 0
        while True:
            now = _clock()
            if self.is_written:
                self.is_written = self._sending = False
                self._tell_sent(now, True)
            self._delivering = True
            while self.receives and inbox:
                self.receives = False
                message, length = inbox.popleft()
                taken += length
                self._tell_received(now, message)
            self._delivering = False
            # Another thread may have asked meanwhile, and relied on this loop.
            if not (self.is_written or (self.receives and inbox)):
                break
        self.listed = False
        if taken and self.connection is not None:
            self.connection.taken(self, taken)
        if self.outcome is None:
            if self.receives and self.connection is not None:
                self.connection.wanted(self)
            return None
        return self._conclude(now) if self.may_end and not self._ended else None

    def _conclude(self, now: float) -> Outcome | None:
        self._ended = True
        self._transport.streams.pop(self, None)
        if self.due is not None:
            del self.due[self]
            self.due = None
        if self._sending:
            self._sending = False
            self._tell_sent(now, False)
        if self.receives:
            self.receives = False
            self._tell_received(now, None)
        return self.outcome

    def _write(self) -> None:
        if self.is_over:
            self.list_again()
            return
        message = self._message
        refusal = self._transport.refused(message)
        if refusal:
            self._transport.end(self, Status.RESOURCE_EXHAUSTED, refusal)
        elif self.connection is not None:
            self.connection.write(self, self._framed, _clock(), more=self._more)
        else:
            self.unsent = memoryview(self._framed)

    def _half_close(self) -> None:
        if self.is_over:
            return
        if self.connection is not None:
            self.connection.half_close(self, _clock())
        else:
            self.ends = True

    def _ask(self) -> None:
        if self.inbox or self.is_over:
            self.list_again()
        elif self.connection is not None:
            self.connection.wanted(self)

    def give_up(self) -> None:
        """Cancel it; where it has ended, drop the messages that nobody took."""
        self.end_as(Status.CANCELLED, CANCELLED_HERE)

    def end_as(self, status: Status, details: str) -> None:
        """End it from this side with this status, unless it has ended and everything was taken."""
        outcome = self.outcome
        if outcome is None:
            self._transport.end(self, status, details)
        elif self.inbox:
            # An OK comes only once every message was received, and these never will be.
            self.outcome = outcome._replace(status=status, details=details)
        self.inbox.clear()
        self.list_again()

    def list_again(self) -> None:
        """Have it looked at: something was asked of a stream that has an answer already."""
        if not self.listed and not self._ended:
            self.listed = True
            self._transport.queue.append(self)
