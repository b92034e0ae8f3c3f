"""What a transport is: one channel, driven by one thread that fetches its events in batches.

The law (gRPC's own): a channel is safe for many workers; on one stream at most one
send and one receive are outstanding at any instant. A second one raises
`OutstandingError`: it is a fault of the caller, never of the server.

Operations may be started from any thread. One thread, the receive worker, calls `events`. It
alone fetches what the operations bring:

    Unary.start      one Outcome
    Transport.stream one Headers (none if no headers came), and last one Outcome
    Stream.send      one call of the stream's `on_sent`
    Stream.receive   one call of the stream's `on_received`

Messages sent and received are reported by a call, inside `events`: an event for each would
cost a stream a tenth of its messages. The Outcome of a stream is its last event: what was
outstanding is reported before it. An OK status comes only once every message was received.

`events` returns at a given moment at the latest. So the thread that calls it needs no other
thread to keep a pace or a timer.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple, Protocol

from rpcx.results import Metadata, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rpcx.connections import Connections, Holder

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


Event = Outcome | Headers


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

    @property
    def holder(self) -> Holder | None:
        """What holds back the send that is outstanding; None for nothing, or nothing known."""
        ...

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

        `keep_waiting` is asked several times a second; False from it ends the wait too. So does
        an attempt that fails, unless the target waits for ready.
        """
        ...

    def why_not(self) -> str:
        """Return why `connect` has failed, as one sentence that names the likely cause.

        It may ask the server again to find out, for a few seconds at most.
        """
        ...

    def watch(self, tell: Callable[[str], None], *, states: bool = False) -> None:
        """Tell what attempts to connect find, a line each, from any thread; before `connect`.

        Args:
            tell: Given each line.
            states: Whether each state of the channel is told as well.
        """
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

    def facts(self) -> Connections | None:
        """Return what this side knows of its connections, as of now; None if gRPC hides it."""
        ...

    def ping(self) -> None:
        """Measure a round trip if that can be done; `facts` has it once the answer came."""
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

    def events(self, until: float = math.inf) -> Sequence[Event]:
        """Wait until something happens, and return what did, in order; one thread only.

        The batch may be empty: the moment came, somebody called `wake`, or what happened was
        reported by a call of a stream.

        Args:
            until: When to return at the latest, in seconds of `time.perf_counter`. A moment that
                has passed makes it return at once, with what has happened so far.
        """
        ...

    def wake(self) -> None:
        """Make `events` return, or the next call of it if none waits; from any thread."""
        ...

    def cancel_all(self) -> None:
        """Cancel every RPC that is open; their Outcomes follow; from any thread."""
        ...

    def close(self) -> None:
        """Cancel what is open and give the connection back; nothing may follow.

        No thread may be in `events`.
        """
        ...
