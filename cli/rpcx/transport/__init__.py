"""One Protocol, two implementations: `wire` and `grpcio`, the one client-side import of grpc."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rpcx.target.channel import Carrier
from rpcx.transport.choice import choose

if TYPE_CHECKING:
    from rpcx.target.target import Target
    from rpcx.transport.protocol import Transport


def open_transport(target: Target, index: int = 0) -> Transport:
    """Open a channel to the target on the transport that serves it.

    Args:
        target: Where to.
        index: Which of several it is: transports with different ones share no connection.

    Raises:
        UsageError: The transport that was asked for cannot do what else was asked for.
        ConnectError: The target needs a control plane, and none is named.
    """
    if choose(target).carrier is Carrier.WIRE:
        from rpcx.transport.wire.transport import WireTransport  # noqa: PLC0415 -- one of two

        return WireTransport(target, index)
    from rpcx.transport.grpcio.transport import GrpcTransport  # noqa: PLC0415 -- one of two

    return GrpcTransport(target, index)
