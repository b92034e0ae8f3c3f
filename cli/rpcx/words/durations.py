"""Durations as people write them: `250ms`, `3m`, `1h30m`, or plain seconds."""

from __future__ import annotations

import re

from rpcx.errors import UsageError

LONGEST_S = 365 * 24 * 3600
"""No duration is longer: timers overflow at some 290 years, and nobody waits for one."""

_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_NUMBER = r"(?:\d+\.?\d*|\.\d+)"
_PART = re.compile(rf"({_NUMBER})(h|ms|m|us|µs|ns|s)", re.ASCII)
_WHOLE = re.compile(rf"(?:{_NUMBER}(?:h|ms|m|us|µs|ns|s))+|{_NUMBER}", re.ASCII)


def parse_duration(text: str, what: str = "") -> float:
    """Read a duration.

    Args:
        text: Numbers with the units h, m, s, ms, us or ns, one after the other, or one
            number alone, which counts seconds. There is no sign: no option takes a
            negative duration.
        what: What the duration is for, such as `--delay`: it opens the error's sentence.

    Returns:
        Seconds, zero or more.

    Raises:
        UsageError: The text is no duration, or one longer than a year.
    """
    stripped = text.strip()
    about = f"{what}: " if what else ""
    if not _WHOLE.fullmatch(stripped):
        raise UsageError(
            f"{about}{text!r} is no duration; write 250ms, 3m, 1h30m or plain seconds such as 1.5"
        )
    parts = _PART.findall(stripped)
    seconds = (
        sum(float(number) * _SECONDS[unit] for number, unit in parts) if parts else float(stripped)
    )
    if seconds > LONGEST_S:
        raise UsageError(f"{about}{text!r} is longer than a year; 8760h is the most")
    return seconds
