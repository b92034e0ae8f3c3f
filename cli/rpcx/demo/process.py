"""The demo server as a child process, for the length of a command."""

from __future__ import annotations

import os
import select
import time
from typing import Self

from rpcx.child import Child
from rpcx.demo.settings import DemoSettings
from rpcx.errors import ConnectError

READY_TIMEOUT_S = 20.0
"""How long the child may take to say its address; it needs 0.2 s on an idle machine."""

_LONGEST_LINE = 4096


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
        self._child: Child | None = None
        self._deadline = 0.0
        self._address = ""

    def start(self) -> Self:
        """Start the child, unless it runs already, without waiting for it.

        Raises:
            ConnectError: The process cannot be started.
        """
        if self._child is None:
            self._child = Child("the demo server", "rpcx.demo", self.settings.query())
            self._deadline = time.monotonic() + self._timeout
            self._address = ""
        return self

    @property
    def pid(self) -> int:
        """The process id of the child, 0 while there is none."""
        return self._child.pid if self._child else 0

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
        if child is not None:
            child.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    def _first_line(self, child: Child) -> str:
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
                how, said = child.last_words()
                raise ConnectError(
                    f"the demo server {how} before it was ready{said and ': '}{said}"
                )
            line += piece
        return line.decode().strip()
