"""Who the requests are for: scheme, authority and user agent of a target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rpcx import __version__
from rpcx.transport.wire.requests import Origin

if TYPE_CHECKING:
    from rpcx.target.target import Target

_UNIX_AUTHORITY: Final = "localhost"
"""What servers expect of a socket that has no host."""


def origin_of(target: Target) -> Origin:
    """Return what the requests to a target have in common."""
    settings = target.channel
    authority = settings.authority
    if authority is None and target.tls is not None and target.tls.server_name is not None:
        authority = target.tls.server_name
    if authority is None:
        authority = _UNIX_AUTHORITY if target.socket_path is not None else _authority(target)
    agent = f"rpcx/{__version__}"
    if settings.user_agent is not None:
        agent = f"{settings.user_agent} {agent}"
    compression = settings.compression
    return Origin(
        "http" if target.tls is None else "https",
        authority,
        agent,
        None if compression is None or compression == "identity" else str(compression),
    )


def _authority(target: Target) -> str:
    """Return `host:port` of an address with or without a scheme."""
    if not target.hosts:
        return target.address
    host, port = target.hosts[0]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
