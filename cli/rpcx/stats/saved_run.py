"""A run of calls that a report file has, read back."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from rpcx.results import Outage, Settings, Status
from rpcx.stats.calls import CallStats
from rpcx.stats.failures import Failures
from rpcx.stats.latencies import Latencies
from rpcx.stats.run import Run
from rpcx.stats.saved import check_call, interval_length_s, percents_of
from rpcx.stats.summary import VERSION, MethodFacts, RunFacts

if TYPE_CHECKING:
    from rpcx.stats.intervals import Intervals


def saved_run(value: Any) -> Run:
    """Return the run that `Run.as_object` wrote.

    Raises:
        ValueError: It is not one; the text says what is wrong, as the end of a sentence.
    """
    if not isinstance(value, dict) or "version" not in value or "command" not in value:
        raise ValueError("is not a report of rpcx")
    if value["version"] != VERSION:
        raise ValueError(
            f"has version {value['version']!r} of the format, and this rpcx reads {VERSION};"
            " a newer rpcx may read it"
        )
    if value["command"] != "call":
        raise ValueError(f"is a report of `rpcx {value['command']}`; only `call` has one")
    if "histograms" not in value or "intervals" not in value:
        raise ValueError(
            "is a summary without histograms; write it with --report FILE.json instead of -o json"
        )
    check_call(value)
    try:
        stats = _stats_of(value)
    except ValueError as error:
        raise ValueError(f"is damaged: {error}") from None
    return Run(stats, _facts_of(value), percents_of(value["latency_ms"]))


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
        # The first files of version 1 lack this, and what is read by `get` here and elsewhere.
        due_s=float(value.get("due_s", value["duration_s"])),
        cpu_s=float(client["cpu_s"]),
        machine_idle=client["machine_idle"],
        outages=tuple(
            Outage(float(one["start_s"]), float(one["duration_s"]), str(one.get("cause") or ""))
            for one in value["disconnected"]
        ),
        transport=str(client["transport"]),
        connection=value.get("connection"),
        settings=Settings(*map(value.get("settings", {}).get, Settings._fields)),
    )


def _seconds_of(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()
