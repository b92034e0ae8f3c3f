"""How busy this machine is, with everything that runs on it."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

_STAT: Final = Path("/proc/stat")
_IDLE: Final = slice(3, 5)  # proc(5): idle and iowait
_ENOUGH: Final = 50
"""The least number of ticks, of 10 ms, from which to take a ratio."""
_ALL: Final = slice(0, 8)  # user to steal; guest times are in user already


class ProcessorTimes(NamedTuple):
    """The time of the processors since the machine started, in ticks."""

    idle: int
    all: int


def processor_times() -> ProcessorTimes | None:
    """Return the ticks so far; None if there is no /proc/stat."""
    try:
        words = _STAT.read_text().split(maxsplit=11)
    except OSError:
        return None
    ticks = [int(word) for word in words[1:11]]
    return ProcessorTimes(sum(ticks[_IDLE]), sum(ticks[_ALL]))


def idle_share(before: ProcessorTimes | None, after: ProcessorTimes | None) -> float | None:
    """Return the part of the processors' time between two moments that was idle.

    None if that is not known, or the time is too short.
    """
    if before is None or after is None or after.all - before.all < _ENOUGH:
        return None
    return (after.idle - before.idle) / (after.all - before.all)
