"""The run by intervals: what falls into which, what a merge keeps, how long runs stay small."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rpcx.results import CallResult, Outcome, Status
from rpcx.stats import intervals as module
from rpcx.stats.calls import CallStats
from rpcx.stats.latencies import Latencies

ends = st.lists(
    st.tuples(
        st.floats(0, 9.9),
        st.sampled_from([Status.OK, Status.ABORTED]),
        st.integers(0, 1),
    ),
    max_size=60,
)


def ended(at: float, status: Status = Status.OK, method: int = 0) -> CallResult:
    """A call of 10 ms that ended then."""
    outcome = Outcome(None, 100 + at, status, "", b"1", (), (), False)
    return CallResult(0, 100 + at - 0.01, 100 + at - 0.01, 1, outcome, False, False, method)


def stats_of(calls: list[tuple[float, Status, int]], size: int = 7) -> CallStats:
    """Statistics that began at 100 s and took these calls in, some at a time."""
    stats = CallStats(methods=2)
    stats.begin(100.0)
    results = [ended(*call) for call in calls]
    for start in range(0, len(results), size):
        stats.add(results[start : start + size], open_loop=False)
    return stats


def counts(stats: CallStats) -> list[dict[Status, int]]:
    """How many calls ended in each interval, by status."""
    return [interval.statuses for interval in stats.intervals]


@given(ends, st.integers(1, 9))
def test_each_call_is_in_the_interval_it_ended_in(
    calls: list[tuple[float, Status, int]], size: int
) -> None:
    """Whatever batches they came in, and whatever methods they called."""
    stats = stats_of(calls, size)
    for index, interval in enumerate(stats.intervals):
        expected = [status for at, status, _ in calls if int(100 + at - 100.0) == index]
        assert sum(interval.statuses.values()) == len(expected)
        assert interval.latency.count == expected.count(Status.OK)
    assert sum(interval.latency.count for interval in stats.intervals) == stats.total.ok


@settings(max_examples=30)
@given(ends, ends)
def test_merging_two_processes_is_one_that_saw_it_all(
    one: list[tuple[float, Status, int]], other: list[tuple[float, Status, int]]
) -> None:
    """Populations, counts and intervals are those of all calls together, also after a pickle."""
    merged = stats_of(one)
    merged.merge(pickle.loads(pickle.dumps(stats_of(other))))  # noqa: S301 -- its own
    whole = stats_of(one + other)
    for mine, expected in zip(merged.methods, whole.methods, strict=True):
        assert mine.statuses == expected.statuses
        assert mine.ok_latency.snapshot() == expected.ok_latency.snapshot()
        assert mine.ok_service.buckets() == expected.ok_service.buckets()
        assert mine.in_flight_s == pytest.approx(expected.in_flight_s)
    assert [n for n in counts(merged) if n] == [n for n in counts(whole) if n]
    assert merged.last_end == whole.last_end


def test_open_and_closed_loops_merge() -> None:
    """Service times of a closed loop are its latencies, and stay them beside an open loop's."""
    stats, other = CallStats(), CallStats()
    stats.add([ended(0.5)], open_loop=False)
    late = ended(0.5)._replace(due=99.0)
    other.add([late], open_loop=True)
    stats.merge(other)
    assert stats.total.ok_service.count == 2
    assert stats.total.ok_service.snapshot()["max"] == pytest.approx(10, abs=0.01)
    assert stats.total.ok_latency.snapshot()["max"] == pytest.approx(1500, abs=1)


def test_how_busy_and_how_many_in_flight() -> None:
    """CPU seconds ÷ seconds of each whole interval, at most 1; in flight is the mean of looks."""
    stats = CallStats()
    stats.begin(100.0)
    for now, in_flight, cpu_s in [(100.0, 4, 5.0), (100.5, 8, 5.2), (101.0, 6, 5.5), (102.1, 6, 8)]:
        stats.tick(now, in_flight, cpu_s)
    stats.end(102.2, 8.1)
    first, second, rest = stats.intervals
    assert (first.mean_in_flight, first.busy) == (6, 0.5)
    assert (second.mean_in_flight, second.busy) == (6, 1.0)
    assert rest.busy is None
    assert stats.intervals.busiest == 1.0


def test_a_short_run_is_one_interval() -> None:
    """Its busyness is that of the whole run."""
    stats = CallStats()
    stats.begin(100.0)
    stats.tick(100.0, 1, 5.0)
    stats.end(100.4, 5.1)
    assert stats.intervals.busiest == pytest.approx(0.25)


def test_a_result_that_is_very_late_still_counts() -> None:
    """Also in an interval that was packed long ago."""
    stats = stats_of([(0.5, Status.OK, 0)])
    for second in range(5):
        stats.tick(100.0 + second, 1, 0.0)
    stats.add([ended(0.7), ended(4.5)], open_loop=False)
    assert [one.latency.count for one in stats.intervals] == [2, 0, 0, 0, 1]


def test_too_many_intervals_become_longer_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is lost by it, and no more than so many are kept."""
    monkeypatch.setattr(module, "MOST", 8)
    stats = CallStats()
    stats.begin(100.0)
    for second in range(50):
        stats.add([ended(second + 0.5)], open_loop=False)
        stats.tick(100.0 + second + 0.9, second % 2, second * 0.5)
    assert stats.intervals.length_s == 8.0
    assert [one.latency.count for one in stats.intervals] == [8] * 6 + [2]
    assert all(one.mean_in_flight == 0.5 for one in stats.intervals)
    assert stats.intervals.busiest == pytest.approx(0.5)


def test_intervals_of_different_lengths_merge() -> None:
    """A process that ran for longer has longer ones: the others are laid into those."""
    fine, coarse = CallStats(interval_s=0.5), CallStats(interval_s=2.0)
    for stats in (fine, coarse):
        stats.begin(100.0)
        stats.add([ended(tenth / 10) for tenth in range(40)], open_loop=False)
    fine.merge(coarse)
    assert fine.intervals.length_s == 2.0
    assert [one.latency.count for one in fine.intervals] == [40, 40]


@given(st.lists(st.integers(0, 90_000_000_000), max_size=200))
def test_a_population_survives_being_written(values: list[int]) -> None:
    """As an object for JSON and back, it has the same numbers; the histogram is HDR's own."""
    population = Latencies()
    population.add(values)
    again = Latencies.of_object(population.as_object())
    assert again.snapshot() == population.snapshot()
    assert again.buckets() == population.buckets()
    if values:
        histogram = population.histogram()
        assert histogram.get_total_count() == len(values)
        for percent in (50.0, 99.0):
            assert population.quantile_ms(percent) == pytest.approx(
                histogram.get_value_at_percentile(percent) / 1000, rel=1e-3
            )


@pytest.mark.parametrize(
    "change", [{"hdr": "HISTFAAA"}, {"hdr": None}, {"count": 5}, {"min_us": "x"}, {"sum_us": None}]
)
def test_a_broken_population_is_refused(change: dict[str, object]) -> None:
    """Whatever is wrong with it, that is one kind of error."""
    population = Latencies()
    population.add([1, 2, 3_000])
    with pytest.raises(ValueError, match="histogram"):
        Latencies.of_object(population.as_object() | change)
