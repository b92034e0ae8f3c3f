"""The first connection: ready in time, or a sentence that says why not."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rpcx.errors import ConnectError

if TYPE_CHECKING:
    from collections.abc import Callable

    from rpcx.target import Target
    from rpcx.transport.protocol import Transport

_LEAST_LOOK_S = 0.5


def connect(transport: Transport, target: Target, keep_waiting: Callable[[], bool]) -> None:
    """Wait until the channel is ready.

    Raises:
        ConnectError: It did not become ready within the target's connect timeout; the
            sentence names the likely cause.
    """
    begun = time.monotonic()
    if transport.connect(target.connect_timeout_s, keep_waiting) or not keep_waiting():
        return
    left = target.connect_timeout_s - (time.monotonic() - begun)
    from rpcx.transport.diagnosis import diagnose  # noqa: PLC0415 -- ssl and socket: 15 ms

    raise ConnectError(diagnose(target, budget_s=max(left, _LEAST_LOOK_S)))
