"""The grpc.Channel of a Target."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

# Core writes to stderr on its own; whoever wants that has set the variable already.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")

import grpc

if TYPE_CHECKING:
    from rpcx.target import Target

# Retries off costs 25 % less CPU a call. It also turns off the transparent retry of calls
# that the server never processed: the engine issues those again.
_OPTIONS: tuple[tuple[str, int | str], ...] = (("grpc.enable_retries", 0),)


def open_channel(target: Target) -> grpc.Channel:
    """A channel to the target; it connects when it is first asked to."""
    options = [*_OPTIONS, *target.options]
    if target.tls:
        credentials = grpc.ssl_channel_credentials(root_certificates=target.root_certificates)
        return grpc.secure_channel(target.address, credentials, options=options)
    return grpc.insecure_channel(target.address, options=options)
