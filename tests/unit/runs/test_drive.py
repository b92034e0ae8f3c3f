"""Whatever goes wrong on any thread while an engine works: the engine ends first."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from rpcx.engine.feed import CAPACITY, Feed
from rpcx.runs import drive as drive_module
from rpcx.runs.drive import Drive
from rpcx.runs.interrupts import AbandonedError, Interrupts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PATIENCE_S = 20.0


class InjectedError(Exception):
    """The fault of a test."""


def fail(*_: object) -> Any:
    """Raise the fault, whatever the arguments are."""
    raise InjectedError


class EndlessEngine:
    """An engine that announces results without end until it is cancelled.

    Args:
        feed: Where it announces.
        at_begin: Called in its thread before the first result.

    Attributes:
        ended: Set when its thread leaves `run`.
    """

    def __init__(self, feed: Feed[int], at_begin: Callable[[], object] = int) -> None:
        self.begun = 0.0
        self.ended = threading.Event()
        self._feed = feed
        self._at_begin = at_begin
        self._stopped = False
        self._cancelled = threading.Event()

    def run(self) -> None:
        """Announce; what is in flight ends only when it is cancelled."""
        try:
            self.begun = time.perf_counter()
            self._at_begin()
            while not self._stopped:
                self._feed.announce(1)
            assert self._cancelled.wait(PATIENCE_S)
        finally:
            self.ended.set()
            self._feed.finish()

    def stop(self, _reason: str) -> None:
        """Announce nothing more."""
        self._stopped = True

    def cancel(self) -> None:
        """End."""
        self._cancelled.set()


class FaultyAudience:
    """An audience that fails in one of its methods, or in none.

    Attributes:
        closed: Whether it was told that the run is over.
    """

    def __init__(self, place: str = "") -> None:
        self._place = place
        self.closed = False

    def take_in(self, _batch: Sequence[int]) -> None:
        """Take in the results that have come."""
        if self._place == "take_in":
            fail()

    def tick(self, _now: float) -> None:
        """Note the time."""
        if self._place == "tick":
            fail()

    def close(self) -> None:
        """The run is over."""
        self.closed = True


def in_another_thread() -> None:
    """Raise the fault in a thread that nobody waits for."""
    threading.Thread(target=fail, daemon=True).start()


@pytest.mark.parametrize("place", ["take_in", "tick", "look", "engine", "feed", "another thread"])
def test_a_fault_ends_the_engine_before_it_is_raised(place: str) -> None:
    """In each callback and on each thread: `run` raises it once the engine's thread is over."""
    feed: Feed[int] = Feed(eager=False)
    begin = {"engine": fail, "another thread": in_another_thread}.get(place, int)
    engine = EndlessEngine(feed, begin)
    if place == "feed":
        feed.wait = fail  # type: ignore[method-assign, assignment] # the fault
    audience = FaultyAudience(place)
    look = fail if place == "look" else None
    drive: Drive[int] = Drive(engine, feed, audience, look=look, duration_s=PATIENCE_S)
    hook = threading.excepthook
    with Interrupts() as interrupts, pytest.raises(InjectedError):
        drive.run(interrupts)
    assert engine.ended.is_set()
    assert audience.closed
    assert threading.excepthook is hook


def test_a_writer_that_waits_for_room_is_let_go() -> None:
    """A feed that nobody reads any more holds nobody up."""
    feed: Feed[int] = Feed(eager=False)

    def write() -> None:
        for _ in range(CAPACITY + 5):
            feed.announce(1)

    writer = threading.Thread(target=write)
    writer.start()
    feed.abandon()
    writer.join(PATIENCE_S)
    assert not writer.is_alive()


def test_an_engine_that_never_ends_is_abandoned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then nothing may be closed, which the error says by its kind."""
    monkeypatch.setattr(drive_module, "_END_S", 0.1)
    feed: Feed[int] = Feed(eager=False)
    engine = EndlessEngine(feed)
    release = engine.cancel
    engine.cancel = fail  # type: ignore[method-assign] # it cannot be cancelled
    drive: Drive[int] = Drive(engine, feed, FaultyAudience("take_in"))
    try:
        with Interrupts() as interrupts, pytest.raises(AbandonedError) as caught:
            drive.run(interrupts)
        assert isinstance(caught.value.__context__, InjectedError)
    finally:
        release()
    assert engine.ended.wait(PATIENCE_S)
