"""`--report x.csv`: a row for each interval, for spreadsheets and data frames."""

from __future__ import annotations

import csv
import io
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from rpcx.stats.failures import kind_of
from rpcx.words.printable import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rpcx.stats.run import Run

_MOST_ERRORS: Final = 10
_ONE_EACH = ("start_s", "duration_s", "throughput_per_s", "in_flight", "client_busy", "cancelled")


def check() -> None:
    """It needs nothing."""


def render(run: Run) -> bytes:
    """One header line, then the intervals; what was not measured is an empty field.

    A column for each status of the run, `status_OK`, one for each latency, `latency_ms_p50`, and
    one for each of the most frequent failures, `error UNAVAILABLE: connection refused`.
    """
    rows = run.timeline()
    statuses = [status.name for status in run.stats.total.statuses]
    latencies = list(run.stats.total.ok_latency.snapshot(run.percents))
    errors = [(one["status"], one["message"]) for one in run.summary()["errors"][:_MOST_ERRORS]]
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(
        [
            *_ONE_EACH,
            *(f"status_{name}" for name in statuses),
            *(f"latency_ms_{name}" for name in latencies),
            *(f"error {status}: {_message(message)}" for status, message in errors),
        ]
    )
    for row in rows:
        table.writerow(
            [
                *(row[name] for name in _ONE_EACH),
                *(row["statuses"].get(name, 0) for name in statuses),
                *(row["latency_ms"][name] for name in latencies),
                *_counts(errors, row["errors"]),
            ]
        )
    return text.getvalue().encode()


def _message(message: str | None) -> str:
    return "other messages" if message is None else printable(message)


def _counts(errors: Sequence[tuple[str, str | None]], here: Sequence[dict[str, Any]]) -> list[int]:
    """Return how often each failure of the run occurs among those of an interval."""
    counts: Counter[object] = Counter()
    for one in here:
        counts[kind_of(one["status"], one["message"])] += one["count"]
    return [counts[kind_of(status, message)] for status, message in errors]
