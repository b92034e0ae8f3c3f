"""The only client-side import of grpc: one Protocol, three implementations."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from rpcx.errors import UsageError

if TYPE_CHECKING:
    from rpcx.target.target import Target
    from rpcx.transport.protocol import Transport

CHOICES = ("core", "public", "wire")


def needs_relay() -> bool:
    """Return whether a certificate can be left unverified only by a relay that does the TLS.

    grpcio always verifies certificates; `wire` does so only if it is asked to.
    """
    return os.environ.get("RPCX_TRANSPORT") != "wire"


def open_transport(target: Target, index: int = 0) -> Transport:
    """Open a channel to the target, on the completion queue where grpcio lets us.

    `RPCX_TRANSPORT=core|public|wire` picks an implementation by name.

    Args:
        target: Where to.
        index: Which of several it is: transports with different ones share no connection.

    Raises:
        UsageError: `RPCX_TRANSPORT` names none of them, or asks for `core` where the installed
            grpcio does not have it.
    """
    wanted = os.environ.get("RPCX_TRANSPORT", "")
    if wanted not in ("", *CHOICES):
        raise UsageError(f"RPCX_TRANSPORT={wanted!r} is not valid; give {', '.join(CHOICES)}")
    if wanted == "wire":
        from rpcx.transport.wire.transport import WireTransport  # noqa: PLC0415 -- where it is asked for

        return WireTransport(target, index)
    from rpcx.transport.channel import open_channel as _  # noqa: F401, PLC0415 -- sets GRPC_VERBOSITY before grpc loads

    if wanted != "public":
        try:
            from rpcx.transport import core  # noqa: PLC0415 -- private to grpcio: may be gone
        except (ImportError, AttributeError):
            fits = False
        else:
            fits = core.fits()
        if fits:
            return core.CoreTransport(target, index)
        if wanted == "core":
            raise UsageError(
                "RPCX_TRANSPORT=core needs the completion queue of grpcio 1.66 to 1.85 and"
                " the installed grpcio has another; leave the variable out to use the public API"
            )
    from rpcx.transport.public import PublicTransport  # noqa: PLC0415 -- only where it is needed

    return PublicTransport(target, index)
