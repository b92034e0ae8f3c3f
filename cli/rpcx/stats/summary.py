"""The summary of a run: the JSON that scripts rely on (README, "The JSON")."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from rpcx.stats.latencies import COLUMNS

if TYPE_CHECKING:
    from rpcx.results import Status
    from rpcx.stats.calls import CallStats
    from rpcx.stats.latencies import Latencies

VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What the summary needs to know beside the statistics.

    Attributes:
        target: TARGET as typed.
        method: `package.Service/Method`.
        end_reason: Why the run ended; empty while it goes on.
        concurrency: Calls that may be in flight.
        rate_per_s: Calls due each second; None in a closed loop.
        due: Calls that have become due.
        started: Calls that were started.
        reissued: Calls that were issued again because the server never processed them.
        duration_s: From the start to the last status.
        cpu_s: CPU seconds of this process meanwhile.
        gaps: Times without a connection, (seconds from the start, length in seconds).
        transport: `core` or `public`.
    """

    target: str
    method: str
    end_reason: str
    concurrency: int
    rate_per_s: float | None
    due: int
    started: int
    reissued: int
    duration_s: float
    cpu_s: float
    gaps: tuple[tuple[float, float], ...]
    transport: str


def call_summary(stats: CallStats, facts: RunFacts) -> dict[str, Any]:
    """Build the summary of `rpcx call`; what was not measured is None, no key is absent."""
    duration = facts.duration_s
    numbers = _numbers(stats, facts)
    return {
        "version": VERSION,
        "command": "call",
        "target": facts.target,
        "end_reason": facts.end_reason,
        "duration_s": round(duration, 6),
        **numbers,
        "concurrency": {
            "offered": facts.concurrency,
            "in_flight": round(stats.busy_s / duration, 3) if duration > 0 else None,
            "effective": None,
        },
        "client": {
            "transport": facts.transport,
            "busy": round(min(facts.cpu_s / duration, 1.0), 4) if duration > 0 else None,
            "cpu_s": round(facts.cpu_s, 4),
            "late_start_ms": _late(stats.late_start),
        },
        "disconnected": [
            {"start_s": round(start, 4), "duration_s": round(length, 4)}
            for start, length in facts.gaps
        ],
        "methods": {facts.method: numbers},
        "fail_if": [],
    }


def _numbers(stats: CallStats, facts: RunFacts) -> dict[str, Any]:
    duration = facts.duration_s
    not_started = facts.due - facts.started
    return {
        "calls": {
            "due": facts.due,
            "started": facts.started,
            "not_started": not_started,
            "ok": stats.ok,
            "failed": stats.failed,
            "cancelled": stats.cancelled,
            "reissued": facts.reissued,
        },
        "statuses": by_name(stats.statuses),
        "throughput_per_s": (
            round((stats.ok + stats.failed) / duration, 3) if duration > 0 else None
        ),
        "latency_ms": stats.latency.snapshot(never=not_started),
        "service_ms": stats.service.snapshot(),
        "failed_latency_ms": stats.failed_latency.snapshot(),
        "bytes": {"sent_bytes": stats.sent_bytes, "received_bytes": stats.received_bytes},
    }


def by_name(statuses: dict[Status, int]) -> dict[str, int]:
    """Counts by gRPC's upper-case names, in the order of the codes."""
    return {status.name: statuses[status] for status in sorted(statuses) if statuses[status]}


def _late(late: Latencies) -> dict[str, float | None]:
    numbers = late.snapshot()
    return {"p50": numbers["p50"], "p99": numbers["p99"]}


def columns(summary: dict[str, Any]) -> list[tuple[str, list[float | None]]]:
    """The three populations as rows of a table with the columns `COLUMNS`."""
    return [
        (title, [summary[key][column] for column in COLUMNS])
        for title, key in (
            ("latency", "latency_ms"),
            ("service time", "service_ms"),
            ("failed", "failed_latency_ms"),
        )
    ]
