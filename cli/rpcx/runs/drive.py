"""The main thread while an engine works: its audience, limits of time, signals.

The law: the engine's thread is inside the channel. Whatever goes wrong meanwhile, on whichever
thread, ends the engine first: `run` returns or raises only when that thread has ended, so that
the caller can close the channel. (A channel that is closed while a thread is inside its queue
hangs, or corrupts memory.) If the thread does not end, nothing may be closed any more.
"""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar

from rpcx.errors import ExitCode
from rpcx.output.stdout import OutputError, ReaderGoneError
from rpcx.runs.collector import seldom_collected
from rpcx.runs.interrupts import LOOK_S, AbandonedError, InterruptedRunError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rpcx.engine.feed import Feed
    from rpcx.runs.interrupts import Interrupts

T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)

_GATHER_S: Final = 0.004
"""How long results gather before they are printed, if they come faster than that."""

_MANY: Final = 8

_END_S: Final = 10.0
"""How long an engine may take to end after its calls were cancelled."""

_clock = time.perf_counter


class Engine(Protocol):
    """What can be driven: it runs in its own thread and announces to a feed."""

    @property
    def begun(self) -> float:
        """When it began, in seconds of `time.perf_counter`; 0 before."""
        ...

    def run(self) -> None:
        """Carry out the plan."""
        ...

    def stop(self, reason: str) -> None:
        """Start nothing more."""
        ...

    def cancel(self) -> None:
        """End what is in flight."""
        ...


class Audience(Protocol[T_contra]):
    """What watches a run."""

    def take_in(self, batch: Sequence[T_contra]) -> None:
        """Take in results; still called after it has raised.

        Raises:
            ReaderGoneError: Nobody reads standard output any more.
            OutputError: Standard output cannot be written.
        """
        ...

    def tick(self, now: float) -> None:
        """Note the time, every 50 ms at least; all results up to `now` were taken in."""
        ...

    def close(self) -> None:
        """Remove what was drawn: the run is over."""
        ...


class Drive(Generic[T]):
    """Runs an engine to its end in the background and supervises it.

    Args:
        engine: The engine.
        feed: Where it announces.
        audience: Watches it.
        look: Called before each `tick` of the audience, with the same moment.
        gather: Whether to gather results that come fast; worthwhile if each batch is printed.
        duration_s: When to stop, in seconds from when the engine began; None for never.
        drain_s: How long what is in flight may go on after a stop, before it is cancelled.

    Attributes:
        unwritable: Why standard output can no longer be written; None if it can.
    """

    def __init__(
        self,
        engine: Engine,
        feed: Feed[T],
        audience: Audience[T],
        *,
        look: Callable[[float], None] | None = None,
        gather: bool = False,
        duration_s: float | None = None,
        drain_s: float = 0.0,
    ) -> None:
        self._engine = engine
        self._feed = feed
        self._audience = audience
        self._look = look
        self._gather = gather
        self._duration_s = duration_s
        self._drain_s = drain_s
        self._cancel_at: float | None = None
        self._fault: BaseException | None = None
        self.unwritable: OutputError | ReaderGoneError | None = None

    def run(self, interrupts: Interrupts) -> None:
        """Run to the end, or until a signal or a closed standard output ends it earlier.

        Raises:
            Exception: What the audience or any thread raised, a fault of rpcx itself; the engine
                has ended.
            AbandonedError: The engine does not end, or a signal came first: nothing may be closed.
        """

        def body() -> None:
            try:
                self._engine.run()
            finally:
                self._feed.close()

        thread = threading.Thread(target=body, name="rpcx-receive-worker", daemon=True)
        others = threading.excepthook
        threading.excepthook = self._note
        try:
            with seldom_collected():
                thread.start()
                self._look_after(interrupts)
                thread.join()
            self._raise_fault()
        except BaseException:
            self._end(thread, interrupts)
            raise
        finally:
            threading.excepthook = others
            self._audience.close()

    def _note(self, fault: threading.ExceptHookArgs) -> None:
        """Keep the exception of a thread; the main thread looks for it."""
        if self._fault is None:
            self._fault = fault.exc_value

    def _raise_fault(self) -> None:
        if self._fault is not None:
            raise self._fault

    def _end(self, thread: threading.Thread, interrupts: Interrupts) -> None:
        """End the engine after a fault: nothing can be closed while its thread is in the channel.

        Raises:
            InterruptedRunError: A signal came first; the thread is abandoned.
            AbandonedError: It does not end; the thread is abandoned.
        """
        self._feed.abandon()
        give_up_at = _clock() + _END_S
        before = interrupts.number
        while True:
            # Each time: it may have started something just before it saw the stop.
            with contextlib.suppress(Exception):  # the first fault is the one to report
                self._engine.stop("error")
            with contextlib.suppress(Exception):
                self._engine.cancel()
            thread.join(LOOK_S)
            if not thread.is_alive():
                return
            if interrupts.look() != before:
                raise InterruptedRunError(interrupts.number)
            if _clock() >= give_up_at:
                raise AbandonedError(ExitCode.FAILURE)

    def _look_after(self, interrupts: Interrupts) -> None:
        interrupted = False
        while True:
            ends_at = self._ends_at()
            batch = self._feed.wait(self._patience(_clock(), ends_at))
            taken_at = _clock()
            finished = not batch and self._feed.finished
            if batch:
                self._take_in(batch)
            if self._look is not None:
                self._look(taken_at)
            self._audience.tick(taken_at)
            if finished:
                return
            self._raise_fault()
            now = _clock()
            if interrupts.look() and not interrupted:
                interrupted = True
                self._stop("interrupted")
            if ends_at is not None and now >= ends_at:
                self._duration_s = None
                self._stop("duration")
            if self._cancel_at is not None and now >= self._cancel_at:
                self._cancel_at = None
                self._engine.cancel()
            if self._gather and len(batch) >= _MANY:
                self._feed.nap(_GATHER_S)

    def _ends_at(self) -> float | None:
        """Return when to stop; None for never, and before the engine has begun."""
        begun = self._engine.begun
        return begun + self._duration_s if begun and self._duration_s is not None else None

    def _patience(self, now: float, ends_at: float | None) -> float:
        patience = LOOK_S
        for moment in (ends_at, self._cancel_at):
            if moment is not None:
                patience = min(patience, max(moment - now, 0.0))
        return patience

    def _take_in(self, batch: Sequence[T]) -> None:
        try:
            self._audience.take_in(batch)
        except (OutputError, ReaderGoneError) as error:
            self.unwritable = error
            self._stop("output_closed")
            self._engine.cancel()

    def _stop(self, reason: str) -> None:
        if self._cancel_at is None:
            self._cancel_at = _clock() + self._drain_s
        self._engine.stop(reason)
