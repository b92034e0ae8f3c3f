"""Ports that behave badly, and one that speaks TLS."""

from __future__ import annotations

import http.server
import socket
import threading
from concurrent import futures
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

TLS = Path(__file__).parent / "tls"
"""A key and its certificate for localhost and 127.0.0.1, signed by itself, for a century."""

_HELD_S = 60.0


@pytest.fixture
def free_port() -> Iterator[int]:
    """A port of 127.0.0.1 on which nobody listens: it is bound for the length of the test."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


@pytest.fixture
def silent_listener() -> Iterator[socket.socket]:
    """A socket that listens; who accepts from it knows that somebody has connected."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(_HELD_S)
        yield listener


@pytest.fixture
def silent_port(silent_listener: socket.socket) -> int:
    """A port that accepts connections and never says a word."""
    port: int = silent_listener.getsockname()[1]
    return port


class _NotFound(http.server.BaseHTTPRequestHandler):
    """An HTTP/1.1 server that knows nothing."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        """Keep quiet."""


@pytest.fixture
def http_port() -> Iterator[int]:
    """The port of a web server that speaks HTTP/1.1 alone."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _NotFound) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@pytest.fixture
def tls_port() -> Iterator[int]:
    """The port of a gRPC server without services that speaks TLS with the key in `TLS`."""
    server = grpc.server(futures.ThreadPoolExecutor(1))
    pair = ((TLS / "key.pem").read_bytes(), (TLS / "certificate.pem").read_bytes())
    port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([pair]))
    server.start()
    yield port
    server.stop(None).wait()


class StuckServer(grpc.GenericRpcHandler):
    """A server that takes every call and never answers.

    Attributes:
        asked: Set once a call has come.
        address: Where it listens.
    """

    def __init__(self) -> None:
        self.asked = threading.Event()
        self._server = grpc.server(futures.ThreadPoolExecutor(4), handlers=[self])
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()

    def service(self, _details: grpc.HandlerCallDetails) -> Any:
        """The same handler for every method."""
        return grpc.stream_stream_rpc_method_handler(self._wait)

    def _wait(self, _requests: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
        over = threading.Event()
        if context.add_callback(over.set):
            self.asked.set()
            over.wait(_HELD_S)
        yield from ()

    def stop(self) -> None:
        """End it."""
        self._server.stop(None).wait()


@pytest.fixture
def stuck_server() -> Iterator[StuckServer]:
    """A server that takes every call, reflection too, and never answers."""
    server = StuckServer()
    yield server
    server.stop()
