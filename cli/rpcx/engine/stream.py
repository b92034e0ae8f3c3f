"""One stream with one send worker and one receive worker.

The law (gRPC's own): on one stream at most one sends and at most one receives at any
instant; the two sides never wait for each other. Here each side is a chain of events
on the channel's queue: a completed send starts the next one, a received message asks
for the next one, and a document that arrives late wakes the sending side. So a reply is
announced the moment it comes, however long the sender waits for its input.

A send carries the buffer hint only while the next message is already in hand: that one
follows as soon as this is complete, so nothing stays in a buffer when the sender waits.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from rpcx.engine.deadline import blame_deadline, is_over
from rpcx.engine.source import Dry
from rpcx.errors import RpcxError
from rpcx.results import MessageResult, Outcome, Status
from rpcx.transport.protocol import Headers, Received, Sent, Woken

if TYPE_CHECKING:
    from rpcx.engine.feed import Feed
    from rpcx.engine.source import Source
    from rpcx.plan import StreamPlan
    from rpcx.transport.protocol import Stream, Transport

_clock = time.perf_counter

_WORKER: Final = 0


class StreamEngine:
    """Drives one stream on a connected transport and announces each message.

    Args:
        plan: What to open.
        transport: A channel that is ready; nobody else drives it meanwhile.
        source: The messages to send.
        feed: Where completed sends and received messages go.

    Attributes:
        begun: When the stream was opened, in seconds of `time.perf_counter`.
        outcome: How it ended; None until then.
        ended_by: `server`, `client` (rpcx cancelled it), `deadline` or `connection`.
        half_closed_at: When the last message was sent and the client side closed.
        error: What went wrong on this side (a document that is no message), if anything.
    """

    def __init__(
        self,
        plan: StreamPlan,
        transport: Transport,
        source: Source,
        feed: Feed[MessageResult],
    ) -> None:
        self._plan = plan
        self._transport = transport
        self._source = source
        self._announce = feed.announce
        self._finish = feed.finish
        self._ahead: bytes | Dry = Dry.NOT_YET
        self._in_hand = b""
        self._nothing_sent = True
        self._sending = False
        self._sent = 0
        self._received = 0
        self._cancelled = False
        self.begun = 0.0
        self.outcome: Outcome | None = None
        self.ended_by = ""
        self.half_closed_at: float | None = None
        self.error: RpcxError | None = None

    def run(self) -> None:
        """Drive the stream to its end. To be run in a thread of its own."""
        try:
            self.begun = _clock()
            plan = self._plan
            stream = self._transport.stream(self, plan.method, plan.metadata, plan.timeout_s)
            self._source.on_arrival(self._transport.wake)
            stream.receive()
            self._send_next(stream)
            next_event = self._transport.next_event
            while self.outcome is None:
                event = next_event()
                kind = type(event)
                if kind is Received:
                    self._on_received(stream, event)  # type: ignore[arg-type] # see the line above
                elif kind is Sent:
                    self._on_sent(stream, event)  # type: ignore[arg-type] # see the line above
                elif kind is Woken:
                    self._on_woken(stream)
                elif kind is Outcome:
                    self._end(event)  # type: ignore[arg-type] # see the line above
                else:
                    assert kind is Headers  # noqa: S101 -- the Outcome carries them again
        finally:
            self._finish()

    def stop(self, _reason: str) -> None:
        """Cancel the stream, from any thread; what was received is kept."""
        self._cancelled = True
        self._transport.cancel_all()

    def cancel(self) -> None:
        """The same: a stream has nothing to drain once it is cancelled."""
        self.stop("")

    def _on_woken(self, stream: Stream) -> None:
        if not self._sending and self.half_closed_at is None:
            self._send_next(stream)

    def _on_received(self, stream: Stream, event: Received) -> None:
        if event.message is None:
            return
        stream.receive()
        self._announce(MessageResult(event.at, False, self._received, _WORKER, event.message))
        self._received += 1

    def _on_sent(self, stream: Stream, event: Sent) -> None:
        self._sending = False
        if not event.ok:
            return
        message = self._in_hand
        self._send_next(stream)
        self._announce(MessageResult(event.at, True, self._sent, _WORKER, message))
        self._sent += 1

    def _send_next(self, stream: Stream) -> None:
        message = self._ahead
        if message is Dry.NOT_YET:
            message = self._take()
        if message is Dry.NOT_YET:
            return
        if message is Dry.END:
            self.half_closed_at = _clock()
            if self.error is not None and self._nothing_sent:
                # There is nothing to be answered, and a server may wait for a first message.
                self._cancelled = True
                stream.cancel()
            else:
                stream.half_close()
            return
        assert isinstance(message, bytes)  # noqa: S101 -- neither kind of Dry
        self._ahead = self._take()
        self._in_hand = message
        self._sending = True
        self._nothing_sent = False
        stream.send(message, more=isinstance(self._ahead, bytes))

    def _take(self) -> bytes | Dry:
        try:
            return self._source.take()
        except RpcxError as error:
            # What was sent before is still to be answered: close this side and read on.
            self.error = error
            return Dry.END

    def _end(self, outcome: Outcome) -> None:
        timeout_s = self._plan.timeout_s
        if not self._cancelled:
            outcome = blame_deadline(outcome, self.begun, timeout_s)
        self.outcome = outcome
        if self._cancelled and outcome.status is Status.CANCELLED:
            self.ended_by = "client"
        elif outcome.status is Status.DEADLINE_EXCEEDED and is_over(
            outcome.at, self.begun, timeout_s
        ):
            self.ended_by = "deadline"
        elif outcome.status is Status.UNAVAILABLE and self._transport.lately_lost():
            self.ended_by = "connection"
        else:
            self.ended_by = "server"
