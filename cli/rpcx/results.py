"""The frozen records that cross every boundary."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Final, NamedTuple

from rpcx.connections import Connections

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rpcx.connections import Held

Metadata = tuple[tuple[str, str | bytes], ...]
"""Header or trailer pairs in wire order; keys that end in `-bin` have bytes."""


record: Final = tuple.__new__
"""`record(Outcome, (…))` makes one of all its values in half the time of `Outcome(…)`."""


class Status(enum.IntEnum):
    """The status codes of gRPC, by number (grpc/doc/statuscodes.md)."""

    OK = 0
    CANCELLED = 1
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    OUT_OF_RANGE = 11
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    DATA_LOSS = 15
    UNAUTHENTICATED = 16


class Outcome(NamedTuple):
    """How one RPC ended, as the transport saw it.

    Attributes:
        tag: What the caller of the transport named the RPC.
        at: When the status was fetched, in seconds of `time.perf_counter`.
        status: The status, the server's own or one that gRPC made on this side.
        details: The status text; a server's words are data, not yet safe for a terminal.
        message: The response of a unary call; None for a stream, and where none came.
        headers: Initial metadata, empty where none came.
        trailers: Trailing metadata.
        unprocessed: The server provably never saw this RPC: it may be issued again.
        held: For how long it was held back on this side; None for not at all, and where the
            transport does not know.
    """

    tag: object
    at: float
    status: Status
    details: str
    message: bytes | None
    headers: Metadata
    trailers: Metadata
    unprocessed: bool
    held: Held | None = None


class Settings(NamedTuple):
    """What a run of calls was asked to do; None is what was not set, or is not known.

    Attributes:
        total: Calls that become due.
        duration_s: When calls stop to become due, in seconds from the start.
        concurrency: Most calls in flight.
        rate_per_s: Calls due each second in an open loop, the most where that is ramped.
        ramp: What changes in the run: `rps` or `concurrency`.
        timeout_s: The longest deadline of a call.
        drain_s: How long what is in flight may go on at the end.
        warmup_calls: Calls before the run that are in no count.
        warmup_s: Seconds before the run that are in no count.
        connections: Over how many connections the calls go.
        processes: In how many processes they are made.
    """

    total: int | None = None
    duration_s: float | None = None
    concurrency: int | None = None
    rate_per_s: float | None = None
    ramp: str | None = None
    timeout_s: float | None = None
    drain_s: float | None = None
    warmup_calls: int | None = None
    warmup_s: float | None = None
    connections: int | None = None
    processes: int | None = None

    def common(self, other: Settings) -> Settings:
        """Return what two runs were both asked to do."""
        theirs = other._asdict()
        return self._replace(
            **{name: None for name in theirs if getattr(self, name) != theirs[name]}
        )


class Outage(NamedTuple):
    """A time in which a run had no connection.

    Attributes:
        start_s: When it began, in seconds from the start of the run.
        duration_s: How long it lasted, in seconds.
        cause: Why, in a few words such as `connection refused`; empty where that is unknown.
    """

    start_s: float
    duration_s: float
    cause: str


END_REASONS: Final = (
    "error", "output_closed", "interrupted", "connection_lost", "duration", "data", "total",
)  # fmt: skip
"""Why a run of unary calls ends, the weightiest first: parts of a run may have several.

`error`: something went wrong on this side; `output_closed`: standard output cannot be written
any more; `interrupted`: a signal came; `connection_lost`: the connection did not come back
within the deadline of a call; `duration`: the time was over; `data`: there were no more
requests; `total`: every call was made.
"""


class Standing(NamedTuple):
    """How a run of unary calls stands: in one engine, in several, or in several processes.

    Attributes:
        begun: When it began, in seconds of `time.perf_counter`; 0 before.
        due: Calls that have become due.
        started: Calls started.
        in_flight: Calls that were started and have not ended.
        reissued: Calls that were issued more than once, for each method.
        not_started: Calls that were due and never started, for each method.
        outages: Times without a connection that are over.
        outage: The one that lasts: since when (`time.perf_counter`), and why; None while there
            is a connection.
        stopped_at: When the starting of calls was ended although more may have been due, in
            seconds of `time.perf_counter`; None where it was not.
        end_reason: Why nothing more was started, of `END_REASONS`; empty while more is.
        cpu_s: CPU seconds of other processes that worked for it.
        error: What went wrong on this side, such as a document that is not a message.
        connections: What passed over the connections in the run, once it is over; None before, and
            where the transport does not know.
    """

    begun: float = 0.0
    due: int = 0
    started: int = 0
    in_flight: int = 0
    reissued: tuple[int, ...] = ()
    not_started: tuple[int, ...] = ()
    outages: tuple[Outage, ...] = ()
    outage: tuple[float, str] | None = None
    stopped_at: float | None = None
    end_reason: str = ""
    cpu_s: float = 0.0
    error: Exception | None = None
    connections: Connections | None = None

    @property
    def waiting(self) -> int:
        """Calls that are due and wait for a slot."""
        return max(self.due - self.started - sum(self.not_started), 0)

    @classmethod
    def together(cls, parts: Sequence[Standing]) -> Standing:
        """Return how several parts of one run stand as a whole.

        Of several reasons for the end the weightiest counts. Outages of several connections
        that overlap are one.

        Args:
            parts: One or more, each of its own calls.
        """
        reasons = {part.end_reason for part in parts}
        known = [part.connections for part in parts if part.connections is not None]
        return cls(
            begun=min(part.begun for part in parts),
            due=sum(part.due for part in parts),
            started=sum(part.started for part in parts),
            in_flight=sum(part.in_flight for part in parts),
            reissued=tuple(map(sum, zip(*(part.reissued for part in parts), strict=True))),
            not_started=tuple(map(sum, zip(*(part.not_started for part in parts), strict=True))),
            outages=united(outage for part in parts for outage in part.outages),
            outage=min((part.outage for part in parts if part.outage), default=None),
            stopped_at=max((p.stopped_at for p in parts if p.stopped_at is not None), default=None),
            end_reason=next((one for one in END_REASONS if one in reasons), ""),
            cpu_s=sum(part.cpu_s for part in parts),
            error=next((part.error for part in parts if part.error is not None), None),
            connections=Connections.together(known) if known else None,
        )


def united(outages: Iterable[Outage]) -> tuple[Outage, ...]:
    """Return these outages in their order, those that overlap as one; the first cause stays."""
    made: list[Outage] = []
    for outage in sorted(outages):
        if made and outage.start_s <= made[-1].start_s + made[-1].duration_s:
            last = made[-1]
            end_s = max(last.start_s + last.duration_s, outage.start_s + outage.duration_s)
            cause = last.cause or outage.cause
            made[-1] = Outage(last.start_s, end_s - last.start_s, cause)
        else:
            made.append(outage)
    return tuple(made)


class CallResult(NamedTuple):
    """One unary call, due to status; times are `time.perf_counter` seconds.

    In a closed loop a call is due when it starts. `request_bytes` and the outcome's
    message are sizes and bytes of the serialised messages, without gRPC's framing.
    """

    seq: int
    due: float
    started: float
    request_bytes: int
    outcome: Outcome
    cancelled: bool
    """rpcx itself ended it when the time to drain was over: no failure of the server's."""
    waited: bool
    """It was due while all slots were busy, or while there was no connection: its late start is
    not the client's doing."""
    method: int = 0
    """Which of the plan's methods it called."""


class MessageResult(NamedTuple):
    """One message on a stream: its send was completed by gRPC's core, or it was received.

    Attributes:
        at: When that was, in seconds of `time.perf_counter`.
        sent: Whether it was sent; else it was received.
        seq: Its number on its side of the stream, from 0.
        worker: Which sender or receiver, from 0.
        message: The serialised message, without gRPC's framing.
        began: When the send was started, or the message asked for.
        stream: Which stream, from 0.
    """

    at: float
    sent: bool
    seq: int
    worker: int
    message: bytes
    began: float
    stream: int


class WorkerTally(NamedTuple):
    """What one sender or receiver of a stream did.

    Attributes:
        worker: Which one, from 0.
        turns: How often it got its place from another, or first.
        messages: How many it sent, or received.
        waiting_s: How long it waited for its turn.
    """

    worker: int
    turns: int
    messages: int
    waiting_s: float


class StreamEnd(NamedTuple):
    """How one stream ended, and what became of every message.

    Attributes:
        stream: Which one, from 0.
        begun: When it was opened, in seconds of `time.perf_counter`.
        outcome: Its status and metadata.
        ended_by: `server`, `client` (rpcx cancelled it), `deadline` or `connection`.
        reason: What ended rpcx's part: `data`, `total`, `duration`, `half_close_after`,
            `max_responses`, `cancel_after`, `script`, `interrupted`, `output_closed`, `error`;
            else as `ended_by`.
        expected: Whether a script wanted this very status: then it is no failure.
        half_closed_at: When the sending side was closed; None where it never was.
        given: Messages that were given to gRPC's core.
        completed: Those that core completed; a server saw at least none, at most `given`.
        received: Messages that came.
        after_half_close: Those of them that came after the half-close.
        unfinished_send_s: How long a send was outstanding that core never completed.
        unfinished_receive_s: How long a receive was outstanding that brought no message.
        senders: What each of them did.
        receivers: What each of them did.
    """

    stream: int
    begun: float
    outcome: Outcome
    ended_by: str
    reason: str
    expected: bool
    half_closed_at: float | None
    given: int
    completed: int
    received: int
    after_half_close: int
    unfinished_send_s: float
    unfinished_receive_s: float
    senders: tuple[WorkerTally, ...]
    receivers: tuple[WorkerTally, ...]


StreamAnnouncement = MessageResult | StreamEnd
"""What comes from the streams, in the order in which it happened."""
