"""Why calls failed: the count and the first call of each status and message.

Messages that differ only in words with digits in them (numbers, ids, addresses) are one kind.
Words that differ within a kind are shown as `#`. Memory is bounded: the first `MOST` kinds are
kept, and other failures are counted by their status alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from rpcx.results import Status

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST: Final = 64
"""The most kinds that are kept."""

LONGEST: Final = 1000
"""The most characters of a message that are kept."""

_DIFFERENT: Final = "#"

_WORD: Final = re.compile(rf"({_DIFFERENT}|\w+(?:-\w+)*)")
"""Words joined by hyphens are one: UUIDs have parts without a digit."""

_VARIES: Final = re.compile(rf"\d|{_DIFFERENT}")


@dataclass(slots=True)
class Kind:
    """Failures with one status whose messages are alike.

    Attributes:
        words: The words that may vary; `#` if they differed.
        texts: The texts between those words.
        count: The number of failures.
        first_seq: The lowest number of a call among them.
    """

    words: list[str]
    texts: list[str]
    count: int
    first_seq: int

    @property
    def message(self) -> str:
        """The message, with `#` where the messages differed."""
        parts = [text for pair in zip(self.texts, self.words, strict=False) for text in pair]
        return "".join((*parts, self.texts[-1]))

    def take_in(self, words: list[str], count: int, first_seq: int) -> None:
        """Add failures whose message has these words."""
        self.count += count
        self.first_seq = min(self.first_seq, first_seq)
        if words != self.words:
            self.words = [
                mine if mine == other else _DIFFERENT
                for mine, other in zip(self.words, words, strict=True)
            ]


@dataclass(slots=True)
class Failures:
    """The failures of a run, or of a part of it.

    Attributes:
        kinds: By status and by the texts between the varying words.
        others: Failures of no kind that is kept: by status, the count and the first call.
    """

    kinds: dict[tuple[Status, tuple[str, ...]], Kind] = field(default_factory=dict)
    others: dict[Status, tuple[int, int]] = field(default_factory=dict)

    def add(self, status: Status, message: str, seq: int, count: int = 1) -> None:
        """Add failures with a status and a message.

        Args:
            status: The status.
            message: The status text.
            seq: The number of the (first) call.
            count: The number of these calls.
        """
        texts, words = _taken_apart(message[:LONGEST])
        key = (status, tuple(texts))
        kind = self.kinds.get(key)
        if kind is not None:
            kind.take_in(words, count, seq)
        elif len(self.kinds) < MOST:
            self.kinds[key] = Kind(words, texts, count, seq)
        else:
            self._count_other(status, count, seq)

    def merge(self, other: Failures) -> None:
        """Add the failures of another process, of another method or of another run."""
        for (status, _), kind in other.kinds.items():
            self.add(status, kind.message, kind.first_seq, kind.count)
        for status, (count, seq) in other.others.items():
            self._count_other(status, count, seq)

    def as_list(self) -> list[dict[str, Any]]:
        """Return the failures for JSON, the most frequent first.

        Failures of no kind that is kept have no message, and come last.
        """
        kinds = [
            (status, kind.message, kind.count, kind.first_seq)
            for (status, _), kind in self.kinds.items()
        ]
        others = [(status, None, count, seq) for status, (count, seq) in self.others.items()]
        total = sum(count for _, _, count, _ in (*kinds, *others))
        return [
            {
                "status": status.name,
                "message": message,
                "count": count,
                "share": round(count / total, 4),
                "first_seq": seq,
            }
            for status, message, count, seq in (
                *sorted(kinds, key=lambda one: (-one[2], one[3])),
                *sorted(others, key=lambda one: (-one[2], one[3])),
            )
        ]

    @classmethod
    def of_list(cls, rows: Iterable[dict[str, Any]]) -> Failures:
        """Return the failures that `as_list` wrote.

        Raises:
            KeyError, TypeError, ValueError: `as_list` did not write this.
        """
        made = cls()
        for row in rows:
            status, count, seq = Status[row["status"]], int(row["count"]), int(row["first_seq"])
            if row["message"] is None:
                made._count_other(status, count, seq)
            else:
                made.add(status, str(row["message"]), seq, count)
        return made

    def _count_other(self, status: Status, count: int, seq: int) -> None:
        known, first = self.others.get(status, (0, seq))
        self.others[status] = (known + count, min(first, seq))


def kind_of(status: str, message: str | None) -> object:
    """Return a key that is equal for failures of one kind, from a row of `as_list`."""
    return status, None if message is None else tuple(_taken_apart(message)[0])


def _taken_apart(message: str) -> tuple[list[str], list[str]]:
    """Return the texts between the words that may vary, and these words."""
    texts, words = [""], []
    for part in _WORD.split(message):
        if _VARIES.search(part) and _WORD.fullmatch(part):
            words.append(part)
            texts.append("")
        else:
            texts[-1] += part
    return texts, words
