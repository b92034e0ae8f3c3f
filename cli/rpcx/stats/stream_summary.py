"""The summary of `rpcx stream`: the JSON that scripts rely on (`rpcx help json`)."""

from __future__ import annotations

from collections import Counter
from functools import reduce
from typing import TYPE_CHECKING, Any, NamedTuple

from rpcx.connections import Held
from rpcx.stats.connection import blocked_by, connection_object
from rpcx.stats.round_trips import unpaired
from rpcx.stats.summary import VERSION, by_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rpcx.connections import Connections
    from rpcx.results import StreamEnd, WorkerTally
    from rpcx.stats.streams import Direction, StreamStats


class StreamFacts(NamedTuple):
    """The facts in a summary that are not statistics.

    Attributes:
        target: TARGET as typed.
        method: `package.Service/Method`.
        answers: Whether each side may send many messages, so that there can be a lag.
        streams: How many were opened.
        begun: When the first one was opened, in seconds of `time.perf_counter`.
        cpu_s: CPU seconds of this process during the run.
        transport: The name of the transport.
        percents: The percentiles of times.
        ending: What the server said at the end: `error`, `headers`, `trailers`.
        connections: What passed over the connection; None where that is not known.
    """

    target: str
    method: str
    answers: bool
    streams: int
    begun: float
    cpu_s: float
    transport: str
    percents: tuple[float, ...]
    ending: Mapping[str, Any]
    connections: Connections | None = None


def stream_summary(stats: StreamStats, facts: StreamFacts) -> dict[str, Any]:
    """Build the summary; what was not measured is None, no key is absent."""
    ends = stats.ends
    duration_s = max((end.outcome.at for end in ends), default=facts.begun) - facts.begun
    round_trip_ms, match = (
        stats.round_trips.snapshot(facts.percents)
        if stats.round_trips
        else unpaired(facts.percents)
    )
    half_closes = [end.half_closed_at - end.begun for end in ends if end.half_closed_at is not None]
    return {
        "version": VERSION,
        "command": "stream",
        "target": facts.target,
        "method": facts.method,
        "end_reason": _common(end.reason for end in ends),
        "duration_s": round(duration_s, 6),
        "streams": facts.streams,
        "statuses": by_name(stats.statuses),
        "ended_by": _common(end.ended_by for end in ends),
        "ends": dict(sorted(Counter(end.ended_by for end in ends).items())),
        **facts.ending,
        "half_close_s": round(max(half_closes), 6) if half_closes else None,
        "sent": {
            "given": sum(end.given for end in ends),
            **_numbers(stats.sent, duration_s, facts.percents),
            "blocked_s": round(stats.sent.busy_s, 6),
            "blocked_by": None if facts.connections is None else _blocked_by(ends),
            "workers": _workers(stats.sent.workers.values()),
        },
        "received": {
            **_numbers(stats.received, duration_s, facts.percents),
            "after_half_close": sum(end.after_half_close for end in ends) if half_closes else None,
            # A stream without receivers does not wait for messages.
            "waiting_s": round(stats.received.busy_s, 6) if stats.received.workers else None,
            "workers": _workers(stats.received.workers.values()),
        },
        "lag": {
            "max": stats.most_lag if facts.answers else None,
            "end": stats.lag if facts.answers else None,
        },
        "round_trip_ms": round_trip_ms,
        "match": match,
        "sequence": stats.sequence.snapshot() if stats.sequence else None,
        "client": {
            "transport": facts.transport,
            "busy": round(min(facts.cpu_s / duration_s, 1.0), 4) if duration_s > 0 else None,
            "cpu_s": round(facts.cpu_s, 4),
        },
        "connection": connection_object(facts.connections),
        "fail_if": [],
    }


def _blocked_by(ends: Iterable[StreamEnd]) -> dict[str, float]:
    """Return for how long each window, and the socket, held sends back, on all streams."""
    held = reduce(Held.plus, (end.outcome.held for end in ends if end.outcome.held), Held())
    return blocked_by(held)


def _common(values: Iterable[str]) -> str | None:
    """Return the value that all streams have in common; None if they differ."""
    found = set(values)
    return found.pop() if len(found) == 1 else None


def _numbers(way: Direction, duration_s: float, percents: tuple[float, ...]) -> dict[str, Any]:
    return {
        "messages": way.messages,
        "bytes": way.bytes,
        "messages_per_s": round(way.messages / duration_s, 3) if duration_s > 0 else None,
        "gap_ms": way.gaps.snapshot(percents),
    }


def _workers(tallies: Iterable[WorkerTally]) -> list[dict[str, Any]]:
    return [
        {**tally._asdict(), "waiting_s": round(tally.waiting_s, 6)} for tally in sorted(tallies)
    ]
