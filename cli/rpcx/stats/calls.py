"""What a run of unary calls comes to.

OK and failed calls have populations of their own. Counts always balance:
due = not started + started, and started = OK + failed + cancelled + in flight.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rpcx.results import Status
from rpcx.stats.latencies import Latencies

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rpcx.results import CallResult


@dataclass(slots=True)
class CallStats:
    """Add results in batches; read the numbers at any time.

    Attributes:
        statuses: Calls by status; those that rpcx cancelled are in none.
        cancelled: Calls that rpcx itself ended.
        latency: Due to status, of the OK calls.
        service: Actual start to status, of the OK calls.
        failed_latency: Due to status, of the failed calls.
        late_start: Due to actual start, of calls that had a free slot when they were due.
        sent_bytes: Serialised requests, without framing, of the calls that ended.
        received_bytes: Serialised responses, likewise.
        first_start: When the first call started, in seconds of `time.perf_counter`.
        last_end: When the last call so far ended.
        busy_s: Service times added up, of all calls: seconds times calls in flight.
    """

    statuses: Counter[Status] = field(default_factory=Counter)
    cancelled: int = 0
    latency: Latencies = field(default_factory=Latencies)
    service: Latencies = field(default_factory=Latencies)
    failed_latency: Latencies = field(default_factory=Latencies)
    late_start: Latencies = field(default_factory=Latencies)
    sent_bytes: int = 0
    received_bytes: int = 0
    first_start: float | None = None
    last_end: float | None = None
    busy_s: float = 0.0

    @property
    def ok(self) -> int:
        """Calls that ended OK."""
        return self.statuses[Status.OK]

    @property
    def failed(self) -> int:
        """Calls that ended with another status, the server's or gRPC's."""
        return self.statuses.total() - self.ok

    @property
    def ended(self) -> int:
        """Calls that ended, in whatever way."""
        return self.statuses.total() + self.cancelled

    def add(self, results: Sequence[CallResult], *, open_loop: bool) -> None:
        """Take in a batch.

        Args:
            results: The batch.
            open_loop: Whether calls can start later than they were due.
        """
        if not results:
            return
        ok: list[int] = []
        service: list[int] = []
        failed: list[int] = []
        late: list[int] = []
        statuses: list[Status] = []
        busy = 0.0
        for _, due, started, sent, outcome, cancelled, waited, _method in results:
            ended = outcome[1]
            busy += ended - started
            self.sent_bytes += sent
            if outcome[2] is Status.OK:
                statuses.append(Status.OK)
                ok.append(int((ended - due) * 1e6))
                self.received_bytes += len(outcome[4] or b"")
                if open_loop:
                    service.append(int((ended - started) * 1e6))
            elif cancelled:
                self.cancelled += 1
            else:
                statuses.append(outcome[2])
                failed.append(int((ended - due) * 1e6))
            if open_loop and not waited:
                late.append(int((started - due) * 1e6))
        self.busy_s += busy
        self.statuses.update(statuses)
        self.latency.add(ok)
        self.service.add(service if open_loop else ok)
        self.failed_latency.add(failed)
        self.late_start.add(late)
        first = min(result.started for result in results)
        last = max(result.outcome.at for result in results)
        self.first_start = first if self.first_start is None else min(self.first_start, first)
        self.last_end = last if self.last_end is None else max(self.last_end, last)
