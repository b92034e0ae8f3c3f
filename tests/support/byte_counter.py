"""A proxy between two ends of a connection: it passes bytes on, counts them, and can cut."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Self

_CHUNK = 65536


class ByteCounter:
    """Listens on a port of the loopback and passes on what comes to another one.

    Args:
        port: Where the bytes go.
        cut_after: Answer bytes after which the connection is cut, in the middle of whatever
            it is; None for never.

    Attributes:
        port: Where it listens.
        sent: Bytes towards the server.
        received: Bytes from it.
    """

    def __init__(self, port: int, cut_after: int | None = None) -> None:
        self._to = port
        self._cut_after = cut_after
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._accept)]
        self._sockets: list[socket.socket] = []
        self.port: int = self._listener.getsockname()[1]
        self.sent = 0
        self.received = 0

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._threads[0].join()
        self._listener.close()
        for one in self._sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        for thread in self._threads[1:]:
            thread.join()
        for one in self._sockets:
            one.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._to))
                self._sockets += [client, server]
                for work in (self._pass_on, self._pass_back):
                    thread = threading.Thread(target=work, args=(client, server))
                    self._threads.append(thread)
                    thread.start()

    def _pass_on(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := client.recv(_CHUNK):
                self.sent += len(data)
                server.sendall(data)
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)

    def _pass_back(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(_CHUNK):
                self.received += len(data)
                if self._cut_after is not None and self.received > self._cut_after:
                    client.sendall(data[: len(data) // 2])
                    break
                client.sendall(data)
        with contextlib.suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)
