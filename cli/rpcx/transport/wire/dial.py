"""How a socket to the target is made: addresses, a race among them, a proxy, TLS.

Each attempt resolves the name again. Addresses of both families take turns. If an address has not
answered after 250 ms the next is tried as well, and the first to connect wins (RFC 8305, section
5). All this waits, so it runs in a thread of its own. How far it comes is noted in an `Attempt`.
"""

from __future__ import annotations

import os
import select
import socket
import threading
import time
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, Final

from rpcx.transport.proxies import proxy_of, tunnel
from rpcx.transport.wire.attempt import Stage
from rpcx.transport.wire.link import socket_name, tls_facts
from rpcx.words.printable import printable

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Sequence

    from rpcx.target.target import Target
    from rpcx.transport.wire.attempt import Attempt

    Address = tuple[socket.AddressFamily, tuple[str, int] | tuple[str, int, int, int]]

_NEXT_ATTEMPT_S: Final = 0.25
_LOOK_S: Final = 0.05
_ALPN: Final = "h2"
_PEEKED: Final = 80

_clock = time.monotonic


class DialError(OSError):
    """No connection came about; the text says why, in words that `causes` knows."""


class NoHttp2Error(DialError):
    """The server speaks TLS, and does not offer HTTP/2 over it."""


class Dial:
    """One attempt to connect, in a thread of its own.

    Args:
        target: Where to.
        attempt: Where it notes how far it comes.
        timeout_s: How long it may take, in seconds.
        done: Called from that thread at the end.
        first: Which of several addresses is tried first, from 0; beyond the last they go round.

    Attributes:
        is_done: Whether `socket` or `failure` says how it ended.
        socket: The connection, not blocking; None where there is none.
        failure: Why there is none.
    """

    def __init__(
        self,
        target: Target,
        attempt: Attempt,
        timeout_s: float,
        done: Callable[[], None],
        first: int = 0,
    ) -> None:
        self._target = target
        self._attempt = attempt
        self._end = _clock() + timeout_s
        self._done = done
        self._first = first
        self._abandoned = False
        self._lock = threading.Lock()
        self.is_done = False
        self.socket: socket.socket | None = None
        self.failure = ""
        threading.Thread(target=self._work, name="rpcx-dial", daemon=True).start()

    def abandon(self) -> None:
        """Close what comes of it: nobody wants it any more."""
        with self._lock:
            self._abandoned = True
            if self.socket is not None:
                self.socket.close()
                self.socket = None

    def _work(self) -> None:
        connection: socket.socket | None = None
        attempt = self._attempt
        try:
            connection = self._connected()
            attempt.stage = Stage.GREETING
        except OSError as error:
            attempt.error = error
            self.failure = _words(error)
        with self._lock:
            if connection is not None and self._abandoned:
                connection.close()
            else:
                self.socket = connection
            self.is_done = True
            if not self._abandoned:
                self._done()

    def _connected(self) -> socket.socket:
        connection = self._plain()
        try:
            if self._target.tls is not None:
                self._attempt.stage = Stage.ENCRYPTING
                connection = _encrypted(connection, self._target, self._attempt, self._end)
            connection.setblocking(False)
        except BaseException:
            connection.close()
            raise
        return connection

    def _plain(self) -> socket.socket:
        target, attempt = self._target, self._attempt
        path = target.socket_path
        if path is not None:
            attempt.stage = Stage.CONNECTING
            connection = _to_socket(path, self._end)
            attempt.found(f"connected to the socket '{printable(socket_name(path))}'")
            return connection
        if not target.hosts:
            raise DialError(f"the address {target.address!r} is for the transport grpc alone")
        host, port = target.hosts[0]
        proxy = attempt.proxy = proxy_of(target, host)
        if proxy is None:
            return self._to_hosts(target.hosts)
        connection = self._to_hosts([(proxy.host, proxy.port)])
        attempt.stage = Stage.TUNNELLING
        try:
            connection.settimeout(max(self._end - _clock(), _LOOK_S))
            tunnel(connection, proxy, host, port)
        except BaseException:
            connection.close()
            raise
        attempt.found(
            f"the proxy {printable(proxy.address)} ({proxy.variable}) connects to"
            f" {printable(target.address)}"
        )
        return connection

    def _to_hosts(self, hosts: Sequence[tuple[str, int]]) -> socket.socket:
        attempt = self._attempt
        addresses = _addresses(hosts)
        found = [place[0] for _, place in addresses]
        if found != [host for host, _ in hosts]:
            attempt.found(f"{printable(hosts[0][0])} is {', '.join(found)}")
        turned = self._first % len(addresses)
        addresses = addresses[turned:] + addresses[:turned]
        attempt.stage = Stage.CONNECTING
        connection = _raced(addresses, self._end, lambda: self._abandoned)
        place = connection.getpeername()
        attempt.found(f"connected to {place[0]} port {place[1]}")
        return connection


def _words(error: OSError) -> str:
    if isinstance(error, socket.gaierror):
        return f"DNS resolution failed: {error.strerror}"
    if isinstance(error, TimeoutError):
        return "Timeout: nothing answered an attempt to connect"
    reason = getattr(error, "reason", None)  # of an ssl.SSLError
    if isinstance(reason, str):
        return f"TLS handshake failed: {getattr(error, 'verify_message', '') or reason}"
    if error.errno is not None:
        return f"connect: {os.strerror(error.errno)} ({error.errno})"
    return str(error) or type(error).__name__


def _to_socket(path: str, end: float) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(max(end - _clock(), _LOOK_S))
        connection.connect(path)
    except BaseException:
        connection.close()
        raise
    return connection


def _addresses(hosts: Sequence[tuple[str, int]]) -> list[Address]:
    """Resolve hosts; the families take turns, the first family first (RFC 8305, section 4)."""
    found: list[Address] = []
    for host, port in hosts:
        for family, _, _, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            found.append((family, address))  # type: ignore[arg-type] # an IP family has no other
    found = list(dict.fromkeys(found))
    first = found[0][0]
    ours = [one for one in found if one[0] == first]
    others = [one for one in found if one[0] != first]
    return [one for one in chain(*zip_longest(ours, others)) if one is not None]


def _raced(
    addresses: Sequence[Address], end: float, abandoned: Callable[[], bool]
) -> socket.socket:
    """Return a socket to the first address that takes a connection."""
    race = _Race()
    left = list(addresses)
    try:
        next_at = _clock()
        while left or race.runs:
            now = _clock()
            if now >= end or abandoned():
                raise TimeoutError
            if left and (now >= next_at or not race.runs):
                race.enter(left.pop(0))
                next_at = now + _NEXT_ATTEMPT_S
            winner = race.wait(min(end - now, _LOOK_S))
            if winner is not None:
                return winner
        raise race.failure
    finally:
        race.close()


class _Race:
    """Attempts to connect that run at the same time.

    Attributes:
        failure: Why the last one failed that did.
    """

    def __init__(self) -> None:
        self._poll = select.poll()
        self._running: dict[int, socket.socket] = {}
        self.failure: OSError = DialError("no address")

    @property
    def runs(self) -> bool:
        """Whether an attempt is under way."""
        return bool(self._running)

    def enter(self, address: Address) -> None:
        """Begin an attempt."""
        family, place = address
        try:
            one = socket.socket(family, socket.SOCK_STREAM)
        except OSError as error:  # a family that this machine does not have
            self.failure = error
            return
        one.setblocking(False)
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            one.connect(place)
        except BlockingIOError:
            pass
        except OSError as error:
            self.failure = error
            one.close()
            return
        self._running[one.fileno()] = one
        self._poll.register(one, select.POLLOUT)

    def wait(self, timeout_s: float) -> socket.socket | None:
        """Return the winner, if there is one within this time."""
        for descriptor, _ in self._poll.poll(max(timeout_s, 0.0) * 1000):
            one = self._running.pop(descriptor)
            self._poll.unregister(descriptor)
            error = one.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if not error:
                return one
            self.failure = OSError(error, os.strerror(error))
            one.close()
        return None

    def close(self) -> None:
        """End what still runs."""
        for one in self._running.values():
            one.close()


def _encrypted(
    connection: socket.socket, target: Target, attempt: Attempt, end: float
) -> ssl.SSLSocket:
    from rpcx.transport.chain import sent_certificates  # noqa: PLC0415 -- for TLS alone
    from rpcx.transport.handshake import tls_context  # noqa: PLC0415 -- ssl: 15 ms

    tls = target.tls
    assert tls is not None  # noqa: S101 -- asked for before
    context = tls_context(tls, verified=tls.verified)
    connection.setblocking(False)
    encrypted = context.wrap_socket(
        connection, server_hostname=target.name or None, do_handshake_on_connect=False
    )
    try:
        try:
            _shake_hands(encrypted, attempt, end)
        finally:
            attempt.certificates = sent_certificates(encrypted)
        if attempt.is_told:
            from rpcx.transport.wire.portrait import tls_lines  # noqa: PLC0415 -- for -v alone

            for line in tls_lines(tls_facts(encrypted), verified=tls.verified):
                attempt.found(line)
        if tls.verified:
            _check_protocol(encrypted)
    except BaseException:
        encrypted.close()
        raise
    return encrypted


def _check_protocol(encrypted: ssl.SSLSocket) -> None:
    if encrypted.selected_alpn_protocol() != _ALPN:
        raise NoHttp2Error("TLS handshake failed: the server does not offer HTTP/2 (ALPN h2)")


def _shake_hands(encrypted: ssl.SSLSocket, attempt: Attempt, end: float) -> None:
    """Complete a TLS handshake, and note the first bytes that the server sends.

    They tell a server of another protocol, of which OpenSSL says only that it is not TLS.
    """
    import ssl  # noqa: PLC0415 -- loaded already

    ready = select.poll()
    ready.register(encrypted, select.POLLIN)
    while True:
        try:
            encrypted.do_handshake()
        except ssl.SSLWantReadError:
            if not ready.poll(max(end - _clock(), 0.0) * 1000):
                raise TimeoutError from None
            if not attempt.said:
                # An SSLSocket takes no flags, the socket beneath it does.
                attempt.said = socket.socket.recv(encrypted, _PEEKED, socket.MSG_PEEK)
        else:
            return
