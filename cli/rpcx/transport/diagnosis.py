"""Why a channel did not become ready, as one sentence that names what would work."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING, Final

from rpcx.words.printable import printable

if TYPE_CHECKING:
    from rpcx.target.target import Target
    from rpcx.transport.look import Look
    from rpcx.transport.protocol import Transport

_LEAST_LOOK_S: Final = 0.5
_LATEST_S: Final = 1.0
_LONGEST_WORDS: Final = 500
_XDS_VARIABLES: Final = ("GRPC_XDS_BOOTSTRAP", "GRPC_XDS_BOOTSTRAP_CONFIG")

_clock = time.monotonic


def impossible(target: Target) -> str | None:
    """What speaks against connecting at all, known without trying; None for nothing."""
    if target.address.startswith("xds:") and not any(map(os.environ.get, _XDS_VARIABLES)):
        return (
            f"{printable(target.address)} needs a control plane, and there is none: name its"
            " bootstrap file in GRPC_XDS_BOOTSTRAP, or give host:port"
        )
    return None


class Diagnosis:
    """A look at the server, in a thread of its own beside gRPC's own attempts.

    Args:
        target: What gRPC tries to reach.
        end: When nobody waits any more, in seconds of `time.monotonic`.

    Attributes:
        look: What was seen; None until then, and where there is nothing to look at.
    """

    def __init__(self, target: Target, end: float) -> None:
        self._target = target
        self._end = end
        self._thread: threading.Thread | None = None
        self.look: Look | None = None

    def start(self) -> None:
        """Begin, unless that was done."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="rpcx-look", daemon=True)
            self._thread.start()

    @property
    def condemns(self) -> bool:
        """Whether gRPC can't succeed any more: what was seen is no mere silence."""
        return self.look is not None and self.look.verdict is not None and not self.look.silent

    @property
    def acquits(self) -> bool:
        """Whether nothing was found that speaks against connecting."""
        return self.look is not None and self.look.verdict is None

    def finish(self) -> None:
        """Wait until everything is seen that there is time for."""
        self.start()
        assert self._thread is not None  # noqa: S101 -- just started
        self._thread.join(max(self._end - _clock(), 0.0) + _LATEST_S)

    def sentence(self, transport: Transport) -> str:
        """The verdict; where there is none, gRPC's own words."""
        if self.look is not None and self.look.verdict is not None:
            return self.look.verdict
        address = printable(self._target.address)
        said = printable(transport.why_not(), _LONGEST_WORDS)
        words = f"; gRPC says: {said}" if said else ""
        if self.acquits:
            return f"{address} speaks HTTP/2, but gRPC can't connect{words or '; try again'}"
        return (
            f"no connection to {address}{words or f' within {self._target.connect_timeout_s:g} s'}"
        )

    def _work(self) -> None:
        if self._target.hosts or self._target.socket_path is not None:
            from rpcx.transport.look import look  # noqa: PLC0415 -- ssl and socket: 15 ms

            self.look = look(self._target, max(self._end - _clock(), _LEAST_LOOK_S))
