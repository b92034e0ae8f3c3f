"""Processes to talk with while they run: on pipes, and on a pseudo-terminal."""

from __future__ import annotations

import errno
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from typing import IO, TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TIMEOUT_S = 30.0

_ESCAPES = re.compile(
    rb"\x1b\[[0-9;:?<=>]*[A-Za-z]"  # CSI: colour, movement, modes
    rb"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"  # OSC: titles, links
    rb"|\x1b[()][A-Z0-9]"  # character sets
)

# Gives the child the terminal as its controlling one, so that a typed Ctrl-C is a SIGINT,
# and then whichever files stand in for the terminal. A program of its own and no
# preexec_fn: that one is unsafe where there are threads.
_ON_TERMINAL = """\
import os, signal, sys
os.login_tty(int(sys.argv[1]))
for number, path, mode in (0, sys.argv[2], os.O_RDONLY), (1, sys.argv[3], os.O_WRONLY):
    if path:
        os.dup2(os.open(path, mode | (os.O_CREAT if number else 0), 0o600), number)
# Whatever started the tests may have had it ignored, and programs inherit that.
signal.signal(signal.SIGHUP, signal.SIG_IGN if sys.argv[4] else signal.SIG_DFL)
os.execv(sys.argv[5], sys.argv[5:])
"""


class _Reader:
    """Collects what arrives at a file descriptor, until it is at its end."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.seen = b""
        self.ended = False

    def pump(self, deadline: float) -> None:
        """Wait for more.

        Raises:
            TimeoutError: Nothing came before the deadline of the monotonic clock.
        """
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([self._descriptor], [], [], left)[0]:
            raise TimeoutError(f"nothing more came; so far there was {self.seen!r}")
        try:
            piece = os.read(self._descriptor, 65536)
        except OSError as error:
            if error.errno != errno.EIO:  # a terminal that nobody has open any more
                raise
            piece = b""
        self.seen += piece
        self.ended = not piece


class _Process:
    """A child process, and what it writes."""

    def __init__(self, process: subprocess.Popen[bytes], output: int) -> None:
        self._process = process
        self._reader = _Reader(output)
        self._taken = 0

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def seen(self) -> bytes:
        """All output read so far."""
        return self._reader.seen

    @property
    def ended(self) -> bool:
        """Whether its output is at its end."""
        return self._reader.ended

    def poll(self) -> int | None:
        """Return the exit status; None while it runs."""
        return self._process.poll()

    def pump(self, seconds: float) -> None:
        """Read what comes next.

        Raises:
            TimeoutError: Nothing came in that time.
        """
        self._reader.pump(time.monotonic() + seconds)

    def signal(self, number: int) -> None:
        """Send the process a signal."""
        self._process.send_signal(number)

    def read_until(self, pattern: bytes, timeout: float = TIMEOUT_S) -> bytes:
        """Read until a regular expression matches beyond what was taken before.

        Returns:
            The output from there to the end of the match.

        Raises:
            TimeoutError: It did not come in time.
            EOFError: The output ended without it.
        """
        deadline = time.monotonic() + timeout
        while True:
            match = re.compile(pattern).search(self._reader.seen, self._taken)
            if match:
                taken = self._reader.seen[self._taken : match.end()]
                self._taken = match.end()
                return taken
            if self._reader.ended:
                raise EOFError(f"{pattern!r} is not in {self._reader.seen[self._taken :]!r}")
            self._reader.pump(deadline)

    def read_line(self, timeout: float = TIMEOUT_S) -> str:
        """Read the next line, without its end."""
        return self.read_until(rb"\r?\n", timeout).decode().rstrip("\r\n")

    def wait(self, timeout: float = TIMEOUT_S) -> int:
        """Read to the end of the output; returns the exit status (minus a signal's number).

        Raises:
            TimeoutError: The output did not end in time.
            subprocess.TimeoutExpired: The process did not.
        """
        deadline = time.monotonic() + timeout
        while not self._reader.ended:
            self._reader.pump(deadline)
        return self._process.wait(max(deadline - time.monotonic(), 0.1))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._close()

    def _close(self) -> None:
        raise NotImplementedError


class RunningCommand(_Process):
    """A command on pipes. Its standard error is kept, and read once it has ended."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str]) -> None:
        self._errors = os.memfd_create("stderr")
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=dict(env),
            start_new_session=True,
            bufsize=0,
        )
        assert process.stdin
        assert process.stdout
        self._input: IO[bytes] = process.stdin
        self._output: IO[bytes] = process.stdout
        super().__init__(process, process.stdout.fileno())

    @property
    def err(self) -> str:
        """What it has written to standard error so far."""
        size = os.fstat(self._errors).st_size
        return os.pread(self._errors, size, 0).decode(errors="backslashreplace")

    def write(self, text: str | bytes) -> None:
        """Write to its standard input, at once."""
        self._input.write(text.encode() if isinstance(text, str) else text)

    def end_input(self) -> None:
        """Close its standard input."""
        self._input.close()

    def close_output(self) -> None:
        """Close the reading end of its standard output, as `head` does when it has enough."""
        self._output.close()
        self._reader.ended = True

    def _close(self) -> None:
        self._input.close()
        self._output.close()
        os.close(self._errors)


class Terminal(_Process):
    """A command on a pseudo-terminal; what it shows there is its output.

    Args:
        command: Its words; the first is a path.
        env: Its whole environment.
        size: Rows and columns.
        stdin: A file in place of the terminal.
        stdout: Likewise.
        nohup: Whether it starts with SIGHUP ignored, as `nohup` has it.
    """

    def __init__(
        self,
        command: Sequence[str],
        env: Mapping[str, str],
        *,
        size: tuple[int, int] = (24, 80),
        stdin: str | os.PathLike[str] | None = None,
        stdout: str | os.PathLike[str] | None = None,
        nohup: bool = False,
    ) -> None:
        self._screen, terminal = pty.openpty()
        self.resize(*size)
        files = [os.fspath(path) if path else "" for path in (stdin, stdout)]
        words = [str(terminal), *files, "nohup" if nohup else "", *command]
        try:
            process = subprocess.Popen(
                [sys.executable, "-S", "-E", "-c", _ON_TERMINAL, *words],
                pass_fds=(terminal,),
                stdin=subprocess.DEVNULL,
                env=dict(env),
            )
        finally:
            os.close(terminal)
        super().__init__(process, self._screen)

    def resize(self, rows: int, columns: int) -> None:
        """Set the size of the screen; the process gets SIGWINCH from the kernel."""
        fcntl.ioctl(self._screen, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def send(self, keys: str | bytes) -> None:
        r"""Type: text, or a key such as `\x03` for Ctrl-C and `\x04` for Ctrl-D."""
        os.write(self._screen, keys.encode() if isinstance(keys, str) else keys)

    def hang_up(self) -> None:
        """Take the terminal away, as when its window is closed; the process gets SIGHUP."""
        os.close(self._screen)
        self._screen = -1
        self._reader.ended = True

    @property
    def is_canonical(self) -> bool:
        """Whether the terminal reads lines and echoes, as a shell expects it."""
        flags = termios.tcgetattr(self._screen)[3]
        return bool(flags & termios.ICANON and flags & termios.ECHO)

    @property
    def plain(self) -> str:
        """All that was shown so far, in order, without its escape sequences."""
        return _ESCAPES.sub(b"", self.seen).decode(errors="backslashreplace")

    def _close(self) -> None:
        if self._screen >= 0:
            os.close(self._screen)
