"""What only this side of the wire knows, as plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import ssl

    from rpcx.transport.wire.link import Link
    from rpcx.transport.wire.peer import PeerSettings


class TlsFacts(NamedTuple):
    """What was agreed on for a connection.

    Attributes:
        version: Such as `TLSv1.3`.
        cipher: The cipher suite.
        alpn: The protocol that both chose; None for none.
        certificate: The server's certificate (DER); None where it showed none.
    """

    version: str
    cipher: str
    alpn: str | None
    certificate: bytes | None


def tls_facts(encrypted: ssl.SSLSocket) -> TlsFacts:
    """Return what was agreed on in a handshake that is complete."""
    cipher = encrypted.cipher()
    return TlsFacts(
        encrypted.version() or "",
        cipher[0] if cipher else "",
        encrypted.selected_alpn_protocol(),
        encrypted.getpeercert(binary_form=True),
    )


class Traffic(NamedTuple):
    """What passed over connections, and what held it back.

    Attributes:
        sent_bytes: Bytes of HTTP/2 that were sent, before TLS.
        received_bytes: Bytes of HTTP/2 that came, after TLS.
        by_stream_s: For how long requests were held back by the windows of their streams,
            together, in seconds.
        by_connection_s: Likewise by the window of the connection.
        by_socket_s: For how long sockets took nothing more, in seconds.
    """

    sent_bytes: int = 0
    received_bytes: int = 0
    by_stream_s: float = 0.0
    by_connection_s: float = 0.0
    by_socket_s: float = 0.0

    def plus(self, link: Link) -> Traffic:
        """Return this and what passed over one more connection."""
        by_stream_s, by_connection_s, _ = link.connection.blocked_s
        return Traffic(
            self.sent_bytes + link.sent_bytes,
            self.received_bytes + link.received_bytes,
            self.by_stream_s + by_stream_s,
            self.by_connection_s + by_connection_s,
            self.by_socket_s + link.blocked_s,
        )


class Facts(NamedTuple):
    """What only this side of the wire knows.

    Attributes:
        address: Where the connection that there is leads, such as `127.0.0.1 port 50051`; empty
            for none.
        tls: What TLS agreed on for it; None for plaintext.
        peer: The settings of its server; None where there is no connection.
        rtt_s: The last round trip of a PING, in seconds; None where there was none.
        connections: Connections that came about.
        traffic: What passed over all of them, and what held it back.
        queued: Calls that waited for a connection, or for a stream that the server allows.
        queued_s: For how long, together, in seconds.
    """

    address: str
    tls: TlsFacts | None
    peer: PeerSettings | None
    rtt_s: float | None
    connections: int
    traffic: Traffic
    queued: int
    queued_s: float
