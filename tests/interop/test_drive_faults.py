"""A fault of rpcx itself while calls or streams are under way: nothing hangs, all is closed."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from rpcx.engine.calls.choose import unary_engine
from rpcx.engine.calls.share import Share
from rpcx.engine.feed import Feed
from rpcx.engine.source import OneMethod
from rpcx.plans.calls import PlannedMethod, UnaryPlan
from rpcx.runs.drive import Drive
from rpcx.runs.interrupts import Interrupts
from rpcx.target.channel import Carrier, ChannelSettings
from rpcx.target.target import Target
from rpcx.transport import open_transport

if TYPE_CHECKING:
    from rpcx.engine.source import Dry
    from rpcx.results import CallResult

PATIENCE_S = 30.0
HELLO = "/helloworld.Greeter/SayHello"


class InjectedError(Exception):
    """The fault of a test."""


class Requests:
    """Empty messages without end; taking one may fail."""

    def __init__(self, fail_at: int | None) -> None:
        self._fail_at = fail_at
        self._taken = 0

    def take(self) -> bytes | Dry:
        """Return the next message, or raise the fault."""
        self._taken += 1
        if self._taken == self._fail_at:
            raise InjectedError
        return b""

    def skip(self) -> Dry | None:
        """Pass over a message."""

    def on_arrival(self, _wake: Any) -> None:
        """Nothing arrives: all is there."""


class Audience:
    """Watches; taking in a batch may fail."""

    def __init__(self, fail_at: int | None) -> None:
        self._fail_at = fail_at
        self._batches = 0

    def take_in(self, _batch: Any) -> None:
        """Take in results, or raise the fault."""
        self._batches += 1
        if self._batches == self._fail_at:
            raise InjectedError

    def tick(self, _now: float) -> None:
        """Note the time."""

    def close(self) -> None:
        """The run is over."""


@pytest.mark.parametrize("transport_name", ["wire", "grpc"])
@pytest.mark.parametrize("rate_per_s", [None, 2000.0], ids=["closed", "open"])
@pytest.mark.parametrize("place", ["statistics", "requests"])
def test_the_channel_can_be_closed_after_a_fault(
    demo_server: str,
    transport_name: str,
    rate_per_s: float | None,
    place: str,
) -> None:
    """On the main thread and on that which starts calls, with 20 calls in flight."""
    channel = ChannelSettings(transport=Carrier(transport_name))
    transport = open_transport(Target(demo_server, demo_server, channel=channel))
    assert transport.connect(PATIENCE_S, lambda: True)
    plan = UnaryPlan((PlannedMethod(HELLO),), total=None, concurrency=20, rate_per_s=rate_per_s)
    feed: Feed[CallResult] = Feed(eager=False)
    source = OneMethod(Requests(100 if place == "requests" else None))
    engine = unary_engine(plan, transport, source, feed, Share(0, 1))
    audience = Audience(fail_at=2 if place == "statistics" else None)
    drive: Drive[CallResult] = Drive(engine, feed, audience, duration_s=PATIENCE_S)
    with Interrupts() as interrupts, pytest.raises(InjectedError):
        drive.run(interrupts)
    assert engine.standing().in_flight == 0 or place == "requests"
    closing = threading.Thread(target=transport.close, daemon=True)
    closing.start()
    closing.join(PATIENCE_S)
    assert not closing.is_alive()
