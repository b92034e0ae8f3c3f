"""How busy this machine is, whatever runs on it."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

_STAT: Final = Path("/proc/stat")
_IDLE: Final = slice(3, 5)  # proc(5): idle and iowait
_ENOUGH: Final = 50
"""Ticks, of 10 ms, below which their ratio says nothing."""
_ALL: Final = slice(0, 8)  # user to steal; guest times are in user already


class ProcessorTimes(NamedTuple):
    """What the processors have done since the machine started, in ticks."""

    idle: int
    all: int


def processor_times() -> ProcessorTimes | None:
    """The ticks so far; None where there is no /proc/stat."""
    try:
        words = _STAT.read_text().split(maxsplit=11)
    except OSError:
        return None
    ticks = [int(word) for word in words[1:11]]
    return ProcessorTimes(sum(ticks[_IDLE]), sum(ticks[_ALL]))


def idle_share(before: ProcessorTimes | None, after: ProcessorTimes | None) -> float | None:
    """The part of the processors' time that was idle in between.

    None where that is not known, or the time was too short to tell.
    """
    if before is None or after is None or after.all - before.all < _ENOUGH:
        return None
    return (after.idle - before.idle) / (after.all - before.all)
