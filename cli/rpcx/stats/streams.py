"""The numbers of streams, for each direction."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Protocol

from rpcx.results import MessageResult, Status, StreamEnd, WorkerTally
from rpcx.stats.latencies import Latencies

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rpcx.results import StreamAnnouncement
    from rpcx.stats.round_trips import RoundTrips
    from rpcx.stats.sequence import SequenceCheck


class _Follower(Protocol):
    """Follows every message."""

    def add(self, result: MessageResult) -> None:
        """Add a message."""
        ...


@dataclass(slots=True)
class Direction:
    """Messages of one direction, on any number of streams.

    Attributes:
        messages: The number of messages whose send is complete, or that were received.
        bytes: Their serialised sizes, without framing.
        busy_s: How long sends, or receives, were outstanding, in seconds.
        gaps: Times between two messages in a row on the same stream.
        last: The time of the last message, on each stream.
        workers: What each worker did, by its number.
    """

    messages: int = 0
    bytes: int = 0
    busy_s: float = 0.0
    gaps: Latencies = field(default_factory=Latencies)
    last: dict[int, float] = field(default_factory=dict)
    workers: dict[int, WorkerTally] = field(default_factory=dict)

    def add(self, messages: Sequence[MessageResult]) -> None:
        """Take in messages of this direction in their order."""
        if not messages:
            return
        self.messages += len(messages)
        self.bytes += sum([len(result.message) for result in messages])
        self.busy_s += sum([result.at - result.began for result in messages])
        if len({result.stream for result in messages}) == 1:
            self._add_gaps(messages[0].stream, [result.at for result in messages])
            return
        times: defaultdict[int, list[float]] = defaultdict(list)
        for result in messages:
            times[result.stream].append(result.at)
        for stream, mine in times.items():
            self._add_gaps(stream, mine)

    def _add_gaps(self, stream: int, times: list[float]) -> None:
        before = self.last.get(stream)
        earlier = times if before is None else [before, *times]
        later = times[1:] if before is None else times
        self.gaps.add([int((b - a) * 1e6) for a, b in zip(earlier, later, strict=False)])
        self.last[stream] = times[-1]

    def tally(self, workers: Iterable[WorkerTally]) -> None:
        """Add what the workers of an ended stream did."""
        for mine in workers:
            so_far = self.workers.get(mine.worker, WorkerTally(mine.worker, 0, 0, 0.0))
            self.workers[mine.worker] = WorkerTally(
                mine.worker,
                so_far.turns + mine.turns,
                so_far.messages + mine.messages,
                so_far.waiting_s + mine.waiting_s,
            )


class StreamStats:
    """The numbers of streams: add announcements in batches; read them at any time.

    Args:
        round_trips: Pairs messages with replies; None for no pairing.
        sequence: Follows a number in the received messages; None for none.

    Attributes:
        sent: The messages sent.
        received: The messages received.
        most_lag: The highest `lag` so far.
        ends: How each stream ended, in the order of the ends.
        statuses: The number of streams that ended with each status.
    """

    def __init__(
        self, round_trips: RoundTrips | None = None, sequence: SequenceCheck | None = None
    ) -> None:
        self.sent = Direction()
        self.received = Direction()
        self.most_lag = 0
        self.ends: list[StreamEnd] = []
        self.statuses: Counter[Status] = Counter()
        self.round_trips = round_trips
        self.sequence = sequence
        self._followers: list[_Follower] = [
            follower for follower in (round_trips, sequence) if follower is not None
        ]

    @property
    def lag(self) -> int:
        """The number of messages sent minus the number received."""
        return self.sent.messages - self.received.messages

    def add(self, batch: Sequence[StreamAnnouncement]) -> None:
        """Add a batch of announcements of all streams and directions."""
        messages = [result for result in batch if type(result) is MessageResult]
        if len(messages) < len(batch):
            for result in batch:
                if type(result) is StreamEnd:
                    self._end(result)
        steps = accumulate([1 if result.sent else -1 for result in messages], initial=self.lag)
        self.most_lag = max(self.most_lag, *steps, 0)
        self.sent.add([result for result in messages if result.sent])
        self.received.add([result for result in messages if not result.sent])
        for follower in self._followers:
            for message in messages:
                follower.add(message)

    def histograms(self) -> dict[str, Any]:
        """Return the gaps and send-to-receive latencies, for a report."""
        pairs = self.round_trips
        return {
            "sent_gap": self.sent.gaps.as_object(),
            "received_gap": self.received.gaps.as_object(),
            "round_trip": None if pairs is None else pairs.times().as_object(),
        }

    def _end(self, end: StreamEnd) -> None:
        self.ends.append(end)
        self.statuses[end.outcome.status] += 1
        self.sent.busy_s += end.unfinished_send_s
        self.received.busy_s += end.unfinished_receive_s
        self.sent.tally(end.senders)
        self.received.tally(end.receivers)
