"""A socket with a connection on it: moves bytes between the two, and counts them."""

from __future__ import annotations

import select
import time
from typing import TYPE_CHECKING, Any, Final

from rpcx.connections import Connections, PeerFacts, TlsFacts

if TYPE_CHECKING:
    import socket
    import ssl

    from rpcx.transport.wire.connection import Connection

_clock = time.perf_counter

_AT_ONCE: Final = 1 << 18
_MOST_RECORDS: Final = 32
"""TLS gives a record of 16 KiB at most for each read."""


class Link:
    """One connection and its socket.

    Args:
        connection: The rules.
        connected: The socket, not blocking.
        now: The time, in seconds.

    Attributes:
        connection: The rules.
        address: Where it leads, such as `127.0.0.1 port 50051`.
        tls: What TLS agreed on; None for plaintext.
        began: When it was made, in seconds.
        heard_at: When something came last, in seconds.
        sent_bytes: Bytes of HTTP/2 that the socket took.
        received_bytes: Bytes of HTTP/2 that came.
        blocked_s: For how long the socket took nothing more, in seconds.
        established: Whether its owner has noted that it is ready.
        ready_at: When that was, in seconds.
        lost: Why there will come no more; empty while more may.
        error: What the socket said of that; None where it said nothing.
    """

    def __init__(self, connection: Connection, connected: socket.socket, now: float) -> None:
        self.connection = connection
        self._socket = connected
        self._records = 1
        self._would_block: tuple[type[OSError], ...] = (BlockingIOError,)
        self._unsent: memoryview | bytes = b""
        self._blocked_since: float | None = None
        self.address = _address(connected)
        self.tls: TlsFacts | None = None
        self.began = self.heard_at = now
        self.sent_bytes = 0
        self.received_bytes = 0
        self.blocked_s = 0.0
        self.established = False
        self.ready_at = now
        self.lost = ""
        self.error: OSError | None = None
        if hasattr(connected, "selected_alpn_protocol"):
            self._note_tls(connected)

    def _note_tls(self, encrypted: Any) -> None:
        import ssl  # noqa: PLC0415 -- loaded already

        self._would_block = (ssl.SSLWantReadError, ssl.SSLWantWriteError)
        self._records = _MOST_RECORDS
        self.tls = tls_facts(encrypted)

    def fileno(self) -> int:
        """Return the descriptor of the socket."""
        return self._socket.fileno()

    @property
    def awaits(self) -> int:
        """What poll is to look for."""
        return select.POLLIN | select.POLLOUT if self._unsent else select.POLLIN

    def flush(self, now: float) -> None:
        """Send what the connection has to send, as far as the socket takes it."""
        connection = self.connection
        while True:
            data = self._unsent or connection.take_out(now)
            if not data:
                return
            try:
                taken = self._socket.send(data)
            except self._would_block:
                taken = 0
            except OSError as error:
                self._fail(error)
                return
            self.sent_bytes += taken
            if taken < len(data):
                # The same bytes again: TLS has encrypted them already.
                self._unsent = memoryview(data)[taken:] if taken else data
                if self._blocked_since is None:
                    self._blocked_since = now
                return
            self._unsent = b""
            if self._blocked_since is not None:
                self.blocked_s += now - self._blocked_since
                self._blocked_since = None
            connection.sent()
            if not connection.wants_to_send:
                return

    def read(self) -> bool:
        """Take in what came, with the moment at which the kernel gave it; False for nothing."""
        came = False
        for _ in range(self._records):
            try:
                data = self._socket.recv(_AT_ONCE)
            except self._would_block:
                break
            except OSError as error:
                self._fail(error)
                break
            if not data:
                self._fail(ConnectionError("Socket closed"))
                break
            came = True
            now = self.heard_at = _clock()
            self.received_bytes += len(data)
            self.connection.receive(data, now)
        fault = self.connection.fault
        if fault is not None:
            self.lost = f"the server broke HTTP/2: {fault}"
        return came

    def _fail(self, error: OSError) -> None:
        # What TLS says explains more than that the connection is gone.
        if not self.lost or getattr(error, "reason", None):
            self.lost, self.error = words_of(error), error

    def facts(self) -> Connections:
        """Return what is known of it."""
        peer = self.connection.peer
        return Connections(
            made=int(self.established),
            addresses=(self.address,),
            tls=self.tls,
            peer=PeerFacts(
                peer.header_table,
                peer.max_streams,
                peer.initial_window,
                peer.max_frame,
                peer.max_metadata,
            ),
            rtt_s=self.connection.rtt_s,
            sent_bytes=self.sent_bytes,
            received_bytes=self.received_bytes,
            queued=self.connection.queued,
            held=self.connection.held._replace(socket_s=self.blocked_s),
        )

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


def tls_facts(encrypted: ssl.SSLSocket) -> TlsFacts:
    """Return what was agreed on in a handshake that is complete."""
    cipher = encrypted.cipher()
    return TlsFacts(
        encrypted.version() or "",
        cipher[0] if cipher else "",
        encrypted.selected_alpn_protocol(),
        encrypted.getpeercert(binary_form=True),
    )


def _address(connected: socket.socket) -> str:
    try:
        name = connected.getpeername()
    except OSError:  # it is gone already
        return ""
    if isinstance(name, tuple):
        return f"{name[0]} port {name[1]}"
    path = name if isinstance(name, str) else name.decode(errors="replace")
    return f"the socket {socket_name(path)}"


def socket_name(path: str) -> str:
    """Return the path of a Unix socket as people write it: an abstract one begins with `@`."""
    return path.replace("\0", "@")


def words_of(error: OSError) -> str:
    """Return what an error says, in its own words."""
    return error.strerror or str(error) or type(error).__name__
