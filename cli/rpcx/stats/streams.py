"""What a stream comes to, its two directions apart."""

from __future__ import annotations

import itertools
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

    def add(self, results: Sequence[MessageResult]) -> None:
        """Take in messages in their order."""
        if not results:
            return
        self.messages += len(results)
        self.bytes += sum([len(result[4]) for result in results])
        times = [result[0] for result in results]
        if self.last is not None:
            times.insert(0, self.last)
        self.gaps.add([int((b - a) * 1e6) for a, b in itertools.pairwise(times)])
        if self.first is None:
            self.first = times[0]
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
        lag = self.lag
        most = self.most_lag
        for result in results:
            lag += 1 if result[1] else -1
            most = max(most, lag)
        self.most_lag = most
        self.sent.add([result for result in results if result[1]])
        self.received.add([result for result in results if not result[1]])


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
