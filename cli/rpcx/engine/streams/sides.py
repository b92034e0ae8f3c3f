"""What the two sides of a stream are, whoever takes them.

The law (gRPC's own): on one stream at most one sends and at most one receives at any
instant; the two sides never wait for each other. Each side is a chain of events on the
channel's queue, all of them handled in the receive worker's thread: a completed send
starts the next one, a received message asks for the next one, and a document that
arrives late, or a moment that has come, resumes the sending side.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rpcx.engine.streams.turns import Worker
    from rpcx.errors import RpcxError
    from rpcx.results import Outcome


class SendingSide(Protocol):
    """Who sends on a stream.

    Attributes:
        completed: Those that core has completed.
        busy_since: When the outstanding send was started; None while there is none.
        unfinished_s: How long a send was outstanding that never was completed.
        expected: Whether the stream ended with a status that this side wanted.
    """

    completed: int
    busy_since: float | None
    unfinished_s: float
    expected: bool

    @property
    def given(self) -> int:
        """Messages that were given to gRPC's core."""
        ...

    @property
    def workers(self) -> Sequence[Worker]:
        """Its workers, with what each did so far."""
        ...

    def begin(self, now: float) -> None:
        """The stream is open."""
        ...

    def resume(self, now: float) -> None:
        """Something has arrived for one that had nothing to send."""
        ...

    def on_sent(self, at: float, ok: bool, /) -> None:
        """The outstanding send is over; `ok` says that core has the message."""
        ...

    def finish(self, reason: str, now: float) -> None:
        """Start no send any more; half-close once none is outstanding."""
        ...

    def conclude(self, outcome: Outcome) -> RpcxError | None:
        """Judge how the stream ended; return what this side had expected and did not get."""
        ...


class ReceivingSide(Protocol):
    """Who receives on a stream.

    Attributes:
        received: Messages that came.
        busy_since: When the outstanding receive was started; None while there is none.
        unfinished_s: How long a receive was outstanding that brought no message.
    """

    received: int
    busy_since: float | None
    unfinished_s: float

    @property
    def workers(self) -> Sequence[Worker]:
        """Its workers, with what each did so far."""
        ...

    def begin(self, now: float) -> None:
        """The stream is open."""
        ...

    def on_received(self, at: float, message: bytes | None, /) -> None:
        """The outstanding receive is over; None says that no message follows."""
        ...
