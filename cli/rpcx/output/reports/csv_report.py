"""`--report x.csv`: a row for each interval, for spreadsheets and data frames."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rpcx.stats.run import Run

_ONE_EACH = ("start_s", "duration_s", "throughput_per_s", "in_flight", "client_busy", "cancelled")


def check() -> None:
    """It needs nothing."""


def render(run: Run) -> bytes:
    """One header line, then the intervals; what was not measured is an empty field.

    A column for each status of the run, `status_OK`, and one for each latency, `latency_ms_p50`.
    """
    rows = run.timeline()
    statuses = [status.name for status in run.stats.total.statuses]
    latencies = list(run.stats.total.ok_latency.snapshot(run.percents))
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(
        [
            *_ONE_EACH,
            *(f"status_{name}" for name in statuses),
            *(f"latency_ms_{name}" for name in latencies),
        ]
    )
    for row in rows:
        table.writerow(
            [
                *(row[name] for name in _ONE_EACH),
                *(row["statuses"].get(name, 0) for name in statuses),
                *(row["latency_ms"][name] for name in latencies),
            ]
        )
    return text.getvalue().encode()
