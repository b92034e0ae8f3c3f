"""Statistics of several processes, and those of all calls in one place."""

from __future__ import annotations

import pickle

from hypothesis import given, settings
from hypothesis import strategies as st

from rpcx.results import CallResult, Outcome, Status
from rpcx.stats.calls import CallStats

calls = st.builds(
    lambda due, late, took, status, method, cancelled: CallResult(
        0,
        due,
        due + late,
        3,
        Outcome(
            None,
            due + late + took,
            Status.CANCELLED if cancelled else status,
            "",
            b"12345" if status is Status.OK and not cancelled else None,
            (),
            (),
            False,
        ),
        cancelled,
        late > 1,
        method,
    ),
    st.floats(100, 110),
    st.floats(0, 2),
    st.floats(0, 30),
    st.sampled_from([Status.OK, Status.OK, Status.UNAVAILABLE, Status.NOT_FOUND]),
    st.integers(0, 1),
    st.booleans(),
)


def measured(results: list[CallResult]) -> CallStats:
    """What one process measures of these calls."""
    stats = CallStats(2)
    stats.begin(100.0)
    stats.add(results, open_loop=True)
    return stats


@settings(max_examples=60)
@given(st.lists(calls, max_size=80))
def test_four_processes_merged_are_the_concatenation(results: list[CallResult]) -> None:
    """Every histogram, count and size, bucket by bucket, and by interval too."""
    parts = [measured(results[index::4]) for index in range(4)]
    merged = CallStats(2).together(pickle.loads(pickle.dumps(parts)))  # noqa: S301 -- made here
    whole = measured(results)
    assert (merged.ended, merged.last_end) == (whole.ended, whole.last_end)
    for one, other in zip(
        [*merged.methods, merged.total], [*whole.methods, whole.total], strict=True
    ):
        assert one.statuses == other.statuses
        for status in other.latency:
            assert one.latency[status].buckets() == other.latency[status].buckets()
            assert one.latency[status].snapshot() == other.latency[status].snapshot()
        assert one.ok_service.buckets() == other.ok_service.buckets()
        assert one.late_start.buckets() == other.late_start.buckets()
        assert (one.cancelled, one.sent_bytes, one.received_bytes) == (
            other.cancelled,
            other.sent_bytes,
            other.received_bytes,
        )
    for mine, theirs in zip(merged.intervals, whole.intervals, strict=True):
        assert mine.statuses == theirs.statuses
        assert mine.latency.buckets() == theirs.latency.buckets()
