"""Receivers that take turns in reading one stream, with pauses; or no receiver."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rpcx.engine.streams.turns import Turns, Worker
from rpcx.results import MessageResult

if TYPE_CHECKING:
    from rpcx.engine.streams.lifetime import LiveStream


class TurnTakingReceivers:
    """Each receiver asks for one message in its turn, and pauses after it.

    Args:
        live: The stream.
        number: The number of receivers.
        delay_s: Seconds that each pauses after a message.
        most: Messages after which the stream is cancelled; None for no limit.
    """

    def __init__(self, live: LiveStream, number: int, delay_s: float, most: int | None) -> None:
        self._live = live
        self._delay_s = delay_s
        self._most = most
        self.workers = [Worker(number) for number in range(number)]
        self._turns = Turns()
        self._place: Worker | None = None
        self.received = 0
        self.busy_since: float | None = None
        self.unfinished_s = 0.0

    def begin(self, now: float) -> None:
        """Begin with all receivers ready."""
        for worker in self.workers:
            self._turns.join(worker, now)
        self._go_on(now)

    def on_received(self, at: float, message: bytes | None) -> None:
        """Give the next receiver its turn; this one is ready again after its pause."""
        worker, began = self._place, self.busy_since
        assert worker is not None  # noqa: S101 -- only an outstanding receive can be over
        assert began is not None  # noqa: S101 -- likewise
        self._place, self.busy_since = None, None
        if message is None:
            self.unfinished_s = at - began
            return
        seq = self.received
        self.received = seq + 1
        worker.messages += 1
        if self.received == self._most:
            self._turns.clear()
            self._live.cancel("max_responses")
        elif self._delay_s:
            self._live.timers.at(at + self._delay_s, lambda now: self._ready(worker, now))
            self._go_on(at)
        else:
            self._ready(worker, at)
        self._live.announce(
            MessageResult(at, False, seq, worker.number, message, began, self._live.number)
        )

    def _ready(self, worker: Worker, now: float) -> None:
        self._turns.join(worker, now)
        self._go_on(now)

    def _go_on(self, now: float) -> None:
        if self._place is None and self._turns and not self._live.is_over:
            self._place = self._turns.take(now)
            self.busy_since = now
            self._live.rpc.receive()


class NoReceiver:
    """No receiver, to show the server's flow control."""

    def __init__(self) -> None:
        self.workers: tuple[Worker, ...] = ()
        self.received = 0
        self.busy_since: float | None = None
        self.unfinished_s = 0.0

    def begin(self, now: float) -> None:
        """Ask for nothing."""

    def on_received(self, _at: float, _message: bytes | None) -> None:
        """Do nothing: nothing was asked for."""
        raise AssertionError
