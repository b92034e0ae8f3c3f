"""Unary calls over a transport that does as it is told: no clock, no network."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest
from fake_transport import FakeCall, FakeClock, FakeSource, FakeTransport
from hypothesis import given
from hypothesis import strategies as st

from rpcx.engine.calls.closed_loop import ClosedLoop
from rpcx.engine.calls.engine import Parts, UnaryEngine
from rpcx.engine.calls.flight import TOO_FEW, TOO_MANY
from rpcx.engine.calls.open_loop import OpenLoop
from rpcx.engine.calls.pacing import ConstantRate
from rpcx.engine.calls.share import WHOLE, Share
from rpcx.engine.feed import Feed
from rpcx.engine.source import Dry, OneMethod, Request
from rpcx.errors import DataError
from rpcx.plans.calls import PlannedMethod, UnaryPlan
from rpcx.plans.ramps import CONCURRENCY, Leg, Ramp
from rpcx.results import CallResult, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from rpcx.engine.source import RequestSource

METHOD = "/p.S/M"


@pytest.fixture
def clock() -> FakeClock:
    """The engine's clock, which stands still unless the test moves it."""
    return FakeClock()


def engine_of(
    plan: UnaryPlan,
    transport: FakeTransport,
    source: RequestSource,
    feed: Feed[CallResult],
    *,
    rate: float | None = None,
    share: Share = WHOLE,
) -> UnaryEngine:
    """An engine with the transport's clock; its loop is open if there is a rate."""
    parts = Parts(plan, transport, source, feed, share, transport.engine_clock)
    loop = ClosedLoop(parts) if rate is None else OpenLoop(parts, ConstantRate(rate))
    return UnaryEngine(parts, loop, feed.finish)


def closed(
    transport: FakeTransport,
    *,
    total: int | None = 1,
    concurrency: int = 1,
    requests: Iterable[bytes | Dry | Exception] | None = None,
    timeout_s: float = 20.0,
) -> tuple[UnaryEngine, Feed[CallResult]]:
    """A closed loop that has not begun, and its feed."""
    feed: Feed[CallResult] = Feed(eager=False)
    source = FakeSource(itertools.repeat(b"q") if requests is None else requests)
    methods = (PlannedMethod(METHOD, timeout_s=timeout_s),)
    plan = UnaryPlan(methods, total=total, concurrency=concurrency)
    return engine_of(plan, transport, OneMethod(source), feed), feed


def ends(engine: UnaryEngine) -> tuple[int, int, str]:
    """Calls that were due, calls that were started, and why the run ended."""
    standing = engine.standing()
    return standing.due, standing.started, standing.end_reason


def ok(call: FakeCall) -> None:
    """A server that answers as it should."""
    call.answer(b"a")


def twice(call: FakeCall) -> None:
    """A server that answers a unary call with two messages."""
    call.answer(b"a", b"b")


def silent(call: FakeCall) -> None:
    """A server that ends a unary call OK without a message."""
    call.answer()


def not_found(call: FakeCall) -> None:
    """A server that fails."""
    call.answer(status=Status.NOT_FOUND, details="no such thing")


def gone_away(call: FakeCall) -> None:
    """A server that has not processed the call, and says so."""
    call.answer(status=Status.UNAVAILABLE, details="GOAWAY", unprocessed=True)


def unavailable(call: FakeCall) -> None:
    """A connection that breaks."""
    call.answer(status=Status.UNAVAILABLE, details="connection reset")


def in_turn(*servers: Callable[[FakeCall], None]) -> Callable[[FakeCall], None]:
    """A server that treats each attempt as the next of these; the last one stays."""
    left = list(servers)

    def serve(call: FakeCall) -> None:
        (left.pop(0) if len(left) > 1 else left[0])(call)

    return serve


def test_calls_are_counted_once_each_and_no_more_are_open_than_asked_for() -> None:
    """Ten calls in three slots are ten results numbered 0 to 9, never more than three open."""
    transport = FakeTransport()
    transport.always = lambda: ok(transport.open[0])
    engine, feed = closed(transport, total=10, concurrency=3)
    engine.run()
    results = feed.wait(0)
    assert [result.seq for result in results] == list(range(10))
    assert {result.outcome.status for result in results} == {Status.OK}
    assert (engine.standing().started, engine.standing().due, engine.standing().in_flight) == (
        10,
        10,
        0,
    )
    assert (transport.most_open, engine.standing().end_reason) == (3, "total")


def test_a_slot_is_filled_as_soon_as_it_is_free() -> None:
    """The call that ends makes room for the next, whichever of the open ones it is."""
    transport = FakeTransport()
    engine, feed = closed(transport, total=6, concurrency=3)
    full = []

    def end_one(which: int) -> Callable[[], None]:
        def step() -> None:
            full.append(len(transport.open))
            ok(transport.open[which])

        return step

    transport.steps.extend(end_one(which) for which in (1, 2, 0, 2, 1, 0))
    engine.run()
    assert full == [3, 3, 3, 3, 2, 1]
    assert [result.seq for result in feed.wait(0)] == [1, 3, 0, 5, 4, 2]


def test_calls_are_single_batches_once_one_was_verified() -> None:
    """Until an OK with exactly one message was seen each call is read to its end."""
    transport = FakeTransport(in_turn(not_found, ok, ok, ok))
    engine, feed = closed(transport, total=4)
    engine.run()
    assert transport.kinds == ["stream", "stream", "unary", "unary"]
    assert [result.outcome.status.name for result in feed.wait(0)] == ["NOT_FOUND", *["OK"] * 3]


@pytest.mark.parametrize(("serve", "words"), [(twice, TOO_MANY), (silent, TOO_FEW)])
def test_an_ok_without_exactly_one_message_is_internal(
    serve: Callable[[FakeCall], None], words: str
) -> None:
    """A server that answers twice or not at all has failed, call after call."""
    transport = FakeTransport(serve)
    engine, feed = closed(transport, total=3)
    engine.run()
    results = feed.wait(0)
    assert [result.outcome.status for result in results] == [Status.INTERNAL] * 3
    assert {result.outcome.details for result in results} == {words}
    assert transport.kinds == ["stream"] * 3
    assert transport.open == []


def test_an_ok_without_a_message_is_internal_after_verification_too() -> None:
    """The single batch that brings no message is no success either."""
    transport = FakeTransport(in_turn(ok, silent))
    engine, feed = closed(transport, total=2)
    engine.run()
    assert [result.outcome.status.name for result in feed.wait(0)] == ["OK", "INTERNAL"]
    assert transport.kinds == ["stream", "unary"]


@pytest.mark.parametrize("verified", [False, True])
def test_what_the_server_never_processed_is_issued_once_more(verified: bool) -> None:
    """The second attempt is no second call: one result under the same number."""
    first = [ok] if verified else []
    transport = FakeTransport(in_turn(*first, gone_away, ok))
    engine, feed = closed(transport, total=2)
    engine.run()
    results = feed.wait(0)
    assert [(result.seq, result.outcome.status.name) for result in results] == [
        (0, "OK"),
        (1, "OK"),
    ]
    assert (engine.standing().started, engine.standing().due, sum(engine.standing().reissued)) == (
        2,
        2,
        1,
    )
    assert len(transport.calls) == 3


def test_a_call_that_is_turned_away_for_ever_fails() -> None:
    """It is issued six times at most, and counts once among those issued again."""
    transport = FakeTransport(gone_away)
    engine, feed = closed(transport, total=1)
    engine.run()
    [result] = feed.wait(0)
    assert result.outcome.status is Status.UNAVAILABLE
    assert (len(transport.calls), engine.standing().started, sum(engine.standing().reissued)) == (
        6,
        1,
        1,
    )


def test_a_failure_that_may_have_been_processed_is_not_repeated() -> None:
    """Without the proof that nothing ran, UNAVAILABLE is a result."""
    transport = FakeTransport(unavailable)
    engine, feed = closed(transport, total=1)
    engine.run()
    assert [result.outcome.status.name for result in feed.wait(0)] == ["UNAVAILABLE"]
    assert (len(transport.calls), sum(engine.standing().reissued)) == (1, 0)


def test_nothing_is_started_while_there_is_no_connection(clock: FakeClock) -> None:
    """After a lost connection the loop waits, then goes on; the gap is told."""
    transport = FakeTransport(clock=clock)
    engine, feed = closed(transport, total=5, concurrency=2)

    def lose() -> None:
        transport.lost = True
        transport.connections.extend([False, False, False, True])
        transport.connections.popleft()
        clock.now += 1
        unavailable(transport.open[0])
        unavailable(transport.open[0])

    def at_rest() -> None:
        if transport.open:
            ok(transport.open[0])
        else:
            transport.pass_time()

    transport.steps.extend([lose])
    transport.always = at_rest
    engine.run()
    names = [result.outcome.status.name for result in feed.wait(0)]
    assert names == ["UNAVAILABLE", "UNAVAILABLE", "OK", "OK", "OK"]
    [outage] = engine.standing().outages
    assert (outage.start_s, round(outage.duration_s, 6)) == (1.0, 0.06)  # three looks
    assert transport.most_open == 2


def test_a_lost_connection_shows_where_no_call_fails(clock: FakeClock) -> None:
    """Where all calls wait for another connection, whoever looks twice finds the gap."""
    transport = FakeTransport(clock=clock)
    engine, feed = closed(transport, total=4, concurrency=2)

    def lose() -> None:
        transport.connections.extend([False, False, True])
        transport.connections.popleft()
        for call in tuple(transport.open):
            ok(call)

    def nothing_ends() -> None:
        engine.look(clock.now)  # two calls were answered since the start
        engine.look(clock.now)
        clock.now += 1
        engine.look(clock.now)
        clock.now += 3
        ok(transport.open[0])

    transport.steps.extend([lose, nothing_ends])
    transport.always = lambda: ok(transport.open[0])
    engine.run()
    assert [result.outcome.status.name for result in feed.wait(0)] == ["OK"] * 4
    [outage] = engine.standing().outages
    assert (outage.start_s, outage.duration_s) == (0.0, 4.0)


def test_a_connection_that_the_driver_sees_again_fills_the_slots(clock: FakeClock) -> None:
    """Slots that were left empty without a connection do not wait for a call to end."""
    transport = FakeTransport(clock=clock)
    engine, feed = closed(transport, total=6, concurrency=2)

    def lose() -> None:
        transport.lost = True
        transport.connections.extend([False, True])
        transport.connections.popleft()
        unavailable(transport.open[0])

    def connect() -> None:
        assert len(transport.open) == 1
        engine.look(clock.now)
        transport.pass_time()

    def go_on() -> None:
        assert len(transport.open) == min(2, 6 - sum(call.ended for call in transport.calls))
        ok(transport.open[0])

    transport.steps.extend([lose, connect])
    transport.always = go_on
    engine.run()
    names = [result.outcome.status.name for result in feed.wait(0)]
    assert names == ["UNAVAILABLE"] + ["OK"] * 5


def test_a_connection_that_does_not_come_back_ends_the_run(
    clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once a call's deadline has gone by without one, there is nothing to wait for."""
    transport = FakeTransport(unavailable, clock=clock)
    transport.lost = True

    def not_ready() -> bool:
        clock.now += 1
        return False

    monkeypatch.setattr(transport, "ready", not_ready)
    engine, feed = closed(transport, total=100, timeout_s=2.5)
    engine.run()
    assert engine.standing().end_reason == "connection_lost"
    assert engine.standing().started == engine.standing().due == len(feed.wait(0)) == 1


def test_calls_that_only_wait_for_a_connection_show_that_there_is_none(
    clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a late OK hid the loss, the next deadline that passes shows it, and the run ends."""

    def wait_in_vain(call: FakeCall) -> None:
        call.answer(status=Status.DEADLINE_EXCEEDED)

    def not_ready() -> bool:
        clock.now += 1
        return False

    transport = FakeTransport(wait_in_vain, clock=clock)
    monkeypatch.setattr(transport, "ready", not_ready)
    engine, feed = closed(transport, total=100, timeout_s=2.5)
    engine.run()
    assert engine.standing().end_reason == "connection_lost"
    assert len(feed.wait(0)) == 1


def test_a_lost_connection_that_no_call_needs_is_not_waited_for(clock: FakeClock) -> None:
    """Where the last call lost its connection, the run is over then."""
    transport = FakeTransport(unavailable, clock=clock)
    transport.lost = True
    transport.connections.extend([False])
    transport.connections.popleft()
    engine, feed = closed(transport, total=1)
    engine.run()
    assert engine.standing().end_reason == "total"
    assert len(feed.wait(0)) == 1


def test_a_document_that_is_no_message_ends_the_run_and_loses_nothing() -> None:
    """What was before it is a result; the error is kept for the end."""
    bad = DataError("field nope")
    transport = FakeTransport(ok)
    engine, feed = closed(transport, total=None, requests=[b"1", b"2", bad])
    engine.run()
    assert [result.seq for result in feed.wait(0)] == [0, 1]
    assert (engine.standing().error, engine.standing().end_reason, engine.standing().started) == (
        bad,
        "error",
        2,
    )


def test_the_end_of_the_data_ends_the_run() -> None:
    """Without a number of calls there is one for each request."""
    transport = FakeTransport(ok)
    engine, feed = closed(transport, total=None, requests=[b"1", b"22", b"333"])
    engine.run()
    assert [result.request_bytes for result in feed.wait(0)] == [1, 2, 3]
    assert engine.standing().end_reason == "data"


def test_data_that_arrives_late_fills_all_free_slots() -> None:
    """A loop that ran out of requests starts as many as there are slots once they come."""
    transport = FakeTransport()
    source = FakeSource([b"1", Dry.NOT_YET, b"2", b"3", b"4"])
    feed: Feed[CallResult] = Feed(eager=False)
    plan = UnaryPlan((PlannedMethod(METHOD),), total=None, concurrency=3)
    engine = engine_of(plan, transport, OneMethod(source), feed)
    opened: list[int] = []
    transport.steps.extend(
        [
            source.arrive,
            lambda: opened.append(len(transport.open)),
            lambda: ok(transport.open[0]),
            lambda: opened.append(len(transport.open)),
        ]
    )
    transport.always = lambda: ok(transport.open[0])
    engine.run()
    assert opened == [3, 3]
    assert len(feed.wait(0)) == 4


def test_stop_starts_nothing_more_and_lets_calls_end() -> None:
    """What is in flight at a stop is a result like any other."""
    transport = FakeTransport()
    engine, feed = closed(transport, total=None, concurrency=2)
    transport.steps.append(lambda: engine.stop("duration"))
    transport.always = lambda: ok(transport.open[0])
    engine.run()
    assert [result.outcome.status.name for result in feed.wait(0)] == ["OK", "OK"]
    assert (engine.standing().end_reason, engine.standing().started) == ("duration", 2)


def test_what_the_engine_cancels_is_marked_as_such() -> None:
    """CANCELLED is rpcx's own doing after `cancel`, and the server's before."""
    transport = FakeTransport()
    engine, feed = closed(transport, total=None, concurrency=1)
    transport.steps.extend(
        [
            lambda: transport.open[0].answer(status=Status.CANCELLED, details="by the server"),
            lambda: engine.stop("interrupted"),
            engine.cancel,
        ]
    )
    engine.run()
    assert [result.cancelled for result in feed.wait(0)] == [False, True]


def test_a_call_that_is_cancelled_is_not_issued_again() -> None:
    """A run that is being ended ends, whatever the server did not process."""
    transport = FakeTransport()
    engine, feed = closed(transport, total=None)
    transport.steps.extend(
        [
            lambda: engine.stop("interrupted"),
            lambda: setattr(engine._flight, "cancelling", True),
            lambda: gone_away(transport.open[0]),
        ]
    )
    engine.run()
    assert (len(feed.wait(0)), sum(engine.standing().reissued)) == (1, 0)


def test_each_call_has_the_deadline() -> None:
    """It is the plan's timeout; a call that is issued again has what is left of it."""
    transport = FakeTransport(in_turn(ok, gone_away, ok))
    engine, _ = closed(transport, total=3, timeout_s=1.5)
    engine.run()
    first, away, again, last = [call.timeout_s for call in transport.calls]
    assert first == away == last == 1.5
    assert again is not None
    assert 0 <= again < 1.5


class Mixed:
    """Requests of several methods."""

    def __init__(self, *requests: Request) -> None:
        self._requests = list(requests)

    def take(self) -> Request | Dry:
        """The next one."""
        return self._requests.pop(0) if self._requests else Dry.END

    def skip(self) -> int | Dry:
        """Pass over the next one."""
        request = self.take()
        return request if isinstance(request, Dry) else request.method

    def on_arrival(self, _wake: Callable[[], None]) -> None:
        """All are there."""


def test_several_methods_share_the_channel() -> None:
    """Each call goes to its method with that method's headers, or its own, and deadline."""
    transport = FakeTransport(ok)
    feed: Feed[CallResult] = Feed(eager=False)
    plan = UnaryPlan(
        (
            PlannedMethod("/p.S/A", (("k", "a"),), 1.0),
            PlannedMethod("/p.S/B", (("k", "b"),), 2.0),
        ),
        total=None,
    )
    own = (("k", "own"),)
    source = Mixed(Request(1, b"b"), Request(0, b"a"), Request(1, b"bb"), Request(0, b"aa", own))
    engine = engine_of(plan, transport, source, feed)
    engine.run()
    assert [result.method for result in feed.wait(0)] == [1, 0, 1, 0]
    assert [(call.method, call.metadata, call.timeout_s) for call in transport.calls] == [
        ("/p.S/B", (("k", "b"),), 2.0),
        ("/p.S/A", (("k", "a"),), 1.0),
        ("/p.S/B", (("k", "b"),), 2.0),
        ("/p.S/A", own, 1.0),
    ]


def test_each_method_is_verified_by_itself() -> None:
    """That one method answers with one message says nothing about another."""
    transport = FakeTransport(ok)
    feed: Feed[CallResult] = Feed(eager=False)
    plan = UnaryPlan((PlannedMethod("/p.S/A"), PlannedMethod("/p.S/B")), total=None)
    source = Mixed(*[Request(method, b"q") for method in (0, 0, 1, 1, 0)])
    engine_of(plan, transport, source, feed).run()
    assert transport.kinds == ["stream", "unary", "stream", "unary", "unary"]


SERVERS = st.sampled_from([ok, twice, silent, not_found, gone_away])


@given(st.lists(SERVERS, min_size=1, max_size=40), st.integers(1, 7), st.integers(1, 30))
def test_counts_balance_whatever_the_server_does(
    servers: list[Callable[[FakeCall], None]], concurrency: int, total: int
) -> None:
    """Every call that was started is one result, and only whole answers are OK."""
    transport = FakeTransport(in_turn(*servers))
    engine, feed = closed(transport, total=total, concurrency=concurrency)
    engine.run()
    results = feed.wait(0)
    assert sorted(result.seq for result in results) == list(range(total))
    assert engine.standing().due == engine.standing().started == total
    reissued = sum(engine.standing().reissued)
    assert total + reissued <= len(transport.calls) <= total + 5 * reissued
    for result in results:
        succeeded = result.outcome.status is Status.OK
        assert succeeded == (result.outcome.message == b"a" and succeeded)


class PacedRun:
    """An open loop; the test is the server, and lets time pass until all requests were due.

    Args:
        transport: Where it calls.
        source: Its requests; once it has said NOT_YET every request before was due.
        concurrency: Its slots.
        total: Its calls.
        rate: Its calls each second.
    """

    def __init__(
        self,
        transport: FakeTransport,
        source: FakeSource,
        *,
        concurrency: int,
        total: int | None = None,
        rate: float = 1000,
    ) -> None:
        self.feed: Feed[CallResult] = Feed(eager=False)
        plan = UnaryPlan(
            (PlannedMethod(METHOD),), total=total, concurrency=concurrency, rate_per_s=rate
        )
        self.engine = engine_of(plan, transport, OneMethod(source), self.feed, rate=rate)
        self.source = source
        self.transport = transport
        transport.steps.append(self.all_due)

    def all_due(self) -> None:
        """A step: let time pass until the source has no more requests."""
        if not self.source.ran_dry.is_set():
            self.transport.steps.appendleft(self.all_due)
            self.transport.pass_time()


def test_calls_are_due_at_the_rate_and_wait_for_a_slot(clock: FakeClock) -> None:
    """What is due while all slots are busy starts when one is free, and its wait counts."""
    transport = FakeTransport(clock=clock)
    run = PacedRun(transport, FakeSource([b"q"] * 4 + [Dry.NOT_YET]), concurrency=1, rate=100)

    def finish() -> None:
        clock.now = 101.0
        ok(transport.open[0])

    transport.steps.extend([finish] * 4 + [run.source.arrive])
    run.engine.run()
    results = run.feed.wait(0)
    assert [round(result.due, 6) for result in results] == [100.0, 100.01, 100.02, 100.03]
    assert [result.started for result in results] == [100.0, 101.0, 101.0, 101.0]
    assert [result.waited for result in results] == [False, True, True, True]
    assert transport.most_open == 1
    assert (run.engine.standing().due, run.engine.standing().started) == (4, 4)


def test_calls_start_when_due_while_there_are_slots(clock: FakeClock) -> None:
    """With a slot for each call the server's slowness delays none."""
    transport = FakeTransport(clock=clock)
    run = PacedRun(transport, FakeSource([b"q"] * 4 + [Dry.NOT_YET]), concurrency=4, rate=100)
    transport.steps.extend([lambda: ok(transport.open[0])] * 4 + [run.source.arrive])
    run.engine.run()
    results = run.feed.wait(0)
    assert [round(result.started, 6) for result in results] == [100.0, 100.01, 100.02, 100.03]
    assert not any(result.waited for result in results)
    assert transport.most_open == 4


@pytest.mark.parametrize("reason", ["duration", "interrupted"])
def test_calls_that_were_due_and_never_started_are_counted(clock: FakeClock, reason: str) -> None:
    """A stop forgets those that wait: due = started + not started, and one result each."""
    transport = FakeTransport(clock=clock)
    run = PacedRun(transport, FakeSource([b"q"] * 5 + [Dry.NOT_YET]), concurrency=2)
    transport.steps.append(lambda: run.engine.stop(reason))
    transport.steps.extend([lambda: ok(transport.open[0])] * 2)
    run.engine.run()
    assert len(run.feed.wait(0)) == run.engine.standing().started == 2
    assert run.engine.standing().due == 5
    assert run.engine.standing().end_reason == reason


def test_an_open_loop_that_is_cancelled_marks_what_was_in_flight(clock: FakeClock) -> None:
    """After the drain the calls in flight are cancelled, and those that wait never start."""
    transport = FakeTransport(clock=clock)
    run = PacedRun(transport, FakeSource([b"q"] * 5 + [Dry.NOT_YET]), concurrency=2)
    transport.steps.extend([lambda: run.engine.stop("duration"), run.engine.cancel])
    run.engine.run()
    assert [result.cancelled for result in run.feed.wait(0)] == [True, True]
    assert (run.engine.standing().due, run.engine.standing().started) == (5, 2)


def test_an_open_loop_ends_after_its_total(clock: FakeClock) -> None:
    """`total` counts the calls that become due."""
    transport = FakeTransport(ok, clock=clock)
    feed: Feed[CallResult] = Feed(eager=False)
    plan = UnaryPlan((PlannedMethod(METHOD),), total=7, concurrency=3, rate_per_s=500)
    source = FakeSource(itertools.repeat(b"q"))
    engine = engine_of(plan, transport, OneMethod(source), feed, rate=500)
    engine.run()
    assert sorted(result.seq for result in feed.wait(0)) == list(range(7))
    assert ends(engine) == (7, 7, "total")


def test_a_loop_that_comes_late_starts_all_that_was_due(clock: FakeClock) -> None:
    """They count from when they were due, and none of them waited for a slot."""
    transport = FakeTransport(clock=clock)
    plan = UnaryPlan((PlannedMethod(METHOD),), total=4, concurrency=9, rate_per_s=100)
    feed: Feed[CallResult] = Feed(eager=False)
    source = OneMethod(FakeSource(itertools.repeat(b"q")))
    engine = engine_of(plan, transport, source, feed, rate=100)
    opened: list[int] = []

    def late() -> None:
        opened.append(len(transport.calls))
        clock.now = 160.0
        ok(transport.open[0])

    transport.steps.extend([late] * 4)
    engine.run()
    results = sorted(feed.wait(0), key=lambda result: result.seq)
    assert opened == [1, 4, 4, 4]
    assert [round(result.due, 6) for result in results] == [100.0, 100.01, 100.02, 100.03]
    assert [result.started for result in results] == [100.0, 160.0, 160.0, 160.0]
    assert not any(result.waited for result in results)


def test_a_loop_that_is_too_slow_fetches_answers_all_the_same(clock: FakeClock) -> None:
    """A start takes longer than the pace allows: answers are fetched between some starts."""
    transport = FakeTransport(clock=clock)
    plan = UnaryPlan((PlannedMethod(METHOD),), total=1000, concurrency=1000, rate_per_s=100)
    feed: Feed[CallResult] = Feed(eager=False)
    source = OneMethod(FakeSource(itertools.repeat(b"q")))

    def slow(call: FakeCall) -> None:
        clock.now += 1
        ok(call)

    transport.serve = slow
    engine = engine_of(plan, transport, source, feed, rate=100)
    engine.run()
    assert ends(engine) == (1000, 1000, "total")
    assert transport.most_open < 100


@pytest.mark.parametrize("concurrency", [1, 2, 50])
def test_no_call_is_lost_or_doubled_at_a_rate_that_cannot_be_kept(concurrency: int) -> None:
    """Each of the calls is started once, and all end."""
    transport = FakeTransport(ok)
    feed: Feed[CallResult] = Feed(eager=False)
    plan = UnaryPlan((PlannedMethod(METHOD),), total=3000, concurrency=concurrency, rate_per_s=1e6)
    source = OneMethod(FakeSource(itertools.repeat(b"q")))
    engine = engine_of(plan, transport, source, feed, rate=1e6)
    engine.run()
    assert sorted(result.seq for result in feed.wait(0)) == list(range(3000))
    assert ends(engine) == (3000, 3000, "total")
    assert transport.most_open <= concurrency


def test_an_open_loop_keeps_a_document_that_is_no_message(clock: FakeClock) -> None:
    """The error ends the pace; the calls before it are results."""
    bad = DataError("field nope")
    transport = FakeTransport(ok, clock=clock)
    feed: Feed[CallResult] = Feed(eager=False)
    plan = UnaryPlan((PlannedMethod(METHOD),), total=None, concurrency=3, rate_per_s=500)
    source = OneMethod(FakeSource([b"1", b"2", bad]))
    engine = engine_of(plan, transport, source, feed, rate=500)
    engine.run()
    assert (len(feed.wait(0)), engine.standing().error, engine.standing().end_reason) == (
        2,
        bad,
        "error",
    )


def test_calls_that_the_loop_came_too_late_for_are_counted(clock: FakeClock) -> None:
    """What was due before the end counts, whoever was too slow for it, method by method."""
    transport = FakeTransport(clock=clock)
    feed: Feed[CallResult] = Feed(eager=False)
    plan = UnaryPlan(
        (PlannedMethod("/p.S/A"), PlannedMethod("/p.S/B")),
        total=None,
        concurrency=9,
        rate_per_s=10,
        duration_s=1.0,
    )
    source = Mixed(*[Request(number % 2, b"q") for number in range(99)])

    def overloaded(call: FakeCall) -> None:
        clock.now += 0.75
        ok(call)

    transport.serve = overloaded
    engine = engine_of(plan, transport, source, feed, rate=10)
    engine.run()
    results = feed.wait(0)
    assert engine.standing().due == 10
    assert engine.standing().started == len(results)
    assert engine.standing().started + sum(engine.standing().not_started) == 10
    assert [sum(result.method == m for result in results) for m in (0, 1)] == [
        5 - engine.standing().not_started[m] for m in (0, 1)
    ]


def test_a_duration_holds_exactly_the_calls_that_are_due_in_it(clock: FakeClock) -> None:
    """At 200 a second one second has 200 calls; the one due at its end is in the next."""
    transport = FakeTransport(ok, clock=clock)
    feed: Feed[CallResult] = Feed(eager=False)
    plan = UnaryPlan(
        (PlannedMethod(METHOD),), total=None, concurrency=200, rate_per_s=200, duration_s=1.0
    )
    source = OneMethod(FakeSource(itertools.repeat(b"q")))
    engine = engine_of(plan, transport, source, feed, rate=200)
    engine.run()
    assert ends(engine) == (200, 200, "duration")


def test_slots_follow_the_ramp(clock: FakeClock) -> None:
    """More slots are filled at once; slots that are given up start nothing more."""
    transport = FakeTransport(clock=clock)
    feed: Feed[CallResult] = Feed(eager=False)
    ramp = Ramp(CONCURRENCY, (Leg(1, 1, 0.05), Leg(3, 3, 0.05), Leg(1, 1, 0.05)))
    plan = UnaryPlan((PlannedMethod(METHOD),), total=7, concurrency=3, ramp=ramp)
    source = OneMethod(FakeSource(itertools.repeat(b"q")))
    engine = engine_of(plan, transport, source, feed)
    open_then: list[int] = []

    def end_one() -> None:
        open_then.append(len(transport.open))
        ok(transport.open[0])

    transport.steps.extend([end_one, transport.pass_time, end_one, transport.pass_time])
    transport.steps.extend([end_one] * 5)
    engine.run()
    assert len(feed.wait(0)) == 7
    assert open_then == [1, 3, 3, 2, 1, 1, 1]


def test_a_share_has_its_numbers_and_its_slots() -> None:
    """The second of three engines has the calls 1, 4 and 7 of eight, and one slot of four."""
    transport = FakeTransport()
    transport.always = lambda: ok(transport.open[0])
    feed: Feed[CallResult] = Feed(eager=False)
    plan = UnaryPlan((PlannedMethod(METHOD),), total=8, concurrency=4)
    source = OneMethod(FakeSource(itertools.repeat(b"q")))
    engine_of(plan, transport, source, feed, share=Share(1, 3)).run()
    assert [result.seq for result in feed.wait(0)] == [1, 4, 7]
    assert transport.most_open == 1


def test_no_call_is_due_while_there_is_no_data(clock: FakeClock) -> None:
    """The time in which standard input had nothing makes no later call late."""
    transport = FakeTransport(clock=clock)
    source = FakeSource([b"1", Dry.NOT_YET, b"2"])
    run = PacedRun(transport, source, concurrency=2, rate=100)

    def much_later() -> None:
        ok(transport.open[0])
        clock.now += 60
        source.arrive()

    transport.steps.append(much_later)
    transport.serve = lambda call: ok(call) if call.sent[0][0] == b"2" else None
    run.engine.run()
    first, second = run.feed.wait(0)
    assert first.due == 100
    assert second.due >= 160
    assert not second.waited
