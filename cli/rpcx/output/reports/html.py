"""`--report x.html`: one page for people, with plots and nothing to load from elsewhere.

It has no scripts, and forbids them: what a server sent could not run even unescaped.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rpcx.errors import UsageError
from rpcx.output.summary import (
    failed_share,
    milliseconds,
    outages,
    percent,
    percentage,
    size,
    verdict_line,
    warnings,
)
from rpcx.stats.latencies import columns
from rpcx.words.printable import printable

if TYPE_CHECKING:
    from rpcx.stats.run import Run

_PAGE: Final = Path(__file__).with_name("page.html.jinja")
_LONGEST_MESSAGE: Final = 500
_SETTINGS: Final = {
    "total": ("calls (-n)", "{:,}"),
    "duration_s": ("duration (-z)", "{:g} s"),
    "rate_per_s": ("calls due each second (-r)", "{:,g}"),
    "concurrency": ("most calls in flight (-c)", "{:,}"),
    "ramp": ("ramped (--ramp)", "{}"),
    "timeout_s": ("deadline of a call (-t)", "{:g} s"),
    "drain_s": ("drain at the end (--drain)", "{:g} s"),
    "warmup_calls": ("warm-up (--warmup)", "{:,} calls"),
    "warmup_s": ("warm-up (--warmup)", "{:g} s"),
    "connections": ("connections (--connections)", "{:,}"),
    "processes": ("processes (--processes)", "{:,}"),
}
"""What each setting is called, and how its value is shown."""


def check() -> None:
    """See that what draws the plots is installed.

    Raises:
        UsageError: It is not.
    """
    if find_spec("pygal") is None:
        raise UsageError(
            "--report with .html needs pygal for its plots, which is not installed: pip install"
            " pygal"
        )


def render(run: Run) -> bytes:
    """The whole page."""
    from jinja2 import Environment, StrictUndefined  # noqa: PLC0415 -- 50 ms

    from rpcx.output.reports import plots  # noqa: PLC0415 -- as above

    summary, rows, total = run.summary(), run.timeline(), run.stats.total
    populations = {"latency": total.ok_latency}
    if total.service is not None and summary["service_ms"] != summary["latency_ms"]:
        populations["service time"] = total.service
    if total.failed:
        populations["failed"] = total.failed_latency
    # What is left of an interval at the end says little, and spikes.
    whole = [row for row in rows if row["duration_s"] > rows[0]["duration_s"] / 2]
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environment.filters.update(
        ms=milliseconds, percent=percentage, share=percent, size=size, safe_text=printable
    )
    span_s = summary["duration_s"]
    bands = [
        plots.Band(one["start_s"], one["start_s"] + one["duration_s"], _outage(one))
        for one in summary["disconnected"]
    ]
    page = environment.from_string(_PAGE.read_text(encoding="utf-8")).render(
        run=summary,
        columns=columns(run.percents),
        tables=_tables(summary),
        warnings=warnings(summary),
        outages=outages(summary),
        failed_share=failed_share(summary["calls"]),
        settings=_settings(summary),
        errors=[_error(one) for one in summary["errors"]],
        verdicts=[(verdict_line(result), result["met"]) for result in summary["fail_if"]],
        plots=[
            plots.percentile_plot(populations),
            plots.latency_plot(whole, span_s, bands),
            plots.throughput_plot(whole, span_s, bands),
            plots.status_plot(rows, list(summary["statuses"]), bands),
        ],
    )
    return page.encode("utf-8", "replace")


def _outage(one: dict[str, Any]) -> str:
    cause = f": {printable(one['cause'])}" if one["cause"] else ""
    return f"no connection for {one['duration_s']:.2f} s{cause}"


def _settings(summary: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what the run was asked to do, as far as it is known: names and values."""
    values = summary["settings"]
    return [
        (title, form.format(printable(value) if isinstance(value, str) else value))
        for name, (title, form) in _SETTINGS.items()
        if (value := values[name]) is not None
    ]


def _error(one: dict[str, Any]) -> dict[str, Any]:
    """Return one of the summary's `errors` with its message as it can be shown."""
    if one["message"] is None:
        return {**one, "message": "other messages"}
    return {**one, "message": printable(one["message"], limit=_LONGEST_MESSAGE)}


def _tables(summary: dict[str, Any]) -> list[tuple[str, list[tuple[str, dict[str, Any]]]]]:
    """Tables of latencies: a title, and rows of a name with its numbers."""
    tables = [
        (
            "Milliseconds",
            [
                (title, summary[key])
                for title, key in (
                    ("latency", "latency_ms"),
                    ("service time", "service_ms"),
                    ("failed", "failed_latency_ms"),
                )
                if summary[key]["max"] is not None
                and (key != "service_ms" or summary[key] != summary["latency_ms"])
            ],
        )
    ]
    if len(summary["status_latency_ms"]) > 1:
        tables.append(("By status, ms", list(summary["status_latency_ms"].items())))
    if len(summary["methods"]) > 1:
        methods = summary["methods"].items()
        tables.append(("By method, ms", [(name, one["latency_ms"]) for name, one in methods]))
    return tables
