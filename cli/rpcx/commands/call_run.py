"""Carries out the plan of `rpcx call` in this process: an engine for each connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rpcx.commands.drive import Drive
from rpcx.commands.interrupts import InterruptedRunError
from rpcx.engine.feed import Feed
from rpcx.engine.fleet import Fleet
from rpcx.engine.loops import unary_engine
from rpcx.engine.share import Share

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rpcx.commands.call_output import CallOutput
    from rpcx.commands.interrupts import Interrupts
    from rpcx.commands.requests import Requests
    from rpcx.engine.protocol import CallEngine
    from rpcx.engine.unary import UnaryEngine
    from rpcx.plan import UnaryPlan
    from rpcx.results import CallResult
    from rpcx.transport.protocol import Transport


class Ran(NamedTuple):
    """A run that is over.

    Attributes:
        engine: What ran; it knows how many calls were due and started, and why it ended.
        reader_gone: Standard output was closed by its reader.
    """

    engine: CallEngine
    reader_gone: bool


class CallRun:
    """The engines of a run in this process.

    Args:
        plan: What to do.
        transports: The channels, ready: one for each connection.
        requests: Opens what the calls send.
        interrupts: Who listens for Ctrl-C meanwhile.
    """

    def __init__(
        self,
        plan: UnaryPlan,
        transports: Sequence[Transport],
        requests: Requests,
        interrupts: Interrupts,
    ) -> None:
        self._plan = plan
        self._transports = transports
        self._requests = requests
        self._interrupts = interrupts
        self._warm: list[UnaryEngine] = []

    def warm_up(self, shown: CallOutput) -> None:
        """Do what comes before the run and is in no count, if anything.

        Raises:
            InterruptedRunError: A signal ended it.
            RpcxError: Something went wrong on this side.
        """
        plan = self._plan.to_warm_up()
        if plan is None:
            return
        feed: Feed[CallResult] = Feed(eager=False, writers=len(self._transports))
        self._warm = self._engines(plan, feed)
        engine = _together(self._warm)
        drive: Drive[CallResult] = Drive(
            engine,
            feed,
            take_in=lambda _: None,
            line=None,
            stdout=shown.stdout,
            panel=shown.live.panel,
            panel_lines=lambda _: [f"warming up: {engine.started - engine.in_flight:,} calls"],
            duration_s=plan.duration_s,
            drain_s=plan.drain_s,
        )
        drive.run(self._interrupts)
        if self._interrupts.number:
            raise InterruptedRunError(self._interrupts.number)
        if engine.error is not None:
            raise engine.error

    def run(self, shown: CallOutput) -> Ran:
        """Carry out the plan, and show what comes of it.

        Raises:
            OutputError: Standard output could not be written; the engines have ended.
        """
        plan = self._plan
        feed: Feed[CallResult] = Feed(eager=shown.prints_results, writers=len(self._transports))
        engines = self._engines(plan, feed)
        for one, warm in zip(engines, self._warm, strict=False):
            one.trust(warm)
        engine = _together(engines)
        drive: Drive[CallResult] = Drive(
            engine,
            feed,
            take_in=shown.take_in,
            line=shown.line,
            stdout=shown.stdout,
            panel=shown.live.panel,
            panel_lines=lambda now: shown.live.lines(engine, now),
            tick=lambda now: shown.live.tick(engine, now),
            duration_s=plan.duration_s,
            drain_s=plan.drain_s,
        )
        shown.begin()
        drive.run(self._interrupts)
        return Ran(engine, drive.reader_gone)

    def _engines(self, plan: UnaryPlan, feed: Feed[CallResult]) -> list[UnaryEngine]:
        count = len(self._transports)
        shares = [Share(index, count) for index in range(count)]
        sources = self._requests.open(shares)
        return [
            unary_engine(plan, transport, source, feed, share)
            for transport, source, share in zip(self._transports, sources, shares, strict=True)
        ]


def _together(engines: Sequence[UnaryEngine]) -> CallEngine:
    return engines[0] if len(engines) == 1 else Fleet(engines)
