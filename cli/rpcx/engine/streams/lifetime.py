"""One stream from its opening to its status: its two sides, its limits of time, its end.

The server, or gRPC on this side, ends it with a status. Before that rpcx may close the sending
side (at the end of the input, after `--half-close-after` or at the end of `-z`), and cancel a
stream that goes on for too long after that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rpcx.engine.deadline import blame_deadline, is_over
from rpcx.engine.source import Dry
from rpcx.results import Outcome, Status, StreamEnd

if TYPE_CHECKING:
    from collections.abc import Callable

    from rpcx.connections import Holder
    from rpcx.engine.streams.sides import ReceivingSide, SendingSide
    from rpcx.engine.streams.timers import Timers
    from rpcx.errors import RpcxError
    from rpcx.plans.streams import StreamPlan
    from rpcx.results import MessageResult
    from rpcx.transport.protocol import Stream, Transport

DRAIN_S: Final = 5.0
"""How long replies may come once rpcx ends a stream itself, without --linger."""


class LiveStream:
    """One stream, and the tag of its events.

    Args:
        number: Which of the streams it is, from 0.
        plan: What it does.
        transport: Opens it.
        timers: Of the receive worker.
        announce: Where its messages go.
        hungry: Where it adds itself while its senders lack data.

    Attributes:
        rpc: The RPC, once it is open.
        sending: The sending side; set before it begins.
        receiving: The receiving side; set before it begins.
        begun: When it was opened.
        half_closed_at: When its sending side was closed; None before.
        error: The first error on this side (a document that is not a message, an expectation of
            the script that was not met); None if there is none.
        is_over: Whether its status is known, or it was cancelled here.
    """

    rpc: Stream
    sending: SendingSide
    receiving: ReceivingSide

    def __init__(
        self,
        number: int,
        plan: StreamPlan,
        transport: Transport,
        timers: Timers,
        announce: Callable[[MessageResult | StreamEnd], None],
        hungry: set[LiveStream],
    ) -> None:
        self.number = number
        self.timers = timers
        self.announce = announce
        self._plan = plan
        self._transport = transport
        self._hungry = hungry
        self._patience_s = plan.linger_s
        self._reason = ""
        self._cancelled = False
        self._received_by_then = 0
        self.begun = 0.0
        self.half_closed_at: float | None = None
        self.error: RpcxError | None = None
        self.is_over = False

    def begin(self, now: float) -> None:
        """Open it and start both sides."""
        plan = self._plan
        self.begun = now
        self.rpc = self._transport.stream(
            self,
            plan.method,
            plan.metadata,
            plan.timeout_s,
            self.sending.on_sent,
            self.receiving.on_received,
        )
        for after_s, action in (
            (plan.duration_s, self._out_of_time),
            (plan.cancel_after_s, lambda _now: self.cancel("cancel_after")),
            (plan.half_close_after_s, lambda now: self.sending.finish("half_close_after", now)),
        ):
            if after_s is not None:
                self.timers.at(now + after_s, action)
        self.receiving.begin(now)
        self.sending.begin(now)

    @property
    def holder(self) -> Holder | None:
        """What holds back its send now; None for nothing, or nothing known."""
        return self.rpc.holder if self.begun and not self.is_over else None

    def resume(self, now: float) -> None:
        """Go on sending: data may have arrived."""
        if not self.is_over:
            self.sending.resume(now)

    def failed(self, error: RpcxError) -> Dry:
        """Note that a source has a document that is not a message: nothing follows it.

        The messages sent before are still answered: the side is closed, and replies are read.
        """
        self.error = self.error or error
        return Dry.END

    def hunger(self) -> None:
        """Ask to be resumed when data has arrived."""
        self._hungry.add(self)

    def input_ended(self, reason: str, now: float) -> None:
        """Half-close when it is time: nothing is outstanding and nothing follows."""
        plan = self._plan
        after_s = plan.half_close_after_s
        if self.error is not None:
            if not self.sending.given:
                # There is nothing to answer, and a server may wait for a first message.
                self.cancel("error")
                return
            self._limit_patience()
            reason = "error"
        elif not reason and after_s is not None and now - self.begun < after_s:
            return
        if not reason:
            reason = "total" if plan.total == self.sending.given else "data"
        self.half_close(reason, now)

    def half_close(self, reason: str, now: float) -> None:
        """Close the sending side, on which nothing is outstanding."""
        if self.half_closed_at is not None or self.is_over:
            return
        self.half_closed_at = now
        self._received_by_then = self.receiving.received
        self._reason = self._reason or reason
        self.rpc.half_close()
        if self._patience_s is not None:
            self._cancel_at(now + self._patience_s)

    def cancel(self, reason: str) -> None:
        """Cancel it from this side; what was received is kept."""
        if not self.is_over:
            self.is_over = True
            self._cancelled = True
            self._reason = reason
            self.rpc.cancel()

    def end(self, outcome: Outcome) -> StreamEnd:
        """Take in its status; return how it ended."""
        self.is_over = True
        self._hungry.discard(self)
        timeout_s = self._plan.timeout_s
        if not self._cancelled:
            outcome = blame_deadline(outcome, self.begun, timeout_s)
        ended_by = self._ended_by(outcome)
        sending, receiving = self.sending, self.receiving
        if self.error is None:
            self.error = sending.conclude(outcome)
        closed = self.half_closed_at is not None
        return StreamEnd(
            stream=self.number,
            begun=self.begun,
            outcome=outcome,
            ended_by=ended_by,
            reason=self._reason or ended_by,
            expected=sending.expected,
            half_closed_at=self.half_closed_at,
            given=sending.given,
            completed=sending.completed,
            received=receiving.received,
            after_half_close=receiving.received - self._received_by_then if closed else 0,
            unfinished_send_s=sending.unfinished_s,
            unfinished_receive_s=receiving.unfinished_s,
            senders=tuple(worker.tally() for worker in sending.workers),
            receivers=tuple(worker.tally() for worker in receiving.workers),
        )

    def _ended_by(self, outcome: Outcome) -> str:
        status, timeout_s = outcome.status, self._plan.timeout_s
        if self._cancelled and status is Status.CANCELLED:
            return "client"
        if status is Status.DEADLINE_EXCEEDED and is_over(outcome.at, self.begun, timeout_s):
            return "deadline"
        if status is Status.UNAVAILABLE and self._transport.lately_lost():
            return "connection"
        return "server"

    def _out_of_time(self, now: float) -> None:
        """At the end of `-z`: cancel if nothing is left to send, else close and let it drain."""
        if self.is_over:
            return
        if self.half_closed_at is not None or not self._plan.receivers:
            self.cancel("duration")
            return
        self._reason = "duration"
        self._limit_patience()
        self._cancel_at(now + (self._patience_s or 0.0))
        self.sending.finish("duration", now)

    def _limit_patience(self) -> None:
        if self._patience_s is None:
            self._patience_s = DRAIN_S

    def _cancel_at(self, due: float) -> None:
        self.timers.at(due, lambda _now: self.cancel(self._reason))
