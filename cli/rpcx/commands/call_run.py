"""Carries out the plan of `rpcx call` in this process: an engine for each connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from rpcx.commands.drive import Drive
from rpcx.commands.interrupts import InterruptedRunError
from rpcx.engine.feed import Feed
from rpcx.engine.fleet import Fleet
from rpcx.engine.loops import unary_engine

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rpcx.commands.call_output import CallOutput
    from rpcx.commands.interrupts import Interrupts
    from rpcx.commands.requests import Requests
    from rpcx.commands.shard import Progress, Shard
    from rpcx.engine.protocol import CallEngine
    from rpcx.engine.share import Share
    from rpcx.engine.unary import UnaryEngine
    from rpcx.output.panel import Panel
    from rpcx.output.stdout import Stdout
    from rpcx.plan import UnaryPlan
    from rpcx.results import CallResult
    from rpcx.transport.protocol import Transport


_ON_ITS_WAY_S: Final = 0.2


class Watch(Protocol):
    """What is shown of a run while it goes on."""

    panel: Panel

    def tick(self, engine: CallEngine, now: float) -> None:
        """All results up to `now` were taken in."""
        ...

    def lines(self, engine: CallEngine, now: float) -> list[str]:
        """What the panel shows now."""
        ...


class Watcher(Protocol):
    """Who looks at a run while it goes on."""

    stdout: Stdout

    @property
    def live(self) -> Watch:
        """What is shown meanwhile."""
        ...

    @property
    def line(self) -> Callable[[CallResult], bytes | None] | None:
        """A result as a line of standard output; None where none is printed."""
        ...

    @property
    def prints_results(self) -> bool:
        """Whether each result is printed when it comes."""
        ...

    def begin(self) -> None:
        """The run starts."""
        ...

    def take_in(self, batch: Sequence[CallResult]) -> None:
        """Results have come."""
        ...


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
        transports: The channels, ready: one for each connection of this process.
        shares: Which of the run's calls go over each of them.
        requests: Opens what the calls send.
        interrupts: Who listens for Ctrl-C meanwhile.

    Attributes:
        engine: What runs; None before.
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

    def warm_up(self, shown: Watcher) -> None:
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

    def run(self, shown: Watcher, begin_at: float = 0.0) -> Ran:
        """Carry out the plan, and show what comes of it.

        Args:
            shown: Who looks at it.
            begin_at: When to begin, in seconds of `time.perf_counter`; 0 for at once.

        Raises:
            OutputError: Standard output could not be written; the engines have ended.
        """
        plan = self._plan
        feed: Feed[CallResult] = Feed(eager=shown.prints_results, writers=len(self._transports))
        engines = self._engines(plan, feed)
        for one, warm in zip(engines, self._warm, strict=False):
            one.trust(warm)
        self.engine = engine = _together(engines)
        engine.begin_at = begin_at

        def tick(now: float) -> None:
            engine.look(now)
            shown.live.tick(engine, now)

        drive: Drive[CallResult] = Drive(
            engine,
            feed,
            take_in=shown.take_in,
            line=shown.line,
            stdout=shown.stdout,
            panel=shown.live.panel,
            panel_lines=lambda now: shown.live.lines(engine, now),
            tick=tick,
            duration_s=plan.duration_s,
            drain_s=plan.drain_s,
        )
        shown.begin()
        drive.run(self._interrupts)
        return Ran(engine, drive.reader_gone)

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


def run_in_processes(shards: Sequence[Shard], shown: CallOutput, interrupts: Interrupts) -> int:
    """Carry out the plan in several processes, show what comes of it, and say the exit status.

    Raises:
        RpcxError: One of them could not do it.
    """
    from rpcx.commands.processes import Processes
    from rpcx.commands.shard import TELL_S

    plan = shards[0].plan
    feed: Feed[Progress] = Feed(eager=False)
    doing = "start" if plan.warmup is None else "start and warm up"
    shown.live.panel.draw([f"{len(shards)} processes {doing}"], 0.0)
    with Processes(shards, feed) as processes:
        try:
            interrupts.run(processes.prepare)
        finally:
            shown.live.panel.clear()
        drive: Drive[Progress] = Drive(
            processes,
            feed,
            take_in=lambda _: shown.replace(processes.stats),
            line=None,
            stdout=shown.stdout,
            panel=shown.live.panel,
            panel_lines=lambda now: shown.live.lines(processes, now),
            # What they tell is so old at most.
            tick=lambda now: shown.live.look(now - TELL_S - _ON_ITS_WAY_S),
            drain_s=plan.drain_s,
        )
        shown.begin()
        drive.run(interrupts)
        shown.replace(processes.stats)
        return shown.conclude(processes, interrupts=interrupts, reader_gone=drive.reader_gone)
