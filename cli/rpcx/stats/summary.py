"""The summary of a run: the JSON that scripts rely on (`rpcx help json`)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from rpcx.results import Settings, Status
from rpcx.stats.latencies import PERCENTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rpcx.results import Outage
    from rpcx.stats.calls import Calls, CallStats
    from rpcx.stats.latencies import Latencies

VERSION: Final = 1

BUSY: Final = 0.85
LATE_MS: Final = 1.0
IDLE: Final = 0.05


class MethodFacts(NamedTuple):
    """The facts of one method in a summary that are not statistics.

    Attributes:
        name: `package.Service/Method`.
        not_started: Calls that were due and never started.
        reissued: Calls that were issued again because the server never processed them.
    """

    name: str
    not_started: int = 0
    reissued: int = 0


class RunFacts(NamedTuple):
    """The facts in a summary that are not statistics.

    Attributes:
        target: TARGET as typed.
        methods: The plan's methods, in its order.
        end_reason: Why the run ended; empty while it goes on.
        concurrency: The most calls in flight.
        started_at: When the run began, in seconds since 1970.
        duration_s: From there to the last status.
        due_s: From there to the moment at which the run stopped starting calls; as
            `duration_s` if nothing stopped it.
        cpu_s: CPU seconds of rpcx during the run.
        machine_idle: The part of the machine's processor time that was idle; None if that is
            not known.
        outages: Times without a connection.
        transport: The name of the transport.
        settings: What the run was asked to do.
        connection: The `connection` of its summary; None where nothing is known of it.
    """

    target: str
    methods: tuple[MethodFacts, ...]
    end_reason: str
    concurrency: int
    started_at: float
    duration_s: float
    due_s: float
    cpu_s: float
    machine_idle: float | None
    outages: tuple[Outage, ...]
    transport: str
    settings: Settings = Settings()
    connection: dict[str, Any] | None = None


def call_summary(
    stats: CallStats, facts: RunFacts, percents: Sequence[float] = PERCENTS
) -> dict[str, Any]:
    """Build the summary of `rpcx call`; what was not measured is None, no key is absent.

    Args:
        stats: The measurements.
        facts: The facts about the run.
        percents: Which percentiles every population has.
    """
    duration, total = facts.duration_s, stats.total
    not_started = sum(method.not_started for method in facts.methods)
    reissued = sum(method.reissued for method in facts.methods)
    busy = stats.intervals.busiest
    late = dict(zip(("p50", "p99"), total.late_start.quantiles_ms((50, 99)), strict=True))
    client = {
        "transport": facts.transport,
        "busy": _rounded(busy),
        "cpu_s": round(facts.cpu_s, 4),
        "machine_idle": _rounded(facts.machine_idle),
        "late_start_ms": late,
    }
    return {
        "version": VERSION,
        "command": "call",
        "target": facts.target,
        "started_at": datetime.fromtimestamp(facts.started_at, UTC).isoformat(
            timespec="milliseconds"
        ),
        "settings": facts.settings._asdict(),
        "end_reason": facts.end_reason,
        "duration_s": round(duration, 6),
        "due_s": round(facts.due_s, 6),
        "disconnected_s": round(sum(outage.duration_s for outage in facts.outages), 4),
        **_numbers(total, not_started, reissued, facts.due_s, percents),
        "concurrency": {
            "offered": facts.concurrency,
            "in_flight": round(total.in_flight_s / duration, 3) if duration > 0 else None,
            "effective": None,
        },
        "client": {**client, "limits": client_limits(client, outages=bool(facts.outages))},
        "connection": facts.connection,
        "disconnected": [
            {
                "start_s": round(outage.start_s, 4),
                "duration_s": round(outage.duration_s, 4),
                "cause": outage.cause or None,
            }
            for outage in facts.outages
        ],
        "methods": {
            method.name: _numbers(calls, method.not_started, method.reissued, facts.due_s, percents)
            for method, calls in zip(facts.methods, stats.methods, strict=True)
        },
        "fail_if": [],
    }


def client_limits(client: dict[str, Any], *, outages: bool) -> list[str]:
    """Return why this side, and not the server, may limit the numbers.

    Args:
        client: The `client` of a summary.
        outages: Whether there was a time without a connection. An outage looks like a late or an
            overloaded client, so neither is reported then.

    Returns:
        Any of `busy` (rpcx used a processor nearly whole), `late_start` (calls started late
        with a slot free) and `machine` (its processors were used up), in this order.
    """
    late = client["late_start_ms"]["p99"]
    signs = {
        "busy": client["busy"] is not None and client["busy"] > BUSY,
        "late_start": not outages and late is not None and late > LATE_MS,
        "machine": (
            not outages and client["machine_idle"] is not None and client["machine_idle"] < IDLE
        ),
    }
    return [name for name, seen in signs.items() if seen]


def _numbers(
    calls: Calls,
    not_started: int,
    reissued: int,
    due_s: float,
    percents: Sequence[float],
) -> dict[str, Any]:
    started, throughput = calls.ended, calls.throughput_per_s(due_s)
    return {
        "calls": {
            "due": started + not_started,
            "started": started,
            "not_started": not_started,
            "ok": calls.ok,
            "failed": calls.failed,
            "cancelled": calls.cancelled,
            "drained": calls.drained,
            "reissued": reissued,
        },
        "statuses": by_name(calls.statuses),
        "errors": calls.failures.as_list(),
        "throughput_per_s": None if throughput is None else round(throughput, 3),
        "latency_ms": calls.ok_latency.snapshot(percents, never=not_started),
        "service_ms": calls.ok_service.snapshot(percents),
        "failed_latency_ms": calls.failed_latency.snapshot(percents),
        "status_latency_ms": {
            status.name: _of_status(status, calls, not_started, percents)
            for status in calls.statuses
        },
        "bytes": {"sent_bytes": calls.sent_bytes, "received_bytes": calls.received_bytes},
    }


def _of_status(
    status: Status, calls: Calls, not_started: int, percents: Sequence[float]
) -> dict[str, float | None]:
    latencies: Latencies = calls.latency[status]
    return latencies.snapshot(percents, never=0 if status else not_started)


def by_name(statuses: dict[Status, int]) -> dict[str, int]:
    """Return counts by gRPC's upper-case names, in the order of the codes."""
    return {
        Status(status).name: statuses[status] for status in sorted(statuses) if statuses[status]
    }


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 4)
