"""The frozen records that cross every boundary."""

from __future__ import annotations

import enum
from typing import NamedTuple

Metadata = tuple[tuple[str, str | bytes], ...]
"""Header or trailer pairs in wire order; keys that end in `-bin` have bytes."""


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
    """One message on a stream: its send was completed by gRPC's core, or it was received."""

    at: float
    sent: bool
    seq: int
    worker: int
    message: bytes
