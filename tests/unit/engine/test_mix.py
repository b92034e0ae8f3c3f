"""Requests of several methods, and the shares of them."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from fake_transport import FakeCall, FakeSource, FakeTransport
from hypothesis import given
from hypothesis import strategies as st

from rpcx.engine.calls.choose import unary_engine
from rpcx.engine.calls.fleet import Fleet
from rpcx.engine.calls.mix import Mix, Shared, turns
from rpcx.engine.calls.share import Share
from rpcx.engine.feed import Feed
from rpcx.engine.source import Dry, OneMethod, Request
from rpcx.errors import DataError
from rpcx.plans.calls import PlannedMethod, UnaryPlan
from rpcx.results import CallResult, Status

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rpcx.engine.source import RequestSource


def taken(source: RequestSource) -> list[bytes]:
    """All messages of a source."""
    return [
        request.message for request in iter(source.take, Dry.END) if isinstance(request, Request)
    ]


def mix(*data: Iterable[bytes | Dry | Exception], weights: tuple[int, ...]) -> Mix:
    """A mix of methods with these messages."""
    return Mix([OneMethod(FakeSource(one), index) for index, one in enumerate(data)], weights)


def test_turns_are_spread_evenly() -> None:
    """A method of weight 5 beside two of weight 1 never has all its turns in a row."""
    assert list(itertools.islice(turns((5, 1, 1)), 7)) == [0, 0, 1, 0, 2, 0, 0]


@given(st.lists(st.integers(1, 20), min_size=1, max_size=6), st.integers(1, 3))
def test_each_has_as_many_turns_as_its_weight(weights: list[int], rounds: int) -> None:
    """In every round of all weights each has exactly its own."""
    seen = Counter(itertools.islice(turns(weights), sum(weights) * rounds))
    assert [seen[index] for index in range(len(weights))] == [w * rounds for w in weights]


def test_data_that_has_ended_leaves_its_turns_to_the_others() -> None:
    """Without a round again every document is sent once, whatever the weights."""
    source = mix([b"a"], [b"x", b"y", b"z"], weights=(3, 1))
    assert taken(source) == [b"a", b"x", b"y", b"z"]
    assert source.take() is Dry.END


def test_data_that_has_not_come_keeps_its_turn() -> None:
    """What standard input has not got yet is waited for: the proportion stays."""
    slow = FakeSource([Dry.NOT_YET, b"slow"])
    source = Mix([OneMethod(slow, 0), OneMethod(FakeSource([b"x", b"y"]), 1)], (1, 1))
    woken: list[bool] = []
    source.on_arrival(lambda: woken.append(True))
    assert [source.take(), source.take()] == [Dry.NOT_YET, Dry.NOT_YET]
    slow.arrive()
    assert woken
    assert taken(source) == [b"slow", b"x", b"y"]


@given(
    st.lists(st.integers(0, 30), min_size=1, max_size=4),
    st.lists(st.integers(1, 5), min_size=4, max_size=4),
    st.integers(1, 5),
)
def test_shares_together_send_the_whole(counts: list[int], weights: list[int], parts: int) -> None:
    """Each request is in one share, under its number."""

    def whole() -> Mix:
        data = [[b"%d.%d" % (m, i) for i in range(count)] for m, count in enumerate(counts)]
        return mix(*data, weights=tuple(weights[: len(counts)]))

    numbered = {}
    for part in range(parts):
        share = Share(part, parts)
        for index, message in enumerate(taken(Shared(whole(), share))):
            numbered[share.number(index)] = message
    assert [numbered[number] for number in range(sum(counts))] == taken(whole())


def test_to_skip_is_to_take_and_forget() -> None:
    """The method of what was passed over is told; the rest goes on after it."""
    source = mix([b"a", b"b"], [b"x", b"y"], weights=(1, 1))
    assert [source.skip(), source.take(), source.skip()] == [0, Request(1, b"x"), 0]
    assert taken(source) == [b"y"]
    assert source.skip() is Dry.END


class TestFleet:
    """Several connections."""

    def fleet(
        self, *sources: FakeSource, total: int | None = 10, slots: int = 4
    ) -> tuple[Fleet, Feed[CallResult], list[FakeTransport]]:
        """Engines over a transport each."""
        count = len(sources)
        feed: Feed[CallResult] = Feed(eager=False, writers=count)
        plan = UnaryPlan((PlannedMethod("/p.S/M"),), total=total, concurrency=slots)
        transports = [FakeTransport(lambda call: call.answer(b"a")) for _ in sources]
        engines = [
            unary_engine(plan, transport, OneMethod(source), feed, Share(index, count))
            for index, (transport, source) in enumerate(zip(transports, sources, strict=True))
        ]
        return Fleet(engines), feed, transports

    def test_each_makes_its_share(self) -> None:
        """Ten calls over three connections are the calls 0 to 9, four, three and three."""
        fleet, feed, transports = self.fleet(*[FakeSource(itertools.repeat(b"q")) for _ in "abc"])
        fleet.run()
        assert sorted(result.seq for result in feed.wait(0)) == list(range(10))
        assert [len(transport.calls) for transport in transports] == [4, 3, 3]
        standing = fleet.standing()
        assert (standing.due, standing.started, standing.in_flight) == (10, 10, 0)
        assert standing.end_reason == "total"
        assert feed.finished

    def test_an_error_of_one_ends_all(self) -> None:
        """A document that is no message stops the others too, and is told."""
        bad = DataError("field nope")
        endless = itertools.repeat(b"q")
        fleet, feed, _ = self.fleet(FakeSource([b"1", bad]), FakeSource(endless), total=None)
        fleet.run()
        standing = fleet.standing()
        assert (standing.error, standing.end_reason) == (bad, "error")
        results = feed.wait(0)
        assert standing.started == len(results)
        assert {result.outcome.status for result in results} == {Status.OK}

    def test_a_fault_of_one_is_raised(self) -> None:
        """A bug in one engine's thread is no silent end: the others stop, and it is raised."""
        fleet, _, transports = self.fleet(FakeSource([b"q"]), FakeSource([b"q"]), total=None)

        def broken(_call: FakeCall) -> None:
            raise ZeroDivisionError

        transports[0].serve = broken
        with pytest.raises(ZeroDivisionError):
            fleet.run()
