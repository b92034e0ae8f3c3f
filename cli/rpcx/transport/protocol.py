"""What a transport is: one channel, driven as a blocking queue of events.

The law (gRPC's own): a channel is safe for many workers; on one stream at most one
send and one receive are outstanding at any instant. A second one raises
`OutstandingError`: it is a fault of the caller, never of the server.

Operations may be started from any thread. `next_event` is called by one thread, the
receive worker, which alone fetches what the operations bring:

    Unary.start      one Outcome
    Transport.stream one Headers (or none where no headers came), at last one Outcome
    Stream.send      one call of the stream's `on_sent`
    Stream.receive   one call of the stream's `on_received`
    Transport.wake   one Woken

What is sent and received is told by a call, in the thread that is in `next_event`: an event
for each would cost a stream a tenth of its messages. The Outcome of a stream is its last
event: what was outstanding is told before it. An OK status comes only once every message
was received (core holds it back).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from rpcx.results import Metadata, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    OnSent = Callable[[float, bool], None]
    """When, and whether core has the message that `Stream.send` was given, or never will."""

    OnReceived = Callable[[float, bytes | None], None]
    """When, and the message; None once there are no more."""


def is_own(method: str) -> bool:
    """Return whether rpcx calls a method, `/package.Service/Method`, on its own account.

    Only what the user sends is compressed: a server that takes no compression would seem to
    have no reflection.
    """
    return method.startswith("/grpc.reflection.")


class OutstandingError(RuntimeError):
    """A second send, or a second receive, while one was outstanding on a stream."""


class Headers(NamedTuple):
    """The server's initial metadata."""

    tag: object
    at: float
    headers: Metadata


class Woken(NamedTuple):
    """Somebody called `Transport.wake`."""

    at: float


Event = Outcome | Headers | Woken


class Unary(Protocol):
    """A unary method on the channel with its metadata, ready to be called many times."""

    def start(
        self,
        tag: object,
        request: bytes,
        timeout_s: float | None,
        metadata: Metadata | None = None,
    ) -> None:
        """Start one call.

        While an attempt to connect is under way it waits, under its deadline. Where the last
        attempt failed it ends UNAVAILABLE with the reason, unless the target says to wait for
        ready (grpc/doc/wait-for-ready.md).

        `metadata` stands in place of the method's, for this call alone.
        """
        ...


class Stream(Protocol):
    """One RPC of any streaming kind."""

    def send(self, message: bytes, *, more: bool = False) -> None:
        """Send one message; `more` says that the next send follows whatever happens.

        With `more` the message may wait in a buffer until then.

        Raises:
            OutstandingError: The send before has not been completed.
        """
        ...

    def half_close(self) -> None:
        """Say that no message follows; only while no send is outstanding."""
        ...

    def receive(self) -> None:
        """Ask for one message.

        Raises:
            OutstandingError: The receive before has not been answered.
        """
        ...

    def cancel(self) -> None:
        """End the RPC from this side; its Outcome says CANCELLED unless it had ended."""
        ...


class Transport(Protocol):
    """One channel to one server."""

    name: str

    def connect(self, timeout_s: float, keep_waiting: Callable[[], bool]) -> bool:
        """Wait until the channel is ready; False where it failed or time ran out.

        `keep_waiting` is asked several times a second; False from it ends the wait too.
        A channel that reports a failed attempt is not waited for any longer.
        """
        ...

    def why_not(self) -> str:
        """What gRPC says of its failure to connect; empty where it says nothing."""
        ...

    def watch(self, tell: Callable[[str], None]) -> None:
        """Tell each state of the channel from now on, from a thread of gRPC's; it costs calls."""
        ...

    def ready(self) -> bool:
        """Whether the channel has a connection now; asks for one where it has none."""
        ...

    def refusal(self) -> str:
        """Return why the last attempt to connect failed; empty where none has just failed."""
        ...

    def lately_lost(self) -> bool:
        """Whether a connection was lost within the last second."""
        ...

    def unary(self, method: str, metadata: Metadata) -> Unary:
        """Prepare a unary method, `/package.Service/Method`."""
        ...

    def stream(
        self,
        tag: object,
        method: str,
        metadata: Metadata,
        timeout_s: float | None,
        on_sent: OnSent,
        on_received: OnReceived,
    ) -> Stream:
        """Open a stream; `timeout_s` is its deadline from now, None for none."""
        ...

    def next_event(self) -> Event | None:
        """Block until something has happened, and say what; one thread only.

        None where a stream was told of it, or where it is the transport's own affair.
        """
        ...

    def wake(self) -> None:
        """Make `next_event` return a Woken; from any thread."""
        ...

    def cancel_all(self) -> None:
        """Cancel every RPC that is open; their Outcomes follow; from any thread."""
        ...

    def close(self) -> None:
        """Cancel what is open and give the connection back; nothing may follow.

        No thread may be in `next_event`.
        """
        ...
