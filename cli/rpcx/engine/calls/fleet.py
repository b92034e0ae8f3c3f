"""Several engines at once, each with a connection and a share of the plan of its own.

The law of the channel holds for each: only its engine's thread drains it. To their driver they
are one engine: they begin at one moment, and an error or a lost connection that stops one stops
all.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from rpcx.results import Standing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rpcx.engine.calls.engine import UnaryEngine


class Fleet:
    """Runs engines side by side.

    Args:
        engines: One or more; their one feed has as many writers.
    """

    def __init__(self, engines: Sequence[UnaryEngine]) -> None:
        self._engines = engines
        self._fault: BaseException | None = None
        self.begin_at = 0.0

    @property
    def begun(self) -> float:
        """When the run began, in seconds of `time.perf_counter`; 0 before."""
        return self._engines[0].begun

    def standing(self) -> Standing:
        """Return how the run stands; from any thread."""
        return Standing.together([engine.standing() for engine in self._engines])

    def run(self) -> None:
        """Carry out the plan; return when every call has ended. To be run in its own thread."""
        begin_at = self.begin_at or time.perf_counter()
        threads = []
        for engine in self._engines:
            engine.begin_at = begin_at
            thread = threading.Thread(target=self._run_one, args=(engine,), name="rpcx-engine")
            thread.daemon = True
            threads.append(thread)
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self._fault is not None:
            raise self._fault

    def stop(self, reason: str) -> None:
        """Start nothing more, from any thread; what is in flight goes on."""
        for engine in self._engines:
            engine.stop(reason)

    def cancel(self) -> None:
        """Cancel what is in flight, from any thread."""
        for engine in self._engines:
            engine.cancel()

    def look(self, now: float) -> None:
        """Note lost connections that no call has shown; from any thread, every 50 ms or so."""
        for engine in self._engines:
            engine.look(now)

    def _run_one(self, engine: UnaryEngine) -> None:
        try:
            engine.run()
        except BaseException as fault:  # noqa: BLE001 -- raised again by `run`
            self._fault = fault
            self.stop("error")
            self.cancel()
        standing = engine.standing()
        if standing.error is not None or standing.end_reason == "connection_lost":
            self.stop(standing.end_reason)
