"""The usual case: one sender and one receiver, each as fast as the stream allows.

A send has the buffer hint only if the next message is already there: it follows as soon as
this send is complete, so nothing stays in a buffer while the sender waits. Every step here
costs each message time: see tests/bench.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rpcx.engine.source import END, NOT_YET, Dry
from rpcx.engine.streams.turns import Worker
from rpcx.errors import RpcxError
from rpcx.results import MessageResult, record

if TYPE_CHECKING:
    from collections.abc import Callable

    from rpcx.engine.source import Source
    from rpcx.engine.streams.lifetime import LiveStream
    from rpcx.results import Outcome

_WORKER: Final = 0


class EagerSender:
    """A completed send starts the next.

    Args:
        live: The stream.
        source: The messages.
        total: The number of messages to take; None for all.
    """

    def __init__(self, live: LiveStream, source: Source, total: int | None) -> None:
        self._live = live
        self._announce = live.announce
        self._take = source.take
        self._total = total
        self._number = live.number
        self._worker = Worker(_WORKER, source)
        self._send: Callable[..., None]
        self._ahead: bytes | Dry = NOT_YET
        self._in_hand = b""
        self._finished = ""
        self.completed = 0
        self.busy_since: float | None = None
        self.unfinished_s = 0.0
        self.expected = False
        self._lost = 0

    @property
    def given(self) -> int:
        """Messages given to the transport: completed, outstanding or never completed."""
        return self.completed + self._lost + (self.busy_since is not None)

    @property
    def workers(self) -> tuple[Worker]:
        """The only worker; it never waits for its turn."""
        self._worker.turns = min(self.given, 1)
        self._worker.messages = self.completed
        return (self._worker,)

    def begin(self, now: float) -> None:
        """Send the first message, if there is one."""
        self._send = self._live.rpc.send
        self._send_next(now)

    def resume(self, now: float) -> None:
        """Send what has arrived."""
        if self.busy_since is None and self._live.half_closed_at is None:
            self._send_next(now)

    def on_sent(self, at: float, ok: bool) -> None:
        """Send the next message, and announce this one."""
        began = self.busy_since
        assert began is not None  # noqa: S101 -- only an outstanding send can be over
        if not ok:
            self.busy_since = None
            self.unfinished_s = at - began
            self._lost = 1
            return
        message, seq = self._in_hand, self.completed
        self.completed = seq + 1
        self._send_next(at)
        self._announce(
            record(MessageResult, (at, True, seq, _WORKER, message, began, self._number))
        )

    def finish(self, reason: str, now: float) -> None:
        """Send nothing after the outstanding message."""
        self._finished = self._finished or reason
        self.resume(now)

    def conclude(self, _outcome: Outcome) -> None:
        """Expect no particular status."""

    def _send_next(self, now: float) -> None:
        message = self._ahead
        if message is NOT_YET:
            message = self._next(self.completed)
        if self._finished or type(message) is not bytes:
            self.busy_since = None
            self._send_nothing(message, now)
            return
        self._ahead = ahead = self._next(self.completed + 1)
        self._in_hand = message
        self.busy_since = now
        self._send(message, more=type(ahead) is bytes)

    def _send_nothing(self, message: bytes | Dry, now: float) -> None:
        """Close the side, or wait for more."""
        if self._finished or message is END:
            self._live.input_ended(self._finished, now)
        else:
            self._live.hunger()

    def _next(self, number: int) -> bytes | Dry:
        """Return message `number`, from 0."""
        if number == self._total:
            return END
        try:
            return self._take()
        except RpcxError as error:
            return self._live.failed(error)


class EagerReceiver:
    """A received message asks for the next one.

    Args:
        live: The stream.
        most: Messages after which the stream is cancelled; None for no limit.
    """

    def __init__(self, live: LiveStream, most: int | None) -> None:
        self._live = live
        self._announce = live.announce
        self._most = most
        self._receive: Callable[[], None]
        self._number = live.number
        self._worker = Worker(_WORKER)
        self.received = 0
        self.busy_since: float | None = None
        self.unfinished_s = 0.0

    @property
    def workers(self) -> tuple[Worker]:
        """The only worker; it never waits for its turn."""
        self._worker.turns = 1
        self._worker.messages = self.received
        return (self._worker,)

    def begin(self, now: float) -> None:
        """Ask for the first message."""
        self.busy_since = now
        self._receive = self._live.rpc.receive
        self._receive()

    def on_received(self, at: float, message: bytes | None) -> None:
        """Ask for the next message, and announce this one."""
        began = self.busy_since
        assert began is not None  # noqa: S101 -- only an outstanding receive can be over
        if message is None:
            self.busy_since = None
            self.unfinished_s = at - began
            return
        seq = self.received
        self.received = seq + 1
        if seq + 1 == self._most:
            self.busy_since = None
            self._live.cancel("max_responses")
        else:
            self.busy_since = at
            self._receive()
        self._announce(
            record(MessageResult, (at, False, seq, _WORKER, message, began, self._number))
        )
