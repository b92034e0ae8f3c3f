"""The state of a channel's connection, watched for both transports.

It answers three questions: has the channel become ready, is it ready now, and was a
connection lost a moment ago? The last one is the evidence that a status was made here.
"""

from __future__ import annotations

import threading
import time
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Final

import grpc

from rpcx.results import Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from rpcx.results import Metadata

_READY = grpc.ChannelConnectivity.READY
_FAILED = (grpc.ChannelConnectivity.TRANSIENT_FAILURE, grpc.ChannelConnectivity.SHUTDOWN)
_ASK_S: Final = 0.1

_MOMENT_S: Final = 1.0
_NOTICE_S: Final = 0.05
"""How long the notice of a lost connection may come after the calls that it ended."""

_NOT_PROCESSED: Final = "Stream removed (GOAWAY received; Error code: 0;"
"""Core gives this text to two kinds of streams alone: those above the last stream id of a
GOAWAY (the server says that it will not process them), and those that were not yet on the
wire (grpc_chttp2_add_incoming_goaway in chttp2_transport.cc)."""


class Connection:
    """Watches one channel.

    Args:
        channel: What to watch; it connects once `connect` is called.
        nudge: Makes a channel that has gone idle connect again.
    """

    def __init__(self, channel: grpc.Channel, nudge: Callable[[], object]) -> None:
        self._channel = channel
        self._nudge = nudge
        self._state = grpc.ChannelConnectivity.IDLE
        self._states: SimpleQueue[grpc.ChannelConnectivity] = SimpleQueue()
        self._watching = False
        self._lost_at: float | None = None
        self._lost = threading.Event()
        self._trusted = True

    def connect(self, timeout_s: float, keep_waiting: Callable[[], bool]) -> bool:
        """Wait until the channel is ready; see `Transport.connect`."""
        end = time.perf_counter() + timeout_s
        if not self._watching:
            self._watching = True
            self._channel.subscribe(self._changed, try_to_connect=True)
        while self._state is not _READY:
            left = end - time.perf_counter()
            if self._state in _FAILED or left <= 0 or not keep_waiting():
                return False
            try:
                self._states.get(timeout=min(left, _ASK_S))
            except Empty:
                continue
        return True

    def ready(self) -> bool:
        """Whether there is a connection now; asks for one where there is none."""
        if self._state is _READY:
            return True
        self._nudge()
        return False

    def lately_lost(self) -> bool:
        """Whether a connection was lost within the last second.

        The notice may come a little after the calls that it ended, so it is waited for;
        once it did not come, not again before there was one.
        """
        if self._lost_at is not None and time.perf_counter() - self._lost_at < _MOMENT_S:
            return True
        if not self._trusted:
            return False
        self._lost.clear()
        self._trusted = self._lost.wait(_NOTICE_S)
        return self._trusted

    def unprocessed(self, status: Status, details: str, trailers: Metadata) -> bool:
        """Whether a failure proves that the server did not process the call.

        A server could send core's text as its own (one that passes on what its own backend
        call ended with, say), so it counts only where a connection was really lost.
        """
        return (
            status is Status.UNAVAILABLE
            and details.startswith(_NOT_PROCESSED)
            and not trailers
            and self.lately_lost()
        )

    def _changed(self, state: grpc.ChannelConnectivity) -> None:
        if self._state is _READY and state is not _READY:
            self._lost_at = time.perf_counter()
            self._trusted = True
            self._lost.set()
        self._state = state
        self._states.put(state)
