"""Measures a run of unary calls, and returns it as a `Run`.

Results are added in batches, and `tick` notes the time. If several processes measure, each has a
recorder, and the merging process assigns `stats`.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from rpcx.results import Standing
from rpcx.stats.calls import CallStats
from rpcx.stats.machine import idle_share, processor_times

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rpcx.results import CallResult, Settings
    from rpcx.stats.machine import ProcessorTimes
    from rpcx.stats.run import Run

_NOT_BEGUN: Final = Standing()


class Recorder:
    """Measures one run.

    Args:
        methods: `package.Service/Method` of the plan's methods, in its order.
        open_loop: Whether calls can start later than they were due.
        interval_s: The length of an interval, in seconds.

    Attributes:
        stats: The measurements so far.
        standing: Returns how the run stands.
    """

    def __init__(self, methods: Sequence[str], *, open_loop: bool, interval_s: float = 1.0) -> None:
        self._methods = methods
        self._open_loop = open_loop
        self._started_at = self._cpu_before = 0.0
        self._machine_before: ProcessorTimes | None = None
        self.stats = CallStats(len(methods), interval_s)
        self.standing: Callable[[], Standing] = lambda: _NOT_BEGUN

    def begin(self, standing: Callable[[], Standing]) -> None:
        """Note the CPU time of this process and of the machine before the run.

        Args:
            standing: Returns how the run stands, from any thread.
        """
        self.standing = standing
        self._started_at = time.time()
        self._cpu_before = time.process_time()
        self._machine_before = processor_times()

    def take_in(self, batch: Sequence[CallResult]) -> None:
        """Add results."""
        self.stats.due_until = self.standing().stopped_at
        self.stats.add(batch, open_loop=self._open_loop)

    def tick(self, now: float) -> None:
        """Note the time; every 50 ms or so, after the results up to then were added."""
        standing = self.standing()
        if standing.begun:
            self.stats.begin(standing.begun)
            self.stats.tick(now, standing.in_flight, time.process_time())

    @property
    def cpu_s(self) -> float:
        """CPU seconds that this process has spent since the run began."""
        return time.process_time() - self._cpu_before

    def end(self) -> None:
        """Note that the run is over."""
        self.stats.end(time.perf_counter(), time.process_time())

    def run(
        self, *, target: str, transport: str, settings: Settings, percents: Sequence[float]
    ) -> Run:
        """Return the run, once it is over.

        Args:
            target: TARGET as typed.
            transport: The name of the transport.
            settings: What the run was asked to do.
            percents: Which percentiles every population has.
        """
        from rpcx.stats.connection import connection_object  # noqa: PLC0415 -- only at the end
        from rpcx.stats.merging import merged  # noqa: PLC0415 -- as above
        from rpcx.stats.run import Run  # noqa: PLC0415 -- as above
        from rpcx.stats.summary import MethodFacts, RunFacts  # noqa: PLC0415 -- as above

        standing, stats = self.standing(), self.stats
        last = stats.last_end or time.perf_counter()
        duration_s = round(max(last - standing.begun, 0.0), 6)
        due_s = duration_s
        if standing.stopped_at is not None:
            due_s = round(max(standing.stopped_at - standing.begun, 0.0), 6)
        methods = map(MethodFacts, self._methods, standing.not_started, standing.reissued)
        facts = RunFacts(
            target=target,
            methods=tuple(methods),
            end_reason=standing.end_reason,
            concurrency=settings.concurrency or 0,
            started_at=self._started_at,
            duration_s=duration_s,
            due_s=due_s,
            cpu_s=self.cpu_s + standing.cpu_s,
            machine_idle=idle_share(self._machine_before, processor_times()),
            outages=standing.outages,
            transport=transport,
            settings=settings,
            connection=connection_object(standing.connections),
        )
        made = Run(stats, facts, percents)
        # A method may be named twice, with other data; numbers are by method.
        return merged([made]) if len(set(self._methods)) < len(self._methods) else made
