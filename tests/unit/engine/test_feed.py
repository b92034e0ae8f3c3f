"""The way of results from the engine's thread to the one that prints."""

from __future__ import annotations

import threading

import pytest

from rpcx.engine import feed as feed_module
from rpcx.engine.feed import Feed

PATIENCE_S = 10.0


def test_results_come_out_once_and_in_order() -> None:
    """A batch has all that was announced since the last."""
    feed: Feed[int] = Feed(eager=False)
    for number in range(5):
        feed.announce(number)
    assert feed.wait(0) == [0, 1, 2, 3, 4]
    feed.announce(5)
    assert feed.wait(0) == [5]
    assert feed.wait(0) == []


def test_the_end_wakes_the_reader() -> None:
    """A reader that waits without limit returns once nothing follows."""
    feed: Feed[int] = Feed(eager=False)
    finisher = threading.Thread(target=feed.finish)
    finisher.start()
    assert feed.wait(PATIENCE_S) == []
    finisher.join()
    assert feed.finished


def test_a_lone_result_wakes_an_eager_reader() -> None:
    """What comes while the reader sleeps is told at once, not when its patience is over."""
    feed: Feed[int] = Feed(eager=True)
    batches: list[list[int]] = []
    reader = threading.Thread(target=lambda: batches.append(feed.wait(PATIENCE_S)))
    reader.start()
    feed.announce(1)
    reader.join(PATIENCE_S / 2)
    assert batches == [[1]]


def test_results_announced_before_the_end_are_not_lost() -> None:
    """`finish` after an announcement leaves it to be read."""
    feed: Feed[int] = Feed(eager=False)
    feed.announce(1)
    feed.finish()
    assert feed.wait(PATIENCE_S) == [1]
    assert feed.wait(PATIENCE_S) == []


def test_a_slow_reader_holds_up_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """No more than CAPACITY results wait, so that memory is bounded; none is lost."""
    monkeypatch.setattr(feed_module, "CAPACITY", 10)
    feed: Feed[int] = Feed(eager=False)

    def write() -> None:
        for number in range(1000):
            feed.announce(number)
        feed.finish()

    writer = threading.Thread(target=write)
    writer.start()
    seen: list[int] = []
    while batch := feed.wait(PATIENCE_S):
        assert len(batch) <= 10
        seen += batch
    writer.join()
    assert seen == list(range(1000))


def test_a_nap_ends_with_the_run() -> None:
    """Gathering results does not outlast the last of them."""
    feed: Feed[int] = Feed(eager=False)
    napper = threading.Thread(target=feed.nap, args=(PATIENCE_S,))
    napper.start()
    feed.finish()
    napper.join(PATIENCE_S / 2)
    assert not napper.is_alive()


@pytest.mark.parametrize("eager", [True, False])
def test_a_reader_beside_a_writer_gets_everything(eager: bool) -> None:
    """However the two threads interleave, every result is read once, in order."""
    feed: Feed[int] = Feed(eager=eager)

    def write() -> None:
        for number in range(20_000):
            feed.announce(number)
        feed.finish()

    writer = threading.Thread(target=write)
    writer.start()
    seen: list[int] = []
    while True:
        batch = feed.wait(0.01)
        seen += batch
        if not batch and feed.finished:
            break
    seen += feed.wait(0)
    writer.join()
    assert seen == list(range(20_000))
