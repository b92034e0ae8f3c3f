"""Carries out the plan of `rpcx call` in this process: an engine for each connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rpcx.engine.calls.choose import unary_engine
from rpcx.engine.calls.fleet import Fleet
from rpcx.engine.feed import Feed
from rpcx.output.spans import Span
from rpcx.runs.drive import Drive
from rpcx.runs.interrupts import InterruptedRunError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rpcx.engine.calls.engine import UnaryEngine
    from rpcx.engine.calls.protocol import CallEngine
    from rpcx.engine.calls.share import Share
    from rpcx.output.panel import Panel
    from rpcx.output.stdout import OutputError, ReaderGoneError
    from rpcx.plans.calls import UnaryPlan
    from rpcx.results import CallResult, Standing
    from rpcx.runs.drive import Audience
    from rpcx.runs.interrupts import Interrupts
    from rpcx.runs.requests.requests import Requests
    from rpcx.stats.recorder import Recorder
    from rpcx.transport.protocol import Transport


class _WarmUp:
    """Watches the warm-up, and measures nothing.

    Args:
        panel: Shows it.
        standing: Returns how it stands.
    """

    def __init__(self, panel: Panel, standing: Callable[[], Standing]) -> None:
        self._panel = panel
        self._standing = standing

    def take_in(self, batch: Sequence[CallResult]) -> None:
        """Measure nothing."""

    def tick(self, now: float) -> None:
        """Show how many calls have ended."""
        if self._panel.is_due(now):
            standing = self._standing()
            ended = standing.started - standing.in_flight
            self._panel.draw([(Span(f"warming up: {ended:,} calls"),)], now)

    def close(self) -> None:
        """Remove the panel."""
        self._panel.clear()


class CallRun:
    """The engines of a run in this process.

    Args:
        plan: The whole run.
        transports: The channels, ready: one for each connection of this process.
        shares: Which of the run's calls go over each of them.
        requests: Opens the requests of the calls.
        interrupts: Listens for signals.

    Attributes:
        engine: The engine of the run; None before.
    """

    def __init__(
        self,
        plan: UnaryPlan,
        transports: Sequence[Transport],
        shares: Sequence[Share],
        requests: Requests,
        interrupts: Interrupts,
    ) -> None:
        self._plan = plan
        self._transports = transports
        self._shares = shares
        self.engine: CallEngine | None = None
        self._requests = requests
        self._interrupts = interrupts
        self._warm: list[UnaryEngine] = []

    def warm_up(self, panel: Panel) -> None:
        """Carry out the warm-up, if there is one; it is in no count.

        Args:
            panel: Shows it.

        Raises:
            InterruptedRunError: A signal ended it.
            RpcxError: Something failed on this side.
        """
        plan = self._plan.to_warm_up()
        if plan is None:
            return
        feed: Feed[CallResult] = Feed(eager=False, writers=len(self._transports))
        self._warm = self._engines(plan, feed)
        engine = _together(self._warm)
        drive = Drive(
            engine,
            feed,
            _WarmUp(panel, engine.standing),
            duration_s=plan.duration_s,
            drain_s=plan.drain_s,
        )
        drive.run(self._interrupts)
        if self._interrupts.number:
            raise InterruptedRunError(self._interrupts.number)
        error = engine.standing().error
        if error is not None:
            raise error

    def run(
        self,
        recorder: Recorder,
        audience: Audience[CallResult],
        *,
        prints: bool = False,
        begin_at: float = 0.0,
    ) -> OutputError | ReaderGoneError | None:
        """Carry out the plan, and have it watched.

        Args:
            recorder: Measures the run; the audience gives it the results.
            audience: Watches the run.
            prints: Whether the audience prints each result.
            begin_at: When to begin, in seconds of `time.perf_counter`; 0 for at once.

        Returns:
            Why standard output can no longer be written; None if it can.

        Raises:
            Exception: As `Drive.run`.
        """
        plan = self._plan
        feed: Feed[CallResult] = Feed(eager=prints, writers=len(self._transports))
        engines = self._engines(plan, feed)
        for one, warm in zip(engines, self._warm, strict=False):
            one.trust(warm)
        self.engine = engine = _together(engines)
        engine.begin_at = begin_at
        drive = Drive(
            engine,
            feed,
            audience,
            look=engine.look,
            gather=prints,
            duration_s=plan.duration_s,
            drain_s=plan.drain_s,
        )
        recorder.begin(engine.standing)
        drive.run(self._interrupts)
        return drive.unwritable

    def _engines(self, plan: UnaryPlan, feed: Feed[CallResult]) -> list[UnaryEngine]:
        sources = self._requests.open(self._shares)
        return [
            unary_engine(plan, transport, source, feed, share)
            for transport, source, share in zip(
                self._transports, sources, self._shares, strict=True
            )
        ]


def _together(engines: Sequence[UnaryEngine]) -> UnaryEngine | Fleet:
    return engines[0] if len(engines) == 1 else Fleet(engines)
