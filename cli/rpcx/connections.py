"""What this side knows of its connections, as plain data: only a transport of our own sees it."""

from __future__ import annotations

import enum
from functools import reduce
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class Holder(enum.Enum):
    """What can hold a request back once it has a stream (RFC 9113, section 5.2).

    The value is the name of its time in `Held`.
    """

    STREAM_WINDOW = "stream_window_s"
    CONNECTION_WINDOW = "connection_window_s"
    SOCKET = "socket_s"


class Held(NamedTuple):
    """For how long one RPC was held back on this side, in seconds.

    Attributes:
        queued_s: It waited for a stream: the server takes only so many at once.
        stream_window_s: Its messages waited for the window of its stream.
        connection_window_s: They waited for the window of the connection.
        socket_s: They waited for the socket.
    """

    queued_s: float = 0.0
    stream_window_s: float = 0.0
    connection_window_s: float = 0.0
    socket_s: float = 0.0

    @property
    def blocked_s(self) -> float:
        """For how long its messages waited for a window or the socket."""
        return self.stream_window_s + self.connection_window_s + self.socket_s

    def plus(self, other: Held) -> Held:
        """Return both together."""
        return Held(*map(float.__add__, self, other))


class TlsFacts(NamedTuple):
    """What was agreed on in a TLS handshake.

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


class PeerFacts(NamedTuple):
    """What a server announced, or the protocol's initial values (RFC 9113, section 6.5.2).

    Attributes:
        header_table: How large a table for header blocks it keeps, in bytes.
        max_streams: How many streams may be open at once; None for no limit.
        initial_window: What may be sent on a stream before it is read, in bytes.
        max_frame: The largest payload of a frame, in bytes.
        max_metadata: The largest list of headers that it takes, in bytes; None for no limit.
    """

    header_table: int
    max_streams: int | None
    initial_window: int
    max_frame: int
    max_metadata: int | None


class Connections(NamedTuple):
    """The connections of one transport, or of a whole run.

    Attributes:
        made: Connections that came about.
        addresses: Where those that there are lead, such as `127.0.0.1 port 50051`.
        tls: What TLS agreed on for the first; None for plaintext.
        peer: The settings of its server; None where there is no connection.
        rtt_s: The shortest round trip of a PING, in seconds; None where there was none.
        sent_bytes: Bytes of HTTP/2 that were sent, before TLS.
        received_bytes: Bytes of HTTP/2 that came, after TLS.
        queued: RPCs that waited for a stream.
        held: For how long RPCs were held back, all together.
    """

    made: int = 0
    addresses: tuple[str, ...] = ()
    tls: TlsFacts | None = None
    peer: PeerFacts | None = None
    rtt_s: float | None = None
    sent_bytes: int = 0
    received_bytes: int = 0
    queued: int = 0
    held: Held = Held()

    def since(self, before: Connections) -> Connections:
        """Return this without what had passed over the connections, and waited, before."""
        return self._replace(
            sent_bytes=self.sent_bytes - before.sent_bytes,
            received_bytes=self.received_bytes - before.received_bytes,
            queued=self.queued - before.queued,
            held=Held(*map(float.__sub__, self.held, before.held)),
        )

    @classmethod
    def together(cls, parts: Sequence[Connections]) -> Connections:
        """Return several as one."""
        return cls(
            made=sum(part.made for part in parts),
            addresses=tuple(dict.fromkeys(place for part in parts for place in part.addresses)),
            tls=next((part.tls for part in parts if part.tls), None),
            peer=next((part.peer for part in parts if part.peer), None),
            rtt_s=min((part.rtt_s for part in parts if part.rtt_s is not None), default=None),
            sent_bytes=sum(part.sent_bytes for part in parts),
            received_bytes=sum(part.received_bytes for part in parts),
            queued=sum(part.queued for part in parts),
            held=reduce(Held.plus, (part.held for part in parts), Held()),
        )


def passed(before: Connections | None, after: Connections | None) -> Connections | None:
    """Return what passed between two moments; None where the transport does not know."""
    return after.since(before) if after is not None and before is not None else None
