"""What the two streams are: decided once, by what each is connected to."""

from __future__ import annotations

import os
import select
import shutil
import stat
from typing import TYPE_CHECKING, NamedTuple, Self

if TYPE_CHECKING:
    from collections.abc import Callable

    from rpcx.output.stdout import Stdout


def is_terminal(descriptor: int) -> bool:
    """Return whether a person looks at, or types into, a file descriptor."""
    try:
        return os.isatty(descriptor)
    except OSError:
        return False


def has_hung_up(descriptor: int) -> bool:
    """Return whether a file descriptor is a terminal that has gone away.

    SIGHUP reports that too, but it may come later than the failed read or write, or be ignored.
    """
    try:
        if not stat.S_ISCHR(os.fstat(descriptor).st_mode):
            return False
    except OSError:
        return False
    poll = select.poll()
    poll.register(descriptor, 0)
    return any(event & select.POLLHUP for _, event in poll.poll(0))


class Terminals(NamedTuple):
    """Whether a person looks at each stream.

    Attributes:
        out: Standard output is a terminal: decides form and colour of the payload.
        err: Standard error is one: decides whether there is a live panel.
        typed: So are standard input and output: lines can be edited before they are sent.
        colour: Whether to colour at all (https://no-color.org, TERM=dumb).
    """

    out: bool
    err: bool
    typed: bool
    colour: bool

    @classmethod
    def of_this_process(cls) -> Self:
        """Look at file descriptors 0, 1 and 2 and the environment."""
        dumb = os.environ.get("TERM", "") == "dumb"
        return cls(
            out=is_terminal(1),
            err=is_terminal(2) and not dumb,
            typed=is_terminal(0) and is_terminal(1) and not dumb,
            colour=not os.environ.get("NO_COLOR") and not dumb,
        )

    def stdout(self, give_up: Callable[[], bool] = lambda: False) -> Stdout:
        """Return what writes to standard output, in the form and colour that fit it.

        Args:
            give_up: Asked while the reader takes nothing: whether to wait for it no longer.
        """
        from rpcx.output.stdout import Stdout  # noqa: PLC0415 -- it brings what paints JSON

        return Stdout(terminal=self.out, colour=self.out and self.colour, give_up=give_up)


def height() -> int:
    """Lines of the terminal on standard error, 24 where that is not known."""
    try:
        return os.get_terminal_size(2).lines or 24
    except OSError:
        return shutil.get_terminal_size().lines


def width() -> int:
    """Columns of the terminal on standard error, 80 where that is not known."""
    try:
        return os.get_terminal_size(2).columns or 80
    except OSError:
        return shutil.get_terminal_size().columns
