"""Senders that take turns in writing to one stream, with a rate or pauses.

A sender is ready at first, and again after its pause. It takes its message when its turn has
come, so senders that share their data send it in order. A rate is the stream's: message i is due
at i ÷ rate, whichever sender sends it. A message that flow control held up is sent as soon as
possible, so the rate holds on average. While there is no data, nothing is due: the clock of the
rate stands still.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rpcx.engine.calls.pacing import ConstantRate
from rpcx.engine.source import Dry
from rpcx.engine.streams.turns import Turns, Worker
from rpcx.errors import RpcxError
from rpcx.results import MessageResult

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rpcx.engine.source import Source
    from rpcx.engine.streams.lifetime import LiveStream
    from rpcx.results import Outcome


class TurnTakingSenders:
    """One sender for each source; several may share a source.

    Args:
        live: The stream.
        sources: Each sender's messages.
        total: The number of messages of all senders; None for all there are.
        rate_per_s: Messages due each second on this stream; None for no pace.
        delay_s: Seconds that each sender pauses after a message.
    """

    def __init__(
        self,
        live: LiveStream,
        sources: Sequence[Source],
        total: int | None,
        rate_per_s: float | None,
        delay_s: float,
    ) -> None:
        self._live = live
        self.workers = [Worker(number, source) for number, source in enumerate(sources)]
        self._pace = None if rate_per_s is None else ConstantRate(rate_per_s)
        self._total = total
        self._delay_s = delay_s
        # A paced message must not stay in a buffer.
        self._may_hint = rate_per_s is None and not delay_s
        self._turns = Turns()
        self._dry: list[Worker] = []
        self._ended: set[Source | None] = set()
        self._peeked: dict[Source | None, bytes] = {}
        self._place: Worker | None = None
        self._in_hand = b""
        self._awaiting_pace = False
        self._was_dry = False
        self._pace_begun = 0.0
        self._finished = ""
        self.given = 0
        self.completed = 0
        self.busy_since: float | None = None
        self.unfinished_s = 0.0
        self.expected = False

    def begin(self, now: float) -> None:
        """Begin with all senders ready."""
        self._pace_begun = now
        for worker in self.workers:
            self._turns.join(worker, now)
        self._go_on(now)

    def resume(self, now: float) -> None:
        """Look again for data for the senders that had none."""
        dry, self._dry = self._dry, []
        for worker in dry:
            self._turns.join(worker, now)
        self._go_on(now)

    def on_sent(self, at: float, ok: bool) -> None:
        """Give the next sender its turn; this one is ready again after its pause."""
        worker, began = self._place, self.busy_since
        assert worker is not None  # noqa: S101 -- only an outstanding send can be over
        assert began is not None  # noqa: S101 -- likewise
        self._place, self.busy_since = None, None
        if not ok:
            self.unfinished_s = at - began
            return
        message, seq = self._in_hand, self.completed
        self.completed = seq + 1
        worker.messages += 1
        if self._delay_s:
            # The end of the data is known now, not only after the pause.
            self._peek(worker.source)
            self._live.timers.at(at + self._delay_s, lambda now: self._ready(worker, now))
        else:
            self._turns.join(worker, at)
        self._go_on(at)
        self._live.announce(
            MessageResult(at, True, seq, worker.number, message, began, self._live.number)
        )

    def finish(self, reason: str, now: float) -> None:
        """Send nothing after the outstanding message."""
        self._finished = self._finished or reason
        self._go_on(now)

    def conclude(self, _outcome: Outcome) -> None:
        """Expect no particular status."""

    def _ready(self, worker: Worker, now: float) -> None:
        self._turns.join(worker, now)
        self._go_on(now)

    def _paced(self, now: float) -> None:
        self._awaiting_pace = False
        self._go_on(now)

    def _go_on(self, now: float) -> None:
        """Let the next sender with a message send, if nothing is outstanding and it is time."""
        live = self._live
        if self._place is not None or live.half_closed_at is not None or live.is_over:
            return
        if self.given == self._total:
            self._finished = self._finished or "total"
        if not self._finished:
            message = self._next_message(now)
            if message is not None:
                self._send(message, now)
                return
        if self._finished or all(worker.source in self._ended for worker in self.workers):
            live.input_ended(self._finished, now)

    def _next_message(self, now: float) -> bytes | None:
        """Return the message of the sender whose turn it is; None if none can send now."""
        while self._turns:
            source = self._turns.first.source
            message = self._peek(source)
            if isinstance(message, bytes):
                if self._too_early(now):
                    return None
                del self._peeked[source]
                return message
            worker = self._turns.skip()
            if message is Dry.NOT_YET:
                self._was_dry = True
                self._dry.append(worker)
                # At once: data that arrives while another sender sends must not be missed.
                self._live.hunger()
        return None

    def _peek(self, source: Source | None) -> bytes | Dry:
        """Return the next message of a source without taking it."""
        assert source is not None  # noqa: S101 -- every sender has one
        if source in self._ended:
            return Dry.END
        message: bytes | Dry | None = self._peeked.get(source)
        if message is None:
            message = self._take(source)
            if isinstance(message, bytes):
                self._peeked[source] = message
            elif message is Dry.END:
                self._ended.add(source)
        return message

    def _take(self, source: Source) -> bytes | Dry:
        try:
            return source.take()
        except RpcxError as error:
            self._finished = "error"
            return self._live.failed(error)

    def _too_early(self, now: float) -> bool:
        if self._pace is None:
            return False
        due = self._pace_begun + self._pace.due(self.given)
        if due > now:
            if not self._awaiting_pace:
                self._awaiting_pace = True
                self._live.timers.at(due, self._paced)
            return True
        if self._was_dry:
            self._was_dry = False
            self._pace_begun += now - due
        return False

    def _send(self, message: bytes, now: float) -> None:
        self._place = self._turns.take(now)
        self._in_hand = message
        self.busy_since = now
        self.given += 1
        follows = (
            self._may_hint
            and self.given != self._total
            and bool(self._turns)
            and isinstance(self._peek(self._turns.first.source), bytes)
        )
        self._live.rpc.send(message, more=follows)
