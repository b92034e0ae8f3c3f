"""`--report x.hdr`: the latency of each interval as an HDR histogram log.

The format of HdrHistogram's log tools (version 1.2); values are microseconds.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from rpcx.stats.run import Run

_US_PER_MS: Final = 1000.0


def check() -> None:
    """It needs nothing."""


def render(run: Run) -> bytes:
    """A line for each interval in which a call ended OK; the maximum in milliseconds."""
    from hdrh.log import HistogramLogWriter  # noqa: PLC0415 -- 26 ms that few runs need

    text = io.StringIO()
    log = HistogramLogWriter(text)
    log.output_comment("[rpcx: latency of OK calls in microseconds, from due to status]")
    log.output_log_format_version()
    # The library's own output_start_time raises AttributeError.
    log.output_comment(f"[StartTime: {run.facts.started_at:.3f} (seconds since epoch)]")
    log.output_legend()
    for row, interval in zip(run.timeline(), run.stats.intervals, strict=False):
        if interval.latency.count:
            start_s = row["start_s"]
            log.output_interval_histogram(
                interval.latency.histogram(),
                start_s or 1e-9,  # it takes 0 for "not given"
                start_s + row["duration_s"],
                _US_PER_MS,
            )
    return text.getvalue().encode()
