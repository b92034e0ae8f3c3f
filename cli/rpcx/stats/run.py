"""A whole run: its measurements and the facts about it, also as a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from rpcx.stats.latencies import PERCENTS
from rpcx.stats.summary import RunFacts, call_summary
from rpcx.stats.timeline import timeline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rpcx.stats.calls import Calls, CallStats


class Run(NamedTuple):
    """One run, or several merged.

    Attributes:
        stats: The measurements.
        facts: The facts about it.
        percents: Which percentiles every population has.
        fail_if: Conditions and whether they were met, for the summary.
    """

    stats: CallStats
    facts: RunFacts
    percents: Sequence[float] = PERCENTS
    fail_if: tuple[dict[str, Any], ...] = ()

    def summary(self) -> dict[str, Any]:
        """Return the summary that scripts rely on."""
        return call_summary(self.stats, self.facts, self.percents) | {"fail_if": [*self.fail_if]}

    def timeline(self) -> list[dict[str, Any]]:
        """Return the numbers of each interval."""
        return timeline(self.stats.intervals, self.facts.duration_s, self.percents)

    def as_object(self) -> dict[str, Any]:
        """Return the summary, and the histograms and intervals that merging and comparing need."""
        names = [method.name for method in self.facts.methods]
        return {
            **self.summary(),
            "histograms": {
                name: _calls_object(calls)
                for name, calls in zip(names, self.stats.methods, strict=True)
            },
            "intervals": [
                {**row, "latency_histogram": interval.latency.as_object()}
                for row, interval in zip(self.timeline(), self.stats.intervals, strict=False)
            ],
        }


def _calls_object(calls: Calls) -> dict[str, Any]:
    return {
        "latency": {status.name: calls.latency[status].as_object() for status in calls.statuses},
        "service": None if calls.service is None else calls.service.as_object(),
        "late_start": calls.late_start.as_object(),
        "in_flight_s": calls.in_flight_s,
    }
