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
_BETWEEN_ATTEMPTS_S = 0.1


def connect(transport: Transport, target: Target, keep_waiting: Callable[[], bool]) -> None:
    """Wait until the channel is ready.

    Raises:
        ConnectError: It did not become ready within the target's connect timeout; the
            sentence names the likely cause.
    """
    end = time.monotonic() + target.connect_timeout_s
    while not transport.connect(end - time.monotonic(), keep_waiting) and keep_waiting():
        left = end - time.monotonic()
        if not target.wait_for_ready or left <= 0:
            break
        time.sleep(min(_BETWEEN_ATTEMPTS_S, left))
    else:
        return
    from rpcx.transport.diagnosis import diagnose  # noqa: PLC0415 -- ssl and socket: 15 ms

    raise ConnectError(diagnose(target, budget_s=max(left, _LEAST_LOOK_S)))
