"""What is known of a run's connections, as the `connection` of its summary (`rpcx help json`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rpcx.connections import Connections, Holder, PeerFacts

if TYPE_CHECKING:
    from rpcx.connections import Held, TlsFacts

UNKNOWN: Final = Connections(peer=PeerFacts(0, None, 0, 0, None))
"""Stands for a connection before there is one: its object has every number."""


def connection_object(facts: Connections | None) -> dict[str, Any] | None:
    """Return the object; None where the transport does not know."""
    if facts is None:
        return None
    peer, rtt_s, held = facts.peer, facts.rtt_s, facts.held
    return {
        "made": facts.made,
        "addresses": list(facts.addresses),
        "tls": None if facts.tls is None else _tls(facts.tls),
        "rtt_ms": None if rtt_s is None else round(rtt_s * 1e3, 3),
        "peer_settings": None
        if peer is None
        else {
            "header_table_size": peer.header_table,
            "max_concurrent_streams": peer.max_streams,
            "initial_window_size": peer.initial_window,
            "max_frame_size": peer.max_frame,
            "max_header_list_size": peer.max_metadata,
        },
        "wire_bytes": {"sent_bytes": facts.sent_bytes, "received_bytes": facts.received_bytes},
        "queued": facts.queued,
        "queued_s": round(held.queued_s, 6),
        "blocked_by": blocked_by(held),
    }


def blocked_by(held: Held) -> dict[str, float]:
    """Return for how long each window, and the socket, held requests back, in seconds."""
    return {holder.value: round(getattr(held, holder.value), 6) for holder in Holder}


def _tls(facts: TlsFacts) -> dict[str, Any]:
    from rpcx.certificate import read_certificate  # noqa: PLC0415 -- 80 ms, for TLS alone

    found = read_certificate(facts.certificate or b"")
    return {
        "version": facts.version,
        "cipher": facts.cipher,
        "alpn": facts.alpn,
        "certificate": None
        if found is None
        else {
            "names": list(found.names),
            "issuer": found.issuer,
            "not_before": found.begins.isoformat(),
            "not_after": found.ends.isoformat(),
        },
    }
