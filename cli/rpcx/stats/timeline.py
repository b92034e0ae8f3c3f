"""The intervals of a run as numbers: the rows of reports and the lines of `--interval`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rpcx.stats.shares import throughput_per_s
from rpcx.stats.summary import by_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rpcx.stats.intervals import Interval, Intervals


def row(
    interval: Interval, start_s: float, duration_s: float, percents: Sequence[float]
) -> dict[str, Any]:
    """Return the numbers of one interval; what was not measured is None.

    Args:
        interval: The interval.
        start_s: When it began, in seconds from the start of the run.
        duration_s: Its length.
        percents: Which percentiles.
    """
    throughput = throughput_per_s(sum(interval.statuses.values()), duration_s)
    mean, busy = interval.mean_in_flight, interval.busy
    return {
        "start_s": round(start_s, 6),
        "duration_s": round(duration_s, 6),
        "statuses": by_name(interval.statuses),
        "errors": interval.failures.as_list(),
        "cancelled": interval.cancelled,
        "throughput_per_s": None if throughput is None else round(throughput, 3),
        "latency_ms": interval.latency.snapshot(percents),
        "in_flight": None if mean is None else round(mean, 3),
        "client_busy": None if busy is None else round(busy, 4),
    }


def timeline(
    intervals: Intervals, duration_s: float, percents: Sequence[float]
) -> list[dict[str, Any]]:
    """Return a row for each interval of a run of `duration_s`; the last may be shorter."""
    length_s = intervals.length_s
    rows = []
    for index, interval in enumerate(intervals):
        start_s = index * length_s
        left_s = duration_s - start_s
        if left_s <= 0 and not interval.statuses and not interval.cancelled:
            continue
        # A call that ends with the run may fall just after it: its interval is not longer.
        rows.append(row(interval, start_s, min(length_s, max(left_s, 0.0)), percents))
    return rows
