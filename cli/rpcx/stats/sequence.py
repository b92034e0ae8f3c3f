"""Whether numbers that a server counts up arrive each once and in order."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from rpcx.results import MessageResult


class Sequence:
    """The numbers of one stream: each should be one more than the one before.

    Attributes:
        duplicates: Numbers that had come before, or are below the first of all.
        reordered: Numbers that came after a higher one, each for the first time.
    """

    def __init__(self) -> None:
        self._next: int | None = None
        # Ranges of numbers that were passed over, both ends included, in ascending order.
        self._missing: list[tuple[int, int]] = []
        self.duplicates = 0
        self.reordered = 0

    @property
    def missing(self) -> int:
        """How many numbers were passed over and have not come since."""
        return sum(last - first + 1 for first, last in self._missing)

    def add(self, number: int) -> None:
        """Take in the next number that came."""
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
    """Follows a field of what is received, on each stream by itself.

    Args:
        field: Its name, for the summary.
        read: The field's value in a serialised message.
    """

    def __init__(self, field: str, read: Callable[[bytes], Any]) -> None:
        self._field = field
        self._read = read
        self._streams: dict[int, Sequence] = {}
        self._unreadable = 0

    def add(self, result: MessageResult) -> None:
        """Take in a message; what was sent is passed over."""
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
        """The numbers of all streams together."""
        streams = self._streams.values()
        return {
            "field": self._field,
            "missing": sum(sequence.missing for sequence in streams),
            "duplicates": sum(sequence.duplicates for sequence in streams),
            "reordered": sum(sequence.reordered for sequence in streams),
            "unreadable": self._unreadable,
        }
