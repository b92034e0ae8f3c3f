"""Listeners that a client comes to grief at: what `tests/faults` are measured against."""

from __future__ import annotations

import contextlib
import http.server
import shutil
import socket
import ssl
import subprocess
import threading
from concurrent import futures
from typing import TYPE_CHECKING, Any, Self

import grpc
import pytest
from listening import listening_port

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from certificates import Pair

_HELD_S = 60.0
_CHUNK = 65536
_MOST_WAITING = 64
_NO_ROOM_S = 0.2


class Listener:
    """A port of the loopback where each connection is handed to a function, in a thread.

    Args:
        serve: Takes a connection; it is closed afterwards.

    Attributes:
        address: `127.0.0.1:PORT`.
    """

    def __init__(self, serve: Callable[[socket.socket], None]) -> None:
        self._serve = serve
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self._threads = [threading.Thread(target=self._accept)]
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._threads[0].join()
        self._socket.close()
        for connection in tuple(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads[1:]:
            thread.join()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                connection.settimeout(_HELD_S)
                self._open.add(connection)
                thread = threading.Thread(target=self._handle, args=(connection,))
                self._threads.append(thread)
                thread.start()

    def _handle(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            self._serve(connection)
        self._open.discard(connection)


def silence(connection: socket.socket) -> None:
    """Read, and never say a word."""
    while connection.recv(_CHUNK):
        pass


def hang_up(_connection: socket.socket) -> None:
    """Close at once."""


def saying(words: bytes) -> Callable[[socket.socket], None]:
    """Say this first, then keep quiet."""

    def serve(connection: socket.socket) -> None:
        connection.sendall(words)
        silence(connection)

    return serve


_SETTINGS_FRAME = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
_HEADERS = 1


def goaway(reason: bytes, *, after_headers: bool) -> Callable[[socket.socket], None]:
    """Speak HTTP/2, and end the connection: at once, or when the first call comes."""
    frame = b"\x00\x00\x00\x00" + (11).to_bytes(4) + reason  # last stream 0, ENHANCE_YOUR_CALM
    ending = len(frame).to_bytes(3) + b"\x07" + b"\x00" * 5 + frame

    def serve(connection: socket.socket) -> None:
        if after_headers:
            connection.sendall(_SETTINGS_FRAME)
            read = connection.makefile("rb")
            read.read(24)
            kind = None
            while kind != _HEADERS:
                head = read.read(9)
                read.read(int.from_bytes(head[:3]))
                kind = head[3]
                if kind == 4 and not head[4]:
                    connection.sendall(b"\x00\x00\x00\x04\x01\x00\x00\x00\x00")
        connection.sendall(ending)
        connection.shutdown(socket.SHUT_WR)
        silence(connection)

    return serve


def proxy_that_answers(status: str) -> Callable[[socket.socket], None]:
    """An HTTP proxy that makes no tunnel."""

    def serve(connection: socket.socket) -> None:
        connection.recv(_CHUNK)
        connection.sendall(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())

    return serve


def proxy(connection: socket.socket) -> None:
    """An HTTP proxy that makes tunnels."""
    head = b""
    while b"\r\n\r\n" not in head:
        head += connection.recv(1)
    connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
    pass_on_to(head.split()[1].decode(), connection)


def pass_on_to(address: str, connection: socket.socket) -> None:
    """Connect to an address of the loopback and pass bytes on, both ways, to the end."""
    with socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2]))) as server:
        back = threading.Thread(target=_pass_on, args=(server, connection))
        back.start()
        _pass_on(connection, server)
        back.join()


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(_CHUNK):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_RDWR)


class _Page(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        """Keep quiet."""


@contextlib.contextmanager
def http1_server(pair: Pair | None = None) -> Any:
    """The address of a web server that speaks HTTP/1.1 alone, over TLS with a certificate."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Page) as server:
        server.handle_error = lambda *_: None  # type: ignore[method-assign] # keep quiet
        if pair is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(pair.certificate, pair.key)
            context.set_alpn_protocols(["http/1.1"])
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@contextlib.contextmanager
def full() -> Any:
    """The address of a listener that takes no further connection: the kernel drops them.

    That is how a firewall looks from outside.
    """
    with contextlib.ExitStack() as waiting:
        listener = waiting.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        with contextlib.suppress(TimeoutError):
            for _ in range(_MOST_WAITING):
                waiting.enter_context(socket.create_connection(address, timeout=_NO_ROOM_S))
        yield f"127.0.0.1:{address[1]}"


@contextlib.contextmanager
def openssl_server(pair: Pair, *flags: str) -> Any:
    """The address of OpenSSL's s_server; the test is skipped where there is none."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    process = subprocess.Popen(
        ["openssl", "s_server", "-quiet", "-accept", "127.0.0.1:0", "-cert", pair.certificate,
         "-key", pair.key, *flags],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield f"127.0.0.1:{listening_port(process)}"
    finally:
        process.kill()
        process.communicate()


class _Refusing(grpc.GenericRpcHandler):
    def __init__(self, status: grpc.StatusCode) -> None:
        self._status = status

    def service(self, _details: grpc.HandlerCallDetails) -> Any:
        """Every method ends so."""
        return grpc.stream_stream_rpc_method_handler(self._refuse)

    def _refuse(self, _requests: Any, context: grpc.ServicerContext) -> Any:
        context.abort(self._status, "who are you?")


@contextlib.contextmanager
def grpc_server(
    handlers: Sequence[grpc.GenericRpcHandler] = (),
    pair: Pair | None = None,
    clients: Path | None = None,
) -> Any:
    """The address of a server on grpcio, over TLS with a certificate.

    Args:
        handlers: What it serves.
        pair: Its certificate.
        clients: Certificates that sign those which clients have to show; None for none.
    """
    server = grpc.server(
        futures.ThreadPoolExecutor(2), handlers=[*handlers], options=[("grpc.so_reuseport", 0)]
    )
    if pair is None:
        port = server.add_insecure_port("127.0.0.1:0")
    else:
        credentials = grpc.ssl_server_credentials(
            [(pair.key.read_bytes(), pair.certificate.read_bytes())],
            clients.read_bytes() if clients else None,
            clients is not None,
        )
        port = server.add_secure_port("127.0.0.1:0", credentials)
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(None).wait()


def refusing(status: grpc.StatusCode) -> grpc.GenericRpcHandler:
    """A handler that ends every call with a status."""
    return _Refusing(status)


class _Hanging(grpc.GenericRpcHandler):
    def service(self, _details: grpc.HandlerCallDetails) -> Any:
        """Every method waits."""
        return grpc.stream_stream_rpc_method_handler(self._wait)

    def _wait(self, _requests: Any, context: grpc.ServicerContext) -> Any:
        over = threading.Event()
        if context.add_callback(over.set):
            over.wait(_HELD_S)
        yield from ()


def hanging() -> grpc.GenericRpcHandler:
    """A handler that takes every call and never answers."""
    return _Hanging()
