"""The main thread while an engine works: output, panel, limits of time, signals."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar

from rpcx.commands.interrupts import LOOK_S
from rpcx.errors import ExitCode
from rpcx.output.stdout import OutputError, ReaderGoneError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rpcx.commands.interrupts import Interrupts
    from rpcx.engine.feed import Feed
    from rpcx.output.panel import Panel
    from rpcx.output.stdout import Stdout

T = TypeVar("T")

_GATHER_S: Final = 0.004
"""How long results gather before they are printed, when they come faster than that."""

_MANY: Final = 8

_clock = time.perf_counter


class Engine(Protocol):
    """What can be driven: it runs in a thread of its own and announces to a feed."""

    @property
    def begun(self) -> float:
        """When it began, in seconds of `time.perf_counter`; 0 before."""
        ...

    def run(self) -> None:
        """Do it all."""
        ...

    def stop(self, reason: str) -> None:
        """Start nothing more."""
        ...

    def cancel(self) -> None:
        """End what is in flight."""
        ...


class Drive(Generic[T]):
    """Runs an engine to its end in the background and looks after it.

    Args:
        engine: What to run.
        feed: Where it announces.
        take_in: Statistics: called with each batch, before it is printed.
        line: A result as a line for standard output; None prints none.
        stdout: Where lines go.
        panel: Drawn while it works.
        panel_lines: What the panel shows now.
        tick: Called each time round, with the moment up to which all results were taken in.
        duration_s: When to stop, in seconds from when the engine began; None for never.
        drain_s: How long what is in flight may go on after a stop, before it is cancelled.

    Attributes:
        reader_gone: Standard output was closed by its reader.
    """

    def __init__(
        self,
        engine: Engine,
        feed: Feed[T],
        *,
        take_in: Callable[[Sequence[T]], None],
        line: Callable[[T], bytes | None] | None,
        stdout: Stdout,
        panel: Panel,
        panel_lines: Callable[[float], list[str]],
        tick: Callable[[float], None] | None = None,
        duration_s: float | None = None,
        drain_s: float = 0.0,
    ) -> None:
        self._engine = engine
        self._feed = feed
        self._take_in = take_in
        self._line = line
        self._stdout = stdout
        self._panel = panel
        self._panel_lines = panel_lines
        self._tick = tick
        self._duration_s = duration_s
        self._drain_s = drain_s
        self._cancel_at: float | None = None
        self._output_error: OutputError | None = None
        self.reader_gone = False

    def run(self, interrupts: Interrupts) -> None:
        """Run to the end, or until a signal or a closed standard output ends it earlier.

        Raises:
            OutputError: Standard output could not be written; the engine has ended.
            Exception: What the engine's thread raised: a fault of rpcx itself.
        """
        failure: list[BaseException] = []

        def body() -> None:
            try:
                self._engine.run()
            except BaseException as error:  # noqa: BLE001 -- carried to the main thread
                failure.append(error)

        thread = threading.Thread(target=body, name="rpcx-receive-worker", daemon=True)
        thread.start()
        try:
            self._look_after(interrupts)
        finally:
            self._panel.clear()
        thread.join()
        if failure:
            raise failure[0]
        if self._output_error is not None:
            raise self._output_error

    def _look_after(self, interrupts: Interrupts) -> None:
        interrupted = False
        while True:
            ends_at = self._ends_at()
            batch = self._feed.wait(self._patience(_clock(), ends_at))
            taken_at = _clock()
            finished = not batch and self._feed.finished
            if batch:
                self._take_in(batch)
                self._print(batch)
            if self._tick is not None:
                self._tick(taken_at)
            if finished:
                return
            now = _clock()
            if interrupts.number and not interrupted:
                interrupted = True
                self._stop("interrupted")
            if ends_at is not None and now >= ends_at:
                self._duration_s = None
                self._stop("duration")
            if self._cancel_at is not None and now >= self._cancel_at:
                self._cancel_at = None
                self._engine.cancel()
            if self._panel.is_due(now):
                self._panel.draw(self._panel_lines(now), now)
            if len(batch) >= _MANY and self._line is not None:
                self._feed.nap(_GATHER_S)

    def _ends_at(self) -> float | None:
        """When to stop; None for never, and as long as the engine has not begun."""
        begun = self._engine.begun
        return begun + self._duration_s if begun and self._duration_s is not None else None

    def _patience(self, now: float, ends_at: float | None) -> float:
        patience = LOOK_S
        for moment in (ends_at, self._cancel_at):
            if moment is not None:
                patience = min(patience, max(moment - now, 0.0))
        return patience

    def _print(self, batch: Sequence[T]) -> None:
        if self._line is None or self.reader_gone:
            return
        self._panel.clear()
        try:
            self._stdout.lines(map(self._line, batch))
        except ReaderGoneError:
            self._give_up()
        except OutputError as error:
            self._output_error = error
            self._give_up()

    def _give_up(self) -> None:
        self.reader_gone = True
        self._stop("interrupted")
        self._engine.cancel()

    def _stop(self, reason: str) -> None:
        if self._cancel_at is None:
            self._cancel_at = _clock() + self._drain_s
        self._engine.stop(reason)


def statuses_exit_code(statuses: Sequence[int]) -> int:
    """The exit status of RPCs that ended with these codes, without repeats and without OK."""
    if not statuses:
        return ExitCode.OK
    return ExitCode.STATUS_BASE + statuses[0] if len(statuses) == 1 else ExitCode.SEVERAL_STATUSES
