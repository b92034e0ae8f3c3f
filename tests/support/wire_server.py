"""A server on a socket that does what a test says, frame by frame."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from typing import TYPE_CHECKING, Self

from wire_peer import Frame

from rpcx.transport.wire.frames import (
    DATA,
    END_STREAM,
    HEADERS,
    PREFACE,
    settings_frame,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

TIMEOUT_S = 20.0


class Peer:
    """The server's end of one connection.

    Attributes:
        number: Which connection it is, from 0.
    """

    def __init__(self, connected: socket.socket, number: int) -> None:
        self._socket = connected
        self._socket.settimeout(TIMEOUT_S)
        self.number = number

    def greet(self, settings: Mapping[int, int] | None = None) -> None:
        """Take the preface and send SETTINGS."""
        assert self._exactly(len(PREFACE)) == PREFACE
        self.send(settings_frame(settings or {}))

    def send(self, data: bytes) -> None:
        """Send this."""
        self._socket.sendall(data)

    def read(self) -> Frame:
        """Return the next frame; EOFError where there will be none."""
        first, flags, stream = struct.unpack(">IBI", self._exactly(9))
        return Frame(first & 0xFF, flags, stream, self._exactly(first >> 8))

    def request(self) -> tuple[int, bytes]:
        """Return stream and header block of the next request, read to its end."""
        block = b""
        while True:
            frame = self.read()
            if frame.kind == HEADERS:
                block = frame.payload
            if frame.kind in (DATA, HEADERS) and frame.flags & END_STREAM:
                return frame.stream, block

    def until_closed(self) -> list[Frame]:
        """Return all frames to come."""
        frames = []
        with contextlib.suppress(EOFError, OSError):
            while True:
                frames.append(self.read())
        return frames

    def close(self) -> None:
        """Close the connection."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            piece = self._socket.recv(size - len(data))
            if not piece:
                raise EOFError
            data += piece
        return data


class ScriptedServer:
    """Runs a script for each connection, in a thread of its own.

    Args:
        script: Given each connection's end; the connection is closed when it returns.
        listener: Where to listen; a port of 127.0.0.1 unless given.

    Attributes:
        address: `127.0.0.1:PORT`.
        failures: What scripts raised, but for connections that ended.
    """

    def __init__(
        self, script: Callable[[Peer], None], listener: socket.socket | None = None
    ) -> None:
        self._script = script
        self._listener = listener or socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []
        self._peers: list[Peer] = []
        self.failures: list[BaseException] = []
        name = self._listener.getsockname()
        self.address = f"{name[0]}:{name[1]}" if isinstance(name, tuple) else f"unix:{name}"

    def __enter__(self) -> Self:
        self._begin(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for peer in self._peers:
            peer.close()
        for thread in self._threads:
            thread.join(TIMEOUT_S)
        assert not self.failures

    def _begin(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connected, _ = self._listener.accept()
                peer = Peer(connected, len(self._peers))
                self._peers.append(peer)
                self._begin(lambda peer=peer: self._serve(peer))  # type: ignore[misc] # a default

    def _serve(self, peer: Peer) -> None:
        try:
            self._script(peer)
        except (EOFError, OSError):
            pass
        except BaseException as failure:  # noqa: BLE001 -- the test has it
            self.failures.append(failure)
        finally:
            peer.close()
