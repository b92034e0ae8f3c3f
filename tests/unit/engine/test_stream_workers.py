"""Several senders and receivers on one stream, and what bounds a stream: no network, no clock."""

from __future__ import annotations

import functools
import math
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from fake_transport import FakeCall, FakeClock, FakeSource, FakeSources, FakeTransport
from hypothesis import given
from hypothesis import strategies as st

from rpcx.engine.feed import Feed
from rpcx.engine.source import Dry
from rpcx.engine.streams.engine import StreamEngine
from rpcx.errors import UsageError
from rpcx.plans.streams import StreamPlan
from rpcx.results import MessageResult, Status, StreamAnnouncement, StreamEnd

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

METHOD = "/p.S/M"


class Run:
    """Streams that have not begun; time goes on only while nothing else happens.

    Args:
        sources: What each sender has to send.
        options: Of the plan.
    """

    def __init__(
        self,
        *sources: Sequence[bytes | Dry | Exception],
        **options: Any,
    ) -> None:
        self.clock = FakeClock()
        self.transport = FakeTransport(clock=self.clock)
        self.sources = [FakeSource(items) for items in sources]
        self.feed: Feed[StreamAnnouncement] = Feed(eager=False)
        self.plan = StreamPlan(METHOD, senders=len(sources), **options)
        self.shared = FakeSources(self.sources)
        self.engine = StreamEngine(
            self.plan, self.transport, self.shared, self.feed, clock=self.clock
        )
        self.transport.always = self.go_on
        self.at: dict[bytes, float] = {}

    @property
    def call(self) -> FakeCall:
        """The first RPC."""
        return self.transport.calls[0]

    def go_on(self) -> None:
        """Let time pass, unless the streams wait for their server to end them."""
        waiting = [call for call in self.transport.open if call.half_closed]
        if waiting:
            waiting[0].answer()
        else:
            self.transport.pass_time()

    def run(self) -> tuple[list[MessageResult], list[StreamEnd]]:
        """To the end; the messages and the ends."""
        self.engine.run()
        batch = self.feed.wait(0)
        return (
            [result for result in batch if isinstance(result, MessageResult)],
            [result for result in batch if isinstance(result, StreamEnd)],
        )


@pytest.fixture
def make() -> Callable[..., Run]:
    """What makes a Run: its engine reads the clock that the test moves."""
    return Run


def sent_at(run: Run, results: list[MessageResult]) -> list[tuple[bytes, float]]:
    """Messages that were sent, and when after the start."""
    return [
        (result.message, round(result.at - run.engine.begun, 6))
        for result in results
        if result.sent
    ]


def test_eager_senders_alternate(make: Callable[..., Run]) -> None:
    """First come, first served: nobody is overtaken, each keeps its own order."""
    run = make([b"a1", b"a2", b"a3"], [b"b1", b"b2"])
    results, [end] = run.run()
    assert [result.message for result in results] == [b"a1", b"b1", b"a2", b"b2", b"a3"]
    assert [result.worker for result in results] == [0, 1, 0, 1, 0]
    assert [(tally.turns, tally.messages) for tally in end.senders] == [(3, 3), (2, 2)]


def test_a_delay_is_each_senders_own(make: Callable[..., Run]) -> None:
    """Two senders with a pause of one second send two messages a second."""
    run = make([b"a1", b"a2"], [b"b1", b"b2"], send_delay_s=1.0)
    results, _ = run.run()
    assert sent_at(run, results) == [(b"a1", 0), (b"b1", 0), (b"a2", 1.0), (b"b2", 1.0)]


def test_the_last_pause_is_not_waited_for(make: Callable[..., Run]) -> None:
    """The half-close follows the last message at once."""
    run = make([b"a", b"b"], send_delay_s=1.0)
    _, [end] = run.run()
    assert end.half_closed_at is not None
    assert end.half_closed_at - end.begun == pytest.approx(1.0)


def test_a_rate_is_the_streams(make: Callable[..., Run]) -> None:
    """However many senders there are, message i is due at i ÷ rate."""
    run = make([b"a1", b"a2"], [b"b1", b"b2"], rate_per_s=4.0)
    results, _ = run.run()
    assert [at for _, at in sent_at(run, results)] == [0, 0.25, 0.5, 0.75]


def test_a_rate_catches_up_after_a_block(make: Callable[..., Run]) -> None:
    """What flow control held up is sent as soon as it can be: the rate holds on average."""
    run = make([b"1", b"2", b"3", b"4"], rate_per_s=10.0)
    run.transport.holds_sends = True

    def unblock() -> None:
        run.clock.now += 0.25
        run.transport.holds_sends = False
        run.call.complete_send()

    run.transport.steps.append(unblock)
    results, _ = run.run()
    assert [at for _, at in sent_at(run, results)] == [0.25, 0.25, 0.25, 0.3]


def test_a_rate_stands_still_without_data(make: Callable[..., Run]) -> None:
    """Input that pauses for a second is not followed by a burst."""
    run = make([b"1", Dry.NOT_YET, b"2", b"3"], rate_per_s=10.0)

    def later() -> None:
        run.clock.now += 1.0
        run.sources[0].arrive()

    run.transport.steps.append(later)
    results, _ = run.run()
    assert [at for _, at in sent_at(run, results)] == [0, 1.0, 1.1]


def test_paced_and_delayed_messages_are_never_kept_back(make: Callable[..., Run]) -> None:
    """No buffer hint where each message has its own time."""
    for options in ({"rate_per_s": 1000.0}, {"send_delay_s": 0.001}):
        run = make([b"1", b"2", b"3"], **options)
        run.run()
        assert [more for _, more in run.call.sent] == [False] * 3


def test_eager_senders_hint_while_another_has_a_message_in_hand(make: Callable[..., Run]) -> None:
    """The last of all leaves at once."""
    run = make([b"a1", b"a2"], [b"b1"])
    run.run()
    assert run.call.sent == [(b"a1", True), (b"b1", True), (b"a2", False)]


def test_waiting_for_a_turn_is_measured(make: Callable[..., Run]) -> None:
    """While one sender is blocked the other one waits, and that is told."""
    run = make([b"a"], [b"b"])
    run.transport.holds_sends = True

    def unblock() -> None:
        run.clock.now += 2.0
        run.call.complete_send()

    run.transport.steps.extend([unblock, unblock])
    results, [end] = run.run()
    assert [tally.waiting_s for tally in end.senders] == [0.0, 2.0]
    assert [result.at - result.began for result in results] == [2.0, 2.0]


def test_a_total_is_shared_by_the_senders(make: Callable[..., Run]) -> None:
    """-n counts the messages of the stream, not of each sender."""
    run = make([b"a"] * 5, [b"b"] * 5, total=3)
    results, [end] = run.run()
    assert len(results) == 3
    assert end.reason == "total"


def test_receivers_take_turns(make: Callable[..., Run]) -> None:
    """Two receivers that pause a second read two messages a second."""
    run = make([], receivers=2, recv_delay_s=1.0)
    run.transport.steps.append(lambda: run.call.deliver(b"1", b"2", b"3", b"4"))

    def go_on() -> None:
        if run.call._inbox or run.transport.until < math.inf:
            run.transport.pass_time()
        else:
            run.call.answer()

    run.transport.always = go_on
    results, [end] = run.run()
    assert [round(r.at - run.engine.begun, 6) for r in results] == [0, 0, 1.0, 1.0]
    assert [tally.messages for tally in end.receivers] == [2, 2]


def test_no_receiver_asks_for_nothing(make: Callable[..., Run]) -> None:
    """--receivers 0 leaves what the server sends unread, until rpcx cancels."""
    run = make([b"1"], receivers=0, cancel_after_s=3.0)
    run.transport.steps.append(lambda: run.call.deliver(b"x"))
    run.transport.always = run.transport.pass_time
    results, [end] = run.run()
    assert [result.sent for result in results] == [True]
    assert (end.received, end.ended_by, end.reason) == (0, "client", "cancel_after")
    assert end.outcome.at - end.begun == pytest.approx(3.0)


def deliver_three(run: Run) -> None:
    """A step: the server sends three messages."""
    run.call.deliver(b"1", b"2", b"3")


def test_max_responses_cancels_after_so_many(make: Callable[..., Run]) -> None:
    """No message beyond them is taken, and it is no failure."""
    for options in ({}, {"receivers": 2}):
        run = make([Dry.NOT_YET], max_responses=2, **options)
        run.transport.steps.append(functools.partial(deliver_three, run))
        results, [end] = run.run()
        assert [result.message for result in results] == [b"1", b"2"]
        assert (end.received, end.ended_by, end.reason) == (2, "client", "max_responses")


def test_half_close_after_holds_the_side_open(make: Callable[..., Run]) -> None:
    """Input that ends sooner does not close it; input that goes on is cut."""
    run = make([b"1"], half_close_after_s=5.0)
    _, [end] = run.run()
    assert end.half_closed_at is not None
    assert end.half_closed_at - end.begun == pytest.approx(5.0)
    run = make([b"1", Dry.NOT_YET, b"2"], half_close_after_s=5.0)
    results, [end] = run.run()
    assert [result.message for result in results] == [b"1"]
    assert end.reason == "half_close_after"


def test_linger_cancels_a_stream_that_goes_on(make: Callable[..., Run]) -> None:
    """A watch that does not end by itself is cancelled so long after the half-close."""
    run = make([b"1"], linger_s=2.0)
    run.transport.always = run.transport.pass_time
    _, [end] = run.run()
    assert end.ended_by == "client"
    assert end.outcome.at - end.begun == pytest.approx(2.0)


def test_a_duration_half_closes_and_drains(make: Callable[..., Run]) -> None:
    """Replies that are due still come after -z; a server that never ends is cancelled."""
    run = make([b"1", Dry.NOT_YET], duration_s=1.0)
    run.transport.always = lambda: (
        run.call.answer(b"late") if run.call.half_closed else run.transport.pass_time()
    )
    results, [end] = run.run()
    assert [result.message for result in results] == [b"1", b"late"]
    assert (end.ended_by, end.reason, end.after_half_close) == ("server", "duration", 1)
    run = make([b"1", Dry.NOT_YET], duration_s=1.0)
    run.transport.always = run.transport.pass_time
    _, [end] = run.run()
    assert end.ended_by == "client"
    assert end.outcome.at - end.begun == pytest.approx(6.0)


def test_a_duration_ends_what_has_nothing_left_to_send(make: Callable[..., Run]) -> None:
    """A watch is over at -z: nothing is due any more."""
    run = make([b"1"], duration_s=1.0)
    run.transport.always = run.transport.pass_time
    _, [end] = run.run()
    assert (end.ended_by, end.reason) == ("client", "duration")
    assert end.outcome.at - end.begun == pytest.approx(1.0)


def test_a_blocked_send_that_never_completes_is_accounted_for(make: Callable[..., Run]) -> None:
    """Given and not completed; the time counts as blocked."""
    run = make([b"1", b"2"], cancel_after_s=4.0)
    run.transport.holds_sends = True

    def complete() -> None:
        run.call.complete_send()

    run.transport.steps.append(complete)
    run.transport.always = run.transport.pass_time
    _, [end] = run.run()
    assert (end.given, end.completed) == (2, 1)
    assert end.unfinished_send_s == pytest.approx(4.0)


def test_many_streams_end_each_by_itself(make: Callable[..., Run]) -> None:
    """Each has its own number, messages and end; the run is over with the last."""
    run = make([], streams=5)
    results, ends = run.run()
    assert not results
    assert sorted(end.stream for end in ends) == list(range(5))
    assert sorted(run.shared.released) == list(range(5))


def test_stopping_cancels_all_streams(make: Callable[..., Run]) -> None:
    """Ctrl-C leaves none open, whatever they wait for."""
    run = make([Dry.NOT_YET], streams=3)
    run.transport.steps.append(lambda: run.engine.stop("interrupted"))
    _, ends = run.run()
    assert [(end.ended_by, end.reason) for end in ends] == [("client", "interrupted")] * 3


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"receivers": 0}, "--receivers 0 never reads"),
        ({"receivers": -1}, "--receivers -1 is below 0"),
        ({"senders": 0}, "--senders 0 is below 1"),
        ({"streams": 0}, "--streams 0 is below 1"),
        ({"max_responses": 0}, "--max-responses 0 is below 1"),
        ({"rate_per_s": 0.0}, "-r/--rps 0 is not above 0"),
        ({"duration_s": 0.0}, "-z/--duration 0s is not above 0"),
        ({"senders": 2, "client_streams": False}, "--senders 2: p.S/M takes one message"),
        ({"receivers": 0, "timeout_s": 1.0, "max_responses": 1}, "--max-responses 1 needs a"),
    ],
)
def test_what_cannot_be_is_refused(options: dict[str, Any], sentence: str) -> None:
    """A plan checks itself, and the sentence names the option."""
    with pytest.raises(UsageError) as caught:
        StreamPlan(METHOD, **options)
    assert str(caught.value).startswith(sentence)


@st.composite
def conversations(draw: st.DrawFn) -> tuple[list[list[bytes | Dry]], dict[str, Any], list[int]]:
    """Senders with what they have, options, and what happens in which order."""
    senders = draw(st.integers(1, 3))
    sources: list[list[bytes | Dry]] = []
    for sender in range(senders):
        gaps = draw(st.lists(st.booleans(), max_size=6))
        items: list[bytes | Dry] = []
        for number, dry in enumerate(gaps):
            if dry:
                items.append(Dry.NOT_YET)
            items.append(b"%d:%d" % (sender, number))
        sources.append(items)
    options = {
        "receivers": draw(st.integers(1, 3)),
        "send_delay_s": draw(st.sampled_from([0.0, 0.0, 0.5])),
        "recv_delay_s": draw(st.sampled_from([0.0, 0.0, 0.5])),
        "rate_per_s": draw(st.sampled_from([None, None, 3.0])),
        "cancel_after_s": draw(st.sampled_from([None, None, 1.0])),
        "total": draw(st.sampled_from([None, None, 2])),
        "max_responses": draw(st.sampled_from([None, None, 3])),
    }
    return sources, options, draw(st.lists(st.integers(0, 3), max_size=40))


class Anything:
    """Lets sends complete, replies come, data arrive and time go by, in any order.

    Args:
        run: The stream, which ends once nothing of this can happen.
        choices: What is tried first, each time: 0 to 2, or 3 for a reply.
    """

    def __init__(self, run: Run, choices: list[int]) -> None:
        self._run = run
        self._choices = iter(choices)
        self._order = (self._complete, self._arrive, self._ring)
        self.replies = 0

    def __call__(self) -> None:
        """The next thing happens."""
        call = self._run.call
        first = next(self._choices, 0)
        if first == 3:
            self.replies += 1
            call.deliver(b"r%d" % (self.replies - 1))
            return
        if any(one() for one in (*self._order[first:], *self._order[:first])) or call.ended:
            return
        assert call.half_closed
        call.answer()

    def _complete(self) -> bool:
        call = self._run.call
        outstanding = call._sending
        if outstanding:
            call.complete_send()
        return outstanding

    def _arrive(self) -> bool:
        waiting = next((source for source in self._run.sources if source._waiting), None)
        if waiting is not None:
            waiting.arrive()
        return waiting is not None

    def _ring(self) -> bool:
        is_set = self._run.transport.until < math.inf
        if is_set:
            self._run.transport.pass_time()
        return is_set


@given(conversations())
def test_the_law_holds_whatever_happens(
    conversation: tuple[list[list[bytes | Dry]], dict[str, Any], list[int]],
) -> None:
    """One send and one receive outstanding at most; nothing lost, doubled or out of order.

    The transport raises where a second one is started.
    """
    sources, options, choices = conversation
    run = Run(*sources, **options)
    run.transport.holds_sends = True
    run.transport.always = anything = Anything(run, choices)
    results, [end] = run.run()
    given_messages = [message for message, _ in run.call.sent]
    sent = [result for result in results if result.sent]
    received = [result for result in results if not result.sent]
    assert end.given == len(given_messages)
    assert end.completed == len(sent) == sum(tally.messages for tally in end.senders)
    assert end.given - end.completed <= 1
    there_are = sum(map(len, map(messages_of, sources)))
    most = there_are if options["total"] is None else min(options["total"], there_are)
    assert end.given <= most
    assert given_messages[: len(sent)] == [result.message for result in sent]
    for number, items in enumerate(sources):
        mine = [message for message in given_messages if message.startswith(b"%d:" % number)]
        assert mine == messages_of(items)[: len(mine)]
        assert {r.worker for r in sent if r.message in mine} <= {number}
    assert [result.message for result in received] == [b"r%d" % i for i in range(end.received)]
    assert [result.seq for result in received] == list(range(end.received))
    if end.outcome.status is Status.OK:
        assert end.received == anything.replies
        assert end.given == most
        if options["total"] is None:
            assert Counter(given_messages) == Counter(
                message for items in sources for message in messages_of(items)
            )


def messages_of(items: list[bytes | Dry]) -> list[bytes]:
    """What a sender has to send, without the pauses."""
    return [item for item in items if isinstance(item, bytes)]
