"""The first connection: ready in time, or a sentence that says why not.

gRPC sees that a server refuses, but takes its time to see that it is no gRPC server, or
that it says nothing. So where gRPC is not ready soon, or says that it failed, a look of
our own (`diagnosis`) goes on beside it, and whoever knows first decides.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from rpcx.errors import ConnectError
from rpcx.transport.diagnosis import Diagnosis, impossible

if TYPE_CHECKING:
    from collections.abc import Callable

    from rpcx.target.target import Target
    from rpcx.transport.look import Look
    from rpcx.transport.protocol import Transport

_PATIENCE_S: Final = 0.5
"""How long gRPC is left to itself."""

_SECOND_CHANCE_S: Final = 3.0
"""How long gRPC may take after all where nothing is wrong with the server: it waits a
second after a failure."""

_BETWEEN_ATTEMPTS_S: Final = 0.1

_clock = time.monotonic


def connect(
    transport: Transport,
    target: Target,
    keep_waiting: Callable[[], bool],
    tell: Callable[[Look], None] | None = None,
) -> None:
    """Wait until the channel is ready.

    Args:
        transport: The channel.
        target: Where it goes, without any relay.
        keep_waiting: Asked several times a second; False from it ends the wait.
        tell: Given what was seen of the server, where it failed.

    Raises:
        ConnectError: It did not become ready within the target's connect timeout; the
            sentence names the likely cause.
    """
    reason = impossible(target)
    if reason is not None:
        raise ConnectError(reason)
    begun = _clock()
    end = begun + target.connect_timeout_s
    patience_s = min(_PATIENCE_S, target.connect_timeout_s / 3)
    diagnosis = Diagnosis(target, end)

    def undecided() -> bool:
        if not target.wait_for_ready and _clock() - begun > patience_s:
            diagnosis.start()
        return keep_waiting() and not diagnosis.condemns

    if transport.connect(target.connect_timeout_s, undecided) or not keep_waiting():
        return
    if _after_all(transport, target, diagnosis, end, keep_waiting) or not keep_waiting():
        return
    diagnosis.finish()
    if tell is not None and diagnosis.look is not None:
        tell(diagnosis.look)
    raise ConnectError(diagnosis.sentence(transport))


def _after_all(
    transport: Transport,
    target: Target,
    diagnosis: Diagnosis,
    end: float,
    keep_waiting: Callable[[], bool],
) -> bool:
    """Whether the channel becomes ready although it failed at first."""
    if target.wait_for_ready:
        return _keep_trying(transport, end, keep_waiting)
    diagnosis.finish()
    patience = min(end, _clock() + _SECOND_CHANCE_S)
    return diagnosis.acquits and _keep_trying(transport, patience, keep_waiting)


def _keep_trying(transport: Transport, end: float, keep_waiting: Callable[[], bool]) -> bool:
    """Wait for the channel although it says that it failed: it tries again by itself."""
    while keep_waiting() and _clock() < end:
        if transport.connect(end - _clock(), keep_waiting):
            return True
        time.sleep(_BETWEEN_ATTEMPTS_S)
    return False
