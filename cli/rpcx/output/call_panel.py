"""What the live panel of `rpcx call` shows, as plain lines that fit 80 columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from rpcx.output.panel import bar
from rpcx.output.summary import error_lines, milliseconds, percentage
from rpcx.text import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

_BAR_COLUMNS: Final = 20
_BLOCKS: Final = "▁▂▃▄▅▆▇█"
SPARKS: Final = 32
"""Rates that the sparkline shows."""


@dataclass(frozen=True, slots=True)
class View:
    """How a run stands.

    Attributes:
        title: What is called where.
        ended: Calls that ended.
        total: Calls in all; None where only time or data ends the run.
        elapsed_s: Since the start.
        duration_s: When it stops starting calls; None for never.
        rates: Calls each second between one drawing and the next, the latest last.
        latency: Milliseconds by name.
        statuses: Calls by name of their status.
        in_flight: Calls in flight.
        slots: How many that may be.
        waiting: Calls that are due and wait for a slot.
        busy: CPU seconds of rpcx ÷ seconds, lately; None where not measured.
        error: The most frequent failure, as `errors` of a summary has it; None without failures.
        outage: For how many seconds there has been no connection, and why; None while there is
            one.
    """

    title: str
    ended: int
    total: int | None
    elapsed_s: float
    duration_s: float | None
    rates: Sequence[float]
    latency: dict[str, float | None]
    statuses: dict[str, int]
    in_flight: int
    slots: int
    waiting: int
    busy: float | None
    error: dict[str, Any] | None = None
    outage: tuple[float, str] | None = None

    @property
    def fraction(self) -> float | None:
        """How much is done, from 0 to 1; None where nothing says when it ends."""
        parts = []
        if self.total:
            parts.append(self.ended / self.total)
        if self.duration_s:
            parts.append(self.elapsed_s / self.duration_s)
        return min(max(parts), 1.0) if parts else None

    @property
    def left_s(self) -> float | None:
        """How long it will take still, at the rate so far; None where that is not known."""
        times = []
        if self.total and self.ended:
            times.append((self.total - self.ended) * self.elapsed_s / self.ended)
        if self.duration_s:
            times.append(self.duration_s - self.elapsed_s)
        return max(min(times), 0.0) if times else None


def panel_lines(view: View) -> list[str]:
    """Return the lines of the panel; the most frequent failure is one more."""
    fraction, left_s = view.fraction, view.left_s
    progress = "" if fraction is None else f"{bar(fraction, _BAR_COLUMNS)} {fraction:4.0%}  "
    of_total = "" if view.total is None else f" of {view.total:,}"
    left = "" if left_s is None else f", {_duration(left_s)} left"
    waiting = f"   waiting {view.waiting:,}" if view.waiting else ""
    busy = "" if view.busy is None else f"   client busy {percentage(view.busy)}"
    rate = view.rates[-1] if view.rates else 0.0
    latency = "  ".join(f"{name} {milliseconds(value)}" for name, value in view.latency.items())
    counts = "   ".join(f"{name} {count:,}" for name, count in view.statuses.items())
    return [
        printable(view.title),
        f"{progress}{view.ended:,}{of_total} calls  {_duration(view.elapsed_s)}{left}",
        f"throughput  {f'{rate:,.0f}/s':<10} {sparkline(view.rates)}",
        f"latency ms  {latency}",
        f"in flight   {view.in_flight:,} of {view.slots:,}{waiting}{busy}",
        counts if view.outage is None else f"{no_connection(*view.outage)}   {counts}",
        *([] if view.error is None else [error_lines([view.error])[0].strip()]),
    ]


def no_connection(seconds: float, cause: str) -> str:
    """Return how long there has been no connection, and why, as a phrase."""
    why = f": {printable(cause)}" if cause else ""
    return f"no connection since {seconds:.1f} s{why}"


def sparkline(values: Sequence[float]) -> str:
    """A column for each value, as high as it is beside the highest."""
    highest = max(values, default=0.0)
    if highest <= 0:
        return ""
    last = len(_BLOCKS) - 1
    return "".join(_BLOCKS[round(max(value, 0.0) / highest * last)] for value in values)


def _duration(seconds: float) -> str:
    if seconds < 60:  # noqa: PLR2004 -- a minute
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02}m{rest:02}s" if hours else f"{minutes}m{rest:02}s"
