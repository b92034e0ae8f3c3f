"""What streams come to: directions, pairs, sequences, and the summary's keys."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpcx.results import MessageResult, Outcome, Status, StreamEnd, WorkerTally
from rpcx.stats.latencies import PERCENTS, columns
from rpcx.stats.round_trips import RoundTrips
from rpcx.stats.sequence import Sequence, SequenceCheck
from rpcx.stats.stream_summary import StreamFacts, stream_summary
from rpcx.stats.streams import StreamStats

if TYPE_CHECKING:
    import random


def message(
    at: float, *, sent: bool, seq: int = 0, took: float = 0.0, data: bytes = b"x", stream: int = 0
) -> MessageResult:
    """One message of a stream."""
    return MessageResult(at, sent, seq, 0, data, at - took, stream)


def end(stream: int = 0, **changes: Any) -> StreamEnd:
    """The end of a stream after 2 s, OK unless the changes say otherwise."""
    status = changes.pop("status", Status.OK)
    plain = StreamEnd(
        stream=stream,
        begun=0.0,
        outcome=Outcome(None, 2.0, status, "", None, (), (), False),
        ended_by="server",
        reason="data",
        expected=False,
        half_closed_at=1.0,
        given=1,
        completed=1,
        received=1,
        after_half_close=1,
        unfinished_send_s=0.0,
        unfinished_receive_s=0.0,
        senders=(WorkerTally(0, 1, 1, 0.0),),
        receivers=(WorkerTally(0, 1, 1, 0.0),),
    )
    return plain._replace(**changes)


def summary(stats: StreamStats, **changes: Any) -> dict[str, Any]:
    """The summary of these streams."""
    facts: dict[str, Any] = {
        "target": "t",
        "method": "p.S/M",
        "answers": True,
        "streams": max(len(stats.ends), 1),
        "begun": 0.0,
        "cpu_s": 0.5,
        "transport": "core",
        "percents": PERCENTS,
        "ending": {"error": None, "headers": [], "trailers": []},
    }
    return stream_summary(stats, StreamFacts(**(facts | changes)))


def paths(node: Any, prefix: str = "") -> set[str]:
    """All keys of a JSON document, with those above."""
    if isinstance(node, dict):
        return {prefix + key for key in node}.union(
            *(paths(value, f"{prefix}{key}.") for key, value in node.items())
        )
    return set()


def test_summary_of_a_stream() -> None:
    """Both directions with their rates, the lag, and who ended it."""
    stats = StreamStats()
    stats.add([
        message(0.5, sent=True, data=b"xxxx", took=0.25),
        message(1.0, sent=False, data=b"xxxxxx", took=1.0),
        end(),
    ])  # fmt: skip
    numbers = summary(stats)
    assert numbers["statuses"] == {"OK": 1}
    assert numbers["sent"]["messages_per_s"] == 0.5
    assert (numbers["sent"]["bytes"], numbers["received"]["bytes"]) == (4, 6)
    assert (numbers["sent"]["blocked_s"], numbers["received"]["waiting_s"]) == (0.25, 1.0)
    assert numbers["lag"] == {"max": 1, "end": 0}
    assert (numbers["ended_by"], numbers["end_reason"]) == ("server", "data")
    assert numbers["half_close_s"] == 1.0
    assert numbers["client"]["busy"] == 0.25
    assert numbers["sent"]["gap_ms"] == dict.fromkeys(columns(PERCENTS))


def test_no_key_is_ever_absent() -> None:
    """A stream of which nothing is known has the keys of one that was measured."""
    stats = StreamStats(RoundTrips.by_order())
    stats.add([message(0.5, sent=True), message(1.0, sent=False), end()])
    full, empty = summary(stats), summary(StreamStats(), answers=False)
    counted = {f"statuses.{name}" for name in full["statuses"]} | {"ends.server"}
    assert paths(full) - counted == paths(empty)
    assert empty["sent"]["messages_per_s"] is None
    assert empty["lag"] == {"max": None, "end": None}
    assert empty["received"]["waiting_s"] is None
    assert empty["half_close_s"] is None
    assert empty["ended_by"] is None


def test_several_streams_are_added_up() -> None:
    """Counts and times are sums; where streams differ there is no common word."""
    stats = StreamStats()
    stats.add([
        *[message(at, sent=True, stream=stream) for at in (1.0, 1.5) for stream in (0, 1)],
        end(0, given=3, completed=2, unfinished_send_s=0.5),
        end(1, status=Status.ABORTED, ended_by="client", reason="max_responses",
            half_closed_at=None, senders=(WorkerTally(0, 2, 3, 0.5), WorkerTally(1, 1, 1, 0.1))),
    ])  # fmt: skip
    numbers = summary(stats)
    assert numbers["statuses"] == {"OK": 1, "ABORTED": 1}
    assert numbers["ends"] == {"client": 1, "server": 1}
    assert (numbers["ended_by"], numbers["end_reason"]) == (None, None)
    assert (numbers["sent"]["given"], numbers["sent"]["messages"]) == (4, 4)
    assert numbers["sent"]["blocked_s"] == 0.5
    assert numbers["sent"]["workers"] == [
        {"worker": 0, "turns": 3, "messages": 4, "waiting_s": 0.5},
        {"worker": 1, "turns": 1, "messages": 1, "waiting_s": 0.1},
    ]
    assert stats.sent.gaps.count == 2
    assert numbers["sent"]["gap_ms"]["max"] == 500.0


class TestRoundTrips:
    """Which reply answers which message."""

    def test_by_order(self) -> None:
        """From the start of the send, not from when it was complete."""
        trips = RoundTrips.by_order()
        for i in range(3):
            trips.add(message(i + 0.5, sent=True, seq=i, took=0.5))
        for i in range(3):
            trips.add(message(i + 2.0, sent=False, seq=i))
        times, match = trips.snapshot()
        assert (times["min"], times["max"]) == (2000.0, 2000.0)
        assert match == {"by": "order", "pairs": 3, "sent_alone": 0, "received_alone": 0,
                         "reason": None}  # fmt: skip

    def test_a_reply_that_is_told_before_its_message(self) -> None:
        """Events may overtake each other; times do not."""
        trips = RoundTrips.by_order()
        trips.add(message(2.0, sent=False))
        trips.add(message(3.0, sent=True, took=2.0))
        times, match = trips.snapshot()
        assert (times["min"], match["reason"]) == (1000.0, None)

    @pytest.mark.parametrize(
        ("replies", "reason"),
        [
            ([2.0], "sent 2, received 1: they do not pair by order"),
            ([2.0, 2.0, 2.0], "sent 2, received 3: they do not pair by order"),
            ([0.5, 2.0], "1 times a reply came before the message that it should answer"),
        ],
    )
    def test_what_does_not_pair_has_no_times(self, replies: list[float], reason: str) -> None:
        """Null, and the reason."""
        trips = RoundTrips.by_order()
        for i in range(2):
            trips.add(message(1.0, sent=True, seq=i))
        for i, at in enumerate(replies):
            trips.add(message(at, sent=False, seq=i))
        times, match = trips.snapshot()
        assert set(times.values()) == {None}
        assert match["reason"] == reason

    @given(st.permutations(range(6)), st.sets(st.integers(0, 5)))
    def test_by_field(self, order: list[int], lost: set[int]) -> None:
        """Replies in any order find their message; those without one are told."""
        trips = RoundTrips("field id", lambda result: result.message)
        for i in range(6):
            trips.add(message(float(i), sent=True, seq=i, data=b"%d" % i))
        came = [i for i in order if i not in lost]
        for seq, i in enumerate(came):
            trips.add(message(i + 7.0, sent=False, seq=seq, data=b"%d" % i))
        times, match = trips.snapshot()
        assert (match["pairs"], match["sent_alone"]) == (len(came), len(lost))
        assert times["max"] == (7000.0 if came else None)

    def test_streams_do_not_mix(self) -> None:
        """The first reply of one stream answers that stream's first message."""
        trips = RoundTrips.by_order()
        for stream in (0, 1):
            trips.add(message(float(stream), sent=True, stream=stream))
        for stream in (1, 0):
            trips.add(message(3.0, sent=False, stream=stream))
        times, _ = trips.snapshot()
        assert (times["min"], times["max"]) == (2000.0, 3000.0)


class TestSequence:
    """Numbers that should count up by one."""

    @given(st.lists(st.integers(0, 30), min_size=1), st.integers(-3, 3))
    def test_against_a_plain_count(self, numbers: list[int], first: int) -> None:
        """Whatever comes: what is missing is what lies between and never came."""
        sequence = Sequence()
        shifted = [number + first for number in numbers]
        for number in shifted:
            sequence.add(number)
        counts = Counter(number for number in shifted if number >= shifted[0])
        below = sum(number < shifted[0] for number in shifted)
        span = range(shifted[0], max(shifted) + 1)
        assert sequence.missing == sum(number not in counts for number in span)
        assert sequence.duplicates == sum(count - 1 for count in counts.values()) + below
        highest, late, seen = shifted[0], 0, set()
        for number in shifted:
            late += number < highest and number >= shifted[0] and number not in seen
            highest = max(highest, number)
            seen.add(number)
        assert sequence.reordered == late

    def test_a_great_leap_needs_no_memory(self) -> None:
        """Ranges are kept, not numbers."""
        sequence = Sequence()
        for number in (0, 2**60, 2**59):
            sequence.add(number)
        assert sequence.missing == 2**60 - 2
        assert len(sequence._missing) == 2

    def test_each_stream_counts_by_itself(self) -> None:
        """And what is no number is told apart."""
        check = SequenceCheck("n", lambda data: data.decode())
        for stream in (0, 1):
            for number in (b"1", b"2", b"4"):
                check.add(message(1.0, sent=False, data=number, stream=stream))
        check.add(message(1.0, sent=False, data=b"?"))
        check.add(message(1.0, sent=True, data=b"9"))
        assert check.snapshot() == {
            "field": "n", "missing": 2, "duplicates": 0, "reordered": 0, "unreadable": 1,
        }  # fmt: skip


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 2)), max_size=40), st.randoms())
def test_batches_make_no_difference(moves: list[tuple[bool, int]], chance: random.Random) -> None:
    """However announcements are cut into batches, the numbers are the same."""
    results = [message(float(i), sent=sent, stream=s) for i, (sent, s) in enumerate(moves)]
    whole, parts = StreamStats(), StreamStats()
    whole.add(results)
    while results:
        size = chance.randint(1, 5)
        parts.add(results[:size])
        results = results[size:]
    assert summary(whole) == summary(parts)
