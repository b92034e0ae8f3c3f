"""A whole run: what was measured with what is known of it, also as a file and merged."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from rpcx.results import Outage, Settings, Status
from rpcx.stats.calls import Calls, CallStats
from rpcx.stats.failures import Failures
from rpcx.stats.latencies import PERCENTS, Latencies
from rpcx.stats.saved import check_call, interval_length_s, percents_of
from rpcx.stats.summary import VERSION, MethodFacts, RunFacts, call_summary
from rpcx.stats.timeline import timeline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rpcx.stats.intervals import Intervals


class Run(NamedTuple):
    """One run, or several merged.

    Attributes:
        stats: What was measured.
        facts: What else is known.
        percents: Which percentiles every population has.
        fail_if: Conditions and whether they were met, for the summary.
    """

    stats: CallStats
    facts: RunFacts
    percents: Sequence[float] = PERCENTS
    fail_if: tuple[dict[str, Any], ...] = ()

    def summary(self) -> dict[str, Any]:
        """The summary that scripts rely on."""
        return call_summary(self.stats, self.facts, self.percents) | {"fail_if": [*self.fail_if]}

    def timeline(self) -> list[dict[str, Any]]:
        """The numbers of each interval."""
        return timeline(self.stats.intervals, self.facts.duration_s, self.percents)

    def as_object(self) -> dict[str, Any]:
        """The summary, and what merging and comparing need: histograms and intervals."""
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

    @classmethod
    def of_object(cls, value: Any) -> Self:
        """The run that `as_object` wrote.

        Raises:
            ValueError: It is none; the text says what is wrong, as the end of a sentence.
        """
        if not isinstance(value, dict) or "version" not in value or "command" not in value:
            raise ValueError("is no report of rpcx")
        if value["version"] != VERSION:
            raise ValueError(
                f"has version {value['version']!r} of the format, and this rpcx reads {VERSION};"
                " a newer rpcx may read it"
            )
        if value["command"] != "call":
            raise ValueError(f"is a report of `rpcx {value['command']}`; only `call` has one")
        if "histograms" not in value or "intervals" not in value:
            raise ValueError(
                "is a summary without histograms; write it with --report FILE.json instead of -o"
                " json"
            )
        check_call(value)
        try:
            stats = _stats_of(value)
        except ValueError as error:
            raise ValueError(f"is damaged: {error}") from None
        return cls(stats, _facts_of(value), percents_of(value["latency_ms"]))


def _calls_object(calls: Calls) -> dict[str, Any]:
    return {
        "latency": {status.name: calls.latency[status].as_object() for status in calls.statuses},
        "service": None if calls.service is None else calls.service.as_object(),
        "late_start": calls.late_start.as_object(),
        "in_flight_s": calls.in_flight_s,
    }


def _stats_of(value: dict[str, Any]) -> CallStats:
    names = list(value["methods"])
    stats = CallStats(len(names))
    for calls, name in zip(stats.methods, names, strict=True):
        kept, numbers = value["histograms"][name], value["methods"][name]
        calls.latency = {
            Status[status]: Latencies.of_object(one) for status, one in kept["latency"].items()
        }
        calls.service = None if kept["service"] is None else Latencies.of_object(kept["service"])
        calls.late_start = Latencies.of_object(kept["late_start"])
        calls.in_flight_s = float(kept["in_flight_s"])
        calls.failures = Failures.of_list(numbers.get("errors", ()))
        calls.cancelled = int(numbers["calls"]["cancelled"])
        calls.drained = int(numbers["calls"].get("drained", 0))
        calls.sent_bytes = int(numbers["bytes"]["sent_bytes"])
        calls.received_bytes = int(numbers["bytes"]["received_bytes"])
    _fill(stats.intervals, value)
    return stats


def _fill(intervals: Intervals, value: dict[str, Any]) -> None:
    rows = value["intervals"]
    intervals.length_s = interval_length_s(value)
    intervals.begin(_seconds_of(value["started_at"]))
    for index, row in enumerate(rows):
        interval = intervals.interval(index)
        interval.latency = Latencies.of_object(row["latency_histogram"])
        interval.statuses = {Status[name]: int(count) for name, count in row["statuses"].items()}
        interval.failures = Failures.of_list(row.get("errors", ()))
        interval.cancelled = int(row["cancelled"])
        interval.busy = row["client_busy"]
        if row["in_flight"] is not None:
            interval.in_flight, interval.looks = float(row["in_flight"]), 1
        intervals.put(index, interval)


def _facts_of(value: dict[str, Any]) -> RunFacts:
    client = value["client"]
    return RunFacts(
        target=str(value["target"]),
        methods=tuple(
            MethodFacts(name, one["calls"]["not_started"], one["calls"]["reissued"])
            for name, one in value["methods"].items()
        ),
        end_reason=str(value["end_reason"]),
        concurrency=int(value["concurrency"]["offered"]),
        started_at=_seconds_of(value["started_at"]),
        duration_s=float(value["duration_s"]),
        # The first files of version 1 lack this, `drained`, causes, `errors` and `settings`.
        due_s=float(value.get("due_s", value["duration_s"])),
        cpu_s=float(client["cpu_s"]),
        machine_idle=client["machine_idle"],
        outages=tuple(
            Outage(float(one["start_s"]), float(one["duration_s"]), str(one.get("cause") or ""))
            for one in value["disconnected"]
        ),
        transport=str(client["transport"]),
        settings=Settings(*map(value.get("settings", {}).get, Settings._fields)),
    )


def _seconds_of(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()
