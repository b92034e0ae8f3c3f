"""SIGINT and SIGTERM: the main thread's business, at any moment.

The first signal asks the work to end; a second one ends the process at once. The handler
runs between any two steps of the main thread, which may hold a lock just then: so it notes
the signal and touches nothing that could have a lock. Who waits in the main thread looks.
"""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from rpcx.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType, TracebackType

T = TypeVar("T")

LOOK_S: Final = 0.05
"""How often the main thread looks whether a signal has come."""

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_SHOW_CURSOR = b"\x1b[?25h"


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
    """A context in which signals are noted instead of obeyed.

    Attributes:
        number: The signal that came, 0 while none has.
    """

    def __init__(self) -> None:
        self.number = 0
        self._before: dict[int, object] = {}
        self._terminal: list[Any] | None = None

    def __enter__(self) -> Self:
        if os.isatty(0):
            import termios

            self._terminal = termios.tcgetattr(0)
        for number in _SIGNALS:
            self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type] # what signal() gave back

    @property
    def exit_code(self) -> ExitCode:
        """130 or 143; OK while no signal has come."""
        return ExitCode(128 + self.number) if self.number else ExitCode.OK

    def run(self, work: Callable[[], T]) -> T:
        """Run `work` in a thread and wait for it, so that the main thread never waits on gRPC.

        Raises:
            InterruptedRunError: A signal came first; the thread is left to itself.
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
        while not self.number and not done.wait(LOOK_S):
            continue
        if self.number:
            raise InterruptedRunError(self.number)
        if failure:
            raise failure[0]
        return outcome[0]

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        if self.number:
            if os.isatty(2):
                os.write(2, _SHOW_CURSOR)
            self._restore_terminal()
            os._exit(128 + number)
        self.number = number

    def _restore_terminal(self) -> None:
        """As it was before a prompt took it; in the background nobody may, and nobody did."""
        if self._terminal is not None and os.tcgetpgrp(0) == os.getpgrp():
            import termios

            termios.tcsetattr(0, termios.TCSANOW, self._terminal)
