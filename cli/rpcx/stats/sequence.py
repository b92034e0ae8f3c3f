"""Checks that numbers that a server counts up arrive once each and in order."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from rpcx.results import MessageResult


class Sequence:
    """The numbers of one stream; each should be one more than the last.

    Attributes:
        duplicates: Numbers that came a second time, or are below the first number.
        reordered: Numbers that came for the first time after a higher one.
    """

    def __init__(self) -> None:
        self._next: int | None = None
        # Ranges of numbers that have not come, both ends included, in ascending order.
        self._missing: list[tuple[int, int]] = []
        self.duplicates = 0
        self.reordered = 0

    @property
    def missing(self) -> int:
        """The number of numbers that were left out and have not come since."""
        return sum(last - first + 1 for first, last in self._missing)

    def add(self, number: int) -> None:
        """Add the next number that came."""
        if self._next is None or number == self._next:
            self._next = number + 1
        elif number > self._next:
            self._missing.append((self._next, number - 1))
            self._next = number + 1
        elif self._fill(number):
            self.reordered += 1
        else:
            self.duplicates += 1

    def _fill(self, number: int) -> bool:
        at = bisect_right(self._missing, number, key=lambda gap: gap[0]) - 1
        if at < 0 or number > self._missing[at][1]:
            return False
        first, last = self._missing[at]
        self._missing[at : at + 1] = [
            gap for gap in ((first, number - 1), (number + 1, last)) if gap[0] <= gap[1]
        ]
        return True


class SequenceCheck:
    """Follows a field of the received messages, on each stream separately.

    Args:
        field: Its name, for the summary.
        read: Returns the field's value in a serialised message.
    """

    def __init__(self, field: str, read: Callable[[bytes], Any]) -> None:
        self._field = field
        self._read = read
        self._streams: dict[int, Sequence] = {}
        self._unreadable = 0

    def add(self, result: MessageResult) -> None:
        """Add a message; sent messages are ignored."""
        if result.sent:
            return
        try:
            number = int(self._read(result.message))
        except (TypeError, ValueError):
            self._unreadable += 1
            return
        if result.stream not in self._streams:
            self._streams[result.stream] = Sequence()
        self._streams[result.stream].add(number)

    def snapshot(self) -> dict[str, Any]:
        """Return the numbers of all streams together."""
        streams = self._streams.values()
        return {
            "field": self._field,
            "missing": sum(sequence.missing for sequence in streams),
            "duplicates": sum(sequence.duplicates for sequence in streams),
            "reordered": sum(sequence.reordered for sequence in streams),
            "unreadable": self._unreadable,
        }
