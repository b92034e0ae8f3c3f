"""Wakes a thread at a moment: what gRPC's completion queue, which has no time limit, lacks."""

from __future__ import annotations

import math
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class ThreadAlarm:
    """An alarm that sleeps in a thread, which is started when it is first needed.

    Args:
        wake: Called, in that thread, at the moment.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._due = math.inf
        self._closed = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def set(self, due: float) -> None:
        """Call `wake` at `due`, in seconds of `time.perf_counter`, or earlier."""
        with self._changed:
            if due < self._due:
                self._due = due
                self._changed.notify()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="rpcx-alarm", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Wake nobody any more; the thread has ended then."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        with self._changed:
            while not self._closed:
                left = self._due - time.perf_counter()
                if left <= 0:
                    self._due = math.inf
                    self._wake()
                else:
                    self._changed.wait(None if left == math.inf else left)
