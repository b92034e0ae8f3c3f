"""Two runs beside each other, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rpcx.output.summary import milliseconds, rendered
from rpcx.words.printable import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

_STYLES: Final = {"higher": "bold", "lower": "bold", "noise": "dim", "unknown": "dim"}


def comparison_text(
    comparison: dict[str, Any], names: Sequence[str], *, colour: bool, width: int
) -> bytes:
    """What `compared` found, as lines of text.

    Args:
        comparison: What it found.
        names: What the two runs are called.
        colour: Whether escape sequences may be used.
        width: Columns of the terminal.
    """
    from rich.table import Table  # noqa: PLC0415 -- 40 ms that only a table costs
    from rich.text import Text  # noqa: PLC0415 -- as above

    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("")
    for name in (*(printable(name, limit=24) for name in names), "ratio", "99 % interval"):
        table.add_column(name, justify="right", overflow="fold")
    table.add_column("verdict")
    for row in comparison["rows"]:
        low, high = row["low"], row["high"]
        verdict = row["verdict"]
        table.add_row(
            row["name"].replace("latency_ms.", "ms ").replace("throughput_per_s", "calls/s"),
            _shown(row["name"], row["base"]),
            _shown(row["name"], row["other"]),
            "–" if row["ratio"] is None else f"{row['ratio']:.3f}",
            "–" if low is None else f"{low:.3f} – {high:.3f}",
            Text(verdict, _STYLES[verdict]),
        )
    parts: list[Any] = [table]
    if any(row["verdict"] == "unknown" for row in comparison["rows"]):
        fewest = min(comparison["intervals"])
        parts.append("")
        parts.append(
            f"unknown: too little to tell noise by ({fewest} intervals, 10 are needed; run for"
            " longer, or with a shorter --interval)"
        )
    return rendered(*parts, colour=colour, columns_=max(width, 60))


def _shown(name: str, value: float | None) -> str:
    if value is None:
        return "–"
    if name == "errors":
        return f"{value:.3%}"
    return f"{value:,.1f}" if name == "throughput_per_s" else milliseconds(value)
