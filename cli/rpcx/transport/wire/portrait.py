"""What a connection is, as lines for `-v`: its TLS, and the server's settings."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from rpcx.certificate import read_certificate
from rpcx.words.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rpcx.connections import TlsFacts
    from rpcx.transport.wire.peer import PeerSettings


def tls_lines(tls: TlsFacts, *, verified: bool) -> Iterator[str]:
    """Yield lines: what was agreed on, and the server's certificate.

    Args:
        tls: What is known of the handshake.
        verified: Whether the server had to prove who it is.
    """
    yield f"{tls.version}, {tls.cipher}, ALPN {tls.alpn or 'none'}"
    found = read_certificate(tls.certificate or b"")
    if found is not None:
        names = printable(", ".join(found.names) or "nobody")
        yield (
            f"certificate for {names}, signed by {printable(found.issuer)},"
            f" {found.lasts(dt.datetime.now(dt.UTC))}{'' if verified else ', not verified'}"
        )


def peer_line(peer: PeerSettings) -> str:
    """Return what the server's settings allow."""
    limit = "no limit" if peer.max_streams is None else f"{peer.max_streams:,}"
    return (
        f"HTTP/2; calls at once on a connection: {limit}; window of a stream:"
        f" {peer.initial_window:,} bytes"
    )
