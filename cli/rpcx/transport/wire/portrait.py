"""What is known of a connection, as lines for `-v`."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from rpcx.transport.dialling import proxy_of
from rpcx.words.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rpcx.target.target import Target
    from rpcx.transport.wire.facts import Facts
    from rpcx.transport.wire.link import TlsFacts


def portrait(facts: Facts, target: Target) -> Iterator[str]:
    """Yield lines: where the connection leads, its TLS, and the server's settings.

    Args:
        facts: What is known of it.
        target: Where it was to lead.
    """
    yield f"connected to {printable(facts.address)}"
    proxy = proxy_of(target, target.hosts[0][0]) if target.hosts else None
    if proxy is not None:
        yield (
            f"the proxy {printable(proxy.address)} ({proxy.variable}) connects to"
            f" {printable(target.address)}"
        )
    if facts.tls is not None:
        yield from _tls(facts.tls)
    peer = facts.peer
    if peer is not None:
        limit = "no limit" if peer.max_streams is None else f"{peer.max_streams:,}"
        yield (
            f"HTTP/2; calls at once on a connection: {limit}; window of a stream:"
            f" {peer.initial_window:,} bytes"
        )


def _tls(tls: TlsFacts) -> Iterator[str]:
    from rpcx.transport.certificate import read_certificate  # noqa: PLC0415 -- cryptography

    yield f"{tls.version}, {tls.cipher}, ALPN {tls.alpn or 'none'}"
    found = read_certificate(tls.certificate or b"")
    if found is not None:
        names = printable(", ".join(found.names) or "nobody")
        yield (
            f"certificate for {names}, signed by {printable(found.issuer)},"
            f" {found.lasts(dt.datetime.now(dt.UTC))}"
        )
