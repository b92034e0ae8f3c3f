"""Standard output: whole lines, flushed, and what to do when nobody reads them."""

from __future__ import annotations

import os
import select
import stat
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from rpcx.errors import RpcxError
from rpcx.output.colour import paint_json
from rpcx.output.terminal import has_hung_up

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

T = TypeVar("T")

STDOUT: Final = 1
_LOOK_S: Final = 0.05


class ReaderGoneError(Exception):
    """The other end of standard output was closed (`| head -3`), or its terminal has gone away."""


class OutputError(RpcxError):
    """Standard output cannot be written: the disk is full, say."""


class Printer(Generic[T]):
    """Prints results as lines of standard output, for as long as somebody reads them.

    Args:
        stdout: Where lines go.
        line: A result as a line, or None for none; None where no result is printed.
    """

    def __init__(self, stdout: Stdout, line: Callable[[T], bytes | None] | None) -> None:
        self._stdout = stdout
        self._line = line

    def print(self, batch: Iterable[T]) -> None:
        """Print these results, unless an earlier print has failed.

        Raises:
            ReaderGoneError: Nobody reads standard output any more.
            OutputError: It cannot be written for another reason.
        """
        if self._line is None:
            return
        try:
            self._stdout.lines(map(self._line, batch))
        except (ReaderGoneError, OutputError):
            self._line = None
            raise


class Stdout:
    """Writes JSON lines: as they are into a pipe, indented and coloured on a terminal.

    Args:
        terminal: Whether a person looks at it.
        colour: Whether escape sequences may be used.
        give_up: Asked while the reader takes nothing: whether to wait for it no longer.
    """

    def __init__(
        self, *, terminal: bool, colour: bool, give_up: Callable[[], bool] = lambda: False
    ) -> None:
        self._terminal = terminal
        self._give_up = give_up
        self._at_once: int | None = None
        self._elsewhere: Callable[[bytes], None] | None = None
        self._colour = colour

    def lines(self, lines: Iterable[bytes | None]) -> None:
        """Write these lines at once; None is none.

        Raises:
            ReaderGoneError: Nobody reads standard output any more.
            OutputError: It cannot be written for another reason.
        """
        if self._terminal:
            shown = [paint_json(line, colour=self._colour) for line in lines if line is not None]
        else:
            shown = [line for line in lines if line is not None]
        if shown:
            shown.append(b"")
            self.raw(b"\n".join(shown))

    def redirect(self, write: Callable[[bytes], None] | None) -> None:
        """Have somebody else write, who draws on the same terminal; None writes here again."""
        self._elsewhere = write

    def raw(self, data: bytes) -> None:
        """Write bytes, all of them, past Python's buffers.

        Raises:
            ReaderGoneError: Nobody reads standard output any more.
            OutputError: It cannot be written for another reason.
        """
        if self._elsewhere is not None:
            self._elsewhere(data)
            return
        view = memoryview(data)
        while view:
            try:
                self._await_room()
                view = view[os.write(STDOUT, view[: self._at_once]) :]
            except BrokenPipeError:
                raise ReaderGoneError from None
            except OSError as error:
                if has_hung_up(STDOUT):
                    raise ReaderGoneError from None
                raise OutputError(f"standard output cannot be written: {error.strerror}") from None

    def _await_room(self) -> None:
        """Wait until a write will not block; what it may then write is in `_at_once`.

        Raises:
            ReaderGoneError: The reader takes nothing, and is not to be waited for.
        """
        if self._at_once is None:
            if stat.S_ISREG(os.fstat(STDOUT).st_mode):
                return
            # As much as a pipe or terminal takes that says it has room.
            self._at_once = select.PIPE_BUF
        while not select.select([], [STDOUT], [], _LOOK_S)[1]:
            if self._give_up():
                raise ReaderGoneError
