"""The summary as text, for people: a terminal or a log file."""

from __future__ import annotations

import io
import re
import textwrap
from typing import TYPE_CHECKING, Any, Final

from rpcx.stats.latencies import PERCENTS, columns
from rpcx.stats.units import SHARE
from rpcx.stats.units import unit as unit_of
from rpcx.words.printable import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

_TABLE: Final = (
    ("latency", "latency_ms"),
    ("service time", "service_ms"),
    ("failed", "failed_latency_ms"),
)
_WIDEST_TABLE: Final = 400
_RARE: Final = {"not_started": "", "cancelled": "bold red", "reissued": ""}
_MOST_OUTAGES: Final = 5
_LONG_DRAIN_S: Final = 0.1
_MOST_ERRORS: Final = 5
_HANGING: Final = " " * 10
_SMALLEST_SHARE: Final = 0.001
_NOTED_SHARE: Final = 0.01


def milliseconds(value: float | None) -> str:
    """A time with three digits that mean something; a dash where there is none."""
    if value is None:
        return "–"
    if value < 10:  # noqa: PLR2004 -- three digits that mean something, whatever the size
        return f"{value:.2f}"
    return f"{value:.1f}" if value < 1000 else f"{value:,.0f}"  # noqa: PLR2004 -- likewise


def percentage(share: float | None) -> str:
    """A share of 1 in percent; a dash where there is none."""
    return "–" if share is None else f"{share * 100:.0f} %"


def size(count: float) -> str:
    """Bytes with a unit that fits."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000 or unit == "GB":  # noqa: PLR2004 -- SI units
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    raise AssertionError


def rendered(*parts: Any, colour: bool, columns_: int) -> bytes:
    """Rich's renderables as lines of text, without trailing spaces."""
    from rich.console import Console  # noqa: PLC0415 -- 40 ms that only a summary costs
    from rich.table import Table  # noqa: PLC0415 -- as above

    stream = io.StringIO()
    console = Console(
        file=stream,
        force_terminal=colour,
        color_system="standard" if colour else None,
        width=columns_,
        markup=False,
        highlight=False,
        emoji=False,
        legacy_windows=False,
    )
    for part in parts:
        # A table that is cut would lose numbers; a line that the terminal breaks does not.
        console.width = max(columns_, _WIDEST_TABLE) if isinstance(part, Table) else columns_
        console.print(part)
    lines = [line.rstrip() for line in stream.getvalue().splitlines()]
    return ("\n".join(lines) + "\n").encode()


def _latency_table(summary: dict[str, Any], percents: Sequence[float]) -> Table:
    from rich.table import Table  # noqa: PLC0415 -- as above

    names = columns(percents)
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("ms")
    for name in names:
        table.add_column(name, justify="right", no_wrap=True)
    before: list[str] = []
    for title, key in _TABLE:
        cells = [milliseconds(summary[key][name]) for name in names]
        # In a closed loop, and in an open one that kept its pace, they are the same.
        same = key == "service_ms" and cells == before
        if not same and any(summary[key][name] is not None for name in names):
            table.add_row(title, *cells)
        before = cells
    if len(summary["methods"]) > 1:
        for method, numbers in summary["methods"].items():
            table.add_row(
                printable(method, limit=40).rpartition("/")[2],
                *[milliseconds(numbers["latency_ms"][name]) for name in names],
            )
    return table


def call_text(
    summary: dict[str, Any],
    *,
    colour: bool,
    width: int,
    percents: Sequence[float] = PERCENTS,
) -> bytes:
    """The summary of `rpcx call` as lines of text.

    Args:
        summary: What `call_summary` made.
        colour: Whether escape sequences may be used.
        width: Columns of the terminal.
        percents: The percentiles to show; the summary has these at least.
    """
    from rich.text import Text  # noqa: PLC0415 -- as above

    calls, concurrency, client = summary["calls"], summary["concurrency"], summary["client"]
    methods = ", ".join(printable(method) for method in summary["methods"])
    head = Text.assemble((methods, "bold"), f" on {printable(summary['target'])}")
    rate = summary["throughput_per_s"]
    drained_s = summary["duration_s"] - summary["due_s"]
    facts = Text(
        f"{calls['started']:,} calls in {summary['due_s']:.2f} s"
        + (f" (and {drained_s:.2f} s to drain)" if drained_s > _LONG_DRAIN_S else "")
        + (f", {rate:,.0f}/s" if rate is not None else "")
        + f"{asked(summary)}; ended by {printable(summary['end_reason'])}"
    )
    counts = Text.assemble(
        (f"OK {calls['ok']:,}", "green" if calls["ok"] else ""),
        "   ",
        (failed_text(calls), "bold red" if calls["failed"] else ""),
        *[
            (f"   {name.replace('_', ' ')} {calls[name]:,}", _RARE[name])
            for name in _RARE
            if calls[name]
        ],
    )
    parts: list[Any] = [head, facts, counts]
    if summary["errors"]:
        parts += [
            Text(part, "red")
            for line in error_lines(summary["errors"])
            for part in hanging(line, max(width, 60))
        ]
    parts += [Text(sentence, "bold red") for sentence in outages(summary)]
    if calls["ok"] or calls["failed"]:
        parts += ["", _latency_table(summary, percents), ""]
    sizes = summary["bytes"]
    in_flight = concurrency["in_flight"]
    parts.append(
        Text(
            f"sent {size(sizes['sent_bytes'])}, received {size(sizes['received_bytes'])};"
            f" in flight {'–' if in_flight is None else f'{in_flight:,.1f}'} on average;"
            f" client busy {percentage(client['busy'])}"
        )
    )
    parts += [Text(sentence, "yellow") for sentence in warnings(summary)]
    parts += [
        Text(verdict_line(result), "bold red" if result["met"] else "green")
        for result in summary["fail_if"]
    ]
    return rendered(*parts, colour=colour, columns_=max(width, 60))


def asked(summary: dict[str, Any]) -> str:
    """Return what the load was, as the end of a phrase: a rate, or calls at once."""
    settings = summary["settings"]
    rate = settings["rate_per_s"]
    if rate is not None:
        beside = "," if summary["throughput_per_s"] is None else " of"
        return f"{beside} {'up to ' if settings['ramp'] else ''}{rate:,.6g}/s due"
    if summary["service_ms"] != summary["latency_ms"]:  # an open loop of which no more is known
        return ""
    at_once = min(summary["concurrency"]["offered"], summary["calls"]["started"])
    return f", up to {at_once:,} at once"


def failed_text(calls: dict[str, int]) -> str:
    """Return how many calls failed, with their share of the calls that were answered."""
    return f"failed {calls['failed']:,}{failed_share(calls)}"


def failed_share(calls: dict[str, int]) -> str:
    """Return the share that failed of the calls that were answered, to stand behind a word."""
    failed = calls["failed"]
    return f" ({percent(failed / (calls['ok'] + failed))})" if failed else ""


def error_lines(errors: Sequence[dict[str, Any]], most: int = _MOST_ERRORS) -> list[str]:
    """Return the most frequent failures, a line each: count, share, status, message, first call.

    Args:
        errors: `errors` of a summary.
        most: Lines at most.
    """
    shown = errors[:most]
    width = max((len(f"{one['count']:,}") for one in shown), default=0)
    lines = []
    for one in shown:
        message = "other messages" if one["message"] is None else printable(one["message"])
        lines.append(
            f"  {one['count']:>{width},}  {percent(one['share']):>6}  {one['status']}"
            f"{': ' if message else ''}{message}  (first: call {one['first_seq']:,})"
        )
    if len(errors) > most:
        count = sum(one["count"] for one in errors[most:])
        lines.append(f"  {count:>{width},}  failures with {len(errors) - most:,} other messages")
    return lines


def hanging(line: str, columns: int) -> list[str]:
    """Return one of `error_lines` as lines that fit, those after the first indented."""
    return textwrap.wrap(line, columns, subsequent_indent=_HANGING)


def percent(share: float) -> str:
    """Return a share of 1 in percent; one that is not 0 is never shown as 0."""
    if 0 < share < _SMALLEST_SHARE:
        return "<0.1 %"
    return f"{share * 100:.1f} %" if share < 1 else "100 %"


def verdict_line(result: dict[str, Any]) -> str:
    """Return what came of one condition of --fail-if, with the value and its unit."""
    met = "MET" if result["met"] else "not met"
    condition: str = result["condition"]
    name = re.split(r"[\s<>=!]", condition, maxsplit=1)[0]
    return f"fail-if {printable(condition)}: {met} ({_with_unit(result['value'], unit_of(name))})"


def _with_unit(value: float | None, unit: str) -> str:
    if value is None:
        return "not measured"
    if unit == SHARE:
        return f"{value * 100:,.6g} %"
    return f"{value:,.6g}{'' if unit in ('', '/s') else ' '}{unit}"


def warnings(summary: dict[str, Any]) -> list[str]:
    """What a reader should know before trusting the numbers."""
    client, calls = summary["client"], summary["calls"]
    limits, offered = client["limits"], summary["concurrency"]["offered"]
    sentences = []
    if "busy" in limits:
        sentences.append(
            f"rpcx itself was busy {percentage(client['busy'])} of the time: it may be the"
            " limit, not the server"
        )
    if "late_start" in limits:
        sentences.append(
            f"1 % of the calls started more than {client['late_start_ms']['p99']:.1f} ms late with"
            " a slot free: this machine may be the limit, not the server"
        )
    if "machine" in limits:
        sentences.append(
            f"this machine's processors were {percentage(client['machine_idle'])} idle: what runs"
            " on it may be the limit, not the server"
        )
    sentences += _held_up(summary)
    if calls["not_started"]:
        sentences.append(
            f"{calls['not_started']:,} calls were due and never started:"
            f" {'the only slot was' if offered == 1 else f'all {offered:,} slots were'} busy;"
            " raise -c"
        )
    return sentences


def _held_up(summary: dict[str, Any]) -> list[str]:
    """Say how long calls were held back on this side, where that is a part of their latency."""
    found, started = summary["connection"], summary["calls"]["started"]
    if found is None or not started:
        return []
    sentences = []
    if found["queued"] > started * _NOTED_SHARE:
        most = (found["peer_settings"] or {}).get("max_concurrent_streams")
        limit = "a limited number of calls" if most is None else f"{most:,} call{'s' * (most != 1)}"
        sentences.append(
            f"{found['queued']:,} calls waited for a stream, {milliseconds(_mean_ms(found))} ms on"
            f" average, which their latency includes: the server takes {limit} at once on a"
            " connection; --connections gives them more"
        )
    windows = found["blocked_by"]["stream_window_s"] + found["blocked_by"]["connection_window_s"]
    in_flight_s = (summary["concurrency"]["in_flight"] or 0.0) * summary["duration_s"]
    if windows > in_flight_s * _NOTED_SHARE:
        sentences.append(
            f"requests waited {windows:.2f} s for the server's flow-control windows, all together"
        )
    return sentences


def _mean_ms(found: dict[str, Any]) -> float:
    return float(found["queued_s"] / found["queued"] * 1e3)


def outages(summary: dict[str, Any]) -> list[str]:
    """Return a sentence for each time without a connection, and for calls left unanswered."""
    found = summary["disconnected"]
    sentences = [
        f"no connection for {one['duration_s']:.2f} s, from {one['start_s']:.2f} s on"
        + (f": {printable(one['cause'])}" if one["cause"] else "")
        for one in found[:_MOST_OUTAGES]
    ]
    if len(found) > _MOST_OUTAGES:
        sentences.append(
            f"… and {len(found) - _MOST_OUTAGES:,} more; without a connection for"
            f" {summary['disconnected_s']:.2f} s together"
        )
    cancelled = summary["calls"]["cancelled"]
    if cancelled:
        sentences.append(
            f"{cancelled:,} calls were not answered when the run ended; rpcx cancelled them"
        )
    return sentences
