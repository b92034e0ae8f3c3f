"""One stream over a transport that does as it is told: no clock, no network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fake_transport import FakeCall, FakeClock, FakeSource, FakeSources, FakeTransport
from hypothesis import given
from hypothesis import strategies as st

from rpcx.engine.feed import Feed
from rpcx.engine.source import Dry
from rpcx.engine.streams.engine import StreamEngine
from rpcx.errors import DataError
from rpcx.plans.streams import StreamPlan
from rpcx.results import MessageResult, Status, StreamAnnouncement, StreamEnd

if TYPE_CHECKING:
    from collections.abc import Iterable

METHOD = "/p.S/M"


@pytest.fixture
def clock() -> FakeClock:
    """The engine's clock, which stands still unless the test moves it."""
    return FakeClock()


class Run:
    """A stream that has not begun, its transport and its feed.

    Args:
        items: What there is to send.
        timeout_s: The deadline.
        total: How many to send at most.
        clock: Of the transport.
    """

    def __init__(
        self,
        items: Iterable[bytes | Dry | Exception] = (),
        *,
        timeout_s: float | None = None,
        total: int | None = None,
        clock: FakeClock | None = None,
    ) -> None:
        self.transport = FakeTransport(clock=clock)
        self.source = FakeSource(items)
        self.feed: Feed[StreamAnnouncement] = Feed(eager=False)
        self.ends: list[StreamEnd] = []
        plan = StreamPlan(METHOD, timeout_s=timeout_s, total=total)
        self.engine = StreamEngine(
            plan,
            self.transport,
            FakeSources([self.source]),
            self.feed,
            clock=self.transport.clock,
        )

    @property
    def call(self) -> FakeCall:
        """The one RPC."""
        [call] = self.transport.calls
        return call

    def end(self) -> None:
        """A step: the server ends the stream OK."""
        self.call.answer()

    def complete_send(self) -> None:
        """A step: core has the message that was outstanding."""
        self.call.complete_send()

    def announcements(self) -> list[MessageResult]:
        """The messages that were announced since the last look; an end is kept."""
        batch = self.feed.wait(0)
        self.ends += [result for result in batch if isinstance(result, StreamEnd)]
        return [result for result in batch if isinstance(result, MessageResult)]

    @property
    def ended(self) -> StreamEnd:
        """How the stream ended."""
        self.announcements()
        [end] = self.ends
        return end


def shown(results: Iterable[MessageResult]) -> list[tuple[str, int, bytes]]:
    """Announcements without their times."""
    return [("sent" if r.sent else "received", r.seq, r.message) for r in results]


def test_messages_are_sent_in_order_and_the_side_is_closed_after_the_last() -> None:
    """Each completed send starts the next; the half-close follows the last."""
    run = Run([b"1", b"2", b"3"])
    run.transport.steps.append(run.end)
    run.engine.run()
    assert [message for message, _ in run.call.sent] == [b"1", b"2", b"3"]
    assert run.call.half_closed
    assert shown(run.announcements()) == [("sent", 0, b"1"), ("sent", 1, b"2"), ("sent", 2, b"3")]
    assert run.ended.half_closed_at is not None
    assert run.ended.ended_by == "server"


def test_a_send_is_hinted_only_while_the_next_message_is_in_hand() -> None:
    """The last one before a pause and the last of all leave at once."""
    run = Run([b"1", b"2", Dry.NOT_YET, b"3", b"4"])
    run.transport.steps.extend([run.source.arrive, run.end])
    run.engine.run()
    assert run.call.sent == [(b"1", True), (b"2", False), (b"3", True), (b"4", False)]


def test_the_last_of_a_number_is_sent_as_the_last() -> None:
    """With `-n` no more is taken than is sent; pauses do not count."""
    run = Run([b"1", Dry.NOT_YET, b"2", b"3", b"4"], total=3)
    run.transport.steps.extend([run.source.arrive, run.end])
    run.engine.run()
    assert run.call.sent == [(b"1", False), (b"2", True), (b"3", False)]
    assert run.ended.reason == "total"
    assert run.source.take() == b"4"


def test_replies_are_announced_while_the_sender_waits_for_input() -> None:
    """Lock step: each reply is there before the next message is."""
    run = Run([b"1", Dry.NOT_YET, b"2", Dry.NOT_YET])
    seen: list[list[tuple[str, int, bytes]]] = []
    run.transport.steps.extend(
        [
            lambda: run.call.deliver(b"one"),
            lambda: seen.append(shown(run.announcements())),
            run.source.arrive,
            lambda: run.call.deliver(b"two"),
            lambda: seen.append(shown(run.announcements())),
            run.source.arrive,
            run.end,
        ]
    )
    run.engine.run()
    assert seen == [
        [("sent", 0, b"1"), ("received", 0, b"one")],
        [("sent", 1, b"2"), ("received", 1, b"two")],
    ]
    assert run.call.half_closed


def test_receiving_goes_on_while_a_send_is_blocked() -> None:
    """Flow control on one side does not hold up the other."""
    run = Run([b"1", b"2"])
    run.transport.holds_sends = True
    seen: list[int] = []
    run.transport.steps.extend(
        [
            lambda: run.call.deliver(b"a", b"b", b"c"),
            lambda: seen.append(len(run.announcements())),
            run.complete_send,
            run.complete_send,
            run.end,
        ]
    )
    run.engine.run()
    assert seen == [3]
    assert shown(run.announcements()) == [("sent", 0, b"1"), ("sent", 1, b"2")]


def test_a_message_is_announced_as_sent_only_once_it_was() -> None:
    """A send that the end of the stream overtook counts for nothing."""
    run = Run([b"1", b"2"])
    run.transport.holds_sends = True
    run.transport.steps.extend(
        [
            run.complete_send,
            lambda: run.call.answer(status=Status.ABORTED, details="enough"),
        ]
    )
    run.engine.run()
    assert shown(run.announcements()) == [("sent", 0, b"1")]
    assert run.ended.outcome.status is Status.ABORTED


def test_a_document_that_is_no_message_closes_the_side_and_loses_no_reply() -> None:
    """What was sent before is still answered; the error is kept for the end."""
    bad = DataError("field nope")
    run = Run([b"1", bad])
    run.transport.steps.append(lambda: run.call.answer(b"one"))
    run.engine.run()
    assert run.engine.error is bad
    assert run.call.half_closed
    assert shown(run.announcements()) == [("sent", 0, b"1"), ("received", 0, b"one")]


def test_a_first_document_that_is_no_message_cancels_the_stream() -> None:
    """With nothing sent there is nothing to be answered: a server stream would wait for ever."""
    bad = DataError("field nope")
    run = Run([bad])
    run.engine.run()
    assert run.engine.error is bad
    assert not run.call.half_closed
    assert run.ended.ended_by == "client"


def test_without_data_the_side_is_closed_at_once() -> None:
    """A client stream may be empty."""
    run = Run()
    run.transport.steps.append(lambda: run.call.answer(b"sum"))
    run.engine.run()
    assert run.call.sent == []
    assert shown(run.announcements()) == [("received", 0, b"sum")]


@pytest.mark.parametrize("method", ["stop", "cancel"])
def test_what_was_received_before_a_cancel_is_kept(method: str) -> None:
    """A stream that rpcx ends says so, and keeps its messages."""
    run = Run([b"1", Dry.NOT_YET])
    end = {"stop": lambda: run.engine.stop("interrupted"), "cancel": run.engine.cancel}[method]
    run.transport.steps.extend([lambda: run.call.deliver(b"one"), end])
    run.engine.run()
    assert shown(run.announcements()) == [("sent", 0, b"1"), ("received", 0, b"one")]
    assert run.ended.ended_by == "client"
    assert run.feed.finished


def test_the_deadline_is_told_from_a_server_that_speaks_of_one(clock: FakeClock) -> None:
    """DEADLINE_EXCEEDED long before our own deadline is the server's word."""
    ended = {}
    for after in (0.3, 2.0):
        run = Run([Dry.NOT_YET], timeout_s=2.0, clock=clock)

        def expire(run: Run = run, after: float = after) -> None:
            clock.now += after
            run.call.answer(status=Status.DEADLINE_EXCEEDED)

        run.transport.steps.append(expire)
        run.engine.run()
        ended[after] = run.ended.ended_by
        assert run.call.timeout_s == 2.0
    assert ended == {0.3: "server", 2.0: "deadline"}


@pytest.mark.parametrize(("lost", "by"), [(True, "connection"), (False, "server")])
def test_a_lost_connection_is_told_from_a_server_that_says_unavailable(lost: bool, by: str) -> None:
    """UNAVAILABLE is the connection's end only where one was lost."""
    run = Run([Dry.NOT_YET])
    run.transport.lost = lost
    run.transport.steps.append(lambda: run.call.answer(status=Status.UNAVAILABLE))
    run.engine.run()
    assert run.ended.ended_by == by


items = st.lists(st.binary(max_size=3) | st.just(Dry.NOT_YET), max_size=20)


@given(items, st.booleans())
def test_everything_is_sent_once_however_it_arrives(
    arriving: list[bytes | Dry], held: bool
) -> None:
    """Whatever the pauses, each message is sent once, in order, and at most one at a time."""
    run = Run(arriving)
    run.transport.holds_sends = held

    def go_on() -> None:
        if run.call.half_closed:
            run.call.answer()
        elif held and len(run.call.sent) > run.engine.streams[0].sending.completed:
            run.call.complete_send()
        else:
            run.source.arrive()

    run.transport.always = go_on
    run.engine.run()
    wanted = [item for item in arriving if isinstance(item, bytes)]
    assert [message for message, _ in run.call.sent] == wanted
    assert [result.message for result in run.announcements()] == wanted
    if wanted:
        assert run.call.sent[-1][1] is False
