"""What a failure's words mean: each status text with the cause that is told for it."""

from __future__ import annotations

import pytest

from rpcx.results import Status
from rpcx.words.hints import deadline_hint, hint, is_not_grpc


@pytest.mark.parametrize(
    ("status", "details", "told"),
    [
        (
            Status.RESOURCE_EXHAUSTED,
            "CLIENT: Sent message larger than max (5 vs. 4)",
            "raise --max-message-size",
        ),
        (
            Status.RESOURCE_EXHAUSTED,
            "Stream removed (CLIENT: Received message larger than max (5 vs. 4))",
            "raise --max-message-size",
        ),
        (
            Status.RESOURCE_EXHAUSTED,
            "SERVER: Received message larger than max (5 vs. 4)",
            "that is the server's own limit",
        ),
        (
            Status.RESOURCE_EXHAUSTED,
            "grpc: received message larger than max (5 vs. 4)",
            "that is the server's own limit",
        ),
        (Status.RESOURCE_EXHAUSTED, "quota exceeded", ""),
        (Status.UNIMPLEMENTED, "unknown method X for service Y", "the server lacks that method"),
        (
            Status.UNIMPLEMENTED,
            'grpc: Decompressor is not installed for grpc-encoding "deflate"',
            "does not understand that --compression",
        ),
        (Status.UNIMPLEMENTED, "Received http2 header with status: 404", "HTTP status 404"),
        (Status.UNAVAILABLE, "Received http2 header with status: 502", "HTTP status 502"),
        (Status.UNKNOWN, "Stream removed (Data frame with END_STREAM flag received)", "a web"),
        (Status.UNAVAILABLE, "Stream removed (Socket closed)", "cut before the answer"),
        (Status.UNAVAILABLE, "recvmsg:Connection reset by peer", "cut before the answer"),
        (
            Status.UNAVAILABLE,
            'GOAWAY received; Error code: 11; Debug Text: "too_many_pings"',
            "raise --keepalive-time",
        ),
        (Status.UNAVAILABLE, "GOAWAY received; Error code: 0", "the server ended the connection"),
        (Status.UNAVAILABLE, "the database is down", ""),
        (Status.UNAUTHENTICATED, "no token", "-H 'authorization: …'"),
        (Status.PERMISSION_DENIED, "not you", ""),
        (Status.NOT_FOUND, "no such thing", ""),
    ],
)
def test_hints(status: Status, details: str, told: str) -> None:
    """Known words get their cause; a server's own words are left alone."""
    found = hint(status, details)
    assert told in found
    assert bool(found) == bool(told)


def test_whose_deadline() -> None:
    """A deadline in the handler is told from one without a connection."""
    assert deadline_hint(0.2, connected=True) == (
        "the server was reached and did not answer within 0.2 s; raise -t/--timeout"
    )
    lost = deadline_hint(5, connected=False)
    assert "the connection was lost and did not come back within 5 s (-t/--timeout)" in lost
    assert not deadline_hint(None, connected=True)


def test_what_is_no_grpc() -> None:
    """A web server's answers are told from gRPC's own failures."""
    assert is_not_grpc("Received http2 header with status: 404")
    assert is_not_grpc("Data frame with END_STREAM flag received")
    assert not is_not_grpc("too_many_pings")
    assert not is_not_grpc("Method not found!")
