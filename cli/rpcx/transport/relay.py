"""TLS to a server that nothing vouches for: a relay between gRPC and the network.

grpcio has no switch for that, and trusting the certificate that was just fetched fails
for one that is out of date or names nobody. So gRPC speaks plaintext to a socket in a
directory that only this user can enter, and what arrives there goes on over Python's TLS,
unverified. The law: what one side has not taken is not read from the other, so that flow
control works through the relay; and where one side ends, the other does.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import socket
import tempfile
import threading
import time
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from rpcx.errors import UsageError
from rpcx.transport.dialling import dial
from rpcx.transport.handshake import tls_context
from rpcx.words.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from rpcx.target.target import Target

_BUFFER_BYTES: Final = 1 << 20
_CLOSE_WAIT_S: Final = 2.0
_LONGEST_DIRECTORY: Final = 80  # of 107 bytes (unix(7)), less our own part


class Relay:
    """A context in which a target is reached unverified.

    Args:
        target: Where the connections go; it has TLS.

    Raises:
        UsageError: It is no host and port.
    """

    def __init__(self, target: Target) -> None:
        if target.tls is None or target.host_port is None:
            raise UsageError(
                f"--insecure reaches host:port, not '{printable(target.text)}'; give that, or"
                " --cacert"
            )
        self._target = target
        self._context = tls_context(target.tls, verified=False)
        self._name = target.name
        # Of mode 0700. A socket's path has to be short, which that of TMPDIR may not be.
        short = len(tempfile.gettempdir()) < _LONGEST_DIRECTORY
        self._directory = tempfile.TemporaryDirectory(prefix="rpcx-", dir=None if short else "/tmp")  # noqa: S108 -- for a directory of our own
        self._path = str(Path(self._directory.name) / "relay")
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server
        self._tasks: set[asyncio.Task[None]] = set()
        self._ends: weakref.WeakSet[_End] = weakref.WeakSet()
        self._thread = threading.Thread(target=self._run, name="rpcx-relay", daemon=True)

    @property
    def target(self) -> Target:
        """What gRPC is to connect to instead."""
        return self._target.through(self._path)

    def __enter__(self) -> Self:
        # Listening before the thread runs, so that gRPC can connect from now on.
        self._listener.bind(self._path)
        self._server = self._loop.run_until_complete(
            self._loop.create_unix_server(lambda: _End(self._begin), sock=self._listener)
        )
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_CLOSE_WAIT_S)
        self._directory.cleanup()

    def _run(self) -> None:
        loop = self._loop
        asyncio.set_event_loop(loop)
        # A connection that breaks is gRPC's to tell of.
        loop.set_exception_handler(lambda *_: None)
        try:
            loop.run_forever()
        finally:
            self._server.close()
            for task in self._tasks:
                task.cancel()
            for end in self._ends:
                end.close()
            # Once round, for what was cancelled and closed.
            loop.run_until_complete(asyncio.sleep(0))
            loop.close()

    def _begin(self, near: _End) -> None:
        near.pause()
        task = self._loop.create_task(self._connect(near))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _connect(self, near: _End) -> None:
        """Connect to the server for a connection of gRPC's, which waits meanwhile."""
        far = _End()
        far.peer, near.peer = near, far
        self._ends |= {near, far}
        try:
            connection = await self._dialled()
            connection.setblocking(False)
            await self._loop.create_connection(
                lambda: far, sock=connection, ssl=self._context, server_hostname=self._name
            )
        except OSError:
            # gRPC sees its connection end; `diagnosis` finds out why by itself.
            near.close()
            return
        if near.closed:
            far.close()
        near.resume()

    def _dialled(self) -> asyncio.Future[socket.socket]:
        """A socket to the server, made in a thread: looking up names and proxies blocks.

        It is a daemon, which an executor's threads are not: rpcx can end meanwhile.
        """
        loop = self._loop
        made: asyncio.Future[socket.socket] = loop.create_future()

        def work() -> None:
            try:
                connection = dial(self._target, time.monotonic() + self._target.connect_timeout_s)
            except OSError as error:
                told = functools.partial(_fail, made, error)
            else:
                told = functools.partial(_succeed, made, connection)
            with contextlib.suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(told)

        threading.Thread(target=work, name="rpcx-relay-dial", daemon=True).start()
        return made


def _succeed(made: asyncio.Future[socket.socket], connection: socket.socket) -> None:
    if made.cancelled():
        connection.close()
    else:
        made.set_result(connection)


def _fail(made: asyncio.Future[socket.socket], error: OSError) -> None:
    if not made.cancelled():
        made.set_exception(error)


class _End(asyncio.Protocol):
    """One end of a relayed connection: what comes here is written to its peer.

    Args:
        opened: Called once it is open.

    Attributes:
        peer: The other end.
        closed: Whether it is over.
    """

    peer: _End

    def __init__(self, opened: Callable[[_End], None] | None = None) -> None:
        self._opened = opened
        self._transport: Any = None
        self.closed = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport that asyncio made."""
        self._transport = transport
        self._transport.set_write_buffer_limits(_BUFFER_BYTES)
        if self._opened is not None:
            self._opened(self)

    def data_received(self, data: bytes) -> None:
        """Pass it on."""
        self.peer.write(data)

    def pause_writing(self) -> None:
        """Enough waits to be written here: read no more there."""
        self.peer.pause()

    def resume_writing(self) -> None:
        """Most of it is written."""
        self.peer.resume()

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 -- asyncio's signature
        """Where one side ends, the other does."""
        self.closed = True
        if hasattr(self, "peer"):
            self.peer.close()

    def write(self, data: bytes) -> None:
        """Send bytes out here."""
        if not self._transport.is_closing():
            self._transport.write(data)

    def pause(self) -> None:
        """Read no more for now."""
        if self._transport is not None:
            self._transport.pause_reading()

    def resume(self) -> None:
        """Read again."""
        if self._transport is not None:
            self._transport.resume_reading()

    def close(self) -> None:
        """End this side, once what it has been given is written."""
        if self._transport is not None:
            self._transport.close()
