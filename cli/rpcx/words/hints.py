"""What a failed call's words mean, and what to add or change.

gRPC and servers say what went wrong in their own terms. Where those are known, a sentence
goes on with the probable cause and with what would work. The words are those of gRPC's core
(chttp2_transport.cc, message_size_filter.cc), of grpc-go and of grpcio.
"""

from __future__ import annotations

import re
from typing import Final

from rpcx.results import Status

_WEB: Final = (
    "comes from a web server or a proxy, not from gRPC; check the port, and what stands before the"
    " server"
)

_WHATEVER_STATUS: Final = (
    (r"Received http2 header with status: (\d+)", r"an answer with HTTP status \1 " + _WEB),
    ("END_STREAM flag received", f"an answer without trailers {_WEB}"),
    (
        "too_many_pings",
        "the server does not want so many pings; raise --keepalive-time, or leave it out",
    ),
)
_BY_STATUS: Final = {
    Status.RESOURCE_EXHAUSTED: (
        ("CLIENT: (Sent|Received) message larger", "raise --max-message-size"),
        ("essage larger than max", "that is the server's own limit; raise it there, or send less"),
    ),
    Status.UNIMPLEMENTED: (
        (
            "grpc-encoding|ompression algorithm",
            "the server does not understand that --compression; give another, or leave it out",
        ),
        (
            "",
            "the server lacks that method, whatever its schema says; `rpcx list` shows what it has",
        ),
    ),
    Status.UNAUTHENTICATED: (("", "give credentials with -H 'authorization: …'"),),
    Status.UNAVAILABLE: (
        ("GOAWAY", "the server ended the connection; is it shutting down, or too busy?"),
        (
            "Socket closed|onnection reset|Broken pipe|onnection closed",
            "the connection was cut before the answer was complete, by the server or on the way",
        ),
    ),
}


def hint(status: Status, details: str) -> str:
    """What a failure probably means and what would work; empty where nothing is known.

    Args:
        status: What the call ended with.
        details: The status text, gRPC's own or the server's.
    """
    for pattern, text in (*_WHATEVER_STATUS, *_BY_STATUS.get(status, ())):
        match = re.search(pattern, details)
        if match is not None:
            return match.expand(text)
    return ""


def is_not_grpc(details: str) -> bool:
    """Whether a status text says that the answer was not one of gRPC at all."""
    return any(re.search(pattern, details) for pattern, _ in _WHATEVER_STATUS[:2])


def deadline_hint(timeout_s: float | None, *, connected: bool) -> str:
    """What a deadline that passed means.

    Args:
        timeout_s: The deadline of the call, in seconds; None where it had none here.
        connected: Whether there is a connection to the server.
    """
    if timeout_s is None:
        return ""
    if not connected:
        return (
            f"the connection was lost and did not come back within {timeout_s:g} s (-t/--timeout);"
            " is the server still there?"
        )
    return f"the server was reached and did not answer within {timeout_s:g} s; raise -t/--timeout"
