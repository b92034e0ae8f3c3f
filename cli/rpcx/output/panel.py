"""The live panel on standard error: a few lines, drawn over themselves.

Strings cost 0.1 ms a refresh, a rich table 4 ms, and while either is made no call is started: so
the panel is made of strings.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from rpcx.output.spans import painted
from rpcx.output.terminal import height, width

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rpcx.output.spans import Line

STDERR: Final = 2
REFRESH_S: Final = 0.25

_UP_AND_CLEAR: Final = "\x1b[{lines}F\x1b[J"
_HIDE: Final = "\x1b[?25l"
_SHOW: Final = "\x1b[?25h"


class Panel:
    """Lines that are drawn over the ones before.

    Args:
        enabled: False makes every method do nothing, for standard error in a pipe.
        colour: Whether escape sequences may colour it.
    """

    def __init__(self, *, enabled: bool, colour: bool = False) -> None:
        self.enabled = enabled
        self._colour = colour
        self._drawn = 0
        self._due = 0.0

    def is_due(self, now: float) -> bool:
        """Whether the panel is to be drawn again at `now`, in seconds."""
        return self.enabled and now >= self._due

    def draw(self, lines: Sequence[Line], now: float) -> None:
        """Draw these lines, cut to the terminal's size, in place of the ones before."""
        if not self.enabled:
            return
        self._due = now + REFRESH_S
        columns = width() - 1
        lines = lines[: max(height() - 1, 1)]  # what has scrolled away could not be drawn over
        text = "".join(f"{painted(line, columns, colour=self._colour)}\n" for line in lines)
        before = _UP_AND_CLEAR.format(lines=self._drawn) if self._drawn else _HIDE
        self._drawn = len(lines)
        _write(before + text)

    def clear(self) -> None:
        """Take the panel away, so that something else can be printed in its place."""
        if self._drawn:
            _write(_UP_AND_CLEAR.format(lines=self._drawn) + _SHOW)
            self._drawn = 0
            self._due = 0.0


def _write(text: str) -> None:
    try:
        os.write(STDERR, text.encode())
    except OSError:
        # A panel that nobody can see is no reason to stop.
        return


def bar(fraction: float, columns: int) -> str:
    """Progress from 0 to 1 as a bar."""
    filled = round(max(0.0, min(fraction, 1.0)) * columns)
    return "█" * filled + "·" * (columns - filled)
