"""A proxy that stops serving in the ways in which networks and servers do."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from typing import Self

_CHUNK = 65536
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close sends a reset


class Unsteady:
    """Listens on a port of the loopback and passes on what comes to another one, until told.

    Args:
        port: Where the bytes go.

    Attributes:
        port: Where it listens.
    """

    def __init__(self, port: int) -> None:
        self._to = port
        self._silent = False
        self._closed = False
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> Self:
        self._accepting = threading.Thread(target=self._accept, args=(self._listener,))
        self._accepting.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.refuse()
        for thread in self._threads:
            thread.join()

    def refuse(self) -> None:
        """Reset every connection, and refuse new ones."""
        if not self._closed:
            self._closed = True
            self._listener.shutdown(socket.SHUT_RDWR)
            self._accepting.join()
            self._listener.close()
        self._reset()

    def drop(self) -> None:
        """Lose every byte from now on, of new connections too, without a word."""
        self._silent = True

    def hang(self) -> None:
        """Reset every connection; accept new ones, and say nothing on them."""
        self._silent = True
        self._reset()

    def _reset(self) -> None:
        with self._lock:
            sockets, self._sockets = self._sockets, []
        for one in sockets:
            with contextlib.suppress(OSError):
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                with self._lock:
                    self._sockets.append(client)
                if self._silent:
                    continue
                server = socket.create_connection(("127.0.0.1", self._to))
                with self._lock:
                    self._sockets.append(server)
                for ends in ((client, server), (server, client)):
                    thread = threading.Thread(target=self._pass_on, args=ends)
                    self._threads.append(thread)
                    thread.start()

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(_CHUNK):
                if not self._silent:
                    sink.sendall(data)
        with contextlib.suppress(OSError):
            if not self._silent:
                sink.shutdown(socket.SHUT_RDWR)
