"""One engine's share of a plan that several engines carry out together.

The law: every call of the plan has a number, and the share `index` of `count` has the calls
whose number leaves the remainder `index`. So together the shares make the calls that one
engine would have made, each once: the same requests, due at the same times.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Share:
    """One of several equal parts.

    Attributes:
        index: This one, from 0.
        count: How many there are, at least 1.
    """

    index: int = 0
    count: int = 1

    def number(self, index: int) -> int:
        """Return the number in the whole plan of this share's call `index`, from 0."""
        return index * self.count + self.index

    def numbers(self) -> Iterator[int]:
        """Yield the numbers of this share's calls, in order."""
        return itertools.count(self.index, self.count)

    def of_calls(self, total: int) -> int:
        """Return how many of the calls 0 to `total` - 1 are in this share."""
        return len(range(self.index, total, self.count))

    def of_slots(self, slots: int) -> int:
        """Return this share's part of the slots; the first shares get one more."""
        return self.of_calls(slots)


WHOLE: Final = Share()
"""The only share of a plan that one engine carries out."""
