"""The frozen records that cross every boundary."""

from __future__ import annotations

import enum
from typing import Final, NamedTuple

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
    """

    tag: object
    at: float
    status: Status
    details: str
    message: bytes | None
    headers: Metadata
    trailers: Metadata
    unprocessed: bool


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
    """It was due while all slots were busy: its late start is the server's doing."""
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
            `max_responses`, `cancel_after`, `script`, `interrupted`; else as `ended_by`.
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
