"""Failures of a run, by status and message: alike ones together, in bounded memory."""

from __future__ import annotations

import time
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rpcx.results import Status
from rpcx.stats.failures import LONGEST, MOST, Failures

FAILURES = st.tuples(
    st.sampled_from([Status.UNAVAILABLE, Status.NOT_FOUND]),
    st.sampled_from(
        ["backend is down", "order 7 not found", "order 8 not found", "# 1", "", "a-1 b", "a-2 b"]
    ),
    st.integers(0, 50),
)


def made(*failures: tuple[Status, str, int]) -> Failures:
    """These failures, taken in one after the other."""
    found = Failures()
    for status, message, seq in failures:
        found.add(status, message, seq)
    return found


def test_messages_that_differ_in_numbers_are_one() -> None:
    """Numbers, ids, addresses and UUIDs become `#` where they differ, and stay where not."""
    found = made(
        (Status.NOT_FOUND, "HTTP 404: no order 17 at 10.0.0.1:50051", 3),
        (Status.NOT_FOUND, "HTTP 404: no order 18 at 10.0.0.2:50051", 2),
        (Status.INTERNAL, "lost deadbeef-aaaa-bbbb-cccc-123456789abc", 9),
        (Status.INTERNAL, "lost abcdefab-aaaa-bbbb-cccc-abcdefabcde1", 8),
        (Status.INTERNAL, "lost", 7),
    )
    assert [(one["message"], one["count"], one["first_seq"]) for one in found.as_list()] == [
        ("HTTP 404: no order # at 10.0.0.#:50051", 2, 2),
        ("lost #", 2, 8),
        ("lost", 1, 7),
    ]
    assert [one["share"] for one in found.as_list()] == [0.4, 0.4, 0.2]


def test_statuses_are_kept_apart() -> None:
    """The same message under two statuses is two failures."""
    found = made((Status.NOT_FOUND, "x", 0), (Status.INTERNAL, "x", 1))
    assert [one["status"] for one in found.as_list()] == ["NOT_FOUND", "INTERNAL"]


def test_memory_is_bounded() -> None:
    """A server whose messages are all different fills a table, and then counts; none is lost."""
    found = Failures()
    words = ["".join(chr(ord("a") + int(digit)) for digit in str(n)) for n in range(10_000)]
    for seq, word in enumerate(words):
        found.add(Status.ABORTED, word * 250, seq)
    rows = found.as_list()
    assert len(rows) == MOST + 1
    assert sum(row["count"] for row in rows) == 10_000
    assert rows[-1] == {
        "status": "ABORTED", "message": None, "count": 10_000 - MOST, "share": 0.9936,
        "first_seq": MOST,
    }  # fmt: skip
    assert max(len(row["message"]) for row in rows[:-1]) <= LONGEST


def test_a_long_message_is_no_burden() -> None:
    """To look for words takes time in proportion to the text, whatever it is."""
    begun = time.process_time()
    for text in ("a" * 10**6, "a-" * 10**6, "#" * 10**6, "a1" * 10**6):
        Failures().add(Status.ABORTED, text, 0)
    assert time.process_time() - begun < 1.0


@given(st.lists(FAILURES, max_size=30), st.lists(FAILURES, max_size=30))
def test_merging_is_counting_together(
    left: list[tuple[Status, str, int]], right: list[tuple[Status, str, int]]
) -> None:
    """Two processes merged, and a saved report read back, have what one process would have."""

    def plain(rows: list[dict[str, Any]]) -> list[tuple[object, ...]]:
        return sorted(
            (row["status"], row["message"], row["count"], row["first_seq"]) for row in rows
        )

    merged = made(*left)
    merged.merge(Failures.of_list(made(*right).as_list()))
    assert plain(merged.as_list()) == plain(made(*left, *right).as_list())
