"""Why there is no connection, told by the attempt that failed; tests/faults has more cases."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from wire_peer import goaway
from wire_server import TIMEOUT_S, Peer, ScriptedServer

from rpcx.target.target import Target
from rpcx.transport.wire.frames import frame, settings_frame
from rpcx.transport.wire.transport import WireTransport

if TYPE_CHECKING:
    from collections.abc import Callable


def reason(address: str, timeout_s: float = TIMEOUT_S) -> str:
    """Return why a transport does not connect, without the address at its beginning."""
    transport = WireTransport(Target(address, address))
    try:
        if transport.connect(timeout_s, lambda: True):
            # It was ready for a moment: a connection that is gone at once has failed as well.
            while not transport.refusal():
                transport.events(0.0)
        return transport.why_not().removeprefix(f"{address} ")
    finally:
        transport.close()


def says(*frames: bytes) -> Callable[[Peer], None]:
    """Return a script that says this, and ends the connection."""

    def script(peer: Peer) -> None:
        peer.send(b"".join(frames))

    return script


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (settings_frame({}), "speaks HTTP/2, and then ends the connection: "),
        (settings_frame({}) + goaway(0, 11, b"go away"), "ends connections as soon as they are"),
        (goaway(0, 11, b"go away"), "made (GOAWAY: go away); it may be overloaded"),
        (settings_frame({}) + goaway(0, 0), "(GOAWAY: no reason)"),
        (settings_frame({4: 1 << 31}), "speaks HTTP/2, and then ends the connection: an initial"),
        (frame(6, 0, 0, b"12345678"), "does not speak gRPC; check the port"),
        (b"\x00\x00", 'answers "\\u0000\\u0000": what listens there does not speak gRPC'),
        (b"<html><body>no</body></html>", "is an HTTP/1.1 server, not a gRPC one"),
    ],
)
def test_what_a_server_says_in_place_of_a_greeting(sent: bytes, told: str) -> None:
    """Each first word of a server has its sentence."""
    with ScriptedServer(says(sent)) as server:
        assert told in reason(server.address)


def test_nothing_is_asked_of_the_server_again_where_its_words_suffice() -> None:
    """The sentence about a GOAWAY comes from the one connection that failed."""
    numbers = []

    def script(peer: Peer) -> None:
        numbers.append(peer.number)
        peer.send(goaway(0, 11, b"go away"))

    with ScriptedServer(script) as server:
        assert "go away" in reason(server.address)
    assert numbers == [0]


def test_a_server_that_ends_each_connection_is_not_asked_without_a_pause() -> None:
    """The next attempt follows after a backoff, though the one before had a greeting."""
    served = threading.Semaphore(0)

    def script(peer: Peer) -> None:
        peer.greet()
        peer.send(goaway(0, 0))
        served.release()

    with ScriptedServer(script) as server:
        transport = WireTransport(Target(server.address, server.address))
        transport.connect(TIMEOUT_S, lambda: True)
        while not transport.refusal():
            transport.events(0.0)
        assert served.acquire(timeout=TIMEOUT_S)
        for _ in range(100):
            transport.ready()
        assert not served.acquire(blocking=False)
        transport.close()
