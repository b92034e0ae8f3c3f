"""The run by intervals, in memory that stays small however long the run lasts.

Results arrive some milliseconds after their end, so an interval is packed only when the next one
has results. A result that arrives even later unpacks it again.
"""

from __future__ import annotations

import pickle
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from rpcx.stats.failures import Failures
from rpcx.stats.latencies import Latencies

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rpcx.results import Status
    from rpcx.stats.columns import Columns

MOST: Final = 3600
"""The most intervals that are kept; if there are more, each becomes twice as long."""

_SHORTEST_S: Final = 0.05
"""The shortest time from which to say how busy a process is."""

SETTLED_S: Final = 0.1
"""How long after its end the results of an interval have all arrived."""


@dataclass(slots=True)
class Interval:
    """A piece of the run.

    Attributes:
        latency: Due to status of the OK calls that ended in it.
        statuses: Calls that ended in it, by status.
        failures: Why calls that ended in it failed.
        cancelled: Calls that rpcx itself ended in it.
        in_flight: Calls in flight at each `tick`, added up.
        looks: The number of ticks.
        busy: CPU seconds of the process ÷ seconds, at most 1; None if it was not measured.
    """

    latency: Latencies = field(default_factory=Latencies)
    statuses: dict[Status, int] = field(default_factory=dict)
    failures: Failures = field(default_factory=Failures)
    cancelled: int = 0
    in_flight: float = 0.0
    looks: int = 0
    busy: float | None = None

    def add(self, columns: Columns) -> None:
        """Add a batch of calls that ended in it."""
        for status, values in columns.latency.items():
            self.statuses[status] = self.statuses.get(status, 0) + len(values)
            if not status:
                self.latency.add(values)
        for status, message, seq in columns.failures:
            self.failures.add(status, message, seq)
        self.cancelled += columns.cancelled

    def merge(self, other: Interval, *, later: bool) -> None:
        """Add an interval of another process at the same time, or the next interval.

        Args:
            other: The other interval.
            later: Whether it is the next one: then calls in flight are averaged, not added up.
        """
        self.latency.merge(other.latency)
        for status, count in other.statuses.items():
            self.statuses[status] = self.statuses.get(status, 0) + count
        self.failures.merge(other.failures)
        self.cancelled += other.cancelled
        if later:
            self.in_flight += other.in_flight
            self.looks += other.looks
        else:
            means = [one.mean_in_flight or 0.0 for one in (self, other)]
            self.looks = max(self.looks, other.looks)
            self.in_flight = sum(means) * self.looks
        busy = [one.busy for one in (self, other) if one.busy is not None]
        self.busy = max(busy, default=None)

    @property
    def mean_in_flight(self) -> float | None:
        """Calls in flight on average; None if there was no tick."""
        return self.in_flight / self.looks if self.looks else None


class Intervals:
    """The intervals of a run, by number from 0.

    Args:
        length_s: The length of each, in seconds; it doubles when there are too many.

    Attributes:
        begun: When the first one begins, in seconds of `time.perf_counter`; None before.
        length_s: Their length now.
    """

    def __init__(self, length_s: float) -> None:
        self.length_s = length_s
        self.begun: float | None = None
        self._open: dict[int, Interval] = {}
        self._packed: dict[int, bytes] = {}
        self._ticked: tuple[float, float] | None = None
        self._current = 0

    def begin(self, at: float) -> None:
        """Note when the run began."""
        self.begun = at

    def index(self, at: float) -> int:
        """Return the number of the interval of a moment."""
        if self.begun is None:
            self.begun = at
        return max(int((at - self.begun) / self.length_s), 0)

    def add(self, index: int, columns: Columns) -> None:
        """Add calls that ended in an interval."""
        self._opened(index).add(columns)

    def tick(self, now: float, in_flight: int, cpu_s: float) -> None:
        """Note calls in flight and how busy the process is; see `CallStats.tick`."""
        index = self.index(now)
        if self._ticked is None:
            self._ticked = (now, cpu_s)
        if index > self._current:
            self._note_busy(now, cpu_s)
            self._current = index
            for old in [one for one in self._open if one < index - 1]:
                self._packed[old] = _pack(self._open.pop(old))
        interval = self._opened(index)
        interval.in_flight += in_flight
        interval.looks += 1
        if index > MOST:  # an odd number: whole pairs become one
            self._double()

    def end(self, now: float, cpu_s: float) -> None:
        """Note that the run is over."""
        # A moment after the last whole interval is too short to measure.
        if not self._current or self._ticked is None or now - self._ticked[0] > self.length_s / 2:
            self._note_busy(now, cpu_s)

    @property
    def busiest(self) -> float | None:
        """The highest `busy` of all intervals; None if none was measured."""
        return max((one.busy for one in self if one.busy is not None), default=None)

    @property
    def latest_busy(self) -> float | None:
        """`busy` of the last interval that is over; None if it was not measured."""
        return self.interval(len(self) - 2).busy if len(self) > 1 else None

    def settled(self, now: float) -> int:
        """Return how many intervals, from the first on, are over and complete."""
        return self.index(now - SETTLED_S) if self.begun is not None else 0

    def interval(self, index: int) -> Interval:
        """Return an interval by its number; empty if nothing happened in it."""
        if index in self._open:
            return self._open[index]
        return _unpack(self._packed[index]) if index in self._packed else Interval()

    def put(self, index: int, interval: Interval) -> None:
        """Replace an interval."""
        self._open.pop(index, None)
        self._packed[index] = _pack(interval)

    def __len__(self) -> int:
        return max((*self._open, *self._packed), default=-1) + 1

    def __iter__(self) -> Iterator[Interval]:
        return (self.interval(index) for index in range(len(self)))

    def merge(self, other: Intervals, *, begun: float | None = None) -> None:
        """Add the intervals of another process, or of another run.

        The longer length becomes that of both. An interval is added to the one that most of it
        falls into.

        Args:
            other: The other intervals.
            begun: When they begin on this one's clock; as they say unless given.
        """
        begun = other.begun if begun is None else begun
        if begun is None:
            return
        mine = begun if self.begun is None else self.begun
        self._lay_anew(max(self.length_s, other.length_s), min(mine, begun))
        for index, interval in enumerate(other):
            at = self.index(begun + (index + 0.5) * other.length_s)
            both = self.interval(at)
            both.merge(interval, later=False)
            self.put(at, both)
        while len(self) > MOST:
            self._double()

    def _lay_anew(self, length_s: float, begun: float) -> None:
        if (length_s, begun) == (self.length_s, self.begun):
            return
        old, before, was = list(self), self.begun or 0.0, self.length_s
        self._open, self._packed = {}, {}
        self.length_s, self.begun = length_s, begun
        for index, interval in enumerate(old):
            at = self.index(before + (index + 0.5) * was)
            mine = self.interval(at)
            mine.merge(interval, later=True)
            self.put(at, mine)

    def _double(self) -> None:
        assert self.begun is not None  # noqa: S101 -- there are intervals
        self._lay_anew(self.length_s * 2, self.begun)
        self._current //= 2

    def _note_busy(self, now: float, cpu_s: float) -> None:
        if self._ticked is not None and now - self._ticked[0] > _SHORTEST_S:
            before, cpu_before = self._ticked
            busy = min((cpu_s - cpu_before) / (now - before), 1.0)
            interval = self._opened(self._current)
            interval.busy = busy if interval.busy is None else max(interval.busy, busy)
        self._ticked = (now, cpu_s)

    def _opened(self, index: int) -> Interval:
        interval = self._open.get(index)
        if interval is None:
            interval = self._open[index] = self.interval(index)
            self._packed.pop(index, None)
        return interval


def _pack(interval: Interval) -> bytes:
    """Return an interval in a few kilobytes; a dictionary of a thousand buckets takes 64 kB."""
    interval.latency.buckets()
    return zlib.compress(pickle.dumps(interval), 1)


def _unpack(packed: bytes) -> Interval:
    made: Interval = pickle.loads(zlib.decompress(packed))  # noqa: S301 -- _pack made it
    return made
