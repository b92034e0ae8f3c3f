"""What `rpcx call` shows while it works: a panel on a terminal, or a line of JSON an interval."""

from __future__ import annotations

import sys
import time
from collections import deque
from typing import TYPE_CHECKING

from rpcx.output.panel import Panel
from rpcx.stats.latencies import column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rpcx.engine.protocol import CallEngine
    from rpcx.plan import UnaryPlan
    from rpcx.stats.calls import CallStats

_RATES = 64  # that are kept, of which the panel shows the latest
_PERCENTS = (50.0, 90.0, 99.0)


class Live:
    """Looks at a run now and then.

    Args:
        stats: What was measured so far.
        plan: What is run.
        target: TARGET as typed.
        panel: Whether there is one.
        lines: Whether each interval is a line of JSON on standard error where there is none.
        percents: Percentiles of those lines.
        shown: Those of the panel; a few unless given.

    Attributes:
        panel: Where it is drawn.
    """

    def __init__(
        self,
        stats: CallStats,
        plan: UnaryPlan,
        target: str,
        *,
        panel: bool,
        lines: bool,
        percents: Sequence[float],
        shown: Sequence[float] | None,
    ) -> None:
        self._stats = stats
        self._plan = plan
        self._title = f"{', '.join(method.name for method in plan.methods)} on {target}"
        self._lines = lines and not panel
        self._percents = percents
        self._shown = shown or _PERCENTS
        self._rates: deque[float] = deque(maxlen=_RATES)
        self._seen = (0.0, 0, 0.0)
        self._told_s = 0.0
        self.panel = Panel(enabled=panel)

    def tick(self, engine: CallEngine, now: float) -> None:
        """Note how the run stands; all results up to `now` were taken in."""
        if not engine.begun:
            return
        self._stats.begin(engine.begun)
        self._stats.tick(now, engine.in_flight, time.process_time())
        self.look(now)

    def look(self, now: float) -> None:
        """Tell of the intervals that are over, where somebody else measures."""
        if self._lines:
            self._tell(self._stats.intervals.settled(now))

    def end(self, engine: CallEngine, duration_s: float) -> None:
        """Tell of what is left, once the run is over."""
        if self._lines and engine.begun:
            self._tell(len(self._stats.intervals), duration_s)

    def lines(self, engine: CallEngine, now: float) -> list[str]:
        """The panel: how far, how fast, how slow, how calls end."""
        from rpcx.output.call_panel import SPARKS, View, panel_lines

        stats, plan = self._stats, self._plan
        total = stats.total
        ended, cpu_s = total.ended, time.process_time()
        before, ended_before, cpu_before = self._seen
        # Where other processes make the calls, they say in their intervals how busy they are.
        busy = stats.intervals.latest_busy if engine.cpu_s else None
        if before:
            self._rates.append((ended - ended_before) / (now - before))
            if not engine.cpu_s:
                busy = min((cpu_s - cpu_before) / (now - before), 1.0)
        self._seen = (now, ended, cpu_s)
        quantiles = total.ok_latency.quantiles_ms((*self._shown, 100.0))
        names = (*map(column, self._shown), "max")
        in_flight = engine.in_flight
        return panel_lines(
            View(
                title=self._title,
                ended=ended,
                total=plan.total,
                elapsed_s=max(now - engine.begun, 0.0) if engine.begun else 0.0,
                duration_s=plan.duration_s,
                rates=[*self._rates][-SPARKS:],
                latency=dict(zip(names, quantiles, strict=True)),
                statuses={status.name: count for status, count in total.statuses.items()},
                in_flight=in_flight,
                slots=plan.concurrency,
                waiting=max(engine.due - engine.started - sum(engine.not_started), 0),
                busy=busy,
            )
        )

    def _tell(self, settled: int, duration_s: float | None = None) -> None:
        from rpcx.output.records import json_line
        from rpcx.stats.summary import by_name
        from rpcx.stats.timeline import row

        intervals = self._stats.intervals
        length_s = intervals.length_s
        for index in range(round(self._told_s / length_s), settled):
            start_s = index * length_s
            this_s = length_s if duration_s is None else min(length_s, duration_s - start_s)
            interval = intervals.interval(index)
            if this_s <= 0 and not interval.statuses:
                break
            total = self._stats.total
            line = row(interval, start_s, max(this_s, 0.0), self._percents)
            line["so_far"] = {
                "ended": total.ended,
                "statuses": by_name(total.statuses),
                "latency_ms": total.ok_latency.snapshot(self._percents),
            }
            sys.stderr.write(json_line(line).decode() + "\n")
            self._told_s = start_s + length_s
        sys.stderr.flush()
