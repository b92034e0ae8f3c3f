"""How many handlers run, and for how long: the ground truth for a client's own figures.

Everything here happens on the server's event loop, so nothing is locked. What a call
costs is a dozen integer operations; what a snapshot costs, nobody waits for.
"""

from __future__ import annotations

import math
import time

_PRECISION_BITS = 7
"""Run times are kept to 7 significant bits: a bucket is less than 1 % of its value wide."""


class Times:
    """Run times, in buckets that grow with their value, so that they take bounded room."""

    __slots__ = ("_buckets", "_sum_ns", "count", "max_ns", "min_ns")

    def __init__(self) -> None:
        self.count = 0
        self.min_ns = 0
        self.max_ns = 0
        self._sum_ns = 0
        self._buckets: dict[tuple[int, int], int] = {}

    def add(self, elapsed_ns: int) -> None:
        """Count one run time in nanoseconds."""
        self.max_ns = max(self.max_ns, elapsed_ns)
        if elapsed_ns < self.min_ns or not self.count:
            self.min_ns = elapsed_ns
        self.count += 1
        self._sum_ns += elapsed_ns
        shift = max(elapsed_ns.bit_length() - _PRECISION_BITS, 0)
        bucket = (shift, elapsed_ns >> shift)
        self._buckets[bucket] = self._buckets.get(bucket, 0) + 1

    def mean_ns(self) -> float:
        """The mean; 0 where nothing was counted."""
        return self._sum_ns / self.count if self.count else 0.0

    def quantile_ns(self, quantile: float) -> float:
        """The least value that this share of the run times does not exceed (nearest rank).

        It is the middle of its bucket, within the least and the greatest value seen.
        """
        rank = math.ceil(quantile * self.count)
        seen = 0
        for shift, head in sorted(self._buckets):
            seen += self._buckets[shift, head]
            if seen >= rank:
                middle = (head << shift) + ((1 << shift) - 1) / 2
                return min(max(middle, self.min_ns), self.max_ns)
        return 0.0


class Counts:
    """The handlers of one method, and through `total` those of all methods together.

    At any moment started = finished + cancelled + in_flight.
    """

    __slots__ = (
        "cancelled",
        "finished",
        "in_flight",
        "peak_in_flight",
        "started",
        "times",
        "total",
        "waiting",
    )

    def __init__(self, total: Counts | None = None) -> None:
        self.total = total
        self.in_flight = 0
        self.waiting = 0
        self.reset()

    def reset(self) -> None:
        """Forget what has ended; what runs or waits goes on."""
        self.started = self.in_flight
        self.peak_in_flight = self.in_flight
        self.finished = 0
        self.cancelled = 0
        self.times = Times()

    def wait(self, change: int) -> None:
        """A call joins (1) or leaves (-1) the queue for a place."""
        self.waiting += change
        if self.total is not None:
            self.total.wait(change)

    def start(self) -> int:
        """A handler starts; returns the moment, which `finish` wants back."""
        self.started += 1
        self.in_flight += 1
        self.peak_in_flight = max(self.peak_in_flight, self.in_flight)
        if self.total is not None:
            self.total.start()
        return time.perf_counter_ns()

    def finish(self, started_ns: int) -> None:
        """A handler ran to its end."""
        elapsed_ns = time.perf_counter_ns() - started_ns
        counts: Counts | None = self
        while counts is not None:
            counts.in_flight -= 1
            counts.finished += 1
            counts.times.add(elapsed_ns)
            counts = counts.total

    def cancel(self) -> None:
        """A handler was cut short."""
        self.in_flight -= 1
        self.cancelled += 1
        if self.total is not None:
            self.total.cancel()


class Ledger:
    """The counts of a server: one for each method, and their total."""

    def __init__(self) -> None:
        self.total = Counts()
        self.methods: dict[str, Counts] = {}
        self._since = time.monotonic()

    def method(self, name: str) -> Counts:
        """The counts of the method with this full name, made on first use."""
        if name not in self.methods:
            self.methods[name] = Counts(self.total)
        return self.methods[name]

    def elapsed_s(self) -> float:
        """Seconds since the start, or since the last reset."""
        return time.monotonic() - self._since

    def reset(self) -> None:
        """Start counting anew."""
        self._since = time.monotonic()
        self.total.reset()
        for counts in self.methods.values():
            counts.reset()
