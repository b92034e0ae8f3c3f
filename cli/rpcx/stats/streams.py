"""What a stream comes to, its two directions apart."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rpcx.stats.latencies import Latencies
from rpcx.stats.summary import VERSION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rpcx.results import MessageResult, Status


@dataclass(slots=True)
class Direction:
    """Messages one way.

    Attributes:
        messages: How many: completed by gRPC's core, or received.
        bytes: Their serialised sizes, without framing.
        gaps: Times between one message and the next.
        first: When the first was, in seconds of `time.perf_counter`.
        last: When the last so far was.
    """

    messages: int = 0
    bytes: int = 0
    gaps: Latencies = field(default_factory=Latencies)
    first: float | None = None
    last: float | None = None

    def add(self, times: list[float], sizes: list[int]) -> None:
        """Take in messages in their order: when each was, and its size in bytes."""
        if not times:
            return
        self.messages += len(times)
        self.bytes += sum(sizes)
        before = times[0] if self.last is None else self.last
        gaps = [int((b - a) * 1e6) for a, b in zip([before, *times], times, strict=False)]
        if self.first is None:
            self.first = before
            del gaps[0]
        self.gaps.add(gaps)
        self.last = times[-1]

    def snapshot(self, duration_s: float) -> dict[str, Any]:
        """The numbers of this direction over `duration_s` seconds."""
        return {
            "messages": self.messages,
            "bytes": self.bytes,
            "messages_per_s": round(self.messages / duration_s, 3) if duration_s > 0 else None,
            "gap_ms": self.gaps.snapshot(),
        }


@dataclass(slots=True)
class StreamStats:
    """Add messages in batches; read the numbers at any time."""

    sent: Direction = field(default_factory=Direction)
    received: Direction = field(default_factory=Direction)
    most_lag: int = 0

    @property
    def lag(self) -> int:
        """Messages sent beyond those received."""
        return self.sent.messages - self.received.messages

    def add(self, results: Sequence[MessageResult]) -> None:
        """Take in a batch, both directions mixed."""
        sent_times: list[float] = []
        sent_sizes: list[int] = []
        received_times: list[float] = []
        received_sizes: list[int] = []
        lag = self.lag
        most = self.most_lag
        for at, sent, _, _, message in results:
            if sent:
                sent_times.append(at)
                sent_sizes.append(len(message))
                lag += 1
                most = max(most, lag)
            else:
                received_times.append(at)
                received_sizes.append(len(message))
                lag -= 1
        self.most_lag = most
        self.sent.add(sent_times, sent_sizes)
        self.received.add(received_times, received_sizes)


def stream_summary(
    stats: StreamStats,
    *,
    target: str,
    method: str,
    status: Status,
    ended_by: str,
    duration_s: float,
) -> dict[str, Any]:
    """Build the summary of `rpcx stream`; what was not measured is None."""
    return {
        "version": VERSION,
        "command": "stream",
        "target": target,
        "method": method,
        "duration_s": round(duration_s, 6),
        "statuses": {status.name: 1},
        "streams": 1,
        "sent": stats.sent.snapshot(duration_s),
        "received": stats.received.snapshot(duration_s),
        "lag": {"max": stats.most_lag, "end": stats.lag},
        "ended_by": ended_by,
    }
