"""What gRPC's core hides of a connection, found by an attempt of `wire`'s to the same target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rpcx.transport.grpcio.channel import last_error
from rpcx.transport.wire.attempt import Stage
from rpcx.transport.wire.transport import attempted
from rpcx.transport.wire.verdict import verdict
from rpcx.words.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable

    import grpc

    from rpcx.target.target import Target
    from rpcx.transport.wire.attempt import Attempt

    Tell = Callable[[str], None]

_LONGEST_WORDS: Final = 500


def attempted_beside(target: Target, tell: Tell | None) -> Attempt | None:
    """Make another attempt to connect and return it; None for a target that only core knows.

    Args:
        target: Where core connects to.
        tell: Given what the attempt finds, a line each.
    """
    if not target.hosts and target.socket_path is None:
        return None
    if tell is None:
        return attempted(target)
    tell("on a second, diagnostic connection, since gRPC hides this:")
    return attempted(target, lambda line: tell(f"  {line}"))


def why_not(channel: grpc.Channel, target: Target, tell: Tell | None) -> str:
    """Return why core has no connection, as one sentence.

    Args:
        channel: The channel.
        target: Where it leads.
        tell: Given what the attempt finds, a line each.
    """
    said = printable(last_error(channel), _LONGEST_WORDS)
    words = f"; gRPC says: {said}" if said else ""
    address = printable(target.address)
    attempt = attempted_beside(target, tell)
    if attempt is None:
        within = f" within {target.connect_timeout_s:g} s"
        return f"no connection to {address}{words or within}"
    if attempt.stage is Stage.GREETED:
        return f"{address} speaks HTTP/2, but gRPC can't connect{words or '; try again'}"
    return verdict(attempt, target, attempted)
