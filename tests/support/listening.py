"""The port on which a process listens, also of one that does not say (Linux, /proc)."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess

TIMEOUT_S = 30.0

_INTERVAL_S = 0.01
_LISTEN = "0A"
"""A socket's state in /proc/net/tcp (include/net/tcp_states.h)."""


def listening_port(process: subprocess.Popen[bytes], timeout: float = TIMEOUT_S) -> int:
    """Wait until a process listens on a TCP port.

    Raises:
        TimeoutError: It does not within so many seconds.
        RuntimeError: It has ended.
    """
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with exit status {process.returncode}")
        sockets = _sockets(process.pid)
        for inode, port in _listening():
            if inode in sockets:
                return port
        time.sleep(_INTERVAL_S)
    raise TimeoutError(f"{process.args!r} listens on no port")


def _sockets(pid: int) -> set[str]:
    """The inodes of a process's sockets."""
    inodes = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = str(descriptor.readlink())
        except FileNotFoundError:  # closed since it was listed
            continue
        if match := re.fullmatch(r"socket:\[(\d+)\]", target):
            inodes.add(match[1])
    return inodes


def _listening() -> list[tuple[str, int]]:
    """Inode and port of every listening TCP socket (Documentation/networking/proc_net_tcp)."""
    found = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            rows = Path(table).read_text().splitlines()[1:]
        except FileNotFoundError:  # no IPv6 here
            continue
        for row in rows:
            columns = row.split()
            if columns[3] == _LISTEN:
                found.append((columns[9], int(columns[1].rpartition(":")[2], 16)))
    return found
