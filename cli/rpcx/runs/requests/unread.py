"""Whether standard input has data that no option reads: it would be lost silently."""

from __future__ import annotations

import array
import fcntl
import os
import stat
import termios

from rpcx.runs.requests.arriving import STDIN


def unread_bytes() -> int:
    """Return how many bytes wait on standard input; 0 for a terminal and at its end."""
    try:
        status = os.fstat(STDIN)
        if stat.S_ISREG(status.st_mode):
            return max(status.st_size - os.lseek(STDIN, 0, os.SEEK_CUR), 0)
        if not (stat.S_ISFIFO(status.st_mode) or stat.S_ISSOCK(status.st_mode)):
            return 0
        waiting = array.array("i", [0])
        fcntl.ioctl(STDIN, termios.FIONREAD, waiting)
        return waiting[0]
    except OSError:  # closed, or of another kind
        return 0
