"""What the live panel of `rpcx call` shows, in lines that use the width that there is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from rpcx.output.panel import bar
from rpcx.output.spans import BAD, GOOD, HEAD, QUIET, WARNING, Line, Span
from rpcx.output.summary import error_lines, hanging, milliseconds, percentage
from rpcx.words.printable import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

_BLOCKS: Final = "▁▂▃▄▅▆▇█"
_BUSY: Final = 0.85
_MOST_ERRORS: Final = 3
_MOST_LINES: Final = 3  # of one of them
_RATE_COLUMNS: Final = 10
_TITLE_COLUMNS: Final = 12


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
        rate_per_s: Calls due each second; None in a closed loop.
        waiting: Calls that are due and wait for a slot.
        busy: CPU seconds of rpcx ÷ seconds, lately; None where not measured.
        errors: The failures, the most frequent first, as `errors` of a summary has them.
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
    rate_per_s: float | None
    waiting: int
    busy: float | None
    errors: Sequence[dict[str, Any]] = ()
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


def panel_lines(view: View, columns: int) -> list[Line]:
    """Return the lines: failures red, warnings yellow.

    Args:
        view: How the run stands.
        columns: The width of the terminal.
    """
    rate = f"{view.rates[-1] if view.rates else 0.0:,.0f}/s"
    if view.rate_per_s is not None:
        rate += f" of {view.rate_per_s:,.6g}/s"
    rate = f"{rate:<{_RATE_COLUMNS}} "
    room = max(columns - _TITLE_COLUMNS - len(rate) - 1, 1)
    latency = "  ".join(f"{name} {milliseconds(value)}" for name, value in view.latency.items())
    any_ok = any(value is not None for value in view.latency.values())
    lines: list[Line] = [
        (Span(printable(view.title, limit=None), HEAD),),
        _progress(view, columns),
        (_title("throughput"), Span(f"{rate}{sparkline(view.rates[-room:])}")),
        (_title("latency ms"), Span(latency if any_ok else "– (no call was OK yet)")),
        _in_flight(view),
    ]
    if view.outage is not None:
        lines.append((Span(no_connection(*view.outage), BAD),))
    lines.append(
        tuple(
            Span(f"{'   ' if index else ''}{name} {count:,}", GOOD if name == "OK" else BAD)
            for index, (name, count) in enumerate(view.statuses.items())
        )
    )
    for text in error_lines(view.errors[:_MOST_ERRORS]):
        # The last words of a message are often its reason.
        lines += [(Span(part, BAD),) for part in hanging(text, columns - 1)[:_MOST_LINES]]
    return lines


def _title(text: str) -> Span:
    return Span(f"{text:<{_TITLE_COLUMNS}}", QUIET)


def _progress(view: View, columns: int) -> Line:
    fraction, left_s = view.fraction, view.left_s
    of_total = "" if view.total is None else f" of {view.total:,}"
    left = "" if left_s is None else f", {_duration(left_s)} left"
    how_far = f"{view.ended:,}{of_total} calls  {_duration(view.elapsed_s)}{left}"
    if fraction is None:
        return (Span(how_far),)
    return (Span(bar(fraction, columns // 4), GOOD), Span(f" {fraction:4.0%}  {how_far}"))


def _in_flight(view: View) -> Line:
    # In an open loop the slots are a limit, and mean nothing until a call waits for one.
    limit = "" if view.rate_per_s is not None and not view.waiting else f" of {view.slots:,}"
    spans = [_title("in flight"), Span(f"{view.in_flight:,}{limit}")]
    if view.waiting:
        spans.append(Span(f"   waiting {view.waiting:,}", WARNING))
    if view.busy is not None:
        style = WARNING if view.busy > _BUSY else ""
        spans.append(Span(f"   client busy {percentage(view.busy)}", style))
    return tuple(spans)


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
