"""The cause of an outage, out of the words of a transport."""

from __future__ import annotations

import pytest

from rpcx.transport.causes import cause_of


@pytest.mark.parametrize(
    ("details", "cause"),
    [
        ("Stream removed (recvmsg:Connection reset by peer (104))", "connection reset"),
        ("last error: connect: Connection refused (111)", "connection refused"),
        (
            "last error: Socket closed before receiving SETTINGS",
            "the server closed the connection",
        ),
        (
            "last error: connection attempt timed out before receiving SETTINGS frame",
            "no answer to an attempt to connect",
        ),
        (
            "last error: Timeout: no SETTINGS came before receiving SETTINGS",
            "no answer to an attempt to connect",
        ),
    ],
)
def test_what_is_known(details: str, cause: str) -> None:
    """A server that closes a new connection has answered: only silence is no answer."""
    assert cause_of(details) == cause
