"""Send-to-receive latency: which reply belongs to which message, and how long it took.

gRPC pairs nothing on a stream: only somebody who knows the method can say how replies pair.
The time runs from the start of the send to the fetch of the reply.
"""

from __future__ import annotations

from collections import defaultdict, deque
from typing import TYPE_CHECKING, Any, Final

from rpcx.stats.latencies import PERCENTS, Latencies

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    from rpcx.results import MessageResult

    Key = Callable[[MessageResult], Hashable]

BY_ORDER: Final = "order"


class RoundTrips:
    """Pairs messages and replies that have the same key, each once, first with first.

    Args:
        by: How they pair, for the summary: `order`, or `field` and its name.
        key: Returns a message's key; on one stream, equal keys pair.
    """

    def __init__(self, by: str, key: Key) -> None:
        self._by = by
        self._key = key
        # (stream, key) -> when the sends began, or the replies came, that have no partner yet
        self._sent: defaultdict[Hashable, deque[float]] = defaultdict(deque)
        self._replies: defaultdict[Hashable, deque[float]] = defaultdict(deque)
        self._fresh: list[int] = []
        self._early = 0
        self._times = Latencies()

    @classmethod
    def by_order(cls) -> RoundTrips:
        """Return one that pairs the i-th reply of a stream with its i-th message."""
        return cls(BY_ORDER, lambda result: result.seq)

    def add(self, result: MessageResult) -> None:
        """Add a message of either direction."""
        key = (result.stream, self._key(result))
        mine, others = self._sent, self._replies
        moment = result.began
        if not result.sent:
            mine, others, moment = others, mine, result.at
        waiting = others.get(key)
        if not waiting:
            mine[key].append(moment)
            return
        partner = waiting.popleft()
        if not waiting:
            del others[key]
        took_s = partner - moment if result.sent else moment - partner
        if took_s < 0:
            self._early += 1
        else:
            self._fresh.append(int(took_s * 1e6))

    def snapshot(
        self, percents: Iterable[float] = PERCENTS
    ) -> tuple[dict[str, float | None], dict[str, Any]]:
        """Return the latencies in milliseconds with these percentiles, and the pairing.

        Latencies by order are null unless every reply has its message.
        """
        measured = self.times()
        sent_alone = sum(map(len, self._sent.values()))
        replies_alone = sum(map(len, self._replies.values()))
        reason = self._reason(sent_alone, replies_alone)
        times = measured if reason is None else Latencies()
        return times.snapshot(percents), {
            "by": self._by,
            "pairs": self._times.count,
            "sent_alone": sent_alone,
            "received_alone": replies_alone,
            "reason": reason,
        }

    def times(self) -> Latencies:
        """The latencies of all pairs, even if some messages did not pair."""
        self._times.add(self._fresh)
        self._fresh = []
        return self._times

    def _reason(self, sent_alone: int, replies_alone: int) -> str | None:
        if self._early:
            return f"{self._early:,} times a reply came before the message that it should answer"
        pairs = self._times.count
        if self._by == BY_ORDER and (sent_alone or replies_alone):
            return (
                f"sent {pairs + sent_alone:,}, received {pairs + replies_alone:,}:"
                " they do not pair by order"
            )
        return None if pairs else "no reply has a message that it answers"


def unpaired(percents: Iterable[float]) -> tuple[dict[str, float | None], dict[str, Any]]:
    """Return the snapshot if nothing says how replies pair."""
    pairing: dict[str, Any] = dict.fromkeys(("by", "pairs", "sent_alone", "received_alone"))
    return Latencies().snapshot(percents), pairing | {"reason": "without --match nothing pairs"}
