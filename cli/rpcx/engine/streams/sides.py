"""The interfaces of the two sides of a stream.

The law (gRPC's own): on one stream at most one sends and at most one receives at any
instant; the two sides never wait for each other. Each side is a chain of events on the
channel's queue, all of them handled in the receive worker's thread: a completed send
starts the next one, a received message asks for the next one, and a document that
arrives late, or a timer, resumes the sending side.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rpcx.engine.streams.turns import Worker
    from rpcx.errors import RpcxError
    from rpcx.results import Outcome


class SendingSide(Protocol):
    """The sending side of a stream.

    Attributes:
        completed: Messages whose send is complete.
        busy_since: When the outstanding send was started; None while there is none.
        unfinished_s: How long a send was outstanding that was never completed.
        expected: Whether the stream ended with a status that this side wanted.
    """

    completed: int
    busy_since: float | None
    unfinished_s: float
    expected: bool

    @property
    def given(self) -> int:
        """Messages given to the transport."""
        ...

    @property
    def workers(self) -> Sequence[Worker]:
        """Its workers, with what each has done so far."""
        ...

    def begin(self, now: float) -> None:
        """Begin: the stream is open."""
        ...

    def resume(self, now: float) -> None:
        """Go on: data may have arrived for a sender that had none."""
        ...

    def on_sent(self, at: float, ok: bool, /) -> None:
        """Take in the end of the outstanding send; `ok` if the transport has the message."""
        ...

    def finish(self, reason: str, now: float) -> None:
        """Start no more sends; half-close when none is outstanding."""
        ...

    def conclude(self, outcome: Outcome) -> RpcxError | None:
        """Judge how the stream ended; return the expectation that was not met, or None."""
        ...


class ReceivingSide(Protocol):
    """The receiving side of a stream.

    Attributes:
        received: Messages received.
        busy_since: When the outstanding receive was started; None while there is none.
        unfinished_s: How long a receive was outstanding that brought no message.
    """

    received: int
    busy_since: float | None
    unfinished_s: float

    @property
    def workers(self) -> Sequence[Worker]:
        """Its workers, with what each has done so far."""
        ...

    def begin(self, now: float) -> None:
        """Begin: the stream is open."""
        ...

    def on_received(self, at: float, message: bytes | None, /) -> None:
        """Take in the message of the outstanding receive; None if no message follows."""
        ...
