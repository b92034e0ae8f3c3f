"""The summary of `rpcx stream` as text, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rpcx.output.summary import milliseconds, rendered, size, verdict_line
from rpcx.stats.latencies import columns
from rpcx.words.printable import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

_FEW_WORKERS = 16  # of each kind, that a summary lists
_NOTED_S = 0.005
_HOLDERS = {
    "stream_window_s": "the stream's window, which the server did not widen",
    "connection_window_s": "the connection's window, which the server did not widen",
    "socket_s": "the socket, which took no more",
}


def stream_text(
    summary: dict[str, Any], percents: Sequence[float], *, colour: bool, width: int
) -> bytes:
    """The summary as lines of text, with these percentiles of send-to-receive latency."""
    from rich.text import Text  # noqa: PLC0415 -- 40 ms that only a summary costs

    statuses = Text("   ").join(
        Text.assemble((f"{name} {count:,}" if summary["streams"] > 1 else name, _style(name)))
        for name, count in summary["statuses"].items()
    )
    ended = " ".join(
        f"{printable(who)} {count:,}" if len(summary["ends"]) > 1 else printable(who)
        for who, count in summary["ends"].items()
    )
    streams = f" on {summary['streams']:,} streams" if summary["streams"] > 1 else ""
    facts = Text.assemble(
        statuses, f" after {summary['duration_s']:.2f} s{streams}, ended by {ended}"
    )
    head = Text.assemble(
        (printable(summary["method"]), "bold"), f" on {printable(summary['target'])}"
    )
    parts: list[Any] = [head, facts, "", _directions(summary)]
    if len(summary["sent"]["workers"]) > 1 or len(summary["received"]["workers"]) > 1:
        parts += ["", _workers(summary)]
    parts += ["", *map(Text, _sentences(summary, percents))]
    return rendered(*parts, colour=colour, columns_=max(width, 60))


def _style(status: str) -> str:
    return "green" if status == "OK" else "bold red"


def _directions(summary: dict[str, Any]) -> Table:
    from rich.table import Table  # noqa: PLC0415 -- as above

    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("", no_wrap=True)
    for title in ("messages", "bytes", "/s", "held up", "gap p50", "p99", "max ms"):
        table.add_column(title, justify="right", no_wrap=True)
    for name, held_up in (("sent", "blocked_s"), ("received", "waiting_s")):
        numbers = summary[name]
        rate, gaps = numbers["messages_per_s"], numbers["gap_ms"]
        table.add_row(
            name,
            f"{numbers['messages']:,}",
            size(numbers["bytes"]),
            "–" if rate is None else f"{rate:,.0f}",
            _held_up(held_up.removesuffix("_s"), numbers[held_up]),
            *[milliseconds(gaps.get(column)) for column in ("p50", "p99", "max")],
        )
    return table


def _held_up(how: str, seconds: float | None) -> str:
    return "–" if seconds is None else f"{how} {_seconds(seconds)}"


def _seconds(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds < 100 else f"{seconds:,.0f} s"  # noqa: PLR2004 -- as many digits


def _workers(summary: dict[str, Any]) -> Table:
    from rich.table import Table  # noqa: PLC0415 -- as above

    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("worker")
    for title in ("turns", "messages", "waited for its turn"):
        table.add_column(title, justify="right", no_wrap=True)
    for kind, side in (("sender", "sent"), ("receiver", "received")):
        for tally in summary[side]["workers"][:_FEW_WORKERS]:
            table.add_row(
                f"{kind} {tally['worker']}",
                f"{tally['turns']:,}",
                f"{tally['messages']:,}",
                _seconds(tally["waiting_s"]),
            )
    return table


def _sentences(summary: dict[str, Any], percents: Sequence[float]) -> list[str]:
    sent, received, lag = summary["sent"], summary["received"], summary["lag"]
    sentences = []
    if lag["max"] is not None:
        sentences.append(
            f"most messages sent and not answered {lag['max']:,}, at the end {lag['end']:,}"
        )
    held = [
        f"{_seconds(seconds)} by {_HOLDERS[name]}"
        for name, seconds in (sent.get("blocked_by") or {}).items()
        if seconds >= _NOTED_S
    ]
    if held:
        sentences.append(f"sends were held back {', '.join(held)}")
    if sent["given"] > sent["messages"]:
        sentences.append(
            f"{sent['given'] - sent['messages']:,} more given to gRPC and never completed"
        )
    if received["after_half_close"]:
        sentences.append(f"{received['after_half_close']:,} received after the half-close")
    if summary["match"]["by"] is not None:
        sentences.append(_round_trip(summary, percents))
    if (sequence := summary["sequence"]) is not None:
        sentences.append(
            f"{printable(sequence['field'])}: missing {sequence['missing']:,},"
            f" duplicates {sequence['duplicates']:,}, reordered {sequence['reordered']:,}"
            + (f", unreadable {sequence['unreadable']:,}" if sequence["unreadable"] else "")
        )
    sentences += [verdict_line(result) for result in summary["fail_if"] if result["met"]]
    return sentences


def _round_trip(summary: dict[str, Any], percents: Sequence[float]) -> str:
    times, match = summary["round_trip_ms"], summary["match"]
    if match["reason"] is not None:
        return f"send to receive: not known, {printable(match['reason'])}"
    shown = "  ".join(f"{name} {milliseconds(times[name])}" for name in columns(percents))
    alone = match["sent_alone"] + match["received_alone"]
    return f"send to receive, ms: {shown}" + (f" ({alone:,} without a partner)" if alone else "")
