"""Carries out the plan of `rpcx call` in several processes, as one run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rpcx.cluster.processes import Processes
from rpcx.cluster.shard import REPORT_S
from rpcx.engine.feed import Feed
from rpcx.output.spans import Span
from rpcx.runs.drive import Drive

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rpcx.cluster.shard import Progress, Shard
    from rpcx.output.call_progress import Live
    from rpcx.output.stdout import OutputError, ReaderGoneError
    from rpcx.runs.interrupts import Interrupts
    from rpcx.stats.recorder import Recorder

_ON_ITS_WAY_S: Final = 0.2
"""How long a report of a process may take to arrive."""


class _Merging:
    """Watches the processes of a run: their latest measurements replace the ones before.

    Args:
        processes: The processes.
        recorder: Holds the measurements.
        live: Shows the run.
    """

    def __init__(self, processes: Processes, recorder: Recorder, live: Live) -> None:
        self._processes = processes
        self._recorder = recorder
        self._live = live

    def take_in(self, _batch: Sequence[Progress]) -> None:
        """Take in the measurements of the processes so far."""
        recorder = self._recorder
        recorder.stats = recorder.stats.together(self._processes.stats)

    def tick(self, now: float) -> None:
        """Show how the run stands."""
        # Progress reports are at most this old.
        self._live.tick(now, now - REPORT_S - _ON_ITS_WAY_S)

    def close(self) -> None:
        """Remove the panel."""
        self._live.panel.clear()


def run_in_processes(
    shards: Sequence[Shard], recorder: Recorder, live: Live, interrupts: Interrupts
) -> OutputError | ReaderGoneError | None:
    """Carry out the plan in several processes.

    Args:
        shards: What each of them does.
        recorder: Gets the measurements.
        live: Shows the run.
        interrupts: Listens for signals.

    Returns:
        Why standard output can no longer be written; None if it can.

    Raises:
        RpcxError: One of them could not do it.
    """
    plan = shards[0].plan
    feed: Feed[Progress] = Feed(eager=False)
    doing = "start" if plan.warmup is None else "start and warm up"
    live.panel.draw([(Span(f"{len(shards)} processes {doing}"),)], 0.0)
    with Processes(shards, feed) as processes:
        try:
            interrupts.run(processes.prepare)
        finally:
            live.panel.clear()
        merging = _Merging(processes, recorder, live)
        drive = Drive(processes, feed, merging, drain_s=plan.drain_s)
        recorder.begin(processes.standing)
        drive.run(interrupts)
        merging.take_in(())
        return drive.unwritable
