"""Waits until a socket has something to do, for at most a time that is precise.

`poll` and `epoll` count whole milliseconds: too coarse for a pace of 5,000 calls a second. `select`
counts microseconds, but takes only descriptors below 1,024. So `select` waits where it can, and
`poll` elsewhere.
"""

from __future__ import annotations

import math
import os
import select
from typing import Final

_BELOW: Final = 1024
"""FD_SETSIZE: `select` refuses this descriptor and all above it."""


class Sockets:
    """The sockets of one transport, and an alarm that ends a wait from another thread."""

    def __init__(self) -> None:
        self._alarm = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._poll = select.poll()
        self._readers: list[int] = []
        self._writers: list[int] = []
        self._fit_select = True
        self.watch(self._alarm, select.POLLIN)

    def watch(self, descriptor: int, events: int) -> None:
        """Look for these events (`POLLIN`, `POLLOUT`) at a socket from now on."""
        self._poll.register(descriptor, events)
        if descriptor not in self._readers:
            self._readers.append(descriptor)
            self._fit_select = max(self._readers) < _BELOW
        if descriptor in self._writers:
            self._writers.remove(descriptor)
        if events & select.POLLOUT:
            self._writers.append(descriptor)

    def forget(self, descriptor: int) -> None:
        """Look at a socket no longer."""
        self._poll.unregister(descriptor)
        self._readers.remove(descriptor)
        if descriptor in self._writers:
            self._writers.remove(descriptor)
        self._fit_select = max(self._readers) < _BELOW

    def wait(self, wait_s: float) -> None:
        """Wait until something happens at a socket, the alarm rings, or the time is over.

        Args:
            wait_s: The time, in seconds; infinite for no limit.
        """
        alarm = self._alarm
        if wait_s == math.inf:
            rang = (alarm, select.POLLIN) in self._poll.poll()
        elif self._fit_select:
            rang = alarm in select.select(self._readers, self._writers, (), wait_s)[0]
        else:
            rang = (alarm, select.POLLIN) in self._poll.poll(wait_s * 1000)
        if rang:
            os.eventfd_read(alarm)

    def ring(self) -> None:
        """End the wait; from any thread."""
        if self._alarm >= 0:
            os.eventfd_write(self._alarm, 1)

    def close(self) -> None:
        """Give the alarm back."""
        alarm, self._alarm = self._alarm, -1
        os.close(alarm)
