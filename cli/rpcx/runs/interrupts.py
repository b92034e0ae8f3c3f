"""Signals: each one that ends a program ends rpcx, at any moment.

SIGINT, SIGTERM and SIGHUP ask the work to end, so that it is reported; a second one ends the
process at once, and so do the others (SIGQUIT, SIGUSR1, ...). Several SIGHUPs count as one: the
kernel and the shell each send one when a terminal goes away. However the process ends, the
terminal is as it was before, and child processes end when their standard input closes.

The law: a handler runs between any two steps of the main thread, which may hold a lock just
then, so it notes the signal and touches nothing. Code that waits in the main thread looks for the
signal. A watching thread, which the interpreter wakes at each signal, ends the process at once if
that is due, or if the main thread no longer looks.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import threading
import time
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from rpcx.errors import DataError, ExitCode
from rpcx.output.stdout import STDOUT, OutputError, ReaderGoneError
from rpcx.output.terminal import has_hung_up

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType, TracebackType

T = TypeVar("T")

LOOK_S: Final = 0.05
"""How often the main thread looks whether a signal has come."""

_UNSEEN_S: Final = 10.0
"""How long after a signal the main thread may work without looking."""

READER_S: Final = 1.0
"""How long after a signal to wait for a reader of standard output that takes nothing."""

_ASKING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_AT_ONCE: Final = tuple(
    getattr(signal, name)
    for name in (
        "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGVTALRM", "SIGPROF", "SIGXCPU", "SIGIO",
        "SIGPWR", "SIGSTKFLT",
    )
    if hasattr(signal, name)
)  # fmt: skip
"""Signals that end a program by default; SIGPIPE is added if no write can cause it."""

_STDIN: Final = 0
_SHOW_CURSOR: Final = b"\x1b[?25h"
_OVER: Final = b"\0"


class AbandonedError(Exception):
    """A thread is left inside the channel: nothing may be closed, the process ends at once.

    Attributes:
        exit_code: The exit status that it ends with.
    """

    def __init__(self, exit_code: int) -> None:
        super().__init__(exit_code)
        self.exit_code = exit_code


class InterruptedRunError(AbandonedError):
    """A signal ended the work before there was anything to report.

    Args:
        number: The signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)


class Interrupts:
    """A context in which signals are noted, and do not end the process.

    Attributes:
        number: The signal that came; 0 before.
    """

    def __init__(self) -> None:
        self.number = 0
        self._came_at = self._looked_at = 0.0
        self._before: dict[int, object] = {}
        self._wakeup_before = -1
        self._terminal: list[Any] | None = None
        self._watcher: threading.Thread | None = None
        self._woken = self._wake = -1

    def __enter__(self) -> Self:
        if os.isatty(0):
            import termios

            with contextlib.suppress(termios.error):  # it has just gone away
                self._terminal = termios.tcgetattr(0)
        ending = [*_ASKING, *_AT_ONCE]
        if signal.SIGPIPE in signal.pthread_sigmask(signal.SIG_BLOCK, ()):
            ending.append(signal.SIGPIPE)
        self._woken, self._wake = os.pipe()
        os.set_blocking(self._wake, False)
        self._wakeup_before = signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        for number in ending:
            # A signal that is ignored from the start, as by nohup, stays ignored; Python itself
            # ignores SIGPIPE.
            if number == signal.SIGPIPE or signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._note)
        # Last: the signals that it unblocks have their handlers now.
        self._watcher = threading.Thread(target=self._watch, name="rpcx-signals", daemon=True)
        self._watcher.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type] # what signal() gave back
        signal.set_wakeup_fd(self._wakeup_before)
        os.write(self._wake, _OVER)
        if self._watcher is not None:
            self._watcher.join()
        os.close(self._wake)
        os.close(self._woken)
        if isinstance(error, DataError | OutputError | ReaderGoneError):
            if has_hung_up(_STDIN) or has_hung_up(STDOUT):
                self.hang_up()
            if self.number:
                # A terminal that goes away cannot be read or written any more.
                raise InterruptedRunError(self.number) from None

    @property
    def exit_code(self) -> ExitCode:
        """129, 130 or 143; OK before a signal has come."""
        return ExitCode(128 + self.number) if self.number else ExitCode.OK

    def exit_code_without_output(self, why: OutputError | ReaderGoneError) -> ExitCode:
        """Return the exit status if standard output can no longer be written.

        That is 141 unless a signal has come; a terminal that has gone away is a SIGHUP.

        Raises:
            OutputError: That is why, and no signal has come.
        """
        if has_hung_up(STDOUT):
            self.hang_up()
        if isinstance(why, OutputError) and not self.number:
            raise why
        return self.exit_code or ExitCode.SIGPIPE

    def look(self) -> int:
        """Return the signal that came, or 0; it also shows that the main thread still looks."""
        self._looked_at = time.monotonic()
        return self.number

    def hang_up(self) -> None:
        """Note that the terminal has gone away, which SIGHUP may report later; from any thread."""
        self.number = self.number or signal.SIGHUP

    def reader_is_late(self) -> bool:
        """Return whether a reader that takes nothing was waited for long enough after a signal."""
        return bool(self.look()) and time.monotonic() - self._came_at > READER_S

    def run(self, work: Callable[[], T]) -> T:
        """Run `work` in a thread and wait for it, so that the main thread never waits on gRPC.

        Raises:
            InterruptedRunError: A signal came first; the thread is abandoned.
            Exception: Whatever `work` raised.
        """
        outcome: list[T] = []
        failure: list[BaseException] = []
        done = threading.Event()

        def body() -> None:
            try:
                outcome.append(work())
            except BaseException as error:  # noqa: BLE001 -- carried to the main thread
                failure.append(error)
            finally:
                done.set()

        threading.Thread(target=body, name="rpcx-setup", daemon=True).start()
        while not self.look() and not done.wait(LOOK_S):
            continue
        if self.number:
            raise InterruptedRunError(self.number)
        if failure:
            raise failure[0]
        return outcome[0]

    def _note(self, number: int, _frame: FrameType | None) -> None:
        if not self.number and number in _ASKING:
            self.number = number

    def _watch(self) -> None:
        """Wait for signals, in the watching thread."""
        # Only this thread receives a SIGPIPE, and it writes to nothing that can be closed.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGPIPE})
        while True:
            patience = _UNSEEN_S if self._came_at else None
            if select.select([self._woken], [], [], patience)[0]:
                for number in os.read(self._woken, 1):
                    if not number:
                        return
                    self._heed(number)
            elif time.monotonic() - max(self._came_at, self._looked_at) > _UNSEEN_S:
                self._leave(self.number)

    def _heed(self, number: int) -> None:
        if number not in _ASKING or (self._came_at and number != signal.SIGHUP):
            self._leave(number)
        self._came_at = self._came_at or time.monotonic()
        self.number = self.number or number

    def _leave(self, number: int) -> None:
        """End the process, with the terminal as it was before."""
        with contextlib.suppress(OSError):
            if os.isatty(2):
                os.write(2, _SHOW_CURSOR)
        self._restore_terminal()
        os._exit(128 + number)

    def _restore_terminal(self) -> None:
        """Restore the terminal that a prompt has changed; a process in the background may not."""
        if self._terminal is None:
            return
        import termios

        with contextlib.suppress(OSError, termios.error):
            if os.tcgetpgrp(0) == os.getpgrp():
                termios.tcsetattr(0, termios.TCSANOW, self._terminal)
