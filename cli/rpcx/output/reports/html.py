"""`--report x.html`: one page for people, with plots and nothing to load from elsewhere.

It has no scripts, and forbids them: what a server sent could not run even unescaped.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rpcx.errors import UsageError
from rpcx.output.summary import milliseconds, percentage, size, verdict_line, warnings
from rpcx.stats.latencies import columns
from rpcx.text import printable

if TYPE_CHECKING:
    from rpcx.stats.run import Run

_PAGE: Final = Path(__file__).with_name("page.html.jinja")


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
    if total.service is not None:
        populations["service time"] = total.service
    if total.failed:
        populations["failed"] = total.failed_latency
    # What is left of an interval at the end says little, and spikes.
    whole = [row for row in rows if row["duration_s"] > rows[0]["duration_s"] / 2]
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environment.filters.update(ms=milliseconds, percent=percentage, size=size, safe_text=printable)
    page = environment.from_string(_PAGE.read_text(encoding="utf-8")).render(
        run=summary,
        columns=columns(run.percents),
        tables=_tables(summary),
        warnings=warnings(summary),
        verdicts=[(verdict_line(result), result["met"]) for result in summary["fail_if"]],
        plots=[
            plots.percentile_plot(populations),
            plots.latency_plot(whole),
            plots.throughput_plot(whole),
            plots.status_plot(rows, list(summary["statuses"])),
        ],
    )
    return page.encode("utf-8", "replace")


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
            ],
        )
    ]
    if len(summary["status_latency_ms"]) > 1:
        tables.append(("By status, ms", list(summary["status_latency_ms"].items())))
    if len(summary["methods"]) > 1:
        methods = summary["methods"].items()
        tables.append(("By method, ms", [(name, one["latency_ms"]) for name, one in methods]))
    return tables
