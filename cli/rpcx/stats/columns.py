"""A batch of results as columns: unpacked once, then added to every population."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from rpcx.results import Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rpcx.results import CallResult

_OK = Status.OK


class Columns(NamedTuple):
    """The columns of a batch of calls; times in whole microseconds.

    Attributes:
        latency: Due to status, by status; without the calls that rpcx cancelled.
        service: Actual start to status, of the OK calls; None in a closed loop, where it is
            the latency.
        late_start: Due to actual start, of calls for which a slot was free when they were due;
            empty in a closed loop, where no call can be late.
        failures: Status, status text and number of each call that failed.
        cancelled: Calls that rpcx itself ended.
        sent_bytes: Serialised requests, without framing.
        received_bytes: Serialised responses, likewise.
        in_flight_s: Service times of all calls added up, in seconds.
    """

    latency: dict[Status, list[int]]
    service: list[int] | None
    late_start: list[int]
    failures: list[tuple[Status, str, int]]
    cancelled: int
    sent_bytes: int
    received_bytes: int
    in_flight_s: float


def columns_of(results: Sequence[CallResult], *, open_loop: bool) -> Columns:
    """Return the columns of a batch.

    Args:
        results: The batch.
        open_loop: Whether calls can start later than they were due.
    """
    # By position: an attribute costs as much as the arithmetic (0.4 µs a call for all of this).
    # result: 1 due, 2 started, 3 request bytes, 4 outcome, 5 cancelled, 6 waited;
    # outcome: 1 at, 2 status, 4 message.
    good = [result for result in results if result[4][2] is _OK]
    latency = {_OK: [int((result[4][1] - result[1]) * 1e6) for result in good]} if good else {}
    service: list[int] | None = None
    late_start: list[int] = []
    if open_loop:
        service = [int((result[4][1] - result[2]) * 1e6) for result in good]
        late_start = [int((result[2] - result[1]) * 1e6) for result in results if not result[6]]
    failures: list[tuple[Status, str, int]] = []
    cancelled = 0
    if len(good) < len(results):
        failed, failures, cancelled = _failed(results)
        latency.update(failed)
    return Columns(
        latency,
        service,
        late_start,
        failures,
        cancelled,
        sum([result[3] for result in results]),
        sum([len(result[4][4] or b"") for result in good]),
        sum([result[4][1] - result[2] for result in results]),
    )


def _failed(
    results: Sequence[CallResult],
) -> tuple[dict[Status, list[int]], list[tuple[Status, str, int]], int]:
    """Return the latencies of the calls that failed, why they did, and how many rpcx cancelled."""
    failed: defaultdict[Status, list[int]] = defaultdict(list)
    failures = []
    cancelled = 0
    for result in results:
        outcome = result.outcome
        if outcome.status is _OK:
            continue
        if result.cancelled:
            cancelled += 1
        else:
            failed[outcome.status].append(int((outcome.at - result.due) * 1e6))
            failures.append((outcome.status, outcome.details, result.seq))
    return failed, failures, cancelled
