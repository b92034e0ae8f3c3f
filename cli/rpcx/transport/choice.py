"""Which transport serves a target: `wire`, unless only gRPC's own core can do what is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rpcx.errors import UsageError
from rpcx.target.channel import Carrier
from rpcx.target.target import PAST_PROXIES
from rpcx.words.printable import printable

if TYPE_CHECKING:
    from rpcx.target.target import Target


class Choice(NamedTuple):
    """A transport, and why it is this one.

    Attributes:
        carrier: The transport.
        reason: What needs it, or who asked for it; empty if nothing speaks for another.
    """

    carrier: Carrier
    reason: str = ""


def choose(target: Target) -> Choice:
    """Return the transport for a target.

    Raises:
        UsageError: The one that was asked for, by name or by what it alone can do, cannot do what
            else was asked for.
    """
    wanted = target.channel.transport
    needs_grpc = _needs_grpc(target)
    if wanted is Carrier.WIRE and needs_grpc:
        raise UsageError(
            f"--transport wire cannot be used with {needs_grpc}; leave one of them out, or write"
            " --transport grpc"
        )
    if wanted is Carrier.WIRE or not (wanted or needs_grpc):
        return Choice(Carrier.WIRE, "--transport wire" if wanted else "")
    reason = "--transport grpc" if wanted else needs_grpc
    if target.tls is not None and not target.tls.verified:
        raise UsageError(
            f"--insecure cannot be used with {reason}: gRPC's core verifies every certificate; give"
            " --cacert, or leave one of them out"
        )
    return Choice(Carrier.GRPC, reason)


def _needs_grpc(target: Target) -> str:
    """Return what only gRPC's core can do of what is asked; empty for nothing."""
    settings = target.channel
    if settings.service_config is not None:
        return "--service-config"
    for argument in settings.arguments:
        if argument != PAST_PROXIES:  # how the demo is reached
            return f"--channel-arg {argument[0]}"
    if not target.hosts and target.socket_path is None:
        return f"the target '{printable(target.address)}'"
    return ""
