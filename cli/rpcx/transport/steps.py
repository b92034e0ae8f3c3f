"""The steps of a look at a server, and how one of them ends it."""

from __future__ import annotations

import time
from typing import Final, NamedTuple

_clock = time.monotonic

_LEAST_S: Final = 0.01


class Step(NamedTuple):
    """Something that was done, for `-v`.

    Attributes:
        took_s: How long it took, in seconds.
        told: What was found; parts of it are the server's words, made printable.
    """

    took_s: float
    told: str


class Steps:
    """What was done so far, within the time that there is.

    Args:
        budget_s: How long it may take in all, in seconds.

    Attributes:
        end: When the time is over, in seconds of `time.monotonic`.
        taken: The steps.
    """

    def __init__(self, budget_s: float) -> None:
        self._begun = _clock()
        self.end = self._begun + budget_s
        self.taken: list[Step] = []

    @property
    def left_s(self) -> float:
        """Seconds that are left; a little, where none are."""
        return max(self.end - _clock(), _LEAST_S)

    def add(self, told: str) -> None:
        """Note what was found since the step before."""
        now = _clock()
        self.taken.append(Step(now - self._begun, told))
        self._begun = now


class FoundError(Exception):
    """Why gRPC can't connect, in one sentence: the look is over.

    Attributes:
        silent: It is only that nothing came within the time there was.
    """

    def __init__(self, verdict: str, *, silent: bool = False) -> None:
        super().__init__(verdict)
        self.silent = silent
