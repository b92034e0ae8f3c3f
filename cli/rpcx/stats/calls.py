"""The numbers of a run of unary calls: in total, by method and by interval.

OK and failed calls have separate populations. Counts always balance:
due = not started + started, and started = OK + failed + cancelled + in flight.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rpcx.results import Status
from rpcx.stats.columns import columns_of
from rpcx.stats.failures import Failures
from rpcx.stats.intervals import Intervals
from rpcx.stats.latencies import Latencies
from rpcx.stats.shares import errors_share, throughput_per_s

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rpcx.results import CallResult
    from rpcx.stats.columns import Columns


@dataclass(slots=True)
class Calls:
    """Calls of one method, or of several merged.

    Attributes:
        latency: Due to status, by status; without the calls that rpcx cancelled.
        service: Actual start to status, of the OK calls; None in a closed loop, where it is
            the latency.
        late_start: Due to actual start, of calls for which a slot was free when they were due.
        failures: Why calls failed; without the calls that rpcx cancelled.
        cancelled: Calls that rpcx itself ended.
        drained: Calls that were answered after the run stopped starting calls.
        sent_bytes: Serialised requests, without framing, of the calls that ended.
        received_bytes: Serialised responses, likewise.
        in_flight_s: Service times of all calls added up: seconds times calls in flight.
    """

    latency: dict[Status, Latencies] = field(default_factory=dict)
    service: Latencies | None = None
    late_start: Latencies = field(default_factory=Latencies)
    failures: Failures = field(default_factory=Failures)
    cancelled: int = 0
    drained: int = 0
    sent_bytes: int = 0
    received_bytes: int = 0
    in_flight_s: float = 0.0

    @property
    def statuses(self) -> dict[Status, int]:
        """Calls by status, in the order of the codes; without the calls that rpcx cancelled."""
        return {status: self.latency[status].count for status in sorted(self.latency)}

    @property
    def ok(self) -> int:
        """Calls that ended OK."""
        return self.latency[Status.OK].count if Status.OK in self.latency else 0

    @property
    def failed(self) -> int:
        """Calls that ended with another status, the server's or gRPC's."""
        return sum(self.statuses.values()) - self.ok

    @property
    def ended(self) -> int:
        """Calls that ended: OK, failed or cancelled."""
        return self.ok + self.failed + self.cancelled

    def throughput_per_s(self, due_s: float) -> float | None:
        """Return calls answered a second while calls were due; None if no time passed.

        Args:
            due_s: The time in which calls were due, in seconds.
        """
        return throughput_per_s(self.ok + self.failed - self.drained, due_s)

    @property
    def errors(self) -> float | None:
        """The share of calls that failed or were cancelled; None if none has ended."""
        return errors_share(self.ok, self.failed, self.cancelled)

    @property
    def ok_latency(self) -> Latencies:
        """Due to status, of the OK calls."""
        return self.latency.get(Status.OK, Latencies())

    @property
    def ok_service(self) -> Latencies:
        """Actual start to status, of the OK calls."""
        return self.ok_latency if self.service is None else self.service

    @property
    def failed_latency(self) -> Latencies:
        """Due to status, of all failed calls."""
        merged = Latencies()
        for status, latencies in self.latency.items():
            if status is not Status.OK:
                merged.merge(latencies)
        return merged

    def add(self, columns: Columns) -> None:
        """Add a batch."""
        for status, values in columns.latency.items():
            self.latency.setdefault(status, Latencies()).add(values)
        if columns.service is not None:
            self.service = self.service or Latencies()
            self.service.add(columns.service)
        self.late_start.add(columns.late_start)
        for status, message, seq in columns.failures:
            self.failures.add(status, message, seq)
        self.cancelled += columns.cancelled
        self.sent_bytes += columns.sent_bytes
        self.received_bytes += columns.received_bytes
        self.in_flight_s += columns.in_flight_s

    def merge(self, other: Calls) -> None:
        """Add the calls of another; exact."""
        if self.service is not None or other.service is not None:
            service = Latencies()
            service.merge(self.ok_service)
            service.merge(other.ok_service)
            self.service = service
        for status, latencies in other.latency.items():
            self.latency.setdefault(status, Latencies()).merge(latencies)
        self.late_start.merge(other.late_start)
        self.failures.merge(other.failures)
        self.cancelled += other.cancelled
        self.drained += other.drained
        self.sent_bytes += other.sent_bytes
        self.received_bytes += other.received_bytes
        self.in_flight_s += other.in_flight_s


class CallStats:
    """The numbers of a run: add results in batches and call `tick`; read them at any time.

    It pickles, and merges with that of another process on this machine.

    Args:
        methods: The number of methods that the run calls.
        interval_s: Length of an interval, in seconds.

    Attributes:
        methods: The calls of each method, in the plan's order.
        intervals: The run by intervals.
        last_end: When the last call so far ended, in seconds of `time.perf_counter`.
        due_until: When the run stopped starting calls, in seconds of `time.perf_counter`; None
            before.
    """

    def __init__(self, methods: int = 1, interval_s: float = 1.0) -> None:
        self.methods = [Calls() for _ in range(methods)]
        self.intervals = Intervals(interval_s)
        self.last_end: float | None = None
        self.due_until: float | None = None

    @property
    def total(self) -> Calls:
        """All methods together. For several methods it is a copy, so read it once."""
        if len(self.methods) == 1:
            return self.methods[0]
        total = Calls()
        for calls in self.methods:
            total.merge(calls)
        return total

    @property
    def ended(self) -> int:
        """Calls that ended: OK, failed or cancelled."""
        return sum(calls.ended for calls in self.methods)

    def begin(self, at: float) -> None:
        """Note when the run began, in seconds of `time.perf_counter`; before the first results."""
        self.intervals.begin(at)

    def add(self, results: Sequence[CallResult], *, open_loop: bool) -> None:
        """Add a batch.

        Args:
            results: The batch.
            open_loop: Whether calls can start later than they were due.
        """
        if not results:
            return
        ends = [result[4][1] for result in results]
        first, last = min(ends), max(ends)
        if self.last_end is None or last > self.last_end:
            self.last_end = last
        if self.due_until is not None and last > self.due_until:
            for result in results:
                if result.outcome.at > self.due_until and not result.cancelled:
                    self.methods[result.method].drained += 1
        indexes = self.intervals.index(first), self.intervals.index(last)
        if indexes[0] == indexes[1] and len(self.methods) == 1:
            columns = columns_of(results, open_loop=open_loop)
            self.methods[0].add(columns)
            self.intervals.add(indexes[0], columns)
            return
        groups: dict[tuple[int, int], list[CallResult]] = {}
        for result, end in zip(results, ends, strict=True):
            groups.setdefault((self.intervals.index(end), result[7]), []).append(result)
        for (index, method), group in groups.items():
            columns = columns_of(group, open_loop=open_loop)
            self.methods[method].add(columns)
            self.intervals.add(index, columns)

    def tick(self, now: float, in_flight: int, cpu_s: float) -> None:
        """Note the time; every 50 ms or so, after the results up to then were added.

        Args:
            now: Seconds of `time.perf_counter`.
            in_flight: Calls in flight.
            cpu_s: CPU seconds of this process so far.
        """
        self.intervals.tick(now, in_flight, cpu_s)

    def end(self, now: float, cpu_s: float) -> None:
        """Note that the run is over; arguments as for `tick`."""
        self.intervals.end(now, cpu_s)

    def together(self, parts: Iterable[CallStats]) -> CallStats:
        """Return the sum of the numbers of several processes, for a run with these methods."""
        made = CallStats(len(self.methods), self.intervals.length_s)
        for part in parts:
            made.merge(part)
        return made

    def merge(self, other: CallStats) -> None:
        """Add the numbers of another process of the same run; exact."""
        for calls, more in zip(self.methods, other.methods, strict=True):
            calls.merge(more)
        self.intervals.merge(other.intervals)
        ends = [end for end in (self.last_end, other.last_end) if end is not None]
        self.last_end = max(ends, default=None)
