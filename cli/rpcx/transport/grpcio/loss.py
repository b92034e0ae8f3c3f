"""Evidence that a connection was lost, for the failures that only that explains.

Nothing watches the channel meanwhile: a thread that waits for its state to change polls
the same sockets as the receive worker and costs a third more CPU a call (measured).
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Final

from rpcx.results import Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from rpcx.results import Metadata

_MOMENT_S: Final = 1.0
_PATIENCE_S: Final = 0.02
_PATIENCE_WITH_CORE_S: Final = 0.5
"""Where the words are core's own, the loss will show: only a busy machine shows it late."""

_LOOK_S: Final = 0.001

_NOT_PROCESSED: Final = "Stream removed (GOAWAY received; Error code: 0;"
"""Core gives this text to two kinds of streams alone: those above the last stream id of a
GOAWAY (the server says that it will not process them), and those that were not yet on the
wire (grpc_chttp2_add_incoming_goaway in chttp2_transport.cc)."""


class Connection:
    """Looks at one channel's connection when a call has failed.

    Args:
        ready: Whether the channel has a connection now.

    Attributes:
        lost_at: When a loss was last noticed, in seconds of `time.perf_counter`.
    """

    def __init__(self, ready: Callable[[], bool]) -> None:
        self._ready = ready
        self._sockets = _sockets()
        self.lost_at = -_MOMENT_S
        self._patient = True

    def established(self) -> None:
        """Note the connection that there is now."""
        self._sockets = _sockets()

    def lately_lost(self, patience_s: float = _PATIENCE_S) -> bool:
        """Whether a connection was lost within the last second.

        Either there is none now, or it is another than before: then its socket is too. A call
        may be told its end a little before that shows, so it is waited for; where it did not
        show, not again until it does.

        Args:
            patience_s: How long it may take to show, in seconds.
        """
        patient_until = time.perf_counter() + (patience_s if self._patient else 0.0)
        while True:
            now = time.perf_counter()
            if now - self.lost_at < _MOMENT_S:
                return True
            sockets = _sockets()
            if sockets != self._sockets or not self._ready():
                self._sockets = sockets
                self.lost_at = now
                self._patient = True
                return True
            if now >= patient_until:
                self._patient = False
                return False
            time.sleep(_LOOK_S)

    def unprocessed(self, status: Status, details: str, trailers: Metadata) -> bool:
        """Whether a failure proves that the server did not process the call.

        A server could send core's text as its own (one that passes on what its own backend
        call ended with, say), so it counts only where a connection was really lost.
        """
        return (
            status is Status.UNAVAILABLE
            and details.startswith(_NOT_PROCESSED)
            and not trailers
            and self.lately_lost(_PATIENCE_WITH_CORE_S)
        )


def _sockets() -> frozenset[str]:
    """The sockets of this process; none where the system does not tell."""
    found = set()
    try:
        for descriptor in os.listdir("/proc/self/fd"):  # noqa: PTH208 -- names, not paths
            try:
                link = os.readlink(f"/proc/self/fd/{descriptor}")  # noqa: PTH115 -- hot enough
            except OSError:
                continue
            if link.startswith("socket:"):
                found.add(link)
    except OSError:
        return frozenset()
    return frozenset(found)
