"""What a run comes to: populations, counts, streams."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rpcx.results import CallResult, MessageResult, Outcome, Status
from rpcx.stats.calls import CallStats
from rpcx.stats.latencies import COLUMNS, Latencies
from rpcx.stats.streams import StreamStats
from rpcx.stats.summary import MethodFacts, RunFacts, call_summary

if TYPE_CHECKING:
    from collections.abc import Iterable

FACTS = RunFacts(
    target="127.0.0.1:50051",
    methods=(MethodFacts("p.S/M"),),
    end_reason="total",
    concurrency=4,
    started_at=0.0,
    duration_s=2.0,
    due_s=2.0,
    cpu_s=0.5,
    machine_idle=0.5,
    outages=(),
    transport="core",
)

microseconds = st.lists(st.integers(0, 3_600_000_000), min_size=1, max_size=300)


def population(values: Iterable[int]) -> Latencies:
    """A population of these microseconds."""
    latencies = Latencies()
    latencies.add(list(values))
    return latencies


def result(
    status: Status = Status.OK,
    *,
    due: float = 0.0,
    started: float = 0.0,
    ended: float = 0.010,
    sent: int = 3,
    message: bytes | None = b"12345",
    cancelled: bool = False,
    waited: bool = False,
) -> CallResult:
    """One call that ended like this."""
    answer = message if status is Status.OK else None
    outcome = Outcome(None, ended, status, "", answer, (), (), False)
    return CallResult(0, due, started, sent, outcome, cancelled, waited)


@given(microseconds)
def test_extremes_and_mean_are_exact(values: list[int]) -> None:
    """Minimum, mean and maximum are those of the values, not of the histogram's buckets."""
    snapshot = population(values).snapshot()
    assert snapshot["min"] == min(values) / 1000
    assert snapshot["max"] == max(values) / 1000
    assert snapshot["mean"] == pytest.approx(sum(values) / len(values) / 1000, abs=1e-4)


@given(microseconds, st.sampled_from([50.0, 90.0, 99.0, 99.9]))
def test_quantiles_are_right_to_three_digits(values: list[int], percent: float) -> None:
    """At least that share of the values is no greater, within one part in a thousand."""
    quantile = population(values).quantile_ms(percent)
    assert quantile is not None
    limit = quantile * 1000 * 1.001
    assert sum(value <= limit for value in values) >= len(values) * percent / 100 - 1e-6
    assert min(values) / 1000 <= quantile <= max(values) / 1000


@settings(max_examples=25)
@given(microseconds, microseconds)
def test_merging_is_adding(one: list[int], other: list[int]) -> None:
    """Two populations merged have the numbers of all values together."""
    merged = population(one)
    merged.merge(population(other))
    assert merged.snapshot() == population(one + other).snapshot()
    assert merged.count == len(one) + len(other)


@settings(max_examples=25)
@given(microseconds, st.integers(1, 300))
def test_the_order_and_the_batches_do_not_matter(values: list[int], size: int) -> None:
    """Added at once or in pieces, the numbers are the same."""
    pieces = Latencies()
    for start in range(0, len(values), size):
        pieces.add(values[start : start + size])
    assert pieces.snapshot() == population(reversed(values)).snapshot()


def test_nothing_measured_is_null() -> None:
    """Without values each column is there and None."""
    assert Latencies().snapshot() == dict.fromkeys(COLUMNS)
    assert Latencies().quantile_ms(50) is None


@pytest.mark.parametrize(
    ("never", "quantiles"),
    [
        (0, [50, 90, 95, 99, 100]),
        (10, [55, 99, None, None, None]),
        (60, [80, None, None, None, None]),
        (101, [None] * 5),
    ],
)
def test_members_without_a_value_count_as_slower_than_all(
    never: int, quantiles: list[float | None]
) -> None:
    """Calls that were due and never started move every quantile up, and some out of sight."""
    snapshot = population(range(1000, 100_001, 1000)).snapshot(never=never)
    shown = [snapshot[name] for name in ("p50", "p90", "p95", "p99", "p99.9")]
    assert [None if value is None else round(value) for value in shown] == quantiles


def test_many_different_values_are_folded_and_kept() -> None:
    """More values than are counted singly give the same numbers."""
    snapshot = population(range(1, 20_001)).snapshot()
    assert snapshot["p50"] == pytest.approx(10.0, rel=1e-3)
    assert snapshot["max"] == 20.0


statuses = st.sampled_from([Status.OK, Status.NOT_FOUND, Status.UNAVAILABLE])
calls = st.lists(st.tuples(statuses, st.booleans()), max_size=60)


@given(calls, st.integers(1, 10))
def test_counts_balance(ended: list[tuple[Status, bool]], size: int) -> None:
    """Calls started = OK + failed + cancelled, whatever came in whichever batches."""
    stats = CallStats()
    results = [result(status, cancelled=c and status is not Status.OK) for status, c in ended]
    for start in range(0, len(results), size):
        stats.add(results[start : start + size], open_loop=False)
    total = stats.total
    assert stats.ended == len(results) == total.ok + total.failed + total.cancelled
    assert total.ok_latency.count == total.ok
    assert total.failed_latency.count == total.failed
    assert sum(total.statuses.values()) == total.ok + total.failed


def test_what_rpcx_cancelled_is_no_failure() -> None:
    """It is in no status and in no latency."""
    stats = CallStats()
    stats.add([result(Status.CANCELLED, cancelled=True)], open_loop=False)
    assert (stats.total.cancelled, stats.total.failed, stats.total.statuses) == (1, 0, {})
    assert stats.total.failed_latency.count == 0


def test_latency_counts_from_due_and_service_from_the_start() -> None:
    """A call that waited a second for its slot was that much slower, not the server."""
    stats = CallStats()
    stats.add([result(due=0.0, started=1.0, ended=1.5, waited=True)], open_loop=True)
    assert stats.total.ok_latency.snapshot()["max"] == 1500
    assert stats.total.ok_service.snapshot()["max"] == 500
    assert stats.total.late_start.count == 0


def test_lateness_is_of_calls_that_had_a_slot() -> None:
    """A late start with a slot free is the client's own doing."""
    stats = CallStats()
    stats.add([result(due=0.0, started=0.002, ended=0.5)], open_loop=True)
    assert stats.total.late_start.snapshot()["max"] == 2.0


def test_bytes_are_those_of_messages() -> None:
    """Requests of all calls that ended, responses of those that ended OK."""
    stats = CallStats()
    stats.add([result(), result(Status.ABORTED), result(message=b"")], open_loop=False)
    assert (stats.total.sent_bytes, stats.total.received_bytes) == (9, 5)


def test_summary_of_a_run() -> None:
    """Rates, concurrency and busyness follow from counts and the length of the run."""
    stats = CallStats()
    stats.add([result(ended=1.0), result(Status.NOT_FOUND, ended=1.0)], open_loop=False)
    stats.tick(1.0, 2, 0.0)
    stats.end(3.0, 0.5)
    facts = FACTS._replace(methods=(MethodFacts("p.S/M", not_started=1),))
    summary = call_summary(stats, facts)
    assert summary["calls"] == {
        "due": 3,
        "started": 2,
        "not_started": 1,
        "ok": 1,
        "failed": 1,
        "cancelled": 0,
        "drained": 0,
        "reissued": 0,
    }
    assert summary["statuses"] == {"OK": 1, "NOT_FOUND": 1}
    assert summary["throughput_per_s"] == 1.0
    assert summary["concurrency"] == {"offered": 4, "in_flight": 1.0, "effective": None}
    assert summary["client"]["busy"] == 0.25
    assert summary["methods"]["p.S/M"]["calls"] == summary["calls"]


def test_summary_of_nothing_has_every_key_and_invents_no_number() -> None:
    """A run that never began has null where nothing was measured."""
    facts = FACTS._replace(duration_s=0.0, due_s=0.0)
    summary = call_summary(CallStats(), facts)
    assert summary["throughput_per_s"] is None
    assert summary["concurrency"]["in_flight"] is None
    assert summary["client"]["busy"] is None
    assert summary["latency_ms"] == dict.fromkeys(COLUMNS)
    assert summary["statuses"] == {}


def message(at: float, *, sent: bool, size: int = 1) -> MessageResult:
    """One message of a stream."""
    return MessageResult(at, sent, 0, 0, b"x" * size, at, 0)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), max_size=50), st.integers(1, 9))
def test_directions_are_counted_apart(messages: list[tuple[bool, int]], size: int) -> None:
    """Messages and bytes each way, and the most that were sent and not answered."""
    stats = StreamStats()
    results = [message(i, sent=sent, size=n) for i, (sent, n) in enumerate(messages)]
    for start in range(0, len(results), size):
        stats.add(results[start : start + size])
    assert stats.sent.messages == sum(sent for sent, _ in messages)
    assert stats.received.bytes == sum(n for sent, n in messages if not sent)
    lags = list(itertools.accumulate((1 if sent else -1 for sent, _ in messages), initial=0))
    assert (stats.lag, stats.most_lag) == (lags[-1], max(lags))


def test_gaps_reach_across_batches() -> None:
    """The time between two messages counts wherever one batch ends."""
    stats = StreamStats()
    stats.add([message(1.0, sent=False), message(1.5, sent=False)])
    stats.add([message(3.5, sent=False)])
    gaps = stats.received.gaps.snapshot()
    assert (gaps["min"], gaps["max"], stats.received.gaps.count) == (500.0, 2000.0, 2)
