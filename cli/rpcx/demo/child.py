"""The demo server as one child process that lives no longer than its parent wants.

The law: the child is in a session of its own, so that a Ctrl-C at the terminal reaches
the parent alone; and it ends when its standard input closes, so that no parent, however
it dies, leaves it behind.
"""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import sys
import tempfile
import time
from typing import IO, TYPE_CHECKING, NamedTuple, Self, cast

from rpcx.demo.settings import DemoSettings
from rpcx.errors import ConnectError

if TYPE_CHECKING:
    from types import TracebackType

READY_TIMEOUT_S = 20.0
"""How long the child may take to say its address; it needs 0.2 s on an idle machine."""

_CLOSE_TIMEOUT_S = 3.0
_LONGEST_LINE = 4096


class _Child(NamedTuple):
    """A child process that runs, and its pipes."""

    process: subprocess.Popen[bytes]
    input: IO[bytes]
    output: IO[bytes]
    complaints: IO[bytes]


class DemoProcess:
    """A demo server for the length of a command.

    `start` returns at once, so that the caller can do its own slow imports meanwhile;
    `address` waits. Use it as a context manager, or see to it that `close` is called.

    Args:
        settings: What the server does to its calls; nothing unless given.
        timeout: Seconds that `address` waits for the server to be ready.
    """

    def __init__(
        self, settings: DemoSettings | None = None, *, timeout: float = READY_TIMEOUT_S
    ) -> None:
        self.settings = settings or DemoSettings()
        self._timeout = timeout
        self._child: _Child | None = None
        self._deadline = 0.0
        self._address = ""

    def start(self) -> Self:
        """Start the child, unless it runs already, without waiting for it.

        Raises:
            ConnectError: The process cannot be started.
        """
        if self._child is None:
            self._child = self._spawn()
            self._deadline = time.monotonic() + self._timeout
            self._address = ""
        return self

    @property
    def pid(self) -> int:
        """The process id of the child, 0 while there is none."""
        return self._child.process.pid if self._child else 0

    @property
    def address(self) -> str:
        """The address it listens on, `127.0.0.1:PORT`; starts it if need be, and waits.

        Raises:
            ConnectError: The child ended, or was not ready in time.
        """
        self.start()
        if self._child is not None and not self._address:
            self._address = self._first_line(self._child)
        return self._address

    def close(self) -> None:
        """End the child and wait for it. Calls still open on it are cut off."""
        child, self._child = self._child, None
        if child is None:
            return
        with child.process, child.output, child.complaints:
            # The order to end: no signal, so it reaches a child that is still starting too.
            with contextlib.suppress(BrokenPipeError):
                child.input.close()
            try:
                child.process.wait(_CLOSE_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                child.process.kill()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _spawn(self) -> _Child:
        # -P: a grpc.py in the user's working directory is none of the server's business.
        command = [sys.executable, "-P", "-m", "rpcx.demo", self.settings.query()]
        # A file and not a pipe: nobody reads it unless the child fails, and a full pipe
        # would stop the server.
        complaints = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the child
        try:
            process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=complaints,
                start_new_session=True,
            )
        except OSError as error:
            complaints.close()
            raise ConnectError(
                f"the demo server cannot be started with {sys.executable!r}: {error.strerror}"
            ) from error
        return _Child(
            process,
            input=cast("IO[bytes]", process.stdin),
            output=cast("IO[bytes]", process.stdout),
            complaints=complaints,
        )

    def _first_line(self, child: _Child) -> str:
        output = child.output.fileno()
        line = b""
        while not line.endswith(b"\n") and len(line) < _LONGEST_LINE:
            left = self._deadline - time.monotonic()
            if left <= 0 or not select.select([output], [], [], left)[0]:
                raise ConnectError(
                    f"the demo server was not ready within {self._timeout:g} s; "
                    "the machine may be overloaded: try again, or run `rpcx serve` beside it"
                )
            piece = os.read(output, _LONGEST_LINE)
            if not piece:
                raise ConnectError(_why_it_ended(child))
            line += piece
        return line.decode().strip()


def _why_it_ended(child: _Child) -> str:
    status = child.process.wait()
    child.complaints.seek(0)
    lines = child.complaints.read().decode(errors="replace").strip().splitlines()
    said = lines[-1] if lines else "without a word"
    return f"the demo server ended with exit status {status} before it was ready: {said}"
