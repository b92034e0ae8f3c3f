"""A process of this interpreter's own that lives no longer than its parent wants.

The law: the child is in a session of its own, so that a Ctrl-C at the terminal reaches
the parent alone; and it ends when its standard input closes, so that no parent, however
it dies, leaves it behind.
"""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import tempfile
from typing import IO, Final, cast

from rpcx.errors import ConnectError
from rpcx.words.printable import printable

_CLOSE_TIMEOUT_S: Final = 3.0


class Child:
    """A module of rpcx's, run with pipes to and from it.

    Args:
        name: What it is called in an error.
        module: The module, which has a `__main__` part.
        arguments: Its arguments.

    Attributes:
        input: Its standard input; it ends when this closes.
        output: Its standard output.

    Raises:
        ConnectError: It cannot be started.
    """

    def __init__(self, name: str, module: str, *arguments: str) -> None:
        # A file and not a pipe: nobody reads it unless the child fails, and a full pipe
        # would stop it.
        self._complaints: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 -- closed by `close`
        try:
            self._process = subprocess.Popen(  # noqa: S603 -- our own interpreter and module
                # -P: a grpc.py in the user's working directory is none of its business.
                [sys.executable, "-P", "-m", module, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._complaints,
                start_new_session=True,
            )
        except OSError as error:
            self._complaints.close()
            raise ConnectError(
                f"{name} cannot be started with {sys.executable!r}: {error.strerror}"
            ) from error
        self.input = cast("IO[bytes]", self._process.stdin)
        self.output = cast("IO[bytes]", self._process.stdout)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def last_words(self) -> tuple[str, str]:
        """Wait until it has ended; return how, and the last line of its standard error."""
        status = self._process.wait()
        how = f"ended with exit status {status}"
        if status < 0:
            how = f"was killed by {signal.Signals(-status).name}"
        self._complaints.seek(0)
        lines = self._complaints.read().decode(errors="replace").strip().splitlines()
        return how, printable(lines[-1]) if lines else ""

    def close(self) -> None:
        """End it and wait for it."""
        with self._process, self.output, self._complaints:
            # The order to end: no signal, so it reaches a child that is still starting too.
            with contextlib.suppress(BrokenPipeError):
                self.input.close()
            try:
                self._process.wait(_CLOSE_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
