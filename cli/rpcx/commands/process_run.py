"""Carries out the plan of `rpcx call` in several processes, as one run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rpcx.commands.drive import Drive
from rpcx.commands.processes import Processes
from rpcx.commands.shard import TELL_S
from rpcx.engine.feed import Feed
from rpcx.output.spans import Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rpcx.commands.call_output import CallOutput
    from rpcx.commands.interrupts import Interrupts
    from rpcx.commands.shard import Progress, Shard

_ON_ITS_WAY_S: Final = 0.2
"""How long a report of a process may be on its way."""


class _Merging:
    """Watches the processes of a run: what they have measured takes the place of what was there.

    Args:
        processes: The processes.
        shown: What shows the run.
    """

    def __init__(self, processes: Processes, shown: CallOutput) -> None:
        self._processes = processes
        self._shown = shown

    def take_in(self, _batch: Sequence[Progress]) -> None:
        """Take in what the processes have measured so far."""
        recorder = self._shown.recorder
        recorder.stats = recorder.stats.together(self._processes.stats)

    def tick(self, now: float) -> None:
        """Show how the run stands."""
        # Progress reports are at most this old.
        self._shown.live.tick(now, now - TELL_S - _ON_ITS_WAY_S)

    def close(self) -> None:
        """Take the panel away."""
        self._shown.close()


def run_in_processes(shards: Sequence[Shard], shown: CallOutput, interrupts: Interrupts) -> int:
    """Carry out the plan in several processes, show what comes of it, and say the exit status.

    Raises:
        RpcxError: One of them could not do it.
    """
    plan = shards[0].plan
    feed: Feed[Progress] = Feed(eager=False)
    doing = "start" if plan.warmup is None else "start and warm up"
    shown.live.panel.draw([(Span(f"{len(shards)} processes {doing}"),)], 0.0)
    with Processes(shards, feed) as processes:
        try:
            interrupts.run(processes.prepare)
        finally:
            shown.live.panel.clear()
        merging = _Merging(processes, shown)
        drive = Drive(processes, feed, merging, drain_s=plan.drain_s)
        shown.recorder.begin(processes.standing)
        drive.run(interrupts)
        merging.take_in(())
        return shown.conclude(interrupts=interrupts, reader_gone=drive.reader_gone)
