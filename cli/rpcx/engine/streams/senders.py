"""Senders that take turns at a stream's one writing place, with a pace or pauses.

A sender is ready at first, and again so long after its own last message was sent. It takes
its message when its turn has come: those that share their data send it in its order. A
rate is the stream's: message i is due at i ÷ rate, whoever sends it; one that flow control
held up is sent as soon as it can be, so the rate holds on average. While there was no data
nothing could be due: the clock stood still.
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
    """As many senders as there are sources; some may share one.

    Args:
        live: The stream.
        sources: Each sender's messages.
        total: Messages of them all; None for as many as there are.
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
        # Nobody who paces a stream wants its messages kept in a buffer.
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
        """All are ready."""
        self._pace_begun = now
        for worker in self.workers:
            self._turns.join(worker, now)
        self._go_on(now)

    def resume(self, now: float) -> None:
        """Those that had no data look again."""
        dry, self._dry = self._dry, []
        for worker in dry:
            self._turns.join(worker, now)
        self._go_on(now)

    def on_sent(self, at: float, ok: bool) -> None:
        """The next one has its turn; this one is ready again after its pause."""
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
        """Let what is outstanding be the last one."""
        self._finished = self._finished or reason
        self._go_on(now)

    def conclude(self, _outcome: Outcome) -> None:
        """Expect nothing: any status is as good as another."""

    def _ready(self, worker: Worker, now: float) -> None:
        self._turns.join(worker, now)
        self._go_on(now)

    def _paced(self, now: float) -> None:
        self._awaiting_pace = False
        self._go_on(now)

    def _go_on(self, now: float) -> None:
        """Give the place to the next sender that has a message, if it is free and it is time."""
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
        """The message of the sender whose turn it is; None where nobody can send now."""
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
                # At once: what arrives while another one sends must not be missed.
                self._live.hunger()
        return None

    def _peek(self, source: Source | None) -> bytes | Dry:
        """The next message of a source, which stays its next one."""
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
