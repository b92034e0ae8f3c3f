"""The first connection: ready in time, or a sentence that says why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rpcx.errors import ConnectError

if TYPE_CHECKING:
    from collections.abc import Callable

    from rpcx.target.target import Target
    from rpcx.transport.protocol import Transport


def connect(transport: Transport, target: Target, keep_waiting: Callable[[], bool]) -> None:
    """Wait until a channel is ready, or until `keep_waiting` says no more.

    Args:
        transport: The channel.
        target: Where it leads.
        keep_waiting: Asked several times a second; False from it ends the wait.

    Raises:
        ConnectError: It did not become ready within the target's connect timeout; the
            sentence names the likely cause.
    """
    if not transport.connect(target.connect_timeout_s, keep_waiting) and keep_waiting():
        raise ConnectError(transport.why_not())
