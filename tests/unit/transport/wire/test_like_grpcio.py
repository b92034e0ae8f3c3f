"""The same answers, given to the transport `wire` and to gRPC's core."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fetching import until_outcome
from wire_peer import (
    OK_HEADERS,
    cut_headers,
    data,
    goaway,
    headers,
    message,
    reset,
    trailers,
)
from wire_server import TIMEOUT_S, Peer, ScriptedServer

from rpcx.results import Outcome, Status
from rpcx.target.channel import Carrier, ChannelSettings
from rpcx.target.target import Target
from rpcx.transport import open_transport
from rpcx.transport.wire.frames import (
    DATA,
    PADDED,
    PING,
    frame,
    settings_frame,
)
from rpcx.transport.wire.messages import framed

if TYPE_CHECKING:
    from collections.abc import Callable

    Answer = Callable[[int], bytes]


def ending(*fields: tuple[str, str]) -> Answer:
    """Return an answer that has a message and these trailers."""
    return lambda n: headers(n) + message(n) + trailers(n, fields)


def at_once(*fields: tuple[str, str]) -> Answer:
    """Return an answer of one header block."""
    return lambda n: headers(n, fields, ends=True)


def with_headers(*fields: tuple[str, str], body: bytes = b"") -> Answer:
    """Return an answer with these headers, and OK behind them."""
    return lambda n: headers(n, fields) + data(n, body) + trailers(n)


GRPC = ("content-type", "application/grpc")

ALIKE: dict[str, Answer] = {
    "OK": ending(("grpc-status", "0")),
    "metadata": lambda n: (
        headers(n, (*OK_HEADERS, ("x-a", "1"), ("x-a", "2"), ("x-bin", "AAE=")))
        + message(n) + trailers(n, (("grpc-status", "0"), ("x-bin", "AAE"), ("x-t", "")))
    ),
    "trailers only": at_once(
        *OK_HEADERS, ("grpc-status", "5"), ("grpc-message", "no%20way"), ("a", "b"),
    ),
    "a message, then a failure": ending(("grpc-status", "9"), ("grpc-message", "late")),
    "a status above 16": ending(("grpc-status", "17")),
    "a status text that is not UTF-8": ending(("grpc-status", "3"), ("grpc-message", "a%FFb%zz")),
    "no status": ending(("x", "y")),
    "HTTP 404": at_once((":status", "404"), ("content-type", "text/html")),
    "HTTP 503": at_once((":status", "503"), ("content-type", "text/html")),
    "HTTP 418": at_once((":status", "418"), ("content-type", "text/html")),
    "HTTP 404 that has a status": at_once((":status", "404"), GRPC, ("grpc-status", "7")),
    "pieces": lambda n: (
        cut_headers(n, OK_HEADERS) + data(n, framed(b"answer")[:3]) + data(n, framed(b"answer")[3:])
        + cut_headers(n, (("grpc-status", "0"),), ends=True)
    ),
    "other frames in between": lambda n: (
        headers(n) + frame(PING, 0, 0, bytes(8)) + settings_frame({4: 100_000}) + message(n)
        + frame(0xEE, 0, n, b"?") + trailers(n)
    ),
    "refused": lambda n: reset(n, 7),
    "cancelled": lambda n: reset(n, 8),
    "enhance your calm": lambda n: reset(n, 11),
    "an internal error": lambda n: reset(n, 2),
    "too large": lambda n: headers(n) + data(n, b"\0\x7f\0\0\0"),
}  # fmt: skip
"""Answers of which both say the same."""

DIFFERENT: dict[str, tuple[Answer, Status, Status, str]] = {
    "padding": (
        lambda n: (
            headers(n) + frame(DATA, PADDED, n, b"\3" + framed(b"answer") + bytes(3)) + trailers(n)
        ),
        Status.INTERNAL, Status.OK, "padding is legal (RFC 9113, section 6.1)",
    ),
    "two messages": (
        lambda n: headers(n) + message(n) + message(n) + trailers(n),
        Status.DEADLINE_EXCEEDED, Status.INTERNAL, "core waits for somebody to take the second",
    ),
    "half a message": (
        lambda n: headers(n) + data(n, framed(b"answer")[:7]) + trailers(n),
        Status.OK, Status.INTERNAL, "core says OK without a message",
    ),
}  # fmt: skip
"""Answers of which they do not, with the statuses of core and of wire, and why."""


def outcome(carrier: Carrier, answer: Answer) -> Outcome:
    """Return how a unary call ends that is answered so."""

    def script(peer: Peer) -> None:
        peer.greet()
        stream, _ = peer.request()
        peer.send(answer(stream))
        peer.until_closed()

    with ScriptedServer(script) as server:
        transport = open_transport(
            Target(server.address, server.address, channel=ChannelSettings(transport=carrier))
        )
        try:
            assert transport.connect(TIMEOUT_S, lambda: True)
            transport.unary("/t/Echo", ()).start(None, b"", 3.0)
            return until_outcome(transport)
        finally:
            transport.close()


@pytest.mark.parametrize("answer", ALIKE.values(), ids=ALIKE)
def test_wire_says_what_core_says(answer: Answer) -> None:
    """Status, message, headers and trailers are the same."""
    core, wire = (outcome(name, answer) for name in (Carrier.GRPC, Carrier.WIRE))
    assert (wire.status, wire.message) == (core.status, core.message)
    assert wire.headers == core.headers
    assert wire.trailers == core.trailers
    if core.trailers:
        assert wire.details == core.details


@pytest.mark.parametrize("case", DIFFERENT.values(), ids=DIFFERENT)
def test_where_they_differ(case: tuple[Answer, Status, Status, str]) -> None:
    """On purpose: each has its reason."""
    answer, of_core, of_wire, _why = case
    found = [outcome(name, answer).status for name in (Carrier.GRPC, Carrier.WIRE)]
    assert found == [of_core, of_wire]


def test_a_goaway_that_turns_a_call_away_is_proof_for_both() -> None:
    """Such a call is unprocessed, and may be issued again."""
    found = [outcome(name, lambda _n: goaway(0)) for name in (Carrier.GRPC, Carrier.WIRE)]
    assert [(one.status, one.unprocessed) for one in found] == [(Status.UNAVAILABLE, True)] * 2
