"""What `rpcx call` shows while it works: a panel on a terminal, or a line of JSON an interval."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING

from rpcx.output.panel import Panel
from rpcx.output.stderr import say
from rpcx.output.terminal import width
from rpcx.stats.latencies import column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rpcx.output.spans import Line
    from rpcx.plans.calls import UnaryPlan
    from rpcx.stats.recorder import Recorder

_RATES = 512  # that are kept, of which the panel shows as many as fit
_PERCENTS = (50.0, 90.0, 99.0)


class Live:
    """Looks at a run now and then.

    Args:
        recorder: What measures.
        plan: What is run.
        target: TARGET as typed.
        panel: Whether there is one.
        colour: Whether it has colour.
        lines: Whether each interval is a line of JSON on standard error where there is none.
        percents: Percentiles of those lines.
        shown: Those of the panel; a few unless given.

    Attributes:
        panel: Where it is drawn.
    """

    def __init__(
        self,
        recorder: Recorder,
        plan: UnaryPlan,
        target: str,
        *,
        panel: bool,
        colour: bool,
        lines: bool,
        percents: Sequence[float],
        shown: Sequence[float] | None,
    ) -> None:
        self._recorder = recorder
        self._plan = plan
        self._title = f"{', '.join(method.name for method in plan.methods)} on {target}"
        self._lines = lines and not panel
        self._percents = percents
        self._shown = shown or _PERCENTS
        self._rates: deque[float] = deque(maxlen=_RATES)
        self._seen = (0.0, 0, 0.0)
        self._told_s = 0.0
        self.panel = Panel(enabled=panel, colour=colour)

    def tick(self, now: float, settled_at: float | None = None) -> None:
        """Show how the run stands.

        Args:
            now: Seconds of `time.perf_counter`.
            settled_at: Up to when all results were taken in; `now` unless given.
        """
        if self._lines:
            settled_at = now if settled_at is None else settled_at
            self._show_intervals(self._recorder.stats.intervals.settled(settled_at))
        if self.panel.is_due(now):
            self.panel.draw(self._panel_lines(now), now)

    def end(self, duration_s: float) -> None:
        """Show the intervals that are left, once the run is over."""
        if self._lines and self._recorder.standing().begun:
            self._show_intervals(len(self._recorder.stats.intervals), duration_s)

    def _panel_lines(self, now: float) -> list[Line]:
        """The panel: how far, how fast, how slow, how calls end."""
        from rpcx.output.call_panel import View, panel_lines  # noqa: PLC0415 -- only where it is shown

        plan, stats, standing = self._plan, self._recorder.stats, self._recorder.standing()
        total = stats.total
        ended, cpu_s = total.ended, time.process_time()
        before, ended_before, cpu_before = self._seen
        # Where other processes make the calls, they say in their intervals how busy they are.
        busy = stats.intervals.latest_busy if standing.cpu_s else None
        if before:
            self._rates.append((ended - ended_before) / (now - before))
            if not standing.cpu_s:
                busy = min((cpu_s - cpu_before) / (now - before), 1.0)
        self._seen = (now, ended, cpu_s)
        quantiles = total.ok_latency.quantiles_ms((*self._shown, 100.0))
        names = (*map(column, self._shown), "max")
        return panel_lines(
            View(
                title=self._title,
                ended=ended,
                total=plan.total,
                elapsed_s=max(now - standing.begun, 0.0) if standing.begun else 0.0,
                duration_s=plan.duration_s,
                rates=[*self._rates],
                latency=dict(zip(names, quantiles, strict=True)),
                statuses={status.name: count for status, count in total.statuses.items()},
                in_flight=standing.in_flight,
                slots=plan.concurrency,
                rate_per_s=plan.rate_per_s,
                waiting=standing.waiting,
                busy=busy,
                errors=total.failures.as_list(),
                outage=standing.outage and (max(now - standing.outage[0], 0.0), standing.outage[1]),
            ),
            width(),
        )

    def _show_intervals(self, settled: int, duration_s: float | None = None) -> None:
        from rpcx.output.records import json_line  # noqa: PLC0415 -- only where it is shown
        from rpcx.stats.summary import by_name  # noqa: PLC0415 -- only where it is shown
        from rpcx.stats.timeline import row  # noqa: PLC0415 -- only where it is shown

        intervals = self._recorder.stats.intervals
        length_s = intervals.length_s
        for index in range(round(self._told_s / length_s), settled):
            start_s = index * length_s
            this_s = length_s if duration_s is None else min(length_s, duration_s - start_s)
            interval = intervals.interval(index)
            if this_s <= 0 and not interval.statuses:
                break
            total = self._recorder.stats.total
            line = row(interval, start_s, max(this_s, 0.0), self._percents)
            line["so_far"] = {
                "ended": total.ended,
                "statuses": by_name(total.statuses),
                "latency_ms": total.ok_latency.snapshot(self._percents),
            }
            say(json_line(line).decode() + "\n")
            self._told_s = start_s + length_s
